//! The rest of a line, guessed at random places of files the workspace does not hold.

use std::path::Path;
use std::time::Instant;

use ropey::Rope;
use understudy::predict;
use understudy::predict::Options;
use understudy::predict::Query;
use understudy::predict::buffer::Buffer;
use understudy::workspace::tokens::Tokens;

use super::DEADLINE;
use super::baseline::Line;
use super::baseline::Model;
use super::baseline::View;
use super::corpus;
use super::corpus::Corpus;
use super::corpus::Position;
use super::report::OURS;
use super::report::Row;

const BASELINES: [(Model, &str); 3] = [
    (Model::CopyFile, "copy, file"),
    (Model::CopyWorkspace, "copy, workspace"),
    (Model::WittenBell, "Witten-Bell"),
];

/// A row for each model at each position.
pub(crate) fn run(corpus: &Corpus, tokens: &Tokens, count: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (file, positions) in corpus.positions(count) {
        for position in positions {
            let row = |model: &str, right, confidence, micros| Row {
                repo: corpus.name.clone(),
                file: file.number,
                model: model.to_owned(),
                kind: position.kind,
                right,
                confidence,
                length: position.truth.len(),
                micros,
            };
            let after = file.text.get(position.line_end..).unwrap_or_default();
            let rope = Rope::from_str(&[&file.text[..position.offset], after].concat());
            let mut buffer = Buffer::new();
            buffer.read(tokens, &rope);
            let (right, confidence, micros) = ask(tokens, &buffer, &rope, &position, &file.path);
            rows.push(row(OURS, right, confidence, micros));
            let snapshot = tokens.snapshot();
            let words = snapshot.vocabulary().read();
            let line = file.text[..position.offset].rfind('\n').map_or(0, |it| it + 1);
            let mut view = View::new(&words, snapshot.base(), &file.text[..line], after);
            view.move_behind(&file.text[line..position.offset]);
            for (model, name) in BASELINES {
                let started = Instant::now();
                let line = view.line(model, 0.0);
                let micros = started.elapsed().as_secs_f64() * 1e6;
                rows.push(row(name, is_right(&line, &position), line.log, micros));
            }
        }
    }
    rows
}

fn ask(
    tokens: &Tokens,
    buffer: &Buffer,
    rope: &Rope,
    position: &Position,
    path: &Path,
) -> (bool, f32, f64) {
    let snapshot = tokens.snapshot();
    let options = Options { threshold: 0.0, min_chars: 0, deadline: DEADLINE };
    let offset = position.offset;
    let query = Query { snapshot: &snapshot, buffer, rope, offset, path: Some(path) };
    let started = Instant::now();
    let offer = predict::suggest(&query, &options);
    let micros = started.elapsed().as_secs_f64() * 1e6;
    let right = offer
        .as_ref()
        .is_some_and(|it| it.line_complete && corpus::normal(&it.text) == position.truth);
    (right, offer.map_or(0.0, |it| it.confidence), micros)
}

fn is_right(line: &Line, position: &Position) -> bool {
    line.complete && corpus::normal(&line.text) == position.truth
}
