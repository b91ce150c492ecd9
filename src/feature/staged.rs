//! The staged changes, read with git.
//!
//! The git commands read the index only and run no hook, filter, text conversion or external diff program.
//! Files that the guard or a privacy policy excludes are left out.

pub mod lines;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::feature::action_error::ActionError;
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::workspace::git;

/// A git command that takes longer is waiting for input or a lock.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of the diff in the prompt.
const BYTES: usize = 16 << 10;
/// Files of the diff in the prompt.
const FILES: usize = 200;
/// The number of earlier commit titles in the prompt, as an argument of `git log`.
const TITLES: &str = "-8";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Staged {
    /// The root of the work tree.
    pub(super) folder: PathBuf,
    /// Display names.
    pub(super) files: Vec<String>,
    /// A unified diff; long files are cut.
    pub(super) diff: String,
    /// The titles of the last commits, one per line.
    pub(super) titles: String,
}

impl Staged {
    /// The staged changes of the repository to which an open commit message belongs.
    pub(super) async fn read(core: &Core, open: &OpenDocument) -> Result<Self, ActionError> {
        let own = open.path.as_deref().ok_or(ActionError::NothingStaged)?;
        let top = git_output(&work_tree(own), &["rev-parse", "--show-toplevel"]).await?;
        let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
        let names = git_output(&top, &["diff", "--cached", "--name-only", "-z"]).await?;
        let is_allowed = |name: &&str| {
            let path = top.join(name);
            core.shared.guard.check(&path).is_ok() && core.goes_with(&path, Some(own))
        };
        let names: Vec<&str> = names.split_terminator('\0').collect();
        let allowed: Vec<&str> = names.iter().copied().filter(is_allowed).take(FILES).collect();
        if allowed.is_empty() {
            return Err(ActionError::NothingStaged);
        }
        let mut args =
            vec!["diff", "--cached", "--no-ext-diff", "--no-textconv", "--no-color", "--"];
        args.extend(&allowed);
        let mut diff = cut(&git_output(&top, &args).await?, BYTES);
        if allowed.len() < names.len() {
            diff += &format!("\n{} more files change.\n", names.len() - allowed.len());
        }
        // Fails in a repository without commits.
        let titles = git_output(&top, &["log", TITLES, "--no-merges", "--format=%s"]).await;
        Ok(Self {
            files: allowed.into_iter().map(|it| core.name(&top.join(it))).collect(),
            folder: top,
            diff,
            titles: titles.unwrap_or_default(),
        })
    }
}

/// The work tree that a commit message belongs to. Git writes the message into the `.git` folder.
fn work_tree(path: &Path) -> PathBuf {
    let parent = path.parent().unwrap_or(path);
    let Some(repository) =
        path.ancestors().find(|it| it.file_name().is_some_and(|it| it == ".git"))
    else {
        return parent.to_owned();
    };
    // `gitdir` of a linked work tree contains the path of its `.git` file.
    let linked = std::fs::read_to_string(parent.join("gitdir")).ok();
    let linked = linked.as_deref().map(|it| Path::new(it.trim()));
    linked.unwrap_or(repository).parent().unwrap_or(repository).to_owned()
}

async fn git_output(folder: &Path, args: &[&str]) -> Result<String, ActionError> {
    let mut command = Command::from(git::command(folder, args));
    command.kill_on_drop(true);
    let failed = ActionError::Git;
    let output = timeout(TIMEOUT, command.output()).await;
    let output = output.map_err(|_| failed("timed out".to_owned()))?;
    let output = output.map_err(|it| failed(format!("cannot be run: {it}")))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let line = stderr.lines().next().unwrap_or_default();
        return Err(failed(line.chars().filter(|it| !it.is_control()).take(200).collect()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The diff cut to about `bytes`. Long files are cut first.
fn cut(diff: &str, bytes: usize) -> String {
    const HEAD: &str = "diff --git ";
    let mut starts: Vec<usize> = diff.match_indices(HEAD).map(|it| it.0).collect();
    starts.retain(|it| *it == 0 || diff.as_bytes()[it - 1] == b'\n');
    let ends = starts.iter().copied().skip(1).chain([diff.len()]);
    let files: Vec<&str> = starts.iter().copied().zip(ends).map(|(a, b)| &diff[a..b]).collect();
    let mut sizes: Vec<usize> = files.iter().map(|it| it.len()).collect();
    sizes.sort_unstable();
    // Files below an equal share leave the rest to the longer ones.
    let (mut left, mut count) = (bytes, sizes.len());
    let mut share = bytes;
    for size in sizes {
        share = left / count.max(1);
        if size > share {
            break;
        }
        (left, count) = (left - size, count - 1);
    }
    let shown = files.iter().map(|file| {
        if file.len() <= share {
            return (*file).to_owned();
        }
        let end = file[..file.floor_char_boundary(share)].rfind('\n').map_or(0, |it| it + 1);
        format!("{}… {} more lines\n", &file[..end], file[end..].lines().count())
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_cut_before_short_ones() {
        let file = |name: &str, lines: usize| {
            format!("diff --git a/{name} b/{name}\n{}", "+some line\n".repeat(lines))
        };
        let diff = [file("a", 3), file("b", 900), file("c", 2)].concat();
        let shown = cut(&diff, 1000);
        assert!(shown.len() < 1100 && shown.len() > 900, "{}", shown.len());
        assert!(shown.starts_with(&file("a", 3)) && shown.ends_with(&file("c", 2)));
        assert!(shown.contains("more lines\ndiff --git a/c"), "{shown}");
        assert_eq!(cut(&diff, 1 << 20), diff);
        assert_eq!(cut("", 10), "");
    }

    #[test]
    fn a_message_belongs_to_the_work_tree_of_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let linked = folder.path().join("main/.git/worktrees/side");
        std::fs::create_dir_all(&linked).unwrap();
        std::fs::write(linked.join("gitdir"), "/elsewhere/side/.git\n").unwrap();
        let of = |path: &str| work_tree(&folder.path().join(path));
        assert_eq!(of("main/.git/COMMIT_EDITMSG"), folder.path().join("main"));
        assert_eq!(of("main/.git/worktrees/side/COMMIT_EDITMSG"), Path::new("/elsewhere/side"));
        assert_eq!(of("main/draft.txt"), folder.path().join("main"));
    }
}
