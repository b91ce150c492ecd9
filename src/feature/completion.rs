//! Completions ("ghost text"): text after the cursor that the user has not written yet.
//!
//! The sources are tried in order. The gate comes first, then the free sources, cheapest first: what is
//! already shown, cached answers, the n-gram model if it is confident enough. Then the router sends the
//! request to a provider, with the n-gram model's text as the standby. If no source is confident enough,
//! nothing is shown.

pub mod anchor;
pub mod benchmark;
pub mod cache;
pub mod debounce;
mod embedded;
pub mod external;
pub mod fill;
pub mod in_flight;
mod invoked;
mod join;
mod popup;
pub(crate) mod prefetch;
pub mod price;
pub mod shown;
pub mod unavailable;

use std::cmp::Ordering;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::feature::completion::cache::{CacheKey, CachedCompletion, CompletionCache};
use crate::feature::completion::shown::ShownSuggestion;
use crate::feature::core::Core;
use crate::feature::document::Place;
use crate::feature::eligibility;
use crate::feature::models::Models;
use crate::feature::pause::Pause;
use crate::feature::silences::SilenceLog;
use crate::prompt::Trigger;
use crate::prompt::fill::ExternalHole;
use crate::reply::completion::fit;
use crate::reply::completion::fit::Fit;
use crate::router::Fate;
use crate::router::outcome::MissedModel;
use crate::text::{self, Document};
use crate::usage::record::CallId;
use crate::workspace::guard::Refusal;

/// `Suggestion::by` of the n-gram model.
const EMBEDDED: &str = "embedded";
/// Minimum length of a prediction in characters.
const LEAST: usize = 3;
/// The most suggestions for an invoked request.
const MOST: usize = 3;

/// What triggered a completion, and the selected item of the completion popup if it is open.
#[derive(Clone, Debug)]
pub struct CompletionRequest {
    pub trigger: Trigger,
    pub selected: Option<SelectedItem>,
}

/// The item selected in the editor's completion popup: `text` would replace `range`.
#[derive(Clone, Debug)]
pub struct SelectedItem {
    pub range: Range<usize>,
    pub text: String,
}

/// A text that replaces `range` (bytes). The range is empty at the cursor, or covers what the text repeats of
/// its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub text: String,
    pub range: Range<usize>,
    pub by: Arc<str>,
    /// Probability that this is exactly what the user means, if known.
    pub confidence: Option<f32>,
    /// The call that returned it, if any.
    pub call: Option<CallId>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CompletionResponse {
    /// Best first, never empty.
    Offers(Vec<Suggestion>),
    Silent(Unavailable),
    /// A newer request or the closing of the document made this one obsolete.
    Superseded,
}

/// Why nothing is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Unavailable {
    Paused(Pause),
    LanguageOff,
    Manual,
    Refused(Refusal),
    InsideAccepted,
    /// A word follows the cursor directly.
    InsideWord,
    CodeBehind,
    /// A statement has just ended. Models that cost money complete there only on request.
    StatementEnds,
    /// Nothing continues the item selected in the popup.
    BehindItem,
    /// The n-gram model has no answer, and no provider is set up.
    Unsure,
    /// The n-gram model is switched off, and no provider is set up.
    NoModel,
    /// No model is allowed or able to answer.
    NoneUsable(Vec<MissedModel>),
    /// No model answered.
    Failed(Vec<MissedModel>),
    /// A model answered, but nothing of its answer fits at the cursor.
    Unfit,
    /// A model answered, but its suggestion is right with this probability only.
    Improbable(f32),
    /// `CompletionResponse::Superseded`, as recorded.
    Superseded,
    /// The editor cancelled the request. Recorded only, never returned.
    Cancelled,
}

/// Completes at the cursor.
pub struct Completer {
    core: Arc<Core>,
    cache: Arc<Mutex<CompletionCache>>,
    pub silences: SilenceLog,
}

