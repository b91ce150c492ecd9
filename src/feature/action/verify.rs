//! Checks an edit with the user's own command, in a copy of the workspace folder that has the edit.
//!
//! The checks on the syntax tree (`reply::check`) see neither types nor behaviour; a compiler or a test does. A command
//! that fails without the edit too says nothing about it. Its output goes to a file: a process that it leaves behind
//! could hold a pipe open.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tokio::process::{Child, Command};
use tokio::task;
use tokio::time::timeout;

use crate::context::mask::Mask;
use crate::feature::action::outcome::Rejection;
use crate::feature::action::prepared::PreparedAction;
use crate::feature::action::{ActionOutcome, outcome};
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::feature::question::{ChatEvent, ChatReply, ChatSink};
use crate::prompt::action::{Action, ActionOutput, Freedom};
use crate::reply::{edit, suite, unseen};
use crate::storage;
use crate::workspace::copy::{CopyError, FolderCopy};

/// How long a command may run.
const PATIENCE: Duration = Duration::from_mins(1);
/// Most bytes of a command's output that are read, that the model is told, and that a message shows.
const READ: u64 = 256 << 10;
const TOLD: usize = 1500;
const SHOWN: usize = 200;
/// Stands for the edited file in a command, relative to the folder.
const FILE: &str = "{file}";

/// An outcome after the check.
pub(super) struct Verified {
    pub(super) done: ActionOutcome,
    /// What the check found; `None` if no command is set.
    pub(super) note: Option<String>,
    /// Why the check says nothing about the edit.
    pub(super) unknown: Option<String>,
}

/// The user's command for the language of a document.
struct CheckCommand<'a> {
    core: &'a Core,
    words: Vec<String>,
    /// The folder to copy; `None` if the document is outside of the open folders.
    root: Option<PathBuf>,
    /// The folder that contains all copies; `None` without a state folder.
    copies: Option<PathBuf>,
}

/// A file before and after the edit.
#[derive(Clone)]
struct EditedFile {
    path: PathBuf,
    /// `None` if it does not exist.
    old: Option<String>,
    new: String,
}

/// Checks an outcome.
///
/// # Errors
///
/// If the command fails with the edit, and not without it.
pub(super) async fn verified(
    core: &Core,
    open: &OpenDocument,
    (action, prepared): (&Action, &PreparedAction),
    reply: &ChatReply,
    done: ActionOutcome,
    sink: &ChatSink,
) -> Result<Verified, Rejection> {
    // Documentation is compared token by token.
    let is_checked = action.freedom() != Freedom::Documentation;
    let check = CheckCommand::of(core, open).filter(|_| is_checked);
    let Some((check, edited)) = check.zip(EditedFile::of(open, &done)) else {
        return Ok(Verified { done, note: None, unknown: None });
    };
    let command = check.words.join(" ");
    sink(ChatEvent::Checking(command.as_str().into()));
    let output = match check.run(&edited, true).await {
        Ok(None) => return Ok(Verified::passed(done, &command)),
        Ok(Some(output)) => output,
        Err(why) => return Ok(Verified::unknown(done, why)),
    };
    if action.gives == ActionOutput::Tests
        && let Some(done) = without_failing(core, open, action, prepared, reply, &output).await
        && let Some(edited) = EditedFile::of(open, &done)
        && let Ok(None) = check.run(&edited, true).await
    {
        return Ok(Verified::passed(done, &command));
    }
    match check.run(&edited, false).await {
        Ok(None) => {}
        Ok(Some(output)) => {
            let why = format!("`{command}` fails without the edit, too: {}", summary(&output));
            return Ok(Verified::unknown(done, why));
        }
        Err(why) => return Ok(Verified::unknown(done, why)),
    }
    Err(Rejection {
        why: format!("`{command}` fails with the answer: {}", summary(&output)),
        request: format!(
            "With an earlier answer in its place, `{command}` fails:\n```\n{}\n```\nAnswer again in the same form, \
             without this error.",
            shortened(&output)
        ),
    })
}

