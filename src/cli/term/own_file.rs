//! The user's own config file, as commands change it: each change is written whole and valid, or not at all.

use std::path::PathBuf;
use std::{fs, io};

use anyhow::Context;

use crate::cli::Common;
use crate::{config, storage};

pub(crate) struct OwnFile {
    pub(crate) path: PathBuf,
    /// Empty if the file does not exist.
    pub(crate) text: String,
}

impl OwnFile {
    pub(crate) fn read(common: &Common) -> anyhow::Result<Self> {
        let sources = common.sources(Vec::new());
        let path = sources.file.path().context("neither XDG_CONFIG_HOME nor HOME is set")?;
        // The path may be a link to a file elsewhere.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        Ok(Self { path, text })
    }

    /// Replaces the text, unless the new one is invalid.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        check(text)?;
        let path = &self.path;
        storage::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Fails if a text is not a valid config file.
pub(crate) fn check(text: &str) -> anyhow::Result<()> {
    let (_, problems) = config::parse(text.as_bytes());
    match problems.first() {
        Some(problem) => anyhow::bail!("refusing to write an invalid config: {problem}"),
        None => Ok(()),
    }
}
