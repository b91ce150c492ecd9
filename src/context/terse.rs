//! Shortens code: removes secrets, or also comments, blank lines and common indentation.

use std::ops::Range;
use std::path::Path;

use memchr::memmem;

use crate::context::mask;
use crate::syntax::language::Language;

/// The delimiter of a multi-line comment in Python.
const QUOTES: &str = "\"\"\"";
/// A text with a multi-line secret contains this.
const KEY: &str = "PRIVATE KEY";
/// Bytes before and after a piece that are searched for a secret or comment that extends into it; the largest
/// keys fit.
pub(super) const NEAR: usize = 16 << 10;

/// The lines of a piece of a file's text without comments, blank lines and secrets. The surrounding text is
/// searched too: a piece may contain the middle of a secret, which is not recognisable alone.
pub(super) fn lines<'a>(path: &Path, text: &'a str, piece: Range<usize>) -> Option<Vec<&'a str>> {
    let start = piece.start;
    let all = marked(text, piece)?;
    let mut comments = Comments::new(path, &text[..start]);
    let shown = all.filter(|(line, is_secret)| {
        let is_comment = comments.holds(line);
        !is_comment && !is_secret && !line.trim().is_empty()
    });
    Some(shown.map(|it| it.0.trim_end()).collect())
}

/// A piece of a file's text without the lines that contain secrets.
pub(super) fn whole(text: &str, piece: Range<usize>) -> Option<String> {
    Some(marked(text, piece)?.filter(|it| !it.1).map(|it| it.0).collect())
}

/// The lines of a piece, and whether each contains a part of a secret. `None` if an earlier text had the piece.
fn marked(text: &str, piece: Range<usize>) -> Option<impl Iterator<Item = (&str, bool)>> {
    let code = text.get(piece.clone())?;
    let secrets = secrets(text, &piece);
    let mut at = piece.start;
    Some(code.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (line, secrets.iter().any(|it| it.start < at && start < it.end))
    }))
}

/// The secrets in a piece of a text, including those that begin before it or end after it.
fn secrets(text: &str, piece: &Range<usize>) -> Vec<Range<usize>> {
    let start = text.floor_char_boundary(piece.start.saturating_sub(NEAR));
    let near = start..text.ceil_char_boundary(piece.end.saturating_add(NEAR).min(text.len()));
    let looked_at = if text[near.clone()].contains(KEY) { near } else { piece.clone() };
    let found = mask::secrets(&text[looked_at.clone()]).into_iter();
    found.map(|it| looked_at.start + it.start..looked_at.start + it.end).collect()
}

/// Detects comment lines, one line after the other. A comment after code on its line does not count.
struct Comments {
    line: Option<&'static str>,
    block: Option<(&'static str, &'static str)>,
    is_open: bool,
}

impl Comments {
    /// For the lines after `before`.
    fn new(path: &Path, before: &str) -> Self {
        let language = Language::detect("", Some(path), "");
        let is_python = language.is_some_and(|it| it.name() == "python");
        let block = language.and_then(Language::block_comment);
        let block = if is_python { Some((QUOTES, QUOTES)) } else { block };
        let is_open = match block {
            Some((open, close)) if open == close => is_odd(before, open),
            Some((open, close)) => {
                let near = before.floor_char_boundary(before.len().saturating_sub(NEAR));
                before[near..].rfind(open).is_some_and(|at| {
                    let line = before[..near + at].rfind('\n').map_or(0, |it| it + 1);
                    let begins = before[line..near + at].trim().is_empty();
                    begins && !before[near + at..].contains(close)
                })
            }
            None => false,
        };
        Self { line: language.and_then(Language::line_comment), block, is_open }
    }

    fn holds(&mut self, line: &str) -> bool {
        let line = line.trim_start();
        let was_open = self.is_open;
        let begins = self.block.is_some_and(|it| line.starts_with(it.0));
        self.is_open = match self.block {
            Some((open, close)) if open == close => was_open ^ is_odd(line, open),
            Some((_, close)) => (was_open || begins) && !line.contains(close),
            None => false,
        };
        was_open || begins || self.line.is_some_and(|it| line.starts_with(it))
    }
}

fn is_odd(text: &str, mark: &str) -> bool {
    memmem::find_iter(text.as_bytes(), mark).count() % 2 == 1
}

/// The lines without their common indentation, each with a line end.
pub(super) fn dedented(lines: &[&str]) -> String {
    let indent = |it: &&str| it.len() - it.trim_start().len();
    let margin = lines.iter().map(indent).min().unwrap_or(0);
    lines.iter().flat_map(|it| [it.get(margin..).unwrap_or(it), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, from: usize, expected: &str) {
        let lines = lines(Path::new(path), text, from..text.len());
        assert_eq!(dedented(&lines.unwrap()), expected);
    }

    #[test]
    fn comments_and_blank_lines_are_left_out() {
        let text =
            "    // a\n    /* b\n     * c\n     */\n    d(); // e\n\n      f(\"/*\");\n    g();\n";
        check("a.rs", text, 0, "d(); // e\n  f(\"/*\");\ng();\n");
        check("a.rs", text, text.find("     * c").unwrap(), "d(); // e\n  f(\"/*\");\ng();\n");
        check("a.c", "#include <a>\n// b\n", 0, "#include <a>\n");
        check("a.rb", "# a\nb = c\n", 0, "b = c\n");
        check("a.md", "# a\n\n* b\n", 0, "# a\n* b\n");
    }

    #[test]
    fn a_piece_of_an_earlier_text_is_no_piece_of_this_one() {
        let text = "let a = \"\u{e9}\";\n";
        assert_eq!(lines(Path::new("a.rs"), text, 0..text.len() + 1), None);
        assert_eq!(lines(Path::new("a.rs"), text, 0..10), None);
        assert_eq!(lines(Path::new("a.rs"), text, 10..text.len()), None);
        assert_eq!(lines(Path::new("a.rs"), "", 3..9), None);
    }

    #[test]
    fn docstrings_are_left_out_wherever_the_piece_begins() {
        let text = "def f():\n    \"\"\"Does.\n\n    More.\n    \"\"\"\n    return 1\n";
        check("a.py", text, 0, "def f():\n    return 1\n");
        check("a.py", text, text.find("    More").unwrap(), "return 1\n");
        check(
            "a.py",
            "def f():\n    \"\"\"Does.\"\"\"\n    return 1\n",
            0,
            "def f():\n    return 1\n",
        );
    }

    #[test]
    fn every_line_of_a_secret_is_removed_wherever_the_piece_begins() {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n".repeat(20);
        let text =
            format!("a();\n-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\nb();\n");
        check("a.rs", &text, 0, "a();\nb();\n");
        check("a.rs", &text, text.find("MIIE").unwrap() + 10, "b();\n");
        let line = "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYz9LKEY1234\n";
        check("a.sh", &format!("a\n{line}b\n"), 0, "a\nb\n");
    }
}
