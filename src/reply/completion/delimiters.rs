//! Open brackets, strings and comments at a place, by the quotes of the language.
//!
//! The scan uses no grammar, so it works for every language and for incomplete documents. A syntax tree
//! overrules it about strings and comments.

mod scan;

use std::ops::Range;

use crate::reply::completion::delimiters::scan::Step;
use crate::syntax::language::Language;
use crate::syntax::region::Region;

/// Languages with strings of several characters in apostrophes.
pub(super) const APOSTROPHES: &[&str] = &[
    "bash",
    "css",
    "elixir",
    "html",
    "javascript",
    "lua",
    "php",
    "python",
    "ruby",
    "sql",
    "toml",
    "tsx",
    "typescript",
    "yaml",
];
/// Languages with strings in double quotes that span lines.
pub(super) const LONG_QUOTES: &[&str] = &["rust", "bash", "php", "ruby", "elixir", "sql"];
/// Languages with names in backticks.
const NAMES: &[&str] = &["kotlin", "scala", "sql", "swift"];
/// The closer of a string with unknown quotes: never matches.
const NEVER: &str = "\0";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Delimiter {
    /// A bracket, as its closer.
    Bracket(char),
    /// A string or comment with its closer. A line comment closes at the line end.
    Words { close: String, region: Region, is_long: bool },
}

impl Delimiter {
    fn is_words(&self) -> bool {
        matches!(self, Self::Words { .. })
    }
}

/// All open delimiters, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenDelimiter {
    language: Option<Language>,
    is_prose: bool,
    /// `<` counts as a bracket.
    angles: bool,
    stack: Vec<Delimiter>,
    /// Number of delimiters that were open at the start of the cursor's line.
    outer: usize,
}

/// The state at the end of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    is_quoted: bool,
    /// Closing brackets without an opener.
    unmatched: usize,
    /// Brackets left open inside a closed pair.
    crossed: usize,
    /// Open brackets and strings, minus those open before the cursor's line.
    depth: isize,
}

impl Ends {
    /// Whether a line with this end is less probable than one with the other.
    pub(super) fn is_worse(self, other: Self) -> bool {
        let key = |it: Self| (it.is_quoted, it.unmatched, it.crossed);
        key(self) > key(other)
    }

    /// Whether the line closes exactly what it opens.
    pub(super) fn is_whole(self) -> bool {
        !self.is_quoted && self.unmatched + self.crossed == 0 && self.depth == 0
    }

    pub(super) fn is_open(self) -> bool {
        self.depth > 0
    }
}

impl OpenDelimiter {
    /// The delimiters open after `before`. `region` is the syntax tree's region; `right` is the rest of the
    /// line.
    pub(super) fn at(
        language: Option<Language>,
        is_prose: bool,
        before: &str,
        right: &str,
        region: Option<Region>,
    ) -> Self {
        let new = || Self { language, is_prose, angles: false, stack: Vec::new(), outer: 0 };
        let head = before.rsplit('\n').next().unwrap_or_default();
        let mut open = new();
        if !is_prose {
            open.read(&before[..before.len() - head.len()]);
            open.outer = open.stack.len();
        }
        open.read(head);
        match region {
            _ if is_prose => {}
            Some(Region::Code) if open.region() != Region::Code => {
                open = new();
                open.read(head);
                open.leave_words(right);
            }
            Some(region @ (Region::Comment | Region::String)) if open.region() != region => {
                open = Self { is_prose: region == Region::Comment, ..new() };
                open.read(head);
                if region == Region::String && open.region() != region {
                    let quote = right.chars().next().filter(|it| "\"'`".contains(*it));
                    let close = quote.map_or(NEVER.to_owned(), String::from);
                    // It starts above this line, so the line's own delimiters are inside it.
                    open.stack.insert(0, Delimiter::Words { close, region, is_long: true });
                }
            }
            Some(_) | None => {}
        }
        if open.region() == Region::Comment && !open.ends_before(right) {
            open = Self { is_prose: true, ..new() };
            open.read(head);
        }
        open.open_angles(head, right);
        open
    }

    /// The region of the place, derived from the open delimiters.
    pub(super) fn region(&self) -> Region {
        let words = self.stack.iter().rev().find_map(|it| match it {
            Delimiter::Words { region, .. } => Some(*region),
            Delimiter::Bracket(_) => None,
        });
        match words {
            _ if self.is_prose => Region::Comment,
            words => words.unwrap_or_default(),
        }
    }

