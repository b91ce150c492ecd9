//! One model, heard at a place: asked as it is for ghost text, and what that came to.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::feature::completion::fill;
use crate::feature::document::Place;
use crate::feature::{Engine, doctor};
use crate::models::price::money::Money;
use crate::prompt::{CompletionScope, Prompt, Trigger};
use crate::router::outcome::{AnsweredBy, FailedAttempt};
use crate::router::plan::SkipReason;
use crate::router::spec::RequestSpec;
use crate::router::value::Now;

/// What came of asking at one place.
#[derive(Clone, Debug)]
pub struct Take {
    /// What would be shown; empty where the answer does not fit.
    pub answer: Result<String, String>,
    pub first_token: Option<Duration>,
    pub total: Duration,
    /// What it cost, where that is known.
    pub money: Option<Money>,
}

impl Engine {
    /// Whether something is suggested at this place at all.
    pub fn is_open_to(&self, place: &Place) -> bool {
        self.check(&place.open).is_ok()
    }

    /// What a call for this place costs at most, if anybody knows; else why none is made.
    pub fn quote(&self, place: &Place) -> Result<Option<Money>, String> {
        let Some(models) = &self.models else { return Err(SkipReason::NotRouted.to_string()) };
        let (spec, extent) = self.needed(place);
        let prompt = Prompt::Fill(self.gather(place, Trigger::Automatic, extent).fill);
        let plan = models.router.plan_with(&spec, &prompt);
        let Some(choice) = plan.order.first() else {
            let why = plan.skipped.iter().map(|it| it.why).find(|it| *it != SkipReason::NotRouted);
            return Err(why.unwrap_or(SkipReason::NotRouted).to_string());
        };
        let now = Now { clock: Instant::now().into_std(), calendar: SystemTime::now() };
        Ok(choice.estimate(&spec, now).money)
    }

    /// Has whoever is asked started and connected, so that the first take is like the others.
    pub async fn warm_up(&self) {
        let Some(models) = &self.models else { return };
        models.ready().await;
        let candidates = models.router.inspect(|pool| pool.candidates.clone());
        let routed = candidates.iter().filter(|it| (it.fills || it.chats) && it.has_key);
        for target in routed.map(|it| &it.target) {
            // What it could not be started for is said by its takes.
            doctor::started(models, target).await;
            models.client.transport.connect(target).await;
        }
    }

    /// Asks for this place, as if its user had paused there.
    pub async fn sample(&self, place: &Place) -> Take {
        let asked = Instant::now();
        let failed =
            |why: String, total| Take { answer: Err(why), first_token: None, total, money: None };
        let models = match (&self.models, self.quote(place)) {
            (Some(models), Ok(_)) => models,
            (_, quote) => return failed(quote.err().unwrap_or_default(), Duration::ZERO),
        };
        let (spec, extent) = self.needed(place);
        let (gathered, syntax) =
            (self.gather(place, Trigger::Automatic, extent), &self.shared.syntax);
        let (outcome, fitted) = fill::put(models, syntax, spec, gathered, None, None).await;
        let Some(answer) = outcome.answer.as_ref().filter(|it| it.by != AnsweredBy::Standby) else {
            let tried = outcome.tried.iter().map(FailedAttempt::to_string);
            return failed(tried.collect::<Vec<_>>().join("; "), asked.elapsed());
        };
        Take {
            answer: Ok(fitted.map(|it| it.text).unwrap_or_default()),
            first_token: answer.total.and_then(|it| it.first_token),
            total: asked.elapsed(),
            money: answer.total.and_then(|it| it.money),
        }
    }

    fn needed(&self, place: &Place) -> (RequestSpec, CompletionScope) {
        let options = self.options(place.open.path.as_deref());
        let extent = self.extent(place, Trigger::Automatic, options.lines);
        (fill::need(options, place, Trigger::Automatic, extent), extent)
    }
}
