//! Warming: a free model on the user's machine reads the text around a resting cursor, so that the first
//! suggestion there comes without that wait. Typing and a newer position end it; what was read stays in the
//! server's memory.

use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::feature::completion::request::GatheredContext;
use crate::feature::completion::{Completer, request};
use crate::feature::document::Place;
use crate::feature::eligibility;
use crate::models::price::money::Money;
use crate::prompt::{CompletionScope, Trigger};
use crate::router::spec::RequestSpec;

/// How long the cursor rests before, and how long nothing was typed: a key has its own request.
const REST: Duration = Duration::from_millis(300);
const UNTYPED: Duration = Duration::from_secs(1);
/// Fewer new bytes are read fast enough when text is typed.
const LEAST: usize = 256;

/// A call of which only the prompt counts. Dropping it ends it.
pub(crate) struct Warming(AbortHandle);

impl Drop for Warming {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Completer {
    /// The editor's cursor has moved to a place without an edit. Costs nothing: only a free model that has answered
    /// before is asked.
    pub fn rested(&self, place: &Place) {
        let Some(models) = &self.core.models else { return };
        let edited = place.open.state().edited;
        let is_typed = edited.is_some_and(|it| it.elapsed() < UNTYPED);
        let is_automatic = self.core.options_of(&place.open).automatic;
        if is_typed || !is_automatic || eligibility::check(&self.core, &place.open).is_err() {
            return;
        }
        let (trigger, scope) = (Trigger::Automatic, CompletionScope::Line);
        let spec = request::spec(&self.core, place, trigger, scope);
        // No fallback to a model that costs money.
        let free = Some(Money::ZERO);
        let spec = RequestSpec { usd: free, ahead: free, ..spec };
        let plan = models.router.plan(&spec);
        let Some(first) = plan.order.first().filter(|it| models.is_measured(it.index)) else {
            return;
        };
        let mut gathered = GatheredContext::gather(&self.core, place, trigger, scope);
        if models.unread(first, &gathered.fill, spec.deadline) < LEAST {
            return;
        }
        // The shortest answer that every server gives.
        gathered.fill.max_tokens = 1;
        let call = self.call(models, spec, gathered, None, None);
        let task = tokio::spawn(async move {
            sleep(REST).await;
            drop(call.await);
        });
        let warming = Warming(task.abort_handle());
        let mut state = place.open.state();
        if state.revision == place.revision && !state.closed {
            state.warming = Some(warming);
        }
    }
}
