//! Puts new tests among the existing tests of a file.
//!
//! An answer that repeats the module, class or `describe` around the tests is unwrapped into the existing one.
//! Tests that exist already are dropped: those with the name or the body of another test.

mod lacking;
pub mod limit;

use std::ops::Range;

use ropey::Rope;
use thiserror::Error;

use crate::reply::{imported, nested};
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::language::{Language, LanguageIndentation};
use crate::syntax::tree::Tree;
use crate::text;

/// Texts to insert at offsets of the file, first to last.
pub type Insertions = Vec<(usize, String)>;

/// The answer has tests, and every one of them exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("every test of the answer exists already")]
pub struct NothingNew;

/// A file or an answer with its tests.
struct Suite {
    text: String,
    tests: Vec<Test>,
    groups: Vec<Group>,
}

/// A test or a helper, with the comments and attributes above it.
#[derive(Clone)]
struct Test {
    name: String,
    /// Without the head, with a space in place of white space.
    body: String,
    /// The attributes above it.
    attributes: String,
    lines: Range<usize>,
    /// The key of the innermost group around it.
    group: Option<String>,
}

/// A module, class or `describe`.
struct Group {
    /// `describe("area"`, or a name.
    key: String,
    range: Range<usize>,
    body: Range<usize>,
    is_module: bool,
}

/// The insertions for the tests of `answer` into the document that they test.
///
/// # Errors
/// Returns an error if there is nothing to insert.
pub fn in_document(
    syntax: &Syntax,
    language: Language,
    document: &str,
    answer: &str,
) -> Result<Insertions, NothingNew> {
    let parsed = |text: &str| Suite::new(syntax, language, text);
    match (parsed(document), parsed(answer)) {
        (Some(there), Some(new)) => Ok(vec![new.placed_in(&there, language)?]),
        (_, _) => Ok(vec![at_end(document, answer)]),
    }
}

/// The insertions for the tests of `answer` into a file of tests. Imports that the file lacks go to its imports.
///
/// # Errors
/// Returns an error if there is nothing to insert.
pub fn in_test_file(
    syntax: &Syntax,
    language: Language,
    file: &str,
    answer: &str,
) -> Result<Insertions, NothingNew> {
    let parsed = |text: &str| syntax.parse(language, &Rope::from_str(text));
    let (Some(there), Some(new)) = (parsed(file), parsed(answer)) else {
        return Ok(vec![at_end(file, answer)]);
    };
    let known = syntax.imports(&there);
    let Some(last) = known.last() else { return in_document(syntax, language, file, answer) };
    let place = line_end(file, last.range.end.saturating_sub(1).max(last.range.start));
    let known = known.iter().map(|it| &file[it.range.clone()]);
    let names =
        known.clone().flat_map(|it| imported::names(it, language.name())).collect::<Vec<_>>();
    let known: Vec<String> = known.map(dense).collect();
    let (mut rest, mut added) = (answer.to_owned(), String::new());
    for import in syntax.imports(&new).iter().rev() {
        let start = answer[..import.range.start].rfind('\n').map_or(0, |it| it + 1);
        let lines = start..line_end(answer, import.range.end.saturating_sub(1));
        if start < import.range.start {
            continue;
        }
        if !known.contains(&dense(&answer[import.range.clone()])) {
            let import = &answer[lines.clone()];
            match imported::lacking(import, language.name(), &names) {
                it if it.iter().any(|it| it == import) => added.insert_str(0, import),
                it => it.iter().rev().for_each(|it| added.insert_str(0, &format!("{}\n", it))),
            }
        }
        rest.replace_range(lines, "");
    }
    let placed = in_document(syntax, language, file, rest.trim_start_matches('\n'))?;
    let imports = (!added.is_empty()).then_some((place, added));
    Ok(imports.into_iter().chain(placed).collect())
}

