//! The scanner: which delimiters each token opens and closes.

use std::ops::Range;

use crate::reply::completion::delimiters::{
    APOSTROPHES, Delimiter, LONG_QUOTES, NAMES, OpenDelimiter,
};
use crate::syntax::language::Language;
use crate::syntax::region::Region;

/// The effect of a token on the open delimiters.
pub(super) enum Step {
    Closes,
    /// A closer without an opener.
    Unmatched,
    Other,
}

impl OpenDelimiter {
    pub(super) fn read(&mut self, text: &str) -> Vec<Range<usize>> {
        let (mut at, mut floor, mut closers) = (0, self.stack.len(), Vec::new());
        while at < text.len() {
            let (length, step) = self.step(text, at);
            match step {
                Step::Unmatched => closers.push(at..at + length),
                Step::Closes if self.stack.len() < floor => closers.push(at..at + length),
                Step::Closes | Step::Other => {}
            }
            floor = floor.min(self.stack.len());
            at += length;
        }
        closers
    }

    /// Reads one token: its length and its effect.
    pub(super) fn step(&mut self, text: &str, at: usize) -> (usize, Step) {
        match self.words() {
            Some(start) => self.in_words(text, at, start),
            None => self.in_code(text, at),
        }
    }

    /// The stack index of the string or comment at the end of the text.
    pub(super) fn words(&self) -> Option<usize> {
        self.stack.iter().rposition(Delimiter::is_words)
    }

    /// Reads one token within a string or comment: its length and its effect.
    fn in_words(&mut self, text: &str, at: usize, start: usize) -> (usize, Step) {
        let rest = &text[at..];
        let char = rest.chars().next().unwrap_or_default();
        // A string within a string ends with the outer one.
        let closed = self.stack.iter().position(
            |it| matches!(it, Delimiter::Words { close, .. } if rest.starts_with(close.as_str())),
        );
        if let Some((at, Delimiter::Words { close, .. })) =
            closed.and_then(|it| Some((it, self.stack.get(it)?)))
        {
            let length = close.len();
            let step = if close == "\n" { Step::Other } else { Step::Closes };
            self.stack.truncate(at);
            return (length, step);
        }
        let Some(Delimiter::Words { close, region, is_long }) = self.stack.get(start) else {
            return (rest.len(), Step::Other);
        };
        if char == '\n' && !is_long {
            self.stack.truncate(start);
            return (1, Step::Other);
        }
        // Interpolation in Swift.
        if rest.starts_with("\\(") && self.language.is_some_and(|it| it.name() == "swift") {
            self.stack.push(Delimiter::Bracket(')'));
            return (2, Step::Other);
        }
        if char == '\\' && *region == Region::String && close.len() == 1 {
            let next = rest[1..].chars().next().filter(|it| *it != '\n');
            return (1 + next.map_or(0, char::len_utf8), Step::Other);
        }
        let is_local = self.stack.len() > start + 1;
        // A string quoted with the other quote. An apostrophe does not start one.
        let is_outermost = !self.stack[..start].iter().any(|it| it.is_words());
        if matches!(char, '"' | '`') && is_outermost && *region == Region::String {
            self.stack.push(string(&char.to_string(), false));
            return (1, Step::Other);
        }
        match char {
            '(' | '[' | '{' => self.stack.push(Delimiter::Bracket(closer(char))),
            // A string closes only brackets that it opened.
            ')' | ']' | '}' if is_local && self.stack.last() == Some(&Delimiter::Bracket(char)) => {
                self.stack.pop();
                return (1, Step::Closes);
            }
            _ => {}
        }
        (char.len_utf8(), Step::Other)
    }

    /// Reads one token of code: its length and its effect.
    fn in_code(&mut self, text: &str, at: usize) -> (usize, Step) {
        let rest = &text[at..];
        let char = rest.chars().next().unwrap_or_default();
        let length = char.len_utf8();
        let opened = match self.is_prose {
            true => "\"`".contains(char).then(|| (1, string(&char.to_string(), false))),
            false => self.opens_words(text, at),
        };
        if let Some((opener, words)) = opened {
            self.stack.push(words);
            return (opener, Step::Other);
        }
        let is_arrow = text[..at].ends_with(['-', '=', ' ']);
        match char {
            '(' | '[' | '{' => self.stack.push(Delimiter::Bracket(closer(char))),
            '<' if self.angles => self.stack.push(Delimiter::Bracket('>')),
            '>' if self.angles
                && !is_arrow
                && self.stack.last() == Some(&Delimiter::Bracket('>')) =>
            {
                self.stack.pop();
                return (length, Step::Closes);
            }
            ')' | ']' | '}' => {
                let opener = self.stack.iter().rposition(|it| *it == Delimiter::Bracket(char));
                let Some(opener) = opener else { return (length, Step::Unmatched) };
                self.stack.truncate(opener);
                return (length, Step::Closes);
            }
            '\'' if !self.is_prose => return (literal(rest), Step::Other),
            _ => {}
        }
        (length, Step::Other)
    }

    /// A string or comment that opens here, with the length of its opener.
    fn opens_words(&self, text: &str, at: usize) -> Option<(usize, Delimiter)> {
        let rest = &text[at..];
        let name = self.language.map_or("", Language::name);
        let words = |close: &str, region, is_long| Delimiter::Words {
            close: close.to_owned(),
            region,
            is_long,
        };
        let line = self.language.and_then(Language::line_comment);
        if let Some(line) = line.filter(|it| rest.starts_with(it)) {
            // In a shell, a `#` within a word does not start a comment.
            let is_part = name == "bash"
                && !text[..at].is_empty()
                && !text[..at].ends_with([' ', '\t', '\n', ';']);
            return (!is_part).then(|| (line.len(), words("\n", Region::Comment, true)));
        }
        let block = self.language.and_then(Language::block_comment);
        if let Some((open, close)) = block.filter(|it| rest.starts_with(it.0)) {
            return Some((open.len(), words(close, Region::Comment, true)));
        }
        let long = self.language.map_or(&[][..], Language::long_quotes);
        if let Some(long) = long.iter().find(|it| rest.starts_with(**it)) {
            return Some((long.len(), words(long, Region::String, true)));
        }
        let char = rest.chars().next()?;
        let is_word = text[..at].ends_with(|it: char| it.is_alphanumeric());
        let quotes = match char {
            '"' => name != "markdown",
            // In text between tags it is an apostrophe.
            '\'' if matches!(name, "html" | "yaml" | "") => !is_word,
            '\'' => APOSTROPHES.contains(&name),
            '`' => matches!(name, "bash" | "php" | "ruby") || NAMES.contains(&name),
            _ => false,
        };
        if char == '"' && name == "rust" {
            let hashes = text[..at].len() - text[..at].trim_end_matches('#').len();
            let is_raw = hashes > 0 && text[..at - hashes].ends_with('r');
            let close = ["\"", &"#".repeat(if is_raw { hashes } else { 0 })].concat();
            return Some((1, words(&close, Region::String, true)));
        }
        let is_long = LONG_QUOTES.contains(&name) && char == '"' || name == "bash" || name == "php";
        quotes.then(|| (1, words(&char.to_string(), Region::String, is_long)))
    }
}

fn string(close: &str, is_long: bool) -> Delimiter {
    Delimiter::Words { close: close.to_owned(), region: Region::String, is_long }
}

fn closer(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The length of a character literal, or of an apostrophe that starts none.
fn literal(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    if chars.next().map(|it| it.1) == Some('\\') {
        chars.next();
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}