/// The tests of an answer without those that fail; `None` if none is left.
async fn without_failing(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    prepared: &PreparedAction,
    reply: &ChatReply,
    output: &str,
) -> Option<ActionOutcome> {
    let code = edit::code(&reply.text).ok()?;
    let code = suite::without_failing(&core.shared.syntax, open.language?, &code, output)?;
    outcome::tests(core, open, action, prepared, code).await.ok()
}

impl Verified {
    fn passed(done: ActionOutcome, command: &str) -> Self {
        let done = match done {
            ActionOutcome::Change(mut it) => {
                it.is_uncertain = false;
                ActionOutcome::Change(it)
            }
            other => other,
        };
        Self { done, note: Some(format!("`{command}` passed")), unknown: None }
    }

    fn unknown(done: ActionOutcome, why: String) -> Self {
        let done = match done {
            ActionOutcome::Change(mut it) => {
                it.is_uncertain = true;
                ActionOutcome::Change(it)
            }
            other => other,
        };
        let why = format!("not checked: {why}");
        Self { done, note: Some(why.clone()), unknown: Some(why) }
    }
}

impl<'a> CheckCommand<'a> {
    /// The command for a document; `None` without one.
    fn of(core: &'a Core, open: &OpenDocument) -> Option<Self> {
        let check = &core.options_of(open).check;
        let words = check.commands.get(open.language_name()).filter(|it| !it.is_empty())?.clone();
        let path = open.path.as_deref()?;
        let roots = core.roots.iter().filter(|it| path.starts_with(it));
        let root = roots.max_by_key(|it| it.components().count()).cloned();
        Some(Self { core, words, root, copies: check.copies.clone() })
    }

    /// Runs the command; its output if it fails.
    async fn run(&self, edited: &EditedFile, is_edited: bool) -> Result<Option<String>, String> {
        let command = self.words.join(" ");
        let root = self.root.clone().ok_or("the file is outside of the open folders")?;
        let copies = self.copies.clone().ok_or("there is no folder for Understudy's own files")?;
        let (file, index) = (edited.clone(), Arc::clone(&self.core.shared.index));
        let name = edited.path.strip_prefix(&root).unwrap_or(&edited.path).to_owned();
        let copy = task::spawn_blocking(move || {
            let unsaved = |path: &Path| index.text(path).map(|it| it.to_string());
            let mut copy = FolderCopy::new(&root, &copies, &unsaved)?;
            if let Some(text) = if is_edited { Some(file.new) } else { file.old } {
                copy.put(&file.path, &text)?;
            }
            Ok::<_, CopyError>(copy)
        });
        let copy = copy.await.map_err(|it| it.to_string())?.map_err(|it| it.to_string())?;
        let words = self.words.iter().map(|it| it.replace(FILE, &name.to_string_lossy()));
        let mut words = words.collect::<Vec<_>>().into_iter();
        let written = copy.path().with_extension("out");
        let failed = |it: io::Error| format!("`{command}` cannot be run: {it}");
        let output = storage::file().write(true).create(true).truncate(true).open(&written);
        let output = output.map_err(failed)?;
        let mut started = Command::new(words.next().unwrap_or_default());
        started
            .args(words)
            .current_dir(copy.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output)
            // Outputs of the copy do not replace those of the folder.
            .env_remove("CARGO_TARGET_DIR")
            // Two texts of one size within a second have the same bytecode to Python.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // git must not take the copy for a part of a repository around it.
            .env("GIT_CEILING_DIRECTORIES", copies_of(copy.path()))
            .kill_on_drop(true);
        let mut child = ProcessGroup::start(started).map_err(failed)?;
        let status = timeout(PATIENCE, child.child.wait()).await;
        let seconds = PATIENCE.as_secs();
        let status = status.map_err(|_| format!("`{command}` took longer than {seconds} s"))?;
        if status.map_err(failed)?.success() {
            return Ok(None);
        }
        drop(child);
        Ok(Some(output_of(&written, copy.path())))
    }
}

/// A command and the processes that it has started. All of them end with it.
struct ProcessGroup {
    child: Child,
    id: Option<u32>,
}

