//! The scopes that enclose a position: blocks, functions, classes, modules.

use std::ops::Range;

use tree_sitter::Query;

use crate::syntax::language::LanguageIndentation;
use crate::syntax::tree::Tree;

/// An enclosing construct. Ranges are bytes of the tree's newest text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub range: Range<usize>,
    /// Its contents, with brackets if there are any.
    pub body: Option<Range<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScopeKind {
    /// A branch, a loop, a `match` and the like.
    Block,
    /// A construct with members: a class, struct, enum, trait, impl.
    Class,
    /// A construct with parameters and statements: a function, method, closure.
    Function,
    Module,
}

impl ScopeKind {
    fn of(capture: &str) -> Option<Self> {
        Some(match capture.strip_prefix("scope.")? {
            "block" => Self::Block,
            "class" => Self::Class,
            "function" => Self::Function,
            "module" => Self::Module,
            _ => return None,
        })
    }
}

/// The scopes around `offset`, innermost first.
pub(super) fn scopes(query: &Query, tree: &Tree, offset: usize) -> Vec<Scope> {
    let offset = offset.min(tree.rope().len_bytes());
    let mut scopes = match tree.language().indentation() {
        LanguageIndentation::Free => {
            let mut scopes = scopes_at(query, tree, offset);
            scopes.retain(|it| it.range.start < offset);
            scopes
        }
        LanguageIndentation::Significant => indented(query, tree, offset),
    };
    scopes.reverse();
    scopes
}

/// The scopes whose nodes contain the byte at `offset`, outermost first.
fn scopes_at(query: &Query, tree: &Tree, offset: usize) -> Vec<Scope> {
    let names = query.capture_names();
    let mut scopes: Vec<Scope> = Vec::new();
    tree.captures_at(query, offset, |_, captures| {
        let body = captures.iter().find(|it| names[it.index as usize] == "body");
        let body = body.map(|it| tree.range(it.node));
        for capture in captures {
            let Some(kind) = ScopeKind::of(names[capture.index as usize]) else { continue };
            let scope = Scope { kind, range: tree.range(capture.node), body: body.clone() };
            // If several patterns find the same node, the last one wins.
            scopes.retain(|it| it.range != scope.range);
            scopes.push(scope);
        }
    });
    scopes
}

/// The same as `scopes_at` for languages with significant indentation. There a node ends with its last word,
/// and the depth of the next line decides whether the block continues. On a blank line the column of the
/// cursor decides.
fn indented(query: &Query, tree: &Tree, offset: usize) -> Vec<Scope> {
    let rope = tree.rope();
    let mut before = rope.bytes_at(offset).reversed();
    let Some(blanks) = before.position(|it| !it.is_ascii_whitespace()) else { return Vec::new() };
    let anchor = offset - blanks - 1;
    let mut scopes = scopes_at(query, tree, anchor);
    let line = rope.line_to_byte(rope.byte_to_line(offset));
    if anchor < line {
        let depth = offset - line;
        scopes.retain(|it| offset < it.range.end || indent(tree, it.range.start) < depth);
    }
    scopes
}

/// Blanks at the start of the line of `offset`.
fn indent(tree: &Tree, offset: usize) -> usize {
    let rope = tree.rope();
    let line = rope.byte_slice(rope.line_to_byte(rope.byte_to_line(offset))..);
    line.bytes().take_while(|it| matches!(it, b' ' | b'\t')).count()
}

#[cfg(test)]
mod tests {
    use ropey::Rope;

    use crate::syntax::Syntax;
    use crate::syntax::language::Language;

    /// Checks the first line of each scope around `$0`, innermost first.
    #[track_caller]
    fn check(language: &str, text: &str, expected: &[&str]) {
        let (syntax, _) = Syntax::new(None);
        let language = Language::named(language).expect("a language of the table");
        let cursor = text.find("$0").expect("a cursor");
        let text = text.replace("$0", "");
        let tree = syntax.parse(language, &Rope::from_str(&text)).expect("a grammar");
        let scopes = syntax.scopes(&tree, cursor);
        let heads: Vec<_> = scopes.iter().map(|it| text[it.range.clone()].lines().next()).collect();
        let heads: Vec<_> = heads.into_iter().map(Option::unwrap_or_default).collect();
        assert_eq!(heads, expected, "{text}\n{tree:?}");
    }

    #[test]
    fn scopes_are_listed_innermost_first() {
        let text = "impl A {\n  fn f() {\n    if x {\n      $0\n    }\n  }\n}\n";
        check("rust", text, &["if x {", "fn f() {", "impl A {"]);
    }

    #[test]
    fn a_head_is_inside_its_scope_and_the_text_around_the_scope_is_not() {
        check("rust", "fn f($0x: A) -> B { }", &["fn f(x: A) -> B { }"]);
        check("rust", "fn f() { }$0", &[]);
        check("rust", "$0fn f() { }", &[]);
        check("rust", "$0", &[]);
    }

    #[test]
    fn the_column_determines_the_scope_of_a_blank_line() {
        let text = "class A:\n    def f(self):\n        if x:\n            y()\n";
        let all = ["if x:", "def f(self):", "class A:"];
        check("python", &format!("{text}            $0"), &all);
        check("python", &format!("{text}        $0"), &all[1..]);
        check("python", &format!("{text}    $0\n"), &all[2..]);
        check("python", &format!("{text}$0"), &[]);
        check("python", &format!("{text}\n\n        $0\nz = 1\n"), &all[1..]);
        check("python", &format!("{text}\n    $0\n    def g(self):\n        pass\n"), &all[2..]);
    }

    #[test]
    fn the_column_determines_the_scope_of_a_blank_line_in_data() {
        let text = "jobs:\n  test:\n    steps:\n      - run: make\n";
        let all = ["- run: make", "steps:", "test:", "jobs:"];
        check("yaml", &format!("{text}        $0"), &all);
        check("yaml", &format!("{text}      $0"), &all[1..]);
        check("yaml", &format!("{text}    $0"), &all[2..]);
        check("yaml", &format!("{text}$0"), &[]);
    }

    #[test]
    fn an_end_keyword_closes_its_scope() {
        let text = "class A\n  def f\n    if x\n      y\n      $0\n    end\n  end\nend\n";
        check("ruby", text, &["if x", "def f", "class A"]);
        let text = "function f()\n  if x then\n    $0\n  end\nend\n";
        check("lua", text, &["if x then", "function f()"]);
        check("bash", "f() {\n  if x; then\n    $0\n    y\n  fi\n}\n", &["if x; then", "f() {"]);
    }

    #[test]
    fn a_line_being_typed_is_part_of_its_block() {
        check("python", "def f():\n    x = 1\n    return x$0", &["def f():"]);
        check("python", "def f():\n    x = 1\n    return $0\n", &["def f():"]);
        check("python", "def f():\n    x = 1\ny = $0\n", &[]);
        check("python", "def f():\n    $0x = 1\n", &["def f():"]);
    }

    #[test]
    fn extremely_nested_code_has_its_inner_scopes() {
        let (open, close) = ("[".repeat(20_000), "]".repeat(20_000));
        let text = format!("{open}() => {{ $0 }}{close}");
        check("javascript", &text, &["() => {  }"]);
    }

    #[test]
    fn a_block_just_opened_is_a_scope() {
        check("python", "def f():\n    for x in y:\n        $0\n", &["for x in y:", "def f():"]);
        check("rust", "fn f() {\n    $0\n}\n", &["fn f() {"]);
    }
}
