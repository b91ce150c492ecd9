use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::locate::locate;
use super::*;

const CODE: &str = "def mean(values):\n    total = 0\n    for value in values:\n        total += value\n    \
                    return total / len(values)\n\ndef other(values):\n    total = 0\n    return total\n";

/// Each remark: line, severity, message; the quoted code; what replaces it.
fn check(answer: &str, expected: Expect) {
    let Remarks::Some(remarks) = read(answer) else { return expected.assert_eq("nothing") };
    let shown = remarks.iter().map(|it| {
        let Remark { line, severity, message, quoted, replacement } = it;
        let quoted = quoted.lines().map(|it| format!("  - {it}\n"));
        let replacement = replacement.iter().flat_map(|it| it.lines());
        let code: String = quoted.chain(replacement.map(|it| format!("  + {it}\n"))).collect();
        format!("{line} {}: {message}\n{code}", severity.name())
    });
    expected.assert_eq(&shown.collect::<String>());
}

#[test]
fn a_remark_has_a_line_a_severity_a_message_and_code() {
    check(
        "12: error: Division by zero if `values` is empty.\n\
         -     return total / len(values)\n\
         +     return total / len(values) if values else 0\n\
         \n\
         3: hint: name it `count`\n",
        expect![[r#"
            12 error: Division by zero if `values` is empty.
              -     return total / len(values)
              +     return total / len(values) if values else 0
            3 hint: name it `count`
        "#]],
    );
}

#[test]
fn the_form_may_differ() {
    for (answer, expected) in [
        ("Line 3: the name says nothing\n", "3 info: the name says nothing\n"),
        ("LINE: 3: warning: too slow\n", "3 warning: too slow\n"),
        ("- L3: **warning**: too slow\n", "3 warning: too slow\n"),
        ("1. **Line 3**: [Warning] too slow\n", "3 warning: too slow\n"),
        ("2. Lines 3-5: critical - it hangs\n", "3 error: it hangs\n"),
        ("**3:** note: a\n  b\n", "3 info: a b\n"),
        ("```\n3: bug: it hangs\n- a\n```\n", "3 error: it hangs\n  - a\n"),
        (
            "3: error: x\n```diff\n@@ -1 +1 @@\n a\n-b\n+c\n```\n",
            "3 error: x\n  - a\n  - b\n  + a\n  + c\n",
        ),
        (
            "3: error: x\n```python\na\n```\n\nFix:\n```python\nb\n```\n",
            "3 error: x\n  - a\n  + b\n",
        ),
        ("- 3: a\n- 4: b\n", "3 info: a\n4 info: b\n"),
        ("3: hint: keys\n- 4: \"x\",\n", "3 hint: keys\n  - 4: \"x\",\n"),
        ("Here are the findings.\n3: hint: a\n", "3 hint: a\n"),
        ("3: hint: a\u{202e}b\u{1b}[31m\n", "3 hint: ab[31m\n"),
        ("3: error:\nit hangs\n", "3 error: it hangs\n"),
    ] {
        let Remarks::Some(remarks) = read(answer) else { panic!("{answer}") };
        let shown = remarks.iter().map(|it| {
            let quoted: String = it.quoted.lines().map(|it| format!("  - {it}\n")).collect();
            let new = it.replacement.iter().flat_map(|it| it.lines());
            let new: String = new.map(|it| format!("  + {it}\n")).collect();
            format!("{} {}: {}\n{quoted}{new}", it.line, it.severity.name(), it.message)
        });
        assert_eq!(shown.collect::<String>(), expected, "{answer}");
    }
}

#[test]
fn an_answer_can_say_that_there_is_nothing() {
    let same = "1: error: it returns nothing\n- return a\n+ return a\n";
    for answer in
        [same, "none", "`None`.", "```\nnone\n```", "No findings.", "No issues were found."]
    {
        assert_eq!(read(answer), Remarks::Nothing, "{answer}");
    }
    for answer in ["", "The code returns None.", "It looks fine to me.", "3:", "Not bad: 3"] {
        assert_eq!(read(answer), Remarks::Some(Vec::new()), "{answer}");
    }
}

/// The quoted text in `CODE`, whose first line has the number 10, and what replaces it.
fn place(
    line: usize,
    message: &str,
    quoted: &str,
    new: Option<&str>,
) -> Option<(usize, String, Option<String>)> {
    let remark = Remark {
        line,
        severity: Severity::Hint,
        message: message.to_owned(),
        quoted: quoted.to_owned(),
        replacement: new.map(str::to_owned),
    };
    let found = locate(&remark, CODE, 10)?;
    Some((found.lines.start + 10, CODE[found.quoted].to_owned(), found.replacement))
}

#[test]
fn a_remark_is_placed_at_the_quoted_code_nearest_to_its_line() {
    let at = |line: usize, quoted: &str| place(line, "", quoted, None).map(|it| (it.0, it.1));
    let found = |line: usize, text: &str| Some((line, text.to_owned()));
    assert_eq!(at(13, "total+=value\n"), found(13, "total += value"));
    // The number is wrong, but the code occurs once.
    assert_eq!(at(99, "total += value"), found(13, "total += value"));
    assert_eq!(at(10, "    total = 0\n"), found(11, "total = 0"));
    assert_eq!(at(16, "total = 0"), found(17, "total = 0"));
    // Lines 11 and 17 are equally far.
    assert_eq!(at(14, "total = 0"), None);
    assert_eq!(at(1, "total = 0"), None);
    let lines = "for value in values:\n    total += value\n";
    assert_eq!(at(12, lines), found(12, "for value in values:\n        total += value"));
    assert_eq!(at(14, "total / len(values)"), found(14, "total / len(values)"));
    assert_eq!(at(14, "otal / len(values)"), None);
    assert_eq!(at(14, "total // len(values)"), None);
    assert_eq!(
        at(14, "14:     return total / len(values)"),
        found(14, "return total / len(values)")
    );
}

#[test]
fn without_quoted_lines_code_in_the_message_is_the_place() {
    let at = |line: usize, message: &str| place(line, message, "", None).map(|it| (it.0, it.1));
    let found = |line: usize, text: &str| Some((line, text.to_owned()));
    assert_eq!(at(14, "`len` is 0 if `values` is empty"), found(14, "len"));
    assert_eq!(at(11, "`len` is 0"), found(14, "len"));
    assert_eq!(at(12, "`values` is not a name"), found(12, "values"));
    assert_eq!(at(12, "`missing`, or `value`"), found(12, "value"));
    assert_eq!(at(16, "`value` is missing"), None);
    assert_eq!(at(12, "the name says nothing"), None);
}

#[test]
fn line_numbers_are_removed_from_code_that_has_them() {
    let (quoted, new) = ("11:     total = 0", "11:     total = 0.0");
    let (_, text, replacement) = place(11, "", quoted, Some(new)).unwrap();
    assert_eq!((&*text, replacement.as_deref()), ("total = 0", Some("    total = 0.0\n")));
}

proptest! {
    #[test]
    fn a_remark_in_the_requested_form_is_read_back(
        line in 1..9999usize,
        severity in prop::sample::select(vec![
            Severity::Hint, Severity::Information, Severity::Warning, Severity::Error,
        ]),
        message in "[A-Z][a-z`]{0,9}( [a-z]{1,9}){0,4}",
        quoted in prop::collection::vec("[ a-z(]{0,8}[a-z)]", 1..4),
        new in prop::option::of(prop::collection::vec("[ a-z(]{0,8}[a-z)]", 1..4)),
        around in prop::sample::select(vec!["", "\n", "```\n", "Findings:\n"]),
    ) {
        let code = |mark: &str, lines: &[String]| lines.iter().map(|it| format!("{mark} {it}\n")).collect::<String>();
        let mut answer = format!("{around}{line}: {}: {message}\n{}", severity.name(), code("-", &quoted));
        answer += &code("+", new.as_deref().unwrap_or_default());
        let whole = |lines: &Vec<String>| lines.iter().map(|it| format!("{it}\n")).collect::<String>();
        let dense = |lines: &Vec<String>| lines.concat().replace(' ', "");
        prop_assume!(new.as_ref().map(dense) != Some(dense(&quoted)));
        let replacement = new.as_ref().map(whole);
        let expected = Remark { line, severity, message, quoted: whole(&quoted), replacement };
        prop_assert_eq!(read(&answer.repeat(2)), Remarks::Some(vec![expected.clone(), expected]));
    }

    /// Any answer is read without a panic, and a place is code of the selection.
    #[test]
    fn a_place_is_never_outside_the_code(
        answer in "([0-9]{1,2}: ?|error: |hint|- |\\+ |```\n|`a`|a|b é|é|\n| |\u{202e}){0,40}",
        code in "(a|b é|é|\n| |0: ){0,30}",
        first in 1..9usize,
    ) {
        let Remarks::Some(remarks) = read(&answer) else { return Ok(()) };
        for remark in remarks {
            let is_one_line = !remark.message.contains(['\n', '\u{202e}']);
            prop_assert!(is_one_line && !remark.message.is_empty());
            let Some(found) = locate(&remark, &code, first) else { continue };
            let text = code.get(found.quoted.clone());
            prop_assert!(text.is_some_and(|it| !it.is_empty() && it.trim() == it), "{:?}", found);
            prop_assert!(found.lines.start < found.lines.end && found.lines.end <= code.lines().count());
        }
    }
}
