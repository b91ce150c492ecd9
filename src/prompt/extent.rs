//! Decides the scope of a completion: the rest of the line, or several lines.

use crate::prompt::CompletionScope;
use crate::syntax::region::Region;

/// Maximum for a completion of several lines.
const LINES: u32 = 10;
/// HTML elements without content.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Keywords that start or continue a block of a template.
const BLOCKS: [&str; 13] = [
    "if", "elif", "elsif", "else", "unless", "for", "while", "block", "macro", "call", "filter",
    "with", "case",
];

impl CompletionScope {
    /// The scope for a cursor with `head` before it and `right` after it on its line: several lines on an
    /// empty line or after an opener, one line in comments and strings and before code.
    pub fn automatic(head: &str, right: &str, region: Region) -> Self {
        let at_end = right.trim().is_empty();
        let closes = closes(right)
            && (right.chars().all(|it| it.is_whitespace() || ")]};,".contains(it))
                || right.trim().find('>') == Some(right.trim().len() - 1));
        let open = match region {
            Region::Comment | Region::String => false,
            Region::Code => head.trim().is_empty() && at_end || opens(head) && (at_end || closes),
        };
        if open { Self::Lines(LINES) } else { Self::Line }
    }

    /// Maximum number of lines.
    pub fn lines(self) -> usize {
        match self {
            Self::Line => 1,
            Self::Lines(count) => count.max(1) as usize,
        }
    }
}

/// Whether the text before the cursor opens a block or a list.
pub(crate) fn opens(head: &str) -> bool {
    let head = head.trim_end();
    let word = head.rsplit(|it: char| !it.is_alphanumeric() && it != '_').next();
    let words = ["do", "then", "else", "begin", "repeat", "of", "where", "try"];
    head.ends_with(['{', '(', '[', ':', '|']) && !head.ends_with("::") && !head.ends_with("||")
        || head.ends_with("=>")
        || head.ends_with("->")
        || word.is_some_and(|it| words.contains(&it))
        || opens_tag(head.trim_start())
        || template(head.trim_start()).is_some_and(|it| BLOCKS.contains(&it))
}

/// Whether a line starts with a closer of a block or a list.
pub(crate) fn closes(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(['}', ')', ']'])
        || line.starts_with("</")
        || template(line).is_some_and(|it| it.starts_with("end"))
}

/// Whether a line of markup ends with the opening tag of a multi-line element.
fn opens_tag(line: &str) -> bool {
    let is_tag =
        |it: &str| it.starts_with('<') && it[1..].starts_with(|it: char| it.is_alphabetic());
    let Some(tag) = line.rfind('<').map(|it| &line[it..]) else { return false };
    let is_open = tag.ends_with('>') && !["/>", "->", "=>"].iter().any(|it| tag.ends_with(it));
    let name = tag[1..].split(|it: char| !it.is_alphanumeric() && it != '-').next();
    is_tag(line) && is_tag(tag) && is_open && name.is_none_or(|it| !VOID.contains(&it))
}

/// The first word of a template tag on a line of its own: `{% for it in all %}`.
fn template(line: &str) -> Option<&str> {
    let tag = line.trim_end().strip_prefix("{%")?.strip_suffix("%}")?;
    let words = tag.trim_start_matches('-').trim();
    if tag.contains("%}") { None } else { words.split_whitespace().next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_are_requested_on_an_empty_line_and_after_an_opener() {
        let check = |head, right, region, lines| {
            let extent = CompletionScope::automatic(head, right, region);
            assert_eq!(extent.lines(), lines, "{head:?} before {right:?}");
        };
        check("", "", Region::Code, 10);
        check("    ", "", Region::Code, 10);
        check("fn f() {", "", Region::Code, 10);
        check("fn f() {", "}", Region::Code, 10);
        check("def f():", "", Region::Code, 10);
        check("if x then", "", Region::Code, 10);
        check("let a = ", "", Region::Code, 1);
        check("f(", "a, b)", Region::Code, 1);
        check("use a::", "", Region::Code, 1);
        check("    // ", "", Region::Comment, 1);
        check("", "foo();", Region::Code, 1);
        check("f(function() {", "} );", Region::Code, 10);
        check("<div>", "</div>", Region::Code, 10);
        check("<div>", "</div><p>", Region::Code, 1);
        check("<br>", "", Region::Code, 1);
        check("{% if a %}", "", Region::Code, 10);
        check("{% include a %}", "", Region::Code, 1);
        check("<div>", "a</div>", Region::Code, 1);
    }
}
