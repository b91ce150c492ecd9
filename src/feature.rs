//! What Understudy does for its user, the same for the server and the command line.
//!
//! `Engine` owns what every feature needs; `document` is an open document and a place in it;
//! each feature is a file. Nothing here knows LSP.

pub mod completion;
pub mod document;

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use crate::cache::Cache;
use crate::syntax::Syntax;
use crate::syntax::trees::Trees;
use crate::workspace::guard::Guard;
use crate::workspace::index::Index;
use crate::workspace::journal::Journal;

/// What outlives a change of the settings.
#[derive(Clone)]
pub struct Shared {
    pub syntax: Arc<Syntax>,
    pub trees: Arc<Trees>,
    pub guard: Arc<Guard>,
    pub index: Arc<Index>,
    pub journal: Arc<Mutex<Journal>>,
}

/// The settings the features read.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Whether suggestions may come unasked.
    pub automatic: bool,
    /// Languages switched on or off by name; one that is not named is on.
    pub languages: BTreeMap<String, bool>,
    pub embedded: Embedded,
    /// Bytes of answers kept.
    pub cache: usize,
}

/// The embedded model's part in completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    pub enabled: bool,
    /// How sure it must be to be shown while typing, and when asked.
    pub automatic: f32,
    pub invoked: f32,
    /// How long it may look for the next word.
    pub deadline: Duration,
}

/// Answers requests under one set of settings. A reload makes a new one around the same `Shared`.
pub struct Engine {
    pub shared: Shared,
    options: Options,
    /// What holds under a root whose own settings are narrower.
    narrowed: Vec<(PathBuf, Options)>,
    cache: Mutex<Cache>,
    /// Counts the settings an answer was given under.
    generation: u64,
}

impl Engine {
    pub fn new(
        shared: Shared,
        options: Options,
        narrowed: Vec<(PathBuf, Options)>,
        generation: u64,
    ) -> Self {
        let cache = Mutex::new(Cache::new(options.cache));
        Self { shared, options, narrowed, cache, generation }
    }

    /// How many settings were in force before these.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The settings for a file: its innermost root's.
    fn options(&self, path: Option<&Path>) -> &Options {
        let path = path.unwrap_or(Path::new(""));
        let roots = self.narrowed.iter().filter(|(root, _)| path.starts_with(root));
        let innermost = roots.max_by_key(|(root, _)| root.components().count());
        innermost.map_or(&self.options, |(_, options)| options)
    }
}

impl Options {
    fn language_on(&self, names: &[&str]) -> bool {
        names.iter().find_map(|it| self.languages.get(*it)).copied().unwrap_or(true)
    }
}
