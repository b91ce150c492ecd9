//! Counts brackets in the text of lines, without a syntax tree.

use std::ops::Add;

/// Brackets opened on a line and not closed, and whether it closed a bracket that it had not opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Brackets {
    pub(super) open: usize,
    pub(super) foreign: bool,
}

/// Round, square and curly brackets: how many more are opened than closed. Negative if more are closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Net([i32; 3]);

impl Brackets {
    /// The state after `text`. Brackets in strings count too.
    pub(super) fn behind(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            match byte {
                b'(' | b'[' | b'{' => self.open += 1,
                b')' | b']' | b'}' if self.open > 0 => self.open -= 1,
                b')' | b']' | b'}' => self.foreign = true,
                _ => {}
            }
        }
        self
    }
}

impl Net {
    /// The balance of a line without its strings and the comment at its end.
    pub(super) fn of(line: &str) -> Self {
        let bytes = line.as_bytes();
        let mut net = Self::default();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'(' => net.0[0] += 1,
                b')' => net.0[0] -= 1,
                b'[' => net.0[1] += 1,
                b']' => net.0[1] -= 1,
                b'{' => net.0[2] += 1,
                b'}' => net.0[2] -= 1,
                b'"' | b'`' => at += quoted(&bytes[at..]),
                // Otherwise it is a lifetime or an apostrophe.
                b'\'' if !at.checked_sub(1).is_some_and(|it| binds(bytes[it])) => {
                    at += quoted(&bytes[at..]);
                }
                b'/' if bytes[at..].starts_with(b"//") => break,
                b'#' if bytes[at..].starts_with(b"# ") => break,
                _ => {}
            }
            at += 1;
        }
        net
    }

    /// The balance of the closing brackets at the start of a line.
    pub(super) fn leading(line: &str) -> Self {
        Self::of(&line[..line.len() - without_closers(line).len()])
    }

    pub(super) fn is_even(self) -> bool {
        self == Self::default()
    }

    /// Whether more brackets of a kind are closed than opened.
    pub(super) fn closes(self) -> bool {
        self.0.iter().any(|it| *it < 0)
    }
}

impl Add for Net {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self([0, 1, 2].map(|it| self.0[it] + other.0[it]))
    }
}

/// The text of a line after its leading closing brackets.
pub(super) fn without_closers(line: &str) -> &str {
    line.trim_start().trim_start_matches([')', ']', '}'])
}

/// Whether the end of a line suggests that a deeper line follows.
pub(super) fn opens(line: &str) -> bool {
    line.trim_end().ends_with(['(', '[', '{', ':'])
}

/// Bytes from a quote to its closing quote; 0 if there is none.
fn quoted(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != bytes[0] {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    if at < bytes.len() { at } else { 0 }
}

fn binds(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'&' | b'<')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_bracket_without_an_opening_one_is_foreign() {
        let check = |text, open, foreign| {
            assert_eq!(Brackets::default().behind(text), Brackets { open, foreign }, "{text}");
        };
        check("f(a[0], {", 2, false);
        check("f(a)) {", 1, true);
        check("é)", 0, true);
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let check = |text, net| assert_eq!(Net::of(text), Net(net), "{text}");
        check("fn f<'a>(x: &'a [u8]) -> Vec<'a> {", [0, 0, 1]);
        check("push('(', \"]\\\"}\", `{`) // )", [0, 0, 0]);
        check("call({ a: [", [1, 1, 1]);
        check("it's (", [1, 0, 0]);
        check("} # (", [0, 0, -1]);
        check("\"(", [1, 0, 0]);
    }
}
