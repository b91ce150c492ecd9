//! Hover: what the index knows of the symbol under the cursor or the pointer, and an explanation of it
//! by a model. It never waits: an explanation is shown once it is known, and until then a model is
//! asked only for a hover that a key asked for, or by `understudy.explain`.
//!
//! An explanation is kept under the text of the symbol's definition, so it serves every use of it
//! until that text changes.

mod documentation;
pub(super) mod symbol;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::{Mutex, MutexGuard};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::feature::action_error::ActionError;
use crate::feature::document::Place;
use crate::feature::hover::symbol::Symbol;
use crate::feature::{Engine, question};
use crate::models::price::money::Money;
use crate::prompt::action::explain;
use crate::reply::answer;
use crate::router::spec::{Capability, Feature, RequestSize, RequestSpec};

/// Explanations kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(512).expect("it is more than none");
/// Symbols that hovers ask about at the same time.
const ASKED: usize = 2;
/// Occurrences of a name that are counted.
pub const OCCURRENCES: usize = 10_000;

/// How an editor's user asks for a hover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A key was pressed for it.
    Key,
    /// The mouse pointer or the cursor rests at the place, perhaps by chance.
    Mouse,
}

/// What a hover shows about a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownHover {
    pub range: Range<usize>,
    /// The language of the signature, by the identifier that editors use; empty where it is unknown.
    pub language: &'static str,
    pub signature: String,
    /// The documentation in the source, as Markdown; empty where there is none.
    pub documentation: String,
    /// `path:line` of the definition, the line counted from 1.
    pub defined: String,
    /// How many definitions the name has.
    pub definitions: usize,
    /// How often the name occurs in the document and the workspace, up to `OCCURRENCES`.
    pub occurrences: usize,
    pub explanation: Explanation,
}

/// A model's explanation of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// There is one: Markdown by `provider/model`.
    Known { text: String, by: Arc<str> },
    /// `provider/model` is being asked.
    Asked { by: Arc<str> },
    /// `provider/model` can be asked, at this expected price; `None` where it is free or unknown.
    Offered { by: Arc<str>, price: Option<Money> },
    /// No model can be asked.
    Unavailable,
}

/// Symbols that were explained, and those a model is being asked about.
pub struct Explained(Mutex<HoverState>);

struct HoverState {
    known: LruCache<u64, Words, FxBuildHasher>,
    /// By symbol: the model expected to answer.
    asked: FxHashMap<u64, Arc<str>>,
}

#[derive(Clone)]
struct Words {
    text: String,
    by: Arc<str>,
}

impl Engine {
    /// What to show for the symbol at a place; `None` where nothing here defines it. Sends nothing
    /// itself; for `Asker::Key` it may start a request whose answer the next hover shows.
    pub fn hover(self: &Arc<Self>, place: &Place, asker: Asker) -> Option<ShownHover> {
        if !self.options(place.open.path.as_deref()).hover.on {
            return None;
        }
        match self.refusal(&place.open) {
            None | Some(ActionError::NoModels) => {}
            Some(_) => return None,
        }
        let symbol = self.symbol(place, asker)?;
        if asker == Asker::Mouse && !self.is_code(&place.open, symbol.range.start) {
            return None;
        }
        let mut shown = ShownHover {
            range: symbol.range.clone(),
            language: symbol.language,
            signature: symbol.signature.clone(),
            documentation: answer::clean(&symbol.documentation),
            defined: format!("{}:{}", symbol.path, symbol.line),
            definitions: symbol.definitions,
            occurrences: self.occurrences(&place.open, &symbol.name),
            explanation: Explanation::Unavailable,
        };
        shown.explanation = self.explanation(symbol, place, asker);
        Some(shown)
    }

