//! The platform's folders for settings and state, as pure functions of the environment.
//!
//! The XDG Base Directory Specification applies if its variables are set or the platform has no other
//! convention. Otherwise `%APPDATA%` and `%LOCALAPPDATA%` on Windows, `~/Library/Application Support` on
//! macOS.

use std::ffi::OsString;
use std::path::PathBuf;

/// Looks up an environment variable.
pub type FolderVariables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A convention for folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Xdg,
    Mac,
    Windows,
}

impl Platform {
    /// The platform that this program was built for.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_vendor = "apple") {
        Self::Mac
    } else {
        Self::Xdg
    };
}

/// Folder of files that the user writes: settings, queries.
pub fn config(platform: Platform, env: FolderVariables<'_>) -> Option<PathBuf> {
    folder(platform, env, "XDG_CONFIG_HOME", ".config", "APPDATA")
}

/// Folder of files that the program writes: the log, the ledger.
pub fn state(platform: Platform, env: FolderVariables<'_>) -> Option<PathBuf> {
    folder(platform, env, "XDG_STATE_HOME", ".local/state", "LOCALAPPDATA")
}

/// Helix's `languages.toml`. Helix follows the XDG specification on macOS too.
pub fn helix(platform: Platform, env: FolderVariables<'_>) -> Option<PathBuf> {
    let platform = match platform {
        Platform::Windows => Platform::Windows,
        Platform::Xdg | Platform::Mac => Platform::Xdg,
    };
    let ours = config(platform, env)?;
    Some(ours.with_file_name("helix").join("languages.toml"))
}

/// Relative paths are ignored, as the specification requires: they would depend on the working folder.
fn folder(
    platform: Platform,
    env: FolderVariables<'_>,
    xdg: &str,
    under_home: &str,
    windows: &str,
) -> Option<PathBuf> {
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let usual = || match platform {
        Platform::Xdg => Some(absolute("HOME")?.join(under_home)),
        Platform::Mac => Some(absolute("HOME")?.join("Library/Application Support")),
        Platform::Windows => absolute(windows),
    };
    Some(absolute(xdg).or_else(usual)?.join("understudy"))
}
