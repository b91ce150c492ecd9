//! The symbol at a place and its definition.

use std::hash::BuildHasher;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::feature::SharedState;
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, Place};
use crate::feature::hover::{Asker, OCCURRENCES, documentation};
use crate::prompt::Chat;
use crate::prompt::action::explain;
use crate::syntax::definition::Definition;
use crate::syntax::language::Language;
use crate::syntax::region::Region;
use crate::text;
use crate::workspace::tokens::lexer::lex;

/// Bytes of a definition in a prompt.
const DEFINITION: usize = 4096;
/// Lines and bytes of a signature that a hover shows.
const SIGNATURE_LINES: usize = 12;
const SIGNATURE: usize = 600;
/// Bytes before a definition that are searched for its documentation.
const BEFORE: usize = 4096;
/// A name with more definitions than this has no hover.
const AMBIGUOUS: usize = 4;
/// A document with more lines than this is not searched for definitions: the index contains them.
const LONG: usize = 3000;
/// Bytes of a document above which its text is not searched for a name.
const LARGE: usize = 400_000;

/// Languages that use each other's definitions.
const FAMILIES: [&[&str]; 4] = [
    &["c", "cpp"],
    &["javascript", "typescript", "tsx"],
    &["java", "kotlin", "scala"],
    &["ocaml", "ocaml-interface"],
];

pub(in crate::feature) struct Symbol {
    pub(super) name: String,
    /// The name in the document, in bytes.
    pub(in crate::feature) range: Range<usize>,
    pub(super) path: String,
    /// From 1.
    pub(super) line: usize,
    pub(super) definition: String,
    pub(super) signature: String,
    pub(super) documentation: String,
    /// The editors' language identifier of the definition; empty if unknown.
    pub(super) language: &'static str,
    /// The number of definitions of the name.
    pub(super) definitions: usize,
    /// A hash of the name and the definition.
    pub(in crate::feature) key: u64,
}

/// A definition and the text before it.
struct Found {
    path: Arc<Path>,
    /// From 0.
    line: usize,
    before: String,
    definition: String,
    /// Length in bytes within the definition.
    signature: usize,
    language: Option<Language>,
    definitions: usize,
}

impl Symbol {
    /// The symbol at a place, if the document or the index defines it.
    pub(in crate::feature) fn at(core: &Core, place: &Place, asker: Asker) -> Option<Self> {
        let (name, range) = word(&place.open.document.rope, place.offset)?;
        let found = Found::in_document(&core.shared, place, &name)
            .or_else(|| Found::in_index(core, place, &name, asker))?;
        // An outdated syntax tree can end a signature within a character.
        let end = found.definition.floor_char_boundary(found.signature);
        let (signature, body) = found.definition.split_at(end);
        let documentation = found.language.map(|it| documentation::of(it, &found.before, body));
        let signature = shortened(signature);
        let definition =
            found.definition[..found.definition.floor_char_boundary(DEFINITION)].to_owned();
        let key = FxBuildHasher.hash_one((&name, &definition));
        Some(Self {
            name,
            range,
            path: core.name(&found.path),
            line: found.line + 1,
            definition,
            signature,
            documentation: documentation.unwrap_or_default(),
            language: found.language.map_or("", Language::id),
            definitions: found.definitions,
            key,
        })
    }

    /// The prompt for an explanation.
    pub(in crate::feature) fn chat(&self, language: &str) -> Chat {
        explain::symbol(&self.name, language, &self.path, &self.definition)
    }
}

/// Whether the byte at an offset is neither in a comment nor in a string; `false` without a syntax tree.
pub(super) fn is_code(shared: &SharedState, open: &OpenDocument, offset: usize) -> bool {
    let tree = shared.trees.newest(&open.key);
    tree.is_some_and(|it| shared.syntax.region(&it, offset + 1) == Region::Code)
}

