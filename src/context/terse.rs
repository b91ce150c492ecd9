//! Code in fewer words: without its comments and blank lines, from its margin on.

use std::ops::Range;
use std::path::Path;

/// What a line of a comment begins with, in one language or another.
const COMMENTS: [&str; 6] = ["//", "/*", "* ", "*/", "# ", "#:"];
/// What stands around a comment of several lines in Python.
const QUOTES: &str = "\"\"\"";

/// The lines of a piece of a file's text that say something to a machine.
pub(super) fn lines<'a>(path: &Path, text: &'a str, piece: Range<usize>) -> Option<Vec<&'a str>> {
    let is_python = path.extension().is_some_and(|it| it == "py" || it == "pyi");
    let is_odd = |text: &str| is_python && text.matches(QUOTES).count() % 2 == 1;
    let mut is_quoted = is_odd(text.get(..piece.start)?);
    let mut lines = Vec::new();
    for line in text.get(piece)?.lines() {
        let said = line.trim_start();
        let is_comment = is_quoted
            || is_python && said.starts_with(QUOTES)
            || COMMENTS.iter().any(|it| said.starts_with(it));
        is_quoted ^= is_odd(line);
        if !is_comment && !said.is_empty() {
            lines.push(line.trim_end());
        }
    }
    Some(lines)
}

/// Lines without the white space that all of them begin with, each with its end.
pub(super) fn dedented(lines: &[&str]) -> String {
    let indent = |it: &&str| it.len() - it.trim_start().len();
    let margin = lines.iter().map(indent).min().unwrap_or(0);
    lines.iter().flat_map(|it| [it.get(margin..).unwrap_or(it), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, from: usize, expected: &str) {
        let lines = lines(Path::new("a.py"), text, from..text.len());
        assert_eq!(dedented(&lines.unwrap()), expected);
    }

    #[test]
    fn comments_and_blank_lines_are_left_out() {
        check(
            "    // a\n    /* b\n     * c\n     */\n    d(); // e\n\n      f();\n",
            0,
            "d(); // e\n  f();\n",
        );
        check("#include <a>\n#[test]\n# a comment\nb = c\n", 0, "#include <a>\n#[test]\nb = c\n");
    }

    #[test]
    fn what_stands_between_quotes_is_none_wherever_the_piece_begins() {
        let text = "def f():\n    \"\"\"Does.\n\n    More.\n    \"\"\"\n    return 1\n";
        check(text, 0, "def f():\n    return 1\n");
        check(text, text.find("    More").unwrap(), "return 1\n");
        check("def f():\n    \"\"\"Does.\"\"\"\n    return 1\n", 0, "def f():\n    return 1\n");
    }
}
