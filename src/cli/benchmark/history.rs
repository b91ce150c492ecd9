//! Lines from the repository's own history: a file as of a commit, with the rest of one added line removed.
//! Git only reads objects, and runs no other program.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;

use crate::cli::demo;
use crate::syntax::language::Language;
use crate::workspace::git;

/// Number of commits to search, newest first.
const COMMITS: &str = "--max-count=200";
/// Size limit of a diff, in bytes. Longer diffs were not typed.
const DIFF: u64 = 1 << 21;
/// Highest number of lines from one file of a commit.
const OF_A_FILE: usize = 4;
/// Number of candidates per requested place, since some are refused.
const SPARE: usize = 3;
/// Shorter lines, in bytes, are left out.
const LEAST: usize = 8;

/// A line with a hidden end.
#[derive(Clone, Debug)]
pub(super) struct HiddenLine {
    pub(super) commit: String,
    /// Relative to the repository.
    pub(super) path: String,
    /// Both count from 0; the column is in bytes.
    pub(super) row: usize,
    pub(super) column: usize,
    /// The file without the hidden text.
    pub(super) text: String,
    pub(super) truth: String,
}

/// A line that a commit added.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Added {
    commit: String,
    path: String,
    row: usize,
    line: String,
}

/// The root of the repository that contains a folder.
pub(super) fn top(folder: &Path) -> anyhow::Result<PathBuf> {
    let top = git_output(folder, &["rev-parse", "--show-toplevel"], DIFF)
        .with_context(|| format!("no git repository at {}", folder.display()))?;
    let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
    top.canonicalize().with_context(|| format!("cannot open the folder {}", top.display()))
}

/// At most `count` places, spread over the last commits. Places that `admits` refuses are left out.
pub(super) fn places(
    top: &Path,
    count: usize,
    mut admits: impl FnMut(&HiddenLine) -> bool,
) -> anyhow::Result<Vec<HiddenLine>> {
    let commits = git_output(top, &["rev-list", "--no-merges", COMMITS, "HEAD"], DIFF)
        .context("the repository has no commits")?;
    let mut added: Vec<Vec<Added>> = Vec::new();
    for commit in commits.lines() {
        // A commit that cannot be read, as in a shallow clone, has no lines.
        let lines = lines(commit, &git_output(top, &diff_of(commit), DIFF).unwrap_or_default());
        if !lines.is_empty() {
            // First one line of each of its files.
            let order = (0..OF_A_FILE).flat_map(|it| lines.iter().skip(it).step_by(OF_A_FILE));
            added.push(order.cloned().collect());
        }
        let found: usize = added.iter().map(Vec::len).sum();
        if added.len() >= count && found >= count * SPARE {
            break;
        }
    }
    // First one line of each commit.
    let most = added.iter().map(Vec::len).max().unwrap_or_default();
    let order = (0..most).flat_map(|round| added.iter().filter_map(move |it| it.get(round)));
    let mut places = Vec::new();
    for (turn, line) in order.enumerate() {
        if places.len() == count {
            break;
        }
        places.extend(hidden(top, line, turn).filter(&mut admits));
    }
    Ok(places)
}

fn diff_of(commit: &str) -> [&str; 14] {
    [
        "diff-tree",
        "--root",
        "--no-commit-id",
        "-r",
        "-p",
        "--unified=0",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--ignore-submodules",
        "--diff-filter=AM",
        "--dst-prefix=b/",
        commit,
    ]
}

/// Lines of code that a diff without context adds: a few of each file.
fn lines(commit: &str, diff: &str) -> Vec<Added> {
    let mut all = Vec::new();
    let mut of_file: Vec<Added> = Vec::new();
    let (mut path, mut row, mut removed, mut left) = (None, 0, 0, 0);
    for line in diff.lines() {
        if removed > 0 && line.starts_with('-') {
            removed -= 1;
        } else if left > 0 && line.starts_with('+') {
            let line = line[1..].trim_end();
            if let Some(path) = path.filter(|_| line.trim().len() >= LEAST) {
                let (commit, path) = (commit.to_owned(), str::to_owned(path));
                of_file.push(Added { commit, path, row, line: line.to_owned() });
            }
            (row, left) = (row + 1, left - 1);
        } else if let Some(name) = line.strip_prefix("+++ ") {
            all.extend(some(std::mem::take(&mut of_file)));
            // A name that git quotes is left out, and so is `/dev/null`.
            path = name.trim_end_matches('\t').strip_prefix("b/").filter(|it| is_code(it));
        } else if let Some((old, new)) = hunk(line) {
            (removed, row, left) = (old, new.0, new.1);
        }
    }
    all.extend(some(of_file));
    all
}

