//! Splits text into lexemes by the same rules for every language: identifiers, numbers, strings within a
//! line, operators. White space separates lexemes and is not one.

use std::ops::Range;

use crate::text;

/// Operators of two characters.
const OPERATORS: [&str; 10] = ["==", "!=", "<=", ">=", "=>", "->", "::", "&&", "||", "**"];

/// A text and the byte ranges of its lexemes.
#[derive(Debug)]
pub(super) struct Lexed<'a> {
    pub(super) text: &'a str,
    pub(super) spans: Vec<Range<usize>>,
    /// Index of the first lexeme of each line, and the number of lexemes at the end.
    lines: Vec<usize>,
}

impl<'a> Lexed<'a> {
    /// `quotes` are the characters that enclose a string.
    pub(super) fn new(text: &'a str, quotes: &str) -> Self {
        let (mut spans, mut lines) = (Vec::new(), Vec::new());
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            lines.push(spans.len());
            lex(line, start, quotes, &mut spans);
            start += line.len();
        }
        lines.push(spans.len());
        Self { text, spans, lines }
    }

    pub(super) fn get(&self, at: usize) -> Option<&'a str> {
        self.spans.get(at).map(|it| &self.text[it.clone()])
    }

    /// The lexemes in a range of indexes.
    pub(super) fn words(&self, range: Range<usize>) -> Vec<&'a str> {
        self.spans[range].iter().map(|it| &self.text[it.clone()]).collect()
    }

    /// The lexemes of a range of lines, which may end after the last.
    pub(super) fn of_lines(&self, lines: Range<usize>) -> Range<usize> {
        let at = |line: usize| self.lines[line.min(self.lines.len() - 1)];
        at(lines.start)..at(lines.end)
    }

    /// The white space before a lexeme, or after the last one.
    pub(super) fn gap(&self, at: usize) -> &'a str {
        let start = at.checked_sub(1).map_or(0, |it| self.spans[it].end);
        let end = self.spans.get(at).map_or(self.text.len(), |it| it.start);
        &self.text[start..end]
    }

    /// Number of equal lexemes before `own` and before `other`, up to `most`.
    pub(super) fn same_before(&self, own: usize, words: &[Box<str>], most: usize) -> usize {
        let pairs = (1..=own.min(words.len()).min(most)).map(|it| (own - it, words.len() - it));
        pairs.take_while(|(own, other)| self.get(*own) == Some(&*words[*other])).count()
    }

    /// Number of lexemes from `own` on that equal `words`, up to `most`.
    pub(super) fn same_behind(&self, own: usize, words: &[Box<str>], most: usize) -> usize {
        let pairs = words.iter().take(most).enumerate();
        pairs.take_while(|(at, word)| self.get(own + at) == Some(&***word)).count()
    }

    /// Number of `words` at the same distance before `own`.
    pub(super) fn alike_before(&self, own: usize, words: &[Box<str>]) -> usize {
        let pairs = words.iter().rev().enumerate();
        let is_same = |at: usize, word: &str| {
            own.checked_sub(at + 1).and_then(|it| self.get(it)) == Some(word)
        };
        pairs.filter(|(at, word)| is_same(*at, word)).count()
    }

    /// Number of `words` at the same distance from `own` on.
    pub(super) fn alike_behind(&self, own: usize, words: &[Box<str>]) -> usize {
        let pairs = words.iter().enumerate();
        pairs.filter(|(at, word)| self.get(own + at) == Some(&***word)).count()
    }
}

/// Whether a lexeme is a name or a keyword.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|it: char| it.is_alphabetic() || it == '_')
}

fn lex(line: &str, offset: usize, quotes: &str, spans: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(first) = line[at..].chars().next() {
        let rest = &line[at..];
        let length = match first {
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            _ if first.is_alphabetic() || first == '_' => word(rest, text::is_word),
            _ if first.is_numeric() => word(rest, |it| text::is_word(it) || it == '.'),
            _ if quotes.contains(first) => string(rest, first).unwrap_or(1),
            _ => match OPERATORS.iter().any(|it| rest.starts_with(it)) {
                true => 2,
                false => first.len_utf8(),
            },
        };
        spans.push(offset + at..offset + at + length);
        at += length;
    }
}

fn word(text: &str, is_inside: impl Fn(char) -> bool) -> usize {
    text.find(|it: char| !is_inside(it)).unwrap_or(text.len())
}

/// Bytes of the string at the start of a text; `None` if it does not end in this line.
fn string(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, it) in text.char_indices().skip(1) {
        match it {
            '\n' => return None,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if it == quote => return Some(at + quote.len_utf8()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use expect_test::Expect;
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, quotes: &str, expected: Expect) {
        let lexed = Lexed::new(text, quotes);
        expected.assert_eq(&lexed.words(0..lexed.spans.len()).join(" · "));
    }

    #[test]
    fn strings_and_operators_are_one_lexeme() {
        check(
            r#"a.b(x1, "it\" s") == 1.5"#,
            "\"'",
            expect![[r#"a · . · b · ( · x1 · , · "it\" s" · ) · == · 1.5"#]],
        );
        check("x->y::z && !w", "\"", expect!["x · -> · y · :: · z · && · ! · w"]);
    }

    #[test]
    fn a_quote_that_opens_nothing_stands_for_itself() {
        check(
            "fn f<'a>(x: &'a T)",
            "\"",
            expect!["fn · f · < · ' · a · > · ( · x · : · & · ' · a · T · )"],
        );
        check("don't \"go\non", "\"'", expect!["don · ' · t · \" · go · on"]);
    }

    #[test]
    fn lines_know_their_lexemes() {
        let lexed = Lexed::new("a b\n\n  c", "\"");
        let lines = [0..1, 1..2, 2..3, 0..9].map(|it| lexed.words(lexed.of_lines(it)).concat());
        assert_eq!(lines, ["ab", "", "c", "abc"]);
        assert_eq!(
            [lexed.gap(0), lexed.gap(1), lexed.gap(2), lexed.gap(3)],
            ["", " ", "\n\n  ", ""]
        );
    }

    proptest! {
        #[test]
        fn lexemes_and_gaps_give_the_text_back(text in "([a-zé_0-9 \t\r\n(){}=<>!*.\"'\\\\-]|\\PC){0,80}") {
            let lexed = Lexed::new(&text, "\"'");
            let mut whole = String::new();
            for at in 0..lexed.spans.len() {
                prop_assert!(lexed.gap(at).chars().all(char::is_whitespace));
                whole += lexed.gap(at);
                whole += lexed.get(at).unwrap_or_default();
            }
            prop_assert_eq!(whole + lexed.gap(lexed.spans.len()), text);
        }
    }
}
