//! Inserts new tests into an existing test module of the file, as in Rust.

use std::ops::Range;

use crate::prompt::indentation;
use crate::reply::imported;

/// The offset and the text to insert new tests at the end of the module at `module`, which ends with its
/// closing bracket. The answer can wrap the tests in a module of its own.
pub fn place(text: &str, module: &Range<usize>, answer: &str) -> Option<(usize, String)> {
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

    let new = unwrapped(answer);
    let is_there = |line: &str| {
        line.trim_start().starts_with("use ") && inner.lines().any(|it| it.trim() == line.trim())
    };
    let names: Vec<_> = inner.lines().flat_map(|it| imported::names(it, "rust")).collect();
    let lacking = |line: &str| match imported::lacking(line.trim_end(), "rust", &names) {
        it if it.iter().any(|it| it == line.trim_end()) => line.to_owned(),
        it => it.iter().map(|it| format!("{}{it}\n", indentation::blanks(line))).collect(),
    };
    let new: String = new.split_inclusive('\n').filter(|it| !is_there(it)).map(lacking).collect();
    if new.trim().is_empty() {
        return None;
    }
    let gap = if inner.trim().is_empty() { "" } else { "\n" };
    Some((at, format!("{gap}{}", indented(&new, &step))))
}

/// Whether a module contains tests, by its name.
pub(super) fn is_test_module(name: &str) -> bool {
    matches!(name, "tests" | "test")
}

/// Code with this indentation in place of its own, without blank lines at its ends.
pub(super) fn indented(code: &str, indent: &str) -> String {
    let said = || code.lines().filter(|it| !it.trim().is_empty());
    let common = said().map(|it| indentation::blanks(it).len()).min().unwrap_or_default();
    let lines = code.lines().map(|it| it.get(common..).unwrap_or_default().trim_end());
    let lines =
        lines.map(|it| if it.is_empty() { "\n".to_owned() } else { format!("{indent}{it}\n") });
    let text: String = lines.collect();
    format!("{}\n", text.trim_start_matches('\n').trim_end())
}

/// The content of the module if the answer is a single module, else the complete answer.
fn unwrapped(answer: &str) -> &str {
    let head = answer.lines().map(str::trim).find(|it| !it.is_empty() && !it.starts_with("#["));
    let is_module = head.is_some_and(|it| it.starts_with("mod ") && it.ends_with('{'));
    let inner = answer.find('{').zip(answer.rfind('}')).filter(|_| is_module);
    inner.and_then(|(open, close)| answer.get(open + 1..close)).unwrap_or(answer)
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
        let wrapped = "#[cfg(test)]\nmod tests {\n    use super::f;\n\n    #[test]\n    fn b() {\n        f();\n    }\n}\n";
        assert_eq!(placed(TEXT, wrapped).unwrap(), expected);
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
