//! Ends an answer that has enough tests, with the functions behind them that they call. A small model writes variants of
//! the same test until its limit.

mod helpers;

use std::collections::BTreeSet;
use std::sync::Arc;

use ropey::Rope;

use crate::prompt::indentation;
use crate::reply::edit::fence;
use crate::reply::suite::parsed::{ENDS, Suite, Test};
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::syntax::leaf::Without;

/// The prompt requests the usual case, the edges and each way to fail.
const MOST: usize = 10;
/// As many more tests are read if a function that the tests call has not been defined yet.
const SPARE: usize = 5;

/// Watches an answer for the test after the last one that is wanted.
#[derive(Clone)]
pub struct TestLimit {
    syntax: Arc<Syntax>,
    language: Language,
    /// Names of tests that exist: an answer can repeat them.
    known: BTreeSet<String>,
    /// Words of the document and of the existing tests, which an answer need not define.
    words: BTreeSet<String>,
    text: String,
}

impl TestLimit {
    /// For new tests of a document beside those of `existing`.
    pub fn new(syntax: Arc<Syntax>, language: Language, document: &str, existing: &str) -> Self {
        let suite = Suite::new(&syntax, language, existing);
        let known = suite.into_iter().flat_map(|it| it.tests).map(|it| it.name).collect();
        let words = [document, existing].into_iter().flat_map(helpers::words);
        let words = words.map(str::to_owned).collect();
        Self { syntax, language, known, words, text: String::new() }
    }

    /// Adds a piece of the answer. Returns the answer up to its last wanted test, its brackets and its fence closed, if it
    /// has another test. An answer with none but known tests ends after as many: it repeats all that the prompt contains.
    pub fn push(&mut self, piece: &str) -> Option<String> {
        self.text += piece;
        let (start, fence) =
            fence::begun(&self.text, self.language.name()).filter(|_| piece.contains('\n'))?;
        let code = &self.text[start..];
        // An open block is an error for the parser.
        let whole = balanced(&self.syntax, self.language, code);
        let suite = Suite::new(&self.syntax, self.language, whole.as_deref().unwrap_or(code))?;
        let mut tests = suite.innermost();
        let repeated = tests.get(..=MOST).map(|it| it[MOST - 1].lines.end);
        tests.retain(|it| !self.known.contains(&it.name));
        if let (Some(end), true) = (repeated, tests.is_empty()) {
            let closed = closed(&self.syntax, self.language, code.get(..end)?)?;
            return Some(format!("{}{closed}{fence}\n", &self.text[..start]));
        }
        let [.., last, _] = tests.get(..=MOST)? else { return None };
        let kept = code.get(..last.lines.end)?;
        let missing = helpers::missing(kept, &self.words);
        let helpers = helpers::defined(&suite, (code, last.lines.end), &missing);
        let text = |all: &[&Test]| -> String {
            all.iter().map(|it| format!("\n{}", &code[it.lines.clone()])).collect()
        };
        let whole = format!("{kept}{}", text(&helpers));
        let is_lacking = !helpers::missing(&whole, &self.words).is_empty();
        if is_lacking && tests.len() <= MOST + SPARE {
            return None;
        }
        let (inside, outside): (Vec<_>, Vec<_>) =
            helpers.into_iter().partition(|it| it.group == last.group);
        let kept = format!("{kept}{}", text(&inside));
        let closed = closed(&self.syntax, self.language, &kept)?;
        Some(format!("{}{closed}{}{fence}\n", &self.text[..start], text(&outside)))
    }
}

/// The complete lines of an answer that was ended, or its complete tests, with brackets and fence closed; `None` if that
/// is no sound code.
pub fn completed(syntax: &Syntax, language: Language, answer: &str) -> Option<String> {
    let (start, fence) = fence::begun(answer, language.name())?;
    let code = &answer[start..];
    let lines = code.rfind('\n').map_or(0, |it| it + 1);
    let suite = Suite::new(syntax, language, code)?;
    let tests = suite.tests.iter().filter(|it| it.is_test()).rev();
    let mut ends = [lines].into_iter().chain(tests.map(|it| it.lines.end));
    let kept = ends.find_map(|end| closed(syntax, language, &code[..end]))?;
    Some(format!("{}{kept}{fence}\n", &answer[..start]))
}

/// A text with the blocks closed that are open at its end; `None` if it ends in brackets of another kind, or is no sound
/// code then.
fn closed(syntax: &Syntax, language: Language, text: &str) -> Option<String> {
    let closed = balanced(syntax, language, text)?;
    let is_sound = syntax.parse(language, &Rope::from_str(&closed))?.is_sound();
    is_sound.then_some(closed)
}

fn balanced(syntax: &Syntax, language: Language, text: &str) -> Option<String> {
    if ENDS.contains(&language.name()) {
        return Some(with_ends(text));
    }
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
    Some([text.to_owned()].into_iter().chain(lines).collect())
}

/// A text with the word `end` for each line above its last one that has less indentation than the lines below.
fn with_ends(text: &str) -> String {
    let mut closed = text.to_owned();
    let mut lines = text.lines().rev().filter(|it| !it.trim().is_empty());
    let Some(last) = lines.next() else { return closed };
    let mut depth = indentation::blanks(last).len();
    for line in lines {
        let blanks = indentation::blanks(line);
        if blanks.len() < depth {
            depth = blanks.len();
            closed += &format!("{blanks}end\n");
        }
    }
    closed
}

#[cfg(test)]
mod tests;
