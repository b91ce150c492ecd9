//! Puts new tests among the existing tests of a file.
//!
//! An answer that repeats the module, class or `describe` around the tests is unwrapped into the existing one.
//! Tests that exist already are dropped: those with the name or the body of another test.

mod call;
pub mod failing;
mod lacking;
pub mod limit;
mod parsed;

use ropey::Rope;
use thiserror::Error;

use crate::reply::suite::parsed::{ENDS, Group, Suite, line_end};
use crate::reply::{imported, nested};
use crate::syntax::Syntax;
use crate::syntax::language::{Language, LanguageIndentation};

/// Texts to insert at offsets of the file, first to last.
pub type Insertions = Vec<(usize, String)>;

/// The answer has tests, and every one of them exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("every test of the answer exists already")]
pub struct NothingNew;

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

fn at_end(file: &str, code: &str) -> (usize, String) {
    let gap = if file.is_empty() { "" } else { "\n" };
    (file.len(), format!("{gap}{code}"))
}

/// Tests at the end of a class in a language with significant indentation.
fn indented(file: &str, group: &Group, code: &str) -> (usize, String) {
    let first = file[group.body.clone()].lines().find(|it| !it.trim().is_empty());
    let indent = first.map_or("    ", crate::prompt::indentation::blanks);
    let at = line_end(file, group.range.end);
    let gap = if file[..at].ends_with('\n') { "\n" } else { "\n\n" };
    (at, format!("{gap}{}", nested::indented(code, indent)))
}

/// Tests at the end of a group that ends with the word `end`; `None` if that is not on a line of its own.
fn before_end(file: &str, group: &Group, code: &str) -> Option<(usize, String)> {
    let end =
        group.range.end.checked_sub("end".len()).filter(|it| file[*it..].starts_with("end"))?;
    let at = file[..end].rfind('\n').map_or(0, |it| it + 1);
    if at <= group.range.start || !file[at..end].trim().is_empty() {
        return None;
    }
    let first = file[group.body.clone()].lines().find(|it| !it.trim().is_empty());
    let indent = first.map_or("  ", crate::prompt::indentation::blanks);
    Some((at, format!("\n{}", nested::indented(code, indent))))
}

impl Suite {
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
            LanguageIndentation::Free if ENDS.contains(&language.name()) => {
                before_end(&there.text, old, &code)
            }
            LanguageIndentation::Free => nested::place(&there.text, &old.range, &code),
        };
        Ok(placed.unwrap_or_else(|| at_end(&there.text, &code)))
    }
}

impl Group {
    /// Whether the tests of this group belong into `other`: models give a test module any name.
    fn is_same(&self, other: &Self) -> bool {
        self.key == other.key || self.is_module && nested::is_test_module(&other.key)
    }
}

fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests;
