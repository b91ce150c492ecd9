//! The notice that a suggestion costs more than `limit.complete.usd` with every model. It is shown once per
//! set of models and limit, in all windows together.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::models::price::money::Money;
use crate::router::outcome::{MissReason, MissedModel, RequestOutcome};
use crate::router::plan::SkipReason;
use crate::router::spec::{Capability, Feature, RequestSpec};
use crate::usage;
use crate::usage::Ledger;
use crate::usage::record::Call;

/// Requests per hour of typing if the ledger has too few calls to measure it. A simulated user (four keys per
/// second, a chat model that answers after 0.6 s) caused 0.07 requests per key if half or all of the
/// suggestions were right, and 0.13 if none was. An hour at the editor is assumed to have 2,000 keys, about
/// ten minutes of steady typing.
const PER_HOUR: f64 = 150.0;
/// Age of the ledger's calls that count, and the length, in seconds, of a slot. A slot with a call counts as
/// time in which the user typed.
const MEASURED: Duration = Duration::from_hours(30 * 24);
const SLOT: u64 = 300;
/// Hours of typing needed for a measurement.
const LEAST_HOURS: f64 = 2.0;
/// The factor above the price that *Allow* sets, since prompts differ.
const MARGIN: f64 = 1.25;

/// Every model costs more than the limit; `target` is the cheapest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooDear {
    pub target: Arc<str>,
    /// Cost of one suggestion with the smallest prompt.
    pub money: Money,
    pub per_hour: Money,
    pub limit: Money,
}

/// The next notice, and the models of the last one.
#[derive(Clone, Default)]
pub struct Notices(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    last: Option<String>,
    next: Option<TooDear>,
}

impl TooDear {
    /// The limit that allows the model, in dollars: its price with a margin, rounded up to two digits.
    pub fn allowing(&self) -> f64 {
        let dollars = self.money.dollars() * MARGIN;
        let unit = 10_f64.powf(dollars.log10().floor() - 1.0);
        // The limit is written as the shortest decimal of this number.
        format!("{:.9}", (dollars / unit).ceil() * unit).parse().unwrap_or(dollars)
    }
}

impl fmt::Display for TooDear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, money, per_hour, limit } = self;
        write!(
            f,
            "{target} costs about {money} per suggestion, {per_hour} per hour of typing; \
             `limit.complete.usd` allows {limit}"
        )
    }
}

impl Notices {
    /// Notes that no model answered a request while typing because of the price.
    pub(crate) async fn note(&self, spec: &RequestSpec, outcome: &RequestOutcome, ledger: &Ledger) {
        let Some(limit) = spec.usd.filter(|_| is_typing(spec)) else { return };
        let Some((target, money)) = cheapest(&outcome.missed) else { return };
        let what = format!("price of {} above {limit}", names(&outcome.missed).join(", "));
        if self.lock().last.replace(what.clone()).is_some_and(|it| it == what) {
            return;
        }
        let now = SystemTime::now();
        if !ledger.is_first_to_say(now, what, usage::EVER).await {
            return;
        }
        let calls = ledger.calls(now.checked_sub(MEASURED).unwrap_or(UNIX_EPOCH)).await;
        let per_hour = measured(&calls).unwrap_or(PER_HOUR) * money.dollars();
        let per_hour = Money::from_dollars(per_hour).unwrap_or(Money::MAX);
        self.lock().next = Some(TooDear { target, money, per_hour, limit });
    }

