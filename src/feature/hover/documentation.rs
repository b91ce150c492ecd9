//! The documentation of a definition in its source: the comment above it, or the docstring below its
//! signature.

use crate::syntax::language::Language;

/// Lines and bytes of documentation that a hover shows.
const LINES: usize = 12;
const BYTES: usize = 800;
/// Lines above a definition that are searched for its comment.
const ABOVE: usize = 60;

/// The documentation of a definition without comment markers; may be empty. `before` is the text that ends
/// where the definition starts, `body` the text after its signature.
pub(super) fn of(language: Language, before: &str, body: &str) -> String {
    let docstring = match language.name() {
        "python" => docstring(body),
        _ => None,
    };
    let lines = docstring.unwrap_or_else(|| above(language, before));
    shortened(&lines)
}

/// The lines of the string at the start of a Python body.
fn docstring(body: &str) -> Option<Vec<String>> {
    let body = body.trim_start_matches(|it: char| it == ':' || it.is_whitespace());
    let body = body.trim_start_matches(['r', 'R', 'u', 'U']);
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|it| body.starts_with(it))?;
    let text = &body[quote.len()..];
    let text = &text[..text.find(quote)?];
    Some(dedented(text))
}

/// Lines without the common indentation of all lines but the first.
fn dedented(text: &str) -> Vec<String> {
    let indent = |it: &str| it.len() - it.trim_start().len();
    let rest = text.lines().skip(1).filter(|it| !it.trim().is_empty());
    let margin = rest.map(indent).min().unwrap_or(0);
    let line = |(at, it): (usize, &str)| match at {
        0 => it.trim().to_owned(),
        _ => it.get(margin..).unwrap_or_default().trim_end().to_owned(),
    };
    text.lines().enumerate().map(line).collect()
}

/// The lines of the comment that ends directly above a definition or its attributes.
fn above(language: Language, before: &str) -> Vec<String> {
    // Text before the definition on the same line is not a comment.
    let before = before.rfind('\n').map_or("", |it| &before[..it]);
    let mut lines = before.split('\n').rev().take(ABOVE).map(str::trim).peekable();
    let comment = Comment { line: language.line_comment(), block: language.block_comment() };
    while lines.next_if(|it| is_attribute(it) && !comment.begins_with_mark(it)).is_some() {}
    let mut found = Vec::new();
    if let Some((open, close)) = comment.block
        && lines.peek().is_some_and(|it| it.ends_with(close))
    {
        for line in lines {
            let opens = line.starts_with(open);
            found.push(comment.inside(line));
            if opens {
                found.reverse();
                return found;
            }
        }
        return Vec::new();
    }
    while let Some(line) = lines.next().and_then(|it| comment.of_line(it)) {
        found.push(line);
    }
    found.reverse();
    found
}

/// Whether a line is an attribute, annotation or decorator of what follows.
fn is_attribute(line: &str) -> bool {
    ["#[", "@", "[["].iter().any(|it| line.starts_with(it))
        || line.starts_with('[') && line.ends_with(']')
}

struct Comment {
    line: Option<&'static str>,
    block: Option<(&'static str, &'static str)>,
}

impl Comment {
    fn begins_with_mark(&self, line: &str) -> bool {
        self.of_line(line).is_some()
    }

    /// The text of a line that is a comment as a whole.
    fn of_line(&self, line: &str) -> Option<String> {
        let mark = self.line?;
        let text = line.strip_prefix(mark)?;
        let last = mark.chars().next_back()?;
        let text = text.trim_start_matches(last);
        let text = text.strip_prefix('!').unwrap_or(text);
        let text = text.strip_prefix(' ').unwrap_or(text);
        // Haddock's markers: https://haskell-haddock.readthedocs.io/latest/markup.html
        let text = match mark {
            "--" => text.trim_start_matches(['|', '^']).trim_start(),
            _ => text,
        };
        Some(text.to_owned())
    }