    /// The delimiters around the string at the place.
    pub(super) fn behind_string(&self) -> Option<Self> {
        let start = self.words().filter(|it| {
            matches!(&self.stack[*it], Delimiter::Words { region: Region::String, .. })
        })?;
        Some(Self { stack: self.stack[..start].to_vec(), ..self.clone() })
    }

    /// Whether `quote` closes the string or comment at the place.
    pub(super) fn closes(&self, quote: &str) -> bool {
        let innermost = self.words().map(|it| &self.stack[it]);
        matches!(innermost, Some(Delimiter::Words { close, .. }) if close == quote)
    }

    /// Whether `closer` ends the comment at the place while its last character is already to the right,
    /// inserted by the editor.
    pub(super) fn ends_comment(&self, closer: &str, right: &str) -> bool {
        let last = closer.chars().last().filter(|_| closer.len() > 1);
        self.region() == Region::Comment
            && self.closes(closer)
            && last.is_some_and(|it| right.starts_with(it))
    }

    /// The ranges of `text` that close open delimiters, including unmatched closers, and the state after it.
    pub(super) fn closers(&self, text: &str) -> (Vec<Range<usize>>, Self) {
        let mut after = self.clone();
        let closers = after.read(text);
        (closers, after)
    }

    /// Whether the place is in a string, also within prose.
    pub(super) fn is_quoted(&self) -> bool {
        self.behind_string().is_some()
    }

    /// Whether the place is in a single-line string.
    pub(super) fn ends_with_line(&self) -> bool {
        let innermost = self.words().map(|it| &self.stack[it]);
        matches!(innermost, Some(Delimiter::Words { region: Region::String, is_long: false, .. }))
    }

    /// Whether a bracket with this closer is open.
    pub(super) fn has(&self, closer: char) -> bool {
        self.stack.contains(&Delimiter::Bracket(closer))
    }

    /// Whether the text to the right ends the comment at the place, or contains the last character of its
    /// closer.
    fn ends_before(&self, right: &str) -> bool {
        let Some(Delimiter::Words { close, .. }) = self.words().map(|it| &self.stack[it]) else {
            return false;
        };
        let last = close.chars().last().filter(|it| *it != '\n');
        right.contains(close.as_str()) || last.is_some_and(|it| right.trim_start().starts_with(it))
    }

    /// Drops the string of the scan where the tree reports code. Keeps it where the string quotes code that
    /// continues after the cursor, and where the tree does not support the language.
    fn leave_words(&mut self, right: &str) {
        let name = self.language.map_or("", Language::name);
        let is_closed = self.clone().read(right).iter().any(|it| self.closes(&right[it.clone()]));
        let is_foreign = matches!(name, "html" | "markdown" | "yaml");
        // A tree treats a quoted name as code.
        let is_name = NAMES.contains(&name) && self.closes("`");
        if !is_foreign && !is_name && (!is_closed || self.ends(right).is_quoted) {
            self.stack.retain(|it| matches!(it, Delimiter::Bracket(_)));
        }
    }

    /// The state at the end of the line with `text` as its end.
    pub(super) fn ends(&self, text: &str) -> Ends {
        let mut after = self.clone();
        let (mut at, mut unmatched, mut crossed) = (0, 0, 0);
        while at < text.len() {
            let depth = after.stack.len();
            let (length, step) = after.step(text, at);
            unmatched += usize::from(matches!(step, Step::Unmatched));
            crossed += depth.saturating_sub(after.stack.len() + 1);
            at += length;
        }
        let depth = after.stack.len() as isize - self.outer as isize;
        Ends { is_quoted: after.is_quoted(), unmatched, crossed, depth }
    }

    /// Opens the `<` of a generic or a tag if its `>` is after the cursor.
    fn open_angles(&mut self, head: &str, right: &str) {
        let is_closed = right.starts_with('>') && !right.starts_with(">=");
        let is_open = head.rfind('<').is_some_and(|it| !head[it..].contains('>'));
        if is_closed && is_open && self.region() == Region::Code {
            self.angles = true;
            self.stack.push(Delimiter::Bracket('>'));
        }
    }
}

#[cfg(test)]
mod tests;
