//! Retrievers of other projects, according to their sources.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use understudy::workspace::tokens::vocabulary::Token;

use crate::ground::{Ground, idents};
use crate::random::Random;

/// As many complete pieces as fit, and the start of the next.
fn fill(pieces: impl IntoIterator<Item = String>, bytes: usize) -> String {
    let mut text = String::new();
    for piece in pieces {
        let left = bytes.saturating_sub(text.len() + 1);
        text.push_str(&piece[..piece.floor_char_boundary(left)]);
        text.push('\n');
        if piece.len() >= left {
            break;
        }
    }
    text
}

/// The nearest files by folder.
fn near<'a>(ground: &'a Ground, own: &Path, count: usize) -> Vec<(&'a PathBuf, &'a String)> {
    let shared =
        |path: &Path| path.components().zip(own.components()).take_while(|it| it.0 == it.1).count();
    let mut files: Vec<_> = ground.files.iter().collect();
    files.sort_by(|a, b| shared(b.0).cmp(&shared(a.0)).then(a.0.cmp(b.0)));
    files.truncate(count);
    files
}

/// A ring of chunks of 32 lines, sampled at random around the user's recent places.
pub(crate) fn ring(
    ground: &Ground,
    own: &Path,
    before: &str,
    random: &mut Random,
    bytes: usize,
) -> String {
    let files = near(ground, own, 5);
    let chunk = |_| {
        let text = match random.below(3) {
            0 => before,
            _ => files.get(random.below(files.len())).map_or(before, |it| it.1.as_str()),
        };
        let lines: Vec<&str> = text.lines().collect();
        let start = random.below(lines.len().saturating_sub(32));
        lines[start..lines.len().min(start + 32)].join("\n")
    };
    fill((0..16).map(chunk).collect::<Vec<_>>(), bytes)
}

/// The best window of 60 lines in each of 20 files, by shared names.
pub(crate) fn jaccard(ground: &Ground, own: &Path, prefix: &str, bytes: usize) -> String {
    let last: Vec<&str> = prefix.lines().rev().take(60).collect();
    let wanted: HashSet<&str> = last.iter().flat_map(|it| idents(it)).collect();
    let mut best: Vec<(f64, String)> = Vec::new();
    for (_, text) in near(ground, own, 20) {
        let lines: Vec<&str> = text.lines().collect();
        let names: Vec<Vec<&str>> = lines.iter().map(|it| idents(it).collect()).collect();
        let mut top = (0.0, 0);
        for start in (0..lines.len()).step_by(4) {
            let window: HashSet<&str> =
                names[start..lines.len().min(start + 60)].iter().flatten().copied().collect();
            let shared = window.iter().filter(|it| wanted.contains(**it)).count();
            let score = shared as f64 / (window.len() + wanted.len() - shared).max(1) as f64;
            if score > top.0 {
                top = (score, start);
            }
        }
        if top.0 > 0.0 {
            best.push((top.0, lines[top.1..lines.len().min(top.1 + 60)].join("\n")));
        }
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    fill(best.into_iter().take(4).map(|it| it.1), bytes)
}

/// Query lines of a place: eight lines below, then the last line before it.
fn query<'a>((prefix, suffix): (&'a str, &'a str)) -> Vec<&'a str> {
    let mut lines: Vec<&str> = prefix.lines().rev().take(25).collect();
    lines.reverse();
    suffix.lines().take(8).chain(lines).collect()
}

/// Chunks alone.
pub(crate) fn bm25(ground: &Ground, own: &Path, around: (&str, &str), bytes: usize) -> String {
    let lines = query(around);
    let weight = |nth: usize| 0.3 + 0.7 * (nth + 1) as f32 / lines.len() as f32;
    let words =
        lines.iter().enumerate().flat_map(|(nth, it)| idents(it).map(move |it| (it, weight(nth))));
    let found = ground.chunks.search(words, Some(own), 40);
    fill(
        found
            .iter()
            .filter_map(|it| Some(ground.files.get(&*it.path)?.get(it.range.clone())?.to_owned())),
        bytes,
    )
}

/// The prototype: two fifths for definitions, one for continuations, the rest for chunks.
pub(crate) fn fused(ground: &Ground, own: &Path, around: (&str, &str), bytes: usize) -> String {
    let defined = fill(definitions(ground, own, around), bytes * 2 / 5);
    let continued = fill(continuations(ground, around.0), bytes / 5);
    let left = bytes.saturating_sub(defined.len() + continued.len());
    [defined, continued, bm25(ground, own, around, left)].concat()
}

/// Definitions found by their line form, by name.
pub(crate) type Patterns = HashMap<String, Vec<(PathBuf, String)>>;

const MODIFIERS: [&str; 13] = [
    "pub(crate) ",
    "pub(super) ",
    "pub ",
    "export ",
    "default ",
    "async ",
    "unsafe ",
    "abstract ",
    "declare ",
    "public ",
    "private ",
    "protected ",
    "static ",
];
/// Keywords of definitions, and whether the body is included.
const DEFINES: [(&str, bool); 14] = [
    ("fn ", false),
    ("def ", false),
    ("function ", false),
    ("struct ", true),
    ("enum ", true),
    ("trait ", true),
    ("class ", true),
    ("interface ", true),
    ("impl", true),
    ("type ", false),
    ("const ", false),
    ("static ", false),
    ("macro_rules! ", false),
    ("mod ", false),
];

/// Apparent definitions in these files.
pub(crate) fn patterns(files: &HashMap<PathBuf, String>) -> Patterns {
    let mut patterns = Patterns::new();
    let mut paths: Vec<_> = files.keys().collect();
    paths.sort();
    for path in paths {
        let lines: Vec<&str> = files[path].lines().collect();
        for nth in 0..lines.len() {
            if let Some((name, text)) = defined(&lines[nth..]) {
                patterns.entry(name).or_default().push((path.clone(), text));
            }
        }
    }
    patterns
}

/// The name defined by the first of these lines, and the excerpt.
fn defined(lines: &[&str]) -> Option<(String, String)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut line = lines[0].trim_start();
    while let Some(rest) = MODIFIERS.iter().find_map(|it| line.strip_prefix(it)) {
        line = rest;
    }
    let (rest, has_body) =
        DEFINES.iter().find_map(|(it, body)| Some((line.strip_prefix(it)?, *body)))?;
    let rest = match line.starts_with("impl") {
        true => rest.split_once(" for ").map_or(rest, |it| it.1),
        false => rest,
    };
    let name: String =
        rest.trim_start().chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
    if name.len() < 2 || line.starts_with("const ") && indent(lines[0]) > 4 {
        return None;
    }
    if !has_body {
        let more = lines.iter().take(4);
        let end = more.clone().position(|it| it.trim_end().ends_with(['{', ':', ';']));
        let text = more.take(end.map_or(4, |it| it + 1)).map(|it| it.trim_start());
        return Some((name, text.collect::<Vec<_>>().join("\n")));
    }
    let body = lines[1..].iter().filter(|it| !it.trim().is_empty());
    let body = body.take_while(|it| indent(it) > indent(lines[0]));
    let depth = body.clone().next().map_or(0, |it| indent(it));
    let says = |it: &&&str| {
        let it = it.trim_start();
        !["//", "#", "}", "\"\"\"", "*", "/*", "@"].iter().any(|no| it.starts_with(no))
    };
    let members = body.filter(|it| indent(it) == depth).filter(says).take(25);
    let text = members
        .fold(lines[0].trim_start().to_owned(), |text, it| text + "\n    " + it.trim_start());
    Some((name, text))
}

