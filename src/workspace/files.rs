//! The files of a workspace: found by walking its roots, ordered by use, read if they are worth it.
//!
//! Nothing here follows a link or opens what is no regular file, so a walk ends and a read returns.
//! What the guard refuses is neither entered nor opened.

mod content;
mod name;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ignore::{DirEntry, Walk, WalkBuilder};

use crate::workspace::guard::{Guard, Refusal};

/// Files looked at in one walk at most.
const MAX_SEEN: usize = 1 << 20;

/// A file that a walk came upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    pub path: PathBuf,
    pub stamp: Stamp,
}

/// What tells two states of a file apart without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub modified: SystemTime,
    pub bytes: u64,
}

/// Why a file is not learned from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    Refused(Refusal),
    /// Gone, not to be read, or no regular file: a folder, a pipe, a device.
    NoFile,
    /// More bytes than were allowed.
    TooLarge,
    /// Holds no text, or not in UTF-8.
    Binary,
    /// Text for machines: minified, generated, locks, data.
    Unwritten,
}

/// The files below `roots` that may be worth reading, in no order that is promised. A root that is
/// the whole file system or the whole home is no project and is not walked.
pub fn walk(roots: &[PathBuf], guard: &Arc<Guard>) -> impl Iterator<Item = FoundFile> + use<> {
    entries(roots, guard).filter_map(|it| found(&it))
}

/// The folders that `walk` enters, roots first.
pub fn folders(roots: &[PathBuf], guard: &Arc<Guard>) -> impl Iterator<Item = PathBuf> + use<> {
    let is_folder = |it: &DirEntry| it.file_type().is_some_and(|it| it.is_dir());
    entries(roots, guard).filter(is_folder).map(DirEntry::into_path)
}

/// The best `limit` of the files, best first: those nearest to one of `near` in the tree of
/// folders, then those changed last.
pub fn best(
    files: impl Iterator<Item = FoundFile>,
    near: &[PathBuf],
    limit: usize,
) -> Vec<FoundFile> {
    let mut best = BinaryHeap::new();
    for file in files {
        let FoundFile { path, stamp } = file;
        best.push((distance(&path, near), Reverse(stamp.modified), path, stamp.bytes));
        if best.len() > limit {
            best.pop();
        }
    }
    let found =
        |(_, Reverse(modified), path, bytes)| FoundFile { path, stamp: Stamp { modified, bytes } };
    best.into_sorted_vec().into_iter().map(found).collect()
}

/// The text of a file worth learning from, of at most `limit` bytes.
pub fn read(path: &Path, guard: &Guard, limit: u64) -> Result<String, LeftOut> {
    guard.check(path).map_err(LeftOut::Refused)?;
    if name::is_unwritten(path) {
        return Err(LeftOut::Unwritten);
    }
    let stamp = stamp(path).ok_or(LeftOut::NoFile)?;
    if stamp.bytes > limit {
        return Err(LeftOut::TooLarge);
    }
    let mut bytes = Vec::with_capacity(stamp.bytes as usize + 1);
    let file = fs::File::open(path).map_err(|_| LeftOut::NoFile)?;
    file.take(limit).read_to_end(&mut bytes).map_err(|_| LeftOut::NoFile)?;
    content::text(bytes)
}

/// The text of an open document, if a file that held it would be read.
pub fn written(path: &Path, guard: &Guard, text: String, limit: u64) -> Result<String, LeftOut> {
    guard.check(path).map_err(LeftOut::Refused)?;
    if name::is_unwritten(path) {
        return Err(LeftOut::Unwritten);
    }
    if text.len() as u64 > limit {
        return Err(LeftOut::TooLarge);
    }
    content::text(text.into_bytes())
}

/// The state of a regular file, or of the one a link leads to.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Stamp { modified: metadata.modified().ok()?, bytes: metadata.len() })
}

/// Would a walk of `roots` enter every folder on the way to `path`?
pub fn is_reached(path: &Path, roots: &[PathBuf]) -> bool {
    let root = roots.iter().filter(|it| path.starts_with(it)).max_by_key(|it| it.as_os_str().len());
    let Some(root) = root else { return false };
    let folders = path.ancestors().skip(1).take_while(|it| it != root);
    folders.into_iter().all(|it| !name::is_skipped(it))
}

/// Is the folder one that a walk passes over for what it is: made by a tool, or its own?
pub fn is_skipped(folder: &Path) -> bool {
    name::is_skipped(folder)
}

fn entries(roots: &[PathBuf], guard: &Arc<Guard>) -> impl Iterator<Item = DirEntry> + use<> {
    let walk = |root: &PathBuf| {
        let (guard, roots) = (guard.clone(), roots.to_vec());
        let mut builder = WalkBuilder::new(root);
        builder.standard_filters(false);
        builder.filter_entry(move |it| enters(it, &guard, &roots)).build()
    };
    let walks: Vec<Walk> = roots.iter().filter(|it| is_project(it)).map(walk).collect();
    walks.into_iter().flatten().flatten().take(MAX_SEEN)
}

fn is_project(root: &Path) -> bool {
    root.parent().is_some() && std::env::home_dir().is_none_or(|it| it != root)
}

fn enters(entry: &DirEntry, guard: &Guard, roots: &[PathBuf]) -> bool {
    if !entry.file_type().is_some_and(|it| it.is_dir()) {
        return !name::is_unwritten(entry.path());
    }
    let path = entry.path();
    let other_root = entry.depth() > 0 && roots.iter().any(|it| it == path);
    let skipped = entry.depth() > 0 && name::is_skipped(path);
    !other_root && !skipped && guard.check_folder(path).is_ok()
}

fn found(entry: &DirEntry) -> Option<FoundFile> {
    if !entry.file_type()?.is_file() {
        return None;
    }
    let metadata = entry.metadata().ok()?;
    let stamp = Stamp { modified: metadata.modified().ok()?, bytes: metadata.len() };
    Some(FoundFile { path: entry.path().to_owned(), stamp })
}

/// Steps from a file up to a shared folder and down to the nearest of `near`.
fn distance(path: &Path, near: &[PathBuf]) -> usize {
    let steps = |near: &PathBuf| {
        let shared = path.components().zip(near.components()).take_while(|(a, b)| a == b).count();
        path.components().count() + near.components().count() - 2 * shared
    };
    near.iter().map(steps).min().unwrap_or_default()
}

#[cfg(test)]
mod tests;
