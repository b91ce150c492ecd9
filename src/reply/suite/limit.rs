//! Ends an answer that has enough tests. A small model writes variants of the same test until its limit.

use std::collections::BTreeSet;
use std::sync::Arc;

use ropey::Rope;

use crate::prompt::indentation;
use crate::reply::edit::fence;
use crate::reply::suite::{Suite, Test};
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::syntax::leaf::Without;

/// The prompt requests the usual case, the edges and each way to fail.
const MOST: usize = 10;

/// Watches an answer for the test after the last one that is wanted.
#[derive(Clone)]
pub struct TestLimit {
    syntax: Arc<Syntax>,
    language: Language,
    /// Names of tests that exist: an answer can repeat them.
    known: BTreeSet<String>,
    text: String,
}

impl TestLimit {
    /// For new tests beside those of `existing`.
    pub fn new(syntax: Arc<Syntax>, language: Language, existing: &str) -> Self {
        let suite = Suite::new(&syntax, language, existing);
        let known = suite.into_iter().flat_map(|it| it.tests).map(|it| it.name).collect();
        Self { syntax, language, known, text: String::new() }
    }

    /// Adds a piece of the answer. Returns whether the answer is complete.
    pub fn push(&mut self, piece: &str) -> bool {
        self.text += piece;
        piece.contains('\n') && self.cut().is_some()
    }

    /// The answer up to its last wanted test, its brackets and its fence closed; `None` if it has no other test.
    pub fn cut(&self) -> Option<String> {
        let (start, fence) = fence::begun(&self.text)?;
        let code = &self.text[start..];
        let suite = Suite::new(&self.syntax, self.language, code)?;
        let is_new = |it: &&Test| it.is_test(code) && !self.known.contains(&it.name);
        let tests: Vec<&Test> = suite.tests.iter().filter(is_new).collect();
        let [.., last, _] = tests.get(..=MOST)? else { return None };
        let kept = &code[..last.lines.end];
        let closed = self.closed(kept)?;
        Some(format!("{}{kept}{closed}{fence}\n", &self.text[..start]))
    }

    /// The lines that close the brackets of a text.
    fn closed(&self, text: &str) -> Option<String> {
        let tree = self.syntax.parse(self.language, &Rope::from_str(text))?;
        let leaves = self.syntax.leaves(&tree, &(0..text.len()), Without::Documentation);
        let mut open: Vec<(usize, char)> = Vec::new();
        for leaf in leaves.iter().filter(|it| !it.is_literal) {
            let line = text[..leaf.start].rfind('\n').map_or(0, |it| it + 1);
            match &*leaf.text {
                "(" => open.push((line, ')')),
                "[" => open.push((line, ']')),
                "{" => open.push((line, '}')),
                ")" | "]" | "}" => _ = open.pop(),
                _ => {}
            }
        }
        let end = if text.trim_end().ends_with(';') { ";" } else { "" };
        let of_line = open.chunk_by(|a, b| a.0 == b.0).rev();
        let lines = of_line.map(|it| {
            let blanks = indentation::blanks(&text[it[0].0..]);
            let brackets: String = it.iter().rev().map(|it| it.1).collect();
            let end = if brackets.ends_with(')') { end } else { "" };
            format!("{blanks}{brackets}{end}\n")
        });
        Some(lines.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer as it is cut, and the number of pieces that were read of it.
    fn cut(language: &str, existing: &str, answer: &str) -> Option<(String, usize)> {
        let syntax = Arc::new(Syntax::new(None).0);
        let mut limit = TestLimit::new(syntax, Language::named(language)?, existing);
        let pieces: Vec<&str> = answer.split_inclusive([' ', '\n']).collect();
        let read = pieces.iter().position(|it| limit.push(it))?;
        assert!(read < pieces.len());
        Some((limit.cut()?, read))
    }

    fn check(language: &str, before: &str, test: impl Fn(usize) -> String, after: &str) {
        let all = |count: usize, after: &str| {
            let tests: Vec<String> = (0..count).map(&test).collect();
            format!("Here:\n```{language}\n{before}{}{after}```\n", tests.join("\n"))
        };
        let (found, read) = cut(language, "", &all(40, after)).unwrap();
        assert_eq!(found, all(MOST, after), "{language}");
        assert!(
            read < all(MOST + 2, "").split_inclusive([' ', '\n']).count(),
            "{language}: {read}"
        );
        assert_eq!(cut(language, "", &all(MOST, after)), None, "{language}");
        let existing: String = (0..9).map(&test).collect();
        assert_eq!(
            cut(language, &format!("{before}{existing}{after}"), &all(MOST + 9, after)),
            None
        );
    }

    #[test]
    fn an_answer_ends_after_ten_tests() {
        let test = |it| {
            format!("    #[test]\n    fn slug_{it}() {{\n        assert!(a(\"{{\"));\n    }}\n")
        };
        check("rust", "#[cfg(test)]\nmod tests {\n    use super::*;\n\n", test, "}\n");
        let test = |it| format!("    def test_{it}(self):\n        assert slug({it}) == \"(\"\n");
        check("python", "import pytest\n\n\nclass TestSlug:\n", test, "");
        let test =
            |it| format!("  it('adds {it}', () => {{\n    expect(add(1)).toBe(2);\n  }});\n");
        check("typescript", "describe('add', () => {\n", test, "});\n");
        let test = |it| format!("func TestAdd{it}(t *testing.T) {{\n\tadd(t, []int{{1}})\n}}\n");
        check("go", "package a\n\n", test, "");
        let test = |it| format!("    @Test\n    void adds{it}() {{\n        add(1);\n    }}\n");
        check("java", "class AddTest {\n", test, "}\n");
    }
}
