//! Commits that change lines in several places, as a sequence of changes.

use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;
use understudy::feature::next_edit::rewrite;
use understudy::syntax::language::Language;

/// Limits for replayed commits: hunks, files, and bytes of a file.
const HUNKS: usize = 60;
const FILES: usize = 20;
const BYTES: usize = 400_000;

/// A commit that changes lines of files.
pub(crate) struct Commit {
    pub(crate) id: String,
    pub(crate) files: Vec<File>,
    /// Hunks in all files, including those that only add or remove lines.
    pub(crate) hunks: usize,
}

pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) language: Language,
    pub(crate) old: String,
    /// Changes from the top.
    pub(crate) steps: Vec<Step>,
    /// The bytes of `old` that each hunk replaces, and their text after the commit.
    pub(crate) hunks: Vec<Step>,
}

/// A change within a hunk: a byte range of the old text and its replacement.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
    /// The whole hunk: its lines are only added or removed, or too many to compare.
    pub(crate) is_whole: bool,
}

/// Line ranges of both texts, from 0.
struct Hunk {
    old: Range<usize>,
    new: Range<usize>,
}

/// The diff of a file.
struct Changed {
    path: String,
    objects: [String; 2],
    hunks: Vec<Hunk>,
}

/// The last commits without merges, newest first.
pub(crate) fn commits(folder: &Path, count: usize) -> anyhow::Result<Vec<Commit>> {
    let count = format!("--max-count={count}");
    let mut log = Command::new("git");
    log.arg("-C").arg(folder).args(["-c", "core.quotePath=false", "log", "--no-merges", &count]);
    log.args(["--format=@@C %H", "-p", "-U0", "--full-index", "--no-renames", "--no-color"]);
    let output = log.args(["--no-ext-diff", "--diff-filter=M", "HEAD"]).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = String::from_utf8_lossy(&output.stdout);
    let mut objects = Objects::open(folder)?;
    let mut commits = Vec::new();
    for text in log.split("@@C ").skip(1) {
        let changed = changed(text);
        let hunks = changed.iter().map(|it| it.hunks.len()).sum();
        if (1..=HUNKS).contains(&hunks) && changed.len() <= FILES {
            let files = changed.iter().map(|it| file(it, &mut objects));
            let files: Vec<_> = files.collect::<anyhow::Result<Vec<_>>>()?;
            let id = text.lines().next().unwrap_or_default().to_owned();
            commits.push(Commit { id, files: files.into_iter().flatten().collect(), hunks });
        }
    }
    Ok(commits)
}

/// Files of a language that a diff changes.
fn changed(diff: &str) -> Vec<Changed> {
    let mut files: Vec<Changed> = Vec::new();
    for line in diff.lines() {
        if let Some(paths) = line.strip_prefix("diff --git ") {
            let path = paths.rsplit(" b/").next().unwrap_or_default().to_owned();
            files.push(Changed { path, objects: Default::default(), hunks: Vec::new() });
        } else if let (Some(ids), Some(file)) = (line.strip_prefix("index "), files.last_mut())
            && file.objects[0].is_empty()
        {
            let ids = ids.split(' ').next().unwrap_or_default();
            let (old, new) = ids.split_once("..").unwrap_or_default();
            file.objects = [old.to_owned(), new.to_owned()];
        } else if let (Some(head), Some(file)) = (line.strip_prefix("@@ -"), files.last_mut())
            && let Some(hunk) = hunk(head)
        {
            file.hunks.push(hunk);
        }
    }
    files.retain(|it| language(&it.path).is_some());
    files
}

fn language(path: &str) -> Option<Language> {
    Language::detect("", Some(Path::new(path)), "")
}

/// The line ranges of a hunk header, such as `12,3 +12,4 @@ fn f() {`.
fn hunk(head: &str) -> Option<Hunk> {
    let (old, rest) = head.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let range = |text: &str| {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
        let start = if count == 0 { start } else { start.checked_sub(1)? };
        Some(start..start + count)
    };
    Some(Hunk { old: range(old)?, new: range(new)? })
}

/// A file before the commit, and the changes of each hunk that replaces lines.
fn file(changed: &Changed, objects: &mut Objects) -> anyhow::Result<Option<File>> {
    let Some(language) = language(&changed.path) else { return Ok(None) };
    let texts = [objects.text(&changed.objects[0])?, objects.text(&changed.objects[1])?];
    let [Some(old), Some(new)] = texts else { return Ok(None) };
    let starts = [&old, &new].map(|it| {
        let ends = it.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        std::iter::once(0).chain(ends).collect::<Vec<_>>()
    });
    let bytes = |side: usize, lines: &Range<usize>| {
        let at = |line: usize| starts[side][line.min(starts[side].len() - 1)];
        at(lines.start)..at(lines.end)
    };
    let hunks = changed.hunks.iter().map(|hunk| Step {
        range: bytes(0, &hunk.old),
        text: new[bytes(1, &hunk.new)].to_owned(),
        is_whole: true,
    });
    let hunks: Vec<Step> = hunks.collect();
    let steps = hunks.iter().flat_map(|hunk| {
        let (before, start) = (&old[hunk.range.clone()], hunk.range.start);
        let found = rewrite::changes(before, &hunk.text, language.quotes());
        if found.is_empty() {
            return vec![hunk.clone()];
        }
        let found = found.into_iter().map(|[old, new]| Step {
            range: start + old.start..start + old.end,
            text: hunk.text[new].to_owned(),
            is_whole: false,
        });
        found.collect()
    });
    let steps = steps.collect();
    Ok(Some(File { path: changed.path.clone(), language, old, steps, hunks }))
}

/// Reads objects from a git process.
struct Objects {
    process: std::process::Child,
}

impl Objects {
    fn open(folder: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new("git");
        process.arg("-C").arg(folder).args(["cat-file", "--batch"]);
        let process = process.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        Ok(Self { process })
    }

    /// A text; `None` if it is not UTF-8 or too large.
    fn text(&mut self, id: &str) -> anyhow::Result<Option<String>> {
        let input = self.process.stdin.as_mut().context("git reads")?;
        writeln!(input, "{id}")?;
        input.flush()?;
        let output = self.process.stdout.as_mut().context("git writes")?;
        let mut head = Vec::new();
        // Unbuffered beyond the line: the next read starts after it.
        let mut byte = [0];
        while output.read(&mut byte)? == 1 && byte[0] != b'\n' {
            head.push(byte[0]);
        }
        let head = String::from_utf8(head)?;
        let size = head.rsplit(' ').next().and_then(|it| it.parse::<usize>().ok());
        let mut bytes = vec![0; size.with_context(|| format!("no object {id}"))? + 1];
        output.read_exact(&mut bytes)?;
        bytes.pop();
        Ok(String::from_utf8(bytes).ok().filter(|it| it.len() <= BYTES))
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // The process may have exited.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
