//! The sources of settings, and what each source may change.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// The file at a workspace's root that narrows the settings for it.
pub const WORKSPACE_FILE: &str = ".understudy.toml";

/// Size limit of a file with settings, in bytes.
const LARGEST: u64 = 64 * 1024;

/// All sources of settings, by descending precedence.
#[derive(Clone, Debug, Default)]
pub struct ConfigSources {
    pub file: UserFile,
    /// The open workspace's folders; each may contain a `WORKSPACE_FILE`.
    pub roots: Vec<PathBuf>,
    /// The editor's settings: `initializationOptions`, or the section `understudy`.
    pub editor: serde_json::Value,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UserFile {
    /// No file: the defaults apply.
    #[default]
    Absent,
    /// The usual path (`config::path`); the file need not exist.
    Usual(PathBuf),
    /// A path that the user named: a missing file is a problem.
    Named(PathBuf),
}

/// The source of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    User(PathBuf),
    Workspace(PathBuf),
    Editor,
}

/// What a source may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Everything.
    Own,
    /// Everything, except turning on what a source of higher precedence turned off.
    Tune,
    /// It may only turn off and forbid.
    Narrow,
    /// Nothing: only the user's own file decides where code and money go.
    Nothing,
}

/// Settings that only the user's own file may change.
const OWN: [&str; 8] =
    ["actions.check", "cap", "http", "model", "network", "provider", "route.training", "workspace"];

impl Origin {
    /// What this source may change about the setting with this dotted key.
    pub(super) fn right(&self, key: &str) -> Right {
        let own = OWN.iter().filter_map(|it| key.strip_prefix(it));
        let own = own.into_iter().any(|it| it.is_empty() || it.starts_with('.'));
        // Limits of cost: `usd`, `ask_above_usd`, `usd_per_day`.
        let own =
            own || key.rsplit('.').next().is_some_and(|it| it.split('_').any(|it| it == "usd"));
        match self {
            Self::Default | Self::User(_) => Right::Own,
            Self::Editor | Self::Workspace(_) if own => Right::Nothing,
            Self::Editor => Right::Tune,
            Self::Workspace(_) => Right::Narrow,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Editor => f.write_str("editor"),
            Self::User(path) | Self::Workspace(path) => path.display().fmt(f),
        }
    }
}

impl UserFile {
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Absent => None,
            Self::Usual(path) | Self::Named(path) => Some(path),
        }
    }

    /// The file's bytes; `None` if it does not exist and need not exist.
    pub(super) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Absent => Ok(None),
            Self::Usual(path) => read_if_there(path),
            Self::Named(path) => read(path).map(Some),
        }
    }
}

/// A file's bytes; `None` if it does not exist.
pub(super) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(it) if it.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(it) => Err(it),
    }
}

/// A regular file's bytes. A repository may contain a pipe, which could block forever.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::other(format!("larger than {} kB", LARGEST / 1024)));
    }
    fs::read(path)
}
