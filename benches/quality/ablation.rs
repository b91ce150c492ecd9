//! The value of each feature of the n-gram model: the same positions and lines without the feature, with all
//! weights fitted without it on the half of the repositories that is not measured.

use std::fmt::Write;
use std::sync::mpsc;
use std::thread;

use understudy::predict::PredictOptions;
use understudy::predict::gains::Gains;
use understudy::predict::weights::Weights;

use super::bootstrap::Pair;
use super::fit::Read;
use super::report::{OURS, Row, Typed};
use super::{bootstrap, fit, rest_of_line, typing};

/// Thresholds, to compare saved characters at the same number of wrong suggestions.
const GRID: [f32; 6] = [0.76, 0.80, 0.84, 0.88, 0.92, 0.96];
/// Wrong suggestions per thousand characters at which saved characters are compared.
const AT: [f64; 2] = [8.0, 12.0];

/// A model on all repositories.
struct Measured {
    lines: Vec<Row>,
    typed: Vec<Typed>,
}

/// The table. The last columns are the loss of exact matches relative to the full model, with a 95 %
/// confidence interval over the files.
pub(crate) fn table(all: &[Read], positions: usize, lines: usize, only: &str) -> String {
    let named = Gains::ALL.into_iter().filter(|it| it.1.contains(only));
    let variants: Vec<_> = [(Gains::NONE, "nothing")].into_iter().chain(named).collect();
    let [first, second] = AT.map(|it| format!("saved@{it}"));
    let mut table = format!(
        "{:<17}{:>7} {:>7} {:>9} {:>9}  {:>7} {:>15}\n",
        "without", "exact", "P@30%", first, second, "ratio", "95%"
    );
    let (sender, measured) = mpsc::channel();
    let done: Vec<Measured> = thread::scope(|scope| {
        for (at, (without, _)) in variants.iter().enumerate() {
            let sender = sender.clone();
            let work = move || _ = sender.send((at, measure(all, positions, lines, *without)));
            scope.spawn(work);
        }
        drop(sender);
        let mut done: Vec<(usize, Measured)> = measured.iter().collect();
        done.sort_by_key(|it| it.0);
        done.into_iter().map(|it| it.1).collect()
    });
    for ((_, name), it) in variants.iter().zip(&done) {
        let exact = it.lines.iter().filter(|it| it.right).count() as f64 / it.lines.len() as f64;
        let [first, second] = AT.map(|wrong| it.saved_at(wrong));
        let [ratio, low, high] = bootstrap::ratio(&pairs(&it.lines, &done[0].lines), 95);
        let precise = it.precision(0.3);
        writeln!(
            table,
            "{name:<17}{exact:>7.4} {precise:>7.3} {first:>9.1} {second:>9.1}  {ratio:>7.4} {low:>8.4}-{high:.4}"
        )
        .expect("a string takes everything");
    }
    table
}

fn measure(all: &[Read], positions: usize, lines: usize, without: Gains) -> Measured {
    let mut measured = Measured { lines: Vec::new(), typed: Vec::new() };
    measured.typed.extend(GRID.map(|it| Typed::new("all", OURS, it)));
    for half in 0..2 {
        let side = |of: usize| all.iter().enumerate().filter(move |it| it.0 % 2 == of);
        let weights: &'static Weights =
            fit::weights(side(1 - half).map(|it| it.1), positions, without);
        let options = PredictOptions { without, weights, ..PredictOptions::default() };
        for (_, Read { corpus, tokens }) in side(half) {
            let rows = rest_of_line::run_with(corpus, tokens, positions, &options);
            measured.lines.extend(rows);
            for (threshold, typed) in GRID.iter().zip(&mut measured.typed) {
                let options = PredictOptions { threshold: *threshold, ..options };
                let files = typing::by_file(corpus, tokens, lines, &options);
                files.iter().for_each(|it| typed.add(it));
            }
        }
    }
    measured
}

impl Measured {
    /// Characters saved per thousand at the threshold with this number of wrong suggestions, interpolated
    /// between two of the grid.
    fn saved_at(&self, wrong: f64) -> f64 {
        let point = |it: &Typed| (it.per_thousand(it.wrong), it.per_thousand(it.saved));
        let points: Vec<(f64, f64)> = self.typed.iter().map(point).collect();
        let pair = points.windows(2).find(|it| it[1].0 <= wrong);
        let Some(&[(w0, s0), (w1, s1)]) = pair else { return f64::NAN };
        s1 + (s0 - s1) * ((wrong - w1) / (w0 - w1).max(1e-9)).min(1.0)
    }

    /// Among the most confident share.
    fn precision(&self, share: f64) -> f64 {
        let mut lines: Vec<&Row> = self.lines.iter().collect();
        lines.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        lines.truncate((lines.len() as f64 * share) as usize);
        lines.iter().filter(|it| it.right).count() as f64 / lines.len().max(1) as f64
    }
}

/// Exact matches by file.
fn pairs(ours: &[Row], whole: &[Row]) -> Vec<Pair> {
    let mut pairs: Vec<(&str, usize, Pair)> = Vec::new();
    for (a, b) in ours.iter().zip(whole) {
        let (ours, theirs) = (f64::from(u8::from(a.right)), f64::from(u8::from(b.right)));
        match pairs.last_mut().filter(|it| it.0 == a.repo && it.1 == a.file) {
            Some((_, _, pair)) => {
                pair.ours += ours;
                pair.theirs += theirs;
            }
            None => pairs.push((&a.repo, a.file, Pair { ours, theirs })),
        }
    }
    pairs.into_iter().map(|it| it.2).collect()
}
