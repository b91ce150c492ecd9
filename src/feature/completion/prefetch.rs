//! What follows a suggestion once it is taken, asked for while it is on the screen: only where its
//! user wants that, and only of models that cost nothing or within what may be spent on it a day.
//! Typing something else ends it.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::feature::Engine;
use crate::feature::completion::cache::{CacheKey, CachedCompletion};
use crate::feature::completion::{Suggestion, fill, join};
use crate::feature::document::Place;
use crate::models::price::money::Money;
use crate::prompt::Trigger;
use crate::router::plan::Choice;
use crate::router::spec::RequestSpec;

/// A call for the place behind a suggestion. Dropping it ends it.
pub(crate) struct Prefetch {
    /// The place, as it will be.
    key: CacheKey,
    done: watch::Receiver<bool>,
    task: AbortHandle,
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Engine {
    /// Asks for what would follow `offer`, unless that is known or being asked for.
    pub(super) fn look_ahead(&self, place: &Place, offer: &Suggestion) {
        let options = self.options(place.open.path.as_deref());
        let (Some(models), Some(budget)) = (&self.models, options.ahead) else { return };
        let behind = place.with(offer.range.clone(), &offer.text);
        let key = self.key(&behind);
        let is_asked = place.open.state().ahead.as_ref().is_some_and(|it| it.key == key);
        if is_asked || self.kept(&behind).is_some() {
            return;
        }
        let extent = self.extent(&behind, Trigger::Automatic, options.lines);
        let spec = fill::need(options, &behind, Trigger::Automatic, extent);
        // Whoever the router goes on to is held to it too.
        let usd = spec.usd.map_or(budget, |it| it.min(budget));
        let spec = RequestSpec { usd: Some(usd), ahead: Some(budget), ..spec };
        let plan = models.router.plan(&spec);
        let may = |it: &Choice| budget > Money::ZERO || it.value.dollars == Some(0.0);
        if !plan.order.first().is_some_and(may) {
            return;
        }
        let call =
            self.call(models, spec, self.gather(&behind, Trigger::Automatic, extent), None, None);
        let (sender, done) = watch::channel(false);
        let cache = Arc::clone(&self.cache);
        let task = tokio::spawn(async move {
            join::keep(&cache, key, &call.await);
            // Nobody may wait for it.
            _ = sender.send(true);
        });
        let task = task.abort_handle();
        let mut state = place.open.state();
        let ahead = Prefetch { key, done, task };
        // What was typed meanwhile may be something else.
        if state.revision == place.revision && !state.closed {
            state.ahead = Some(ahead);
        }
    }

    /// What was asked for ahead of its user, where they have come to.
    pub(super) async fn caught_up(&self, place: &Place) -> Option<CachedCompletion> {
        let mut done = {
            let state = place.open.state();
            let ahead = state.ahead.as_ref().filter(|it| it.key == self.key(place))?;
            ahead.done.clone()
        };
        // One that ended without a word has nothing kept.
        _ = done.wait_for(|it| *it).await;
        self.kept(place)
    }
}
