//! Checks that a text introduces no syntax errors at its place.
//!
//! A truncated reply ends with a partial line, and small models produce invalid code. Lines are removed from
//! the end of such a text until it parses no worse than the hole; if its first line is invalid, nothing is
//! shown. Delimiters that a single line opens count as closed, since their end is not written yet.

use crate::reply::completion::fit;
use crate::reply::completion::fit::{CursorLine, Fit};
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::syntax::region::Region;
use crate::syntax::tree::Tree;
use crate::text::Document;

/// Line ends that continue in the next line.
const OPENING: [char; 13] = ['{', '(', '[', ',', ':', '|', '&', '+', '-', '=', '>', '?', '\\'];
/// Texts that fit most holes: nothing, a word, a statement.
const FILLERS: [&str; 3] = ["", "x", "x;"];
/// An item is parsed alone if it is at least this many times smaller than its document.
const SMALL: usize = 4;
/// Documents above this size, in bytes, are not parsed from scratch.
const LARGE: usize = 200_000;

/// The document around a hole.
#[derive(Clone)]
pub struct SyntaxCheck {
    pub document: Document,
    pub language: Option<Language>,
    /// Of the hole, in bytes.
    pub offset: usize,
    /// Of the document's text, or of an earlier version of it.
    pub tree: Option<Tree>,
    pub line: CursorLine,
}

impl SyntaxCheck {
    /// The longest start of a text with the fewest errors, and no more than the hole has. All of the text
    /// where it cannot be checked.
    pub fn sound(&self, syntax: &Syntax, fit: Fit) -> Option<Fit> {
        self.item(syntax).as_ref().unwrap_or(self).judged(syntax, fit)
    }

    /// The definition or statement around the hole, if it parses alone as in its document. Parsing it is
    /// cheaper in a large document.
    fn item(&self, syntax: &Syntax) -> Option<Self> {
        let rope = &self.document.rope;
        let tree = self.tree.as_ref().filter(|it| it.rope().is_instance(rope))?;
        let inside = [self.offset, self.offset.saturating_sub(1)];
        let (kind, place) = inside.into_iter().find_map(|it| tree.item(it))?;
        let start = rope.line_to_byte(rope.byte_to_line(place.start));
        let last = rope.byte_to_line(place.end.max(self.offset));
        let end = rope.try_line_to_byte(last + 1).unwrap_or(rope.len_bytes());
        if (end - start) * SMALL > rope.len_bytes() {
            return None;
        }
        let text = rope.byte_slice(start..end).to_string();
        let document = Document::new(&text, 0, &self.document.language);
        let tree = syntax.parse(tree.language(), &document.rope)?;
        let alone = (kind, place.start - start..place.end - start);
        let offset = self.offset - start;
        (tree.item(place.start - start) == Some(alone)).then(|| Self {
            document,
            language: self.language,
            offset,
            tree: Some(tree),
            line: self.line.clone(),
        })
    }

    fn judged(&self, syntax: &Syntax, fit: Fit) -> Option<Fit> {
        let Some(tree) = self.tree(syntax, &fit.text, fit.covers) else { return Some(fit) };
        // A comment is always valid.
        if tree.errors() == 0 || self.is_comment(syntax, &tree, &fit.text) {
            return Some(fit);
        }
        let hole = self.errors_around(syntax);
        // A document with errors can gain one more until more of it is written.
        let (mut best, mut least) = (None, hole + 1 + usize::from(hole > 0));
        let (mut rest, mut whole) = (Some(fit), Some(tree.errors()));
        while let Some(fit) = rest.take_if(|_| least > 0) {
            let known = whole.take();
            let mut count = known.unwrap_or_else(|| self.errors(syntax, &fit.text, fit.covers));
            for ended in self.ended(&fit.text) {
                if count <= hole {
                    break;
                }
                count = count.min(self.errors(syntax, &ended, fit.covers));
            }
            rest = self.without_last_line(&fit);
            if count < least {
                (best, least) = (Some(fit), count);
            }
        }
        best
    }

    /// Number of syntax errors with the best filler in the hole.
    fn errors_around(&self, syntax: &Syntax) -> usize {
        let mut least = usize::MAX;
        for filler in FILLERS {
            least = least.min(self.errors(syntax, filler, 0));
            if least == 0 {
                break;
            }
        }
        least
    }

    /// Number of syntax errors with `text` in the hole, replacing `covers` bytes after it.
    fn errors(&self, syntax: &Syntax, text: &str, covers: usize) -> usize {
        self.tree(syntax, text, covers).map_or(0, |it| it.errors())
    }

    fn tree(&self, syntax: &Syntax, text: &str, covers: usize) -> Option<Tree> {
        let mut document = self.document.clone();
        let edit = document.replace(self.offset..self.offset + covers, text);
        let tree = self.tree.as_ref().filter(|it| it.rope().is_instance(&self.document.rope));
        match tree {
            Some(tree) => syntax.reparsed(tree, &[edit], &document.rope),
            None if document.rope.len_bytes() > LARGE => None,
            None => syntax.parse(self.language?, &document.rope),
        }
    }

