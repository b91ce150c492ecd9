//! Decides which files may be read. Every path is checked here.
//!
//! A path is refused for its name (`secret`), for a glob in the settings, or for an ignore file (`folder`),
//! in that order, so no file of a workspace can allow a secret. For a symbolic link, its target is checked as
//! well.
//!
//! The rules of a folder are cached until `refresh`: a check costs one look at the file itself and some
//! matching. Roots have two effects. Git's rules apply in a root that is outside any repository. And a root
//! that rules above it would hide was opened on purpose, so those rules do not apply inside it.

mod folder;
mod forbid;
mod secret;

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use ignore::gitignore;
use ignore::gitignore::Gitignore;
use parking_lot::RwLock;
use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::workspace::guard::folder::{Folder, Spent};
use crate::workspace::guard::forbid::Forbid;

/// Folders cached at most; beyond that the cache is cleared.
const MAX_FOLDERS: usize = 1 << 16;

/// Checks paths. Shared by everything that reads files or receives changes of them.
pub struct Guard {
    forbid: Forbid,
    /// The user's global git excludes.
    user: Gitignore,
    known: ArcSwap<Known>,
}

/// Why a path is refused; its text names the rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// By the name of the file, or of a folder that contains it.
    #[error("{name} (never sent: secrets)")]
    Secret { name: String },
    #[error("forbidden by your settings: {glob}")]
    Forbidden { glob: String },
    #[error("ignored by {}: {line}", file.display())]
    Ignored { file: PathBuf, line: String },
    #[error("excluded: {} is too long or has too many rules", file.display())]
    Unreadable { file: PathBuf },
}

/// An invalid glob in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{glob}` is not a glob: {reason}")]
pub struct BadGlob {
    pub glob: String,
    pub reason: String,
}

/// Folders cached under one set of roots. Replaced as a whole, so that nothing read before a refresh counts
/// as fresh after it.
#[derive(Default)]
struct Known {
    roots: Vec<PathBuf>,
    folders: RwLock<FxHashMap<PathBuf, Arc<Folder>>>,
    spent: Spent,
}

impl Guard {
    /// A guard for the folders that an editor opened. `forbid` are the user's globs, in the syntax of
    /// `.gitignore`: `*.sql` or `client/` anywhere, `infra/prod` below any folder, absolute from `/` or `~/`.
    ///
    /// # Errors
    ///
    /// If a glob is invalid.
    pub fn new(roots: Vec<PathBuf>, forbid: &[String]) -> Result<Self, BadGlob> {
        let user = gitignore::gitconfig_excludes_path();
        Ok(Self {
            forbid: Forbid::new(forbid)?,
            user: user
                .and_then(|it| folder::rules(Path::new(""), &it, &Spent::default()).ok().flatten())
                .unwrap_or_else(Gitignore::empty),
            known: ArcSwap::from_pointee(Known::new(roots)),
        })
    }

    /// Checks the file at `path`, which need not exist.
    ///
    /// # Errors
    ///
    /// The rule that refuses it.
    pub fn check(&self, path: &Path) -> Result<(), Refusal> {
        let known = self.known.load();
        let path = clean(path);
        self.judge(&known, &path)?;
        self.target(&known, &path).map_or(Ok(()), |it| self.judge(&known, &it))
    }

    /// Checks the folder at `path`.
    ///
    /// # Errors
    ///
    /// The rule that refuses everything in it.
    pub fn check_folder(&self, path: &Path) -> Result<(), Refusal> {
        let known = self.known.load();
        let folder = self.folder(&known, &clean(path));
        let target = folder.real.as_ref().map(|it| self.folder(&known, it));
        let refusal =
            folder.refusal.as_ref().or(target.as_ref().and_then(|it| it.refusal.as_ref()));
        refusal.cloned().map_or(Ok(()), Err)
    }

    /// Whether the file is below a root, both as given and with links resolved.
    pub fn in_roots(&self, path: &Path) -> bool {
        let known = self.known.load();
        let path = clean(path);
        let below = |path: &Path| known.roots.iter().any(|it| path.starts_with(it));
        below(&path) && self.target(&known, &path).is_none_or(|it| below(&it))
    }

