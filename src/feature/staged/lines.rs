//! The lines that the staged changes add or replace, file by file, with the staged text of each file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::feature::action_error::ActionError;
use crate::feature::core::Core;
use crate::feature::staged::git_output;

/// Lines around a change that are reviewed with it.
const AROUND: usize = 3;
/// A longer range is split.
const LONGEST: usize = 150;
/// Options of every `git diff`.
const DIFF: [&str; 6] =
    ["diff", "--cached", "--diff-filter=d", "--no-ext-diff", "--no-textconv", "--no-color"];

/// The staged changes of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StagedLines {
    pub files: Vec<StagedFile>,
    /// Files that the guard excludes.
    pub excluded: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedFile {
    pub path: PathBuf,
    /// The staged text.
    pub text: String,
    /// Lines from 0, in order: the changed ones with some around them.
    pub ranges: Vec<Range<usize>>,
}

impl StagedLines {
    /// The staged changes of the repository that contains a folder. Deleted and binary files are left out.
    pub(in crate::feature) async fn read(core: &Core, folder: &Path) -> Result<Self, ActionError> {
        let top = git_output(folder, &["rev-parse", "--show-toplevel"]).await?;
        let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
        let listed = [&DIFF[..], &["--name-only", "-z"]].concat();
        let names = git_output(&top, &listed).await?;
        let mut staged = Self::default();
        for name in names.split_terminator('\0') {
            let path = top.join(name);
            if core.shared.guard.check(&path).is_err() {
                staged.excluded += 1;
                continue;
            }
            let args = [&DIFF[..], &["--unified=0", "--", name]].concat();
            let changed = added(&git_output(&top, &args).await?);
            // Fails for a submodule.
            let blob = git_output(&top, &["cat-file", "blob", &format!(":0:{name}")]).await;
            let text = blob.ok().filter(|it| !it.contains(['\0', char::REPLACEMENT_CHARACTER]));
            let Some(text) = text else { continue };
            let ranges = ranges(&changed, text.lines().count());
            if !ranges.is_empty() {
                staged.files.push(StagedFile { path, text, ranges });
            }
        }
        Ok(staged)
    }
}

/// The added lines of a diff without context, from 0.
fn added(diff: &str) -> Vec<Range<usize>> {
    let hunk = |line: &str| {
        let added = line.strip_prefix("@@ ")?.split(' ').find_map(|it| it.strip_prefix('+'))?;
        let (start, count) = added.split_once(',').unwrap_or((added, "1"));
        let start = start.parse::<usize>().ok()?.checked_sub(1)?;
        let count = count.parse().ok().filter(|it: &usize| *it > 0)?;
        Some(start..start + count)
    };
    diff.lines().filter_map(hunk).collect()
}

/// The changed lines with those around them; near ones as one range, long ones split.
fn ranges(changed: &[Range<usize>], count: usize) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for it in changed {
        let around = it.start.saturating_sub(AROUND)..(it.end + AROUND).min(count);
        match ranges.last_mut() {
            Some(last) if around.start <= last.end => last.end = last.end.max(around.end),
            _ => ranges.push(around),
        }
    }
    let split = |it: Range<usize>| {
        let end = it.end;
        it.step_by(LONGEST).map(move |start| start..end.min(start + LONGEST))
    };
    ranges.into_iter().flat_map(split).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_that_only_delete_have_no_lines() {
        let diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1,2 @@ fn a() {\n-x\n+@@ +9 @@\n+y\n\
                    @@ -5,2 +6,0 @@\n-a\n-b\n@@ -10,0 +10 @@\n+c\n";
        assert_eq!(added(diff), [0..2, 9..10]);
    }

    #[test]
    fn near_changes_are_reviewed_together_and_long_ones_in_parts() {
        assert_eq!(ranges(&[0..1, 5..6, 40..41], 42), [0..9, 37..42]);
        assert_eq!(ranges(&[0..400, 500..500], 400), [0..150, 150..300, 300..400]);
        assert!(ranges(&[], 9).is_empty());
    }
}
