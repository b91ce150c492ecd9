//! The user's command, and how it runs: in a copy of the folder, with what it starts, for a limited time. Its output
//! goes to a file: a process that it leaves behind could hold a pipe open.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use tokio::process::{Child, Command};
use tokio::task;
use tokio::time::timeout;

use crate::feature::action::verify::{EditedFile, output};
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::storage;
use crate::workspace::copy::{CopyError, FolderCopy};

/// How long a command may run.
const PATIENCE: Duration = Duration::from_mins(1);
/// Stands for the edited file in a command, relative to the folder.
const FILE: &str = "{file}";
/// Stands for the original folder: what git ignores, such as installed packages, is not in the copy.
const ROOT: &str = "{root}";

/// The user's command for the language of a document.
pub(super) struct CheckCommand<'a> {
    core: &'a Core,
    words: Vec<String>,
    /// The folder to copy; `None` if the document is outside of the open folders.
    root: Option<PathBuf>,
    /// The folder that contains all copies; `None` without a state folder.
    copies: Option<PathBuf>,
}

impl<'a> CheckCommand<'a> {
    /// The command for a document; `None` without one.
    pub(super) fn of(core: &'a Core, open: &OpenDocument) -> Option<Self> {
        let check = &core.options_of(open).check;
        let script = || check.commands.get("typescript").filter(|_| open.language_name() == "tsx");
        let words = open.of_language(&check.commands).or_else(script)?.clone();
        if words.is_empty() {
            return None;
        }
        Some(Self { core, words, root: root(core, open), copies: check.copies.clone() })
    }

    /// Runs the command; its output if it fails.
    pub(super) async fn run(
        &self,
        edited: &EditedFile,
        is_edited: bool,
    ) -> Result<Option<String>, String> {
        let root = self.root.clone().ok_or("the file is outside of the open folders")?;
        let copies = self.copies.clone().ok_or("there is no folder for Understudy's own files")?;
        let (file, index) = (edited.clone(), Arc::clone(&self.core.shared.index));
        let name = edited.path.strip_prefix(&root).unwrap_or(&edited.path).to_owned();
        let original = root.clone();
        let copy = task::spawn_blocking(move || {
            let unsaved = |path: &Path| index.text(path).map(|it| it.to_string());
            let mut copy = FolderCopy::new(&root, &copies, &unsaved)?;
            if let Some(text) = if is_edited { Some(file.new) } else { file.old } {
                copy.put(&file.path, &text)?;
            }
            Ok::<_, CopyError>(copy)
        });
        let copy = copy.await.map_err(|it| it.to_string())?.map_err(|it| it.to_string())?;
        let words = self.words.iter().map(|it| {
            it.replace(FILE, &name.to_string_lossy()).replace(ROOT, &original.to_string_lossy())
        });
        let mut words = words.collect::<Vec<_>>().into_iter();
        let written = copy.path().with_extension("out");
        let failed = |it: io::Error| format!("`{self}` cannot be run: {it}");
        let file = storage::file().write(true).create(true).truncate(true).open(&written);
        let file = file.map_err(failed)?;
        let mut started = Command::new(words.next().unwrap_or_default());
        started
            .args(words)
            .current_dir(copy.path())
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(failed)?)
            .stderr(file)
            // Outputs of the copy do not replace those of the folder.
            .env_remove("CARGO_TARGET_DIR")
            // Two texts of one size within a second have the same bytecode to Python.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // git must not take the copy for a part of a repository around it.
            .env("GIT_CEILING_DIRECTORIES", copy.path().parent().unwrap_or(copy.path()))
            .kill_on_drop(true);
        let mut child = ProcessGroup::start(started).map_err(failed)?;
        let status = timeout(PATIENCE, child.child.wait()).await;
        drop(child);
        let output = output::take(&written, copy.path());
        let seconds = PATIENCE.as_secs();
        let status = status.map_err(|_| format!("`{self}` took longer than {seconds} s"))?;
        Ok((!status.map_err(failed)?.success()).then_some(output))
    }
}

/// The open folder that contains a document, the innermost one.
pub(super) fn root(core: &Core, open: &OpenDocument) -> Option<PathBuf> {
    let path = open.path.as_deref()?;
    let roots = core.roots.iter().filter(|it| path.starts_with(it));
    roots.max_by_key(|it| it.components().count()).cloned()
}

impl fmt::Display for CheckCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(" "))
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
