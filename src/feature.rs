//! What Understudy does for its user, the same for the server and the command line.
//!
//! `Engine` owns what every feature needs; `document` is an open document and a place in it;
//! each feature is a file. Nothing here knows LSP.

pub mod action;
pub mod action_error;
pub mod ask;
pub mod completion;
pub mod doctor;
pub mod document;
pub mod eligibility;
pub mod external;
pub mod hover;
mod indentation;
pub mod models;
pub mod next_edit;
pub mod notebook;
pub mod pause;
pub mod question;
pub mod relay;
mod rules;
pub mod silences;
mod staged;
mod surroundings;
pub mod training;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::feature::ask::Threads;
use crate::feature::completion::cache::CompletionCache;
use crate::feature::completion::debounce::{Debounce, Eagerness};
use crate::feature::completion::fill::LineMode;
use crate::feature::hover::Explained;
use crate::feature::models::Models;
use crate::feature::next_edit::memory::NextEdits;
use crate::feature::pause::Pauses;
use crate::feature::silences::OwnLedger;
use crate::models::price::money::Money;
use crate::predict;
use crate::prompt::action::ActionOutput;
use crate::router::spec::{Deadline, Feature, PrivacyPolicy};
use crate::syntax::Syntax;
use crate::syntax::trees::Trees;
use crate::workspace::guard::Guard;
use crate::workspace::index::Index;
use crate::workspace::journal::Journal;
use crate::workspace::rules::RuleTexts;

/// What outlives a change of the settings.
#[derive(Clone)]
pub struct SharedState {
    pub syntax: Arc<Syntax>,
    pub trees: Arc<Trees>,
    pub guard: Arc<Guard>,
    pub index: Arc<Index>,
    pub journal: Arc<Mutex<Journal>>,
    /// Symbols that were explained.
    pub explained: Arc<Explained>,
    /// What was asked and answered.
    pub threads: Arc<Threads>,
    pub pauses: Arc<Pauses>,
    /// What was shown as a next edit, and what became of it.
    pub next_edits: Arc<NextEdits>,
    pub own_ledger: Arc<OwnLedger>,
}

/// The settings the features read.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineOptions {
    /// Whether suggestions may come unasked.
    pub automatic: bool,
    /// Languages switched on or off by name; one that is not named is on.
    pub languages: BTreeMap<String, bool>,
    pub embedded: EmbeddedOptions,
    /// How long context may be gathered; what is late is left out.
    pub gather: Duration,
    pub complete: CompletionOptions,
    pub edit: ActionOptions,
    pub hover: HoverOptions,
    /// Whether the next edit is suggested.
    pub next_edit: bool,
    /// Actions of its user's own.
    pub actions: Vec<UserAction>,
    /// Whether several lines are suggested.
    pub lines: LineMode,
    pub debounce: Debounce,
    pub eagerness: Eagerness,
    /// What may be spent a day to ask for what follows a suggestion before it is taken; `None` where
    /// nobody is to be asked.
    pub ahead: Option<Money>,
    /// Who may see the text.
    pub policy: PrivacyPolicy,
    /// Bytes of answers kept.
    pub cache: usize,
}

/// Limits of a ghost text.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletionOptions {
    pub deadline: Deadline,
    /// What one may cost.
    pub usd: Option<Money>,
}

/// Limits of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionOptions {
    pub deadline: Deadline,
    /// What is dearer is not asked before its user agrees.
    pub ask_above: Option<Money>,
}

/// An action in its user's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAction {
    pub name: String,
    pub title: String,
    pub instruction: String,
    pub gives: ActionOutput,
    /// By our names; none means all.
    pub languages: Vec<String>,
}

/// What a hover shows.
#[derive(Clone, Debug, PartialEq)]
pub struct HoverOptions {
    /// Whether it shows anything.
    pub on: bool,
    /// What an explanation may cost that a hover asks for by itself.
    pub usd: Option<Money>,
}

/// The embedded model's part in completion.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedOptions {
    pub enabled: bool,
    /// How sure it must be to be shown while typing, and when asked.
    pub automatic: f32,
    pub invoked: f32,
    /// How sure it must be to answer before anybody else is asked.
    pub preempt: f32,
    /// How long it may look for the next word.
    pub deadline: Duration,
}

/// Answers requests under one set of settings. A reload makes a new one around the same `SharedState`.
pub struct Engine {
    pub shared: SharedState,
    options: EngineOptions,
    /// What holds under a root or a folder whose own settings are narrower.
    narrowed: Vec<(PathBuf, EngineOptions)>,
    /// The open folders, by which files are named.
    roots: Vec<PathBuf>,
    /// Whom else there is to ask.
    pub models: Option<Models>,
    cache: Arc<Mutex<CompletionCache>>,
    /// What the project says of its conventions, as it was read.
    rules: Arc<RuleTexts>,
    /// Counts the settings an answer was given under.
    generation: u64,
}

impl Engine {
    pub fn new(
        shared: SharedState,
        options: EngineOptions,
        narrowed: Vec<(PathBuf, EngineOptions)>,
        roots: Vec<PathBuf>,
        models: Option<Models>,
        generation: u64,
    ) -> Self {
        let cache = Arc::new(Mutex::new(CompletionCache::new(options.cache)));
        let rules = Arc::default();
        Self { shared, options, narrowed, roots, models, cache, rules, generation }
    }

    /// A file's name as a model is told it: from its root, with `/`.
    fn name(&self, path: &Path) -> String {
        let within = self.roots.iter().filter_map(|it| path.strip_prefix(it).ok());
        let shortest = within.min_by_key(|it| it.components().count());
        let name = shortest.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
        name.to_string_lossy().replace('\\', "/")
    }

    /// How many settings were in force before these.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The settings for a file: its innermost root's.
    fn options(&self, path: Option<&Path>) -> &EngineOptions {
        let path = path.unwrap_or(Path::new(""));
        let roots = self.narrowed.iter().filter(|(root, _)| path.starts_with(root));
        let innermost = roots.max_by_key(|(root, _)| root.components().count());
        innermost.map_or(&self.options, |(_, options)| options)
    }
}

impl Default for EngineOptions {
    /// The embedded model alone, as users have it who set nothing.
    fn default() -> Self {
        Self {
            automatic: true,
            languages: BTreeMap::new(),
            embedded: EmbeddedOptions {
                enabled: true,
                automatic: 0.89,
                invoked: 0.5,
                preempt: 0.95,
                deadline: predict::PredictOptions::default().deadline,
            },
            gather: Duration::from_millis(5),
            complete: CompletionOptions { deadline: Feature::Complete.deadline(), usd: None },
            edit: ActionOptions { deadline: Feature::Edit.deadline(), ask_above: None },
            hover: HoverOptions { on: true, usd: None },
            next_edit: true,
            actions: Vec::new(),
            lines: LineMode::Auto,
            debounce: Debounce::Adaptive,
            eagerness: Eagerness::Medium,
            ahead: None,
            policy: PrivacyPolicy::default(),
            cache: 8_000_000,
        }
    }
}

impl EngineOptions {
    fn language_on(&self, names: &[&str]) -> bool {
        names.iter().find_map(|it| self.languages.get(*it)).copied().unwrap_or(true)
    }
}
