//! Counts brackets of code line by line, without those in strings and comments.
//!
//! Scans characters without a grammar, since the input is an incomplete document and is scanned again for
//! each delta.

use crate::reply::completion::delimiters::{APOSTROPHES, LONG_QUOTES};
use crate::syntax::language::Language;

/// Languages with strings in backticks that span lines.
const BACKTICKS: &[&str] = &["javascript", "typescript", "tsx", "go"];

/// The state at a place: nesting depth and the open string or comment.
#[derive(Clone, Debug)]
pub(super) struct ReplyBrackets {
    language: Option<Language>,
    /// The closer of the open string or comment.
    inside: Option<String>,
    open: Vec<char>,
    /// Closers without an opener.
    unmatched: usize,
}

impl ReplyBrackets {
    pub(super) fn new(language: Option<Language>) -> Self {
        Self { language, inside: None, open: Vec::new(), unmatched: 0 }
    }

    /// The state after `text`.
    pub(super) fn of(language: Option<Language>, text: &str) -> Self {
        let mut brackets = Self::new(language);
        brackets.read(text);
        brackets
    }

    /// Whether the place is in a string or comment that spans lines.
    pub(super) fn is_inside(&self) -> bool {
        self.inside.is_some()
    }

    /// Open brackets minus closers without an opener.
    pub(super) fn depth(&self) -> isize {
        self.open.len() as isize - self.unmatched as isize
    }

    pub(super) fn unmatched(&self) -> usize {
        self.unmatched
    }

    pub(super) fn read(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        let mut rest = line;
        while !rest.is_empty() {
            rest = match self.inside.take() {
                Some(close) => match closed(rest, &close) {
                    Some(rest) => rest,
                    None => {
                        self.inside = Some(close);
                        return;
                    }
                },
                None => match self.code(rest) {
                    Some(rest) => rest,
                    None => return,
                },
            };
        }
    }

    /// Reads one token of code; `None` at the end of the line.
    fn code<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        let name = self.language.map_or("", Language::name);
        let comment = self.language.and_then(Language::line_comment);
        if comment.is_some_and(|it| rest.starts_with(it)) {
            return None;
        }
        let block = self.language.and_then(Language::block_comment);
        if let Some((open, close)) = block.filter(|it| rest.starts_with(it.0)) {
            self.inside = Some(close.to_owned());
            return Some(&rest[open.len()..]);
        }
        for long in ["\"\"\"", "'''"] {
            if rest.starts_with(long)
                && matches!(name, "python" | "java" | "kotlin" | "scala" | "toml")
            {
                self.inside = Some(long.to_owned());
                return Some(&rest[long.len()..]);
            }
        }
        let char = rest.chars().next()?;
        let next = &rest[char.len_utf8()..];
        match char {
            '(' | '[' | '{' => self.open.push(char),
            ')' | ']' | '}' if self.open.pop().is_none() => self.unmatched += 1,
            '"' => return Some(self.quoted(next, '"', LONG_QUOTES.contains(&name))),
            '`' => return Some(self.quoted(next, '`', BACKTICKS.contains(&name))),
            '\'' if APOSTROPHES.contains(&name) => return Some(self.quoted(next, '\'', false)),
            '\'' => return Some(literal(next)),
            _ => {}
        }
        Some(next)
    }

    fn quoted<'a>(&mut self, rest: &'a str, quote: char, is_long: bool) -> &'a str {
        match closed(rest, quote.encode_utf8(&mut [0; 4])) {
            Some(rest) => rest,
            None if is_long => {
                self.inside = Some(quote.to_string());
                ""
            }
            None => rest,
        }
    }
}

/// The text after the end of a string or comment.
fn closed<'a>(text: &'a str, close: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = text[from..].find(close).map(|it| from + it) {
        let escapes = text[..at].len() - text[..at].trim_end_matches('\\').len();
        if escapes.is_multiple_of(2) {
            return Some(&text[at + close.len()..]);
        }
        from = at + close.len();
    }
    None
}

/// The text after a character literal, or after an apostrophe that starts none.
fn literal(rest: &str) -> &str {
    let mut chars = rest.char_indices();
    let first = chars.next().map(|it| it.1);
    if first == Some('\\') {
        chars.next();
    }
    match chars.next() {
        Some((at, '\'')) => &rest[at + 1..],
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_of_code_count() {
        let check = |language: &str, text: &str, depth, inside| {
            let mut brackets = ReplyBrackets::new(Language::named(language));
            brackets.read(text);
            assert_eq!((brackets.depth(), brackets.is_inside()), (depth, inside), "{text:?}");
        };
        check("rust", "fn f<'a>(x: &'a str) { '{'; \"}\"; // }\n", 1, false);
        check("rust", "/* { */ {\n\"}\n}\" }", 0, false);
        check("rust", "/* {", 0, true);
        check("python", "f('{', \"\"\"[\n(", 1, true);
        check("python", "x = '\\'(' # (\n", 0, false);
        check("javascript", "`${", 0, true);
        check("c", "})", -2, false);
    }
}
