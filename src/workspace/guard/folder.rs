//! What the ignore files of a folder and of its parents hide.
//!
//! There are three families of files, strongest first: `.understudyignore`, `.ignore`, then git's own
//! (`.gitignore`, the repository's `info/exclude`, the user's excludes). Within a family the file nearest to
//! the path decides, within a file the last line that matches. A weaker family cannot hide what a stronger
//! one allows. Nothing below a hidden folder can be allowed again, as in git:
//! <https://git-scm.com/docs/gitignore#_description>.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::workspace::guard::Refusal;

/// Ignore files, strongest first; the last applies within its repository only.
pub(super) const IGNORE_FILES: [&str; 3] = [".understudyignore", ".ignore", ".gitignore"];
const GIT: usize = 2;

/// Bytes; a longer ignore file is not read.
const MAX_BYTES: u64 = 1 << 20;
/// Wildcards in one ignore file and in all of them, without the first of each line. Each costs some kilobytes
/// of memory.
const MAX_WILDCARDS: usize = 4_000;
const MAX_IN_ALL: usize = 20_000;

/// Wildcards used so far.
#[derive(Default)]
pub(super) struct Spent(AtomicUsize);

impl Spent {
    fn take(&self, wildcards: usize) -> Result<(), TooMuch> {
        let before = self.0.fetch_add(wildcards, Ordering::Relaxed);
        if wildcards > MAX_WILDCARDS || before + wildcards > MAX_IN_ALL {
            return Err(TooMuch);
        }
        Ok(())
    }

    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The rules of one folder.
pub(super) struct Folder {
    /// Why nothing in it may be read.
    pub(super) refusal: Option<Refusal>,
    /// Its path with links resolved, if it contains a link.
    pub(super) real: Option<PathBuf>,
    path: PathBuf,
    parent: Option<Arc<Folder>>,
    rules: [Option<Gitignore>; 3],
    repository: Repository,
}

enum Repository {
    Outside,
    Inside,
    /// The folder from which git's rules apply: it contains `.git`, or is a root outside any repository.
    Top {
        exclude: Option<Gitignore>,
    },
}

impl Folder {
    /// The folder at `path` in `parent`, which is `None` for the root of the file system.
    pub(super) fn new(path: &Path, parent: Option<Arc<Folder>>) -> Self {
        Self {
            refusal: parent.as_ref().and_then(|it| it.refusal.clone()),
            real: real(path, parent.as_deref()),
            path: path.to_owned(),
            parent,
            rules: [None, None, None],
            repository: Repository::Outside,
        }
    }

    /// Removes the parents, so that their rules do not apply inside this folder.
    pub(super) fn detached(mut self) -> Self {
        self.refusal = None;
        self.parent = None;
        self
    }

    /// Reads the folder's own ignore files. `is_root`: an editor opened this folder.
    pub(super) fn read(mut self, is_root: bool, spent: &Spent) -> Self {
        for (at, name) in IGNORE_FILES.iter().enumerate() {
            let file = self.path.join(name);
            match rules(&self.path, &file, spent) {
                Ok(rules) => self.rules[at] = rules,
                Err(TooMuch) => self.refusal = Some(Refusal::Unreadable { file }),
            }
        }
        let dot_git = self.path.join(".git");
        let above = self.parent.as_ref().map(|it| &it.repository);
        self.repository = match above {
            _ if dot_git.symlink_metadata().is_ok() => Repository::Top {
                exclude: rules(&self.path, &exclude_file(&dot_git), spent).ok().flatten(),
            },
            Some(Repository::Inside | Repository::Top { .. }) => Repository::Inside,
            Some(Repository::Outside) | None if is_root => Repository::Top { exclude: None },
            Some(Repository::Outside) | None => Repository::Outside,
        };
        self
    }

    /// The rule that hides the file at `path` in this folder. `user`: the user's global git excludes.
    pub(super) fn hides_file(&self, path: &Path, user: &Gitignore) -> Option<Refusal> {
        self.hides(path, user, false)
    }

    /// The rule that hides the folder at `path` in this folder.
    pub(super) fn hides_folder(&self, path: &Path, user: &Gitignore) -> Option<Refusal> {
        self.hides(path, user, true)
    }

