//! A copy of a folder, in which a command can check a change before it is made.
//!
//! Files that the ignore rules allow are copied; the copy is kept, so that the next one only updates what differs and
//! a build in it is incremental. Nothing in it is a link: whatever a command does in the copy, the originals stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ignore::{DirEntry, WalkBuilder};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::storage;
use crate::workspace::files::Stamp;

/// Most files of a copy, and most bytes of them.
const FILES: usize = 20_000;
const BYTES: u64 = 256 << 20;
/// A copy that was not used for so long is removed.
const UNUSED: Duration = Duration::from_hours(24 * 30);

#[derive(Debug, Error)]
pub enum CopyError {
    #[error("the folder has more than {FILES} files or {} MB", BYTES >> 20)]
    Large,
    #[error("the folder cannot be copied: {0}")]
    Io(#[from] io::Error),
    #[error("{0} is outside of the folder")]
    Outside(PathBuf),
}

/// A copy of a folder. No other process updates it as long as this exists.
#[derive(Debug)]
pub struct FolderCopy {
    root: PathBuf,
    /// Canonical.
    path: PathBuf,
    /// The files of the copy, by their paths relative to it.
    copied: BTreeMap<String, CopiedFile>,
    list: PathBuf,
    _lock: File,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CopiedFile {
    /// The original that was copied; `None` if the text is another one.
    original: Option<Stamp>,
    /// The copy, unless a command has changed it since.
    copy: Stamp,
}

impl FolderCopy {
    /// The copy of `root`, up to date. `within` contains the copies of all folders; `text` returns the text of a file
    /// that an editor has not saved. Files that cannot be read are left out.
    ///
    /// # Errors
    ///
    /// If the folder is too large or the copy cannot be written.
    pub fn new(
        root: &Path,
        within: &Path,
        text: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Self, CopyError> {
        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let name = format!("{:016x}", hasher.finish());
        storage::folder().recursive(true).create(within)?;
        let within = fs::canonicalize(within)?;
        remove_unused(&within);
        let mut lock = storage::file();
        lock.write(true).create(true).truncate(true);
        let lock = lock.open(within.join(format!("{name}.lock")))?;
        lock.lock()?;
        let (path, list) = (within.join(&name), within.join(format!("{name}.json")));
        let copied = fs::read(&list).ok().and_then(|it| serde_json::from_slice(&it).ok());
        let is_known = copied.is_some();
        let copied = copied.unwrap_or_default();
        let mut copy = Self { root: root.to_owned(), path, copied, list, _lock: lock };
        let updated = if is_known { copy.update(text) } else { copy.start_anew(text) };
        match updated {
            // A command has left links in the copy.
            Err(CopyError::Outside(_)) => copy.start_anew(text)?,
            other => other?,
        }
        Ok(copy)
    }

    /// The folder of the copy.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes another text into the copy of a file, or a new file. The next copy has the original again.
    ///
    /// # Errors
    ///
    /// If the file is outside of the folder, or cannot be written.
    pub fn put(&mut self, file: &Path, text: &str) -> Result<(), CopyError> {
        let outside = || CopyError::Outside(file.to_owned());
        let name = self.name(file).ok_or_else(outside)?;
        self.write(&name, text.as_bytes(), None, None)?;
        Ok(self.save()?)
    }

    fn start_anew(&mut self, text: &dyn Fn(&Path) -> Option<String>) -> Result<(), CopyError> {
        self.copied.clear();
        match self.path.symlink_metadata() {
            Ok(it) if it.is_dir() => fs::remove_dir_all(&self.path)?,
            Ok(_) => fs::remove_file(&self.path)?,
            Err(_) => {}
        }
        self.update(text)
    }

    fn update(&mut self, text: &dyn Fn(&Path) -> Option<String>) -> Result<(), CopyError> {
        storage::folder().recursive(true).create(&self.path)?;
        let (mut files, mut bytes) = (BTreeMap::new(), 0);
        for entry in self.entries().flatten() {
            let Some(metadata) = entry.metadata().ok().filter(Metadata::is_file) else { continue };
            let Some(name) = self.name(entry.path()) else { continue };
            bytes += metadata.len();
            files.insert(name, metadata);
            if files.len() > FILES || bytes > BYTES {
                return Err(CopyError::Large);
            }
        }
        self.check_folders(files.keys())?;
        self.remove_all_but(&files);
        for (name, metadata) in &files {
            self.copy(name, metadata, text)?;
        }
        Ok(self.save()?)
    }

    fn entries(&self) -> ignore::Walk {
        let mut walk = WalkBuilder::new(&self.root);
        let is_own = |it: &DirEntry| it.file_name() != ".git";
        walk.hidden(false).require_git(false).filter_entry(is_own).build()
    }

    /// The path relative to the folder, in UTF-8.
    fn name(&self, path: &Path) -> Option<String> {
        Some(path.strip_prefix(&self.root).ok()?.to_str()?.to_owned())
    }

    /// Checks that the folders of these files are in the copy.
    fn check_folders<'f>(&self, files: impl Iterator<Item = &'f String>) -> Result<(), CopyError> {
        let mut folders = BTreeSet::new();
        for name in files {
            if folders.insert(Path::new(name).parent()) && !self.is_inside(name) {
                return Err(CopyError::Outside(self.path.join(name)));
            }
        }
        Ok(())
    }

