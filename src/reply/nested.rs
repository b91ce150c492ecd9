//! Inserts new tests into an existing test module of the file, as in Rust.

use std::ops::Range;

use crate::prompt::indentation;
use crate::reply::imported;

/// The offset and the text to insert new tests at the end of the module at `module`, which ends with its
/// closing bracket.
pub fn place(text: &str, module: &Range<usize>, new: &str) -> Option<(usize, String)> {
    let held = text.get(module.clone())?;
    let inner = held.get(held.find('{')? + 1..held.rfind('}')?)?;
    let close = module.end.checked_sub(1)?;
    let at = text[..close].rfind('\n').map_or(0, |it| it + 1).max(module.start);
    // A module on a single line has no line for the insertion.
    if at == module.start || !text[at..close].trim().is_empty() {
        return None;
    }
    let first = text[..module.start].rfind('\n').map_or(0, |it| it + 1);
    let outer = indentation::blanks(&text[first..]);
    let step = inner.lines().find(|it| !it.trim().is_empty()).map_or(outer, indentation::blanks);
    let step = if step.len() > outer.len() { step.to_owned() } else { format!("{outer}    ") };

    let known = uses(inner, &step).collect();
    let new = without_known_uses(new, known);
    if new.trim().is_empty() {
        return None;
    }
    let gap = if inner.trim().is_empty() { "" } else { "\n" };
    Some((at, format!("{gap}{}", indented(&new, &step))))
}

/// The `use` declarations of one line with this indentation: others are in functions.
fn uses<'a>(code: &'a str, indent: &str) -> impl Iterator<Item = &'a str> {
    let is_outer = move |it: &&str| indentation::blanks(it) == indent;
    code.lines().filter(is_outer).map(str::trim).filter(|it| it.starts_with("use "))
}

/// Code without its own `use` declarations of what is `known` or repeated.
fn without_known_uses<'a>(code: &'a str, mut known: Vec<&'a str>) -> String {
    let indent = common_indentation(code);
    let mut names: Vec<_> = known.iter().flat_map(|it| imported::names(it, "rust")).collect();
    let mut kept = String::new();
    for line in code.split_inclusive('\n') {
        let Some(declaration) = uses(line, indent).next() else {
            kept += line;
            continue;
        };
        if known.contains(&declaration) {
            continue;
        }
        for it in imported::lacking(declaration, "rust", &names) {
            kept += &format!("{indent}{it}\n");
        }
        names.extend(imported::names(declaration, "rust"));
        known.push(declaration);
    }
    kept
}

/// Whether a module contains tests, by its name.
pub(super) fn is_test_module(name: &str) -> bool {
    matches!(name, "tests" | "test")
}

/// Code with this indentation in place of its own, without blank lines at its ends.
pub(super) fn indented(code: &str, indent: &str) -> String {
    let common = common_indentation(code).len();
    let lines = code.lines().map(|it| it.get(common..).unwrap_or_default().trim_end());
    let lines =
        lines.map(|it| if it.is_empty() { "\n".to_owned() } else { format!("{indent}{it}\n") });
    let text: String = lines.collect();
    format!("{}\n", text.trim_start_matches('\n').trim_end())
}

/// The shortest indentation of a line that is not blank.
pub(super) fn common_indentation(code: &str) -> &str {
    let lines = code.lines().filter(|it| !it.trim().is_empty());
    lines.map(indentation::blanks).min_by_key(|it| it.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::reply::nested;

    const TEXT: &str = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use super::f;\n\n    #[test]\n    fn a() {}\n}\n";

    fn placed(text: &str, answer: &str) -> Option<String> {
        let start = text.find("mod tests").unwrap();
        let (at, new) = nested::place(text, &(start..text.trim_end().len()), answer)?;
        Some(format!("{}{new}{}", &text[..at], &text[at..]))
    }

    #[test]
    fn new_tests_follow_the_existing_tests() {
        let expected = TEXT.replace(
            "fn a() {}\n",
            "fn a() {}\n\n    #[test]\n    fn b() {\n        f();\n    }\n",
        );
        let bare = "#[test]\nfn b() {\n    f();\n}\n";
        assert_eq!(placed(TEXT, bare).unwrap(), expected);
        let nested = "mod b {\n    fn c() {}\n}\n\nmod d {}\n";
        let expected = TEXT.replace(
            "fn a() {}\n",
            "fn a() {}\n\n    mod b {\n        fn c() {}\n    }\n\n    mod d {}\n",
        );
        assert_eq!(placed(TEXT, nested).unwrap(), expected);
    }

    #[test]
    fn an_empty_module_is_filled_and_a_module_on_a_single_line_is_not() {
        let empty = "mod tests {\n}\n";
        assert_eq!(
            placed(empty, "#[test]\nfn b() {}").unwrap(),
            "mod tests {\n    #[test]\n    fn b() {}\n}\n"
        );
        assert_eq!(placed("mod tests {}\n", "fn b() {}"), None);
        assert_eq!(placed(TEXT, "use super::f;"), None);
    }
}
