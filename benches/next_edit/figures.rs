//! Results of the replays: shares with 95 % confidence intervals from a thousand resamplings of the commits.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};
use understudy::feature::next_edit::{NextEdit, NextEditKind};

use crate::bootstrap::{Pair, ratio};
use crate::random::Random;

const PERCENT: usize = 95;
const DRAWS: usize = 1000;
const KINDS: [(&str, NextEditKind); 3] = [
    ("repeat", NextEditKind::Repeat),
    ("rename", NextEditKind::Rename),
    ("parameter", NextEditKind::Parameter),
];

/// Result of a request.
pub(crate) struct Outcome {
    pub(crate) time: Duration,
    pub(crate) is_shown: bool,
    /// The edit, unless the baseline shows one.
    pub(crate) edit: Option<NextEdit>,
    pub(crate) fate: Option<Fate>,
    /// Changes that the edit makes, if it is correct, which no earlier request returned.
    pub(crate) new: usize,
    /// All changes of the commit are made: no edit is expected.
    pub(crate) is_last: bool,
}

/// What the commit does at the place of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// The same edit.
    Made,
    /// It removes the old text in another way.
    Replaced,
    /// It leaves the old text there, and later adds it again elsewhere in the file: a new meaning of a name.
    Returned,
    /// It leaves the old text there.
    Left,
}

/// Edits of one kind, by commit.
#[derive(Default)]
struct Kind {
    /// By what the commit does.
    fates: BTreeMap<Fate, usize>,
    /// Made, and not left, of those shown.
    made: Vec<Pair>,
    not_left: Vec<Pair>,
    /// Covered, of the later changes.
    coverage: Vec<Pair>,
}

#[derive(Default)]
pub(crate) struct Figures {
    commits: usize,
    several: usize,
    changes: usize,
    shown: usize,
    /// By commit: correct of shown, covered of later changes, silent of requests without an expected edit.
    precision: Vec<Pair>,
    coverage: Vec<Pair>,
    quiet: Vec<Pair>,
    times: Vec<Duration>,
    /// By the source of an edit: shown and correct.
    cells: BTreeMap<String, [usize; 2]>,
    kinds: BTreeMap<&'static str, Kind>,
}

impl Outcome {
    fn is_right(&self) -> bool {
        self.fate == Some(Fate::Made)
    }
}

impl Figures {
    /// Adds a commit with this number of hunks.
    pub(crate) fn record(&mut self, hunks: usize, outcomes: Vec<Outcome>) {
        let count = |it: fn(&Outcome) -> bool| outcomes.iter().filter(|o| it(o)).count();
        let pair = |ours: usize, theirs: usize| Pair { ours: ours as f64, theirs: theirs as f64 };
        let (shown, right) = (count(|it| it.is_shown), count(Outcome::is_right));
        self.commits += 1;
        // A commit with one hunk has no later place, but may make the same change again within its hunk.
        let is_due = |it: &Outcome| hunks > 1 && !it.is_last || it.is_right();
        let undue: Vec<&Outcome> = outcomes.iter().filter(|it| !is_due(it)).collect();
        let quiet = undue.iter().filter(|it| !it.is_shown).count();
        self.quiet.push(pair(quiet, undue.len()));
        if hunks > 1 {
            self.several += 1;
            self.changes += outcomes.len();
            self.shown += shown;
            self.precision.push(pair(right, shown));
            let new = outcomes.iter().map(|it| it.new).sum();
            self.coverage.push(pair(new, outcomes.len().saturating_sub(1)));
            for outcome in &outcomes {
                let Some(edit) = &outcome.edit else { continue };
                let cell = self.cells.entry(edit.grounds()).or_default();
                cell[0] += 1;
                cell[1] += usize::from(outcome.is_right());
            }
            self.record_kinds(&outcomes);
        }
        self.times.extend(outcomes.iter().map(|it| it.time));
    }

