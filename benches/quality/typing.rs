//! Simulated typing of files that the workspace does not contain: a suggestion is requested at each key, and
//! an exact one is accepted with one key.

use std::ops::Range;
use std::path::Path;

use understudy::predict;
use understudy::predict::buffer::Buffer;
use understudy::predict::{PredictOptions, PredictQuery};
use understudy::text::position::Encoding;
use understudy::text::{Change, Document};
use understudy::workspace::tokens::Tokens;
use understudy::workspace::tokens::base::TokenBase;
use understudy::workspace::tokens::vocabulary::WordTable;

use super::baseline::{Model, View};
use super::clock::Clock;
use super::corpus::{Corpus, File};
use super::report::{OURS, Typed};
use super::{DEADLINE, corpus};
use crate::random::Random;

/// Baselines with their thresholds.
const BASELINES: [(&str, Model, f32); 4] = [
    ("word completion", Model::Word, 0.0),
    ("copy, file", Model::CopyFile, 0.4),
    ("copy, workspace", Model::CopyWorkspace, 0.4),
    ("Witten-Bell", Model::WittenBell, 0.7),
];
pub(crate) const THRESHOLDS: [f32; 5] = [0.5, 0.7, 0.8, 0.89, 0.9];

/// Requests a continuation of a text. Each text of a file is longer than the last.
trait Typist {
    fn suggest(&mut self, text: &str, typed: &mut Typed) -> String;
}

struct Understudy<'a> {
    tokens: &'a Tokens,
    path: Option<&'a Path>,
    document: Document,
    /// Bytes of the document after the cursor.
    after: usize,
    buffer: Buffer,
    options: PredictOptions,
}

struct Baseline<'a> {
    model: Model,
    words: &'a WordTable,
    base: &'a TokenBase,
    path: Option<&'a Path>,
    after: &'a str,
    line: Option<(usize, View<'a>)>,
}

/// A line of a text, typed above the text that followed it.
pub(crate) struct Line<'a> {
    pub(crate) file: usize,
    /// The file, which is excluded from the index.
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
    pub(crate) range: Range<usize>,
    pub(crate) after: String,
}

/// A row for each model and threshold.
pub(crate) fn run(corpus: &Corpus, tokens: &Tokens, count: usize) -> Vec<Typed> {
    let mut rows = Vec::new();
    corpus.held_out().for_each(|it| tokens.vocabulary().lines(&it.text, &mut Vec::new()));
    for threshold in THRESHOLDS {
        let mut typed = Typed::new(&corpus.name, OURS, threshold);
        let options = PredictOptions { threshold, ..PredictOptions::default() };
        by_file(corpus, tokens, count, &options).iter().for_each(|it| typed.add(it));
        rows.push(typed);
    }
    let snapshot = tokens.snapshot();
    let (words, base) = (&*snapshot.vocabulary().read(), snapshot.base());
    for (name, model, threshold) in BASELINES {
        let mut typed = Typed::new(&corpus.name, name, threshold);
        for file in corpus.held_out() {
            let mut typist = Baseline { model, words, base, path: None, after: "", line: None };
            type_file(file, count, &mut typist, &mut typed);
        }
        rows.push(typed);
    }
    rows
}

/// The n-gram model alone, a row for each held-out file.
pub(crate) fn by_file(
    corpus: &Corpus,
    tokens: &Tokens,
    count: usize,
    options: &PredictOptions,
) -> Vec<Typed> {
    let type_one = |file| {
        let mut typed = Typed::new(&corpus.name, OURS, options.threshold);
        let mut typist = Understudy { options: *options, ..Understudy::new(tokens) };
        type_file(file, count, &mut typist, &mut typed);
        typed
    };
    corpus.held_out().map(type_one).collect()
}

/// The same for single lines with the text after them.
pub(crate) fn lines(repo: &str, tokens: &Tokens, lines: &[Line<'_>]) -> Vec<Typed> {
    let mut rows = Vec::new();
    lines.iter().for_each(|it| tokens.vocabulary().lines(it.text, &mut Vec::new()));
    for threshold in THRESHOLDS {
        let mut typed = Typed::new(repo, OURS, threshold);
        for line in lines {
            let document = Document::new(&line.after, 0, "");
            let (path, after) = (Some(line.path), line.after.len());
            let mut typist = Understudy { path, document, after, ..Understudy::new(tokens) };
            type_line(line.text, line.typed(), &mut typist, &mut typed);
        }
        rows.push(typed);
    }
    let snapshot = tokens.snapshot();
    let (words, base) = (&*snapshot.vocabulary().read(), snapshot.base());
    for (name, model, threshold) in BASELINES {
        let mut typed = Typed::new(repo, name, threshold);
        for line in lines {
            let (path, after) = (Some(line.path), &line.after);
            let mut typist = Baseline { model, words, base, path, after, line: None };
            type_line(line.text, line.typed(), &mut typist, &mut typed);
        }
        rows.push(typed);
    }
    rows
}

impl Line<'_> {
    /// Without indentation and trailing white space.
    fn typed(&self) -> Range<usize> {
        let line = &self.text[self.range.clone()];
        let indent = line.len() - line.trim_start().len();
        self.range.start + indent..self.range.start + line.trim_end().len()
    }
}

