//! How brackets stand, as far as the text of lines tells.

use std::ops::Add;

/// Brackets opened on a line and not closed, and whether it closed one that it had not opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Brackets {
    pub(super) open: usize,
    pub(super) foreign: bool,
}

/// Round, square and curly brackets opened more often than closed; below zero the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Net([i32; 3]);

impl Brackets {
    /// As they stand behind `text`. Those in strings count too.
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
    /// Of a line, but for what its strings and the comment at its end hold.
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
                // Else it is a lifetime or an apostrophe.
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

    /// Of the closers that a line starts with.
    pub(super) fn leading(line: &str) -> Self {
        Self::of(&line[..line.len() - without_closers(line).len()])
    }

    pub(super) fn is_even(self) -> bool {
        self == Self::default()
    }

    /// Whether more of a kind are closed than opened.
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

/// What a line says behind the closers it starts with.
pub(super) fn without_closers(line: &str) -> &str {
    line.trim_start().trim_start_matches([')', ']', '}'])
}

/// Whether a line's end looks as if a deeper line had to follow.
pub(super) fn opens(line: &str) -> bool {
    line.trim_end().ends_with(['(', '[', '{', ':'])
}

/// Bytes from a quote to the one that closes it; 0 if none does.
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
    fn a_bracket_that_the_line_did_not_open_is_foreign_to_it() {
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
