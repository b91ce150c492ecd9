//! Removes lines around the selection that an answer repeats: they are context, not new text.

use crate::prompt::indentation::blanks;
use crate::reply::edit::Site;
use crate::reply::edit::indent::BaseIndent;

/// Words before a bracket that do not introduce a definition.
const CONTROL: [&str; 20] = [
    "if", "elif", "else", "while", "for", "foreach", "switch", "match", "when", "case", "catch",
    "return", "await", "yield", "throw", "new", "not", "and", "or", "in",
];

/// The part of an answer for the selection.
pub(super) struct InnerSite<'a> {
    pub(super) text: &'a str,
    /// The indentation of a repeated line in the answer and in the document.
    pub(super) base: Option<BaseIndent<'a>>,
}

/// Removes lines at the ends of `code` that equal those directly above and below the selection.
pub(super) fn without<'a>(code: &'a str, site: &Site<'a>) -> InnerSite<'a> {
    let above = above(code, site);
    if above.is_empty()
        && let Some(inner) = unwrapped(code, site)
    {
        let rest = without(inner.text, site);
        return InnerSite { base: rest.base.or(inner.base), ..rest };
    }
    let base = above.last().map(|(_, shown, there)| (blanks(shown), blanks(there)));
    let start = above.last().map_or(0, |it| it.0);
    let rest = if start == 0 { code } else { unled(&code[start..]) };
    let end = below(rest, site);
    let text = if end == rest.len() { rest } else { untrailed(&rest[..end]) };
    InnerSite { text, base }
}

/// The inside of code that repeats the head and the end of a block around the selection, such as a class, and nothing
/// else of that block.
fn unwrapped<'a>(code: &'a str, site: &Site<'a>) -> Option<InnerSite<'a>> {
    let shown = lines(code);
    let ((head_end, head), (_, last)) = (*shown.first()?, *shown.last()?);
    let there = heads(site).into_iter().find(|it| it.trim() == head.trim())?;
    let is_own = said(site.old).next().is_some_and(|it| it.trim() == head.trim());
    let is_inside = |it: &(usize, &str)| blanks(it.1).len() > blanks(head).len();
    let opened = balance(head);
    let is_end = last.trim() == "end" || opened > 0 && balance(last) == -opened;
    let end = match is_end && blanks(last).len() == blanks(head).len() {
        true => shown.len() - 1,
        false if opened == 0 && head.trim_end().ends_with(':') => shown.len(),
        false => return None,
    };
    if is_own || end < 2 || !shown[1..end].iter().all(is_inside) {
        return None;
    }
    let text = untrailed(unled(&code[head_end..shown[end - 1].0]));
    (balance(text) == balance(site.old))
        .then_some(InnerSite { text, base: Some((blanks(head), blanks(there))) })
}

/// The first lines of the blocks around the selection, by indentation, innermost first.
fn heads<'a>(site: &Site<'a>) -> Vec<&'a str> {
    let mut indent = said(site.old).next().map_or(0, |it| blanks(it).len());
    let mut heads = Vec::new();
    for it in said(site.before).collect::<Vec<_>>().into_iter().rev() {
        if blanks(it).len() < indent {
            indent = blanks(it).len();
            heads.push(it);
        }
    }
    heads
}

/// Whether `text` starts with the definition that contains the selection. Inserting it would nest the
/// definition in itself.
pub(super) fn is_around(text: &str, site: &Site<'_>) -> bool {
    let Some(head) = said(text).next().and_then(definition) else { return false };
    let Some(inner) = said(site.old).next().map(|it| blanks(it).len()) else { return false };
    let mut outer = said(site.before).filter(|it| blanks(it).len() < inner);
    !said(site.old).any(|it| definition(it) == Some(head))
        && outer.any(|it| definition(it) == Some(head))
}

/// The part of a line before its first bracket if it can be a definition: `fn name`.
fn definition(line: &str) -> Option<&str> {
    let head = line.trim().split_once('(')?.0;
    let mut words = head.split_whitespace();
    let first = words.next()?;
    let is_name = |it: &str| it.chars().all(|it| it.is_alphanumeric() || "_:<>*&~.".contains(it));
    let last = words.next_back()?;
    (!CONTROL.contains(&first) && !CONTROL.contains(&last) && is_name(last)).then_some(head)
}

