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

    /// Adds a piece of the answer. Returns the answer up to its last wanted test, its brackets and its fence closed, if it
    /// has another test.
    pub fn push(&mut self, piece: &str) -> Option<String> {
        self.text += piece;
        let (start, fence) =
            fence::begun(&self.text, self.language.name()).filter(|_| piece.contains('\n'))?;
        let code = &self.text[start..];
        let suite = Suite::new(&self.syntax, self.language, code)?;
        let is_new = |it: &&Test| it.is_test(code) && !self.known.contains(&it.name);
        let tests: Vec<&Test> = suite.tests.iter().filter(is_new).collect();
        let [.., last, _] = tests.get(..=MOST)? else { return None };
        let closed = closed(&self.syntax, self.language, &code[..last.lines.end])?;
        Some(format!("{}{closed}{fence}\n", &self.text[..start]))
    }
}

/// The complete lines of an answer that was ended, or its complete tests, with brackets and fence closed; `None` if that
/// is no sound code.
pub fn completed(syntax: &Syntax, language: Language, answer: &str) -> Option<String> {
    let (start, fence) = fence::begun(answer, language.name())?;
    let code = &answer[start..];
    let lines = code.rfind('\n').map_or(0, |it| it + 1);
    let suite = Suite::new(syntax, language, code)?;
    let tests = suite.tests.iter().filter(|it| it.is_test(code)).rev();
    let mut ends = [lines].into_iter().chain(tests.map(|it| it.lines.end));
    let kept = ends.find_map(|end| closed(syntax, language, &code[..end]))?;
    Some(format!("{}{kept}{fence}\n", &answer[..start]))
}

/// A text with the blocks closed that are open at its end; `None` if it ends in brackets of another kind, or is no sound
/// code then.
fn closed(syntax: &Syntax, language: Language, text: &str) -> Option<String> {
    let tree = syntax.parse(language, &Rope::from_str(text))?;
    let leaves = syntax.leaves(&tree, &(0..text.len()), Without::Documentation);
    let mut open: Vec<(usize, char)> = Vec::new();
    for leaf in leaves.iter().filter(|it| !it.is_literal) {
        let line = text[..leaf.start].rfind('\n').map_or(0, |it| it + 1);
        match leaf.text.as_str() {
            // Some begin an expression in a string.
            "(" | "\\(" => open.push((line, ')')),
            "[" => open.push((line, ']')),
            "{" | "${" | "#{" => open.push((line, '}')),
            ")" | "]" | "}" => _ = open.pop(),
            _ => {}
        }
    }
    if open.last().is_some_and(|it| it.1 != '}') {
        return None;
    }
    let end = if text.trim_end().ends_with(';') { ";" } else { "" };
    let of_line = open.chunk_by(|a, b| a.0 == b.0).rev();
    let lines = of_line.map(|it| {
        let blanks = indentation::blanks(&text[it[0].0..]);
        let brackets: String = it.iter().rev().map(|it| it.1).collect();
        let end = if brackets.ends_with(')') { end } else { "" };
        format!("{blanks}{brackets}{end}\n")
    });
    let closed = [text.to_owned()].into_iter().chain(lines).collect::<String>();
    let is_sound = syntax.parse(language, &Rope::from_str(&closed))?.is_sound();
    is_sound.then_some(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer as it is cut, and the number of pieces that were read of it.
    fn cut(language: &str, existing: &str, answer: &str) -> Option<(String, usize)> {
        let syntax = Arc::new(Syntax::new(None).0);
        let mut limit = TestLimit::new(syntax, Language::named(language)?, existing);
        let pieces: Vec<&str> = answer.split_inclusive([' ', '\n']).collect();
        let mut read = 0..;
        let cut = pieces.iter().find_map(|it| read.next().and(limit.push(it)))?;
        Some((cut, read.start))
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

    #[test]
    fn expressions_in_strings_are_closed_and_what_cannot_be_closed_is_not_ended() {
        let test = |it| {
            format!("  it(`adds {it}`, () => {{\n    expect(`${{add({it})}}`).toBe('2');\n  }});\n")
        };
        check("typescript", "describe('add', () => {\n", test, "});\n");
        let test =
            |it| format!("    func testAdd{it}() {{\n        check(\"\\(add({it}))\")\n    }}\n");
        check("swift", "class AddTests: XCTestCase {\n", test, "}\n");
        let test = |it| {
            format!("    @Test\n    fun adds{it}() {{\n        check(\"${{add({it})}}\")\n    }}\n")
        };
        check("kotlin", "class AddTest {\n", test, "}\n");
        let tests: String =
            (0..20).map(|it| format!("  def test_{it}\n    add({it})\n  end\n")).collect();
        assert_eq!(cut("ruby", "", &format!("```ruby\nclass AddTest\n{tests}end\n```\n")), None);
    }

    #[test]
    fn only_tests_are_counted() {
        let fixtures: String = (0..8)
            .map(|it| format!("@pytest.fixture\ndef value_{it}():\n    return {it}\n"))
            .collect();
        let tests: String =
            (0..10).map(|it| format!("def test_{it}():\n    add({it})\n")).collect();
        assert_eq!(cut("python", "", &format!("```python\n{fixtures}{tests}```\n")), None);
    }

    #[test]
    fn what_is_complete_of_an_answer_without_an_end_is_kept() {
        let check = |language: &str, answer: &str, expected: Option<&str>| {
            let syntax = Syntax::new(None).0;
            let completed = completed(&syntax, Language::named(language).unwrap(), answer);
            assert_eq!(completed.as_deref(), expected, "{answer}");
        };
        let one = "```python\ndef test_one():\n    assert add(1)\n";
        check("python", &format!("{one}    assert ad"), Some(&format!("{one}```\n")));
        let one = "```rust\nmod tests {\n    #[test]\n    fn one() {\n        add(1);\n    }\n\n";
        let half = format!("{one}    #[test]\n    fn two() {{\n        add(2,\n        3");
        let one = one.trim_end();
        check("rust", &half, Some(&format!("{one}\n}}\n```\n")));
        check("rust", "```rust\nmod tests {\n    #[test]\n    fn one() {\n        add(1,\n", None);
        check("rust", "There are no tests", None);
    }
}