/// The tests of an answer without those that a test command names as failed; `None` if it names none, or all of them.
pub fn without_failing(
    syntax: &Syntax,
    language: Language,
    answer: &str,
    output: &str,
) -> Option<String> {
    let suite = Suite::new(syntax, language, answer)?;
    let tests: Vec<&Test> = suite.tests.iter().filter(|it| it.is_test(answer)).collect();
    let mut failed: Vec<&Test> = Vec::new();
    for line in output.lines().filter(|it| is_failure(it)) {
        let named = tests.iter().filter(|it| text::has_word(line, it.title()));
        // `adds` is part of `adds two`.
        failed.extend(named.max_by_key(|it| it.title().len()));
    }
    failed.sort_by_key(|it| it.lines.start);
    failed.dedup_by_key(|it| it.lines.start);
    if failed.is_empty() || failed.len() == tests.len() {
        return None;
    }
    let mut rest = answer.to_owned();
    for it in failed.iter().rev() {
        // With the blank lines before it.
        let before = answer[..it.lines.start].trim_end().len();
        let start = if before == 0 { 0 } else { line_end(answer, before) };
        rest.replace_range(start..it.lines.end, "");
    }
    Some(rest)
}

/// Whether a line of a test command's output is about a test that failed: `FAILED`, `--- FAIL`, `not ok`, a cross, or a
/// heading of pytest or cargo.
fn is_failure(line: &str) -> bool {
    let line = line.trim_start();
    line.contains("FAIL")
        || line.starts_with("not ok")
        || line.starts_with(['✗', '✖', '×', '✕', '●'])
        || line.starts_with("____")
        || line.starts_with("---- ")
}

fn at_end(file: &str, code: &str) -> (usize, String) {
    let gap = if file.is_empty() { "" } else { "\n" };
    (file.len(), format!("{gap}{code}"))
}

/// The start of the line after an offset.
fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |it| offset + it + 1)
}

/// Tests at the end of a class in a language with significant indentation.
fn indented(file: &str, group: &Group, code: &str) -> (usize, String) {
    let first = file[group.body.clone()].lines().find(|it| !it.trim().is_empty());
    let indent = first.map_or("    ", crate::prompt::indentation::blanks);
    let at = line_end(file, group.range.end);
    let gap = if file[..at].ends_with('\n') { "\n" } else { "\n\n" };
    (at, format!("{gap}{}", nested::indented(code, indent)))
}

impl Suite {
    fn new(syntax: &Syntax, language: Language, text: &str) -> Option<Self> {
        let tree = syntax.parse(language, &Rope::from_str(text))?;
        let all = syntax.definitions(&tree);
        let mut suite = Self { text: text.to_owned(), tests: Vec::new(), groups: Vec::new() };
        for it in &all {
            match it.kind {
                DefinitionKind::Module | DefinitionKind::Class => {
                    suite.groups.push(Group::new(&tree, it))
                }
                DefinitionKind::Function | DefinitionKind::Method if !is_nested(it, &all) => {
                    let body = text.get(it.signature.end..it.range.end).unwrap_or_default();
                    let lines = lines(text, &it.range);
                    suite.tests.push(Test {
                        name: it.name.clone(),
                        body: spaced(body),
                        attributes: attributes(&text[lines.start..it.signature.start]),
                        lines,
                        group: None,
                    });
                }
                _ => {}
            }
        }
        suite.add_calls(syntax, &tree);
        suite.tests.sort_by_key(|it| it.lines.start);
        for test in &mut suite.tests {
            let around = suite.groups.iter().filter(|it| it.range.contains(&test.lines.start));
            test.group = around.min_by_key(|it| it.range.len()).map(|it| it.key.clone());
        }
        Some(suite)
    }

    /// Groups and tests that are calls with a function: `describe("area", () => {…})`, `it("multiplies", …)`.
    fn add_calls(&mut self, syntax: &Syntax, tree: &Tree) {
        let mut start = 0;
        for line in self.text.clone().split_inclusive('\n') {
            let at = start + (line.len() - line.trim_start().len());
            start += line.len();
            let call = line.trim();
            let is = |names: &[&str]| names.iter().any(|it| call.starts_with(&format!("{it}(")));
            let (is_group, is_test) = (is(&["describe", "suite"]), is(&["it", "test"]));
            if !is_group && !is_test {
                continue;
            }
            let Some((key, _)) = call.split_once(',') else { continue };
            let scopes = syntax.scopes(tree, at + line.trim().len());
            let Some(scope) = scopes.into_iter().find(|it| it.range.start > at) else { continue };
            let body = scope.body.unwrap_or_else(|| scope.range.clone());
            if is_group {
                let range = at..body.end;
                let is_braced = self.text[body.clone()].starts_with('{') && body.len() > 1;
                let body = if is_braced { body.start + 1..body.end - 1 } else { body };
                self.groups.push(Group { key: key.to_owned(), range, body, is_module: false });
            } else {
                self.tests.push(Test {
                    name: key.to_owned(),
                    body: spaced(&self.text[body.clone()]),
                    attributes: String::new(),
                    lines: lines(&self.text, &(at..body.end)),
                    group: None,
                });
            }
        }
    }

