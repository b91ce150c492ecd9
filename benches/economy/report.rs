//! The table, and the frontier: the cost of a fixed pause with the same waiting time.

use std::collections::HashSet;
use std::time::Duration;

use crate::bootstrap::Pair;
use crate::model::Used;
use crate::typist::Typed;
use crate::{PRICE, bootstrap};

/// Figures of a policy over all files.
pub(crate) struct Row {
    name: String,
    typed: Typed,
    used: Used,
    /// Shown texts of paid calls, and their tokens.
    paid: (u64, u64),
    /// Waiting times for them.
    waits: Vec<Duration>,
    /// Correct ones by file.
    right: Vec<f64>,
}

impl Row {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            typed: Typed::default(),
            used: Used::default(),
            paid: (0, 0),
            waits: Vec::new(),
            right: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, (typed, used, told): (Typed, Used, HashSet<String>)) {
        for shown in typed.shown.intersection(&told) {
            let line = shown.split_once(':').map_or("", |it| it.1).trim_start();
            self.paid.0 += 1;
            self.paid.1 += line.len().div_ceil(4) as u64;
        }
        self.typed.keys += typed.keys;
        self.typed.right += typed.right;
        self.right.push(typed.right as f64);
        self.typed.accepted += typed.accepted;
        self.typed.saved += typed.saved;
        let paid = typed.waits.iter().filter(|it| told.contains(&it.0));
        self.waits.extend(paid.map(|it| it.1));
        self.typed.waits.extend(typed.waits);
        let number = self.typed.shown.len();
        self.typed.shown.extend(typed.shown.into_iter().map(|it| format!("{number}:{it}")));
        self.used.calls += used.calls;
        self.used.prompt += used.prompt;
        self.used.output += used.output;
    }

    /// A count per thousand keystrokes, including saved ones.
    fn each(&self, count: u64) -> f64 {
        count as f64 * 1000.0 / (self.typed.keys + self.typed.saved).max(1) as f64
    }

    fn dollars(&self) -> f64 {
        let (read, said) = (self.each(self.used.prompt), self.each(self.used.output));
        (read * PRICE.0 + said * PRICE.1) / 1e6
    }

    /// Median for paid calls.
    fn wait(&self) -> Duration {
        median(self.waits.clone())
    }

    /// Median for all shown texts.
    fn any_wait(&self) -> Duration {
        median(self.typed.waits.iter().map(|it| it.1).collect())
    }

    fn print(&self) {
        let unseen = self.used.output.saturating_sub(self.paid.1);
        println!(
            "{:14} {:6.0} {:8.0} {:6.0} {:7.0} {:8.4} {:6.0} {:5.0} {:6.0} {:6.0} {:6.0} {:5} ms {:5} ms",
            self.name,
            self.each(self.used.calls),
            self.each(self.used.prompt),
            self.each(self.used.output),
            self.each(unseen),
            self.dollars(),
            self.each(self.typed.shown.len() as u64),
            self.each(self.paid.0),
            self.each(self.typed.right),
            self.each(self.typed.accepted),
            self.each(self.typed.saved),
            self.wait().as_millis(),
            self.any_wait().as_millis(),
        );
    }
}

fn median(mut waits: Vec<Duration>) -> Duration {
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied().unwrap_or_default()
}

/// Rows of the server first, then those with fixed pauses, shortest first.
pub(crate) fn print(mut rows: Vec<Row>, ours: usize) {
    // Both pay for the same prompts.
    let (prompt, calls) =
        rows[..ours].iter().fold((0, 0), |all, it| (all.0 + it.used.prompt, all.1 + it.used.calls));
    let mean = prompt / calls.max(1);
    for row in &mut rows[ours..] {
        row.used.prompt = row.used.calls * mean;
    }
    println!(
        "{:14} {:>6} {:>8} {:>6} {:>7} {:>8} {:>6} {:>5} {:>6} {:>6} {:>6} {:>8} {:>8}",
        "of 1000 keys",
        "calls",
        "read",
        "said",
        "unseen",
        "dollars",
        "shown",
        "paid",
        "right",
        "taken",
        "saved",
        "wait",
        "for any"
    );
    rows.iter().for_each(Row::print);
    println!("\nprompts have {mean} tokens\n");
    let (ours, fixed) = rows.split_at(ours);
    for row in ours {
        let (shorter, longer, share) = around(fixed, row.wait());
        let between = |a: f64, b: f64| a + share * (b - a);
        let dollars = between(shorter.dollars(), longer.dollars());
        let theirs = shorter.right.iter().zip(&longer.right).map(|it| between(*it.0, *it.1));
        let pairs = row.right.iter().zip(theirs).map(|(ours, theirs)| Pair { ours: *ours, theirs });
        let [right, low, high] = bootstrap::ratio(&pairs.collect::<Vec<_>>(), 95);
        println!(
            "{:14} {:4} ms: {:.4} dollars, a fixed pause {dollars:.4}: {:.2} of the dollars, {right:.2} of the \
             right ones ({low:.2} to {high:.2})",
            row.name,
            row.wait().as_millis(),
            row.dollars(),
            row.dollars() / dollars,
        );
    }
}

/// The fixed pauses with the nearest waiting times, and the position between them.
fn around(fixed: &[Row], wait: Duration) -> (&Row, &Row, f64) {
    let seconds = |it: &Row| it.wait().as_secs_f64();
    let wait = wait.as_secs_f64();
    let pair =
        fixed.windows(2).find(|it| wait <= seconds(&it[1])).unwrap_or(&fixed[fixed.len() - 2..]);
    let (from, to) = (seconds(&pair[0]), seconds(&pair[1]));
    (&pair[0], &pair[1], ((wait - from) / (to - from).max(1e-9)).clamp(0.0, 1.0))
}
