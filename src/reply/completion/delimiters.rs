//! What stands open at a place: brackets, strings and comments, by the quotes of the language.
//!
//! The scan uses no grammar, so it works for every language and on half a document. Where a tree says
//! whether the place is in a string, that overrules the scan.

mod scan;

use std::ops::Range;

use crate::reply::completion::delimiters::scan::Step;
use crate::syntax::language::Language;
use crate::syntax::region::Region;

/// Languages in which an apostrophe quotes more than one character.
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
/// Languages whose double quotes go on over lines.
pub(super) const LONG_QUOTES: &[&str] = &["rust", "bash", "php", "ruby", "elixir", "sql"];
/// Languages in which a name may stand between backticks.
const NAMES: &[&str] = &["kotlin", "scala", "sql", "swift"];
/// What closes a string of unknown quotes: nothing does.
const NEVER: &str = "\0";

/// One thing that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Delimiter {
    /// A bracket, by what closes it.
    Bracket(char),
    /// A string or comment, by what closes it; a line comment by the line's end.
    Words { close: String, region: Region, is_long: bool },
}

impl Delimiter {
    fn is_words(&self) -> bool {
        matches!(self, Self::Words { .. })
    }
}

/// All that is open, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenDelimiter {
    language: Option<Language>,
    is_prose: bool,
    /// `<` counts as a bracket.
    angles: bool,
    stack: Vec<Delimiter>,
    /// How many of these were open at the start of the cursor's line.
    outer: usize,
}

/// What a text leaves at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    is_quoted: bool,
    /// Brackets that it closes and nobody opened.
    unmatched: usize,
    /// Brackets that it leaves open within what it closes.
    crossed: usize,
    /// Brackets and strings that are open, less those open before the cursor's line.
    depth: isize,
}

impl Ends {
    /// Whether a line that ends so is less probable than one that ends as the other.
    pub(super) fn is_worse(self, other: Self) -> bool {
        let key = |it: Self| (it.is_quoted, it.unmatched, it.crossed);
        key(self) > key(other)
    }

    /// Whether the line closes all that it opens, and no more.
    pub(super) fn is_whole(self) -> bool {
        !self.is_quoted && self.unmatched + self.crossed == 0 && self.depth == 0
    }

    pub(super) fn is_open(self) -> bool {
        self.depth > 0
    }
}

impl OpenDelimiter {
    /// What is open behind `before`. `region` is what a tree says of the place; `right` is the rest of its
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
                    // It began above this line, so what the line opens is in it.
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

    /// Whether the place is in code, by what is open.
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

    /// What is open around the string that the place is in.
    pub(super) fn behind_string(&self) -> Option<Self> {
        let start = self.words().filter(|it| {
            matches!(&self.stack[*it], Delimiter::Words { region: Region::String, .. })
        })?;
        Some(Self { stack: self.stack[..start].to_vec(), ..self.clone() })
    }

    /// Whether this closes the string or comment that the place is in.
    pub(super) fn closes(&self, quote: &str) -> bool {
        let innermost = self.words().map(|it| &self.stack[it]);
        matches!(innermost, Some(Delimiter::Words { close, .. }) if close == quote)
    }

    /// Whether `closer` ends the comment that the place is in, and its last character stands there already,
    /// as one that an editor typed.
    pub(super) fn ends_comment(&self, closer: &str, right: &str) -> bool {
        let last = closer.chars().last().filter(|_| closer.len() > 1);
        self.region() == Region::Comment
            && self.closes(closer)
            && last.is_some_and(|it| right.starts_with(it))
    }

    /// Where `text`, put here, closes what is open already. Brackets nobody opened count too.
    pub(super) fn closers(&self, text: &str) -> (Vec<Range<usize>>, Self) {
        let mut after = self.clone();
        let closers = after.read(text);
        (closers, after)
    }

    /// Whether the place is in a string, be it one that a sentence quotes.
    pub(super) fn is_quoted(&self) -> bool {
        self.behind_string().is_some()
    }

    /// Whether the place is in a string that its line has to close.
    pub(super) fn ends_with_line(&self) -> bool {
        let innermost = self.words().map(|it| &self.stack[it]);
        matches!(innermost, Some(Delimiter::Words { region: Region::String, is_long: false, .. }))
    }

    /// Whether a bracket is open that this one closes.
    pub(super) fn has(&self, closer: char) -> bool {
        self.stack.contains(&Delimiter::Bracket(closer))
    }

    /// Whether what stands right of the place ends the comment that it is in, or its last character does.
    fn ends_before(&self, right: &str) -> bool {
        let Some(Delimiter::Words { close, .. }) = self.words().map(|it| &self.stack[it]) else {
            return false;
        };
        let last = close.chars().last().filter(|it| *it != '\n');
        right.contains(close.as_str()) || last.is_some_and(|it| right.trim_start().starts_with(it))
    }

    /// Drops the string that the scan is in: the tree has code there. Not where a string quotes code and goes
    /// on behind the cursor, nor where the tree does not know the language.
    fn leave_words(&mut self, right: &str) {
        let name = self.language.map_or("", Language::name);
        let is_closed = self.clone().read(right).iter().any(|it| self.closes(&right[it.clone()]));
        let is_foreign = matches!(name, "html" | "markdown" | "yaml");
        // A tree takes a quoted name for code.
        let is_name = NAMES.contains(&name) && self.closes("`");
        if !is_foreign && !is_name && (!is_closed || self.ends(right).is_quoted) {
            self.stack.retain(|it| matches!(it, Delimiter::Bracket(_)));
        }
    }

    /// How a line ends with `text` at its end.
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

    /// A generic's or a tag's `<`, where its `>` stands behind the cursor.
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