/// A few lines of a file, spread evenly.
fn some(lines: Vec<Added>) -> impl Iterator<Item = Added> {
    let few = lines.len().min(OF_A_FILE);
    let chosen: Vec<usize> = (0..few).map(|it| (2 * it + 1) * lines.len() / (2 * few)).collect();
    lines.into_iter().enumerate().filter(move |it| chosen.contains(&it.0)).map(|it| it.1)
}

fn is_code(path: &str) -> bool {
    let language = Language::detect("", Some(Path::new(path)), "");
    language.is_some_and(|it| !demo::NO_CODE.contains(&it.name()))
}

/// `@@ -3,2 +4,5 @@`: the number of removed lines; the first added row, from 0, and the number of added
/// lines.
fn hunk(line: &str) -> Option<(usize, (usize, usize))> {
    let (old, new) = line.strip_prefix("@@ -")?.split_once(" @@")?.0.split_once(" +")?;
    let read = |it: &str| {
        let (start, count) = it.split_once(',').unwrap_or((it, "1"));
        Some((start.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
    };
    let (start, count) = read(new)?;
    Some((read(old)?.1, (start.saturating_sub(1), count)))
}

/// The file as of a commit, without the rest of an added line.
fn hidden(top: &Path, added: &Added, turn: usize) -> Option<HiddenLine> {
    let column = demo::column(&added.line, turn)?;
    if added.line.len() < column + 3 {
        return None;
    }
    let object = format!("{}:{}", added.commit, added.path);
    let whole = git_output(top, &["cat-file", "blob", &object], demo::LARGEST + 1).ok()?;
    if whole.len() as u64 > demo::LARGEST {
        return None;
    }
    let start: usize = whole.split_inclusive('\n').take(added.row).map(str::len).sum();
    let rest = whole.get(start..)?.strip_prefix(&added.line)?;
    let text = format!("{}{}{rest}", &whole[..start], &added.line[..column]);
    let Added { commit, path, row, line } = added.clone();
    Some(HiddenLine { commit, path, row, column, text, truth: line[column..].to_owned() })
}

/// The output of git, cut at `most` bytes.
fn git_output(folder: &Path, words: &[&str], most: u64) -> anyhow::Result<String> {
    let mut command = git::command(folder, words);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().context("cannot run git")?;
    let mut bytes = Vec::new();
    let stdout = child.stdout.take().context("cannot read the output of git")?;
    let read = stdout.take(most).read_to_end(&mut bytes);
    // If git has more output, it waits for a reader forever.
    let is_cut = bytes.len() as u64 >= most;
    if is_cut {
        child.kill().context("cannot stop git")?;
    }
    let status = child.wait().context("cannot stop git")?;
    read.context("cannot read the output of git")?;
    anyhow::ensure!(is_cut || status.success(), "git {} failed", words[0]);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_are_found_even_if_they_look_like_a_diff_header() {
        let diff = "diff --git a/x.rs b/x.rs\n--- a/x.rs\n+++ b/x.rs\n\
                    @@ -3,1 +3,2 @@ fn main\n-old line of it\n+let first = one();\n+++ b/odd.rs + 1;\n\
                    diff --git a/y.md b/y.md\n--- /dev/null\n+++ b/y.md\n@@ -0,0 +1 @@\n+some prose here\n\
                    diff --git a/z.py b/z.py\n--- a/z.py\n+++ b/with space.py\t\n@@ -0,0 +9 @@\n+value = compute()\n";
        let found = lines("c", diff);
        let found: Vec<_> = found.iter().map(|it| (&*it.path, it.row, &*it.line)).collect();
        assert_eq!(
            found,
            [
                ("x.rs", 2, "let first = one();"),
                ("x.rs", 3, "++ b/odd.rs + 1;"),
                ("with space.py", 8, "value = compute()"),
            ]
        );
    }

    #[test]
    fn a_long_addition_gives_a_few_lines_spread_over_it() {
        let body: String = (0..100).map(|it| format!("+let value_{it} = {it};\n")).collect();
        let diff = format!("--- /dev/null\n+++ b/x.rs\n@@ -0,0 +1,100 @@\n{body}");
        let rows: Vec<usize> = lines("c", &diff).iter().map(|it| it.row).collect();
        assert_eq!(rows, [12, 37, 62, 87]);
    }
}