    /// Removes what has no original.
    fn remove_all_but(&mut self, files: &BTreeMap<String, Metadata>) {
        let gone: Vec<String> =
            self.copied.keys().filter(|it| !files.contains_key(*it)).cloned().collect();
        for name in gone {
            self.copied.remove(&name);
            if self.is_inside(&name) {
                // It may be gone as well.
                _ = fs::remove_file(self.path.join(name));
            }
        }
    }

    /// Copies a file, unless its copy is up to date.
    fn copy(
        &mut self,
        name: &str,
        metadata: &Metadata,
        text: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<(), CopyError> {
        let from = self.root.join(name);
        if let Some(text) = text(&from) {
            return self.write(name, text.as_bytes(), None, Some(metadata));
        }
        let original = Stamp::of(metadata);
        let now = self.path.join(name).symlink_metadata().ok().filter(Metadata::is_file);
        let current = now.and_then(|it| Stamp::of(&it)).zip(original);
        let current = current.map(|(copy, it)| CopiedFile { original: Some(it), copy });
        if current.is_some() && current.as_ref() == self.copied.get(name) {
            return Ok(());
        }
        match fs::read(&from) {
            Ok(content) => self.write(name, &content, original, Some(metadata)),
            // A file that this user may not read.
            Err(_) => Ok(()),
        }
    }

    /// Writes a file of the copy unless it has this content: build tools go by the time of the last change.
    fn write(
        &mut self,
        name: &str,
        content: &[u8],
        original: Option<Stamp>,
        like: Option<&Metadata>,
    ) -> Result<(), CopyError> {
        let path = self.path.join(name);
        if !self.is_inside(name) {
            return Err(CopyError::Outside(path));
        }
        let is_file = path.symlink_metadata().is_ok_and(|it| it.is_file());
        if !(is_file && fs::read(&path).is_ok_and(|it| it == content)) {
            self.make_way(&path)?;
            fs::write(&path, content)?;
            if let Some(like) = like {
                fs::set_permissions(&path, like.permissions())?;
            }
        }
        let no_time = || io::Error::other("the file system has no times");
        let copy = Stamp::of(&path.symlink_metadata()?).ok_or_else(no_time)?;
        self.copied.insert(name.to_owned(), CopiedFile { original, copy });
        Ok(())
    }

    /// Whether a path leads nowhere else: a command may have left links in the copy.
    fn is_inside(&self, name: &str) -> bool {
        let mut path = self.path.join(name);
        while path.pop() {
            if let Ok(real) = fs::canonicalize(&path) {
                return real.starts_with(&self.path);
            }
        }
        false
    }

    /// Removes what is in the way of a file, and creates its folder.
    fn make_way(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            let between = folder.ancestors().take_while(|it| *it != self.path);
            for it in between.filter(|it| it.is_file()) {
                fs::remove_file(it)?;
            }
            fs::create_dir_all(folder)?;
        }
        match path.symlink_metadata() {
            Ok(it) if it.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(_) => Ok(()),
        }
    }

