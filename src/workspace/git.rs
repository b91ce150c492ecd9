//! Git, asked for what it knows: it changes nothing, runs nobody else, fetches nothing and asks nobody.

use std::path::Path;
use std::process::{Command, Stdio};

/// Git in a folder, in words that a program can read.
pub fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-C"])
        .arg(folder)
        .args(words)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        // What a partial clone left out is not fetched.
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null());
    command
}