    fn without_last_line(&self, fit: &Fit) -> Option<Fit> {
        let (head, last) = fit.text.trim_end().rsplit_once('\n')?;
        // The text after the hole would follow a truncated line.
        let is_closed = last.chars().all(|it| it.is_whitespace() || ")]};,".contains(it));
        if fit.covers == 0 && !self.line.is_end() && !is_closed {
            return None;
        }
        fit::fit(head.trim_end(), &self.line)
    }

    /// Likely continuations of a text: its line closed, its statement ended.
    fn ended(&self, text: &str) -> Vec<String> {
        let text = text.trim_end();
        let opens = !text.contains('\n') && text.ends_with(OPENING);
        if !opens {
            return vec![format!("{text};")];
        }
        let is_python = self.language.is_some_and(|it| it.name() == "python");
        let block = if is_python && text.ends_with(':') { " pass" } else { "" };
        let closed = [block, " x"].map(|it| format!("{text}{it}{}", fit::closers(text)));
        closed.iter().flat_map(|it| [it.clone(), format!("{it};")]).collect()
    }

    /// Whether a line is a comment; `tree` contains the text.
    fn is_comment(&self, syntax: &Syntax, tree: &Tree, line: &str) -> bool {
        let end = self.offset + line.trim_end().len();
        let start = self.offset + line.len() - line.trim_start().len();
        let is_comment = |it| syntax.region(tree, it) == Region::Comment;
        !line.trim().contains('\n') && is_comment(start + 1) && is_comment(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of `text` that is shown at the `$` of a document, both for the document alone and, with a
    /// tree, as a small part of a large document.
    fn shown(language: &str, document: &str, text: &str) -> Option<String> {
        let syntax = Syntax::new(None).0;
        let (before, after) = document.split_once('$').unwrap();
        let line = CursorLine::new(before, after, language, None);
        let fit = fit::fit(text, &line).unwrap();
        let others = match language {
            "rust" => "fn other() {\n    g();\n}\n\n",
            "python" => "def other():\n    g()\n\n\n",
            _ => "Other.\n\n",
        };
        let [alone, among] = ["", &others.repeat(50)].map(|others| {
            let document = Document::new(&format!("{others}{before}{after}"), 0, language);
            let language = Language::detect(language, None, "");
            let tree = language.and_then(|it| syntax.parse(it, &document.rope));
            let tree = tree.filter(|_| !others.is_empty());
            let offset = others.len() + before.len();
            let ground = SyntaxCheck { document, language, offset, tree, line: line.clone() };
            ground.sound(&syntax, fit.clone()).map(|it| it.text)
        });
        assert_eq!(alone, among, "{document:?} {text:?}");
        alone
    }

    #[track_caller]
    fn check(language: &str, document: &str, text: &str, expected: Option<&str>) {
        assert_eq!(shown(language, document, text).as_deref(), expected, "{document:?} {text:?}");
    }

    #[test]
    fn valid_text_is_shown_unchanged() {
        check("rust", "fn f() {\n    let a = $\n}\n", "g(1);", Some("g(1);"));
        check("python", "def f(a):\n    return $\n", "a + 1", Some("a + 1"));
        check("markdown", "It $\n", "is ) not (", Some("is ) not ("));
        check("rust", "fn f() {\n    let a = $\n}\n", "// one", Some("// one"));
    }

    #[test]
    fn an_opened_delimiter_may_be_closed_later() {
        check("rust", "fn f() {\n    $\n}\n", "if a {", Some("if a {"));
        check("rust", "fn f() {\n    let a = $\n}\n", "g(", Some("g("));
        check("rust", "fn f() {\n    let a = $\n}\n", "g()", Some("g()"));
        check("rust", "fn f() {\n    let a = $\n}\n", "b +", Some("b +"));
        check("python", "def f(a):\n    $\n\nx = 1\n", "if a:", Some("if a:"));
    }

    #[test]
    fn a_partial_line_is_removed_and_the_lines_before_it_are_shown() {
        let text = "let a = 1;\n    let b = a +;";
        check("rust", "fn f() {\n    $\n}\n", text, Some("let a = 1;"));
        check("python", "$\nx = 1\n", "from a.b.", None);
        check("rust", "fn f() {\n    $\n}\n", "};\n}", None);
        check("rust", "fn f() {\n    let a = $\n}\n", "}}}", None);
    }

    #[test]
    fn a_document_with_errors_may_gain_one_more() {
        let document = "fn g() {\n    let = 1;\n}\n\nfn f() {\n    $\n}\n";
        check("rust", document, "let b = a;", Some("let b = a;"));
        check("rust", document, "let = ; let = ; let = ; let = ;", None);
    }

    #[test]
    fn a_line_that_is_repeated_below_is_removed() {
        let document = "x = f(\n    a=[b, g($)\n)\n";
        check("python", document, "c)]\n)", Some("c)]"));
    }
}
