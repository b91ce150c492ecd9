//! Files that only their owner can read.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::{fs, io};

/// Writes a whole file, or leaves the existing one unchanged. A new file is readable by its owner alone; an
/// existing file keeps its permissions. The text is on the disk before the old file is replaced.
///
/// # Errors
///
/// If the existing file is read-only, or the folder is not writable.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let permissions = fs::metadata(path).ok().map(|it| it.permissions());
    if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    if let Some(parent) = path.parent() {
        folder().recursive(true).create(parent)?;
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut new = file().write(true).create(true).truncate(true).open(&beside)?;
    let written = new
        .write_all(text.as_bytes())
        .and_then(|()| new.sync_all())
        .and_then(|()| permissions.map_or(Ok(()), |it| new.set_permissions(it)))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        _ = fs::remove_file(&beside);
    }
    written
}

/// Options that create a file with mode 0600.
#[cfg(unix)]
pub fn file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// A builder that creates folders with mode 0700.
#[cfg(unix)]
pub fn folder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Outside Unix, a user's folders are private already.
#[cfg(not(unix))]
pub fn file() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(not(unix))]
pub fn folder() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_existing_file_keeps_its_permissions_and_a_read_only_file_keeps_its_text() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("config.toml");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write(&path, "a = 1\n").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, "a = 2\n").unwrap();
        assert_eq!(mode(), 0o644);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let refused = write(&path, "a = 3\n").unwrap_err();
        assert_eq!(refused.to_string(), "the file is read-only");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a = 2\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
