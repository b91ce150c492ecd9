//! What the takes of each model come to, and whom that would have asked first.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::feature::completion::benchmark::Take;

/// A model is clearly worse from so many standard errors on.
const CLEARLY: f64 = 2.0;

/// How a take compares with what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModelVerdict {
    /// The rest of the line.
    Exact,
    /// Right as far as it goes.
    Begins,
    Wrong,
}

/// What one model's takes come to.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    #[serde(serialize_with = "text")]
    pub(super) model: Arc<str>,
    pub(super) asked: usize,
    pub(super) answered: usize,
    pub(super) exact: usize,
    /// Exact, or right as far as it goes.
    pub(super) kept: usize,
    pub(super) first_token_ms_p50: Option<u64>,
    pub(super) first_token_ms_p95: Option<u64>,
    pub(super) total_ms_p50: Option<u64>,
    /// A thousand such calls; nothing where nobody knows.
    pub(super) usd_per_1000: Option<f64>,
    /// Why it did not answer, the last time.
    pub(super) trouble: Option<String>,
    /// Place by place.
    #[serde(skip)]
    by_place: Vec<bool>,
}

/// Compares the first line: only that was hidden. Runs of white space are one.
pub(super) fn verdict(truth: &str, said: &str) -> ModelVerdict {
    let fold = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
    let (truth, said) = (fold(truth), fold(said.lines().next().unwrap_or_default()));
    match () {
        () if said == truth => ModelVerdict::Exact,
        () if !said.is_empty() && truth.starts_with(&said) => ModelVerdict::Begins,
        () => ModelVerdict::Wrong,
    }
}

impl Figures {
    /// Of a model's takes, beside what stood at each place.
    pub(super) fn of<'a>(
        model: Arc<str>,
        takes: &[Take],
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
            trouble: takes.iter().filter_map(|it| it.answer.clone().err()).next_back(),
            by_place: verdicts.iter().map(|it| *it != ModelVerdict::Wrong).collect(),
        }
    }

    /// What one suggestion that is kept costs, in dollars and in waiting.
    fn price_of_kept(&self, a_second: f64) -> f64 {
        let dollars = self.usd_per_1000.map_or(f64::INFINITY, |it| it / 1000.0);
        let seconds = self.total_ms_p50.unwrap_or_default() as f64 / 1000.0;
        (dollars + a_second * seconds) * self.asked as f64 / self.kept as f64
    }

    /// Whether the places say that `other` knows more, and not by chance alone: of those where the
    /// two differ, how many speak for which.
    fn is_clearly_worse_than(&self, other: &Self) -> bool {
        let pairs = || self.by_place.iter().zip(&other.by_place);
        let lost = pairs().filter(|it| !*it.0 && *it.1).count() as f64;
        let won = pairs().filter(|it| *it.0 && !*it.1).count() as f64;
        lost - won > CLEARLY * (lost + won).sqrt()
    }
}

/// Groups of equals, best first, and in each the best value first. Who was never right is in none.
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
    fn a_line_is_right_exactly_or_as_far_as_it_goes() {
        for (truth, said, expected) in [
            ("a + b;", "a  + b;", ModelVerdict::Exact),
            ("a + b;", "a + b;\nmore();", ModelVerdict::Exact),
            ("a + b;", "a +", ModelVerdict::Begins),
            ("a + b;", "a - b;", ModelVerdict::Wrong),
            ("a + b;", "a + b; c", ModelVerdict::Wrong),
            ("a + b;", "", ModelVerdict::Wrong),
            ("a + b;", "\na + b;", ModelVerdict::Wrong),
        ] {
            assert_eq!(verdict(truth, said), expected, "{said}");
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
        Figures::of(model.into(), &takes, std::iter::repeat("yes"))
    }

    #[test]
    fn equals_stand_in_a_group_the_best_value_first() {
        let all = [
            heard("dear", 20, 30, Some(0.01)),
            heard("cheap", 18, 30, Some(0.0001)),
            heard("unpriced", 19, 30, None),
            heard("poor", 5, 30, Some(0.0)),
            heard("never", 0, 30, Some(0.0)),
        ];
        let groups = groups(&all, 0.002);
        let names: Vec<Vec<&str>> =
            groups.iter().map(|it| it.iter().map(|it| &*it.model).collect()).collect();
        assert_eq!(names, [vec!["cheap", "dear", "unpriced"], vec!["poor"]]);
    }

    #[test]
    fn times_and_money_are_of_those_that_answered() {
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
        let figures = Figures::of("m".into(), &takes, std::iter::repeat("yes"));
        assert_eq!((figures.asked, figures.answered, figures.kept), (5, 4, 4));
        assert_eq!(figures.first_token_ms_p50, Some(20));
        assert_eq!(figures.first_token_ms_p95, Some(40));
        assert_eq!(figures.total_ms_p50, Some(40));
        assert!((figures.usd_per_1000.unwrap_or_default() - 1.0).abs() < 1e-9);
        assert_eq!(figures.trouble.as_deref(), Some("down"));
    }
}
