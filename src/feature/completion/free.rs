//! The suggestions that cost nothing: the cached answer and the n-gram model's predictions. They decide whether
//! the models are queried.

use crate::feature::completion::suggestion::Suggestion;
use crate::feature::completion::{Completer, Unavailable, cursor, embedded};
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::prompt::Trigger;
use crate::reply::completion::fit;
use crate::text;

/// The suggestions for a place that cost nothing.
pub(super) struct FreeSuggestions {
    trigger: Trigger,
    cached: Option<Suggestion>,
    /// The cached answer is that nothing is to be inserted.
    is_cached_empty: bool,
    /// The n-gram model's, best first.
    embedded: Vec<Suggestion>,
}

impl Completer {
    pub(super) async fn free(&self, place: &Place, trigger: Trigger) -> FreeSuggestions {
        let cached = match self.cached(place) {
            Some(cached) => Some(cached),
            None => self.prefetched(place).await,
        };
        let is_cached_empty = cached.as_ref().is_some_and(|it| it.text.is_empty());
        let cached = cached.and_then(|it| {
            let fit = fit::fit(&it.text, &cursor::line(&self.core.shared, place))?;
            let certainty = it.certainty.of_part(&it.text, &fit.text);
            Some(Suggestion::fitted(place, fit, it.by, None).rated(&certainty))
        });
        let is_enough = cached.is_some() && trigger == Trigger::Automatic;
        // The n-gram model continues a line; it cannot fill a hole before code.
        let embedded = match !is_enough && fit::only_closers(&place.right()) {
            true => embedded::predict(&self.core, place, trigger),
            false => Vec::new(),
        };
        FreeSuggestions { trigger, cached, is_cached_empty, embedded }
    }

    /// The models, if they are to be queried for a place: always if invoked, otherwise not after a cached answer,
    /// not right before a word, and not if the n-gram model is confident enough.
    pub(super) fn models_for(&self, place: &Place, free: &FreeSuggestions) -> Option<&Models> {
        let models = self.core.models.as_ref()?;
        if free.trigger == Trigger::Invoked {
            return Some(models);
        }
        let preempt = self.core.options_of(&place.open).embedded.preempt;
        let best = free.embedded.first().and_then(|it| it.confidence);
        let is_sure = best.is_some_and(|it| it >= preempt) && !place.at_line_start();
        let is_answered = free.cached.is_some() || free.is_cached_empty;
        (!is_answered && !is_sure && !before_word(&place.right())).then_some(models)
    }
}

impl FreeSuggestions {
    /// The n-gram model's text, used if no model answers.
    pub(super) fn standby(&self) -> Option<&Suggestion> {
        self.embedded.first()
    }

    /// The suggestions without those of the models.
    ///
    /// # Errors
    ///
    /// Why the models were not queried, if there are no suggestions.
    pub(super) fn alone(self, place: &Place) -> Result<Vec<Suggestion>, Unavailable> {
        let is_unfit = self.is_cached_empty && self.trigger == Trigger::Automatic;
        let all: Vec<Suggestion> = self.cached.into_iter().chain(self.embedded).collect();
        let right = place.right();
        match all.is_empty() {
            false => Ok(all),
            true if is_unfit => Err(Unavailable::Unfit),
            true if fit::only_closers(&right) => Ok(all),
            true if before_word(&right) => Err(Unavailable::InsideWord),
            true => Err(Unavailable::CodeBehind),
        }
    }

    /// The suggestions with those of the models.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub(super) fn with(
        self,
        queried: Result<Vec<Suggestion>, Unavailable>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        let Self { cached, embedded, .. } = self;
        let queried = match queried {
            Err(reason) if cached.is_none() && embedded.is_empty() => return Err(reason),
            Err(_) => Vec::new(),
            Ok(queried) => queried,
        };
        let all: Vec<Suggestion> = cached.into_iter().chain(queried).chain(embedded).collect();
        if all.is_empty() { Err(Unavailable::Unfit) } else { Ok(all) }
    }
}

/// Whether a word follows the cursor directly.
fn before_word(right: &str) -> bool {
    right.starts_with(text::is_word)
}
