//! The place of a remark: the code that it quotes, nearest to the line that it names.

use std::ops::Range;

use crate::reply::review::Remark;
use crate::text;

/// Shorter quoted pieces of a line are ambiguous.
const SHORTEST: usize = 3;

/// The code that a remark is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Lines of the code, from 0.
    pub lines: Range<usize>,
    /// In bytes of the code, without white space at its ends.
    pub quoted: Range<usize>,
    /// What replaces the quoted code.
    pub replacement: Option<String>,
}

/// A place that fits the quoted code: its lines and its bytes.
type Candidate = (Range<usize>, Range<usize>);

/// A line that is not blank: its number from 0, its bytes, and its text without white space.
struct DenseLine {
    number: usize,
    bytes: Range<usize>,
    text: String,
}

/// The place of a remark in code whose first line has the number `first`. Without quoted lines, the first code in
/// backticks of the message counts. `None` if the code does not contain it, or two places are equally near.
pub fn locate(remark: &Remark, code: &str, first: usize) -> Option<Location> {
    let named = remark.line.checked_sub(first);
    if remark.quoted.trim().is_empty() {
        let mut spans = remark.message.split('`').skip(1).step_by(2);
        let found = spans.find_map(|it| span(code, it, named));
        return found.map(|(lines, quoted)| Location { lines, quoted, replacement: None });
    }
    let quoted = [Some(remark.quoted.clone()), unnumbered(&remark.quoted)];
    let replacement = remark.replacement.as_deref();
    let numbered = replacement.map(|it| unnumbered(it).unwrap_or_else(|| it.to_owned()));
    let replacements = [replacement.map(str::to_owned), numbered];
    let mut both = quoted.into_iter().zip(replacements);
    both.find_map(|(quoted, replacement)| {
        let (lines, quoted) = find(code, &quoted?, named)?;
        Some(Location { lines, quoted, replacement })
    })
}

/// Whole lines, else a part of a line.
fn find(code: &str, quoted: &str, named: Option<usize>) -> Option<Candidate> {
    let whole = whole(code, quoted);
    if !whole.is_empty() {
        return nearest(whole, named);
    }
    let part = quoted.trim();
    let is_part = !part.contains('\n') && part.len() >= SHORTEST;
    if is_part { nearest(parts(code, part), named) } else { None }
}

/// The place of code in a message: in the named line, else the only one.
fn span(code: &str, span: &str, named: Option<usize>) -> Option<Candidate> {
    let span = span.trim();
    let all = if span.is_empty() { Vec::new() } else { parts(code, span) };
    let (in_line, others): (Vec<Candidate>, Vec<Candidate>) =
        all.into_iter().partition(|it| Some(it.0.start) == named);
    match (in_line.as_slice(), others.as_slice()) {
        ([one], _) | ([], [one]) => Some(one.clone()),
        ([], _) => None,
        ([first, ..], _) => {
            let line = dense(code).into_iter().find(|it| it.number == first.0.start)?;
            Some((first.0.clone(), line.bytes))
        }
    }
}

/// The nearest candidate to the named line; `None` if two are equally near.
fn nearest(candidates: Vec<Candidate>, named: Option<usize>) -> Option<Candidate> {
    if candidates.len() == 1 {
        return candidates.into_iter().next();
    }
    let named = named?;
    let distance = |it: &Candidate| it.0.start.abs_diff(named);
    let least = candidates.iter().map(distance).min()?;
    let mut near = candidates.into_iter().filter(|it| distance(it) == least);
    near.next().filter(|_| near.next().is_none())
}

/// The places with the same lines. White space and blank lines do not count.
fn whole(code: &str, quoted: &str) -> Vec<Candidate> {
    let (lines, quoted) = (dense(code), dense(quoted));
    let same =
        |it: &&[DenseLine]| it.iter().map(|it| &it.text).eq(quoted.iter().map(|it| &it.text));
    let found = lines.windows(quoted.len().max(1)).filter(same).filter_map(|it| {
        let (first, last) = (it.first()?, it.last()?);
        Some((first.number..last.number + 1, first.bytes.start..last.bytes.end))
    });
    found.collect()
}

/// The places of a part of a line, as whole words.
fn parts(code: &str, part: &str) -> Vec<Candidate> {
    let joins = |a: Option<char>, b: Option<char>| {
        a.zip(b).is_some_and(|(a, b)| text::is_word(a) && text::is_word(b))
    };
    let is_whole = |at: &usize| {
        let (before, after) = (&code[..*at], &code[at + part.len()..]);
        !joins(before.chars().next_back(), part.chars().next())
            && !joins(part.chars().next_back(), after.chars().next())
    };
    let places = code.match_indices(part).map(|it| it.0).filter(is_whole);
    let found = places.map(|at| {
        let line = code[..at].matches('\n').count();
        (line..line + 1, at..at + part.len())
    });
    found.collect()
}

fn dense(code: &str) -> Vec<DenseLine> {
    let (mut lines, mut at) = (Vec::new(), 0);
    for (number, line) in code.split_inclusive('\n').enumerate() {
        let start = at + line.len() - line.trim_start().len();
        let bytes = start..at + line.trim_end().len();
        at += line.len();
        if !line.trim().is_empty() {
            let text = line.chars().filter(|it| !it.is_whitespace()).collect();
            lines.push(DenseLine { number, bytes, text });
        }
    }
    lines
}

/// The text without the line numbers of the prompt, if all of its lines have them.
fn unnumbered(text: &str) -> Option<String> {
    let line = |line: &str| {
        let (number, code) = line.trim_start().split_once(':')?;
        let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        is_number.then(|| format!("{}\n", code.strip_prefix(' ').unwrap_or(code)))
    };
    text.lines().filter(|it| !it.trim().is_empty()).map(line).collect()
}