    fn record_kinds(&mut self, outcomes: &[Outcome]) {
        for (name, kind) in KINDS {
            let of_it = |it: &&Outcome| it.edit.as_ref().is_some_and(|it| it.kind == kind);
            let shown: Vec<&Outcome> = outcomes.iter().filter(of_it).collect();
            let share = |is: fn(&&Outcome) -> bool, of: usize| Pair {
                ours: shown.iter().copied().filter(is).count() as f64,
                theirs: of as f64,
            };
            let kind = self.kinds.entry(name).or_default();
            for fate in shown.iter().filter_map(|it| it.fate) {
                *kind.fates.entry(fate).or_default() += 1;
            }
            kind.made.push(share(|it| it.is_right(), shown.len()));
            kind.not_left.push(share(|it| it.fate != Some(Fate::Left), shown.len()));
            let new: usize = shown.iter().map(|it| it.new).sum();
            kind.coverage
                .push(Pair { ours: new as f64, theirs: outcomes.len().saturating_sub(1) as f64 });
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.commits += other.commits;
        self.several += other.several;
        self.changes += other.changes;
        self.shown += other.shown;
        self.precision.extend(other.precision);
        self.coverage.extend(other.coverage);
        self.quiet.extend(other.quiet);
        self.times.extend(other.times);
        for (cell, [shown, right]) in other.cells {
            let sum = self.cells.entry(cell).or_default();
            *sum = [sum[0] + shown, sum[1] + right];
        }
        for (name, other) in other.kinds {
            let kind = self.kinds.entry(name).or_default();
            for (fate, count) in other.fates {
                *kind.fates.entry(fate).or_default() += count;
            }
            kind.made.extend(other.made);
            kind.not_left.extend(other.not_left);
            kind.coverage.extend(other.coverage);
        }
    }

    pub(crate) fn table(&self, name: &str) -> String {
        let mut text = format!(
            "{name}: {} commits, {} of several hunks, {} changes, {} edits shown\n",
            self.commits, self.several, self.changes, self.shown
        );
        for (name, pairs) in self.shares() {
            let [share, low, high] = ratio(pairs, PERCENT).map(|it| it * 100.0);
            _ = writeln!(text, "  {name:10} {share:5.1} %  ({low:.1} to {high:.1})");
        }
        _ = writeln!(
            text,
            "  {:10} {:.2} ms median, {:.2} ms p95",
            "request",
            self.time(50),
            self.time(95)
        );
        text
    }

    /// Shares by kind of edit.
    pub(crate) fn kinds(&self) -> String {
        let share = |pairs: &[Pair]| {
            let [share, low, high] = ratio(pairs, PERCENT).map(|it| it * 100.0);
            format!("{share:5.1} % ({low:.1} to {high:.1})")
        };
        let lines = self.kinds.iter().map(|(name, kind)| {
            let Kind { fates, made, not_left, coverage } = kind;
            let [made, not_left, coverage] = [made, not_left, coverage].map(|it| share(it));
            format!(
                "  {name:10} {fates:?}\n  {:10} made {made}, not left {not_left}, coverage {coverage}\n",
                ""
            )
        });
        lines.collect()
    }

    /// Correct edits by source.
    pub(crate) fn cells(&self) -> String {
        let lines = self.cells.iter().map(|(cell, [shown, right])| {
            format!("  {cell:44} {shown:6} shown {:5.1} %\n", 100.0 * *right as f64 / *shown as f64)
        });
        lines.collect()
    }

    pub(crate) fn json(&self) -> Value {
        let shares = self.shares().map(|(name, pairs)| {
            let [share, low, high] = ratio(pairs, PERCENT);
            (name.to_owned(), json!({ "share": share, "low": low, "high": high }))
        });
        let mut all = serde_json::Map::from_iter(shares);
        all.insert("commits".to_owned(), self.commits.into());
        all.insert("changes".to_owned(), self.changes.into());
        all.insert("shown".to_owned(), self.shown.into());
        all.insert("ms".to_owned(), json!({ "median": self.time(50), "p95": self.time(95) }));
        all.into()
    }

    fn shares(&self) -> [(&'static str, &[Pair]); 3] {
        [("precision", &self.precision), ("coverage", &self.coverage), ("quiet", &self.quiet)]
    }

    /// How much higher the shares are than those of a baseline, with the bounds of samples of the same commits for both.
    pub(crate) fn compared(&self, baseline: &Self) -> String {
        let shares = self.shares().into_iter().zip(baseline.shares());
        let lines = shares.map(|((name, own), (_, other))| {
            let [mean, low, high] = difference(own, other).map(|it| it * 100.0);
            format!("  {name:10} {mean:+5.1} points  ({low:+.1} to {high:+.1})\n")
        });
        lines.collect()
    }

    /// A percentile, in milliseconds.
    fn time(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort();
        let at = times.len().saturating_sub(1) * percent / 100;
        times.get(at).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
    }
}

/// The difference of two shares of the same commits, with its bounds.
fn difference(own: &[Pair], other: &[Pair]) -> [f64; 3] {
    let share = |pairs: &[Pair], of: &[usize]| {
        let sum = |value: fn(&Pair) -> f64| of.iter().map(|it| value(&pairs[*it])).sum::<f64>();
        sum(|it| it.ours) / sum(|it| it.theirs).max(1.0)
    };
    let of = |commits: &[usize]| share(own, commits) - share(other, commits);
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| of(&own.iter().map(|_| random.below(own.len())).collect::<Vec<_>>()))
        .collect();
    draws.sort_by(f64::total_cmp);
    let left_out = DRAWS * (100 - PERCENT) / 200;
    [of(&(0..own.len()).collect::<Vec<_>>()), draws[left_out], draws[DRAWS - 1 - left_out]]
}
