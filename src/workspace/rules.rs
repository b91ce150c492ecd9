//! Files in which a project describes its conventions for coding assistants: finds the nearest ones and cuts
//! them to fit a prompt. Other modules decide which models receive them.

mod cut;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::workspace::files;
use crate::workspace::files::Stamp;
use crate::workspace::guard::Guard;

/// Names below a folder, preferred first. `.cursor/rules` is a folder of files.
const NAMES: [&str; 5] =
    ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md", ".cursor/rules", ".cursorrules"];
/// For a folder of rules: its files' extensions, and how many entries are read.
const ENDS: [&str; 2] = ["mdc", "md"];
const FILES: usize = 32;
/// Bytes of rules in one prompt.
pub const BYTES: usize = 4 << 10;
/// Bytes; a larger file is not read.
const LARGEST: u64 = 256 << 10;
/// Texts cached at most; beyond that the cache is cleared.
const KEPT: usize = 64;

/// A file of rules, with its text cut to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub path: PathBuf,
    pub text: String,
}

/// Cached texts of rule files, each valid for the state of its file.
#[derive(Debug, Default)]
pub struct RuleTexts(Mutex<HashMap<PathBuf, (Stamp, String)>>);

/// The rule files that `guard` allows, in groups: from `folder` upwards to `root`, in each folder in the
/// order of `NAMES`. The first group that has any text is used. Links out of the roots are excluded. Reads
/// folders.
pub fn candidates(folder: &Path, root: &Path, guard: &Guard) -> Vec<Vec<PathBuf>> {
    if !folder.starts_with(root) {
        return Vec::new();
    }
    let folders = folder.ancestors().take_while(|it| it.starts_with(root));
    let places = folders.flat_map(|folder| NAMES.iter().map(|it| folder.join(it)));
    let may_be_seen = |it: &PathBuf| guard.check(it).is_ok() && guard.in_roots(it);
    let groups = places.map(|it| {
        let mut group = group(it);
        group.retain(may_be_seen);
        group
    });
    groups.filter(|it| !it.is_empty()).collect()
}

/// The file itself, or the files of a folder of rules sorted by name.
fn group(path: PathBuf) -> Vec<PathBuf> {
    if files::stamp(&path).is_some() {
        return vec![path];
    }
    let Ok(entries) = fs::read_dir(&path) else { return Vec::new() };
    let ends = |it: &PathBuf| it.extension().is_some_and(|it| ENDS.iter().any(|end| it == *end));
    let mut all: Vec<PathBuf> = entries.take(FILES).flatten().map(|it| it.path()).collect();
    all.retain(|it| ends(it) && files::stamp(it).is_some());
    all.sort_unstable();
    all
}

impl RuleTexts {
    /// The texts of these files, together at most `BYTES`. Reads files that changed.
    pub fn read(&self, paths: &[PathBuf]) -> Vec<Rules> {
        let mut room = BYTES;
        let mut all = Vec::new();
        for path in paths {
            let Some(text) = self.text(path) else { continue };
            let text = cut::at_heading(cut::without_front_matter(&text), room);
            if !text.trim().is_empty() {
                room -= text.len();
                all.push(Rules { path: path.clone(), text: text.to_owned() });
            }
        }
        all
    }

    fn text(&self, path: &Path) -> Option<String> {
        let stamp = files::stamp(path).filter(|it| it.bytes <= LARGEST)?;
        let mut kept = self.0.lock();
        if let Some((_, text)) = kept.get(path).filter(|it| it.0 == stamp) {
            return Some(text.clone());
        }
        let text = fs::read_to_string(path).ok()?;
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(path.to_owned(), (stamp, text.clone()));
        Some(text)
    }
}

#[cfg(test)]
mod tests;
