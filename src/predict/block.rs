//! More than a line: the block that a line opens, guessed and copied line by line as long as all of it
//! is sure enough. A method beside a method, an arm beside an arm.

use std::time::Instant;

use ropey::Rope;

use crate::predict::Options;
use crate::predict::Query;
use crate::predict::Suggestion;
use crate::predict::brackets;
use crate::predict::cursor::Cursor;
use crate::predict::search;
use crate::predict::surroundings;

/// Lines above the cursor that show how the document indents.
const REACH: usize = 400;

/// A block as far as it is written.
struct Block<'a> {
    query: &'a Query<'a>,
    options: &'a Options,
    row: usize,
    /// The document's line end, and what a deeper line is indented by.
    ending: &'static str,
    unit: String,
    /// The indentation of the line that opens it.
    start: String,
    text: String,
    confidence: f32,
    lines: usize,
}

/// Adds the lines of the block that `first` opens, where nothing stands in it yet.
pub(super) fn grow(
    query: &Query<'_>,
    cursor: &Cursor,
    options: &Options,
    first: &Suggestion,
) -> Option<Suggestion> {
    let (rope, row, started) = (query.rope, cursor.row(), Instant::now());
    let blank = rope.line(row).chars().all(char::is_whitespace);
    if options.lines < 2 || !first.line_complete || !blank || !brackets::opens(&first.text) {
        return None;
    }
    let start = cursor.head().to_owned();
    let below = (row + 1..rope.len_lines()).map(|it| rope.line(it).to_string());
    let next = below.take(REACH).find(|it| !it.trim().is_empty());
    let depth = surroundings::indentation;
    if next.is_some_and(|it| depth(&it) > depth(&start)) {
        return None;
    }
    let (ending, unit) = (ending(rope), unit(rope, row)?);
    let (text, confidence) = (first.text.clone(), first.confidence);
    let mut block = Block { query, options, row, ending, unit, start, text, confidence, lines: 1 };
    let mut inside = vec![[block.start.as_str(), &block.unit].concat()];
    while block.lines < options.lines && started.elapsed() < options.deadline {
        let Some(indentation) = inside.last() else { break };
        let outside = &indentation[..indentation.len().saturating_sub(block.unit.len())];
        let deeper = block.line(indentation);
        let closer = block.line(outside).filter(|it| brackets::is_closer(&it.text));
        let sure = |it: &Option<Suggestion>| it.as_ref().map_or(0.0, |it| it.confidence);
        if sure(&closer) > sure(&deeper) {
            let outside = outside.to_owned();
            block.take(&outside, closer);
            inside.pop();
        } else if deeper.is_some() {
            let indentation = indentation.clone();
            block.take(&indentation, deeper);
        } else {
            break;
        }
        if brackets::opens(&block.text) && !inside.is_empty() {
            let last = inside.last().map_or(block.start.as_str(), String::as_str);
            let last = [last, &block.unit].concat();
            inside.push(last);
        }
    }
    let Block { text, confidence, .. } = block;
    (block.lines > 1).then_some(Suggestion { text, confidence, line_complete: true })
}

impl Block<'_> {
    /// The whole line that most likely comes next at this depth, if it is sure enough.
    fn line(&self, indentation: &str) -> Option<Suggestion> {
        let added = [&self.text, self.ending, indentation].concat();
        let mut rope = self.query.rope.clone();
        rope.insert(rope.byte_to_char(self.query.offset), &added);
        let mut buffer = self.query.buffer.clone();
        buffer.grow(self.row, self.lines);
        buffer.read_by(self.query.snapshot.vocabulary(), &rope);
        let offset = self.query.offset + added.len();
        let query = Query { buffer: &buffer, rope: &rope, offset, ..*self.query };
        let threshold = self.options.threshold / self.confidence;
        let options = Options { threshold, ..*self.options };
        let cursor = Cursor::new(&query)?;
        let line = search::answers(&query, &cursor, &options, 1).into_iter().next()?;
        (line.line_complete && line.confidence >= threshold && !line.text.is_empty())
            .then_some(line)
    }

    fn take(&mut self, indentation: &str, line: Option<Suggestion>) {
        let Some(line) = line else { return };
        self.text.push_str(self.ending);
        self.text.push_str(indentation);
        self.text.push_str(&line.text);
        self.confidence *= line.confidence;
        self.lines += 1;
    }
}

/// How the document ends its lines.
fn ending(rope: &Rope) -> &'static str {
    let first = rope.line(0).to_string();
    match first.trim_start_matches(|it| !matches!(it, '\r' | '\n')) {
        "\r\n" => "\r\n",
        "\r" => "\r",
        _ => "\n",
    }
}

/// What a line above is indented more than the one before it; nothing if none is.
fn unit(rope: &Rope, row: usize) -> Option<String> {
    let mut below: Option<String> = None;
    for at in (row.saturating_sub(REACH)..row).rev() {
        let line = rope.line(at).to_string();
        if line.trim().is_empty() {
            continue;
        }
        let its = line[..line.len() - line.trim_start().len()].to_owned();
        let more = below.as_ref().and_then(|it| it.strip_prefix(its.as_str()));
        match more {
            Some(more) if !more.is_empty() && brackets::opens(&line) => {
                return Some(more.to_owned());
            }
            _ => below = Some(its),
        }
    }
    None
}
