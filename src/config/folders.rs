//! Where a platform keeps a program's settings and its state, as pure functions of the environment.
//!
//! The XDG Base Directory Specification where its variables are set or nothing else is usual;
//! `%APPDATA%` and `%LOCALAPPDATA%` on Windows, `~/Library/Application Support` on macOS.

use std::ffi::OsString;
use std::path::PathBuf;

/// How to look up a variable of the environment.
pub type FolderVariables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Which family of folders is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Xdg,
    Mac,
    Windows,
}

impl Platform {
    /// The platform this was built for.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_vendor = "apple") {
        Self::Mac
    } else {
        Self::Xdg
    };
}

/// The folder of what the user wrote: settings, queries.
pub fn config(platform: Platform, env: FolderVariables<'_>) -> Option<PathBuf> {
    folder(platform, env, "XDG_CONFIG_HOME", ".config", "APPDATA")
}

/// The folder of what the program wrote and may lose: logs.
pub fn state(platform: Platform, env: FolderVariables<'_>) -> Option<PathBuf> {
    folder(platform, env, "XDG_STATE_HOME", ".local/state", "LOCALAPPDATA")
}

/// Helix's `languages.toml`. Helix keeps to the specification on macOS too.
pub fn helix(platform: Platform, env: FolderVariables<'_>) -> Option<PathBuf> {
    let platform = match platform {
        Platform::Windows => Platform::Windows,
        Platform::Xdg | Platform::Mac => Platform::Xdg,
    };
    let ours = config(platform, env)?;
    Some(ours.with_file_name("helix").join("languages.toml"))
}

/// The specification ignores relative paths, and so do we: they would differ by working folder.
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
