//! The files of a workspace: found by walking its roots, ordered by use, read if they are worth it.
//!
//! Links are not followed and only regular files are opened, so every walk ends and every read returns. Paths
//! that the guard refuses are neither entered nor opened.

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
use serde::{Deserialize, Serialize};

use crate::workspace::guard::{Guard, Refusal};

/// Entries visited in one walk at most.
const MAX_SEEN: usize = 1 << 20;

/// A file found by a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    pub path: PathBuf,
    pub stamp: Stamp,
}

/// Distinguishes two states of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub modified: SystemTime,
    pub bytes: u64,
}

/// Why a file is not indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    Refused(Refusal),
    /// Missing, unreadable, or not a regular file: a folder, a pipe, a device.
    NoFile,
    /// More bytes than the limit.
    TooLarge,
    /// Not text, or not in UTF-8.
    Binary,
    /// Text written by tools: minified, generated, lock files, data.
    Unwritten,
}

/// The files below `roots` that may be worth reading, in no guaranteed order. A root that is the whole file
/// system or the home folder is not a project and is not walked.
pub fn walk(roots: &[PathBuf], guard: &Arc<Guard>) -> impl Iterator<Item = FoundFile> + use<> {
    entries(roots, guard).filter_map(|it| found(&it))
}

/// The folders that `walk` enters, roots first.
pub fn folders(roots: &[PathBuf], guard: &Arc<Guard>) -> impl Iterator<Item = PathBuf> + use<> {
    let is_folder = |it: &DirEntry| it.file_type().is_some_and(|it| it.is_dir());
    entries(roots, guard).filter(is_folder).map(DirEntry::into_path)
}

/// The best `limit` files, best first: those nearest to one of `near` in the folder tree, then the most
/// recently changed.
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

/// The text of a file worth indexing.
///
/// # Errors
///
/// If the file is refused, longer than `limit` bytes, or not hand-written text.
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

/// The text of an open document.
///
/// # Errors
///
/// The same as those of [`read`] for a file with this text.
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

impl Stamp {
    pub(super) fn of(metadata: &fs::Metadata) -> Option<Self> {
        Some(Self { modified: metadata.modified().ok()?, bytes: metadata.len() })
    }
}

/// The state of a regular file, or of the file that a link points to.
pub fn stamp(path: &Path) -> Option<Stamp> {
    Stamp::of(&fs::metadata(path).ok().filter(fs::Metadata::is_file)?)
}

/// Whether a walk of `roots` enters every folder on the way to `path`.
pub fn is_reached(path: &Path, roots: &[PathBuf]) -> bool {
    let root = roots.iter().filter(|it| path.starts_with(it)).max_by_key(|it| it.as_os_str().len());
    let Some(root) = root else { return false };
    let folders = path.ancestors().skip(1).take_while(|it| it != root);
    folders.into_iter().all(|it| !name::is_skipped(it))
}

/// Whether a walk skips the folder because a tool made it.
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

/// Whether a folder may be a project: it is neither the home folder nor the root of a file system.
pub fn is_project(root: &Path) -> bool {
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
    let stamp = Stamp::of(&entry.metadata().ok()?)?;
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
