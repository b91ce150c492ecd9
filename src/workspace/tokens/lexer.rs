//! Splits lines into words, in the same way for every language. The words of a line depend on that line only.
//!
//! A word is a run of letters, digits, `_` and anything beyond ASCII, or an operator. The space before a word
//! belongs to it; indentation and longer runs of white space are ignored.

/// Bytes of a line that are read; the rest is cut.
pub const MAX_LINE: usize = 4096;

/// Operators that are one word, each before its own prefixes.
const OPERATORS: [&str; 22] = [
    "...", "///", "//!", "\"\"\"", "===", "!==", "::", "->", "=>", "==", "!=", "<=", ">=", "&&",
    "||", "//", "+=", "-=", "*=", "/*", "*/", "**",
];

/// A word of a line: its bytes, and whether white space (not indentation) precedes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenSpan {
    pub start: usize,
    pub end: usize,
    pub spaced: bool,
}

/// The words of a line, in order.
pub fn lex(line: &str) -> impl Iterator<Item = TokenSpan> + '_ {
    let line = &line[..line.floor_char_boundary(MAX_LINE)];
    let bytes = line.as_bytes();
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + bytes[end..].iter().position(|&it| !is_blank(it))?;
        let spaced = end > 0 && matches!(bytes[start - 1], b' ' | b'\t');
        end = start + length(&line[start..]);
        Some(TokenSpan { start, end, spaced })
    })
}

/// Whether a byte belongs to a word of letters, rather than to an operator or white space.
pub fn is_wordlike(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Bytes of the first word of a text. Never splits a character: characters beyond ASCII are wordlike.
fn length(text: &str) -> usize {
    match text.bytes().position(|it| !is_wordlike(it)) {
        Some(0) => OPERATORS.iter().find(|it| text.starts_with(**it)).map_or(1, |it| it.len()),
        Some(end) => end,
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        let space = |it: TokenSpan| if it.spaced { "·" } else { "" };
        lex(line).map(|it| format!("{}{}", space(it), &line[it.start..it.end])).collect()
    }

    fn check(line: &str, expected: Expect) {
        expected.assert_eq(&words(line).join(" "));
    }

    #[test]
    fn a_space_belongs_to_the_next_word_and_indentation_to_none() {
        check("    let x = a_b(1);", expect!["let ·x ·= ·a_b ( 1 ) ;"]);
        check("\tif a  &&\tb\r\n", expect!["if ·a ·&& ·b"]);
    }

    #[test]
    fn the_longest_operator_is_one_word() {
        check("a!==b // c", expect!["a !== b ·// ·c"]);
        check("x**=y...", expect!["x ** = y ..."]);
    }

    #[test]
    fn letters_of_any_script_are_words() {
        check("größe = \"日本\"", expect![[r#"größe ·= ·" 日本 ""#]]);
    }

    #[test]
    fn a_line_is_cut_at_the_longest_length() {
        let line = "é".repeat(MAX_LINE);
        assert_eq!(lex(&line).last().map(|it| it.end), Some(MAX_LINE));
    }

    proptest! {
        #[test]
        fn words_reproduce_the_line_except_for_white_space(line in "([a-zé_0-9 \t\r\n(){}=<>!/*.\"-]|\\PC){0,80}") {
            let blank = |it: char| matches!(it, ' ' | '\t' | '\r' | '\n');
            let bare: String = lex(&line).map(|it| &line[it.start..it.end]).collect();
            prop_assert_eq!(bare, line.replace(blank, ""));
            for it in lex(&line).filter(|it| it.spaced) {
                prop_assert!(line[..it.start].ends_with([' ', '\t']));
                prop_assert!(!line[..it.start].trim_matches(blank).is_empty());
            }
        }
    }
}