    fn explanation(self: &Arc<Self>, symbol: Symbol, place: &Place, asker: Asker) -> Explanation {
        let explained = &self.shared.explained;
        if let Some(Words { text, by }) = explained.get(symbol.key) {
            return Explanation::Known { text, by };
        }
        if let Some(by) = explained.asked(symbol.key) {
            return Explanation::Asked { by };
        }
        if asker == Asker::Key {
            let limit = self.options(place.open.path.as_deref()).hover.usd;
            let spec = self.explanation_need(place, &symbol, Feature::Hover, limit);
            if let Some((by, _)) = self.expected(&spec)
                && explained.begin(symbol.key, &by)
            {
                tokio::spawn(Arc::clone(self).explain(symbol, place.clone(), spec));
                return Explanation::Asked { by };
            }
        }
        let spec = self.explanation_need(place, &symbol, Feature::Explain, None);
        match self.expected(&spec) {
            Some((by, price)) => Explanation::Offered { by, price },
            None => Explanation::Unavailable,
        }
    }

    /// Asks for a symbol and keeps the answer. It goes on when its hover is gone: it is for the next.
    async fn explain(self: Arc<Self>, symbol: Symbol, place: Place, spec: RequestSpec) {
        let asking =
            ExplanationRequest { explained: Arc::clone(&self.shared.explained), key: symbol.key };
        let Some(models) = &self.models else { return };
        let chat = symbol.chat(place.open.language_name());
        let files = vec![symbol.path.clone()];
        match question::put(models, spec, chat, files, Arc::new(|_| {})).await {
            Ok(said) if !said.text.trim().is_empty() => {
                self.shared.explained.put(asking.key, answer::clean(said.text.trim()), said.by);
            }
            Ok(_) => {}
            Err(refusal) => tracing::debug!(%refusal, "no explanation"),
        }
    }

    /// Marks a symbol as asked about, with the model expected to answer, until the result is dropped.
    pub(super) fn asking(&self, symbol: &Symbol, spec: &RequestSpec) -> Option<ExplanationRequest> {
        let (by, _) = self.expected(spec)?;
        let explained = Arc::clone(&self.shared.explained);
        explained.state().asked.insert(symbol.key, by);
        Some(ExplanationRequest { explained, key: symbol.key })
    }

    /// The model that is asked first, and what that is expected to cost.
    fn expected(&self, spec: &RequestSpec) -> Option<(Arc<str>, Option<Money>)> {
        let router = &self.models.as_ref()?.router;
        let first = router.plan(spec).order.into_iter().next()?;
        let price = first.value.dollars.and_then(Money::from_dollars);
        Some((Arc::clone(first.candidate.name()), price.filter(|it| *it > Money::default())))
    }

    fn explanation_need(
        &self,
        place: &Place,
        symbol: &Symbol,
        feature: Feature,
        usd: Option<Money>,
    ) -> RequestSpec {
        let options = self.options(place.open.path.as_deref());
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
            deadline: options.edit.deadline,
            usd,
            ahead: None,
            except: Vec::new(),
        }
    }
}

impl Explained {
    fn state(&self) -> MutexGuard<'_, HoverState> {
        self.0.lock()
    }

    fn get(&self, key: u64) -> Option<Words> {
        self.state().known.get(&key).cloned()
    }

    fn asked(&self, key: u64) -> Option<Arc<str>> {
        self.state().asked.get(&key).cloned()
    }

    /// Keeps an explanation of a symbol.
    pub(super) fn put(&self, key: u64, text: String, by: Arc<str>) {
        self.state().known.put(key, Words { text, by });
    }

    /// Whether the caller is to ask: not while others are asked about enough symbols.
    fn begin(&self, key: u64, by: &Arc<str>) -> bool {
        let mut state = self.state();
        let begins = state.asked.len() < ASKED && !state.asked.contains_key(&key);
        if begins {
            state.asked.insert(key, Arc::clone(by));
        }
        begins
    }
}

impl Default for Explained {
    fn default() -> Self {
        let known = LruCache::with_hasher(KEPT, FxBuildHasher);
        Self(Mutex::new(HoverState { known, asked: FxHashMap::default() }))
    }
}

/// A model is being asked about a symbol, until this is dropped.
pub(super) struct ExplanationRequest {
    explained: Arc<Explained>,
    key: u64,
}

impl Drop for ExplanationRequest {
    fn drop(&mut self) {
        self.explained.state().asked.remove(&self.key);
    }
}
