//! Parses an answer that changes code.
//!
//! The prompt requests the complete text for a short selection, and search and replace blocks for a long one;
//! only the size decides. One parser reads both, since models use either form regardless of the request.

mod apply;
mod bare;
pub(super) mod context;
mod elided;
pub(super) mod fence;
pub mod head;
mod indent;
pub mod overrun;
mod part;
pub mod thought;
pub mod unusable;

use std::collections::BTreeSet;

use crate::prompt::indentation::Indentation;
use crate::reply::edit::fence::Piece;
use crate::reply::edit::part::EditLine;
use crate::reply::edit::unusable::Unusable;
use crate::reply::unseen;

/// An answer may have at most `old.len() * GROWTH + ROOM` bytes.
const GROWTH: usize = 6;
const ROOM: usize = 16 << 10;

/// Shorter words are not compared as names; texts with fewer names are not compared.
const SHORTEST: usize = 4;
const FEW: usize = 4;
/// Keywords of many languages, which are not names.
const KEYWORDS: [&str; 20] = [
    "break", "case", "class", "const", "else", "export", "false", "from", "func", "function",
    "import", "public", "return", "self", "static", "struct", "this", "true", "void", "while",
];

/// The text to change, with its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Complete lines, or a part of one.
    pub old: &'a str,
    /// Text directly before and after, as far as available.
    pub before: &'a str,
    pub after: &'a str,
    /// One step of indentation in the document.
    pub unit: Option<Indentation>,
    /// Name from the language table.
    pub language: &'a str,
    /// Whether the document's lines end with CRLF.
    pub has_crlf: bool,
}

impl<'a> Site<'a> {
    /// A text without surroundings.
    pub fn alone(old: &'a str) -> Self {
        let has_crlf = old.contains("\r\n");
        Self { old, before: "", after: "", unit: None, language: "", has_crlf }
    }
}

/// The new text for `site` according to `answer`, with the document's indentation and line ends.
///
/// # Errors
/// Returns an error if the answer cannot replace the old text.
pub fn read(answer: &str, site: &Site<'_>) -> Result<String, Unusable> {
    let [answer, old, before, after] = [answer, site.old, site.before, site.after].map(unix);
    let plain = Site { old: &old, before: &before, after: &after, ..*site };
    let answer = checked(&answer, &old)?;
    let new = match apply::blocks(answer)? {
        Some(blocks) => apply::apply(&blocks, &plain)?,
        None => match EditLine::of(&plain) {
            Some(line) => part(answer, &plain, &line)?,
            None => whole(answer, &plain)?,
        },
    };
    if new == old {
        return Err(Unusable::Unchanged);
    }
    if new.trim().is_empty() {
        return Err(Unusable::Empty);
    }
    if let Some(it) = unseen::brought(&new, [site.old]) {
        return Err(Unusable::Unseen(it));
    }
    Ok(if site.has_crlf { new.replace('\n', "\r\n") } else { new })
}

/// Removes leading reasoning, and checks the size of the answer.
fn checked<'a>(answer: &'a str, old: &str) -> Result<&'a str, Unusable> {
    let answer = thought::without(answer, old).ok_or(Unusable::Half)?;
    if answer.trim().is_empty() {
        return Err(Unusable::Empty);
    }
    if answer.len() > old.len() * GROWTH + ROOM {
        return Err(Unusable::TooLong(answer.len()));
    }
    Ok(answer)
}

/// The replacement for all of the old text. Small models repeat the old text first, and omit the fence.
fn whole(answer: &str, site: &Site<'_>) -> Result<String, Unusable> {
    let pieces = fence::pieces(answer, site.language)?;
    match pieces.is_empty() {
        true => fit(&bare::code(answer, site).ok_or(Unusable::Prose)?, site),
        false => changed(pieces, site.old, |it| fit(it, site)),
    }
}

