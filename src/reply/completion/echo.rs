//! Removes a repetition of the text before the cursor.

use crate::reply::completion::hole::{Hole, ReplyDraft};
use crate::syntax::language::Language;
use crate::syntax::region::Region;
use crate::text;

/// Number of lines above to compare with.
const LINES: usize = 40;
/// Minimum number of characters of a line; shorter matches occur by chance.
const LEAST: usize = 8;
/// Letters before a comma, since many elements of a list are alike.
const ELEMENT: usize = 4;
/// Markers of comment lines and list elements, in addition to those of the language.
const MARKERS: [&str; 9] = ["///", "//!", "//", "--", "*", "-", "+", ">", ";;"];

pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    let text = &draft.text;
    if !draft.ended && text.contains('\n') && is_coming(text, hole) {
        draft.text.clear();
        return;
    }
    let end = lines(text, hole)
        .or_else(|| marker(text, hole))
        .or_else(|| head(text, hole))
        .or_else(|| tail(text, hole))
        .or_else(|| word(text, hole));
    draft.text.drain(..end.unwrap_or(0));
}

/// The end of the repeated lines before the cursor, including the head of the cursor's line.
fn lines(text: &str, hole: &Hole) -> Option<usize> {
    let said = text.trim_start();
    let last = above(hole).filter(|it| said.starts_with(it)).last()?;
    Some(text.len() - said.len() + last.len())
}

/// Whether a partial text is the start of these lines.
fn is_coming(text: &str, hole: &Hole) -> bool {
    let said = text.trim_start();
    above(hole).any(|it| it.starts_with(said))
}

/// The last lines before the cursor with the head of its line, from one line to many.
fn above(hole: &Hole) -> impl Iterator<Item = &str> {
    // The first start is the cursor's own line.
    let starts = hole.before.rmatch_indices('\n').map(|it| it.0 + 1).chain([0]).skip(1);
    let texts = starts.take(LINES).map(|it| hole.before[it..].trim_start());
    texts.filter(|it| it.lines().next().is_some_and(|it| it.trim().len() >= LEAST))
}

/// The end of a repeated marker of a comment line or list element.
fn marker(text: &str, hole: &Hole) -> Option<usize> {
    let head = hole.head().trim_start();
    let lead = text.len() - text.trim_start().len();
    let sign = head.trim_end();
    let comment = hole.language.and_then(Language::line_comment);
    let is_comment = comment == Some(sign) || matches!(sign, "///" | "//!");
    let digits = sign.trim_end_matches(['.', ')']);
    let is_number = digits.len() + 1 == sign.len() && digits.chars().all(|it| it.is_ascii_digit());
    let is_sign = is_comment
        || MARKERS.contains(&sign)
        || is_number && !digits.is_empty()
        || !sign.is_empty() && sign.chars().all(|it| "#!%;*=".contains(it));
    let said = text[lead..].strip_prefix(head).filter(|_| is_sign)?;
    let goes_on = head.ends_with(' ')
        || sign == "#!"
        || is_comment && !hole.is_prose && said.starts_with(' ');
    goes_on.then_some(lead + head.len())
}

/// The end of a repetition of the cursor's line.
fn head(text: &str, hole: &Hole) -> Option<usize> {
    let head = hole.head().trim_start();
    let lead = text.len() - text.trim_start().len();
    let said = text[lead..].strip_prefix(head)?;
    let is_new = match head.chars().last()? {
        last if text::is_word(last) && head.chars().all(text::is_word) => {
            is_doubled(head, &text[lead..], hole)
        }
        ',' => letters(head) >= ELEMENT || head.len() >= 2 * LEAST && letters(head) > 0,
        '(' | '[' | '{' | '<' => letters(head) > 0 && !is_nested(text, hole),
        ' ' if head.trim_end().ends_with(',') => letters(head) >= ELEMENT,
        // A rule of dashes occurs once.
        _ if head.len() >= LEAST && is_comment(head, hole) => true,
        _ => letters(head) > 0 || said.trim().is_empty() && head.len() >= LEAST,
    };
    is_new.then_some(lead + head.len())
}

fn is_comment(line: &str, hole: &Hole) -> bool {
    hole.language.and_then(Language::line_comment).is_some_and(|it| line.starts_with(it))
}