impl ProcessGroup {
    #[cfg(unix)]
    fn start(mut command: Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        Ok(Self { id: child.id(), child })
    }

    #[cfg(windows)]
    fn start(mut command: Command) -> io::Result<Self> {
        let child = command.spawn()?;
        Ok(Self { id: child.id(), child })
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut kill = if cfg!(unix) {
            let mut kill = std::process::Command::new("kill");
            kill.args(["-KILL", "--", &format!("-{id}")]);
            kill
        } else {
            let mut kill = std::process::Command::new("taskkill");
            kill.args(["/F", "/T", "/PID", &id.to_string()]);
            kill
        };
        // It fails if all of them have ended.
        _ = kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn copies_of(copy: &Path) -> &Path {
    copy.parent().unwrap_or(copy)
}

/// What a command has written, as text for a message and a prompt: without the path of the copy, secrets, colours, and
/// characters that control a terminal or hide text.
fn output_of(written: &Path, copy: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(written) {
        // What cannot be read is missing in the message.
        _ = file.take(READ).read_to_end(&mut bytes);
    }
    // It may contain source text.
    _ = fs::remove_file(written);
    let bytes = anstream::adapter::strip_bytes(&bytes).into_vec();
    let text = String::from_utf8_lossy(&bytes).replace(&*copy.to_string_lossy(), ".");
    let is_shown =
        |it: &char| *it == '\n' || *it == '\t' || !it.is_control() && !unseen::hides(*it);
    let text = text.chars().filter(is_shown).collect::<String>().replace("```", "'''");
    Mask::new().mask(&text).into_owned()
}

impl EditedFile {
    /// The file of an outcome; `None` if it changes none.
    fn of(open: &OpenDocument, done: &ActionOutcome) -> Option<Self> {
        let (path, old, pieces) = match done {
            ActionOutcome::Change(change) => {
                let old = open.document.rope.to_string();
                (open.path.as_deref()?.to_owned(), Some(old), change.replacements()?)
            }
            // A file that may not be read.
            ActionOutcome::Insert { path, text: None, .. } if path.exists() => return None,
            ActionOutcome::Insert { path, text, insertions } => {
                let old = text.as_deref().unwrap_or_default();
                let piece = |(at, new): &(usize, String)| {
                    let at = old.floor_char_boundary(*at);
                    (at..at, new.clone())
                };
                (path.clone(), text.clone(), insertions.iter().map(piece).collect())
            }
            ActionOutcome::Answer(_) | ActionOutcome::Findings(_) => return None,
        };
        let mut new = old.clone().unwrap_or_default();
        pieces.into_iter().rev().for_each(|(range, text)| new.replace_range(range, &text));
        Some(Self { path, old, new })
    }
}

/// The line of a command's output that says most, for a message of one line.
fn summary(output: &str) -> &str {
    let lines = || output.lines().map(str::trim).filter(|it| it.contains(char::is_alphabetic));
    let is_error = |it: &&str| {
        let it = it.to_ascii_lowercase();
        let is_heading = it.starts_with(['=', '_', '-']);
        !is_heading && !it.contains("0 failed") && (it.contains("error") || it.contains("failed"))
    };
    let line = lines().find(is_error).or_else(|| lines().next_back()).unwrap_or("no output");
    &line[..line.floor_char_boundary(SHOWN)]
}

/// The part of a command's output from its first error on.
fn shortened(output: &str) -> &str {
    let start = output.find(summary(output)).unwrap_or_default();
    let rest = &output[start..];
    rest[..rest.floor_char_boundary(TOLD)].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_of_a_compiler_is_told() {
        let output = "   Checking a v0.1.0\nwarning: unused\n\nerror[E0308]: mismatched types\n --> src/a.rs:3:5\n";
        assert_eq!(summary(output), "error[E0308]: mismatched types");
        assert_eq!(shortened(output), "error[E0308]: mismatched types\n --> src/a.rs:3:5");
        assert_eq!(summary("\nsomething\nlast\n"), "last");
        assert_eq!(summary(""), "no output");
    }
}
