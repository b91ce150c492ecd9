//! Sums of calls by provider, model, feature or day.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::models::price::date;
use crate::models::price::money::Money;
use crate::models::token_usage::Usage;
use crate::usage::record::{Call, CallOutcome};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    Provider,
    Model,
    Feature,
    Day,
}

/// Sums of a group of calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportLine {
    /// The provider, model, feature or day.
    pub name: String,
    pub requests: u64,
    pub failed: u64,
    /// Answered after another model had failed.
    pub failovers: u64,
    #[serde(rename = "dollars", serialize_with = "dollars")]
    pub money: Money,
    /// Calls whose cost or tokens are estimates, and calls of unknown price, which `money` excludes.
    pub estimated: u64,
    pub unpriced: u64,
    #[serde(flatten, serialize_with = "tokens")]
    pub usage: Usage,
    pub first_token: Spread,
    pub total: Spread,
    pub shown: u64,
    pub accepted: u64,
    pub kept: u64,
}

/// Median and 95th percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    #[serde(rename = "p50_ms", serialize_with = "millis")]
    pub p50: Option<Duration>,
    #[serde(rename = "p95_ms", serialize_with = "millis")]
    pub p95: Option<Duration>,
}

/// A line for each name, by descending cost; days in ascending order.
pub fn lines(calls: &[Call], by: GroupBy) -> Vec<ReportLine> {
    let mut groups: BTreeMap<String, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        groups.entry(name(call, by)).or_default().push(call);
    }
    let mut lines: Vec<ReportLine> = groups.into_iter().map(|(name, of)| line(name, &of)).collect();
    if by != GroupBy::Day {
        // The sort is stable: equal lines stay in the order of their names.
        lines.sort_by_key(|it| std::cmp::Reverse((it.money, it.requests)));
    }
    lines
}

/// One line for all calls.
pub fn total(calls: &[Call]) -> ReportLine {
    line("all".to_owned(), &calls.iter().collect::<Vec<_>>())
}

/// One line per target and feature. Plans are made from them.
pub fn standings(calls: &[Call]) -> BTreeMap<(String, String), ReportLine> {
    pairs(calls, |it| (it.target(), it.feature.clone()))
}

/// One line per day and provider, named after the day.
pub fn daily(calls: &[Call]) -> BTreeMap<(String, String), ReportLine> {
    pairs(calls, |it| (name(it, GroupBy::Day), it.provider.clone()))
}

/// The tokens that a call read, without those from a cache, and the time until its first token; `None` if they
/// are unknown.
pub fn read(call: &Call) -> Option<(u64, Duration)> {
    let is_known = !call.estimated || call.usage.cached > 0;
    let tokens = call.usage.prompt.saturating_sub(call.usage.cached);
    is_known.then_some((tokens, call.first_token?))
}

fn pairs(
    calls: &[Call],
    key: impl Fn(&Call) -> (String, String),
) -> BTreeMap<(String, String), ReportLine> {
    let mut groups: BTreeMap<(String, String), Vec<&Call>> = BTreeMap::new();
    for call in calls {
        groups.entry(key(call)).or_default().push(call);
    }
    groups.into_iter().map(|(key, of)| (key.clone(), line(key.0, &of))).collect()
}

fn name(call: &Call, by: GroupBy) -> String {
    match by {
        GroupBy::Provider => call.provider.clone(),
        GroupBy::Model => call.target(),
        GroupBy::Feature => call.feature.clone(),
        GroupBy::Day => date::of(call.at).to_string(),
    }
}

fn line(name: String, calls: &[&Call]) -> ReportLine {
    let answered = |it: &&&Call| it.outcome == CallOutcome::Answered;
    let count = |is: fn(&Call) -> bool| calls.iter().filter(|it| is(it)).count() as u64;
    ReportLine {
        name,
        requests: calls.len() as u64,
        failed: count(|it| matches!(it.outcome, CallOutcome::Failed(_))),
        failovers: count(|it| it.attempt > 0 && it.outcome == CallOutcome::Answered),
        money: calls.iter().filter_map(|it| it.money).sum(),
        estimated: count(|it| it.estimated),
        unpriced: count(|it| it.money.is_none()),
        usage: sum(calls),
        first_token: spread(calls.iter().filter_map(|it| it.first_token)),
        total: spread(calls.iter().filter(answered).map(|it| it.total)),
        shown: count(|it| it.marks.shown),
        accepted: count(|it| it.marks.accepted),
        kept: count(|it| it.marks.kept),
    }
}

fn sum(calls: &[&Call]) -> Usage {
    let mut sum = Usage::default();
    for call in calls {
        sum.prompt += call.usage.prompt;
        sum.cached += call.usage.cached;
        sum.written += call.usage.written;
        sum.output += call.usage.output;
        sum.reasoning += call.usage.reasoning;
    }
    sum
}

/// By nearest rank.
fn spread(times: impl Iterator<Item = Duration>) -> Spread {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let rank = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100);
        times.get(rank.checked_sub(1)?).copied()
    };
    Spread { p50: rank(50), p95: rank(95) }
}

impl ReportLine {
    /// Share of the prompt tokens that came from caches.
    pub fn cached_share(&self) -> Option<f64> {
        share(self.usage.cached, self.usage.prompt)
    }

    /// Share of the shown answers that were accepted.
    pub fn acceptance(&self) -> Option<f64> {
        share(self.accepted, self.shown)
    }
}

fn share(of: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

fn dollars<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(money.dollars())
}

fn millis<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|it| it.as_secs_f64() * 1000.0).serialize(serializer)
}

fn tokens<S: Serializer>(usage: &Usage, serializer: S) -> Result<S::Ok, S::Error> {
    let Usage { prompt, cached, written, output, reasoning, cost: _, reading: _, writing: _ } =
        *usage;
    let names =
        ["prompt_tokens", "cached_tokens", "written_tokens", "output_tokens", "reasoning_tokens"];
    let counts = [prompt, cached, written, output, reasoning];
    names.into_iter().zip(counts).collect::<BTreeMap<_, _>>().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_nearest_rank() {
        let times = |count: u64| (1..=count).rev().map(Duration::from_millis);
        let ms = |it: u64| Some(Duration::from_millis(it));
        assert_eq!(spread(times(0)), Spread::default());
        assert_eq!(spread(times(1)), Spread { p50: ms(1), p95: ms(1) });
        assert_eq!(spread(times(100)), Spread { p50: ms(50), p95: ms(95) });
        assert_eq!(spread(times(4)), Spread { p50: ms(2), p95: ms(4) });
    }
}
