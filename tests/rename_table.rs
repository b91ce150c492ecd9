//! Renames of every definition in one realistic file per language (`fixtures/renames`): each use is offered, and
//! nothing else.
//!
//! `name‹1!›` is a definition, `name‹1›` its use, `name‹1:›` one that becomes `name: new`, and `name‹1;›` one that
//! becomes `new: name`. Other places with the name are traps. Where the new name does not resemble the old one and
//! nothing is offered, the first use is renamed by hand.

use std::path::Path;

use crate::references::Project;

/// A name with a mark, in bytes of the text without marks.
struct Mark {
    start: usize,
    name: String,
    id: usize,
    /// What stands behind the number.
    kind: String,
}

impl Mark {
    /// The text after the rename.
    fn text(&self, new: &str) -> String {
        match &*self.kind {
            ":" => format!("{}: {new}", self.name),
            ";" => format!("{new}: {}", self.name),
            _ => new.to_owned(),
        }
    }
}

/// Lines that got another text than expected, and lines that kept their old one.
#[derive(Default)]
struct Count {
    renames: usize,
    right: usize,
    /// Renames with a use that was renamed by hand.
    by_hand: usize,
    wrong: usize,
    missing: usize,
}

/// A text without its marks, and the marks.
fn marks(text: &str) -> (String, Vec<Mark>) {
    let (mut plain, mut found) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, (mark, behind))) =
        rest.split_once('‹').and_then(|(before, it)| Some((before, it.split_once('›')?)))
    {
        plain += before;
        let is_word = |it: char| it.is_alphanumeric() || it == '_';
        let start = plain.trim_end_matches(is_word).len();
        found.push(Mark {
            start,
            name: plain[start..].to_owned(),
            id: mark.trim_end_matches(['!', ':', ';']).parse().unwrap(),
            kind: mark.trim_matches(char::is_numeric).to_owned(),
        });
        rest = behind;
    }
    (plain + rest, found)
}

/// A name in the style of another: with a word of it, or without.
fn renamed(old: &str, id: usize) -> String {
    let first = old.chars().next().unwrap();
    let is_upper = old.chars().all(|it| !it.is_lowercase());
    match (is_upper && old.len() > 1, first.is_uppercase(), id % 2) {
        (true, _, 0) => format!("{old}_ZEBRA"),
        (true, _, _) => "ZEBRA".to_owned(),
        (_, true, 0) => format!("{old}Zebra"),
        (_, true, _) => "Zebra".to_owned(),
        (_, _, 0) if old.contains('_') => format!("{old}zebra_"),
        (_, _, 0) if old.len() > 2 => format!("{old}Zebra"),
        _ => "zebra".to_owned(),
    }
}

/// The faults of the renames of a fixture, a line each.
fn faults(path: &Path, count: &mut Count) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let (file, text) = text.strip_prefix("=== ").unwrap().split_once('\n').unwrap();
    let (plain, marks) = marks(text);
    let mut faults = Vec::new();
    for definition in marks.iter().filter(|it| it.kind == "!") {
        let new = renamed(&definition.name, definition.id);
        let mut expected = plain.clone();
        for it in marks.iter().rev().filter(|it| it.id == definition.id) {
            expected.replace_range(it.start..it.start + it.name.len(), &it.text(&new));
        }
        let mut project = Project::new(&[(file, &plain)]);
        let length = definition.name.len();
        project.rewrite(definition.start..definition.start + length, &new);
        let is_use = |it: &&Mark| it.id == definition.id && it.kind != "!";
        let mut uses = marks.iter().filter(is_use);
        let first = uses.clone().find(|it| it.kind.is_empty()).or_else(|| uses.next());
        if let Some(first) = first.filter(|_| project.accepted().is_empty()) {
            let is_behind = definition.start < first.start;
            let start = if is_behind { first.start + new.len() - length } else { first.start };
            project.rewrite(start..start + length, &first.text(&new));
            project.accepted();
            count.by_hand += 1;
        }
        let found = &project.files[0].text;
        let lines = plain.lines().zip(expected.lines()).zip(found.lines());
        let different = lines.filter(|((_, expected), found)| expected != found);
        let (missing, wrong): (Vec<_>, Vec<_>) =
            different.partition(|((old, _), found)| old == found);
        count.renames += 1;
        count.right += usize::from(missing.is_empty() && wrong.is_empty());
        count.wrong += wrong.len();
        count.missing += missing.len();
        let fault = |kind: &str, line: &str| {
            let Mark { id, name, .. } = definition;
            format!("{file} {id} {name} -> {new} {kind}: {}", line.trim())
        };
        faults.extend(missing.iter().map(|((_, expected), _)| fault("missing", expected)));
        faults.extend(wrong.iter().map(|(_, found)| fault("wrong", found)));
    }
    faults
}

#[test]
fn each_use_of_a_renamed_definition_is_offered_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/renames");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    let mut count = Count::default();
    let faults: Vec<String> = paths.iter().flat_map(|it| faults(it, &mut count)).collect();
    let Count { renames, right, by_hand, wrong, missing } = count;
    println!("{}", faults.join("\n"));
    println!(
        "{renames} renames in {} languages: {right} right, {by_hand} of them after one by hand; \
         {wrong} wrong and {missing} missing lines",
        paths.len()
    );
    assert_eq!(faults, [""; 0]);
}
