//! A parsed text with the current positions of its nodes.

use std::fmt;
use std::ops::{ControlFlow, Range};

use ropey::Rope;
use tree_sitter::{
    InputEdit, Node, ParseOptions, Parser, Query, QueryCapture, QueryCursor, StreamingIterator,
};

use crate::syntax::language::Language;
use crate::text::{Edit, Point};

/// The syntax tree of a text, updated with the edits since it was parsed.
///
/// Invariant: every offset passed or returned is within `rope`, the newest text. Until the next parse, a node
/// may cover text that no longer belongs to it.
#[derive(Clone)]
pub struct Tree {
    language: Language,
    rope: Rope,
    tree: tree_sitter::Tree,
}

/// Bytes; a larger text is not parsed: a tree takes ten to twenty times the memory of its text.
const LARGEST: usize = 4 << 20;
/// Bytes; a text with a longer line is treated as data.
const LONGEST_LINE: usize = 100_000;
/// Steps, of a hundred parser operations each, after which a parse is abandoned. Steps are counted because
/// this module reads no clock. A step parses 100 to 200 bytes of valid text in 20 us, and takes up to ten
/// times that for text that the grammar cannot parse. So 2 MB of code are parsed, and a hopeless parse ends
/// after some seconds.
const PATIENCE: usize = 20_000;
/// Bytes; a longer node is more than a statement.
const STATEMENT: usize = 2_000;
/// Maximum number of nodes around a position; outer ones are left out. Real code is never that deep.
const DEEPEST: usize = 400;

impl Tree {
    /// Parses a text from scratch, or from its last tree, which must have received every edit since. `None`
    /// without a grammar, beyond a limit, or once `go_on` returns false.
    pub(super) fn parse(
        language: Language,
        rope: &Rope,
        last: Option<&Self>,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let grammar = language.grammar()?;
        if !is_parseable(rope) || !language.bears(rope) {
            return None;
        }
        let mut parser = Parser::new();
        parser.set_language(&(grammar.language)()).ok()?;
        let mut steps = 0;
        let mut progress = |_: &_| {
            steps += 1;
            match steps < PATIENCE && go_on() {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        };
        let mut read = |byte: usize, _| {
            let (chunk, start, _, _) = rope.chunk_at_byte(byte.min(rope.len_bytes()));
            &chunk.as_bytes()[(byte - start).min(chunk.len())..]
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree = parser.parse_with_options(&mut read, last.map(|it| &it.tree), Some(options));
        Some(Self { language, rope: rope.clone(), tree: tree? })
    }

    pub fn language(&self) -> Language {
        self.language
    }

    /// The newest text.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// The newest text of a range of bytes, clamped to the text.
    pub fn text(&self, range: Range<usize>) -> String {
        let bytes: Vec<u8> = self.bytes(range).flatten().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Moves the nodes by edits, in order; `rope` is the text after the last one.
    pub(super) fn edit(&mut self, edits: &[Edit], rope: &Rope) {
        for edit in edits {
            self.tree.edit(&input_edit(edit));
        }
        self.rope = rope.clone();
    }

    /// Whether the text has no syntax error and was not edited since it was parsed.
    pub fn is_sound(&self) -> bool {
        let root = self.root();
        !root.has_error() && !root.has_changes()
    }

    /// Whether the text was edited since it was parsed.
    pub fn is_behind(&self) -> bool {
        self.root().has_changes()
    }

    /// The ranges of another tree that `edits` changed since this one, or whose nodes are others, in order. `None` if a
    /// syntax error leaves that open.
    pub(super) fn changes(&self, edits: &[Edit], newer: &Self) -> Option<Vec<Range<usize>>> {
        let mut old = self.tree.clone();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for edit in edits {
            old.edit(&input_edit(edit));
            ranges.iter_mut().for_each(|it| *it = edit.follow(it));
            ranges.push(edit.start..edit.new_end);
        }
        ranges.extend(old.changed_ranges(&newer.tree).map(|it| it.start_byte..it.end_byte));
        // What touches a range may be changed as well.
        let most = newer.rope.len_bytes();
        let wide = ranges.iter().map(|it| it.start.saturating_sub(1)..(it.end + 1).min(most));
        let ranges = merged(wide.collect());
        let is_clear = ranges.iter().all(|it| is_sound(&old, it) && is_sound(&newer.tree, it));
        is_clear.then(|| merged(ranges.iter().map(|it| newer.around(it)).collect()))
    }

    /// The largest node around a range that is no longer than a statement, or the range.
    fn around(&self, range: &Range<usize>) -> Range<usize> {
        let nodes = self.nodes_at(range.start).into_iter().map(|it| self.range(it));
        let mut whole = nodes.filter(|it| range.end <= it.end);
        whole.find(|it| it.len() <= STATEMENT).unwrap_or_else(|| range.clone())
    }

    /// The number of syntax errors.
    pub fn errors(&self) -> usize {
        let (mut cursor, mut errors) = (self.tree.walk(), 0);
        loop {
            let node = cursor.node();
            let is_error = node.is_error() || node.is_missing();
            errors += usize::from(is_error);
            if node.has_error() && !is_error && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return errors;
                }
            }
        }
    }

    /// The outermost node below the root that contains the byte at `offset`: the number of its kind, and its
    /// range.
    pub fn item(&self, offset: usize) -> Option<(u16, Range<usize>)> {
        let mut cursor = self.tree.walk();
        cursor.goto_first_child_for_byte(offset)?;
        let node = cursor.node();
        (node.start_byte() <= offset).then(|| (node.kind_id(), self.range(node)))
    }

    /// The smallest range of whole nodes that contains a range: a node that the range cuts through is taken as
    /// a whole, in all of its siblings. A range within a token stays as it is.
    pub fn completed(&self, range: Range<usize>) -> Range<usize> {
        let Some(around) = self.root().descendant_for_byte_range(range.start, range.end) else {
            return range;
        };
        let mut cursor = around.walk();
        let touched = around
            .children(&mut cursor)
            .filter(|it| it.start_byte() < range.end && it.end_byte() > range.start)
            .collect::<Vec<_>>();
        match touched.as_slice() {
            [first, .., last] if !touched.iter().any(|it| it.is_error()) => {
                self.range(*first).start.min(range.start)..self.range(*last).end.max(range.end)
            }
            _ => range,
        }
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The nodes that contain the byte at `offset`, outermost first.
    pub(super) fn nodes_at(&self, offset: usize) -> Vec<Node<'_>> {
        let mut cursor = self.tree.walk();
        let mut nodes = vec![cursor.node()];
        while cursor.goto_first_child_for_byte(offset).is_some()
            && cursor.node().start_byte() <= offset
        {
            nodes.push(cursor.node());
        }
        nodes.split_off(nodes.len().saturating_sub(DEEPEST))
    }

    /// Calls `each` with the captures of every match at the nodes that contain the byte at `offset`:
    /// outermost node first, then in the order of the patterns. A match belongs to the node of its pattern's
    /// root.
    pub(super) fn captures_at(
        &self,
        query: &Query,
        offset: usize,
        mut each: impl FnMut(usize, &[QueryCapture<'_>]),
    ) {
        let mut cursor = QueryCursor::new();
        cursor.set_max_start_depth(Some(0)).set_byte_range(offset..offset + 1);
        for node in self.nodes_at(offset) {
            let text = |it: Node<'_>| self.bytes(it.byte_range());
            let mut matches = cursor.matches(query, node, text);
            while let Some(found) = matches.next() {
                each(found.pattern_index, found.captures());
            }
        }
    }

    /// The range of a node in the newest text.
    pub(super) fn range(&self, node: Node<'_>) -> Range<usize> {
        let end = node.end_byte().min(self.rope.len_bytes());
        node.start_byte().min(end)..end
    }

    /// The bytes of a range in pieces, clamped to the newest text.
    pub(super) fn bytes(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let end = range.end.min(self.rope.len_bytes());
        let start = range.start.min(end);
        let (chunks, mut next, _, _) = self.rope.chunks_at_byte(start);
        chunks.map_while(move |chunk| {
            let at = next;
            next += chunk.len();
            (at < end)
                .then(|| &chunk.as_bytes()[start.saturating_sub(at)..(end - at).min(chunk.len())])
        })
    }
}

/// The tree as an S-expression, without ranges.
impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tree.root_node().to_sexp())
    }
}

