//! The first line of a remark: `LINE: severity: message`.

use crate::reply::review::Severity;

/// Marks of lists, bold text and code before a part of the line, and after it.
const BEFORE: [char; 9] = ['-', '*', '•', '#', '>', '`', '[', '(', ' '];
const AFTER: [char; 4] = ['`', '*', ']', ')'];
/// Characters between the parts. After a number, all but a colon need a space behind them.
const BETWEEN: [char; 8] = [':', '.', ',', '-', '–', '|', '*', ' '];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// From 1.
    pub(super) line: usize,
    pub(super) severity: Option<Severity>,
    pub(super) message: &'a str,
}

pub(super) fn parse(text: &str) -> Option<Header<'_>> {
    let text = text.trim_start_matches(BEFORE);
    let named = behind_word(text);
    let (line, rest) = number(named.unwrap_or(text))?;
    let rest = rest.trim_start_matches(AFTER);
    let is_counter = rest.starts_with('.');
    let inner = rest.trim_start_matches(BETWEEN);
    let counted = Some(inner.trim_start_matches(BEFORE)).filter(|_| named.is_none() && is_counter);
    if let Some(entry) = counted.filter(|it| behind_word(it).is_some()).and_then(parse) {
        return Some(entry);
    }
    let separator = rest.trim_start();
    let ends = separator.starts_with(':') || separator.chars().nth(1).is_none_or(|it| it == ' ');
    if !(ends && separator.starts_with(BETWEEN) || named.is_some() && rest.starts_with(' ')) {
        return None;
    }
    let (severity, message) = severity(inner);
    let message = message.trim_start_matches("**").trim_end_matches("**").trim();
    Some(Header { line, severity, message })
}

/// The severity at the start of a text, and the text behind it.
fn severity(text: &str) -> (Option<Severity>, &str) {
    let inner = text.trim_start_matches(BEFORE);
    let word = inner.split(|it: char| !it.is_alphabetic()).next().unwrap_or_default();
    let rest = &inner[word.len()..];
    let ends = rest.is_empty() || rest.starts_with(AFTER) || rest.trim_start().starts_with(BETWEEN);
    match Severity::named(word).filter(|_| ends) {
        Some(severity) => {
            (Some(severity), rest.trim_start_matches(AFTER).trim_start_matches(BETWEEN))
        }
        None => (None, text),
    }
}

/// The text behind the words `Line`, `Lines` or the letter `L`, with a number.
fn behind_word(text: &str) -> Option<&str> {
    let behind = |word: &str| {
        let starts = text.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
        starts.then(|| text[word.len()..].trim_start_matches([' ', ':']))
    };
    let found = ["lines", "line", "l"].into_iter().find_map(behind);
    found.filter(|it| it.starts_with(|it: char| it.is_ascii_digit()))
}

/// The number at the start, or the first of a range, and the text behind it.
fn number(text: &str) -> Option<(usize, &str)> {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let (first, rest) = text.split_at(digits(text));
    let line = first.parse().ok().filter(|it: &usize| *it > 0)?;
    let to = rest.trim_start().strip_prefix(['-', '–']).map(str::trim_start);
    let rest = to.filter(|it| digits(it) > 0).map_or(rest, |it| &it[digits(it)..]);
    Some((line, rest))
}