/// The fitted piece that fits best and changes the old text.
fn changed(
    pieces: Vec<Piece>,
    old: &str,
    fitted: impl Fn(&str) -> Result<String, Unusable>,
) -> Result<String, Unusable> {
    let mut all: Vec<_> = pieces.into_iter().map(|it| (it.fit, fitted(&it.code))).collect();
    all.retain(|(_, code)| code.as_deref() != Ok(old));
    let best = all.iter().map(|it| it.0).min().ok_or(Unusable::Unchanged)?;
    let best = all.into_iter().filter(|it| it.0 == best);
    let best = best.map(|(fit, code)| Ok(Piece { fit, code: code? }));
    fence::only(best.collect::<Result<_, _>>()?)
}

/// Fits code to the place of the old lines: removes repeated context, fills in omitted lines, converts the
/// indentation and keeps blank lines at the edges.
fn fit(code: &str, site: &Site<'_>) -> Result<String, Unusable> {
    let code = indent::converted(site.old, code, site.unit);
    let inner = context::without(&code, site);
    if context::is_around(inner.text, site) {
        return Err(Unusable::Outside);
    }
    let text = indent::fitted(site.old, inner.text, inner.base);
    let text = elided::filled(&text, site.old, site.language)?;
    Ok(edged(&text, site.old))
}

/// The replacement for a part of a line.
fn part(answer: &str, site: &Site<'_>, line: &EditLine<'_>) -> Result<String, Unusable> {
    let whole = line.with(site.old);
    let around = line.site(site, &whole);
    let fitted = |piece: &str| {
        let piece = indent::converted(&whole, piece, site.unit);
        let inner = context::without(&piece, &around);
        let meant = line.meant(inner.text, site.old)?;
        line.part(&elided::filled(&meant, &whole, site.language)?)
    };
    let pieces = fence::pieces(answer, site.language)?;
    match pieces.is_empty() {
        true => fitted(&bare::one_line(answer)?),
        false => changed(pieces, site.old, fitted),
    }
}

/// `new` with at least as many blank lines at its ends as the old text.
pub(in crate::reply) fn edged(new: &str, old: &str) -> String {
    if new.trim().is_empty() || old.trim().is_empty() {
        return new.to_owned();
    }
    let is_blank = |it: &&str| it.trim().is_empty();
    let start = |text: &str| text.lines().take_while(is_blank).count();
    let end = |text: &str| text.lines().rev().take_while(is_blank).count();
    let [above, below] = [start(old).saturating_sub(start(new)), end(old).saturating_sub(end(new))];
    let [above, below] = [above, below].map(|it| "\n".repeat(it));
    format!("{above}{new}{below}")
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Whether a new text is about the same code as the old one, and not another file: the first line or at least an
/// eighth of the names are kept. Always true for texts with few names.
pub fn is_about(new: &str, old: &str) -> bool {
    let first = old.lines().map(str::trim).find(|it| it.len() >= SHORTEST);
    if first.is_some_and(|first| new.lines().any(|it| it.trim() == first)) {
        return true;
    }
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
        let name = |it: &&str| it.len() >= SHORTEST && !KEYWORDS.contains(it);
        words.filter(name).map(str::to_owned).collect()
    };
    let (new, old) = (names(new), names(old));
    old.len() < FEW || old.intersection(&new).count() * 8 >= old.len()
}

/// The single piece of code of a language in `answer`, with LF line ends.
///
/// # Errors
/// Returns an error if there is no code, or more than one piece.
pub fn code(answer: &str, language: &str) -> Result<String, Unusable> {
    let answer = unix(answer);
    let answer = checked(&answer, "")?;
    let code = fence::only(fence::pieces(answer, language)?)?;
    match unseen::brought(&code, []) {
        Some(it) => Err(Unusable::Unseen(it)),
        None => Ok(code),
    }
}

/// The code of an answer about `old` without changes, fenced or not.
pub fn shown(answer: &str, old: &str, language: &str) -> Option<String> {
    let (answer, old) = (unix(answer), unix(old));
    let answer = checked(&answer, &old).ok()?;
    let pieces = fence::pieces(answer, language).ok()?.into_iter().rev();
    let best = pieces.min_by_key(|it| it.fit).map(|it| it.code);
    best.or_else(|| bare::code(answer, &Site::alone(&old)))
}

#[cfg(test)]
mod tests;