    /// The tests that `there` lacks, in its group of the same name or else at its end.
    fn placed_in(&self, there: &Self, language: Language) -> Result<(usize, String), NothingNew> {
        let whole = 0..self.text.len();
        let groups = there.groups.iter().rev();
        let pairs = groups.filter_map(|old| {
            let new = self.groups.iter().find(|it| it.is_same(old));
            (new.is_some() || nested::is_test_module(&old.key)).then_some((old, new))
        });
        let Some((old, wrapper)) = pairs.into_iter().next() else {
            return Ok(at_end(
                &there.text,
                &self.without(there, &whole, |old, new| old.group == new.group)?,
            ));
        };
        let inner = wrapper.map_or(whole, |it| it.body.clone());
        let code = self.without(there, &inner, |it, _| old.range.contains(&it.lines.start))?;
        let placed = match language.indentation() {
            LanguageIndentation::Significant => Some(indented(&there.text, old, &code)),
            LanguageIndentation::Free => nested::place(&there.text, &old.range, &code),
        };
        Ok(placed.unwrap_or_else(|| at_end(&there.text, &code)))
    }
}

impl Test {
    /// Whether it is a test, and not what tests use: a call, a name that begins with `test`, or an attribute above.
    fn is_test(&self, text: &str) -> bool {
        let lines = text[self.lines.clone()].lines();
        let head: Vec<&str> = lines.take_while(|it| !it.contains(&self.name)).collect();
        self.title() != self.name
            || self.name.to_lowercase().starts_with("test")
            || attributes(&head.join("\n")).split(|it: char| !text::is_word(it)).any(is_mark)
    }

    /// The name, or what the first argument of a call says.
    fn title(&self) -> &str {
        let quote = self.name.find(['"', '\'', '`']);
        quote.map_or(&self.name, |at| self.name[at..].trim_matches(['"', '\'', '`']))
    }
}

impl Group {
    /// Whether the tests of this group belong into `other`: models give a test module any name.
    fn is_same(&self, other: &Self) -> bool {
        self.key == other.key || self.is_module && nested::is_test_module(&other.key)
    }

    fn new(tree: &Tree, it: &Definition) -> Self {
        let text = tree.text(it.signature.end..it.range.end);
        let (open, close) = match (text.find('{'), text.rfind('}')) {
            (Some(open), Some(close)) if text.trim_start().starts_with('{') => (open + 1, close),
            _ => (0, text.len()),
        };
        let body = it.signature.end + open..it.signature.end + close;
        let is_module = it.kind == DefinitionKind::Module;
        Self { key: it.name.clone(), range: it.range.clone(), body, is_module }
    }
}

/// The lines of attributes, without conditions of a build.
fn attributes(head: &str) -> String {
    let is_attribute = |it: &&str| it.starts_with(['@', '[']) || it.starts_with("#[");
    let lines = head.lines().map(str::trim).filter(is_attribute);
    lines.filter(|it| !it.starts_with("#[cfg")).collect::<Vec<_>>().join("\n")
}

/// Whether a word of an attribute marks a test: `test`, `ParameterizedTest`, `rstest`, `Fact`.
fn is_mark(word: &str) -> bool {
    let word = word.to_lowercase();
    word.ends_with("test") && word != "pytest" || word == "fact" || word == "theory"
}

/// Whether a definition is inside a function.
fn is_nested(it: &Definition, all: &[Definition]) -> bool {
    let is_function =
        |it: &&Definition| matches!(it.kind, DefinitionKind::Function | DefinitionKind::Method);
    all.iter()
        .filter(is_function)
        .any(|around| around.range.start < it.range.start && it.range.end <= around.range.end)
}

/// The lines of a range, with the lines directly above it up to a blank one or an opening bracket.
fn lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let mut start = text[..range.start].rfind('\n').map_or(0, |it| it + 1);
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |it| it + 1);
        let line = text[above..start].trim();
        let is_attached = line.starts_with(['#', '@', '/', '*', '[']) || line.starts_with("--");
        if !is_attached {
            break;
        }
        start = above;
    }
    start..line_end(text, range.end)
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests;
