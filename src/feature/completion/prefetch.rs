//! Prefetches: calls for the text behind a suggestion while it is shown. They run only if the user enables
//! them, and only with free models or within a budget per day. Typing other text ends a prefetch.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::feature::completion::cache::{CacheKey, CachedCompletion};
use crate::feature::completion::request::GatheredContext;
use crate::feature::completion::suggestion::Suggestion;
use crate::feature::completion::{Completer, cache, request};
use crate::feature::document::Place;
use crate::models::price::money::Money;
use crate::prompt::Trigger;
use crate::router::plan::Choice;
use crate::router::spec::RequestSpec;

/// A call for the place behind a suggestion. Dropping it ends it.
pub(crate) struct Prefetch {
    /// The place once the suggestion is accepted.
    key: CacheKey,
    done: watch::Receiver<bool>,
    task: AbortHandle,
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Completer {
    /// Requests the text that follows `offer`, unless it is cached or already requested.
    pub(super) fn prefetch(&self, place: &Place, offer: &Suggestion) {
        let ahead = self.core.options_of(&place.open).ahead;
        let (Some(models), Some(budget)) = (&self.core.models, ahead) else { return };
        let behind = place.with(offer.range.clone(), &offer.text);
        let key = CacheKey::of(&behind, self.core.generation);
        let is_requested = place.open.state().ahead.as_ref().is_some_and(|it| it.key == key);
        if is_requested || self.cached(&behind).is_some() {
            return;
        }
        let trigger = Trigger::Automatic;
        let scope = request::scope(&self.core, &behind, trigger);
        let spec = request::spec(&self.core, &behind, trigger, scope);
        // The budget also applies to the models that the router falls back to.
        let usd = spec.usd.map_or(budget, |it| it.min(budget));
        let spec = RequestSpec { usd: Some(usd), ahead: Some(budget), ..spec };
        let plan = models.router.plan(&spec);
        let is_affordable = |it: &Choice| budget > Money::ZERO || it.value.dollars == Some(0.0);
        if !plan.order.first().is_some_and(is_affordable) {
            return;
        }
        let gathered = GatheredContext::gather(&self.core, &behind, trigger, scope);
        let call = self.call(models, spec, gathered, None, None);
        let (sender, done) = watch::channel(false);
        let cached = Arc::clone(&self.cache);
        let task = tokio::spawn(async move {
            cache::store(&cached, key, &call.await);
            // Fails if no request waits for it.
            _ = sender.send(true);
        });
        let task = task.abort_handle();
        let mut state = place.open.state();
        let ahead = Prefetch { key, done, task };
        // The user may have typed something else meanwhile.
        if state.revision == place.revision && !state.closed {
            state.ahead = Some(ahead);
        }
    }

    /// The prefetched text for a place. Waits for its prefetch if that is still running.
    pub(super) async fn prefetched(&self, place: &Place) -> Option<CachedCompletion> {
        let mut done = {
            let state = place.open.state();
            let key = CacheKey::of(place, self.core.generation);
            let ahead = state.ahead.as_ref().filter(|it| it.key == key)?;
            ahead.done.clone()
        };
        // A prefetch that ended without a result has cached nothing.
        _ = done.wait_for(|it| *it).await;
        self.cached(place)
    }
}