fn is_parseable(rope: &Rope) -> bool {
    let mut line = 0;
    let mut fits = |chunk: &str| {
        chunk.split_inclusive('\n').all(|piece| {
            line += piece.len();
            let fits = line <= LONGEST_LINE;
            if piece.ends_with('\n') {
                line = 0;
            }
            fits
        })
    };
    rope.len_bytes() <= LARGEST && rope.chunks().all(&mut fits)
}

/// Ranges in order, with those that touch as one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|it| it.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for it in ranges {
        match merged.last_mut().filter(|last| it.start <= last.end) {
            Some(last) => last.end = last.end.max(it.end),
            None => merged.push(it),
        }
    }
    merged
}

/// Whether the nodes below the root that touch a range contain no syntax error.
fn is_sound(tree: &tree_sitter::Tree, range: &Range<usize>) -> bool {
    let mut cursor = tree.walk();
    if cursor.node().is_error() || cursor.goto_first_child_for_byte(range.start).is_none() {
        return !tree.root_node().has_error();
    }
    loop {
        let node = cursor.node();
        if node.has_error() {
            return false;
        }
        if node.start_byte() > range.end || !cursor.goto_next_sibling() {
            return true;
        }
    }
}

fn input_edit(edit: &Edit) -> InputEdit {
    let point = |it: Point| tree_sitter::Point { row: it.row, column: it.column };
    InputEdit {
        start_byte: edit.start,
        old_end_byte: edit.old_end,
        new_end_byte: edit.new_end,
        start_position: point(edit.start_point),
        old_end_position: point(edit.old_end_point),
        new_end_position: point(edit.new_end_point),
    }
}
