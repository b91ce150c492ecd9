//! Files for their owner's eyes only.

use std::fs;
use std::fs::DirBuilder;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;

/// Writes a whole file, or leaves the one that is there.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        folder().recursive(true).create(parent)?;
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut written = file().write(true).create(true).truncate(true).open(&beside)?;
    let written = written.write_all(text.as_bytes()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// How to open a file that only its owner may read.
#[cfg(unix)]
pub fn file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// How to make a folder that only its owner may enter.
#[cfg(unix)]
pub fn folder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Elsewhere a user's folders are private already.
#[cfg(not(unix))]
pub fn file() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(not(unix))]
pub fn folder() -> DirBuilder {
    DirBuilder::new()
}
