//! The figures of each model, and the route that they suggest.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::feature::completion::benchmark::{Rates, Take};

/// Number of standard errors from which a model counts as clearly worse.
const CLEARLY: f64 = 2.0;

/// How an answer compares with the hidden text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModelVerdict {
    /// The rest of the line.
    Exact,
    /// A correct beginning of it.
    Begins,
    Wrong,
}

/// The results of one model.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    #[serde(serialize_with = "text")]
    pub(super) model: Arc<str>,
    pub(super) asked: usize,
    pub(super) answered: usize,
    pub(super) exact: usize,
    /// Exact, or a correct beginning.
    pub(super) kept: usize,
    pub(super) first_token_ms_p50: Option<u64>,
    pub(super) first_token_ms_p95: Option<u64>,
    pub(super) total_ms_p50: Option<u64>,
    /// Cost of a thousand such calls; `None` if it is unknown.
    pub(super) usd_per_1000: Option<f64>,
    /// Measured speed, for a model on this machine.
    pub(super) rates: Option<Rates>,
    /// The reason of the last call without an answer.
    pub(super) trouble: Option<String>,
    /// Whether the answer counts as kept, by place.
    #[serde(skip)]
    by_place: Vec<bool>,
}

/// Compares only the first line, since no more was hidden. Runs of white space count as one.
pub(super) fn verdict(truth: &str, answer: &str) -> ModelVerdict {
    let fold = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
    let (truth, answer) = (fold(truth), fold(answer.lines().next().unwrap_or_default()));
    match () {
        () if answer == truth => ModelVerdict::Exact,
        () if !answer.is_empty() && truth.starts_with(&answer) => ModelVerdict::Begins,
        () => ModelVerdict::Wrong,
    }
}

impl Figures {
    /// `truths` are the hidden texts, in the order of the places.
    pub(super) fn of<'a>(
        model: Arc<str>,
        takes: &[Take],
        rates: Option<Rates>,
        truths: impl Iterator<Item = &'a str>,
    ) -> Self {
        let verdicts: Vec<ModelVerdict> = takes
            .iter()
            .zip(truths)
            .map(|(it, truth)| {
                it.answer.as_ref().map_or(ModelVerdict::Wrong, |it| verdict(truth, it))
            })
            .collect();
        let answered: Vec<&Take> = takes.iter().filter(|it| it.answer.is_ok()).collect();
        let firsts: Vec<Duration> = answered.iter().filter_map(|it| it.first_token).collect();
        let totals: Vec<Duration> = answered.iter().map(|it| it.total).collect();
        let dollars = answered.iter().map(|it| it.money.map(|it| it.dollars()));
        let dollars: Option<f64> = dollars.sum();
        Self {
            model,
            asked: takes.len(),
            answered: answered.len(),
            exact: verdicts.iter().filter(|it| **it == ModelVerdict::Exact).count(),
            kept: verdicts.iter().filter(|it| **it != ModelVerdict::Wrong).count(),
            first_token_ms_p50: quantile(&firsts, 0.5),
            first_token_ms_p95: quantile(&firsts, 0.95),
            total_ms_p50: quantile(&totals, 0.5),
            usd_per_1000: dollars
                .filter(|_| !answered.is_empty())
                .map(|it| it * 1000.0 / answered.len() as f64),
            rates,
            trouble: takes.iter().filter_map(|it| it.answer.clone().err()).next_back(),
            by_place: verdicts.iter().map(|it| *it != ModelVerdict::Wrong).collect(),
        }
    }

    /// Cost of one kept suggestion in dollars, including the time of waiting.
    fn price_of_kept(&self, a_second: f64) -> f64 {
        let dollars = self.usd_per_1000.map_or(f64::INFINITY, |it| it / 1000.0);
        let seconds = self.total_ms_p50.unwrap_or_default() as f64 / 1000.0;
        (dollars + a_second * seconds) * self.asked as f64 / self.kept as f64
    }

    /// Whether `other` is better, and not by chance alone: a sign test on the places where the two differ.
    fn is_clearly_worse_than(&self, other: &Self) -> bool {
        let pairs = || self.by_place.iter().zip(&other.by_place);
        let lost = pairs().filter(|it| !*it.0 && *it.1).count() as f64;
        let won = pairs().filter(|it| *it.0 && !*it.1).count() as f64;
        lost - won > CLEARLY * (lost + won).sqrt()
    }
}

