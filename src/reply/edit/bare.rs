//! Detects code without a fence.

use std::collections::HashSet;

use crate::reply::edit::unusable::Unusable;
use crate::reply::edit::{Site, context};

/// Characters of code. A line without any of them can be a sentence.
const MARKS: &str = "(){}[]=;<>_/#@*\"'`|\\+&$%";
/// Minimum number of words of a sentence.
const SENTENCE: usize = 3;

/// An answer that is only code, except for an introductory sentence. It keeps at least half of the old lines
/// or repeats lines around them, and neither its first nor its last line is a sentence.
pub(super) fn code(answer: &str, site: &Site<'_>) -> Option<String> {
    let answer = answer.trim_start_matches('\n').trim_end();
    let code = match answer.split_once('\n') {
        Some((first, rest)) if is_sentence(first) && first.trim_end().ends_with(':') => {
            rest.trim_start_matches('\n')
        }
        Some(_) | None => answer,
    };
    let mut ends = [code.lines().next(), code.lines().next_back()].into_iter().flatten();
    if code.is_empty() || ends.any(is_sentence) {
        return None;
    }
    let there: HashSet<&str> = code.lines().map(str::trim).collect();
    let lines: Vec<&str> = site.old.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    let kept = lines.iter().filter(|it| there.contains(**it)).count();
    let repeats = || context::without(code, site).text.len() < code.len();
    (kept > 0 && kept * 2 >= lines.len() || repeats()).then(|| format!("{code}\n"))
}

/// A replacement for a part of a line, with or without backticks.
///
/// # Errors
/// Returns an error for a sentence, or for more than one line.
pub(super) fn one_line(answer: &str) -> Result<String, Unusable> {
    let text = answer.trim();
    let quoted = text.strip_prefix('`').and_then(|it| it.strip_suffix('`'));
    let text = quoted.filter(|it| !it.contains('`')).unwrap_or(text);
    if text.contains('\n') || is_sentence(text) {
        return Err(Unusable::Prose);
    }
    Ok(text.to_owned())
}

fn is_sentence(line: &str) -> bool {
    let line = line.trim();
    let is_plain = !line.contains(|it| MARKS.contains(it));
    let begins = line.starts_with(char::is_uppercase);
    let ends = line.ends_with(['.', '!', '?']);
    is_plain && (ends || begins && line.split_whitespace().count() >= SENTENCE)
}
