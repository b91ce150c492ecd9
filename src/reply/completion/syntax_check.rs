//! Whether a text reads, in its place, no worse than the place does without it.
//!
//! A model that was cut off leaves a line half said, and a small one says what no language knows. Such a
//! text loses a line after the other, and is not shown if its first is already so. What a single line
//! opens counts as closed: its end is yet to be written.

use crate::reply::completion::fit;
use crate::reply::completion::fit::{CursorLine, Fit};
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::syntax::region::Region;
use crate::syntax::tree::Tree;
use crate::text::Document;

/// What a line ends with that goes on in the next.
const OPENING: [char; 13] = ['{', '(', '[', ',', ':', '|', '&', '+', '-', '=', '>', '?', '\\'];
/// What fits most holes: nothing, a word, a statement.
const FILLERS: [&str; 3] = ["", "x", "x;"];
/// So many times smaller than its document it is worth being read alone.
const SMALL: usize = 4;
/// Bytes above which a text is not parsed from its start.
const LARGE: usize = 200_000;

/// The document around a hole.
#[derive(Clone)]
pub struct SyntaxCheck {
    pub document: Document,
    pub language: Option<Language>,
    /// Of the hole, in bytes.
    pub offset: usize,
    /// Of the document's text, or of what it was some edits before.
    pub tree: Option<Tree>,
    /// The hole's line.
    pub line: CursorLine,
}

impl SyntaxCheck {
    /// As much of a text as reads best, and no worse than the hole. All of it where nobody can tell.
    pub fn sound(&self, syntax: &Syntax, fit: Fit) -> Option<Fit> {
        self.item(syntax).as_ref().unwrap_or(self).judged(syntax, fit)
    }

    /// The definition or statement around the hole, where it reads alone as it does in its document: of a
    /// large one that is little.
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
        // No language is worse for a comment.
        if tree.errors() == 0 || self.is_comment(syntax, &tree, &fit.text) {
            return Some(fit);
        }
        let hole = self.errors_around(syntax);
        // In a document that reads badly already, one more may be missing once more of it is there.
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

    /// How many places the language cannot read whatever fills the hole.
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

    /// How many places the language cannot read with a text in the hole, over so many bytes behind it.
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
        // What stands behind the hole would follow a text cut off.
        let is_closed = last.chars().all(|it| it.is_whitespace() || ")]};,".contains(it));
        if fit.covers == 0 && !self.line.is_end() && !is_closed {
            return None;
        }
        fit::fit(head.trim_end(), &self.line)
    }

    /// A text as its user may go on with it: what a line opens closed, a statement ended.
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

    /// Whether a line says nothing but words, `tree` being the text with it.
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

    /// What is shown of `text` at the `$` of a document, whether that is all there is of it or, as a tree says,
    /// a little of a large one.
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
    fn what_reads_well_is_shown_as_it_is() {
        check("rust", "fn f() {\n    let a = $\n}\n", "g(1);", Some("g(1);"));
        check("python", "def f(a):\n    return $\n", "a + 1", Some("a + 1"));
        check("markdown", "It $\n", "is ) not (", Some("is ) not ("));
        check("rust", "fn f() {\n    let a = $\n}\n", "// one", Some("// one"));
    }

    #[test]
    fn what_a_text_opens_is_yet_to_be_closed() {
        check("rust", "fn f() {\n    $\n}\n", "if a {", Some("if a {"));
        check("rust", "fn f() {\n    let a = $\n}\n", "g(", Some("g("));
        check("rust", "fn f() {\n    let a = $\n}\n", "g()", Some("g()"));
        check("rust", "fn f() {\n    let a = $\n}\n", "b +", Some("b +"));
        check("python", "def f(a):\n    $\n\nx = 1\n", "if a:", Some("if a:"));
    }

    #[test]
    fn a_line_half_said_is_not_shown_but_those_before_it_are() {
        let text = "let a = 1;\n    let b = a +;";
        check("rust", "fn f() {\n    $\n}\n", text, Some("let a = 1;"));
        check("python", "$\nx = 1\n", "from a.b.", None);
        check("rust", "fn f() {\n    $\n}\n", "};\n}", None);
        check("rust", "fn f() {\n    let a = $\n}\n", "}}}", None);
    }

    #[test]
    fn where_the_document_reads_badly_already_one_more_may_be_missing() {
        let document = "fn g() {\n    let = 1;\n}\n\nfn f() {\n    $\n}\n";
        check("rust", document, "let b = a;", Some("let b = a;"));
        check("rust", document, "let = ; let = ; let = ; let = ;", None);
    }

    #[test]
    fn a_line_that_follows_anyhow_is_not_said_again() {
        let document = "x = f(\n    a=[b, g($)\n)\n";
        check("python", document, "c)]\n)", Some("c)]"));
    }
}