    fn hides(&self, path: &Path, user: &Gitignore, is_dir: bool) -> Option<Refusal> {
        for family in 0..IGNORE_FILES.len() {
            for folder in self.and_above() {
                if family == GIT && matches!(folder.repository, Repository::Outside) {
                    break;
                }
                match folder.rules[family].as_ref().map(|it| it.matched(path, is_dir)) {
                    Some(Match::Ignore(glob)) => return Some(Refusal::ignored(glob)),
                    Some(Match::Whitelist(_)) => return None,
                    Some(Match::None) | None => {}
                }
                if family == GIT && matches!(folder.repository, Repository::Top { .. }) {
                    break;
                }
            }
        }
        self.excludes(path, user, is_dir)
    }

    /// Git's rules outside `.gitignore` files, anchored at the top of the repository.
    fn excludes(&self, path: &Path, user: &Gitignore, is_dir: bool) -> Option<Refusal> {
        let top = self.and_above().find(|it| matches!(it.repository, Repository::Top { .. }))?;
        let Repository::Top { exclude } = &top.repository else { return None };
        let exclude = exclude.as_ref().map_or(Match::None, |it| it.matched(path, is_dir));
        let relative = path.strip_prefix(&top.path).unwrap_or(path);
        match exclude.or(user.matched(relative, is_dir)) {
            Match::Ignore(glob) => Some(Refusal::ignored(glob)),
            Match::Whitelist(_) | Match::None => None,
        }
    }

    fn and_above(&self) -> impl Iterator<Item = &Folder> {
        std::iter::successors(Some(self), |it| it.parent.as_deref())
    }
}

/// An ignore file exceeds a limit. What it would hide is unknown, so its whole folder is hidden.
pub(super) struct TooMuch;

/// The rules in one file, anchored at `folder`. Invalid lines are skipped, as in git.
pub(super) fn rules(
    folder: &Path,
    file: &Path,
    spent: &Spent,
) -> Result<Option<Gitignore>, TooMuch> {
    let Some(text) = read(file)? else { return Ok(None) };
    let wildcards = |line: &str| line.matches(['*', '?', '[', '{', ',']).count().saturating_sub(1);
    spent.take(text.lines().map(wildcards).sum())?;
    let mut builder = GitignoreBuilder::new(folder);
    // Rules ignore case on file systems that usually do.
    if builder.case_insensitive(cfg!(any(windows, target_os = "macos"))).is_err() {
        return Err(TooMuch);
    }
    for line in text.lines() {
        // The only possible error is an invalid line.
        let _ = builder.add_line(Some(file.to_owned()), line);
    }
    let rules = builder.build().map_err(|_| TooMuch)?;
    Ok(Some(rules).filter(|it| !it.is_empty()))
}

/// The text of a regular file. Other files are not opened, since reading a pipe would never end.
fn read(path: &Path) -> Result<Option<String>, TooMuch> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(None) };
    if !metadata.is_file() {
        return Ok(None);
    }
    if metadata.len() > MAX_BYTES {
        return Err(TooMuch);
    }
    let mut bytes = Vec::new();
    let Ok(file) = fs::File::open(path) else { return Ok(None) };
    if file.take(MAX_BYTES).read_to_end(&mut bytes).is_err() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

/// The path of a repository's own excludes. In a linked worktree `.git` is a file with the path of the
/// worktree's git folder, whose `commondir` names the folder that all worktrees share.
fn exclude_file(dot_git: &Path) -> PathBuf {
    let named = |file: &Path, prefix: &str| {
        let text = read(file).ok().flatten()?;
        let name = text.strip_prefix(prefix)?.trim();
        Some(file.parent()?.join(name))
    };
    let own = named(dot_git, "gitdir:").unwrap_or_else(|| dot_git.to_owned());
    let shared = named(&own.join("commondir"), "").unwrap_or(own);
    shared.join("info").join("exclude")
}

fn real(path: &Path, parent: Option<&Folder>) -> Option<PathBuf> {
    if path.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
        return path.canonicalize().ok();
    }
    Some(parent?.real.as_ref()?.join(path.file_name()?))
}
