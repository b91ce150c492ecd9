//! The prototype's rule, as a baseline: the same change was made three times, and at least four of ten lexemes around the
//! next place are equal.
//!
//! As in the prototype, places and contexts are those of the text before the commit, and two misses mute a rule, even if
//! they were not shown.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::commit::{Commit, Step};

/// Lexemes on each side that are compared.
const CONTEXT: usize = 5;
/// Examples and equal lexemes without which nothing is shown.
const EXAMPLES: usize = 3;
const EQUAL: usize = 4;
/// Misses that mute a rule.
const MISSES: usize = 2;

static LEXEME: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"[A-Za-z_]\w*|\d[\w.]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|==|!=|<=|>=|=>|->|::|&&|\|\||\*\*|[^\s\w]"#;
    Regex::new(pattern).expect("the pattern is valid")
});

/// A change: the old lexemes and the new ones, and for insertions their neighbours.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Rule {
    left: Vec<String>,
    old: Vec<String>,
    new: Vec<String>,
    right: Vec<String>,
}

/// The places of a commit in lexemes of each file, and what was seen so far.
pub(crate) struct Baseline {
    files: Vec<Lexemes>,
    /// By rule: examples and misses.
    examples: HashMap<Rule, usize>,
    misses: HashMap<Rule, usize>,
    done: BTreeSet<(usize, usize, usize)>,
    missed: HashSet<(usize, usize, usize, Vec<String>)>,
}

/// The lexemes of a text.
struct Lexemes {
    words: Vec<String>,
    ranges: Vec<Range<usize>>,
    lines: Vec<usize>,
    places: HashMap<String, Vec<usize>>,
}

/// A predicted change of the old text of a file.
pub(crate) struct Prediction {
    pub(crate) file: usize,
    pub(crate) step: Step,
    pub(crate) is_shown: bool,
    rule: Rule,
    place: Range<usize>,
}

/// A place where a rule fits.
struct Place {
    file: usize,
    range: Range<usize>,
    equal: usize,
    /// Lines from the example; the places behind it come first.
    distance: (usize, bool),
}

impl Baseline {
    pub(crate) fn new(commit: &Commit) -> Self {
        let files = commit.files.iter().map(|it| Lexemes::new(&it.old)).collect();
        let (examples, misses) = (HashMap::new(), HashMap::new());
        Self { files, examples, misses, done: BTreeSet::new(), missed: HashSet::new() }
    }

    /// The next change after a change.
    pub(crate) fn predict(&mut self, file: usize, step: &Step) -> Option<Prediction> {
        let lexemes = &self.files[file];
        let range = lexemes.within(&step.range);
        self.done.insert((file, range.start, range.end));
        let (old, new) = (lexemes.words[range.clone()].to_vec(), words(&step.text));
        let sides = [lexemes.before(range.start), lexemes.behind(range.end)];
        let near = |it: Option<&String>| it.cloned().into_iter().collect::<Vec<_>>();
        let rule = match old.is_empty() {
            true => Rule { left: near(sides[0].last()), old, new, right: near(sides[1].first()) },
            false => Rule { left: Vec::new(), old, new, right: Vec::new() },
        };
        let examples = self.examples.entry(rule.clone()).or_default();
        *examples += 1;
        let examples = *examples;
        if self.misses.get(&rule).is_some_and(|it| *it >= MISSES) {
            return None;
        }
        let others = (0..self.files.len()).filter(|it| *it != file);
        let rank = |it: &Place| (Reverse(it.equal), it.distance, it.file, it.range.start);
        let here =
            self.places(&rule, (file, &range), [file].into_iter()).into_iter().min_by_key(rank);
        let best = here
            .or_else(|| self.places(&rule, (file, &range), others).into_iter().min_by_key(rank))?;
        let ranges = &self.files[best.file].ranges;
        let start = match best.range.is_empty() {
            true => best.range.start.checked_sub(1).map_or(0, |it| ranges[it].end),
            false => ranges[best.range.start].start,
        };
        let end = if best.range.is_empty() { start } else { ranges[best.range.end - 1].end };
        let text = step.text.trim().to_owned();
        let is_shown = examples >= EXAMPLES && best.equal >= EQUAL;
        let step = Step { range: start..end, text, is_whole: false };
        Some(Prediction { file: best.file, step, is_shown, rule, place: best.range })
    }