/// Groups of equivalent models, best first; within a group, the best value first. Models without a kept
/// answer are in none.
pub(super) fn groups(figures: &[Figures], a_second: f64) -> Vec<Vec<&Figures>> {
    let mut left: Vec<&Figures> = figures.iter().filter(|it| it.kept > 0).collect();
    left.sort_by_key(|it| std::cmp::Reverse(it.kept));
    let mut groups = Vec::new();
    while let Some(best) = left.first().copied() {
        let (worse, mut group): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|it| it.is_clearly_worse_than(best));
        let price = |it: &Figures| it.price_of_kept(a_second);
        group.sort_by(|a, b| price(a).total_cmp(&price(b)));
        groups.push(group);
        left = worse;
    }
    groups
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

fn quantile(times: &[Duration], share: f64) -> Option<u64> {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = (times.len() as f64 * share).ceil() as usize;
    times.get(at.saturating_sub(1)).map(|it| it.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::price::money::Money;

    #[test]
    fn an_answer_is_exact_or_a_correct_beginning() {
        for (truth, answer, expected) in [
            ("a + b;", "a  + b;", ModelVerdict::Exact),
            ("a + b;", "a + b;\nmore();", ModelVerdict::Exact),
            ("a + b;", "a +", ModelVerdict::Begins),
            ("a + b;", "a - b;", ModelVerdict::Wrong),
            ("a + b;", "a + b; c", ModelVerdict::Wrong),
            ("a + b;", "", ModelVerdict::Wrong),
            ("a + b;", "\na + b;", ModelVerdict::Wrong),
        ] {
            assert_eq!(verdict(truth, answer), expected, "{answer}");
        }
    }

    fn heard(model: &str, kept: usize, of: usize, dollars: Option<f64>) -> Figures {
        let takes: Vec<Take> = (0..of)
            .map(|it| Take {
                answer: Ok(if it < kept { "yes" } else { "no" }.to_owned()),
                first_token: Some(Duration::from_millis(it as u64)),
                total: Duration::from_millis(100),
                money: dollars.and_then(Money::from_dollars),
            })
            .collect();
        Figures::of(model.into(), &takes, None, std::iter::repeat("yes"))
    }

    #[test]
    fn equivalent_models_share_a_group_with_the_best_value_first() {
        let all = [
            heard("costly", 20, 30, Some(0.01)),
            heard("cheap", 18, 30, Some(0.0001)),
            heard("unpriced", 19, 30, None),
            heard("poor", 5, 30, Some(0.0)),
            heard("never", 0, 30, Some(0.0)),
        ];
        let groups = groups(&all, 0.002);
        let names: Vec<Vec<&str>> =
            groups.iter().map(|it| it.iter().map(|it| &*it.model).collect()).collect();
        assert_eq!(names, [vec!["cheap", "costly", "unpriced"], vec!["poor"]]);
    }

    #[test]
    fn times_and_costs_exclude_failed_calls() {
        let mut takes: Vec<Take> = Vec::new();
        for millis in [10, 20, 30, 40] {
            takes.push(Take {
                answer: Ok("yes".to_owned()),
                first_token: Some(Duration::from_millis(millis)),
                total: Duration::from_millis(2 * millis),
                money: Money::from_dollars(0.001),
            });
        }
        takes.push(Take {
            answer: Err("down".to_owned()),
            first_token: None,
            total: Duration::from_secs(2),
            money: None,
        });
        let figures = Figures::of("m".into(), &takes, None, std::iter::repeat("yes"));
        assert_eq!((figures.asked, figures.answered, figures.kept), (5, 4, 4));
        assert_eq!(figures.first_token_ms_p50, Some(20));
        assert_eq!(figures.first_token_ms_p95, Some(40));
        assert_eq!(figures.total_ms_p50, Some(40));
        assert!((figures.usd_per_1000.unwrap_or_default() - 1.0).abs() < 1e-9);
        assert_eq!(figures.trouble.as_deref(), Some("down"));
    }
}
