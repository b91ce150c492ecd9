//! Selects the snippets that cover most of the names that may be needed, in the fewest bytes.
//!
//! A name is more likely to be needed the more snippets contain it and the better each of them ranks. Names
//! in the window or in a selected snippet are not needed again. Gains only decrease during the selection, so
//! a greedy selection reaches at least 63 % of the optimum (Nemhauser, Wolsey and Fisher, 1978).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::context::PartKind;
use crate::workspace::chunks;

/// Bytes of a snippet besides its text: its path, or a mark for omitted lines.
const APART: usize = 10;
/// Less space than this is not used.
const LEAST: usize = 40;

/// Some lines that may be selected.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snippet {
    pub(super) kind: PartKind,
    pub(super) path: Arc<Path>,
    /// Its position in its file, and that of a snippet that follows directly.
    pub(super) at: usize,
    pub(super) next: usize,
    pub(super) text: String,
    /// The probability that its names are needed, from 0 to below 1.
    pub(super) likely: f32,
}

/// The new names of each snippet, by number, with the probability that each is needed.
struct Names<'a> {
    numbers: FxHashMap<&'a str, usize>,
    likely: Vec<f32>,
    of: Vec<Vec<usize>>,
}

impl<'a> Names<'a> {
    fn new(pieces: &'a [Snippet], window: &[&'a str]) -> Self {
        let seen: FxHashSet<&str> = window.iter().flat_map(|it| chunks::words(it)).collect();
        let mut names = Self { numbers: FxHashMap::default(), likely: Vec::new(), of: Vec::new() };
        for piece in pieces {
            let new = chunks::words(&piece.text).filter(|it| !seen.contains(it));
            let mut own: Vec<usize> = new.map(|it| names.number(it)).collect();
            own.sort_unstable();
            own.dedup();
            if piece.kind == PartKind::Outline {
                // The definition of a name is valuable whatever names it contains.
                own.push(names.likely.len());
                names.likely.push(0.0);
            }
            for it in &own {
                let missed = 1.0 - names.likely[*it];
                names.likely[*it] = 1.0 - missed * (1.0 - piece.likely);
            }
            names.of.push(own);
        }
        names
    }

    fn number(&mut self, name: &'a str) -> usize {
        *self.numbers.entry(name).or_insert_with(|| {
            self.likely.push(0.0);
            self.likely.len() - 1
        })
    }

    fn gain(&self, piece: usize) -> f32 {
        // A plain sum of no items would be -0.0.
        self.of[piece].iter().fold(0.0, |sum, it| sum + self.likely[*it])
    }

    fn take(&mut self, piece: usize) {
        for it in &self.of[piece] {
            self.likely[*it] = 0.0;
        }
    }
}

/// The snippets selected for `bytes`, best first. The last one is cut to the remaining space.
pub(super) fn choose(pieces: Vec<Snippet>, window: &[&str], bytes: usize) -> Vec<Snippet> {
    let mut names = Names::new(&pieces, window);
    // Positive floats are ordered like their bits.
    let worth = |names: &Names<'_>, it: usize| {
        (names.gain(it) / (pieces[it].text.len() + APART) as f32).to_bits()
    };
    let all = (0..pieces.len()).map(|it| (worth(&names, it), Reverse(it)));
    let mut open: BinaryHeap<(u32, Reverse<usize>)> = all.filter(|it| it.0 > 0).collect();
    let (mut taken, mut left) = (Vec::new(), bytes);
    while left >= LEAST
        && let Some((before, Reverse(best))) = open.pop()
    {
        // Its value may have decreased since it was queued; another snippet may be better now.
        let now = worth(&names, best);
        if now < before && open.peek().is_some_and(|it| it.0 > now) {
            open.push((now, Reverse(best)));
            continue;
        }
        if now == 0 {
            break;
        }
        names.take(best);
        let length = pieces[best].text.floor_char_boundary(left - APART);
        left -= length + APART;
        taken.push((best, length));
    }
    drop(names);
    let mut pieces: Vec<Option<Snippet>> = pieces.into_iter().map(Some).collect();
    let cut = |(it, length): (usize, usize)| {
        let mut piece = pieces[it].take()?;
        piece.text.truncate(length);
        Some(piece)
    };
    taken.into_iter().filter_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, likely: f32) -> Snippet {
        Snippet {
            kind: PartKind::Snippet,
            path: Path::new("a").into(),
            at: 0,
            next: 1,
            text: text.to_owned(),
            likely,
        }
    }

    #[track_caller]
    fn check(pieces: &[(&str, f32)], bytes: usize, expected: &[&str]) {
        let pieces = pieces.iter().map(|it| piece(it.0, it.1)).collect();
        let chosen = choose(pieces, &["known"], bytes);
        assert_eq!(chosen.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_snippet_with_the_most_value_per_byte_comes_first() {
        check(&[("apple", 0.2), ("pear", 0.5)], 100, &["pear", "apple"]);
        check(
            &[("apple = 1 + 1 + 1 + 1", 0.5), ("pear", 0.4)],
            100,
            &["pear", "apple = 1 + 1 + 1 + 1"],
        );
    }

    #[test]
    fn a_name_in_several_snippets_counts_more_and_is_needed_once() {
        check(&[("plum", 0.5), ("pear", 0.4), ("pear fig", 0.4)], 100, &["pear fig", "plum"]);
    }

    #[test]
    fn known_names_are_not_selected_and_a_snippet_that_does_not_fit_is_cut() {
        check(&[("known", 0.9), ("a", 0.9)], 100, &[]);
        check(&[("peach ".repeat(20).as_str(), 0.9)], 41, &[&"peach ".repeat(7)[..31]]);
        check(&[("peach", 0.9)], 39, &[]);
    }
}
