//! How a change of code is asked for and read back.
//!
//! A short text is answered whole, a long one as blocks that say what to search for and what to put
//! in its place: the size of the text alone decides. One parser reads both, since models answer in
//! the form they like best.

mod apply;
mod bare;
mod context;
mod elided;
mod fence;
mod indent;
mod part;
pub mod thought;
pub mod unusable;

use std::collections::BTreeSet;

use crate::prompt::indentation::Indentation;
use crate::reply::edit::part::EditLine;
use crate::reply::edit::unusable::Unusable;
use crate::reply::unseen;

/// An answer may be so many times as long as what it replaces, and so many bytes more.
const GROWTH: usize = 6;
const ROOM: usize = 16 << 10;

/// A shorter word is no name, and fewer names say nothing.
const SHORTEST: usize = 4;
const FEW: usize = 4;
/// Words that code of any kind has.
const KEYWORDS: [&str; 20] = [
    "break", "case", "class", "const", "else", "export", "false", "from", "func", "function",
    "import", "public", "return", "self", "static", "struct", "this", "true", "void", "while",
];

/// The text that an answer changes, and what stands around it.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Whole lines, or a part of one.
    pub old: &'a str,
    /// Text directly before and behind it; as much as there is.
    pub before: &'a str,
    pub after: &'a str,
    /// One step of indentation in the document.
    pub unit: Option<Indentation>,
    /// By our name.
    pub language: &'a str,
    /// Whether the document's lines end with CRLF.
    pub has_crlf: bool,
}

impl<'a> Site<'a> {
    /// A text of which nothing else is known.
    pub fn alone(old: &'a str) -> Self {
        let has_crlf = old.contains("\r\n");
        Self { old, before: "", after: "", unit: None, language: "", has_crlf }
    }
}

/// The new text that `answer` gives the old one of `site`, in the document's indentation and with its
/// line ends.
///
/// # Errors
/// The answer is no text that could take the place of the old one.
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

/// An answer of a plausible size, without the reasoning in front of it.
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

/// The text that takes the place of all of the old one. Small models show what was there before they
/// say what is to be there, and leave out the fence.
fn whole(answer: &str, site: &Site<'_>) -> Result<String, Unusable> {
    let fitted = |it: &String| fit(it, site);
    let pieces: Vec<String> =
        fence::pieces(answer)?.iter().map(fitted).collect::<Result<_, _>>()?;
    let changed: Vec<String> = pieces.iter().filter(|it| *it != site.old).cloned().collect();
    match (pieces.is_empty(), changed.is_empty()) {
        (true, _) => fitted(&bare::code(answer, site).ok_or(Unusable::Prose)?),
        (false, true) => Err(Unusable::Unchanged),
        (false, false) => fence::only(changed),
    }
}

/// Code in place of the old lines: without the context it repeats, with the lines it leaves out,
/// indented as they are, between the blank lines that stand there.
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

/// The new text of a part of a line.
fn part(answer: &str, site: &Site<'_>, line: &EditLine<'_>) -> Result<String, Unusable> {
    let whole = line.with(site.old);
    let around = line.site(site, &whole);
    let pieces = fence::pieces(answer)?;
    let pieces = if pieces.is_empty() { vec![bare::one_line(answer)?] } else { pieces };
    let mut parts = Vec::new();
    for piece in pieces {
        let piece = indent::converted(&whole, &piece, site.unit);
        let inner = context::without(&piece, &around);
        let meant = line.meant(inner.text, site.old)?;
        let meant = elided::filled(&meant, &whole, site.language)?;
        let part = line.part(&meant)?;
        if part != site.old {
            parts.push(part);
        }
    }
    if parts.is_empty() { Err(Unusable::Unchanged) } else { fence::only(parts) }
}

/// `new` with as many blank lines at its ends as the old text has, at least.
fn edged(new: &str, old: &str) -> String {
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

/// Whether a new text is about what the old one is about, so that it is no other file's: it keeps an
/// eighth of its names at least. A text of few names says nothing.
pub fn is_about(new: &str, old: &str) -> bool {
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
        let name = |it: &&str| it.len() >= SHORTEST && !KEYWORDS.contains(it);
        words.filter(name).map(str::to_owned).collect()
    };
    let (new, old) = (names(new), names(old));
    old.len() < FEW || old.intersection(&new).count() * 8 >= old.len()
}

/// The one piece of code that `answer` gives, with line ends of one character.
///
/// # Errors
/// There is none, or more than one.
pub fn code(answer: &str) -> Result<String, Unusable> {
    let answer = unix(answer);
    let answer = checked(&answer, "")?;
    let code = fence::only(fence::pieces(answer)?)?;
    match unseen::brought(&code, []) {
        Some(it) => Err(Unusable::Unseen(it)),
        None => Ok(code),
    }
}

/// The code of an answer about `old`, as it came: in a fence or without one.
pub fn shown(answer: &str, old: &str) -> Option<String> {
    let (answer, old) = (unix(answer), unix(old));
    let answer = checked(&answer, &old).ok()?;
    let mut pieces = fence::pieces(answer).ok()?;
    pieces.pop().or_else(|| bare::code(answer, &Site::alone(&old)))
}

#[cfg(test)]
mod tests;
