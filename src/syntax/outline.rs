//! What a text declares. After an edit, only what it changed is read again.

use std::ops::Range;

use tree_sitter::Query;

use crate::syntax::definition::{self, Definition};
use crate::syntax::import::{self, Import};
use crate::syntax::tree::Tree;
use crate::text::Edit;

/// The definitions and imports of a text, in order.
#[derive(Debug)]
pub struct Outline {
    pub definitions: Vec<Definition>,
    pub imports: Vec<Import>,
    tree: Tree,
}

/// A part of a text that an outline lists.
trait Entry: Clone {
    /// The range that contains all others.
    fn whole(&self) -> &Range<usize>;

    /// All its ranges.
    fn ranges(&mut self) -> impl Iterator<Item = &mut Range<usize>>;

    fn order(&self) -> usize;

    /// Whether only `last` of both, which begins no later, can be in a list.
    fn is_part(&mut self, last: &mut Self) -> bool;
}

impl Entry for Definition {
    fn whole(&self) -> &Range<usize> {
        &self.range
    }

    fn order(&self) -> usize {
        self.name_range.start
    }

    fn is_part(&mut self, last: &mut Self) -> bool {
        self.order() == last.order()
    }

    fn ranges(&mut self) -> impl Iterator<Item = &mut Range<usize>> {
        [&mut self.range, &mut self.signature, &mut self.name_range].into_iter()
    }
}

impl Entry for Import {
    fn whole(&self) -> &Range<usize> {
        &self.range
    }

    fn order(&self) -> usize {
        self.range.start
    }

    fn is_part(&mut self, last: &mut Self) -> bool {
        self.range.end <= last.range.end
    }

    fn ranges(&mut self) -> impl Iterator<Item = &mut Range<usize>> {
        [&mut self.range].into_iter()
    }
}

impl Outline {
    /// The outline of a tree's text. `last` is that of an earlier text, with the edits since.
    pub(super) fn read(
        tree: &Tree,
        last: Option<(&Self, &[Edit])>,
        queries: [Option<&Query>; 2],
    ) -> Self {
        let whole = 0..tree.rope().len_bytes();
        let last = last.filter(|it| it.0.tree.language() == tree.language());
        let followed =
            last.and_then(|(it, edits)| Some((it, edits, it.tree.changes(edits, tree)?)));
        let (last, changed) = match &followed {
            Some((last, edits, changed)) => (Some((*last, *edits)), &**changed),
            None => (None, std::slice::from_ref(&whole)),
        };
        let kept = last.map(|(it, edits)| (&*it.definitions, edits));
        let definitions =
            read(changed, kept, queries[0], |it, range| definition::definitions(it, tree, range));
        let kept = last.map(|(it, edits)| (&*it.imports, edits));
        let imports = read(changed, kept, queries[1], |it, range| import::imports(it, tree, range));
        Self { definitions, imports, tree: tree.clone() }
    }
}

/// The entries of the changed ranges, and the others of the last list.
fn read<T: Entry>(
    changed: &[Range<usize>],
    last: Option<(&[T], &[Edit])>,
    query: Option<&Query>,
    of: impl Fn(&Query, &Range<usize>) -> Vec<T>,
) -> Vec<T> {
    let Some(query) = query else { return Vec::new() };
    let mut entries: Vec<T> = changed.iter().flat_map(|it| of(query, it)).collect();
    entries.extend(last.into_iter().flat_map(|(last, edits)| moved(last, edits, changed)));
    // Of equal ones, the one that was just read comes first.
    entries.sort_by_key(T::order);
    entries.dedup_by(T::is_part);
    entries
}

