use proptest::prelude::*;

use super::*;
use crate::prompt::action::EditFormat;

mod around;
mod elisions;
mod fences;

#[track_caller]
fn check(old: &str, answer: &str, expected: Result<&str, Unusable>) {
    assert_eq!(read(answer, &Site::alone(old)), expected.map(str::to_owned), "{answer}");
}

const OLD: &str = "    let a = 1;\n    let b = 2;\n    let c = 1;\n";

#[test]
fn a_fenced_answer_replaces_the_whole_selection() {
    check(OLD, "```rust\n    let a = 3;\n```", Ok("    let a = 3;\n"));
    check(OLD, "Sure:\n\n```\n    let a = 3;\n```\nDone.", Ok("    let a = 3;\n"));
    check("let a = 1;", "```rust\nlet a = 3;\n```", Ok("let a = 3;"));
}

#[test]
fn lost_indentation_is_restored() {
    check(
        OLD,
        "```\nlet a = 3;\nif a {\n    b();\n}\n```",
        Ok("    let a = 3;\n    if a {\n        b();\n    }\n"),
    );
    check(OLD, "```\nlet a = 3;\n    let b = 4;\n```", Ok("    let a = 3;\n    let b = 4;\n"));
    let python = "    def f():\n        return 1\n";
    check(python, "```\ndef f():\n    return 2\n```", Ok("    def f():\n        return 2\n"));
    check(python, "```\ndef f():\n        return 2\n```", Ok("    def f():\n        return 2\n"));
    check("a = 1\n", "```\n    a = 2\n```", Ok("a = 2\n"));
}

#[test]
fn line_ends_are_kept() {
    check("a\r\nb\r\n", "```\na\nc\n```", Ok("a\r\nc\r\n"));
    check("a\nb\n", "```\r\na\r\nc\r\n```", Ok("a\nc\n"));
}

#[test]
fn a_fence_within_a_fence_is_code() {
    let page = "# Title\n\n```sh\nmake\n```\n";
    check(
        page,
        "````markdown\n# Title\n\n```sh\nmake test\n```\n````",
        Ok("# Title\n\n```sh\nmake test\n```\n"),
    );
    check(
        page,
        "```markdown\n# Title\n\n```sh\nmake test\n```\n```",
        Ok("# Title\n\n```sh\nmake test\n```\n"),
    );
    check(
        "/// x\n",
        "```rust\n/// ```\n/// f();\n/// ```\n```",
        Ok("/// ```\n/// f();\n/// ```\n"),
    );
}

#[test]
fn blocks_change_only_their_places() {
    let answer = "<<<<<<< SEARCH\nlet b = 2;\n=======\nlet b = 3;\nlet d = 4;\n>>>>>>> REPLACE\n\
                  <<<<<<< SEARCH\n    let c = 1;\n=======\n>>>>>>> REPLACE\n";
    check(OLD, answer, Ok("    let a = 1;\n    let b = 3;\n    let d = 4;\n"));
    check("a\nb", "<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE", Ok("a\nc"));
}

#[test]
fn a_rejected_answer_has_a_reason() {
    check(OLD, "", Err(Unusable::Empty));
    check(OLD, "```\n```", Err(Unusable::Empty));
    check(OLD, "I cannot do that.", Err(Unusable::Prose));
    check(OLD, "```\nlet a = 3;", Err(Unusable::Half));
    check(OLD, "```\na\n```\nor\n```\nb\n```", Err(Unusable::Several(2)));
    check(OLD, &format!("```\n{OLD}```"), Err(Unusable::Unchanged));
    check(OLD, &"x".repeat(200_000), Err(Unusable::TooLong(200_000)));
    check(OLD, "<<<<<<< SEARCH\nlet b = 2;\n=======\n", Err(Unusable::Half));
    let block = |search: &str| format!("<<<<<<< SEARCH\n{search}\n=======\nx\n>>>>>>> REPLACE");
    check(OLD, &block("let z = 2;"), Err(Unusable::NotFound(1)));
    check(OLD, &block(""), Err(Unusable::NotFound(1)));
    check("a\na\n", &block("a"), Err(Unusable::Ambiguous(1)));
    let twice = format!("{}\n{}", block("let b = 2;"), block("let b = 2;"));
    check(OLD, &twice, Err(Unusable::Ambiguous(2)));
}

#[test]
fn repeated_code_and_the_old_code_are_not_a_second_answer() {
    let new = "```\n    let a = 3;\n```";
    check(OLD, &format!("{new}\nAgain:\n{new}"), Ok("    let a = 3;\n"));
    let old = format!("The original code:\n```rust\n{OLD}```\n");
    check(OLD, &format!("{old}The new code:\n{new}"), Ok("    let a = 3;\n"));
    check(OLD, &format!("{new}\n{old}"), Ok("    let a = 3;\n"));
    check(OLD, &format!("{old}{old}"), Err(Unusable::Unchanged));
    check(OLD, &format!("{new}\nor\n```\nb\n```\n{old}"), Err(Unusable::Several(2)));
}

#[test]
fn code_without_a_fence_is_accepted_if_it_keeps_old_lines() {
    let old = "def f(a):\n    b = a\n    return b\n";
    let new = "def f(a):\n    \"\"\"It is what it was given.\"\"\"\n    b = a\n    return b\n";
    check(old, new, Ok(new));
    check(old, &format!("Here is the new code:\n\n{new}"), Ok(new));
    check(old, &format!("{new}\nThis is the new code."), Err(Unusable::Prose));
    check(old, "Use the library for that.\n\nreturn b\n", Err(Unusable::Prose));
    // Code of another file, or a single line of the old code.
    check(old, "def g(c):\n    return c\n", Err(Unusable::Prose));
    check(old, "return b", Err(Unusable::Prose));
    check(
        OLD,
        "let a = 1;\nlet b = 3;\nlet c = 1;",
        Ok("    let a = 1;\n    let b = 3;\n    let c = 1;\n"),
    );
    check("", "a", Err(Unusable::Prose));
}

#[test]
fn the_size_of_a_selection_decides_the_format_of_its_edit() {
    assert_eq!(EditFormat::of(100), EditFormat::Whole);
    assert_eq!(EditFormat::of(100_000), EditFormat::Blocks);
}

proptest! {
    #[test]
    fn any_answer_is_read_without_a_panic(
        old in "(a|b| |\n|\r\n|\t|é){0,30}",
        words in prop::collection::vec(prop_oneof![
            Just("```"), Just("````"), Just("rust"), Just("\n"), Just("\r\n"), Just("a"), Just("  b"), Just("é"),
            Just("<<<<<<< SEARCH\n"), Just("=======\n"), Just(">>>>>>> REPLACE\n"), Just("\t"),
        ], 0..30),
    ) {
        if let Ok(new) = read(&words.concat(), &Site::alone(&old)) {
            prop_assert!(old.contains("\r\n") || !new.contains("\r\n"));
        }
    }
}
