//! Tests and groups that are calls: `describe("area", () => {`, `it.each([1, 2])("adds %i", …)`, `test "adds" do`,
//! `t.Run("adds", func(t *testing.T) {`, `TEST_CASE("adds") {`.

/// A call whose first line was found.
pub(super) struct TestCall<'a> {
    pub(super) is_group: bool,
    /// The call up to the end of its first argument, without the table of `each`.
    pub(super) key: &'a str,
    /// The offset behind the key.
    pub(super) end: usize,
}

const GROUPS: [&str; 7] =
    ["RSpec.describe", "context", "describe", "feature", "suite", "Describe", "Context"];
const TESTS: [&str; 11] = [
    "example",
    "it",
    "property",
    "scenario",
    "specify",
    "test",
    "It",
    "SCENARIO",
    "SECTION",
    "SUBCASE",
    "TEST_CASE",
];
/// Calls of an object, as of `testing.T`.
const RUN: &str = ".Run";
/// Languages in which `do` begins the body of a call.
const DO: [&str; 2] = ["elixir", "ruby"];

/// The test or the group that begins at an offset of a text.
pub(super) fn at<'a>(text: &'a str, start: usize, language: &str) -> Option<TestCall<'a>> {
    let rest = &text[start..];
    let end = rest.find(|it: char| !it.is_alphanumeric() && !"._:".contains(it))?;
    let (is_group, is_table) = kind(&rest[..end])?;
    if DO.contains(&language) {
        return with_block(text, start, start + end, is_group);
    }
    let mut open = start + end;
    if is_table {
        open = table_end(text, open)?;
    }
    let argument = text[open..].strip_prefix('(')?.trim_start();
    let from = text.len() - argument.len();
    let end = from + quoted(argument)?;
    let is_call = text[end..].trim_start().starts_with([',', ')']);
    let start = if is_table { open } else { start };
    is_call.then_some(TestCall { is_group, key: &text[start..end], end })
}

/// Whether a name such as `it.skip.each` is that of a group, and whether a table of values precedes the arguments; `None`
/// if it is that of neither a test nor a group.
fn kind(word: &str) -> Option<(bool, bool)> {
    let is_any = |names: &[&str]| {
        names.iter().any(|it| {
            let rest = word.strip_prefix(it);
            rest.is_some_and(|it| it.is_empty() || it.starts_with('.'))
        })
    };
    let is_run = word.strip_suffix(RUN).is_some_and(|it| it.len() <= 2 && !it.is_empty());
    let is_group = is_any(&GROUPS);
    let is_table = word.ends_with(".each") || word.ends_with(".for");
    (is_group || is_run || is_any(&TESTS)).then_some((is_group, is_table))
}

/// A call with `do` at the end of its line: `it "adds" do`.
fn with_block(text: &str, start: usize, word: usize, is_group: bool) -> Option<TestCall<'_>> {
    let line = text[word..].lines().next()?;
    let said = line.trim_end();
    let opens = said.ends_with(" do") || said.ends_with('|') && said.contains(" do |");
    let argument = line.trim_start_matches([' ', '(']);
    let from = word + line.len() - argument.len();
    let end = match quoted(argument) {
        Some(end) => end,
        // A constant, as of the class under test.
        None if is_group && argument.starts_with(char::is_uppercase) => {
            argument.find([',', ' ', ')']).unwrap_or(argument.len())
        }
        None => return None,
    };
    opens.then_some(TestCall { is_group, key: &text[start..from + end], end: from + end })
}

/// The length of a string at the start of a text.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|it| matches!(it, '"' | '\'' | '`'))?;
    let mut is_escaped = false;
    let close = text[1..].find(|it| {
        let closes = it == quote && !is_escaped;
        is_escaped = it == '\\' && !is_escaped;
        closes
    });
    close.map(|it| it + 2)
}

/// The end of a table of values, in brackets or in a template.
fn table_end(text: &str, start: usize) -> Option<usize> {
    let table = &text[start..];
    if table.starts_with('`') {
        return Some(start + quoted(table)?);
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(it) = table[at..].chars().next() {
        at += match it {
            '"' | '\'' | '`' => quoted(&table[at..])?,
            _ => it.len_utf8(),
        };
        match it {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    (depth == 0 && table.starts_with('(')).then_some(start + at)
}
