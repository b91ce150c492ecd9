//! Whether a position is in code, in a comment or in a string.

use std::ops::Range;

use tree_sitter::{Node, Query};

use crate::syntax::tree::Tree;

/// The region that contains a cursor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Region {
    #[default]
    Code,
    /// Including documentation.
    Comment,
    /// Inside the quotes of a string or character, or in other text that is not code.
    String,
}

/// Bytes before the cursor that are searched for an unclosed string or comment.
const REACH: usize = 4096;

/// The region of the cursor between the bytes `offset - 1` and `offset`. The end of a line comment is still
/// inside it; the position after a closing delimiter is outside.
pub(super) fn region(query: &Query, tree: &Tree, offset: usize) -> Region {
    let offset = offset.min(tree.rope().len_bytes());
    match innermost(query, tree, offset) {
        Some(region) => region,
        None if tree.is_sound() => Region::Code,
        None => Unclosed { query, tree, offset }.region(),
    }
}

/// The region according to the tree. The smallest node wins, and for the same node the last pattern.
fn innermost(query: &Query, tree: &Tree, offset: usize) -> Option<Region> {
    let before = offset.checked_sub(1)?;
    let ends_line = matches!(tree.rope().byte(before), b'\n' | b'\r');
    let names = query.capture_names();
    let mut best = (usize::MAX, 0, None);
    tree.captures_at(query, before, |pattern, captures| {
        for capture in captures {
            let range = tree.range(capture.node);
            let within = range.start < offset && offset < range.end;
            let at_end = offset == range.end && !ends_line;
            let region = match names[capture.index as usize] {
                "code" if within => Region::Code,
                "comment" if within || at_end && is_cut(capture.node) => Region::Comment,
                "comment.line" if within || at_end => Region::Comment,
                "string" if within || at_end && is_cut(capture.node) => Region::String,
                _ => continue,
            };
            if range.len() < best.0 || range.len() == best.0 && pattern >= best.1 {
                best = (range.len(), pattern, Some(region));
            }
        }
    });
    best.2
}

/// Whether the parser inserted a missing end of the node.
fn is_cut(node: Node<'_>) -> bool {
    node.child_count()
        .checked_sub(1)
        .and_then(|it| node.child(it))
        .is_some_and(|it| it.is_missing())
}

/// A cursor that is in code according to the tree, where the tree has errors or is older than the text. The
/// cursor may be in a string or comment that was just opened: the parser recovers from those in arbitrary
/// ways.
struct Unclosed<'a> {
    query: &'a Query,
    tree: &'a Tree,
    offset: usize,
}

impl Unclosed<'_> {
    fn region(&self) -> Region {
        let language = self.tree.language();
        let above = self.bytes(self.offset.saturating_sub(REACH)..self.offset);
        let comment = language.block_comment();
        if comment.is_some_and(|(open, close)| self.opens(&above, open, close)) {
            return Region::Comment;
        }
        if language.long_quotes().iter().any(|it| self.opens(&above, it, it)) {
            return Region::String;
        }
        self.on_line()
    }

    /// Whether the last `open` before the cursor is neither closed nor part of a closed string or comment.
    fn opens(&self, above: &[u8], open: &str, close: &str) -> bool {
        let last = |it: &str| above.windows(it.len()).rposition(|piece| piece == it.as_bytes());
        let Some(opened) = last(open) else { return false };
        last(close).is_none_or(|closed| closed <= opened)
            && self.end_of_words(self.offset - above.len() + opened).is_none()
    }

    /// The region according to the quotes and the line comment on the cursor's line.
    fn on_line(&self) -> Region {
        let rope = self.tree.rope();
        let start = rope.line_to_byte(rope.byte_to_line(self.offset));
        let line = self.bytes(start.max(self.offset.saturating_sub(REACH))..self.offset);
        let start = self.offset - line.len();
        let comment = self.tree.language().line_comment();
        let quotes = self.tree.language().quotes().as_bytes();
        let mut at = 0;
        while at < line.len() {
            let opens_comment = comment.is_some_and(|it| line[at..].starts_with(it.as_bytes()));
            if !opens_comment && !quotes.contains(&line[at]) {
                at += 1;
            } else if let Some(end) = self.end_of_words(start + at) {
                at = end - start;
            } else if opens_comment {
                return Region::Comment;
            } else {
                match quoted(&line[at..]) {
                    Some(length) => at += length,
                    None => return Region::String,
                }
            }
        }
        Region::Code
    }

    /// The end of the string or comment at `offset` in the tree.
    fn end_of_words(&self, offset: usize) -> Option<usize> {
        let names = self.query.capture_names();
        let mut end = None;
        self.tree.captures_at(self.query, offset, |_, captures| {
            for capture in captures.iter().filter(|it| names[it.index as usize] != "code") {
                let range = self.tree.range(capture.node);
                end = end
                    .max((range.contains(&offset) && !is_cut(capture.node)).then_some(range.end));
            }
        });
        end
    }

    fn bytes(&self, range: Range<usize>) -> Vec<u8> {
        self.tree.bytes(range).flatten().copied().collect()
    }
}