/// Definitions of names around a place and of imported names, best first.
fn definitions(ground: &Ground, own: &Path, around: (&str, &str)) -> Vec<String> {
    let near: HashSet<&PathBuf> = near(ground, own, 12).into_iter().map(|it| it.0).collect();
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    let mut add = |name: &str, worth: f64| {
        let all = ground.patterns.get(name).filter(|it| it.len() <= 12);
        let Some(all) = all.filter(|_| seen.insert(name.to_owned())) else { return };
        let mut all: Vec<_> = all.iter().map(|it| (!near.contains(&it.0), &it.1)).collect();
        let share = worth / (1.0 + all.len() as f64 * 0.3);
        all.sort_by_key(|it| it.0);
        for (nth, (is_far, text)) in all.into_iter().take(3).enumerate() {
            let nearer = if is_far { 1.0 } else { 1.3 };
            found.push((share / (1.0 + nth as f64) * nearer, text.clone()));
        }
    };
    for (nth, line) in query(around).iter().rev().enumerate() {
        idents(line).for_each(|it| add(it, 1.0 / (1.0 + nth as f64 / 8.0)));
    }
    let imports = ["use ", "import", "from ", "pub use", "} from"];
    for line in around.0.lines().take(60).map(str::trim_start) {
        if imports.iter().any(|it| line.starts_with(it)) || line.contains("require(") {
            idents(line).for_each(|it| add(it, 0.35));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|it| it.1).collect()
}

/// Eight lines after the longest matches of the end of a text.
fn continuations(ground: &Ground, prefix: &str) -> Vec<String> {
    let snapshot = ground.tokens.snapshot();
    let (base, mut context, mut ranges) = (snapshot.base(), Vec::new(), Vec::new());
    let last: Vec<&str> = prefix.lines().rev().take(25).collect();
    for line in last.into_iter().rev() {
        snapshot.vocabulary().line(line, &mut context);
    }
    base.ranges(&context[context.len().saturating_sub(24)..], &mut ranges);
    let (mut texts, mut seen) = (Vec::new(), HashSet::new());
    for range in ranges.into_iter().rev().take_while(|it| it.len() <= 4000) {
        let step = (range.len() / 24).max(1);
        let places: Vec<u32> = range.step_by(step).map(|it| base.place(it)).collect();
        for (place, file) in places.iter().zip(base.files_at(&places)) {
            let Some((path, start)) = file else { continue };
            let before =
                (start..*place).filter(|it| base.token(*it) == Some(Token::LINE_END)).count();
            let Some(text) = ground.files.get(path).filter(|_| seen.insert((start, before / 8)))
            else {
                continue;
            };
            // The index skips blank lines.
            let lines = text.split_inclusive('\n').filter(|it| !it.trim().is_empty());
            texts.push(lines.skip(before).take(8).collect());
            if texts.len() == 12 {
                return texts;
            }
        }
    }
    texts
}
