//! Hover: the index entry of the symbol at the cursor or the pointer, and an explanation of it by a model.
//!
//! Hover never waits for a model. It shows an explanation once that is stored. A request is sent only for a
//! hover requested by a key, or by `understudy.explain`.
//!
//! An explanation is stored under the text of the symbol's definition, so it serves every use of the symbol
//! until that text changes.

mod documentation;
pub(super) mod symbol;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::{Mutex, MutexGuard};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::feature::core::Core;
use crate::feature::document::Place;
use crate::feature::hover::symbol::Symbol;
use crate::feature::models::Models;
use crate::feature::{EngineOptions, eligibility, question};
use crate::models::price::money::Money;
use crate::prompt::action::explain;
use crate::reply::answer;
use crate::reply::ending::AnswerWatch;
use crate::router::spec::{Capability, Deadline, Feature, RequestSize, RequestSpec};

/// Explanations kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(512).expect("it is not zero");
/// Concurrent requests for explanations.
const REQUESTS: usize = 2;
/// Occurrences of a name are counted up to this number.
pub const OCCURRENCES: usize = 10_000;

/// How the user requested a hover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// With a key.
    Key,
    /// The mouse pointer or the cursor rests at the place, possibly by chance.
    Mouse,
}

/// The content of a hover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownHover {
    /// In bytes.
    pub range: Range<usize>,
    /// The editors' language identifier of the signature; empty if unknown.
    pub language: &'static str,
    pub signature: String,
    /// The documentation in the source, as Markdown; may be empty.
    pub documentation: String,
    /// `path:line` of the definition; the line is counted from 1.
    pub defined: String,
    pub definitions: usize,
    /// Occurrences of the name in the document and the workspace, up to `OCCURRENCES`.
    pub occurrences: usize,
    pub explanation: Explanation,
}

/// A model's explanation of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// Markdown by `provider/model`.
    Known { text: String, by: Arc<str> },
    /// A request to `provider/model` is in progress.
    Asked { by: Arc<str> },
    /// `provider/model` is available at this expected price; `None` if it is free or unknown.
    Offered { by: Arc<str>, price: Option<Money> },
    /// No model is available.
    Unavailable,
}

/// The stored explanations and the requests in progress, by symbol.
pub struct Explained(Mutex<HoverState>);

struct HoverState {
    known: LruCache<u64, Words, FxBuildHasher>,
    /// By symbol: the model expected to answer.
    requested: FxHashMap<u64, Arc<str>>,
}

#[derive(Clone)]
struct Words {
    text: String,
    by: Arc<str>,
}

/// Shows what the cursor or the pointer is on.
#[derive(Clone)]
pub struct Hovers {
    core: Arc<Core>,
}

impl Hovers {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core) }
    }

    /// The hover for the symbol at a place; `None` without a definition in the document or the index. Does
    /// not wait for a model; for `Asker::Key` it may start a request whose answer the next hover shows.
    pub fn hover(&self, place: &Place, asker: Asker) -> Option<ShownHover> {
        let (core, open) = (&*self.core, &place.open);
        if !core.options_of(open).hover.on || eligibility::check(core, open).is_err() {
            return None;
        }
        let symbol = Symbol::at(core, place, asker)?;
        if asker == Asker::Mouse && !symbol::is_code(&core.shared, open, symbol.range.start) {
            return None;
        }
        let mut shown = ShownHover {
            range: symbol.range.clone(),
            language: symbol.language,
            signature: symbol.signature.clone(),
            documentation: answer::clean(&symbol.documentation),
            defined: format!("{}:{}", symbol.path, symbol.line),
            definitions: symbol.definitions,
            occurrences: symbol::occurrences(&core.shared, open, &symbol.name),
            explanation: Explanation::Unavailable,
        };
        shown.explanation = self.explanation(symbol, place, asker);
        Some(shown)
    }

    fn explanation(&self, symbol: Symbol, place: &Place, asker: Asker) -> Explanation {
        let explained = &self.core.shared.explained;
        if let Some(Words { text, by }) = explained.get(symbol.key) {
            return Explanation::Known { text, by };
        }
        if let Some(by) = explained.requested(symbol.key) {
            return Explanation::Asked { by };
        }
        let Some(models) = &self.core.models else { return Explanation::Unavailable };
        let options = self.core.options_of(&place.open);
        if asker == Asker::Key {
            let spec = explanation_spec(options, place, &symbol, Feature::Hover, options.hover.usd);
            if let Some((by, _)) = expected(models, &spec)
                && explained.begin(symbol.key, &by)
            {
                tokio::spawn(self.clone().explain(symbol, place.clone(), spec));
                return Explanation::Asked { by };
            }
        }
        let spec = explanation_spec(options, place, &symbol, Feature::Explain, None);
        match expected(models, &spec) {
            Some((by, price)) => Explanation::Offered { by, price },
            None => Explanation::Unavailable,
        }
    }

    /// Requests an explanation and stores it. The request continues after the hover is closed: the next hover
    /// shows the answer.
    async fn explain(self, symbol: Symbol, place: Place, spec: RequestSpec) {
        let explained = Arc::clone(&self.core.shared.explained);
        let request = ExplanationRequest { explained, key: symbol.key };
        let Some(models) = &self.core.models else { return };
        let chat = symbol.chat(place.open.language_name());
        let files = vec![symbol.path.clone()];
        let watch = AnswerWatch::default();
        match question::send(models, spec, chat, files, Arc::new(|_| {}), watch).await {
            Ok(reply) if !reply.text.trim().is_empty() => {
                let text = answer::clean(reply.text.trim());
                request.explained.put(request.key, text, reply.by);
            }
            Ok(reply) => tracing::debug!(by = &*reply.by, "no explanation: the answer is empty"),
            Err(refusal) => tracing::debug!(%refusal, "no explanation"),
        }
    }
}