    fn save(&self) -> io::Result<()> {
        storage::write(&self.list, &serde_json::to_string(&self.copied)?)
    }
}

/// Removes the copies of folders that were not checked for a month.
fn remove_unused(within: &Path) {
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        let list = entry.path();
        let modified = entry.metadata().and_then(|it| it.modified()).ok();
        let age = modified.and_then(|it| SystemTime::now().duration_since(it).ok());
        let is_list = list.extension().is_some_and(|it| it == "json");
        if is_list && age.is_some_and(|it| it > UNUSED) {
            // What cannot be removed is tried again the next time.
            _ = fs::remove_dir_all(list.with_extension(""));
            _ = fs::remove_file(list);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &Path) -> Option<String> {
        None
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_copy_follows_its_original_and_never_changes_it() {
        let (root, within) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = root.path();
        fs::create_dir_all(root.join("src/inner")).unwrap();
        fs::create_dir_all(root.join("target")).unwrap();
        fs::write(root.join(".gitignore"), "target\n*.log\n").unwrap();
        fs::write(root.join("src/a.rs"), "a").unwrap();
        fs::write(root.join("src/inner/b.rs"), "b").unwrap();
        fs::write(root.join("src/x.log"), "log").unwrap();

        let unsaved = |path: &Path| path.ends_with("b.rs").then(|| "typed".to_owned());
        let mut copy = FolderCopy::new(root, within.path(), &unsaved).unwrap();
        let there = copy.path().to_owned();
        let both = || [text(&there.join("src/a.rs")), text(&there.join("src/inner/b.rs"))];
        assert_eq!(both(), ["a", "typed"]);
        assert!(!there.join("target").exists() && !there.join("src/x.log").exists());

        copy.put(&root.join("src/a.rs"), "changed").unwrap();
        copy.put(&root.join("src/x.log"), "changed").unwrap();
        copy.put(&root.join("tests/new.rs"), "new").unwrap();
        assert_eq!(text(&there.join("src/a.rs")), "changed");
        assert_eq!([text(&root.join("src/a.rs")), text(&root.join("src/x.log"))], ["a", "log"]);
        assert!(!root.join("tests").exists());
        assert!(copy.put(Path::new("/elsewhere/c.rs"), "").is_err());
        drop(copy);

        fs::remove_file(root.join("src/inner/b.rs")).unwrap();
        let copy = FolderCopy::new(root, within.path(), &none).unwrap();
        assert_eq!(copy.path(), there);
        assert_eq!(both(), ["a", ""]);
        assert!(!there.join("tests/new.rs").exists() && !there.join("src/x.log").exists());
        assert_eq!(text(&root.join("src/x.log")), "log");
    }

    #[test]
    fn what_a_command_does_in_the_copy_is_undone() {
        let (root, within) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["a.rs", "b.rs", "c.rs", "d/e.rs"] {
            fs::create_dir_all(root.path().join(name).parent().unwrap()).unwrap();
            fs::write(root.path().join(name), name).unwrap();
        }
        let there = FolderCopy::new(root.path(), within.path(), &none).unwrap().path().to_owned();
        fs::write(there.join("a.rs"), "broken").unwrap();
        fs::remove_file(there.join("b.rs")).unwrap();
        fs::remove_file(there.join("c.rs")).unwrap();
        fs::create_dir(there.join("c.rs")).unwrap();
        fs::remove_dir_all(there.join("d")).unwrap();
        fs::write(there.join("d"), "a file").unwrap();
        FolderCopy::new(root.path(), within.path(), &none).unwrap();
        for name in ["a.rs", "b.rs", "c.rs", "d/e.rs"] {
            assert_eq!(text(&there.join(name)), name);
        }
        fs::remove_dir_all(&there).unwrap();
        FolderCopy::new(root.path(), within.path(), &none).unwrap();
        assert_eq!(text(&there.join("a.rs")), "a.rs");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_never_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (root, within) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = root.path();
        fs::create_dir(root.join("real")).unwrap();
        fs::write(root.join("real/a.py"), "a").unwrap();
        fs::write(root.join("run.sh"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink(root.join("real"), root.join("link")).unwrap();
        let mut copy = FolderCopy::new(root, within.path(), &none).unwrap();
        let there = copy.path().to_owned();
        let mode = fs::metadata(there.join("run.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        // The editor has opened the file through the link.
        copy.put(&root.join("link/a.py"), "changed").unwrap();
        assert_eq!(text(&root.join("real/a.py")), "a");

        // A command replaces a folder of the copy with a link to the original.
        fs::remove_dir_all(there.join("real")).unwrap();
        symlink(root.join("real"), there.join("real")).unwrap();
        assert!(copy.put(&root.join("real/a.py"), "changed").is_err());
        drop(copy);
        let mut copy = FolderCopy::new(root, within.path(), &none).unwrap();
        copy.put(&root.join("real/a.py"), "changed").unwrap();
        assert_eq!(text(&there.join("real/a.py")), "changed");
        drop(copy);

        // The same, and the folder is ignored from now on.
        fs::remove_dir_all(there.join("real")).unwrap();
        symlink(root.join("real"), there.join("real")).unwrap();
        fs::write(root.join(".gitignore"), "real\n").unwrap();
        FolderCopy::new(root, within.path(), &none).unwrap();
        assert_eq!(text(&root.join("real/a.py")), "a");
    }

    #[test]
    fn a_file_that_did_not_change_is_not_written_again() {
        let (root, within) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(root.path().join("a.rs"), "a").unwrap();
        let modified = || {
            let copy = FolderCopy::new(root.path(), within.path(), &none).unwrap();
            fs::metadata(copy.path().join("a.rs")).unwrap().modified().unwrap()
        };
        let first = modified();
        fs::write(root.path().join("a.rs"), "a").unwrap();
        assert_eq!(modified(), first);
    }
}
