//! Collects the context for a position, within a budget and a time limit.

use std::hash::Hasher;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHasher;

use crate::context::alike::CursorLines;
use crate::context::choose::{Snippet, choose};
use crate::context::excerpt::Excerpt;
use crate::context::near::SeenLines;
use crate::context::outline::OutlineReader;
use crate::context::{CHOSEN, Part, PartKind, excerpt, outline, retrieve};
use crate::syntax::scope::{Scope, ScopeKind};
use crate::syntax::tree::Tree;
use crate::syntax::{Syntax, import};
use crate::workspace::chunks::Chunks;
use crate::workspace::journal::Edited;
use crate::workspace::symbols::Symbols;
use crate::workspace::tokens::TokensSnapshot;

/// Parts are collected again after this many lines, so that prompts in between have the same beginning.
const STICKY: usize = 16;
/// Lines; a cursor at least this far away in another function is at a new place.
const MOVED: usize = 14;
/// Lines before and after the cursor whose words are searched for.
const BEFORE: usize = 25;
const AFTER: usize = 8;
/// Maximum number of edits, and of bytes in each.
const EDITS: usize = 6;
const EDIT: usize = 400;
/// Bytes of lines as they are, from the places most like the cursor's. A model makes more lines right with them than with a
/// larger window, with the chunk that shares most words, or with snippets that contain the names it may need
/// (`benches/real`).
const WHOLE: usize = 1200;
/// Chunks are examined up to this multiple of their budget.
const LOOKED_AT: usize = 4;
/// Marks omitted lines between two snippets of a file.
const LEFT_OUT: &str = "...\n";

/// The position for which context is collected.
#[derive(Clone, Copy)]
pub struct ContextQuery<'a> {
    pub path: &'a Path,
    pub rope: &'a ropey::Rope,
    /// In bytes.
    pub offset: usize,
    pub syntax: &'a Syntax,
    /// The newest tree, updated with every edit.
    pub tree: Option<&'a Tree>,
    /// Where the tree's text begins in `rope`: each cell of a notebook has its own tree.
    pub start: usize,
    /// The trees of a notebook's other cells.
    pub cells: &'a [Tree],
}

/// The sources of parts.
#[derive(Clone, Copy)]
pub struct ContextSources<'a> {
    pub symbols: &'a Symbols,
    pub chunks: &'a Chunks,
    pub tokens: &'a TokensSnapshot,
    /// Whether the three indexes above are complete.
    pub defined: bool,
    /// Newest first.
    pub edits: &'a [Edited],
    /// Compiler messages with their lines from zero, nearest first.
    pub diagnostics: &'a [(usize, String)],
    /// The text of a file that the guard allows, as last indexed.
    pub read: &'a dyn Fn(&Path) -> Option<String>,
    /// The name of a file in prompts.
    pub name: &'a dyn Fn(&Path) -> String,
    /// Whether there is time left. Context that is not ready in time is left out.
    pub go_on: &'a dyn Fn() -> bool,
}

/// The largest sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextBudget {
    pub excerpt: excerpt::ExcerptBudget,
    pub parts: usize,
}

/// The parts of a document's last prompt, reused by the next one.
#[derive(Clone, Debug, Default)]
pub struct Sticky {
    /// The line for which they were collected, the function around it, and the start of the window.
    place: Option<(usize, Option<usize>, usize)>,
    parts: Vec<Part>,
    /// The names that the document imports, with a hash of the beginning that they were read from.
    imported: Option<(u64, Vec<String>)>,
}

impl Default for ContextBudget {
    /// About 1,000 tokens of parts.
    fn default() -> Self {
        Self { excerpt: excerpt::ExcerptBudget::default(), parts: 3584 }
    }
}

