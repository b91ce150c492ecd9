//! Chooses the default threshold of `predict::Options` on repositories of TRAIN, so that results on the other
//! repositories do not depend on the choice.

use std::fmt::Write;

use understudy::predict::PredictOptions;
use understudy::workspace::tokens::Tokens;

use super::bootstrap::Pair;
use super::corpus::Corpus;
use super::report::{OURS, Typed};
use super::{bootstrap, typing};

/// Candidate thresholds, in hundredths.
const GRID: std::ops::RangeInclusive<u8> = 80..=94;
/// Maximum wrong suggestions per thousand typed characters.
const BORNE: f64 = 10.0;

/// Files typed at each threshold.
#[derive(Default)]
pub(crate) struct Choice {
    files: Vec<Vec<Typed>>,
}

impl Choice {
    pub(crate) fn gather(&mut self, corpus: &Corpus, tokens: &Tokens, lines: usize) {
        self.files.resize_with(GRID.count(), Vec::new);
        for (at, hundredths) in GRID.enumerate() {
            let threshold = f32::from(hundredths) / 100.0;
            let options = PredictOptions { threshold, ..PredictOptions::default() };
            let files = typing::by_file(corpus, tokens, lines, &options);
            self.files[at].extend(files);
        }
    }

    /// Saved and wrong characters for each threshold, and the lowest threshold whose upper confidence bound
    /// is acceptable.
    pub(crate) fn table(&self) -> String {
        let mut table = String::from("from  saved/1000  wrong/1000  at most\n");
        let mut chosen = None;
        for files in self.files.iter().filter(|it| !it.is_empty()) {
            let mut all = Typed::new("all", OURS, files[0].threshold);
            files.iter().for_each(|it| all.add(it));
            let wrong = |it: &Typed| Pair { ours: it.wrong as f64, theirs: it.chars as f64 };
            let pairs: Vec<Pair> = files.iter().map(wrong).collect();
            // The upper bound of a one-sided 95 % confidence interval.
            let [_, _, high] = bootstrap::ratio(&pairs, 90);
            let at_most = 1000.0 * high;
            let [saved, wrong] = [all.saved, all.wrong].map(|it| all.per_thousand(it));
            let threshold = all.threshold;
            let line = format!("{threshold:.2}  {saved:>10.1}  {wrong:>10.1}  {at_most:>7.1}");
            writeln!(table, "{line}").expect("a string takes everything");
            chosen = chosen.or((at_most <= BORNE).then_some(threshold));
        }
        table
            + &chosen.map_or("no threshold is acceptable\n".to_owned(), |it| {
                format!("chosen: {it:.2}\n")
            })
    }
}
