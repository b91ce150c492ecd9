//! Tests of Rust have a module of their own. If a document has none, an answer gets it, and its imports stand inside.

use std::ops::Range;

use crate::prompt::indentation;
use crate::reply::nested;
use crate::reply::suite::parsed::{Group, Suite, Test, lines};
use crate::reply::suite::piece::statements;

const STEP: &str = "    ";
const PARENT: &str = "super::*";

/// The answer as one module; `None` if it is one, or if the document has tests.
pub(super) fn formed(there: &Suite, new: &Suite) -> Option<String> {
    let is_of_tests = |it: &Group| it.is_module && nested::is_test_module(&it.key);
    let has_tests = there.tests.iter().any(Test::is_test) || there.groups.iter().any(is_of_tests);
    if new.language.name() != "rust" || has_tests {
        return None;
    }
    let outer = |group: Option<usize>| group.is_none();
    let modules: Vec<&Group> =
        new.groups.iter().filter(|it| it.is_module && outer(it.parent)).collect();
    let has_outer = new.tests.iter().any(|it| it.is_test() && outer(it.group));
    match (&modules[..], has_outer) {
        ([], true) => Some(around(&new.text)),
        ([module], false) => with_imports(&new.text, module),
        (_, _) => None,
    }
}

fn around(code: &str) -> String {
    let is_import = |it: &str| it.starts_with("use super::") || it.starts_with("use crate::");
    let head = match code.lines().any(is_import) {
        true => String::new(),
        false => format!("{STEP}use {PARENT};\n\n"),
    };
    format!("#[cfg(test)]\nmod tests {{\n{head}{}}}\n", nested::indented(code, STEP))
}

/// The code with the imports before a module inside of it; `None` without one.
fn with_imports(text: &str, module: &Group) -> Option<String> {
    let lines = lines(text, &module.range);
    let before = &text[..lines.start];
    let is_import = |it: &Range<usize>| before[it.clone()].lines().any(|it| it.starts_with("use "));
    let imports: Vec<Range<usize>> = statements(before).into_iter().filter(is_import).collect();
    if imports.is_empty() {
        return None;
    }
    let body = &text[module.body.clone()];
    let first = body.lines().find(|it| !it.trim().is_empty());
    let step = first.map(indentation::blanks).filter(|it| !it.is_empty()).unwrap_or(STEP);
    let (mut rest, mut moved) = (before.to_owned(), String::new());
    for it in imports.into_iter().rev() {
        let import = nested::indented(&before[it.clone()], step);
        if !body.contains(import.trim()) {
            moved.insert_str(0, &import);
        }
        rest.replace_range(it, "");
    }
    let open = module.range.start + text[module.range.clone()].find('{')? + 1;
    let (head, body) = (&text[lines.start..open], &text[open..]);
    let gap = if moved.is_empty() { "" } else { "\n" };
    Some(format!("{}{head}{gap}{}{body}", rest.trim_start(), moved.trim_end_matches('\n')))
}