    /// Removes and returns the next notice. The caller shows it.
    pub fn take(&self) -> Option<TooDear> {
        self.lock().next.take()
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, Inner> {
        self.0.lock()
    }
}

fn is_typing(spec: &RequestSpec) -> bool {
    spec.ahead.is_none() && matches!(spec.wants, Capability::Fill | Capability::FillOrBrief)
}

/// The model with the lowest price, if the price is what keeps all usable models from answering.
fn cheapest(missed: &[MissedModel]) -> Option<(Arc<str>, Money)> {
    let price = |it: &MissedModel| match it.cause {
        MissReason::Skipped(SkipReason::TooDear(money)) => Some((Arc::clone(&it.target), money)),
        _ => None,
    };
    let all = missed.iter().all(|it| matches!(&it.cause, MissReason::Skipped(why) if lasts(*why)));
    missed.iter().filter_map(price).min_by_key(|it| it.1).filter(|_| all)
}

/// Whether a reason for skipping a model does not end by itself.
fn lasts(why: SkipReason) -> bool {
    match why {
        SkipReason::TooDear(_)
        | SkipReason::NotRouted
        | SkipReason::NoKey
        | SkipReason::Reasons
        | SkipReason::Searches
        | SkipReason::CannotChat
        | SkipReason::NotAllowed
        | SkipReason::Remote
        | SkipReason::Trains
        | SkipReason::MayTrain
        | SkipReason::Unpriced
        | SkipReason::CannotStart
        | SkipReason::LaterGroup => true,
        SkipReason::CannotFill
        | SkipReason::Excepted
        | SkipReason::Cooldown(..)
        | SkipReason::Capped(_)
        | SkipReason::ContextTooShort(_)
        | SkipReason::Starting
        | SkipReason::Down(_)
        | SkipReason::NoRoom(_) => false,
    }
}

fn names(missed: &[MissedModel]) -> Vec<&str> {
    let is_above_limit =
        |it: &&MissedModel| matches!(it.cause, MissReason::Skipped(SkipReason::TooDear(_)));
    let mut names: Vec<&str> = missed.iter().filter(is_above_limit).map(|it| &*it.target).collect();
    names.sort_unstable();
    names
}

/// Requests per hour of typing, if the ledger has enough of them.
fn measured(calls: &[Call]) -> Option<f64> {
    let calls = calls.iter().filter(|it| it.feature == Feature::Complete.name());
    let slot = |it: &Call| it.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / SLOT;
    let slots: Vec<u64> = calls.map(slot).collect();
    let busy: BTreeSet<&u64> = slots.iter().collect();
    let hours = (busy.len() as u64 * SLOT) as f64 / 3600.0;
    (hours >= LEAST_HOURS).then(|| slots.len() as f64 / hours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::token_usage::Usage;
    use crate::usage::record::{CallId, CallMarks, CallOutcome};

    fn money(dollars: f64) -> Money {
        Money::from_dollars(dollars).unwrap()
    }

    fn notice(dollars: f64) -> TooDear {
        TooDear {
            target: "anthropic/claude-opus-4".into(),
            money: money(dollars),
            per_hour: money(dollars * PER_HOUR),
            limit: money(0.002),
        }
    }

    #[test]
    fn the_notice_names_both_costs_and_the_limit() {
        assert_eq!(
            notice(0.004).to_string(),
            "anthropic/claude-opus-4 costs about $0.004 per suggestion, $0.60 per hour of typing; \
             `limit.complete.usd` allows $0.002"
        );
    }

    #[test]
    fn allow_sets_a_limit_above_the_price_with_two_digits() {
        for (dollars, allowed) in [(0.004, 0.005), (0.00291, 0.0037), (0.0123, 0.016), (1.0, 1.3)] {
            assert_eq!(notice(dollars).allowing(), allowed, "{dollars}");
        }
    }

    #[test]
    fn the_notice_names_the_cheapest_model_unless_another_can_answer_later() {
        let miss = |target: &str, why| MissedModel {
            target: target.into(),
            cause: MissReason::Skipped(why),
        };
        let two = |other| {
            let all = [miss("a/x", SkipReason::TooDear(money(0.01))), miss("b/y", other)];
            cheapest(&all).map(|it| it.0.to_string())
        };
        assert_eq!(two(SkipReason::TooDear(money(0.004))).as_deref(), Some("b/y"));
        assert_eq!(two(SkipReason::NoKey).as_deref(), Some("a/x"));
        assert_eq!(two(SkipReason::Down(Duration::from_secs(1))), None);
        assert_eq!(two(SkipReason::CannotFill), None);
        assert_eq!(cheapest(&[miss("a/x", SkipReason::NoKey)]), None);
    }

    #[test]
    fn requests_per_hour_are_measured_if_the_ledger_has_enough_calls() {
        let call = |minute: u64| Call {
            id: CallId::new(),
            at: UNIX_EPOCH + Duration::from_secs(60 * minute),
            provider: String::new(),
            model: String::new(),
            feature: "complete".to_owned(),
            outcome: CallOutcome::Answered,
            attempt: 0,
            usage: Usage::default(),
            money: None,
            estimated: false,
            first_token: None,
            total: Duration::ZERO,
            marks: CallMarks::default(),
        };
        let minutes =
            |count: u64| (0..count).flat_map(|it| [call(it), call(it)]).collect::<Vec<_>>();
        assert_eq!(measured(&minutes(119)), Some(119.0 * 2.0 / 2.0));
        assert_eq!(measured(&minutes(100)), None);
    }
}