fn type_file(file: &File, count: usize, typist: &mut dyn Typist, typed: &mut Typed) {
    let lines: Vec<_> = corpus::lines(&file.text).collect();
    let mut random = Random(0x12345 + file.number as u64 * 7919);
    random.below(1);
    let spare = file.text.lines().count().saturating_sub(count);
    let first = if spare > 0 { random.below(spare) } else { 0 };
    for &(start, end) in lines.iter().skip(first).take(count) {
        let line = &file.text[start..end];
        let indent = line.len() - line.trim_start().len();
        if !line.trim().is_empty() {
            let end = start + line.trim_end().len();
            type_line(&file.text, start + indent..end, typist, typed);
        }
    }
}

fn type_line(text: &str, line: Range<usize>, typist: &mut dyn Typist, typed: &mut Typed) {
    typed.chars += line.len() + 1;
    typed.keys += 1;
    let mut at = line.start;
    // The rest of the last suggestion after the typed key; the same rest does not count as shown again.
    let mut standing = String::new();
    while let Some(key) = text[at..line.end].chars().next() {
        let clock = Clock::start();
        let offer = corpus::normal(&typist.suggest(&text[..at], typed));
        typed.micros.push(clock.micros());
        let fresh = offer != standing;
        if offer.len() >= 3 {
            typed.shown += usize::from(fresh);
            if text[at..line.end].starts_with(&offer) {
                typed.right += 1;
                typed.saved += offer.len() - 1;
                typed.keys += 1;
                at += offer.len();
                standing.clear();
                continue;
            }
            typed.wrong += usize::from(fresh);
        }
        typed.keys += 1;
        at += key.len_utf8();
        standing = offer.strip_prefix(key).unwrap_or_default().to_owned();
    }
}

impl<'a> Understudy<'a> {
    /// An empty document, which the index does not contain.
    fn new(tokens: &'a Tokens) -> Self {
        let (document, buffer) = (Document::new("", 0, ""), Buffer::new());
        Self { tokens, path: None, document, after: 0, buffer, options: PredictOptions::default() }
    }
}

impl Typist for Understudy<'_> {
    /// As in an editor: the document is edited, its changed lines are indexed, then a completion is
    /// requested.
    fn suggest(&mut self, text: &str, typed: &mut Typed) -> String {
        let cursor = self.document.rope.len_bytes() - self.after;
        let end = self.document.position(cursor, Encoding::Utf8);
        let insert = text[cursor..].to_owned();
        let change = Change { range: Some(end..end), text: insert };
        self.buffer.edited(&self.document.apply(&change, Encoding::Utf8));
        self.buffer.read(self.tokens, &self.document.rope);
        let snapshot = self.tokens.snapshot();
        let (rope, offset) = (&self.document.rope, text.len());
        let query = PredictQuery {
            snapshot: &snapshot,
            buffer: &self.buffer,
            rope,
            offset,
            path: self.path,
        };
        let options =
            PredictOptions { threshold: typed.threshold, deadline: DEADLINE, ..self.options };
        predict::suggest(&query, &options).map_or_else(String::new, |it| it.text)
    }
}

impl Typist for Baseline<'_> {
    fn suggest(&mut self, text: &str, typed: &mut Typed) -> String {
        let start = text.rfind('\n').map_or(0, |it| it + 1);
        if self.line.as_ref().is_none_or(|it| it.0 != start) {
            let view = View::new(self.words, self.base, &text[..start], self.after);
            let view = match self.path {
                Some(path) => view.without(path),
                None => view,
            };
            self.line = Some((start, view));
        }
        self.line.as_mut().map_or_else(String::new, |(_, view)| {
            view.move_behind(&text[start..]);
            view.line(self.model, typed.threshold).text
        })
    }
}