/// Occurrences of a name in the current document and the other indexed files, up to `OCCURRENCES`. A
/// large document counts as last indexed.
pub(super) fn occurrences(shared: &SharedState, open: &OpenDocument, name: &str) -> usize {
    let text = open.whole().rope;
    let own = open.path.as_deref().filter(|_| text.len_bytes() <= LARGE);
    let indexed = shared.index.tokens().snapshot().occurrences(name, own, OCCURRENCES);
    if text.len_bytes() > LARGE {
        return indexed;
    }
    let lines = text.lines().map(|it| it.to_string());
    let here = lines.map(|line| lex(&line).filter(|it| line[it.start..it.end] == *name).count());
    OCCURRENCES.min(indexed + here.sum::<usize>())
}

impl Found {
    fn in_document(shared: &SharedState, place: &Place, name: &str) -> Option<Self> {
        let rope = &place.open.document.rope;
        if rope.len_lines() > LONG {
            return None;
        }
        let tree = shared.trees.newest(&place.open.key)?;
        let found = shared.syntax.definitions(&tree);
        let named: Vec<&Definition> = found.iter().filter(|it| it.name == name).collect();
        let only = *named.first().filter(|_| named.len() <= AMBIGUOUS)?;
        let start = only.range.start;
        Some(Self {
            path: place.open.path.clone()?,
            line: tree.rope().byte_to_line(only.name_range.start),
            before: tree.text(start.saturating_sub(BEFORE)..start),
            definition: tree.text(only.range.clone()),
            signature: only.signature.len(),
            language: place.open.language,
            definitions: named.len(),
        })
    }

    fn in_index(core: &Core, place: &Place, name: &str, asker: Asker) -> Option<Self> {
        let own = place.open.path.as_deref();
        let related =
            |it: &Path| are_related(place.open.language, Language::detect("", Some(it), ""));
        let mut places = core.shared.index.symbols().find(name);
        match asker {
            // The pointer may rest on a word by chance: definitions in unrelated languages do not count.
            Asker::Mouse => places.retain(|it| related(&it.path)),
            Asker::Key => {}
        }
        if places.len() > AMBIGUOUS {
            return None;
        }
        let definitions = places.len();
        places.sort_by_key(|it| (Some(&*it.path) != own, !related(&it.path)));
        let found = places.into_iter().next()?;
        let text = core.file_with(&found.path, own)?;
        let start = found.range.start;
        let before = text.floor_char_boundary(start.saturating_sub(BEFORE).min(text.len()));
        Some(Self {
            line: found.line,
            before: text.get(before..start)?.to_owned(),
            definition: text.get(found.range)?.to_owned(),
            signature: found.signature.len(),
            language: Language::detect("", Some(&found.path), ""),
            definitions,
            path: found.path,
        })
    }
}

fn are_related(one: Option<Language>, other: Option<Language>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let holds = |family: &&[&str]| [one, other].iter().all(|it| family.contains(&it.name()));
    one == other || FAMILIES.iter().any(holds)
}

/// The first lines of a signature.
fn shortened(signature: &str) -> String {
    let signature = signature[..signature.floor_char_boundary(SIGNATURE)].trim_end();
    signature.lines().take(SIGNATURE_LINES).collect::<Vec<_>>().join("\n")
}

/// The word at an offset and its byte range.
fn word(rope: &ropey::Rope, offset: usize) -> Option<(String, Range<usize>)> {
    let is_word = text::is_word;
    let line = rope.byte_to_line(offset);
    let start = rope.line_to_byte(line);
    let text = rope.line(line).to_string();
    let (before, after) = text.split_at_checked(offset - start)?;
    let from = before.len() - before.trim_end_matches(|it| !is_word(it)).len();
    // A cursor directly after a word is at that word; a cursor after a blank is not.
    if from > 0 && !after.starts_with(is_word) {
        return None;
    }
    let head = before.len() - before.trim_end_matches(is_word).len();
    let tail = after.len() - after.trim_start_matches(is_word).len();
    let name = format!("{}{}", &before[before.len() - head..], &after[..tail]);
    let first = name.chars().next()?;
    (!first.is_numeric()).then_some((name, offset - head..offset + tail))
}