    /// The text of a line of a block comment.
    fn inside(&self, line: &str) -> String {
        let Some((open, close)) = self.block else { return line.to_owned() };
        let line = line.strip_suffix(close).unwrap_or(line);
        let line = match line.strip_prefix(open) {
            Some(text) => text.trim_start_matches(['*', '!', '|']),
            None => line.strip_prefix('*').unwrap_or(line),
        };
        line.strip_prefix(' ').unwrap_or(line).trim_end_matches([' ', '*']).to_owned()
    }
}

/// The first lines of a text without blank lines at its ends. `…` marks a cut.
fn shortened(lines: &[String]) -> String {
    let is_blank = |it: &String| it.trim().is_empty();
    let start = lines.iter().position(|it| !is_blank(it)).unwrap_or(lines.len());
    let end = lines.iter().rposition(|it| !is_blank(it)).map_or(start, |it| it + 1);
    let lines = &lines[start..end];
    let text = lines[..lines.len().min(LINES)].join("\n");
    let cut = &text[..text.floor_char_boundary(BYTES)];
    match cut.len() < text.len() || lines.len() > LINES {
        true => format!("{} …", cut.trim_end()),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(language: &str, before: &str, body: &str, expected: &str) {
        let language = Language::named(language).unwrap();
        assert_eq!(of(language, before, body), expected, "{before:?} {body:?}");
    }

    #[test]
    fn a_comment_directly_above_is_the_documentation() {
        check("rust", "use a;\n\n/// Adds.\n///\n/// Twice.\npub ", "", "Adds.\n\nTwice.");
        check("go", "// Area is\n//  an area.\n", "", "Area is\n an area.");
        check("lua", "--- Adds.\n", "", "Adds.");
        check("haskell", "-- | Adds.\n", "", "Adds.");
    }

    #[test]
    fn a_comment_separated_by_a_blank_line_or_code_is_not_documentation() {
        check("rust", "// Licence.\n\n", "", "");
        check("rust", "// Of a.\nfn a() {}\n", "", "");
        check("rust", "let a = 1; // One.\n", "", "");
        check("rust", "/// On its own line: ", "", "");
        check("rust", "", "", "");
    }

    #[test]
    fn attributes_are_skipped() {
        check("rust", "/// Adds.\n#[inline]\n#[must_use]\n", "", "Adds.");
        check("java", "/** Adds. */\n@Override\n", "", "Adds.");
        check("c-sharp", "/// Adds.\n[Pure]\n", "", "Adds.");
        check("python", "# Adds.\n@cache\n", "    return 1", "Adds.");
    }

    #[test]
    fn block_comment_markers_are_removed() {
        check("c", "/*\n * Adds a\n *   and b.\n */\nstatic ", "", "Adds a\n  and b.");
        check("typescript", "/** Adds. */\nexport ", "", "Adds.");
        check("c", "a();\n */\n", "", "");
    }

    #[test]
    fn a_docstring_takes_precedence_over_a_comment() {
        let body = "\n    \"\"\"Adds.\n\n    Twice.\n      More.\n    \"\"\"\n    return 1\n";
        check("python", "# No.\n", body, "Adds.\n\nTwice.\n  More.");
        check("python", "", ":\n    r'''Adds.'''", "Adds.");
        check("python", "# Yes.\n", "\n    return 'a'\n", "Yes.");
        check("python", "", "\n    \"\"\"unclosed", "");
    }

    proptest! {
        #[test]
        fn documentation_has_a_limited_length(
            before in "([a\u{e9} \n]|//|/\\*|\\*/|#|--|\"\"\"|@|\\[){0,30}",
            body in "([a\u{e9} \n:r]|'|\"\"\"){0,20}",
        ) {
            for language in Language::all() {
                let text = of(language, &before, &body);
                prop_assert!(text.len() <= BYTES + 4 && text.lines().count() <= LINES);
            }
        }
    }

    #[test]
    fn long_documentation_is_cut() {
        let long = "/// word\n".repeat(LINES + 1);
        let shown = of(Language::named("rust").unwrap(), &long, "");
        assert_eq!(shown, ["word"; LINES].join("\n") + " …");
        let wide = format!("/// {}\n", "é".repeat(BYTES));
        let shown = of(Language::named("rust").unwrap(), &wide, "");
        assert!(shown.ends_with(" …") && shown.len() <= BYTES + 4, "{}", shown.len());
    }
}
