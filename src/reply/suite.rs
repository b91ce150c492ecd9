//! Puts new tests among the existing tests of a file.
//!
//! An answer that repeats a module, class or `describe` around tests is unwrapped into the existing one; other groups are
//! added. Tests that exist already are dropped: those with the name or the body of another test.

mod call;
mod case;
mod counterpart;
pub mod failing;
mod lacking;
pub mod limit;
mod module;
mod parsed;
mod piece;
mod setup;

use std::ops::Range;

use ropey::Rope;
use thiserror::Error;

use crate::reply::imported::ImportedName;
use crate::reply::suite::lacking::Addition;
use crate::reply::suite::parsed::{ENDS, Group, Suite, line_end};
use crate::reply::{imported, nested};
use crate::syntax::Syntax;
use crate::syntax::import::Import;
use crate::syntax::language::{Language, LanguageIndentation};
use crate::syntax::tree::Tree;

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
        (Some(there), Some(new)) => {
            let formed = module::formed(&there, &new).and_then(|it| parsed(&it));
            formed.unwrap_or(new).placed_in(&there, language)
        }
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
    // An import of Go is a part of a block, or of a statement of its own.
    let last = file[..last.range.start].rfind('\n').map_or(0, |it| it + 1)..last.range.start;
    let spec_start = file[last].to_owned();
    let known = known.iter().map(|it| &file[it.range.clone()]);
    let names =
        known.clone().flat_map(|it| imported::names(it, language.name())).collect::<Vec<_>>();
    let known: Vec<String> = known.map(dense).collect();
    let (mut rest, mut added) = (answer.to_owned(), String::new());
    let imports = syntax.imports(&new);
    let statements = imports.chunk_by(|a, b| statement(&new, a).start == statement(&new, b).start);
    for imports in statements.collect::<Vec<_>>().into_iter().rev() {
        let range = statement(&new, &imports[0]);
        let start = answer[..range.start].rfind('\n').map_or(0, |it| it + 1);
        let lines = start..line_end(answer, range.end.saturating_sub(1));
        if start < range.start {
            continue;
        }
        let is_new = |it: &&Import| !known.contains(&dense(&answer[it.range.clone()]));
        let lacking: String = match imports {
            [import] if import.range == range => {
                let import = Some(import).filter(is_new).map(|_| &answer[lines.clone()]);
                import.map_or_else(String::new, |it| lacking(it, language, &names))
            }
            _ => {
                let specs = imports.iter().filter(is_new);
                specs.map(|it| format!("{spec_start}{}\n", &answer[it.range.clone()])).collect()
            }
        };
        added.insert_str(0, &lacking);
        rest.replace_range(lines, "");
    }
    let definitions = syntax.definitions(&there);
    let head = definitions.iter().map(|it| it.range.start).chain([place]).min().unwrap_or(place);
    let rest = without_head(&rest, &file[..head]);
    let placed = in_document(syntax, language, file, rest)?;
    let imports = (!added.is_empty()).then_some((place, added));
    Ok(imports.into_iter().chain(placed).collect())
}

/// The statement with an import: in Go it can have several.
fn statement(tree: &Tree, import: &Import) -> Range<usize> {
    let around = tree.item(import.range.start).filter(|_| tree.language().name() == "go");
    around.map_or_else(|| import.range.clone(), |it| it.1)
}

/// The lines of an import without the names that are imported already.
fn lacking(import: &str, language: Language, names: &[ImportedName]) -> String {
    match imported::lacking(import, language.name(), names) {
        it if it.iter().any(|it| it == import) => import.to_owned(),
        it => it.iter().map(|it| format!("{it}\n")).collect(),
    }
}

/// An answer without its first lines that the head of the file has too, or that only a head can have.
fn without_head<'a>(answer: &'a str, head: &str) -> &'a str {
    let is_head = |line: &str| {
        let is_open = line.starts_with("/*") && !line.contains("*/") || line.trim() == "\"\"\"";
        line.is_empty()
            || line.starts_with("package ")
            || !is_open && head.lines().any(|it| it.trim_end() == line)
    };
    let mut rest = answer;
    while let Some(line) = rest.lines().next().filter(|it| is_head(it.trim_end())) {
        rest = rest[line.len()..].trim_start_matches('\r');
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    rest
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
    /// The tests that `there` lacks, in its groups of the same names or else at its end.
    fn placed_in(&self, there: &Self, language: Language) -> Result<Insertions, NothingNew> {
        let mut additions = self.additions(there)?;
        // Of places at the same offset, that in the inner group is first.
        additions.sort_by_key(|it| it.target.map_or(usize::MAX, |it| there.groups[it].range.len()));
        let mut placed: Insertions = Vec::new();
        for Addition { target, code } in additions {
            let group = target.map(|it| &there.groups[it]);
            let (at, new) = group
                .and_then(|it| in_group(&there.text, it, &code, language))
                .unwrap_or_else(|| at_end(&there.text, &code));
            match placed.iter_mut().find(|it| it.0 == at) {
                Some(it) => it.1 += &new,
                None => placed.push((at, new)),
            }
        }
        placed.sort_by_key(|it| it.0);
        Ok(placed)
    }
}

/// Tests at the end of a group; `None` if it has no line for them.
fn in_group(file: &str, group: &Group, code: &str, language: Language) -> Option<(usize, String)> {
    match language.indentation() {
        LanguageIndentation::Significant => Some(indented(file, group, code)),
        LanguageIndentation::Free if ENDS.contains(&language.name()) => {
            before_end(file, group, code)
        }
        LanguageIndentation::Free => nested::place(file, &group.range, code),
    }
}

fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests;
