//! Content and changes of a repository, from the `git` command.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

use anyhow::Context;

/// Larger files are generated, or data.
const MAX_BYTES: usize = 400_000;

pub(crate) struct Repository {
    pub(crate) name: String,
    path: PathBuf,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Texts by object; `None` if it is not UTF-8 or too large.
    texts: HashMap<String, Option<Rc<str>>>,
}

/// Replaced lines, numbered from 0.
pub(crate) struct Hunk {
    /// The path before; `None` if the file is new.
    pub(crate) old: Option<PathBuf>,
    pub(crate) path: PathBuf,
    pub(crate) removed: Range<usize>,
    pub(crate) added: Range<usize>,
}

/// The files of a commit, with their texts.
pub(crate) type Tree = BTreeMap<PathBuf, Rc<str>>;

impl Repository {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let path = path.canonicalize().with_context(|| format!("no {}", path.display()))?;
        let name = path.file_name().context("a repository needs a name")?;
        let name = name.to_string_lossy().into_owned();
        let mut process = Command::new("git")
            .arg("-C")
            .arg(&path)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().context("git takes no input")?;
        let output = BufReader::new(process.stdout.take().context("git gives no output")?);
        Ok(Self { name, path, process, input, output, texts: HashMap::new() })
    }

    /// The last `count` commits with a single parent, oldest first.
    pub(crate) fn commits(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let count = format!("--max-count={count}");
        let one = ["--min-parents=1", "--max-parents=1", "--topo-order"];
        let list = self.git(&["rev-list", &count, one[0], one[1], one[2], "HEAD"])?;
        Ok(list.lines().rev().map(str::to_owned).collect())
    }

    /// The commit `count` steps back along first parents.
    pub(crate) fn ancestor(&self, count: usize) -> anyhow::Result<String> {
        let most = format!("--max-count={}", count + 1);
        let list = self.git(&["rev-list", "--first-parent", &most, "HEAD"])?;
        let commit = list.lines().nth(count);
        Ok(commit.with_context(|| format!("{} has no {count} commits", self.name))?.to_owned())
    }

    pub(crate) fn tree(&mut self, commit: &str) -> anyhow::Result<Tree> {
        let list = self.git(&["ls-tree", "-r", "-z", commit])?;
        let mut tree = Tree::new();
        for (entry, path) in list.split('\0').filter_map(|it| it.split_once('\t')) {
            if let [mode, "blob", object] = entry.split(' ').collect::<Vec<_>>()[..]
                && mode.starts_with("100")
                && let Some(text) = self.text(object)?
            {
                tree.insert(PathBuf::from(path), text);
            }
        }
        Ok(tree)
    }

    /// Changes from `old` to `new`, file by file from the top. Renames are detected.
    pub(crate) fn diff(&self, old: &str, new: &str) -> anyhow::Result<Vec<Hunk>> {
        let plain = ["--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/"];
        let arguments = ["diff", "--unified=0", "--find-renames", "--dst-prefix=b/", old, new];
        hunks(&self.git(&[&arguments[..4], &plain, &arguments[4..]].concat())?)
    }

    fn text(&mut self, object: &str) -> anyhow::Result<Option<Rc<str>>> {
        if let Some(known) = self.texts.get(object) {
            return Ok(known.clone());
        }
        writeln!(self.input, "{object}")?;
        self.input.flush()?;
        let mut head = String::new();
        self.output.read_line(&mut head)?;
        let size = head.trim_end().rsplit(' ').next().and_then(|it| it.parse::<usize>().ok());
        // A line feed follows the counted bytes.
        let mut bytes = vec![0; size.with_context(|| format!("no object {object}"))? + 1];
        self.output.read_exact(&mut bytes)?;
        bytes.pop();
        let text = String::from_utf8(bytes).ok().filter(|it| it.len() <= MAX_BYTES);
        let text: Option<Rc<str>> = text.map(Rc::from);
        self.texts.insert(object.to_owned(), text.clone());
        Ok(text)
    }

    fn git(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let quoted = ["-c", "core.quotePath=false"];
        let output =
            Command::new("git").arg("-C").arg(&self.path).args(quoted).args(arguments).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "git {} failed: {error}", arguments.join(" "));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        // The process exits when its input is closed; it may have exited already.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Parses a diff without context lines.
fn hunks(diff: &str) -> anyhow::Result<Vec<Hunk>> {
    let (mut hunks, mut old, mut new) = (Vec::new(), None, None);
    let mut lines = diff.lines();
    while let Some(line) = lines.next() {
        if let Some(path) = line.strip_prefix("--- ") {
            old = named(path, "a/");
        } else if let Some(path) = line.strip_prefix("+++ ") {
            new = named(path, "b/");
        } else if let Some(ranges) = line.strip_prefix("@@ -") {
            let (removed, rest) = ranges.split_once(" +").context("a hunk has two ranges")?;
            let (added, _) = rest.split_once(" @@").context("a hunk's head has an end")?;
            let (removed, added) = (range(removed)?, range(added)?);
            // Its lines can look like headers.
            for _ in 0..removed.len() + added.len() {
                lines.next();
            }
            if let Some(path) = new.clone() {
                hunks.push(Hunk { old: old.clone(), path, removed, added });
            }
        }
    }
    Ok(hunks)
}

/// A path of a diff header. A path with spaces ends with a tab; `/dev/null` is `None`.
fn named(path: &str, prefix: &str) -> Option<PathBuf> {
    path.trim_end_matches('\t').strip_prefix(prefix).map(PathBuf::from)
}

/// `12,3`, or `12` for one line. For an empty range, the number is that of the line before.
fn range(text: &str) -> anyhow::Result<Range<usize>> {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    let (start, count): (usize, usize) = (start.parse()?, count.parse()?);
    let start = if count == 0 { start } else { start - 1 };
    Ok(start..start + count)
}
