//! Code with pieces of it left out or replaced.

use std::cmp::Reverse;
use std::ops::Range;

use crate::prompt::indentation;
use crate::reply::edit::context;
use crate::reply::nested;
use crate::text;

/// What becomes of a piece of a text.
pub(super) enum PieceChange {
    Dropped,
    Replaced(String),
}

pub(super) type Piece = (Range<usize>, PieceChange);

/// The code of a range with pieces of it changed, of which the first of those that overlap counts.
pub(super) fn with_pieces(text: &str, range: &Range<usize>, mut pieces: Vec<Piece>) -> String {
    pieces.retain(|it| range.start <= it.0.start && it.0.end <= range.end + 1);
    pieces.sort_by_key(|it| (it.0.start, Reverse(it.0.end)));
    let (mut code, mut at) = (String::new(), range.start);
    for (piece, change) in pieces {
        if piece.start < at {
            continue;
        }
        code += &text[at..piece.start];
        at = piece.end.min(range.end);
        match change {
            PieceChange::Replaced(new) => code += &new,
            PieceChange::Dropped => at += blank_lines(&mut code, &text[at..range.end]),
        }
    }
    code + text.get(at..range.end).unwrap_or_default()
}

/// Removes the blank lines between `code` and a dropped piece: those behind the piece remain, unless no code is before it.
/// Returns how many bytes of `rest` are left out then.
fn blank_lines(code: &mut String, rest: &str) -> usize {
    let end = code.trim_end_matches('\n').len();
    code.truncate(code.len().min(end + 1));
    match code.trim().is_empty() {
        true => rest.len() - rest.trim_start_matches('\n').len(),
        false => 0,
    }
}

/// The first name with a number that `insert` accepts; `None` if it accepts the name itself.
pub(super) fn unique(name: &str, mut insert: impl FnMut(&str) -> bool) -> Option<String> {
    if insert(name) {
        return None;
    }
    (2..).map(|it| with_number(name, it)).find(|it| insert(it))
}

pub(super) fn with_number(name: &str, number: usize) -> String {
    match name.strip_suffix(['"', '\'', '`']) {
        Some(title) => format!("{title} {number}{}", &name[title.len()..]),
        None => format!("{name}_{number}"),
    }
}

/// Code with another word in place of `old`.
pub(super) fn with_word(code: &str, old: &str, new: &str) -> String {
    let (mut changed, mut at) = (String::new(), 0);
    for (start, _) in code.match_indices(old) {
        let end = start + old.len();
        let is_whole =
            !code[..start].ends_with(text::is_word) && !code[end..].starts_with(text::is_word);
        if is_whole && start >= at {
            changed += &code[at..start];
            changed += new;
            at = end;
        }
    }
    changed + &code[at..]
}

/// The lines of a range that are statements of one line, at its outer level, and that other code has there too.
pub(super) fn repeated(text: &str, range: &Range<usize>, other: &str) -> Vec<Range<usize>> {
    let code = &text[range.clone()];
    let known: Vec<&str> = statements(other).into_iter().map(|it| other[it].trim()).collect();
    let statements = statements(code).into_iter();
    let repeated = statements.filter(|it| known.contains(&code[it.clone()].trim()));
    repeated.map(|it| range.start + it.start..range.start + it.end).collect()
}

/// The lines with the shortest indentation that are complete.
fn statements(code: &str) -> Vec<Range<usize>> {
    let indent = nested::common_indentation(code);
    let mut end = 0;
    let lines = code.split_inclusive('\n').map(|it| {
        end += it.len();
        end - it.len()..end
    });
    let lines: Vec<_> = lines.filter(|it| !code[it.clone()].trim().is_empty()).collect();
    let is_closer =
        |line: &str| line.trim_start().starts_with(['}', ')', ']']) || line.trim() == "end";
    let is_outer = |line: &str| indentation::blanks(line) == indent && !is_closer(line);
    let is_whole = |at: usize| {
        let line = &code[lines[at].clone()];
        let next = lines.get(at + 1).map(|it| &code[it.clone()]);
        is_outer(line) && next.is_none_or(is_outer) && context::balance(line) == 0
    };
    (0..lines.len()).filter(|it| is_whole(*it)).map(|it| lines[it].clone()).collect()
}
