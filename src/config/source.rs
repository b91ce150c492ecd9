//! Where settings come from, and what each place may say.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// The file at a workspace's root that narrows the settings for it.
pub const WORKSPACE_FILE: &str = ".understudy.toml";

/// The largest file read as settings, in bytes.
const LARGEST: u64 = 64 * 1024;

/// All places settings come from, the weightiest first.
#[derive(Clone, Debug, Default)]
pub struct ConfigSources {
    pub file: UserFile,
    /// The open workspace's folders; each may hold a `WORKSPACE_FILE`.
    pub roots: Vec<PathBuf>,
    /// What the editor says: `initializationOptions`, or its section `understudy`.
    pub editor: serde_json::Value,
}

/// The user's own file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UserFile {
    /// None at all: defaults hold.
    #[default]
    Absent,
    /// The usual place (`config::path`); it need not exist.
    Usual(PathBuf),
    /// Named by the user, so that it is missing is a problem.
    Named(PathBuf),
}

/// Who said a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    User(PathBuf),
    Workspace(PathBuf),
    Editor,
}

/// What an origin may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Everything.
    Own,
    /// Everything but to turn on what a weightier source turned off.
    Tune,
    /// Only to turn off and to forbid.
    Narrow,
    /// Nothing: whom code and money go to is said in the user's own file.
    Nothing,
}

/// Settings that only the user's own file makes.
const OWN: [&str; 6] = ["cap", "http", "network", "provider", "route.training", "workspace"];

impl Origin {
    /// What it may do to the setting of this dotted key.
    pub(super) fn right(&self, key: &str) -> Right {
        let own = OWN.iter().filter_map(|it| key.strip_prefix(it));
        let own = own.into_iter().any(|it| it.is_empty() || it.starts_with('.'));
        // What may be spent: `usd`, `ask_above_usd`, `usd_per_day`.
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

    /// Its bytes, or `None` if there rightly are none.
    pub(super) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Absent => Ok(None),
            Self::Usual(path) => read_if_there(path),
            Self::Named(path) => read(path).map(Some),
        }
    }
}

/// A file's bytes, or `None` if there is no such file.
pub(super) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(it) if it.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(it) => Err(it),
    }
}

/// A regular file's bytes. A pipe would never end, and a repository may hold one.
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
