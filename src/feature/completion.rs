//! Completions ("ghost text"): text after the cursor that the user has not written yet.
//!
//! The sources are tried in order. The gate comes first, then the free sources, cheapest first: what is
//! already shown, cached answers, the n-gram model if it is confident enough. Then the router sends the
//! request to a provider, with the n-gram model's text as the standby. If no source is confident enough,
//! nothing is shown.

pub mod anchor;
pub mod benchmark;
pub mod cache;
mod cursor;
pub mod debounce;
mod embedded;
mod exchange;
pub mod external;
mod free;
pub mod in_flight;
mod popup;
pub(crate) mod prefetch;
pub mod price;
mod query;
pub mod request;
pub mod shown;
pub mod suggestion;
pub mod unavailable;
pub(crate) mod warming;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::feature::completion::cache::{CacheKey, CachedCompletion, CompletionCache};
use crate::feature::completion::shown::KnownText;
use crate::feature::completion::suggestion::{EMBEDDED, Suggestion, distinct};
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, Place};
use crate::feature::eligibility;
use crate::feature::pause::Pause;
use crate::feature::silences::SilenceLog;
use crate::prompt::{CompletionScope, Trigger};
use crate::reply::certainty;
use crate::reply::completion::fit;
use crate::router::Fate;
use crate::router::outcome::MissedModel;
use crate::router::spec::{Capability, RequestSpec};
use crate::workspace::guard::Refusal;

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
    /// The document is too large for next edits. Only their requests record it.
    TooLarge,
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

    /// Reads a document that was just opened, so that its first request is fast. Does nothing for a file that
    /// `check` refuses.
    pub fn prepare(&self, place: &Place) {
        // A cell is read together with its notebook's other cells each time.
        if place.open.notebook.is_none() && eligibility::check(&self.core, &place.open).is_ok() {
            embedded::read(&self.core.shared, place, &place.open.whole());
        }
    }

    /// The user types in a document: connects to the model that the next completion will use.
    pub fn typed(&self, open: &OpenDocument) {
        let Some(models) = self.core.models.as_ref().filter(|it| it.is_cold()) else { return };
        if eligibility::check(&self.core, open).is_ok() {
            let (place, trigger) = (open.place(0), Trigger::Automatic);
            let spec = request::spec(&self.core, &place, trigger, CompletionScope::Line);
            // The position of the next request is not known yet.
            models.connect_ahead(&RequestSpec { wants: Capability::FillOrBrief, ..spec });
        }
    }

    /// Answers a request of an editor. A newer request ends it at once, even while a provider is being queried.
    /// The arrival is recorded before the first `.await`.
    pub async fn respond(&self, place: &Place, request: &CompletionRequest) -> CompletionResponse {
        let recorded = self.silences.begin(&place.open);
        self.arrived(place, request.trigger);
        // The message loop continues while this request computes in its own task.
        tokio::task::yield_now().await;
        let suggested = tokio::select! {
            biased;
            () = place.superseded(request.trigger) => None,
            suggested = self.suggest(place, request) => Some(suggested),
        };
        let response = match suggested.filter(|_| !place.is_superseded(request.trigger)) {
            Some(Ok(suggestions)) => CompletionResponse::Offers(suggestions),
            Some(Err(reason)) => CompletionResponse::Silent(reason),
            None => CompletionResponse::Superseded,
        };
        if let CompletionResponse::Offers(suggestions) = &response
            && request.trigger == Trigger::Automatic
            && request.selected.is_none()
            && !suggestions[0].goes_on
        {
            self.prefetch(place, &suggestions[0]);
        }
        recorded.ended(&response);
        response
    }

    /// The suggestions for a place: best first, never empty.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub async fn suggest(
        &self,
        place: &Place,
        request: &CompletionRequest,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        eligibility::check(&self.core, &place.open)?;
        if let Some(selected) = &request.selected {
            let extended = self.extend_selected(place, selected).await;
            return extended.map(|it| vec![it]).ok_or(Unavailable::BehindItem);
        }
        let shown = self.shown(place);
        match request.trigger {
            Trigger::Automatic if shown.is_some() => return Ok(self.extended(place, shown)),
            Trigger::Automatic => self.gate_automatic(place)?,
            Trigger::Invoked => {}
        }
        let free = self.free(place, request.trigger).await;
        let fresh = match self.models_for(place, &free) {
            None => free.alone(place)?,
            Some(models) => {
                let queried = self.query(models, place, request.trigger, free.standby()).await;
                free.with(queried)?
            }
        };
        let fresh = self.probable(place, request.trigger, fresh)?;
        shown::remember(place, &fresh);
        // All of a text comes before its beginning.
        let (begun, shown): (Vec<_>, Vec<_>) = shown.into_iter().partition(|it| it.goes_on);
        let all = shown.into_iter().chain(fresh).chain(begun);
        let suggestions = distinct(all, request.trigger);
        if suggestions.is_empty() { Err(self.unsure(place)) } else { Ok(suggestions) }
    }

    /// A suggestion on the screen, or all of it if its model has written the rest since.
    fn extended(&self, place: &Place, shown: Option<Suggestion>) -> Vec<Suggestion> {
        let written = shown.as_ref().filter(|it| it.goes_on).and_then(|_| self.completed(place));
        let written = written.map(|it| self.probable(place, Trigger::Automatic, vec![it]));
        match written {
            Some(Ok(written)) => {
                written.iter().for_each(|it| shown::extend(place, it));
                written
            }
            Some(Err(_)) | None => Vec::from_iter(shown),
        }
    }

    /// Additional conditions for a request that the user did not make with a key.
    fn gate_automatic(&self, place: &Place) -> Result<(), Unavailable> {
        if !self.core.options_of(&place.open).automatic {
            return Err(Unavailable::Manual);
        }
        let is_accepted = place.open.state().accepted == Some(place.offset);
        let goes_on = || in_flight::continues(place, self.core.generation);
        if is_accepted && place.after_word() && !goes_on() {
            return Err(Unavailable::InsideAccepted);
        }
        Ok(())
    }

    /// Sorts suggestions, the most probable first. Improbable ones are left out unless the user requested them.
    fn probable(
        &self,
        place: &Place,
        trigger: Trigger,
        mut all: Vec<Suggestion>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        self.compare(place, &mut all);
        if all.iter().all(|it| it.confidence.is_some()) {
            all.sort_by(|a, b| b.confidence.partial_cmp(&a.confidence).unwrap_or(Ordering::Equal));
        }
        let Some(&Suggestion { confidence: Some(best), .. }) = all.first() else { return Ok(all) };
        if trigger == Trigger::Automatic {
            let least = self.core.options_of(&place.open).eagerness.least();
            all = all.into_iter().filter_map(|it| it.probable(least)).collect();
        }
        if all.is_empty() { Err(Unavailable::Improbable(best)) } else { Ok(all) }
    }

    /// Compares the models' suggestions with what the n-gram model expects.
    fn compare(&self, place: &Place, all: &mut [Suggestion]) {
        let of_models = all.iter_mut().filter(|it| &*it.by != EMBEDDED && it.confidence.is_some());
        let mut of_models = of_models.peekable();
        if of_models.peek().is_none() || !fit::only_closers(&place.right()) {
            return;
        }
        let Some(guess) = embedded::guess(&self.core, place) else { return };
        for it in of_models {
            it.confidence = it.confidence.map(|own| certainty::agreed(own, &it.text, &guess));
        }
    }

    /// Why there is nothing when only the n-gram model was available.
    fn unsure(&self, place: &Place) -> Unavailable {
        match self.core.options_of(&place.open).embedded.enabled {
            true => Unavailable::Unsure,
            false => Unavailable::NoModel,
        }
    }

    /// The rest of a suggestion on the screen, if it continues at the cursor.
    fn shown(&self, place: &Place) -> Option<Suggestion> {
        let KnownText { text, by, confidence, goes_on } = shown::rest(place, place)?;
        let fit = fit::fit(&text, &cursor::line(&self.core.shared, place))?;
        Some(Suggestion { goes_on, ..Suggestion::fitted(place, fit, by, confidence) })
    }

    fn cached(&self, place: &Place) -> Option<CachedCompletion> {
        let key = CacheKey::of(place, self.core.generation);
        self.cache.lock().get(key, Instant::now())
    }

    /// Records the arrival of a request.
    fn arrived(&self, place: &Place, trigger: Trigger) {
        if trigger == Trigger::Automatic {
            let mut state = place.open.state();
            state.warming = None;
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

    /// Reports to the router which of the suggestions that are no longer shown were accepted.
    fn report_fates(&self, place: &Place) {
        let fates = std::mem::take(&mut place.open.state().fates);
        let Some(models) = &self.core.models else { return };
        for (by, call, accepted) in fates {
            models.judged(&by, call, if accepted { Fate::Kept } else { Fate::NotKept });
        }
    }
}