    /// Records that the commit does not make a prediction.
    pub(crate) fn miss(&mut self, prediction: Prediction) {
        let Prediction { file, rule, place, .. } = prediction;
        self.missed.insert((file, place.start, place.end, rule.new.clone()));
        *self.misses.entry(rule).or_default() += 1;
    }

    fn places(
        &self,
        rule: &Rule,
        (file, example): (usize, &Range<usize>),
        files: impl Iterator<Item = usize>,
    ) -> Vec<Place> {
        let own = &self.files[file];
        let [left, right] = [own.before(example.start), own.behind(example.end)];
        let is_clear = rule.old.iter().any(|it| is_name(it) && it.chars().nth(1).is_some());
        let edge = |it: Option<&String>| it.cloned().filter(|_| !is_clear);
        let (first, last) = (edge(left.last()), edge(right.first()));
        let offset = usize::from(first.is_some());
        let pattern: Vec<String> = first.into_iter().chain(rule.old.clone()).chain(last).collect();
        let length = |it: &usize| if is_name(&pattern[*it]) { pattern[*it].len() } else { 0 };
        // The first of the longest.
        let Some(anchor) = (0..pattern.len()).rev().max_by_key(length) else { return Vec::new() };
        let line =
            |lexemes: &Lexemes, at: usize| lexemes.lines.get(at).or(lexemes.lines.last()).copied();
        let mut found = Vec::new();
        for at in files {
            let lexemes = &self.files[at];
            let starts = lexemes.places.get(&pattern[anchor]).into_iter().flatten();
            for start in starts.filter_map(|it| it.checked_sub(anchor)) {
                let range = start + offset..start + offset + rule.old.len();
                let key = (at, range.start, range.end);
                if lexemes.words.get(start..start + pattern.len()) != Some(&pattern[..])
                    || self.done.contains(&key)
                    || self.missed.contains(&(at, range.start, range.end, rule.new.clone()))
                {
                    continue;
                }
                let same = |pair: &(&String, &String)| pair.0 == pair.1;
                let before = lexemes.before(range.start);
                let before = before.iter().rev().zip(left.iter().rev()).take_while(same).count();
                let behind = lexemes.behind(range.end);
                let behind = behind.iter().zip(right).take_while(same).count();
                let lines = line(lexemes, range.start).zip(line(own, example.start));
                let lines = lines.map_or(0, |(one, other)| one.abs_diff(other));
                let distance = match at == file {
                    true => (lines, range.start <= example.start),
                    false => (0, false),
                };
                found.push(Place { file: at, range, equal: before + behind, distance });
            }
        }
        found
    }
}

impl Lexemes {
    fn new(text: &str) -> Self {
        let mut lexemes =
            Self { words: vec![], ranges: vec![], lines: vec![], places: HashMap::new() };
        let mut start = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            for found in LEXEME.find_iter(line) {
                let word = found.as_str().to_owned();
                lexemes.places.entry(word.clone()).or_default().push(lexemes.words.len());
                lexemes.words.push(word);
                lexemes.ranges.push(start + found.start()..start + found.end());
                lexemes.lines.push(number);
            }
            start += line.len();
        }
        lexemes
    }

    /// The lexemes that begin in a range of bytes.
    fn within(&self, bytes: &Range<usize>) -> Range<usize> {
        let at = |byte: usize| self.ranges.partition_point(|it| it.start < byte);
        at(bytes.start)..at(bytes.end)
    }

    fn before(&self, at: usize) -> &[String] {
        &self.words[at.saturating_sub(CONTEXT)..at]
    }

    fn behind(&self, at: usize) -> &[String] {
        &self.words[at..(at + CONTEXT).min(self.words.len())]
    }
}

fn words(text: &str) -> Vec<String> {
    LEXEME.find_iter(text).map(|it| it.as_str().to_owned()).collect()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|it: char| it.is_alphabetic() || it == '_')
}
