//! The tokens of a text without comments or annotations, to see whether a change touched the code.

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Query, QueryCursor, StreamingIterator};

use crate::syntax::tree::Tree;

/// A token and its first byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    pub text: String,
    pub start: usize,
    /// A number, a character, or the content of a string.
    pub is_literal: bool,
}

/// Parts of the names of nodes that are literals, and of those that only delimit one.
const LITERALS: [&str; 6] = ["string", "char", "number", "integer", "float", "decimal"];
const DELIMITERS: [&str; 2] = ["_start", "_end"];

/// What is left out of the tokens of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Without {
    /// Comments and documentation.
    Documentation,
    /// Type annotations, and comments and documentation.
    Types,
}

impl Without {
    fn captures(self) -> &'static [&'static str] {
        match self {
            Self::Documentation => &["comment", "comment.line", "annotation.documentation"],
            Self::Types => {
                &["comment", "comment.line", "annotation.documentation", "annotation.type"]
            }
        }
    }
}

/// The tokens that begin in `range`, in order. `query` finds regions.
pub(super) fn leaves(
    query: &Query,
    tree: &Tree,
    range: &Range<usize>,
    without: Without,
) -> Vec<Leaf> {
    let left_out = captured(query, tree, range, without.captures());
    let mut leaves = Vec::new();
    let mut cursor = tree.root().walk();
    loop {
        let node = cursor.node();
        let is_outside = node.end_byte() <= range.start || node.start_byte() >= range.end;
        let is_skipped = is_outside || left_out.contains(&node.id());
        if !is_skipped && cursor.goto_first_child() {
            continue;
        }
        let start = node.start_byte();
        if !is_skipped && range.contains(&start) {
            let text = tree.text(tree.range(node)).trim().to_owned();
            let is_one_of = |parts: &[&str]| parts.iter().any(|it| node.kind().contains(it));
            let is_literal = node.is_named() && is_one_of(&LITERALS) && !is_one_of(&DELIMITERS);
            leaves.extend((!text.is_empty()).then_some(Leaf { text, start, is_literal }));
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return leaves;
            }
        }
    }
}

/// The nodes in `range` with one of these captures.
fn captured(query: &Query, tree: &Tree, range: &Range<usize>, wanted: &[&str]) -> HashSet<usize> {
    let names = query.capture_names();
    let mut cursor = QueryCursor::new();
    cursor.set_byte_range(range.clone());
    let text = |node: Node<'_>| tree.bytes(node.byte_range());
    let mut captures = cursor.captures(query, tree.root(), text);
    let mut nodes = HashSet::new();
    while let Some((found, index)) = captures.next() {
        let capture = found.captures()[*index];
        if wanted.contains(&names[capture.index as usize]) {
            nodes.insert(capture.node.id());
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use ropey::Rope;

    use super::*;
    use crate::syntax::Syntax;
    use crate::syntax::language::Language;

    /// Checks that two texts have the same tokens.
    #[track_caller]
    fn check(language: &str, without: Without, one: &str, other: &str, expected: bool) {
        let (syntax, _) = Syntax::new(None);
        let found = Language::named(language).expect("a language of the table");
        let [one, other] = [one, other].map(|text| {
            let tree = syntax.parse(found, &Rope::from_str(text)).expect("a grammar");
            let leaves = syntax.leaves(&tree, &(0..text.len()), without);
            leaves.into_iter().map(|it| it.text).collect::<Vec<_>>()
        });
        assert_eq!(one == other, expected, "{language}: {one:?}\n{other:?}");
    }

    #[test]
    fn documentation_is_not_a_token_of_the_code() {
        let check =
            |language, one, other| check(language, Without::Documentation, one, other, true);
        check("rust", "fn f() {}\n", "/// Does it.\n///\n/// # Errors\nfn f() {}\n");
        check("python", "def f():\n    g()\n", "def f():\n    \"\"\"Does it.\"\"\"\n    g()\n");
        check("javascript", "function f() {}\n", "/**\n * It.\n */\nfunction f() {}\n");
        check("typescript", "function f() {}\n", "/** It. */\nfunction f() {}\n");
        check("tsx", "function f() {}\n", "/** It. */\nfunction f() {}\n");
        check("java", "class A { }\n", "/** It. */\nclass A { }\n");
        check("kotlin", "fun f() {}\n", "/** It. */\nfun f() {}\n");
        check("scala", "def f() = 1\n", "/** It. */\ndef f() = 1\n");
        check("go", "package a\nfunc f() {}\n", "package a\n// f does it.\nfunc f() {}\n");
        check("c", "int f(void) { }\n", "/** It. */\nint f(void) { }\n");
        check("cpp", "int f() { }\n", "/// It.\nint f() { }\n");
        check("c-sharp", "class A { }\n", "/// <summary>It.</summary>\nclass A { }\n");
        check("ruby", "def f\nend\n", "# @return [void]\ndef f\nend\n");
        check("php", "<?php\nfunction f() {}\n", "<?php\n/** It. */\nfunction f() {}\n");
        check("swift", "func f() {}\n", "/// It.\nfunc f() {}\n");
        check("lua", "function f() end\n", "---@return nil\nfunction f() end\n");
        check("bash", "f() {\n  g\n}\n", "# It.\nf() {\n  # Why.\n  g\n}\n");
        check("zig", "fn f() void {}\n", "/// It.\nfn f() void {}\n");
        check("haskell", "f :: Int\nf = 1\n", "-- | It.\nf :: Int\nf = 1\n");
        check("ocaml", "let f x = x\n", "(** It. *)\nlet f x = x\n");
        check("sql", "SELECT 1;\n", "-- It.\nSELECT 1;\n");
        check(
            "elixir",
            "defmodule A do\n  def f, do: 1\nend\n",
            "defmodule A do\n  @moduledoc \"It.\"\n  @doc \"\"\"\n  Does it.\n  \"\"\"\n  def f, do: 1\nend\n",
        );
    }

    #[test]
    fn a_type_annotation_is_a_token_of_the_code_unless_types_are_left_out() {
        for (language, one, other) in [
            (
                "python",
                "def f(a, b=1, *c, **d):\n    x = a\n",
                "def f(a: int, b: int = 1, *c: str, **d: int) -> None:\n    x: list[int] = a\n",
            ),
            (
                "typescript",
                "function f(a, b = 1) { const x = a; return (c) => c; }\n",
                "function f<T>(a: T, b: number = 1): T { const x: T = a; return (c: T): T => c; }\n",
            ),
            (
                "tsx",
                "function f(a) { return a; }\n",
                "type A = { b: string };\nfunction f(a: A): A { return a; }\n",
            ),
            (
                "php",
                "<?php\nclass A { public $b; function f($a) { return $a; } }\nfunction g($a) {}\n",
                "<?php\nclass A { public ?int $b; function f(int $a): ?int { return $a; } }\nfunction g(A|int $a): void {}\n",
            ),
            (
                "elixir",
                "defmodule A do\n  def f(a), do: a\nend\n",
                "defmodule A do\n  @type t :: integer\n  @spec f(t) :: t\n  def f(a), do: a\nend\n",
            ),
        ] {
            check(language, Without::Types, one, other, true);
            check(language, Without::Documentation, one, other, false);
        }
        check("python", Without::Types, "def f(a):\n    g()\n", "def f(b: int):\n    g()\n", false);
    }
}