/// The length of the string at the start of a line, if it is closed.
fn quoted(line: &[u8]) -> Option<usize> {
    let mut at = 1;
    while at < line.len() && line[at] != line[0] {
        at += if line[at] == b'\\' { 2 } else { 1 };
    }
    (at < line.len()).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use ropey::Rope;

    use super::*;
    use crate::syntax::Syntax;
    use crate::syntax::language::Language;

    /// Checks the region at each `$0` of a text.
    #[track_caller]
    fn check(languages: &[&str], text: &str, expected: &[Region]) {
        let (syntax, _) = Syntax::new(None);
        let cursors = text.match_indices("$0").enumerate().map(|(nth, (at, _))| at - 2 * nth);
        let rope = Rope::from_str(&text.replace("$0", ""));
        for name in languages {
            let language = Language::named(name).expect("a language of the table");
            let tree = syntax.parse(language, &rope).expect("a grammar");
            let regions: Vec<_> = cursors.clone().map(|it| syntax.region(&tree, it)).collect();
            assert_eq!(regions, expected, "{name}: {text}\n{tree:?}");
        }
    }

    const BRACES: &[&str] = &["c", "cpp", "go", "java", "javascript", "rust", "tsx", "typescript"];

    #[test]
    fn a_line_comment_includes_the_end_of_its_line() {
        use Region::*;
        check(&["c-sharp", "kotlin"], "$0/$0/ a$0\n$0", &[Code, Comment, Comment, Code]);
        check(&["bash", "ruby", "toml", "yaml"], "$0#$0 a$0\n$0", &[Code, Comment, Comment, Code]);
        check(&["lua"], "$0-$0- a$0\n$0", &[Code, Comment, Comment, Code]);
        check(&["php"], "<?php\n$0/$0/ a$0\n$0", &[Code, Comment, Comment, Code]);
        check(BRACES, "$0/$0/ a$0\n$0", &[Code, Comment, Comment, Code]);
        check(BRACES, "x // a$0", &[Comment]);
        check(&["rust"], "/// a$0\n$0fn f() {}", &[Comment, Code]);
        check(&["python"], "x = 1 # a$0\n$0", &[Comment, Code]);
    }

    #[test]
    fn a_closed_comment_ends_with_its_last_character() {
        use Region::*;
        check(BRACES, "/* a$0 *$0/$0", &[Comment, Comment, Code]);
        check(&["c-sharp", "css", "kotlin"], "/* a$0 *$0/$0", &[Comment, Comment, Code]);
        check(&["html"], "<!-- a$0 --$0>$0", &[Comment, Comment, Code]);
    }

    #[test]
    fn a_string_ends_with_its_quote() {
        use Region::*;
        check(&["rust"], "fn f() { g($0\"$0a$0\"$0); }", &[Code, String, String, Code]);
        check(&["python"], "f($0'$0a$0'$0)", &[Code, String, String, Code]);
        check(&["go"], "var x = $0`$0a$0`$0", &[Code, String, String, Code]);
        check(&["lua", "ruby", "toml"], "x = $0'$0a$0'$0", &[Code, String, String, Code]);
        check(&["bash"], "x=$0'$0a$0'$0", &[Code, String, String, Code]);
        check(&["c-sharp"], "var x = $0\"$0a$0\"$0;", &[Code, String, String, Code]);
        check(&["kotlin"], "val x = $0\"$0a$0\"$0", &[Code, String, String, Code]);
        check(&["php"], "<?php $x = $0'$0a$0'$0;", &[Code, String, String, Code]);
    }

    #[test]
    fn an_expression_inside_a_string_is_code() {
        use Region::*;
        check(&["python"], "x = f\"a$0{b$0}c$0\"", &[String, Code, String]);
        check(&["javascript", "tsx", "typescript"], "`a$0${b$0}c$0`", &[String, Code, String]);
        check(&["bash"], "x=\"a$0${b$0}c$0\"", &[String, Code, String]);
        check(&["c-sharp"], "var x = $\"a$0{b$0}c$0\";", &[String, Code, String]);
        check(&["kotlin"], "val x = \"a$0${b$0}c$0\"", &[String, Code, String]);
        check(&["php"], "<?php $x = \"a$0{$b$0b}c$0\";", &[String, Code, String]);
        check(&["ruby"], "x = \"a$0#{b$0}c$0\"", &[String, Code, String]);
    }

    #[test]
    fn a_key_is_code_and_its_value_is_not() {
        use Region::*;
        check(&["json"], "{\"a$0\": \"b$0\"}", &[Code, String]);
        check(&["yaml"], "\"a$0\": \"b$0\"\n", &[Code, String]);
    }

    #[test]
    fn prose_is_a_string_except_for_the_code_it_quotes() {
        use Region::*;
        let text = "# Ti$0tle\n\nSome $0words.\n$0\n```c\nint$0 a;\n```\nEnd$0\n";
        check(&["markdown"], text, &[String, String, String, Code, String]);
        check(&["html"], "<p>Some $0words</p>", &[String]);
    }

    #[test]
    fn a_string_statement_is_documentation() {
        use Region::*;
        check(&["python"], "def f():\n    \"\"\"A$0.\"\"\"$0\n", &[Comment, Code]);
    }

    #[test]
    fn a_string_being_typed_is_a_string_until_its_line_ends() {
        use Region::*;
        let expected = &[Code, String, Code];
        check(&["python"], "def f():\n    s = $0\"abc$0\n    g('x')$0\n", expected);
        check(&["python"], "s = f('a', $0'abc$0\ng('x')$0\n", expected);
        check(&["javascript", "typescript"], "const s = f($0'abc$0\ng(\"x\")$0;\n", expected);
        check(&["c", "cpp"], "void f() {\n  char *s = $0\"abc$0\n  g(1)$0;\n}\n", expected);
        check(&["go"], "package a\nfunc f() {\n s := $0\"abc$0\n g(1)$0\n}\n", expected);
        check(&["bash"], "f() {\n  x=$0\"abc$0\n}\n", &expected[..2]);
        check(&["c-sharp"], "class A { void F() {\n G($0\"abc$0\n G(1)$0;\n}}\n", expected);
        check(&["kotlin"], "fun f() {\n    g($0\"abc$0\n    g(1)$0\n}\n", expected);
        check(&["lua"], "local s = f($0'abc$0\ng(1)$0\n", expected);
        check(&["php"], "<?php\nfunction f() {\n  $s = $0'abc$0\n}\n", &expected[..2]);
        check(&["ruby"], "def f\n  s = $0'abc$0\nend\n", &expected[..2]);
        check(&["java"], "class A { void f() {\n g($0\"abc$0\n g(1)$0;\n}}\n", expected);
        check(&["rust"], "fn f() {\n    let s = $0\"abc$0\n    let y = 1$0;\n}\n", expected);
    }

    #[test]
    fn a_multi_line_string_or_comment_being_typed_continues_on_the_next_lines() {
        use Region::*;
        check(&["python"], "def f():\n    \"\"\"abc\n    it's$0\n    return 1\n", &[String]);
        check(&["javascript", "typescript"], "f(`abc\n  def$0\n  g(1);\n", &[String]);
        check(BRACES, "int a;\n/* abc\n   it's$0\nint b;\n", &[Comment]);
    }

    #[test]
    fn a_broken_line_keeps_its_closed_strings() {
        use Region::*;
        check(&["python"], "f(\"a\", 'b\"' $0\n", &[Code]);
        check(&["rust"], "fn f() { g(\"a\\\"b\", \"$0", &[String]);
        check(&["rust"], "fn f<'a>(x: &'a str) { g(\"a\", $0", &[Code]);
    }

    #[test]
    fn an_edit_affects_the_region_before_it_is_parsed() {
        let (syntax, _) = Syntax::new(None);
        let language = Language::named("rust").expect("a language of the table");
        for (typed, expected) in
            [("\"", Region::String), ("// it", Region::Comment), ("x", Region::Code)]
        {
            let mut document = crate::text::Document::new("fn f() { g() }\n", 1, "rust");
            let mut tree = syntax.parse(language, &document.rope).expect("a grammar");
            let place = crate::text::position::Position { line: 0, character: 11 };
            let change = crate::text::Change { range: Some(place..place), text: typed.to_owned() };
            let edit = document.apply(&change, crate::text::position::Encoding::Utf8);
            tree.edit(&[edit], &document.rope);
            assert_eq!(syntax.region(&tree, edit.new_end), expected, "{typed}");
        }
    }
}
