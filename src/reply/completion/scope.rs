//! Ends a reply with the block around the cursor, or with the statement that it starts.

use crate::prompt::extent::opens;
use crate::prompt::{CompletionScope, extent};
use crate::reply::completion::brackets::ReplyBrackets;
use crate::reply::completion::hole::{Hole, ReplyDraft, width};

/// Words that close a block, and words that continue after one.
pub(super) const CLOSERS: &[&str] = &["end", "fi", "done", "esac"];
const GOES_ON: &[&str] =
    &["else", "elif", "elsif", "elseif", "except", "finally", "catch", "rescue", "ensure", "while"];

/// The relation of a line to its block.
enum Step {
    Within,
    /// The block ended before this line.
    Before,
    /// The line closes the block.
    With,
}

/// Cuts the text at the end of its block. The closing line is included if no line below closes the block.
pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    if hole.extent == CompletionScope::Line {
        return;
    }
    let mut block = Block::new(draft, hole);
    let end = draft.lines().find_map(|(start, line)| match block.step(line) {
        Step::Within => None,
        Step::Before => Some(start),
        Step::With => Some(start + line.len()),
    });
    if let Some(end) = end {
        draft.cut(end);
    }
}

/// The block of a text, as far as it was read.
struct Block<'a> {
    hole: &'a Hole,
    brackets: ReplyBrackets,
    /// Indentation in columns of the lines of the block, or of the line that opened it.
    base: usize,
    /// The line before the cursor opens the block: its lines are deeper than `base`.
    is_opened: bool,
    /// Deeper lines than `base` occurred.
    was_deeper: bool,
    is_first: bool,
}

impl<'a> Block<'a> {
    fn new(draft: &ReplyDraft, hole: &'a Hole) -> Self {
        let brackets = hole.opened.clone();
        let head = hole.head();
        let first = draft.text.lines().find(|it| !it.trim().is_empty()).unwrap_or_default();
        let is_opened = !head.trim().is_empty() && opens(head);
        let base = if head.is_empty() { width(first) } else { width(head) };
        Self { hole, brackets, base, is_opened, was_deeper: false, is_first: true }
    }

    fn step(&mut self, line: &str) -> Step {
        let was_inside = self.brackets.is_inside();
        let is_first = std::mem::take(&mut self.is_first);
        self.brackets.read(line);
        self.brackets.read("\n");
        if is_first || was_inside || line.trim().is_empty() || is_directive(line) {
            return Step::Within;
        }
        let width = width(line);
        if width > self.base {
            self.was_deeper = true;
            return Step::Within;
        }
        let word =
            line.trim_start().split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
        let is_angle = line.trim_start().starts_with('>') && !line.trim_start().starts_with("> ");
        let closes = extent::closes(line) || is_angle || CLOSERS.contains(&word);
        let goes_on = GOES_ON.contains(&word) || closes && opens(line);
        if width < self.base {
            return if closes && !self.closes_below(width) { Step::With } else { Step::Before };
        }
        match (closes, goes_on) {
            (_, true) if self.was_deeper || self.is_opened => Step::Within,
            (true, _) if self.is_opened && self.closes_below(width) => Step::Before,
            (true, _) if self.is_opened || self.was_deeper => Step::With,
            (_, false) if self.is_opened || self.was_deeper => Step::Before,
            _ => Step::Within,
        }
    }

    /// Whether the text below the cursor closes a block at this indentation, or continues it.
    fn closes_below(&self, columns: usize) -> bool {
        if !self.hole.right().trim().is_empty() {
            return false;
        }
        let (above, below) = (&self.hole.opened, &self.hole.closed);
        let is_balanced = below.unmatched() as isize >= above.depth() && above.depth() > 0;
        let next = self.hole.below().next();
        let closes = |it: &str| {
            let word = it.trim_start().split(|it: char| !it.is_alphanumeric()).next();
            extent::closes(it)
                || word.is_some_and(|it| CLOSERS.contains(&it) || GOES_ON.contains(&it))
        };
        let goes_on = next.is_some_and(|it| width(it) > columns);
        goes_on || is_balanced || next.is_some_and(|it| width(it) == columns && closes(it))
    }
}

/// Lines at the left margin whatever block they are in.
fn is_directive(line: &str) -> bool {
    let is_label =
        line.ends_with(':') && !line.starts_with([' ', '\t']) && !line.contains([' ', '(']);
    line.starts_with('#') && !line.starts_with("# ") || is_label && line != "else:"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: &str, document: &str, reply: &str, expected: &str) {
        let (before, after) = document.split_once('|').expect("a cursor");
        let mut draft = ReplyDraft::new(reply, false);
        filter(&mut draft, &Hole::new(before, after, language, CompletionScope::Lines(99), &[]));
        assert_eq!(draft.text, expected, "{document:?} {reply:?}");
        assert_eq!(draft.ended, reply != expected, "{reply:?}");
    }

    #[test]
    fn a_text_ends_with_the_block_it_is_in() {
        let closed = "fn f() {\n    |\n}\n";
        check("rust", closed, "a();\n    b();\n}\n\nfn g() {\n", "a();\n    b();\n");
        check("rust", "fn f() {\n    |\n", "a();\n    b();\n}\n\nfn g() {\n", "a();\n    b();\n}");
        check("python", "def f():\n    |\n", "a()\n    b()\nc()\n", "a()\n    b()\n");
    }

    #[test]
    fn a_text_ends_with_the_block_it_opens() {
        check(
            "rust",
            "fn f() {\n    |\n}\n",
            "if a {\n        b();\n    }\n    c();\n",
            "if a {\n        b();\n    }",
        );
        check(
            "python",
            "def f():\n    |\n",
            "if a:\n        b()\n    else:\n        c()\n    d()\n",
            "if a:\n        b()\n    else:\n        c()\n",
        );
        check("rust", "|\n", "fn f() {\n    a();\n}\n\nfn g() {\n", "fn f() {\n    a();\n}");
    }

    #[test]
    fn a_block_just_opened_is_closed_once() {
        check("rust", "fn f() {|\n", "\n    a();\n}\n\nfn g() {\n", "\n    a();\n}");
        check("rust", "fn f() {|\n}\n", "\n    a();\n}\n\nfn g() {\n", "\n    a();\n");
        check("rust", "fn f() {|}\n", "\n    a();\n}\n\nfn g() {\n", "\n    a();\n}");
        check("python", "def f():|\n", "\n    a()\n\nb()\n", "\n    a()\n\n");
        check("ruby", "def f|\n", "\n  a\nend\n\ndef g\n", "\n  a\nend");
    }

    #[test]
    fn a_statement_after_another_goes_on() {
        check("rust", "fn f() {\n    |\n}\n", "a();\n    b();\n", "a();\n    b();\n");
        check("rust", "fn f() {\n    |\n}\n", "} else {\n", "} else {\n");
    }
}