/// The window around the cursor and the parts: most stable first, and within a kind the best last.
pub fn gather(
    query: &ContextQuery<'_>,
    sources: &ContextSources<'_>,
    sticky: &mut Sticky,
    budget: ContextBudget,
) -> (Excerpt, Vec<Part>) {
    let offset = query.offset.min(query.rope.len_bytes());
    let scopes = scopes(query, offset);
    let outer = scopes.iter().rev().find(|it| it.kind == ScopeKind::Function);
    let (line, scope) = (query.rope.byte_to_line(offset), outer.map(|it| it.range.start));
    let kept = sticky.place.filter(|it| it.0.abs_diff(line) < STICKY);
    // Half a line can change every scope around it, so another function counts only some lines on.
    let moved = |it: &(usize, Option<usize>, usize)| it.1 != scope && it.0.abs_diff(line) >= MOVED;
    let kept = kept.filter(|it| !moved(it));
    let window = kept.and_then(|it| Excerpt::kept(query.rope, it.2, offset, budget.excerpt));
    let excerpt =
        window.unwrap_or_else(|| Excerpt::around(query.rope, offset, &scopes, budget.excerpt));
    match &mut sticky.place {
        Some(place) if kept.is_some() => place.2 = excerpt.range.start,
        place => {
            let imported = imported(query, &mut sticky.imported);
            sticky.parts = parts(query, sources, &excerpt, &imported, budget.parts);
            // Parts from an incomplete index are not reused.
            let held = sources.defined && !sticky.parts.is_empty();
            *place = held.then_some((line, scope, excerpt.range.start));
        }
    }
    // Diagnostics change quickly, so they are not reused.
    let parts = sticky.parts.iter().cloned().chain(diagnostics(sources, query));
    (excerpt, parts.collect())
}

/// The scopes around an offset, innermost first.
fn scopes(query: &ContextQuery<'_>, offset: usize) -> Vec<Scope> {
    let own = offset.saturating_sub(query.start);
    let scopes = query.tree.map_or_else(Vec::new, |it| query.syntax.scopes(it, own));
    let moved = |it: Scope| {
        let range = it.range.start + query.start..it.range.end + query.start;
        Scope { range, ..it }
    };
    scopes.into_iter().map(moved).collect()
}

/// The names that a document imports. They are read again only if its beginning has changed, since that takes
/// longer than everything else here.
fn imported(query: &ContextQuery<'_>, known: &mut Option<(u64, Vec<String>)>) -> Vec<String> {
    let Some(tree) = query.tree else { return Vec::new() };
    let end = import::HEAD.min(query.rope.len_bytes());
    let head = query.rope.slice(..query.rope.byte_to_char(end));
    let mut hasher = FxHasher::default();
    head.chunks().for_each(|it| hasher.write(it.as_bytes()));
    hasher.write_usize(query.cells.len());
    let hash = hasher.finish();
    if let Some((_, names)) = known.as_ref().filter(|it| it.0 == hash) {
        return names.clone();
    }
    let trees = || query.cells.iter().chain([tree]);
    let imports = trees().flat_map(|it| query.syntax.imports(it));
    let names: Vec<String> = imports.flat_map(|it| it.names).collect();
    // A tree that is older than the text may lack the latest import.
    *known = (!trees().any(Tree::is_behind)).then(|| (hash, names.clone()));
    names
}

fn parts(
    query: &ContextQuery<'_>,
    sources: &ContextSources<'_>,
    excerpt: &Excerpt,
    imported: &[String],
    bytes: usize,
) -> Vec<Part> {
    let window = [excerpt.prefix.as_str(), &excerpt.suffix];
    let seen = SeenLines::new(&window);
    let mut before: Vec<&str> = excerpt.prefix.rsplit('\n').take(BEFORE).collect();
    let after: Vec<&str> = excerpt.suffix.lines().take(AFTER).collect();
    let named: Vec<&str> = before.iter().chain(&after).copied().collect();
    before.reverse();
    let words: Vec<&str> = after.iter().chain(&before).copied().collect();
    let (own, go_on) = ((query.path, &seen), sources.go_on);
    let mut reader = OutlineReader::new(sources.read);

    let edits = edits(sources, query.path, &seen);
    let left = bytes.saturating_sub(edits.iter().map(|it| it.text.len()).sum());
    let found = retrieve::similar(sources.chunks, &words, query.path);
    let file = (query.rope, &excerpt.range, query.path);
    let near = (&CursorLines::new(&before), &seen);
    let whole = retrieve::alike(&found, file, near, &mut reader, (left.min(WHOLE), go_on));
    let left = left.saturating_sub(whole.iter().map(|it| it.text.len()).sum());
    let mut pieces = Vec::new();
    // Sources that read no file come first.
    if go_on() {
        pieces.extend(retrieve::own(query.rope, &excerpt.range, &words, query.path));
    }
    let room = (left, go_on);
    let named = (named.as_slice(), imported);
    pieces.extend(outline::signatures(sources.symbols, &mut reader, named, query.path, room));
    pieces.extend(retrieve::continuations(sources.tokens, &mut reader, &before, own, room));
    let room = (LOOKED_AT * left, go_on);
    pieces.extend(retrieve::chunks(found, &mut reader, &seen, room));
    let known: Vec<&str> = window.into_iter().chain(whole.iter().map(|it| &*it.text)).collect();
    let chosen = choose(pieces, &known, left);
    let alike: Vec<Arc<Path>> = whole.iter().map(|it| Arc::clone(&it.path)).collect();
    let mut parts = joined(sources, whole.into_iter().chain(chosen).collect(), &alike);
    parts.extend(edits);
    parts
}

