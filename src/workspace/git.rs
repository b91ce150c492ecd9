//! Read-only git commands: they change nothing, fetch nothing, start no other program and prompt for nothing.

use std::path::Path;
use std::process::{Command, Stdio};

/// A git command in a folder, with output for programs: no pager, no translation, no quoted paths.
pub fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-C"])
        .arg(folder)
        .args(words)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        // Objects missing from a partial clone are not fetched.
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null());
    command
}