/// The first model of the plan, and the expected cost if it is above zero.
pub(super) fn expected(models: &Models, spec: &RequestSpec) -> Option<(Arc<str>, Option<Money>)> {
    let first = models.router.plan(spec).order.into_iter().next()?;
    let price = first.value.dollars.and_then(Money::from_dollars);
    Some((Arc::clone(first.candidate.name()), price.filter(|it| *it > Money::default())))
}

fn explanation_spec(
    options: &EngineOptions,
    place: &Place,
    symbol: &Symbol,
    feature: Feature,
    usd: Option<Money>,
) -> RequestSpec {
    RequestSpec {
        feature,
        wants: Capability::Chat,
        size: RequestSize {
            bytes: symbol.definition.len() as u64 + 1000,
            stable: 0.0,
            max_output: explain::SYMBOL_TOKENS,
            output: None,
        },
        document: place.open.number(),
        policy: options.policy.clone(),
        deadline: Deadline { patience: feature.deadline().patience, ..options.edit.deadline },
        usd,
        ahead: None,
        except: Vec::new(),
    }
}

impl Explained {
    fn state(&self) -> MutexGuard<'_, HoverState> {
        self.0.lock()
    }

    fn get(&self, key: u64) -> Option<Words> {
        self.state().known.get(&key).cloned()
    }

    fn requested(&self, key: u64) -> Option<Arc<str>> {
        self.state().requested.get(&key).cloned()
    }

    pub(super) fn put(&self, key: u64, text: String, by: Arc<str>) {
        self.state().known.put(key, Words { text, by });
    }

    /// Marks an explanation as requested from `by`, until the result is dropped.
    pub(super) fn mark_requested(self: &Arc<Self>, key: u64, by: Arc<str>) -> ExplanationRequest {
        self.state().requested.insert(key, by);
        ExplanationRequest { explained: Arc::clone(self), key }
    }

    /// Whether the caller should send a request: the symbol has none in progress, and fewer than `REQUESTS`
    /// are in progress overall. Marks the symbol as requested.
    fn begin(&self, key: u64, by: &Arc<str>) -> bool {
        let mut state = self.state();
        let begins = state.requested.len() < REQUESTS && !state.requested.contains_key(&key);
        if begins {
            state.requested.insert(key, Arc::clone(by));
        }
        begins
    }
}

impl Default for Explained {
    fn default() -> Self {
        let known = LruCache::with_hasher(KEPT, FxBuildHasher);
        Self(Mutex::new(HoverState { known, requested: FxHashMap::default() }))
    }
}

/// Marks an explanation as requested until this is dropped.
pub(super) struct ExplanationRequest {
    explained: Arc<Explained>,
    key: u64,
}

impl Drop for ExplanationRequest {
    fn drop(&mut self) {
        self.explained.state().requested.remove(&self.key);
    }
}
