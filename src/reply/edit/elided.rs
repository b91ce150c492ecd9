//! Placeholders for old code that a model omits, such as `// ... rest unchanged`.
//!
//! Applied as text, a placeholder deletes code. It is replaced by the old lines if the lines around it
//! identify them; otherwise the answer is rejected.

use crate::reply::edit::unusable::Unusable;

/// Comment markers before and after a placeholder.
const FRONT: [&str; 14] =
    ["<!--", "{/*", "/**", "/*", "///", "//", "--", "(*", "{-", "#", ";", "%", "' ", "*"];
const BACK: [&str; 6] = ["-->", "*/}", "*/", "*)", "-}", "*"];
const ELLIPSES: [&str; 2] = ["...", "…"];
/// Maximum number of words; longer comments have other content.
const WORDS: usize = 14;
/// Words for what remains and for the code that does.
const STAYS: [&str; 22] = [
    "rest",
    "existing",
    "unchanged",
    "remaining",
    "remain",
    "remains",
    "same",
    "previous",
    "omitted",
    "original",
    "other",
    "others",
    "keep",
    "here",
    "before",
    "above",
    "continues",
    "truncated",
    "snip",
    "elided",
    "current",
    "untouched",
];
const CODE: [&str; 34] = [
    "code",
    "function",
    "functions",
    "method",
    "methods",
    "class",
    "classes",
    "file",
    "implementation",
    "logic",
    "body",
    "lines",
    "line",
    "imports",
    "content",
    "contents",
    "module",
    "block",
    "fields",
    "properties",
    "tests",
    "statements",
    "definition",
    "definitions",
    "component",
    "script",
    "section",
    "sections",
    "unchanged",
    "same",
    "before",
    "brevity",
    "rest",
    "remaining",
];
/// Phrases for omitted code without an ellipsis.
const PHRASES: [&str; 17] = [
    "rest of the",
    "rest of code",
    "rest of your",
    "rest of function",
    "rest of method",
    "rest of file",
    "remaining code",
    "existing code",
    "code remains unchanged",
    "code remains the same",
    "remains unchanged",
    "remain unchanged",
    "same as before",
    "same as above",
    "omitted for brevity",
    "unchanged code",
    "keep existing",
];

/// The kind of a placeholder line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Words that announce omitted code.
    Said,
    /// An ellipsis alone, which is code in some languages.
    Dots,
}

/// `new` with each placeholder replaced by its lines of `old`.
///
/// # Errors
/// Returns an error if the lines cannot be identified.
pub(super) fn filled(new: &str, old: &str, language: &str) -> Result<String, Unusable> {
    let there: Vec<&str> = old.lines().collect();
    let lines: Vec<&str> = new.split_inclusive('\n').collect();
    let stood = |line: &str| there.iter().any(|it| it.trim() == line.trim());
    if let Some(line) = lines.iter().find(|it| !stood(it) && is_inline(it)) {
        return Err(elided(line));
    }
    let kinds: Vec<Option<Kind>> = lines.iter().map(|it| kind(it).filter(|_| !stood(it))).collect();
    if kinds.iter().all(Option::is_none) || is_stub(&lines, &kinds, &there, language) {
        return Ok(new.to_owned());
    }
    let mut text = String::new();
    // Old lines before this index are used.
    let mut from = 0;
    for (at, line) in lines.iter().enumerate() {
        if kinds[at].is_none() {
            text.push_str(line);
            continue;
        }
        let (start, end) = gap(&lines, &kinds, at, &there, from).ok_or_else(|| elided(line))?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        there[start..end].iter().for_each(|it| text.extend([it, "\n"]));
        from = end;
    }
    Ok(text)
}

fn elided(line: &str) -> Unusable {
    Unusable::Elided(line.trim().chars().take(60).collect())
}

/// Whether dots alone are the intended code: a Python stub in place of one line.
fn is_stub(lines: &[&str], kinds: &[Option<Kind>], there: &[&str], language: &str) -> bool {
    let new: Vec<&str> = lines.iter().map(|it| it.trim()).collect();
    let lost = there.iter().filter(|it| !it.trim().is_empty() && !new.contains(&it.trim())).count();
    let dots = kinds.iter().flatten().count();
    let is_bare = |at: usize| matches!(lines[at].trim(), "...");
    let bare = (0..lines.len()).filter(|it| kinds[*it].is_some()).all(is_bare);
    language == "python" && bare && lost <= dots
}

