//! Banned phrases: messages and pages are written in plain technical English.

use super::{check, read, sources};

/// In lower case. Matched as whole words in any case.
const PHRASES: [&str; 17] = [
    "nobody",
    "somebody",
    "everybody",
    "anybody",
    "whoever",
    "of late",
    "goes along",
    "go along",
    "goes on with",
    "stands by",
    "stood by",
    "stood in",
    "is reckoned",
    "and so reckoned",
    "dearer",
    "dearest",
    "its user",
];

/// Pages without banned phrases.
const PAGES: [&str; 4] =
    ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "editors/CONFIGURATION.md"];

#[test]
fn messages_and_pages_contain_no_banned_phrase() {
    // Prompts are tested with the model itself.
    let is_prompt = |path: &str| path.starts_with("src/prompt/");
    let sources = sources();
    let messages = sources.iter().filter(|it| !it.is_test() && !is_prompt(&it.path));
    let messages = messages.flat_map(|source| {
        let end = source.text.find("#[cfg(test)]\nmod tests {").unwrap_or(source.text.len());
        let literals = literals(&source.text[..end]).into_iter();
        literals.flat_map(|(line, it)| odd(&source.path, line, &it)).collect::<Vec<_>>()
    });
    let pages = PAGES.iter().flat_map(|page| {
        let text = read(page);
        let lines = text.lines().enumerate();
        lines.flat_map(|(at, it)| odd(page, at + 1, it)).collect::<Vec<_>>()
    });
    check(messages.chain(pages).collect::<Vec<_>>());
}

#[test]
fn banned_phrases_are_found_only_in_literals() {
    let text = "// nobody\nlet nobody = ('\"', b\"Nobody was\");\nlet it = r#\"a \"whoever\"\"#;\n\
        say(\"\\\"one\\\" \\\n    dearer\"); // dearer\nfn it<'a>(_: &'a str) { \"its users\" }";
    let found = literals(text).into_iter().flat_map(|(line, it)| odd("it", line, &it));
    let found: Vec<String> = found.map(|it| it.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(found, ["it:2", "it:3", "it:4"]);
}

fn odd(path: &str, line: usize, text: &str) -> Vec<String> {
    let words: Vec<String> = text
        .to_lowercase()
        .split(|it: char| !it.is_alphanumeric() && it != '_')
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect();
    let text = format!(" {} ", words.join(" "));
    let found = PHRASES.iter().filter(|it| text.contains(&format!(" {it} ")));
    found.map(|it| format!("{path}:{line}: \"{it}\" is not plain English")).collect()
}

/// The string literals of a Rust file with their first lines. Comments are skipped.
fn literals(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        let line = text[..text.len() - from.len()].matches('\n').count() + 1;
        let hashes = before.len() - before.trim_end_matches('#').len();
        let is_raw = before.trim_end_matches('#').ends_with('r');
        rest = if from.starts_with("//") {
            from.split_once('\n').map_or("", |it| it.1)
        } else if from.starts_with("'\"'") || from.starts_with("'\\") {
            &from["'x'".len()..]
        } else if let (Some(literal), true) = (from.strip_prefix('"'), is_raw) {
            let end = format!("\"{}", "#".repeat(hashes));
            let (inside, behind) = literal.split_once(&end).expect("a raw string ends");
            found.push((line, inside.to_owned()));
            behind
        } else if let Some(literal) = from.strip_prefix('"') {
            let end = end_of(literal);
            found.push((line, literal[..end].replace("\\\"", " ").replace("\\n", " ")));
            &literal[end + 1..]
        } else {
            &from[1..]
        };
    }
    found
}

/// The position of a literal's closing quote.
fn end_of(literal: &str) -> usize {
    let mut is_escaped = false;
    let end = literal.bytes().position(|it| {
        let ends = it == b'"' && !is_escaped;
        is_escaped = it == b'\\' && !is_escaped;
        ends
    });
    end.expect("a string ends")
}
