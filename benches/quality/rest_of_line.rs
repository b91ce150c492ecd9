//! Predicts the rest of a line at random positions of files that the workspace does not contain.

use std::path::Path;

use ropey::Rope;
use understudy::predict;
use understudy::predict::buffer::Buffer;
use understudy::predict::{PredictOptions, PredictQuery};
use understudy::workspace::tokens::Tokens;

use super::baseline::{Model, View};
use super::clock::Clock;
use super::corpus::{Corpus, Kind};
use super::report::{OURS, Row};
use super::{DEADLINE, corpus};

const BASELINES: [(Model, &str); 3] = [
    (Model::CopyFile, "copy, file"),
    (Model::CopyWorkspace, "copy, workspace"),
    (Model::WittenBell, "Witten-Bell"),
];

/// A position with the text around it.
pub(crate) struct Place<'a> {
    pub(crate) repo: &'a str,
    pub(crate) file: usize,
    /// The file, which is excluded from the index.
    pub(crate) path: &'a Path,
    pub(crate) before: &'a str,
    pub(crate) after: &'a str,
    pub(crate) kind: Kind,
    pub(crate) truth: &'a str,
}

/// A row for each model at each position.
pub(crate) fn run(corpus: &Corpus, tokens: &Tokens, count: usize) -> Vec<Row> {
    each(corpus, count, |place| ask(tokens, place, &[]))
}

/// A row of the n-gram model at each position, with other weights or without some features.
pub(crate) fn run_with(
    corpus: &Corpus,
    tokens: &Tokens,
    count: usize,
    options: &PredictOptions,
) -> Vec<Row> {
    each(corpus, count, |place| vec![ours(tokens, place, &[], options)])
}

fn each(corpus: &Corpus, count: usize, ask: impl Fn(&Place<'_>) -> Vec<Row>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (file, positions) in corpus.positions(count) {
        for position in positions {
            let place = Place {
                repo: &corpus.name,
                file: file.number,
                path: &file.path,
                before: &file.text[..position.offset],
                after: file.text.get(position.line_end..).unwrap_or_default(),
                kind: position.kind,
                truth: &position.truth,
            };
            rows.extend(ask(&place));
        }
    }
    rows
}

/// A row for each model at a position: its best answer, and the shown text at each threshold.
pub(crate) fn ask(tokens: &Tokens, place: &Place<'_>, thresholds: &[f32]) -> Vec<Row> {
    let mut rows = vec![ours(tokens, place, thresholds, &PredictOptions::default())];
    let snapshot = tokens.snapshot();
    let words = snapshot.vocabulary().read();
    let (before, head) = place.before.split_at(place.before.rfind('\n').map_or(0, |it| it + 1));
    let mut view = View::new(&words, snapshot.base(), before, place.after).without(place.path);
    view.move_behind(head);
    for (model, name) in BASELINES {
        let mut row = place.row(name);
        let clock = Clock::start();
        let line = view.line(model, 0.0);
        row.micros = clock.micros();
        row.right = line.complete && place.is(&line.text);
        row.confidence = line.log.exp();
        row.shown = thresholds.iter().map(|it| place.begins(&view.line(model, *it).text)).collect();
        rows.push(row);
    }
    rows
}

fn ours(tokens: &Tokens, place: &Place<'_>, thresholds: &[f32], options: &PredictOptions) -> Row {
    let rope = Rope::from_str(&[place.before, place.after].concat());
    let mut buffer = Buffer::new();
    buffer.read(tokens, &rope);
    let snapshot = tokens.snapshot();
    let (offset, path) = (place.before.len(), Some(place.path));
    let query = PredictQuery { snapshot: &snapshot, buffer: &buffer, rope: &rope, offset, path };
    let whole = PredictOptions { threshold: 0.0, min_chars: 0, deadline: DEADLINE, ..*options };
    let mut row = place.row(OURS);
    let clock = Clock::start();
    let offer = predict::suggest(&query, &whole);
    row.micros = clock.micros();
    row.right = offer.as_ref().is_some_and(|it| it.line_complete && place.is(&it.text));
    row.confidence = offer.map_or(0.0, |it| it.confidence);
    let shown = |threshold: &f32| {
        let options = PredictOptions { threshold: *threshold, deadline: DEADLINE, ..*options };
        place.begins(&predict::suggest(&query, &options)?.text)
    };
    row.shown = thresholds.iter().map(shown).collect();
    row
}

impl Place<'_> {
    fn row(&self, model: &str) -> Row {
        let extension = self.path.extension().unwrap_or_default();
        Row {
            repo: self.repo.to_owned(),
            file: self.file,
            language: extension.to_string_lossy().into_owned(),
            model: model.to_owned(),
            kind: self.kind,
            right: false,
            confidence: 0.0,
            shown: Vec::new(),
            length: self.truth.len(),
            micros: 0.0,
        }
    }

    fn is(&self, text: &str) -> bool {
        corpus::normal(text) == self.truth
    }

    /// Whether the truth starts with the text; `None` if the text is too short to be shown.
    fn begins(&self, text: &str) -> Option<bool> {
        let text = corpus::normal(text);
        (text.len() >= 3).then(|| self.truth.starts_with(&text))
    }
}