impl Completer {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        let cache = CompletionCache::new(core.outside.cache);
        Self {
            core: Arc::clone(core),
            cache: Arc::new(Mutex::new(cache)),
            silences: SilenceLog::new(core),
        }
    }

    /// Records the arrival of a request. Call it before the first `.await`, then `complete`.
    pub fn asked(&self, place: &Place, trigger: Trigger) {
        if trigger == Trigger::Automatic {
            let mut state = place.open.state();
            state.newest = Some((place.revision, place.offset));
            state.superseded.notify_waiters();
        }
        self.report_fates(place);
        if let Some(path) = &place.open.path {
            let line = place.open.document.rope.byte_to_line(place.offset);
            let mut journal = self.core.shared.journal.lock();
            journal.visited(path, line, Instant::now());
        }
    }

    /// Reads a document that was just opened, so that its first request is fast. Does nothing for a file that
    /// `check` refuses.
    pub fn prepare(&self, place: &Place) {
        // A cell is read together with its notebook's other cells each time.
        if place.open.notebook.is_none() && eligibility::check(&self.core, &place.open).is_ok() {
            self.read(place, &place.open.whole());
        }
    }

    /// Answers a request. A newer request ends it at once, even while a provider is being queried.
    pub async fn complete(&self, place: &Place, ask: &CompletionRequest) -> CompletionResponse {
        let answer = tokio::select! {
            biased;
            () = until_superseded(place, ask.trigger) => return CompletionResponse::Superseded,
            answer = self.answer(place, ask) => answer,
        };
        if superseded(place, ask.trigger) {
            return CompletionResponse::Superseded;
        }
        match answer {
            Ok(offers) if offers.is_empty() => CompletionResponse::Silent(self.unsure(place)),
            Ok(offers) => {
                if ask.trigger == Trigger::Automatic && ask.selected.is_none() {
                    self.prefetch(place, &offers[0]);
                }
                CompletionResponse::Offers(offers)
            }
            Err(silence) => CompletionResponse::Silent(silence),
        }
    }

    /// Additional conditions for a request that the user did not make with a key.
    fn gate_automatic(&self, place: &Place) -> Result<(), Unavailable> {
        if !self.core.options(place.open.path.as_deref()).automatic {
            return Err(Unavailable::Manual);
        }
        if place.open.state().accepted == Some(place.offset) && place.after_word() {
            return Err(Unavailable::InsideAccepted);
        }
        Ok(())
    }

    async fn answer(
        &self,
        place: &Place,
        ask: &CompletionRequest,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        eligibility::check(&self.core, &place.open)?;
        if let Some(selected) = &ask.selected {
            let extended = self.extend_selected(place, selected).await;
            return extended.map(|it| vec![it]).ok_or(Unavailable::BehindItem);
        }
        let shown = self.shown(place);
        match ask.trigger {
            Trigger::Automatic if !shown.is_empty() => return Ok(shown),
            Trigger::Automatic => self.gate_automatic(place)?,
            Trigger::Invoked => {}
        }
        let fresh = self.fresh(place, ask.trigger, None).await?;
        remember(place, &fresh);
        Ok(distinct(shown.into_iter().chain(fresh), ask.trigger))
    }

    /// New suggestions, the most probable first. `hole` is what another program sent, if it is no editor.
    /// Improbable ones are left out unless the user requested them.
    async fn fresh(
        &self,
        place: &Place,
        trigger: Trigger,
        hole: Option<&ExternalHole>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        let mut all = self.available(place, trigger, hole).await?;
        if all.iter().all(|it| it.confidence.is_some()) {
            all.sort_by(|a, b| b.confidence.partial_cmp(&a.confidence).unwrap_or(Ordering::Equal));
        }
        let Some(Suggestion { confidence: Some(best), .. }) = all.first() else { return Ok(all) };
        let best = *best;
        if trigger == Trigger::Automatic {
            let eagerness = self.core.options(place.open.path.as_deref()).eagerness;
            // The n-gram model has thresholds of its own.
            all.retain(|it| {
                &*it.by == EMBEDDED || it.confidence.is_none_or(|it| it >= eagerness.least())
            });
        }
        if all.is_empty() { Err(Unavailable::Improbable(best)) } else { Ok(all) }
    }

    /// The suggestions of all sources that are needed.
    async fn available(
        &self,
        place: &Place,
        trigger: Trigger,
        hole: Option<&ExternalHole>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        let right = right_of(&place.open.document, place.offset);
        let at_end = fit::only_closers(&right);
        let cached = match self.cached(place) {
            Some(cached) => Some(cached),
            None => self.prefetched(place).await,
        };
        let is_empty = cached.as_ref().is_some_and(|it| it.text.is_empty());
        let cached = cached.and_then(|it| {
            let fit = fit::fit(&it.text, &self.line(place))?;
            let certainty = it.certainty.of_part(&it.text, &fit.text);
            let confidence = certainty.probability(&fit.text);
            Some(offer(place, fit, it.by, confidence))
        });
        let mut fresh: Vec<Suggestion> = cached.into_iter().collect();
        if trigger == Trigger::Automatic && !fresh.is_empty() {
            return Ok(fresh);
        }
        // The n-gram model continues a line; it cannot fill a hole before code.
        let embedded = if at_end { self.predict(place, trigger) } else { Vec::new() };
        if is_empty && trigger == Trigger::Automatic {
            return if embedded.is_empty() { Err(Unavailable::Unfit) } else { Ok(embedded) };
        }
        let Some(models) = self.models_for(place, trigger, &right, &embedded) else {
            fresh.extend(embedded);
            return match at_end || !fresh.is_empty() {
                true => Ok(fresh),
                false if before_word(&right) => Err(Unavailable::InsideWord),
                false => Err(Unavailable::CodeBehind),
            };
        };
        let filled = match hole {
            None => self.fill(models, place, trigger, embedded.first()).await,
            Some(hole) => self.fill_hole(models, place, hole, embedded.first()).await,
        };
        match filled {
            Ok(offers) => fresh.extend(offers.into_iter().chain(embedded)),
            Err(silence) if embedded.is_empty() && fresh.is_empty() => return Err(silence),
            Err(_) => fresh.extend(embedded),
        }
        if fresh.is_empty() { Err(Unavailable::Unfit) } else { Ok(fresh) }
    }

    /// The models, if they are to be queried: not if the n-gram model is confident enough, nor automatically
    /// right before a word.
    fn models_for(
        &self,
        place: &Place,
        trigger: Trigger,
        right: &str,
        embedded: &[Suggestion],
    ) -> Option<&Models> {
        let models = self.core.models.as_ref()?;
        if trigger == Trigger::Invoked {
            return Some(models);
        }
        let preempt = self.core.options(place.open.path.as_deref()).embedded.preempt;
        let sure = embedded.first().and_then(|it| it.confidence).is_some_and(|it| it >= preempt);
        let within_line = !place.at_line_start();
        (!(before_word(right) || sure && within_line)).then_some(models)
    }

    /// Why there is nothing when only the n-gram model was available.
    fn unsure(&self, place: &Place) -> Unavailable {
        match self.core.options(place.open.path.as_deref()).embedded.enabled {
            true => Unavailable::Unsure,
            false => Unavailable::NoModel,
        }
    }

    /// The rest of a suggestion on the screen, if it continues at the cursor.
    fn shown(&self, place: &Place) -> Vec<Suggestion> {
        let state = place.open.state();
        let left = state.shown.iter().find_map(|it| {
            let left = it.left(&place.open.document.rope, place.offset)?;
            Some((left.to_owned(), it.by.clone(), it.confidence))
        });
        drop(state);
        let shown = left.and_then(|(text, by, confidence)| {
            Some(offer(place, fit::fit(&text, &self.line(place))?, by, confidence))
        });
        Vec::from_iter(shown)
    }

    fn cached(&self, place: &Place) -> Option<CachedCompletion> {
        let key = self.key(place);
        self.cache.lock().get(key, Instant::now())
    }

    fn key(&self, place: &Place) -> CacheKey {
        let open = &place.open;
        let path = open.path.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        let whole = open.whole();
        let offset = whole.start + place.offset;
        CacheKey::new(open.language_name(), &path, self.core.generation, &whole.rope, offset)
    }

    /// Reports to the router which of the suggestions that are no longer shown were accepted.
    fn report_fates(&self, place: &Place) {
        let fates = std::mem::take(&mut place.open.state().fates);
        let Some(models) = &self.core.models else { return };
        for (by, call, accepted) in fates {
            models.judged(&by, call, if accepted { Fate::Kept } else { Fate::NotKept });
        }
    }
}

