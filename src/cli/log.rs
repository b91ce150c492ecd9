//! `understudy log`: the last lines of the server's log.

use std::fs::File;
use std::io;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use crate::app::log::daily;
use crate::cli;
use crate::cli::Common;

/// Number of bytes that are read at once from the end of a file.
const CHUNK: u64 = 64 * 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of lines to show
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub tail: usize,
    /// Print the path of the log file instead
    #[arg(long)]
    pub path: bool,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let folder =
        cli::log_folder().context("no state folder: neither XDG_STATE_HOME nor HOME is set")?;
    let files = daily::files(&folder).unwrap_or_default();
    let Some(newest) = files.last() else {
        anyhow::bail!(
            "no log in {} yet: the log starts when an editor starts the server",
            folder.display()
        );
    };
    let lines = if args.path { Vec::new() } else { tail(&files, args.tail)? };
    let mut out = anstream::stdout().lock();
    match (common.json, args.path) {
        (true, _) => writeln!(out, "{}", json!({ "path": newest, "lines": lines }))?,
        (false, true) => writeln!(out, "{}", newest.display())?,
        (false, false) => lines.iter().try_for_each(|it| writeln!(out, "{it}"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The last lines of several files, given and returned oldest first.
fn tail(files: &[PathBuf], count: usize) -> anyhow::Result<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for file in files.iter().rev() {
        let missing = count - lines.len();
        if missing == 0 {
            break;
        }
        let read = last_lines(file, missing);
        let older = read.with_context(|| format!("cannot read {}", file.display()))?;
        lines.splice(0..0, older);
    }
    Ok(lines)
}

/// The last lines of a file, read from its end: a log may be large.
fn last_lines(path: &Path, count: usize) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let mut start = file.seek(SeekFrom::End(0))?;
    let mut tail = Vec::new();
    while start > 0 && tail.iter().filter(|it| **it == b'\n').count() <= count {
        let chunk = CHUNK.min(start);
        start -= chunk;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        (&file).take(chunk).read_to_end(&mut bytes)?;
        tail.splice(0..0, bytes);
    }
    let text = String::from_utf8_lossy(&tail);
    let mut lines: Vec<&str> = text.lines().rev().take(count).collect();
    lines.reverse();
    Ok(lines.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn check(files: &[&str], count: usize, expected: &[&str]) {
        let folder = TempDir::new().unwrap();
        let paths: Vec<PathBuf> =
            (0..files.len()).map(|it| folder.path().join(it.to_string())).collect();
        for (path, text) in paths.iter().zip(files) {
            fs::write(path, text).unwrap();
        }
        assert_eq!(tail(&paths, count).unwrap(), expected);
    }

    #[test]
    fn tail_shows_the_newest_lines_oldest_first() {
        check(&["a\nb\n", "c\nd\n"], 3, &["b", "c", "d"]);
        check(&["a\nb\n", "c\nd\n"], 2, &["c", "d"]);
        check(&["a\nb\n", "c\nd\n"], 9, &["a", "b", "c", "d"]);
        check(&["a\n", ""], 1, &["a"]);
        check(&["a\n"], 0, &[]);
        check(&["no line end"], 5, &["no line end"]);
    }

    #[test]
    fn tail_of_a_large_log_is_whole() {
        let line = "x".repeat(99);
        let text = format!("{line}\n").repeat(5000);
        check(&[&text], 2000, &vec![line.as_str(); 2000]);
    }
}
