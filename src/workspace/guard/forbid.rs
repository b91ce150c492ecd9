//! The globs of the user's settings, in the syntax of a `.gitignore` at the root of the file system.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{Error, Match};

use crate::workspace::guard::{BadGlob, Refusal};

pub(super) struct Forbid(Gitignore);

impl Forbid {
    pub(super) fn new(globs: &[String]) -> Result<Self, BadGlob> {
        let mut builder = GitignoreBuilder::new("");
        for glob in globs {
            // Stores the original glob in the field for the source file.
            builder
                .add_line(Some(PathBuf::from(glob)), &anchored(glob))
                .map_err(|it| bad(glob, &it))?;
        }
        builder.build().map(Self).map_err(|it| bad(&globs.join(", "), &it))
    }

    pub(super) fn file(&self, path: &Path) -> Option<Refusal> {
        self.matched(path, false)
    }

    pub(super) fn folder(&self, path: &Path) -> Option<Refusal> {
        self.matched(path, true)
    }

    fn matched(&self, path: &Path, is_dir: bool) -> Option<Refusal> {
        match self.0.matched(path, is_dir) {
            Match::Ignore(it) => {
                let glob = it.from().unwrap_or(Path::new(it.original()));
                Some(Refusal::Forbidden { glob: glob.to_string_lossy().into_owned() })
            }
            Match::Whitelist(_) | Match::None => None,
        }
    }
}

fn bad(glob: &str, reason: &Error) -> BadGlob {
    BadGlob { glob: glob.to_owned(), reason: reason.to_string() }
}

fn anchored(glob: &str) -> String {
    let home = std::env::home_dir().map(|it| it.to_string_lossy().into_owned());
    let glob = match (glob.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.starts_with('/') => format!("{home}{rest}"),
        _ => glob.to_owned(),
    };
    let glob = if cfg!(windows) { glob.replace('\\', "/") } else { glob };
    let absolute = glob.starts_with('/') || glob.get(1..3) == Some(":/");
    let nested = glob.trim_end_matches('/').contains('/');
    if nested && !absolute && !glob.starts_with("**/") { format!("**/{glob}") } else { glob }
}
