//! Queries the models for a completion: joins a running call, or plans, waits for a pause in typing and starts
//! a call, which later requests can join.
//!
//! For a completion that the user requests with a key, the best two models run in parallel to offer a choice.
//! Later requests do not join these calls, and both end with their request.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::time::{Instant, sleep_until, timeout};

use crate::feature::EngineOptions;
use crate::feature::completion::anchor::Anchor;
use crate::feature::completion::cache::CacheKey;
use crate::feature::completion::debounce::{Answers, Facts};
use crate::feature::completion::exchange::PendingReply;
use crate::feature::completion::in_flight::publisher::Publisher;
use crate::feature::completion::in_flight::{InFlight, InFlightState, ReceivedText, Remainder};
use crate::feature::completion::request::GatheredContext;
use crate::feature::completion::suggestion::Suggestion;
use crate::feature::completion::{
    Completer, Unavailable, cache, debounce, exchange, in_flight, request,
};
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::prompt::{CompletionScope, Trigger};
use crate::reply::certainty::Certainty;
use crate::reply::completion::fit::Fit;
use crate::router::outcome::{AnsweredBy, RequestOutcome};
use crate::router::plan::{Choice, Plan};
use crate::router::spec::RequestSpec;
use crate::syntax::Syntax;

/// How long a paid call continues after its text no longer fits: its prompt is already charged, and a typo is
/// often taken back. A free model's call ends at once, since its server has other work.
const LINGER: Duration = Duration::from_millis(500);
/// Minimum wait for the second model once the first has answered. Otherwise the wait is as long as the first
/// took.
const LEAST: Duration = Duration::from_millis(200);
/// After this time the beginning of a text is shown if its model is still writing the rest, and again at this interval.
const LONG: Duration = Duration::from_millis(600);
const AGAIN: Duration = Duration::from_millis(150);

impl Completer {
    /// The suggestions of the models, best first. `standby` is the n-gram model's text.
    pub(super) async fn query(
        &self,
        models: &Models,
        place: &Place,
        trigger: Trigger,
        standby: Option<&Suggestion>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        if trigger == Trigger::Automatic
            && let Some(joined) = self.join(place).await
        {
            return joined.map(Vec::from_iter);
        }
        let scope = request::scope(&self.core, place, trigger);
        let spec = request::spec(&self.core, place, trigger, scope);
        // Prices count once the prompt exists; until then they are overestimated.
        let plan = models.router.plan(&RequestSpec { usd: None, ..spec.clone() });
        let Some(first) = plan.order.first() else {
            return match standby {
                Some(_) => Ok(Vec::new()),
                None => Err(Unavailable::NoneUsable(models.router.skipped(&spec))),
            };
        };
        if trigger == Trigger::Invoked {
            let gathered = GatheredContext::gather(&self.core, place, trigger, scope);
            return self.choice(models, place, (spec, &plan), gathered, standby).await;
        }
        let linger = self.wait_for_pause(models, place, (&spec, scope), first).await?;
        let gathered = GatheredContext::gather(&self.core, place, trigger, scope);
        let publisher = Publisher::default();
        let call = self.call(models, spec, gathered, standby, Some(publisher.clone()));
        let generation = self.core.generation;
        let (cache, key) = (Arc::clone(&self.cache), CacheKey::of(place, generation));
        let call = async move {
            let state = call.await;
            cache::store(&cache, key, &state);
            state
        };
        let anchor = Anchor::new(&place.open.document.rope, place.offset);
        let (flight, subscriber) = InFlight::launch(anchor, generation, linger, publisher, call);
        in_flight::register(place, flight);
        match subscriber.rest().await {
            Remainder::Text(text) => Ok(vec![Suggestion::received(place, text)]),
            Remainder::Beginning(text) => Ok(vec![Suggestion::begun(place, text)]),
            Remainder::Failed(why) => Err(Unavailable::of(why)),
            Remainder::Nothing | Remainder::Other => Ok(Vec::new()),
        }
    }

    /// The rest of a suggestion of which only the beginning is on the screen, if its model has written it.
    pub(super) fn completed(&self, place: &Place) -> Option<Suggestion> {
        let text = in_flight::join(place, self.core.generation)?.received()?;
        Some(Suggestion::received(place, text))
    }

    /// The rest of a running or recent call, if its text fits; `None` if there is no such call.
    async fn join(&self, place: &Place) -> Option<Result<Option<Suggestion>, Unavailable>> {
        let subscriber = in_flight::join(place, self.core.generation)?;
        match subscriber.rest().await {
            Remainder::Text(text) => Some(Ok(Some(Suggestion::received(place, text)))),
            Remainder::Beginning(text) => Some(Ok(Some(Suggestion::begun(place, text)))),
            Remainder::Failed(why) => Some(Err(Unavailable::of(why))),
            Remainder::Nothing if subscriber.is_first() => Some(Ok(None)),
            Remainder::Nothing | Remainder::Other => None,
        }
    }

    /// Waits for a pause in typing, unless the first model of the plan is free. Returns how long the call
    /// continues after its text no longer fits.
    async fn wait_for_pause(
        &self,
        models: &Models,
        place: &Place,
        (spec, scope): (&RequestSpec, CompletionScope),
        first: &Choice,
    ) -> Result<Duration, Unavailable> {
        if first.value.dollars == Some(0.0) {
            return Ok(Duration::ZERO);
        }
        if place.is_after_statement() && scope == CompletionScope::Line {
            return Err(Unavailable::StatementEnds);
        }
        let answers = models.pace(first.index, spec);
        typing_paused(place, self.core.options_of(&place.open), answers).await;
        Ok(LINGER)
    }

