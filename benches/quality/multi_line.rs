//! Blocks: at the starts of lines, with the block that the line opens hidden, what is offered beyond it.

use ropey::Rope;
use serde_json::Value;
use serde_json::json;
use understudy::predict;
use understudy::predict::Options;
use understudy::predict::Query;
use understudy::predict::buffer::Buffer;
use understudy::workspace::tokens::Tokens;

use super::DEADLINE;
use super::corpus;
use super::corpus::Corpus;
use super::corpus::File;
use super::corpus::Kind;

/// Lines an offer may have.
const LINES: usize = 10;
const THRESHOLDS: [f32; 4] = [0.5, 0.7, 0.8, 0.9];

/// A start of a line, and what goes on from there: the line, or with the block that it opens.
struct Start<'a> {
    file: &'a File,
    offset: usize,
    truth: &'a str,
}

/// What is shown from a threshold on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Blocks {
    positions: usize,
    /// Positions whose line opens a block that could be shown.
    blocks: usize,
    shown: usize,
    right: usize,
    whole: usize,
    lines: usize,
}

/// What is known of the positions, by threshold.
pub(crate) type Shown = [Blocks; THRESHOLDS.len()];

/// Up to `count` starts of lines in each file held out.
fn starts(corpus: &Corpus, count: usize) -> Vec<Start<'_>> {
    let mut starts = Vec::new();
    for (file, positions) in corpus.positions(3 * count) {
        for it in positions.into_iter().filter(|it| it.kind == Kind::LineStart) {
            let end = end(&file.text, it.offset, it.line_end);
            starts.push(Start { file, offset: it.offset, truth: &file.text[it.offset..end] });
        }
    }
    starts
}

pub(crate) fn run(corpus: &Corpus, tokens: &Tokens, count: usize) -> Shown {
    let mut shown = Shown::default();
    for start in starts(corpus, count) {
        let multi = start.truth.contains('\n');
        for (threshold, blocks) in THRESHOLDS.into_iter().zip(&mut shown) {
            blocks.positions += 1;
            blocks.blocks += usize::from(multi && start.truth.lines().count() <= LINES);
            let options =
                Options { threshold, lines: LINES, deadline: DEADLINE, ..Options::default() };
            let offer = start.ask(tokens, |query| predict::suggest(query, &options));
            if let Some(offer) = offer.filter(|it| it.text.contains('\n')) {
                blocks.shown += 1;
                blocks.right += usize::from(start.begins(&offer.text));
                blocks.whole += usize::from(offer.text == start.truth);
                blocks.lines += offer.text.lines().count();
            }
        }
    }
    shown
}

pub(crate) fn rows(all: &[Shown]) -> Vec<Value> {
    let row = |at: usize| {
        let sum = all.iter().map(|it| it[at]).fold(Blocks::default(), |sum, it| Blocks {
            positions: sum.positions + it.positions,
            blocks: sum.blocks + it.blocks,
            shown: sum.shown + it.shown,
            right: sum.right + it.right,
            whole: sum.whole + it.whole,
            lines: sum.lines + it.lines,
        });
        json!({ "threshold": (f64::from(THRESHOLDS[at]) * 100.0).round() / 100.0,
            "positions": sum.positions, "blocks": sum.blocks, "shown": sum.shown,
            "right": sum.right as f64 / sum.shown.max(1) as f64,
            "whole": sum.whole as f64 / sum.shown.max(1) as f64,
            "lines": sum.lines as f64 / sum.shown.max(1) as f64 })
    };
    if all.is_empty() { Vec::new() } else { (0..THRESHOLDS.len()).map(row).collect() }
}

impl Start<'_> {
    /// Whether the truth starts so, up to one of its line ends.
    fn begins(&self, text: &str) -> bool {
        let rest = self.truth.strip_prefix(text);
        rest.is_some_and(|it| it.is_empty() || it.starts_with(['\r', '\n']))
    }

    /// Asks there, with what goes on from there hidden.
    fn ask<T>(&self, tokens: &Tokens, ask: impl Fn(&Query<'_>) -> T) -> T {
        let (text, offset) = (&self.file.text, self.offset);
        let rope = Rope::from_str(&[&text[..offset], &text[offset + self.truth.len()..]].concat());
        let mut buffer = Buffer::new();
        buffer.read(tokens, &rope);
        let snapshot = tokens.snapshot();
        let path = Some(self.file.path.as_path());
        ask(&Query { snapshot: &snapshot, buffer: &buffer, rope: &rope, offset, path })
    }
}

/// The end of the block that the line from `start` to `line_end` opens; of the line, if none.
fn end(text: &str, start: usize, line_end: usize) -> usize {
    let line = text[start..line_end].trim_end();
    let depth = start - text[..start].rfind('\n').map_or(0, |it| it + 1);
    let mut end = start + line.len();
    if !line.ends_with(['(', '[', '{', ':']) {
        return end;
    }
    for (from, to) in corpus::lines(&text[line_end..]).skip(1) {
        let its = &text[line_end + from..line_end + to];
        if its.trim().is_empty() {
            continue;
        }
        let indent = its.len() - its.trim_start().len();
        let closes = indent == depth && its.trim_start().starts_with([')', ']', '}']);
        if indent > depth || closes {
            end = line_end + from + its.trim_end().len();
        }
        if indent <= depth {
            break;
        }
    }
    end
}