/// Resolves when a newer request, a change or the closing of the document supersedes this request.
async fn until_superseded(place: &Place, trigger: Trigger) {
    let notify = Arc::clone(&place.open.state().superseded);
    loop {
        let changed = notify.notified();
        if superseded(place, trigger) {
            return;
        }
        changed.await;
    }
}

fn superseded(place: &Place, trigger: Trigger) -> bool {
    let state = place.open.state();
    let newer = state.revision != place.revision
        || state.newest.is_some_and(|it| it != (place.revision, place.offset));
    state.closed || trigger == Trigger::Automatic && newer
}

/// Adds new suggestions to those still shown.
fn remember(place: &Place, offers: &[Suggestion]) {
    let rope = &place.open.document.rope;
    let mut state = place.open.state();
    if state.revision != place.revision {
        return;
    }
    state.keep_shown(|it| it.left(rope, place.offset).is_some());
    let new = offers.iter().map(|it| {
        let by = Arc::clone(&it.by);
        let mut shown = ShownSuggestion::new(rope, place.offset, &it.text, by, it.confidence);
        shown.call = it.call;
        shown
    });
    state.shown.extend(new);
}

fn offer(place: &Place, fit: Fit, by: Arc<str>, confidence: Option<f32>) -> Suggestion {
    let range = place.offset..place.offset + fit.covers;
    Suggestion { text: fit.text, range, by, confidence, call: None }
}

fn distinct(offers: impl Iterator<Item = Suggestion>, trigger: Trigger) -> Vec<Suggestion> {
    let most = match trigger {
        Trigger::Automatic => 1,
        Trigger::Invoked => MOST,
    };
    let mut distinct: Vec<Suggestion> = Vec::with_capacity(most);
    for offer in offers {
        if distinct.len() < most && distinct.iter().all(|it| it.text != offer.text) {
            distinct.push(offer);
        }
    }
    distinct
}

/// Whether a word follows the cursor directly.
fn before_word(right: &str) -> bool {
    right.starts_with(text::is_word)
}

/// The cursor's line after the cursor.
fn right_of(document: &Document, offset: usize) -> String {
    let line = document.rope.byte_to_line(offset);
    let column = offset - document.rope.line_to_byte(line);
    document.line(line).get_byte_slice(column..).map(|it| it.to_string()).unwrap_or_default()
}