/// The entries outside of what changed, at their new places.
fn moved<T: Entry>(entries: &[T], edits: &[Edit], changed: &[Range<usize>]) -> Vec<T> {
    let mut kept = entries.to_vec();
    for edit in edits {
        kept.retain_mut(|entry| {
            let is_cut = entry.whole().start < edit.old_end && edit.start < entry.whole().end;
            entry.ranges().for_each(|it| *it = edit.follow(it));
            !is_cut
        });
    }
    // As in a query of a range: what only touches it is not found there.
    let overlaps =
        |it: &Range<usize>, whole: &Range<usize>| it.start < whole.end && whole.start < it.end;
    kept.retain(|entry| !changed.iter().any(|it| overlaps(it, entry.whole())));
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::syntax::Syntax;
    use crate::syntax::language::Language;
    use crate::text::Document;

    const LINES: [(&str, &str); 6] = [
        (
            "python",
            "import a.b\nfrom c import (\n    d,\n    e as f)\nclass A(B):\n    x = 1\n    def f(self, y):\n\
             \x20       self.z = y\n        return d\n    @property\n\ndef g():\n    pass\nX_Y = [\n]\n",
        ),
        (
            "rust",
            "use a::{b, c as d};\nmod e {\n  use f::*;\n}\nimpl A for B {\n    fn f(&self) {\n        let x = 1;\n    }\n}\n\
             struct A {\n    y: u8,\n}\nenum C { D, E }\nconst F: u8 = 1;\nuse super::*;\n/*\n*/\n",
        ),
        (
            "typescript",
            "import { a, b as c } from 'd';\nconst e = require('f');\nconst { g,\n  h } = require('i');\n\
             class A extends B {\n  x = 1;\n  static y: A;\n  m(n) {\n  }\n}\nexport function f() {\n}\n\
             interface I { p: string }\nenum E { P }\nconst t = `\n`;\n",
        ),
        (
            "ruby",
            "require 'a'\nmodule M\nclass A < B\n  attr_reader :x\n  def initialize(y)\n    @y = y\n  end\nend\n\
             X = 1\nend\n",
        ),
        (
            "java",
            "package a;\nimport b.C;\nimport static d.E.f;\nclass A {\n    static final int X = 1;\n    int y;\n\
             A() {\n    }\n    void m(int n) { }\n}\nenum E { P, Q }\n",
        ),
        (
            "go",
            "package a\nimport (\n\t\"b/c\"\n)\nimport d \"e\"\ntype A struct {\n\tx int\n}\n\
             func (a *A) m() {\n}\nfunc f() {\n}\nvar y, z = 1, 2\nconst X = 1\n",
        ),
    ];

    proptest! {
        /// Reading what an edit changed gives the same as reading the whole text.
        #[test]
        fn an_outline_follows_edits(
            of in 0..LINES.len(),
            first in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
            edits in prop::collection::vec(
                (
                    (any::<prop::sample::Index>(), 0..9_usize),
                    (any::<prop::sample::Index>(), 0..40_usize),
                    any::<bool>(),
                ),
                1..9,
            ),
        ) {
            let (language, lines) = LINES[of];
            let lines: Vec<&str> = lines.split_inclusive('\n').collect();
            let line = |it: &prop::sample::Index| lines[it.index(lines.len())];
            // Several chunks.
            let text = lines.concat().repeat(9) + &first.iter().map(line).collect::<String>();
            let (syntax, _) = Syntax::new(None);
            let language = Language::named(language).expect("a language of the table");
            let mut document = Document::new(&text, 0, "");
            let Some(mut tree) = syntax.parse(language, &document.rope) else { return Ok(()) };
            let mut outline = syntax.outline(&tree, None);
            let mut since = Vec::new();
            for ((at, removed), (added, length), is_read) in edits {
                let size = document.rope.len_bytes();
                let start = at.index(size + 1);
                let new = line(&added);
                let new = &new[..length.min(new.len())];
                let edit = document.replace(start..(start + removed).min(size), new);
                tree = syntax.reparsed(&tree, &[edit], &document.rope).expect("a small text");
                since.push(edit);
                if !is_read {
                    continue;
                }
                outline = syntax.outline(&tree, Some((&outline, &since)));
                since.clear();
                let fresh = syntax.outline(&tree, None);
                prop_assert_eq!(&outline.definitions, &fresh.definitions);
                prop_assert_eq!(&outline.imports, &fresh.imports);
            }
        }
    }
}