/// The end of a repetition of the last names before the cursor, with their joints: `np.ar`, `Some(`, `self.`.
fn tail(text: &str, hole: &Hole) -> Option<usize> {
    let head = hole.head();
    let last = head.chars().last()?;
    let starts = head.char_indices().filter(|(at, it)| {
        let is_start = it.is_alphabetic() || *it == '_' || *it == '$' || *it == '@';
        is_start && !head[..*at].ends_with(text::is_word)
    });
    // A name alone is a partial word.
    let mut tails = starts.map(|it| &head[it.0..]).filter(|it| !it.chars().all(text::is_word));
    let found = tails.find(|it| text.starts_with(*it))?;
    let goes_on = text[found.len()..].starts_with(text::is_word);
    let is_new = match last {
        '(' | '[' | '{' | '<' => letters(found) > 1 && !is_nested(text, hole),
        '.' | ':' | '>' => letters(found) > 1,
        ' ' | ',' => letters(found) >= 2 * ELEMENT && !found.trim_end().ends_with(','),
        _ if text::is_word(last) => goes_on || letters(found) >= ELEMENT,
        _ => false,
    };
    is_new.then_some(found.len())
}

/// The end of the partial word before the cursor, if the text repeats it in full.
fn word(text: &str, hole: &Hole) -> Option<usize> {
    let half = &hole.head()[hole.head().trim_end_matches(text::is_word).len()..];
    is_doubled(half, text, hole).then_some(half.len())
}

/// Whether a text repeats the partial word before the cursor. Not where the two together are a word of the
/// document.
fn is_doubled(half: &str, text: &str, hole: &Hole) -> bool {
    let Some(rest) = text.strip_prefix(half) else { return false };
    if !half.starts_with(|it: char| it.is_alphabetic() || it == '_') || letters(half) == 0 {
        return false;
    }
    let first = &text[..text.len() - text.trim_start_matches(text::is_word).len()];
    let is_known = |word: &str| hole.around().iter().any(|it| text::has_word(it, word));
    if is_known(&[half, first].concat()) {
        return false;
    }
    let goes_on = rest.starts_with(text::is_word);
    match half.chars().count() {
        _ if goes_on && is_known(first) => true,
        // A single letter can be part of an abbreviation.
        1 if hole.region() != Region::Code && first.contains(|it: char| !it.is_alphabetic()) => {
            false
        }
        1 => goes_on && (first.len() > 2 || first.len() > 1 && hole.region() != Region::Code),
        _ => true,
    }
}

/// Whether a text that starts with the call before the cursor closes one more bracket than it opens: it was
/// written for the place within that call.
fn is_nested(text: &str, hole: &Hole) -> bool {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let depth = line.chars().fold(0, |depth: i32, it| match it {
        '(' | '[' | '{' => depth + 1,
        ')' | ']' | '}' => depth - 1,
        _ => depth,
    });
    hole.right().trim().is_empty() && depth < 0
}

fn letters(text: &str) -> usize {
    text.chars().filter(|it| it.is_alphabetic()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    #[test]
    fn the_marker_of_a_comment_or_list_is_not_repeated() {
        let check = |language: &str, before: &str, reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new(before, "", language, CompletionScope::Line, &[]));
            assert_eq!(draft.text, expected, "{before:?} {reply:?}");
        };
        check("python", "# ", "# compute it", "compute it");
        check("lua", "-- ", "-- compute it", "compute it");
        check("markdown", "- ", "- one", "one");
        check("markdown", "## ", "## One", "One");
        check("markdown", "#", "# One", "# One");
        check("markdown", "2. ", "2. Two", "Two");
        check("python", "# ", "1 + 1", "1 + 1");
    }

    #[test]
    fn the_text_before_the_cursor_is_not_repeated() {
        let check = |before: &str, reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new(before, "", "rust", CompletionScope::Line, &[]));
            assert_eq!(draft.text, expected, "{before:?} {reply:?}");
        };
        check("    let total = ", "let total = 5;", "5;");
        check("    let total = ", "    let total = 5;", "5;");
        check("    let total = ", "5;", "5;");
        check("    return conf", "config.get()", "ig.get()");
        check("    return conf", "ig.get()", "ig.get()");
        check("fn f(a: u8) {\n    let b = ", "fn f(a: u8) {\n    let b = a;\n}", "a;\n}");
        check("f(", "f(x)", "x)");
        check("f(", "f(x))", "f(x))");
        check("    Some(", "Some(x))", "Some(x))");
        check("library(tidyverse", "library(tidyverse)", ")");
        check("foo(", "foo(a)", "a)");
        check("a = ", "a = 5", "5");
        check("x = y.", "x = y.z()", "z()");
        check("x = y.", "y.z()", "y.z()");
        check("v = com", "compute(a)", "pute(a)");
        check("v = np.ar", "np.array(a)", "ray(a)");
        check("    ret", "return x", "urn x");
        check("    0, ", "0, 0,", "0, 0,");
        check("/// ", "/// What it is", "What it is");
        check("//===-----", "//===--------===//", "---===//");
        check("    a(\"g", "g0w\")", "g0w\")");
        check("//", "// What it is", " What it is");
        check(" * ", " * What it is", "What it is");
        check("a", "ab", "ab");
        check("", "x", "x");
        check("    self.items.", "self.items.len()", "len()");
    }
}
