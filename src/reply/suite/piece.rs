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

/// The statements of a range, at its outer level, that other code has there too.
pub(super) fn repeated(text: &str, range: &Range<usize>, other: &str) -> Vec<Range<usize>> {
    let code = &text[range.clone()];
    let known: Vec<String> = statements(other).into_iter().map(|it| spaced(&other[it])).collect();
    let repeated =
        statements(code).into_iter().filter(|it| known.contains(&spaced(&code[it.clone()])));
    repeated.map(|it| range.start + it.start..range.start + it.end).collect()
}

/// The lines of the complete statements with the shortest indentation, with the comments and attributes directly above.
pub(super) fn statements(code: &str) -> Vec<Range<usize>> {
    let indent = nested::common_indentation(code);
    let (mut statements, mut end): (Vec<Range<usize>>, _) = (Vec::new(), 0);
    let mut is_above = false;
    for line in code.split_inclusive('\n') {
        end += line.len();
        let start = end - line.len();
        if line.trim().is_empty() {
            is_above = false;
            continue;
        }
        let begins = indentation::blanks(line) == indent && !continues(line) && !is_above;
        if begins {
            statements.push(start..end);
        } else if let Some(last) = statements.last_mut() {
            last.end = end;
        }
        is_above = is_attached(line.trim_start());
    }
    statements.retain(|it| is_complete(&code[it.clone()]));
    statements
}

/// Whether a line belongs to the statement above.
fn continues(line: &str) -> bool {
    let line = line.trim_start();
    let end = line.find(|it| !text::is_word(it)).unwrap_or(line.len());
    line.starts_with(['}', ')', ']', '.', '{'])
        || matches!(
            &line[..end],
            "and"
                | "case"
                | "catch"
                | "elif"
                | "else"
                | "elsif"
                | "end"
                | "ensure"
                | "except"
                | "finally"
                | "or"
                | "rescue"
                | "when"
                | "where"
        )
}

/// Whether all brackets and texts that begin in a statement end in it.
fn is_complete(statement: &str) -> bool {
    let is_even = |quotes: &str| statement.matches(quotes).count().is_multiple_of(2);
    context::balance(statement) == 0 && ["`", "\"\"\"", "'''"].iter().all(|it| is_even(it))
}

/// Whether a line is a comment or an attribute, and belongs to the line below.
pub(super) fn is_attached(line: &str) -> bool {
    let is_directive = ["#define", "#if", "#include", "#pragma", "#undef"];
    (line.starts_with(['#', '@', '['])
        || line.starts_with("//")
        || line.starts_with("/*")
        || line.starts_with('*')
        || line.starts_with("--"))
        && !is_directive.iter().any(|it| line.starts_with(it))
}

/// Code with a space in place of white space.
pub(super) fn spaced(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}