    /// Replaces the folders that the editor has open.
    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        self.known.store(Arc::new(Known::new(roots)));
    }

    /// Clears the cache. Required after a change of an ignore file or a link.
    pub fn refresh(&self) {
        self.known.rcu(|it| Known { roots: it.roots.clone(), ..Known::default() });
    }

    /// Whether a change of this file can change what is hidden.
    pub fn is_rule(path: &Path) -> bool {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        folder::IGNORE_FILES.contains(&name) || name == ".git" || path.ends_with("info/exclude")
    }

    fn judge(&self, known: &Known, path: &Path) -> Result<(), Refusal> {
        let (Some(parent), Some(name)) = (path.parent(), name(path)) else { return Ok(()) };
        if secret::file(&self::name(parent).unwrap_or_default(), &name) {
            return Err(Refusal::Secret { name: name.into_owned() });
        }
        let folder = self.folder(known, parent);
        if let Some(refusal) = &folder.refusal {
            return Err(refusal.clone());
        }
        self.forbid.file(path).or_else(|| folder.hides_file(path, &self.user)).map_or(Ok(()), Err)
    }

    /// Where `path` leads, if that differs. A dangling link has no target.
    fn target(&self, known: &Known, path: &Path) -> Option<PathBuf> {
        let folder = self.folder(known, path.parent()?);
        if path.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
            return path.canonicalize().ok();
        }
        Some(folder.real.as_ref()?.join(path.file_name()?))
    }

    fn folder(&self, known: &Known, path: &Path) -> Arc<Folder> {
        if let Some(folder) = known.get(path) {
            return folder;
        }
        let parent = path.parent().map(|it| self.folder(known, it));
        let folder = Arc::new(self.read(known, path, parent));
        known.put(path, &folder);
        folder
    }

    fn read(&self, known: &Known, path: &Path, parent: Option<Arc<Folder>>) -> Folder {
        let is_root = known.roots.iter().any(|it| it == path);
        let mut folder = Folder::new(path, parent.clone());
        if let (None, Some(parent)) = (&folder.refusal, parent) {
            folder.refusal = hidden_by_name(path)
                .or_else(|| self.forbid.folder(path))
                .or_else(|| parent.hides_folder(path, &self.user));
        }
        if is_root && matches!(folder.refusal, Some(Refusal::Ignored { .. })) {
            folder = folder.detached();
            // The refusal that was removed may have taken precedence over another one.
            folder.refusal = path
                .ancestors()
                .find_map(hidden_by_name)
                .or_else(|| path.ancestors().find_map(|it| self.forbid.folder(it)));
        }
        match folder.refusal {
            Some(_) => folder,
            None => folder.read(is_root, &known.spent),
        }
    }
}

impl Known {
    /// Each root counts both as given and with links resolved.
    fn new(roots: Vec<PathBuf>) -> Self {
        let mut all = Vec::new();
        for root in roots {
            let root = clean(&root).into_owned();
            all.extend(root.canonicalize().ok().filter(|it| *it != root));
            all.push(root);
        }
        Self { roots: all, ..Self::default() }
    }

    fn get(&self, path: &Path) -> Option<Arc<Folder>> {
        self.folders.read().get(path).cloned()
    }

    fn put(&self, path: &Path, folder: &Arc<Folder>) {
        let mut folders = self.folders.write();
        if folders.len() >= MAX_FOLDERS {
            folders.clear();
            self.spent.clear();
        }
        folders.insert(path.to_owned(), folder.clone());
    }
}

impl Refusal {
    fn ignored(glob: &gitignore::Glob) -> Self {
        Self::Ignored {
            file: glob.from().map(Path::to_owned).unwrap_or_default(),
            line: glob.original().to_owned(),
        }
    }
}

fn hidden_by_name(path: &Path) -> Option<Refusal> {
    let name = name(path)?;
    let parent = path.parent().and_then(self::name).unwrap_or_default();
    secret::folder(&parent, &name).then(|| Refusal::Secret { name: name.into_owned() })
}

fn name(path: &Path) -> Option<Cow<'_, str>> {
    path.file_name().map(|it| it.to_string_lossy())
}

/// The absolute path without `.` and `..`.
fn clean(path: &Path) -> Cow<'_, Path> {
    let plain = |it: Component<'_>| !matches!(it, Component::CurDir | Component::ParentDir);
    if path.is_absolute() && path.components().all(plain) {
        return Cow::Borrowed(path);
    }
    let mut cleaned = PathBuf::new();
    for component in std::path::absolute(path).as_deref().unwrap_or(path).components() {
        match component {
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                cleaned.push(component);
            }
        }
    }
    Cow::Owned(cleaned)
}

#[cfg(test)]
mod tests;
