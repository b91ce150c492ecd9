//! The tests of an answer that a test command names as failed.

use crate::reply::suite::parsed::{Suite, Test, line_end};
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::text;

/// Letters of a text that a title must have to be recognised by it.
const FEW: usize = 4;

/// The tests of an answer without those that a test command names as failed; `None` if it names none, or all of them.
pub fn without_failing(
    syntax: &Syntax,
    language: Language,
    answer: &str,
    output: &str,
) -> Option<String> {
    let suite = Suite::new(syntax, language, answer)?;
    let tests = suite.innermost();
    let mut failed: Vec<&Test> = Vec::new();
    for line in output.lines().filter(|it| is_failure(it)) {
        let named = tests.iter().filter(|it| names(line, it.title()));
        // `adds` is part of `adds two`.
        failed.extend(named.max_by_key(|it| it.title().len()));
    }
    failed.sort_by_key(|it| it.lines.start);
    failed.dedup_by_key(|it| it.lines.start);
    if failed.is_empty() {
        // A function with tests inside fails as a whole.
        let around = suite.tests.iter().filter(|it| it.is_test());
        let lines = || output.lines().filter(|it| is_failure(it));
        failed = around.filter(|it| lines().any(|line| names(line, it.title()))).collect();
    }
    let is_left = |it: &&Test| !failed.iter().any(|test| test.lines.contains(&it.lines.start));
    if failed.is_empty() || !tests.iter().copied().any(|it| is_left(&it)) {
        return None;
    }
    let mut rest = answer.to_owned();
    for it in failed.iter().rev() {
        // With the blank lines before it.
        let before = answer[..it.lines.start].trim_end().len();
        let start = if before == 0 { 0 } else { line_end(answer, before) };
        rest.replace_range(start..it.lines.end, "");
    }
    Some(rest)
}

/// Whether a line of a test command's output is about a test that failed: `FAILED`, `--- FAIL`, `not ok`, a cross, a number
/// of RSpec or ExUnit, an error of Maven, or a heading of pytest or cargo.
fn is_failure(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|it: char| it.is_ascii_digit());
    line.contains("FAIL")
        || line.starts_with("not ok")
        || line.starts_with(['✗', '✖', '×', '✕', '●'])
        || line.starts_with("____")
        || line.starts_with("---- ")
        || line.starts_with("[ERROR]")
        || line.starts_with("rspec ")
        || number.len() < line.len() && number.starts_with(") ")
}

/// Whether a line names a test. Runners replace blanks, and put values into titles such as `adds %i and $b`.
fn names(line: &str, title: &str) -> bool {
    let plain = |text: &str| text.replace('_', " ");
    if text::has_word(line, title) || text::has_word(&plain(line), &plain(title)) {
        return true;
    }
    let mut pieces: Vec<&str> = title.split(['%', '$']).collect();
    if pieces.len() < 2 {
        return false;
    }
    for piece in &mut pieces[1..] {
        *piece = piece.trim_start_matches(|it: char| !it.is_whitespace());
    }
    let said = pieces.iter().flat_map(|it| it.chars()).filter(|it| it.is_alphanumeric()).count();
    let mut rest = line;
    let is_in_order = pieces.iter().all(|it| match rest.find(it.trim()) {
        Some(at) => {
            rest = &rest[at + it.trim().len()..];
            true
        }
        None => false,
    });
    is_in_order && said >= FEW
}