/// The old lines for a placeholder: those between the line before it and the line after it. Both must match
/// unused old lines.
fn gap(
    lines: &[&str],
    kinds: &[Option<Kind>],
    at: usize,
    there: &[&str],
    from: usize,
) -> Option<(usize, usize)> {
    let is_said = |it: &usize| !lines[*it].trim().is_empty();
    let before = (0..at).rev().find(is_said);
    let behind = (at + 1..lines.len()).find(is_said);
    if before.into_iter().chain(behind).any(|it| kinds[it].is_some()) {
        return None;
    }
    let start = match before {
        Some(before) => found(lines[..=before].iter().rev(), there, from, Side::Before)? + 1,
        None => from,
    };
    let end = match behind {
        Some(behind) => found(lines[behind..].iter(), there, start, Side::Behind)?,
        None => there.len(),
    };
    (start <= end).then_some((start, end))
}

/// The side of the placeholder on which lines are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
}

/// The old line, from `from` on, that equals the nearest of `lines`. Among several, the one with the most
/// equal lines beyond it.
fn found<'a>(
    lines: impl Iterator<Item = &'a &'a str>,
    there: &[&str],
    from: usize,
    side: Side,
) -> Option<usize> {
    let lines: Vec<&str> = lines.map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    let run = |at: usize| {
        let beyond: Vec<&str> = match side {
            Side::Before => there[..=at].iter().rev().map(|it| it.trim()).collect(),
            Side::Behind => there[at..].iter().map(|it| it.trim()).collect(),
        };
        let beyond = beyond.into_iter().filter(|it| !it.is_empty());
        beyond.zip(&lines).take_while(|(old, new)| old == *new).count()
    };
    let nearest = lines.first()?;
    let alike = (from..there.len()).filter(|it| there[*it].trim() == *nearest);
    let mut alike: Vec<(usize, usize)> = alike.map(|it| (run(it), it)).collect();
    alike.sort_unstable();
    match alike.as_slice() {
        [.., (second, _), (first, _)] if second == first => None,
        [.., (_, at)] => Some(*at),
        [] => None,
    }
}

/// The kind of placeholder on a complete line, if any.
fn kind(line: &str) -> Option<Kind> {
    let line = line.trim();
    if ELLIPSES.contains(&line) {
        return Some(Kind::Dots);
    }
    let (text, is_comment) = comment(line);
    let bracketed = text.starts_with(['(', '[', '<']) && text.ends_with([')', ']', '>']);
    let dots = ELLIPSES.iter().any(|it| text.starts_with(it) || text.ends_with(it));
    let inner = bracketed && ELLIPSES.iter().any(|it| text.contains(it));
    // Code can start with dots: `...props` is not a sentence.
    let says = is_comment || bracketed || dots && text.contains(' ');
    (says && is_left_out(text, dots || inner)).then_some(Kind::Said)
}

/// Whether the text of a comment announces omitted code.
fn is_left_out(text: &str, has_dots: bool) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let has = |of: &[&str]| words.iter().any(|it| of.contains(it));
    let both = ELLIPSES.iter().any(|it| lower.starts_with(it))
        && ELLIPSES.iter().any(|it| lower.trim_end_matches([')', ']']).ends_with(it));
    match (has_dots, words.len()) {
        (_, count) if count > WORDS => false,
        (true, 0) => true,
        (true, _) => both || has(&STAYS) && has(&CODE),
        (false, _) => PHRASES.iter().any(|it| lower.contains(it)) && words.len() <= WORDS / 2 + 1,
    }
}

/// The text of a comment line, or else the line.
fn comment(line: &str) -> (&str, bool) {
    let Some(front) = FRONT.iter().find(|it| line.starts_with(**it)) else { return (line, false) };
    let mut text = line[front.len()..].trim_start_matches(['/', '#', '-', ';', '*', '!']).trim();
    for back in BACK {
        text = text.strip_suffix(back).unwrap_or(text).trim();
    }
    (text, true)
}

/// Whether a line of code omits code between its brackets or in a trailing comment.
fn is_inline(line: &str) -> bool {
    if kind(line).is_some() {
        return false;
    }
    let dense: String = line.split_whitespace().collect();
    let hollow = ["{...}", "{…}", "{/*...*/}", "{/*…*/}"];
    if hollow.iter().any(|it| dense.contains(it)) {
        return true;
    }
    let marks = ["//", "/*", "# ", "-- "];
    let behind =
        marks.iter().filter_map(|it| line.find(it)).filter(|it| !line[..*it].trim().is_empty());
    behind.min().is_some_and(|at| kind(&line[at..]) == Some(Kind::Said))
}