    /// Sends a request through the router. Resolves to the call's final state.
    pub(super) fn call(
        &self,
        models: &Models,
        spec: RequestSpec,
        gathered: GatheredContext,
        standby: Option<&Suggestion>,
        publisher: Option<Publisher>,
    ) -> impl Future<Output = InFlightState> + Send + use<> {
        let requested = spec.clone();
        let (request, reply) = exchange::begin(spec, gathered, standby, publisher.clone());
        let (models, syntax) = (models.clone(), Arc::clone(&self.core.shared.syntax));
        async move {
            let answer = models.router.answer(request);
            let outcome = match &publisher {
                Some(publisher) => publishing(answer, &reply, publisher, &syntax).await,
                None => answer.await,
            };
            let fitted = reply.fitted(&syntax).await;
            models.warn_of(&outcome).await;
            models.warn_of_price(requested, Arc::clone(&outcome)).await;
            final_state(&outcome, fitted)
        }
    }

    /// The suggestions of the best two models, best first.
    async fn choice(
        &self,
        models: &Models,
        place: &Place,
        (spec, plan): (RequestSpec, &Plan),
        gathered: GatheredContext,
        standby: Option<&Suggestion>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        let second = second(plan, &spec);
        let first = self.call(models, spec, gathered.clone(), standby, None);
        let states = match second {
            Some(spec) => both(first, self.call(models, spec, gathered, None, None)).await,
            None => [first.await, InFlightState::Dropped],
        };
        // The first model's answer is cached last, so it is the one found again.
        let [first, second] = states;
        let (second, first) = (self.settle(place, second), self.settle(place, first));
        match (first, second) {
            (Err(reason), Ok(None) | Err(_)) => Err(reason),
            (first, second) => Ok([first, second].into_iter().flatten().flatten().collect()),
        }
    }

    /// The suggestion of a call's final state, for the one place that it was made for.
    pub(super) fn settle(
        &self,
        place: &Place,
        state: InFlightState,
    ) -> Result<Option<Suggestion>, Unavailable> {
        cache::store(&self.cache, CacheKey::of(place, self.core.generation), &state);
        match state {
            InFlightState::Received(text) => Ok(Some(Suggestion::received(place, text))),
            InFlightState::Failed(why) => Err(Unavailable::of(why)),
            InFlightState::Receiving(_) | InFlightState::Nothing | InFlightState::Dropped => {
                Ok(None)
            }
        }
    }
}

/// Waits until typing has paused, counted from the last change.
async fn typing_paused(place: &Place, options: &EngineOptions, answers: Answers) {
    let (edited, facts) = {
        let state = place.open.state();
        let facts = Facts {
            at_line_start: place.at_line_start(),
            in_word: place.after_word(),
            usual: state.rhythm.usual(),
            answers,
            turned_down: state.turned_down,
        };
        (state.edited, facts)
    };
    let pause = debounce::pause(options.debounce, options.eagerness, facts);
    if let Some(edited) = edited {
        sleep_until(edited + pause).await;
    }
}

/// Waits for an answer, and publishes the beginning of its text if that takes long.
async fn publishing<T>(
    answer: impl Future<Output = T>,
    reply: &PendingReply,
    publisher: &Publisher,
    syntax: &Arc<Syntax>,
) -> T {
    let mut answer = pin!(answer);
    let mut wait = LONG;
    loop {
        if let Ok(answer) = timeout(wait, &mut answer).await {
            return answer;
        }
        if let Some(beginning) = reply.beginning(syntax).await {
            publisher.publish_beginning(beginning);
        }
        wait = AGAIN;
    }
}

fn final_state(outcome: &RequestOutcome, fitted: Option<(Fit, Certainty)>) -> InFlightState {
    let answer = outcome.answer.as_ref().map(|it| (&it.by, it.total));
    match (answer, fitted) {
        (Some((AnsweredBy::Target(by), total)), Some((Fit { text, covers }, certainty))) => {
            let (by, call) = (Arc::clone(by), total.map(|it| it.call));
            InFlightState::Received(ReceivedText { text, certainty, covers, by, call })
        }
        (Some((AnsweredBy::Target(_), _)), None) => InFlightState::Nothing,
        (Some((AnsweredBy::Standby, _)) | None, _) => InFlightState::Failed(outcome.missed.clone()),
    }
}

/// The request for a second model, from the same group as the first.
fn second(plan: &Plan, spec: &RequestSpec) -> Option<RequestSpec> {
    let order = &plan.order;
    let first = order.first()?;
    let is_other =
        |it: &&Choice| it.group == first.group && it.candidate.model() != first.candidate.model();
    let (others, except): (Vec<&Choice>, Vec<&Choice>) = order.iter().partition(is_other);
    let except = except.iter().map(|it| Arc::clone(it.candidate.name())).collect();
    (!others.is_empty()).then(|| RequestSpec { except, ..spec.clone() })
}

/// Runs both at once, and gives the second up if it takes much longer than the first.
async fn both(
    first: impl Future<Output = InFlightState>,
    second: impl Future<Output = InFlightState>,
) -> [InFlightState; 2] {
    let started = Instant::now();
    let (first, second) = (pin!(first), pin!(second));
    match select(first, second).await {
        Either::Left((first @ InFlightState::Received(_), second)) => {
            let wait = started.elapsed().max(LEAST);
            [first, timeout(wait, second).await.unwrap_or(InFlightState::Dropped)]
        }
        Either::Left((first, second)) => [first, second.await],
        Either::Right((second, first)) => [first.await, second],
    }
}
