//! A copy of a folder, in which a command can check a change before it is made.
//!
//! Files that the ignore rules allow are copied; the copy is kept, so that the next one only updates what differs and
//! a build in it is incremental. Everything else (dependencies, the output of builds, `.git`) is a link to the original.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ignore::{DirEntry, WalkBuilder};
use thiserror::Error;

use crate::storage;
use crate::workspace::files::{self, Stamp};

/// Most files of a copy, and most bytes of them.
const FILES: usize = 20_000;
const BYTES: u64 = 256 << 20;
/// Stands for the time and size of a file whose text is not that of the original.
const DIFFERS: (u128, u64) = (0, u64::MAX);
/// A copy that was not used for so long is removed.
const UNUSED: Duration = Duration::from_hours(24 * 30);

#[derive(Debug, Error)]
pub enum CopyError {
    #[error("the folder has more than {FILES} files or {} MB", BYTES >> 20)]
    Large,
    #[error("the folder cannot be copied: {0}")]
    Io(#[from] io::Error),
}

/// A copy of a folder. No other process updates it as long as this exists.
#[derive(Debug)]
pub struct FolderCopy {
    root: PathBuf,
    path: PathBuf,
    /// The files of the copy by relative path, each with the time and the size of the original that it equals.
    copied: BTreeMap<PathBuf, (u128, u64)>,
    list: PathBuf,
    _lock: File,
}

impl FolderCopy {
    /// The copy of `root`, up to date. `within` contains the copies of all folders; `text` returns the text of a file
    /// that an editor has not saved.
    ///
    /// # Errors
    ///
    /// If the folder is too large, or cannot be read or copied.
    pub fn new(
        root: &Path,
        within: &Path,
        text: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Self, CopyError> {
        let mut hasher = DefaultHasher::new();
        root.hash(&mut hasher);
        let name = format!("{:016x}", hasher.finish());
        storage::folder().recursive(true).create(within)?;
        remove_unused(within);
        let mut lock = storage::file();
        lock.write(true).create(true).truncate(true);
        let lock = lock.open(within.join(format!("{name}.lock")))?;
        lock.lock()?;
        let (path, list) = (within.join(&name), within.join(format!("{name}.json")));
        storage::folder().recursive(true).create(&path)?;
        let copied = fs::read(&list).ok().and_then(|it| serde_json::from_slice(&it).ok());
        let copied = copied.unwrap_or_default();
        let mut copy = Self { root: root.to_owned(), path, copied, list, _lock: lock };
        copy.update(text)?;
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
    pub fn put(&mut self, file: &Path, text: &str) -> io::Result<()> {
        let name = file.strip_prefix(&self.root).map_err(io::Error::other)?;
        self.copied.insert(name.to_owned(), DIFFERS);
        self.save()?;
        write(&self.path.join(name), text.as_bytes())
    }

    fn update(&mut self, text: &dyn Fn(&Path) -> Option<String>) -> Result<(), CopyError> {
        let (mut files, mut bytes, mut folders) = (BTreeMap::new(), 0, BTreeSet::new());
        for entry in self.entries().flatten() {
            if entry.file_type().is_some_and(|it| it.is_dir()) {
                folders.insert(self.name(entry.path()));
                continue;
            }
            let Some(stamp) = files::stamp(entry.path()) else { continue };
            bytes += stamp.bytes;
            files.insert(self.name(entry.path()), stamp);
            if files.len() > FILES || bytes > BYTES {
                return Err(CopyError::Large);
            }
        }
        self.remove_all_but(&files);
        for folder in &folders {
            fs::create_dir_all(self.path.join(folder))?;
        }
        for (name, stamp) in &files {
            self.copy(name, stamp, text)?;
        }
        for folder in &folders {
            self.link_rest(folder, &files, &folders)?;
        }
        Ok(self.save()?)
    }

    fn entries(&self) -> ignore::Walk {
        let mut walk = WalkBuilder::new(&self.root);
        let is_own = |it: &DirEntry| it.file_name() != ".git";
        walk.hidden(false).require_git(false).filter_entry(is_own).build()
    }

    fn name(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }

    /// Removes what has no original.
    fn remove_all_but(&mut self, files: &BTreeMap<PathBuf, Stamp>) {
        let path = self.path.clone();
        self.copied.retain(|name, _| {
            let stays = files.contains_key(name);
            if !stays {
                // It may be gone as well.
                _ = fs::remove_file(path.join(name));
            }
            stays
        });
    }

    fn copy(
        &mut self,
        name: &Path,
        stamp: &Stamp,
        text: &dyn Fn(&Path) -> Option<String>,
    ) -> io::Result<()> {
        let (from, to) = (self.root.join(name), self.path.join(name));
        if let Some(text) = text(&from) {
            self.copied.insert(name.to_owned(), DIFFERS);
            return write(&to, text.as_bytes());
        }
        let since = stamp.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let stamp = (since.as_nanos(), stamp.bytes);
        if self.copied.get(name) != Some(&stamp) {
            write(&to, &fs::read(&from)?)?;
            self.copied.insert(name.to_owned(), stamp);
        }
        Ok(())
    }

    /// Links what is in a folder and was not copied.
    fn link_rest(
        &self,
        folder: &Path,
        files: &BTreeMap<PathBuf, Stamp>,
        folders: &BTreeSet<PathBuf>,
    ) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(folder))?.flatten() {
            let name = self.name(&entry.path());
            let link = self.path.join(&name);
            let is_there = files.contains_key(&name)
                || folders.contains(&name)
                || link.symlink_metadata().is_ok();
            if !is_there {
                symlink(&entry.path(), &link)?;
            }
        }
        Ok(())
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

/// Writes a file unless it has this content: build tools go by the time of the last change.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|it| it == content) {
        return Ok(());
    }
    // A link to the original must not be written through.
    if path.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
        fs::remove_file(path)?;
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}

#[cfg(unix)]
fn symlink(original: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

/// On Windows, links need a right that not every user has. Without them a command may not find its dependencies, and
/// then fails without the change, too.
#[cfg(windows)]
fn symlink(original: &Path, link: &Path) -> io::Result<()> {
    let made = match original.is_dir() {
        true => std::os::windows::fs::symlink_dir(original, link),
        false => std::os::windows::fs::symlink_file(original, link),
    };
    made.or(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &Path) -> Option<String> {
        None
    }

    #[test]
    fn a_copy_follows_its_original_and_never_changes_it() {
        let (root, within) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = root.path();
        let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        fs::create_dir_all(root.join("src/inner")).unwrap();
        fs::create_dir_all(root.join("target")).unwrap();
        fs::write(root.join(".gitignore"), "target\n*.log\n").unwrap();
        fs::write(root.join("src/a.rs"), "a").unwrap();
        fs::write(root.join("src/inner/b.rs"), "b").unwrap();
        fs::write(root.join("src/x.log"), "log").unwrap();

        let unsaved = |path: &Path| path.ends_with("b.rs").then(|| "typed".to_owned());
        let mut copy = FolderCopy::new(root, within.path(), &unsaved).unwrap();
        let there = copy.path().to_owned();
        assert_eq!(
            [text(&there.join("src/a.rs")), text(&there.join("src/inner/b.rs"))],
            ["a", "typed"]
        );
        assert!(there.join("target").is_symlink() && there.join("src/x.log").is_symlink());

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
        assert_eq!(text(&there.join("src/a.rs")), "a");
        assert!(!there.join("src/inner/b.rs").exists() && !there.join("tests/new.rs").exists());
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
