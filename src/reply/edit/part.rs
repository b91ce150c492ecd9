//! A selection within one line. The answer is the new part, or the complete line with it.

use crate::prompt::indentation::blanks;
use crate::reply::edit::unusable::Unusable;
use crate::reply::edit::{Site, context};
use crate::text;

/// The line around a partial selection.
pub(super) struct EditLine<'a> {
    head: &'a str,
    tail: &'a str,
}

impl<'a> EditLine<'a> {
    /// `None` if the selection consists of complete lines.
    pub(super) fn of(site: &Site<'a>) -> Option<Self> {
        let head = &site.before[site.before.rfind('\n').map_or(0, |it| it + 1)..];
        let ends = site.old.ends_with('\n');
        let tail = if ends { "" } else { site.after.split('\n').next().unwrap_or_default() };
        (!head.is_empty() || !tail.is_empty()).then_some(Self { head, tail })
    }

    /// The site of the complete line.
    pub(super) fn site<'b>(&self, site: &Site<'b>, line: &'b str) -> Site<'b> {
        let before = &site.before[..site.before.len() - self.head.len()];
        let after = &site.after[self.tail.len()..];
        let after = after.strip_prefix('\n').unwrap_or(after);
        Site { old: line, before, after, ..*site }
    }

    /// The line with `part` in place of the selection.
    pub(super) fn with(&self, part: &str) -> String {
        format!("{}{part}{}\n", self.head, self.tail)
    }

    /// The complete line that an answer describes.
    ///
    /// # Errors
    /// Returns an error if the answer changes text beside the selection.
    pub(super) fn meant(&self, code: &str, old: &str) -> Result<String, Unusable> {
        let text = code.trim();
        let (head, tail) = (self.head.trim(), self.tail.trim());
        let is_alike = old.trim().starts_with(head) && old.trim().ends_with(tail);
        let repeated = (!is_alike).then(|| behind(text, head)).flatten();
        match (repeated, text.strip_suffix(tail).filter(|_| !tail.is_empty())) {
            (Some(rest), _) if rest.ends_with(tail) => Ok(format!("{}{text}\n", blanks(self.head))),
            (Some(_), _) => Err(Unusable::Outside),
            (None, _) if !is_alike && spaced_alike(text, head) => Err(Unusable::Outside),
            (None, Some(part)) if repeats(part, text, tail, old) => Ok(self.with(part.trim())),
            (None, _) => Ok(self.with(text)),
        }
    }

    /// The selected part of a complete line.
    ///
    /// # Errors
    /// Returns an error if the line differs beside the selection.
    pub(super) fn part(&self, line: &str) -> Result<String, Unusable> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let part = line.strip_prefix(self.head).and_then(|it| it.strip_suffix(self.tail));
        part.map(str::to_owned).ok_or(Unusable::Outside)
    }
}

/// Whether the end of an answer repeats the text after the selection.
fn repeats(part: &str, text: &str, tail: &str, old: &str) -> bool {
    let balance = context::balance;
    let ends_so = old.trim_end().ends_with(tail) || part.trim().is_empty();
    !ends_so
        && (balance(text) == balance(old) + balance(tail) && balance(tail) != 0
            || tail.contains(char::is_alphanumeric))
}

/// The text after `head`, if `text` starts with `head` and not with a longer word.
fn behind<'a>(text: &'a str, head: &str) -> Option<&'a str> {
    let is_word = |it: Option<char>| it.is_some_and(text::is_word);
    let rest = text.strip_prefix(head).filter(|_| !head.is_empty())?;
    let goes_on = is_word(head.chars().next_back()) && is_word(rest.chars().next());
    (!goes_on).then_some(rest)
}

/// Whether a text starts with more than one word of `head`, ignoring white space.
fn spaced_alike(text: &str, head: &str) -> bool {
    let dense = |it: &str| it.split_whitespace().collect::<String>();
    let marks = |it: char| !it.is_alphanumeric();
    head.contains(marks) && dense(text).starts_with(&dense(head))
}