/// The repeated lines at the start, each with its end in `code` and the matching line of the document.
fn above<'a>(code: &'a str, site: &Site<'a>) -> Vec<(usize, &'a str, &'a str)> {
    let shown = lines(code);
    let there: Vec<&str> = said(site.before).collect();
    let most = there.len().min(shown.len().saturating_sub(1));
    let fits = |count: &usize| {
        let there = &there[there.len() - count..];
        shown.iter().zip(there).all(|(it, there)| it.1.trim() == there.trim())
    };
    let counts: Vec<usize> = (1..=most).filter(fits).collect();
    let first = said(site.old).next();
    let at = |count: usize| shown.get(count).map(|it| it.1);
    let count = choose(&counts, first, at, |count| &code[..end(&shown, count)], (code, site.old));
    let there = &there[there.len() - count..];
    shown[..count].iter().zip(there).map(|((end, shown), there)| (*end, *shown, *there)).collect()
}

/// The start of the repeated lines at the end of `rest`.
fn below(rest: &str, site: &Site<'_>) -> usize {
    let shown = lines(rest);
    let there: Vec<&str> = said(site.after).take(shown.len()).collect();
    let most = there.len().min(shown.len().saturating_sub(1));
    let fits = |count: &usize| {
        let shown = &shown[shown.len() - count..];
        shown.iter().zip(&there).all(|(it, there)| it.1.trim() == there.trim())
    };
    let counts: Vec<usize> = (1..=most).filter(fits).collect();
    let last = said(site.old).last();
    let at = |count: usize| shown.len().checked_sub(count + 1).map(|it| shown[it].1);
    let cut = |count: usize| end(&shown, shown.len() - count);
    let count = choose(&counts, last, at, |count| &rest[cut(count)..], (rest, site.old));
    if count == 0 { rest.len() } else { cut(count) }
}

/// Selects the number of context lines from `counts`. Prefers a count after which the edge equals the edge of
/// the old text. Lines with only brackets are context only if the code has a surplus of these brackets.
fn choose<'a>(
    counts: &[usize],
    edge: Option<&str>,
    at: impl Fn(usize) -> Option<&'a str>,
    repeated: impl Fn(usize) -> &'a str,
    (code, old): (&str, &str),
) -> usize {
    let surplus = balance(code) - balance(old);
    let is_context = |count: &usize| {
        let repeated = repeated(*count);
        repeated.contains(|it: char| it.is_alphanumeric())
            || surplus != 0 && surplus == balance(repeated)
    };
    let counts: Vec<usize> = counts.iter().copied().filter(is_context).collect();
    let is_edge = |count: usize| edge.map(str::trim) == at(count).map(str::trim);
    let best = counts.iter().rev().find(|it| is_edge(**it));
    match (best, is_edge(0)) {
        (Some(best), _) => *best,
        (None, true) => 0,
        (None, false) => counts.last().copied().unwrap_or_default(),
    }
}

/// Removes blank lines at the start.
fn unled(text: &str) -> &str {
    let blank: usize =
        text.split_inclusive('\n').take_while(|it| it.trim().is_empty()).map(str::len).sum();
    &text[blank..]
}

fn untrailed(text: &str) -> &str {
    let end = text.trim_end().len();
    &text[..text[end..].find('\n').map_or(text.len(), |it| end + it + 1)]
}

/// Lines that are not blank, each with the position of its end.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut end = 0;
    let lines = text.split_inclusive('\n').map(|it| {
        end += it.len();
        (end, it)
    });
    lines.filter(|it| !it.1.trim().is_empty()).collect()
}

/// The end of the first `count` lines.
fn end(lines: &[(usize, &str)], count: usize) -> usize {
    count.checked_sub(1).map_or(0, |it| lines[it].0)
}

fn said(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|it| !it.trim().is_empty())
}

/// Opening brackets minus closing brackets.
pub(in crate::reply) fn balance(text: &str) -> isize {
    let one = |it: char| match it {
        '(' | '[' | '{' => 1,
        ')' | ']' | '}' => -1,
        _ => 0,
    };
    text.chars().map(one).sum()
}
