//! The features of Understudy, the same for the server and the command line.
//!
//! Each feature is a file and a type that `Engine` holds. They share a `Core`: settings, models, files.
//! `document` is an open document and a place in it. Nothing here depends on LSP.

pub mod action;
pub mod action_error;
pub mod ask;
pub mod completion;
pub mod core;
pub mod doctor;
pub mod document;
pub mod eligibility;
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
pub mod staged;
mod surroundings;
pub mod training;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::feature::action::Actions;
use crate::feature::ask::{Questions, Threads};
use crate::feature::completion::Completer;
use crate::feature::completion::debounce::{Debounce, Eagerness};
use crate::feature::completion::request::LineMode;
use crate::feature::core::Core;
use crate::feature::hover::{Explained, Hovers};
use crate::feature::models::Models;
use crate::feature::next_edit::NextEditFinder;
use crate::feature::next_edit::memory::NextEdits;
use crate::feature::next_edit::predictor::EditPredictor;
use crate::feature::pause::Pauses;
use crate::feature::relay::Relays;
use crate::feature::rules::ProjectRules;
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

/// State that survives a reload of the settings.
#[derive(Clone)]
pub struct SharedState {
    pub syntax: Arc<Syntax>,
    pub trees: Arc<Trees>,
    pub guard: Arc<Guard>,
    pub index: Arc<Index>,
    pub journal: Arc<Mutex<Journal>>,
    /// Explanations of symbols, for hover.
    pub explained: Arc<Explained>,
    /// Questions and their answers.
    pub threads: Arc<Threads>,
    pub pauses: Arc<Pauses>,
    /// Next edits that were shown, and whether they were accepted.
    pub next_edits: Arc<NextEdits>,
    pub own_ledger: Arc<OwnLedger>,
}

/// The settings the features read.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineOptions {
    /// Whether suggestions appear while typing.
    pub automatic: bool,
    /// Languages switched on or off by name. A language without an entry is on.
    pub languages: BTreeMap<String, bool>,
    pub embedded: EmbeddedOptions,
    /// Time limit for gathering context. Context that is not ready in time is left out.
    pub gather: Duration,
    pub complete: CompletionOptions,
    pub edit: ActionOptions,
    pub check: CheckOptions,
    pub hover: HoverOptions,
    pub next_edit: NextEditOptions,
    pub actions: Vec<UserAction>,
    pub lines: LineMode,
    pub debounce: Debounce,
    pub eagerness: Eagerness,
    /// The most that all prefetches may cost per day; `None` disables them.
    pub ahead: Option<Money>,
    /// Providers that are allowed to receive the text.
    pub policy: PrivacyPolicy,
    /// Size of the completion cache in bytes.
    pub cache: usize,
}

/// Limits of a completion.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletionOptions {
    pub deadline: Deadline,
    /// The most that one suggestion may cost.
    pub usd: Option<Money>,
}

/// Limits of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionOptions {
    pub deadline: Deadline,
    /// A request above this cost needs the user's confirmation.
    pub ask_above: Option<Money>,
}

/// The user's commands that check edits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckOptions {
    /// Words of a command, by the name of a language.
    pub commands: BTreeMap<String, Vec<String>>,
    /// The folder for the copies in which they run; `None` without a state folder.
    pub copies: Option<PathBuf>,
}

/// An action that the user defined in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAction {
    pub name: String,
    pub title: String,
    pub instruction: String,
    pub gives: ActionOutput,
    /// Understudy's names for languages; empty means all.
    pub languages: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NextEditOptions {
    pub on: bool,
    /// The most that a request to a model may cost.
    pub usd: Option<Money>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct HoverOptions {
    pub on: bool,
    /// The most that an explanation may cost if a hover requests it without the user.
    pub usd: Option<Money>,
}

/// The n-gram model's part in completion.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedOptions {
    pub enabled: bool,
    /// Confidence needed to be shown: while typing, and on request.
    pub automatic: f32,
    pub invoked: f32,
    /// From this confidence on no provider is queried, except at the start of a line.
    pub preempt: f32,
    /// Time after which no further word is predicted.
    pub deadline: Duration,
}

/// Answers requests under one set of settings. A reload creates a new one around the same `SharedState`.
pub struct Engine {
    pub core: Arc<Core>,
    pub completer: Completer,
    pub next_edits: NextEditFinder,
    pub edit_predictor: EditPredictor,
    pub actions: Actions,
    pub questions: Questions,
    pub hovers: Hovers,
    pub relays: Relays,
}

impl Engine {
    /// `outside` are the options of files that are in none of the folders of `narrowed`.
    pub fn new(
        shared: SharedState,
        outside: EngineOptions,
        narrowed: Vec<(PathBuf, EngineOptions)>,
        roots: Vec<PathBuf>,
        models: Option<Models>,
        generation: u64,
    ) -> Self {
        Self::of(Core { shared, outside, narrowed, roots, models, generation })
    }

    fn of(core: Core) -> Self {
        let core = Arc::new(core);
        let rules = ProjectRules::new(&core);
        Self {
            completer: Completer::new(&core),
            next_edits: NextEditFinder::new(&core),
            edit_predictor: EditPredictor::new(&core),
            actions: Actions::new(&core, rules.clone()),
            questions: Questions::new(&core, rules),
            hovers: Hovers::new(&core),
            relays: Relays::new(&core),
            core,
        }
    }

    /// This engine for programs that do not state which file a text is from: the strictest policy of the
    /// user's folders applies.
    #[must_use]
    pub fn for_other_programs(&self) -> Self {
        let outside =
            EngineOptions { policy: self.core.strictest_policy(), ..self.core.outside.clone() };
        // Edits of other programs do not count as the editor's.
        let shared = SharedState { next_edits: Arc::default(), ..self.core.shared.clone() };
        Self::of(Core { outside, shared, ..(*self.core).clone() })
    }

    /// This engine with other pauses.
    #[must_use]
    pub fn with_pauses(&self, pauses: Arc<Pauses>) -> Self {
        let shared = SharedState { pauses, ..self.core.shared.clone() };
        Self::of(Core { shared, ..(*self.core).clone() })
    }
}

impl Default for EngineOptions {
    /// The n-gram model alone, as without any settings.
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
            check: CheckOptions::default(),
            hover: HoverOptions { on: true, usd: None },
            next_edit: NextEditOptions { on: true, usd: None },
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