/// The rank of the best part with lines as they are.
const ALIKE: u32 = 2500;

/// The rank of the best part of a kind; the others have less.
fn rank(kind: PartKind) -> u32 {
    match kind {
        PartKind::Snippet => 1500,
        PartKind::Outline => 2000,
        PartKind::Edit => 3000,
        PartKind::Diagnostic => 4000,
        PartKind::Rules => CHOSEN,
    }
}

/// Merges the snippets of each file into a part, the best part last. `alike` are files with places like the cursor's.
fn joined(sources: &ContextSources<'_>, pieces: Vec<Snippet>, alike: &[Arc<Path>]) -> Vec<Part> {
    let mut files: Vec<(PartKind, Arc<Path>, Vec<Snippet>)> = Vec::new();
    for piece in pieces {
        match files.iter_mut().find(|it| it.0 == piece.kind && it.1 == piece.path) {
            Some(file) => file.2.push(piece),
            None => files.push((piece.kind, Arc::clone(&piece.path), vec![piece])),
        }
    }
    let ranked = files.into_iter().enumerate().map(|(nth, (kind, path, mut pieces))| {
        pieces.sort_by_key(|it| it.at);
        let mut text = String::new();
        let mut next = None;
        for piece in pieces {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            if kind == PartKind::Snippet && next.is_some_and(|it| it != piece.at) {
                text.push_str(LEFT_OUT);
            }
            text.push_str(&piece.text);
            next = Some(piece.next);
        }
        let is_alike = kind == PartKind::Snippet && alike.contains(&path);
        let best = if is_alike { ALIKE } else { rank(kind) };
        let rank = best.saturating_sub(nth as u32);
        Part { kind, path: (sources.name)(&path), text, rank }
    });
    let mut parts: Vec<Part> = ranked.collect();
    parts.sort_by_key(|it| (it.kind != PartKind::Outline, it.rank));
    parts
}

/// Recent edits outside the window, oldest first.
fn edits(sources: &ContextSources<'_>, own: &Path, seen: &SeenLines<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for edit in sources.edits {
        let Some(texts) = &edit.texts else { continue };
        let is_seen =
            &*edit.path == own && (texts.removed.is_empty() || seen.holds(&texts.removed));
        let is_small = texts.removed.len() + texts.inserted.len() <= EDIT;
        let has_text = texts.removed.trim().len() + texts.inserted.trim().len() >= 3;
        if is_seen || !is_small || !has_text || parts.len() == EDITS {
            continue;
        }
        let lines = |sign: char, text: &str| -> String {
            text.lines().map(|it| format!("{sign}{it}\n")).collect()
        };
        let text = format!(
            "@@ line {} @@\n{}{}",
            edit.line + 1,
            lines('-', &texts.removed),
            lines('+', &texts.inserted)
        );
        let (path, rank) = ((sources.name)(&edit.path), rank(PartKind::Edit) - parts.len() as u32);
        parts.push(Part { kind: PartKind::Edit, path, text, rank });
    }
    parts.reverse();
    parts
}

fn diagnostics(sources: &ContextSources<'_>, query: &ContextQuery<'_>) -> Option<Part> {
    let lines = sources.diagnostics.iter().take(EDITS);
    let line = |(line, text): &(usize, String)| {
        let text: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
        format!("line {}: {text}\n", line + 1)
    };
    let text: String = lines.map(line).collect();
    let path = (sources.name)(query.path);
    (!text.is_empty()).then_some(Part {
        kind: PartKind::Diagnostic,
        path,
        text,
        rank: rank(PartKind::Diagnostic),
    })
}

#[cfg(test)]
mod tests;
