use std::collections::BTreeSet;

use expect_test::expect;

use super::*;
use crate::prompt::action::convention::test_file;

const SUBJECT: Subject<'_> = Subject {
    path: "src/geometry.rs",
    language: "rust",
    selection: "fn area(r: f64) -> f64 {\n    PI * r * r\n}\n",
    line: 3,
    before: "use std::f64::consts::PI;\n\n",
    after: "",
    definition: None,
    names: &[],
    good_names: &[],
    scope: Some(ScopeKind::Function),
    diagnostics: &[],
    instruction: None,
    widened: false,
};

/// Names of the applicable actions, best first.
fn fitting(subject: &Subject<'_>) -> Vec<String> {
    let mut fitting: Vec<_> = catalogue()
        .into_iter()
        .filter_map(|it| Some((it.fit(subject)?, it.name.into_owned())))
        .collect();
    fitting.sort_by_key(|it| std::cmp::Reverse(it.0));
    fitting.into_iter().map(|it| it.1).collect()
}

#[test]
fn names_are_unique_and_titles_are_short() {
    let all = catalogue();
    let names: BTreeSet<_> = all.iter().map(|it| it.name.clone()).collect();
    assert_eq!(names.len(), all.len());
    assert!(all.iter().all(|it| it.title.len() <= 30));
}

#[test]
fn the_most_specific_action_comes_first() {
    assert_eq!(fitting(&SUBJECT)[..4], ["explain", "edit", "document", "test"]);
    let complaint = Diagnostic {
        line: 4,
        source: Some("rustc".to_owned()),
        code: Some("E0425".to_owned()),
        message: "cannot find value `PI` in this scope".to_owned(),
        related: vec!["src/lib.rs:1: it is defined here".to_owned()],
    };
    let broken = Subject { diagnostics: std::slice::from_ref(&complaint), ..SUBJECT };
    assert_eq!(fitting(&broken)[0], "fix");
    let left = Subject { selection: "// TO\u{44}O: cache this\n", ..SUBJECT };
    assert_eq!(fitting(&left)[0], "todo");
}

#[test]
fn an_action_that_does_not_apply_is_not_offered() {
    let fits = |name: &str, subject: &Subject<'_>| fitting(subject).iter().any(|it| it == name);
    assert!(
        !fits("fix", &SUBJECT) && !fits("types", &SUBJECT) && !fits("commit-message", &SUBJECT)
    );
    assert!(fits("types", &Subject { language: "python", ..SUBJECT }));
    assert!(!fits("test", &Subject { path: "tests/geometry.rs", ..SUBJECT }));
    assert!(!fits("document", &Subject { language: "json", ..SUBJECT }));
    assert!(!fits("extract", &Subject { scope: None, ..SUBJECT }));
}

#[test]
fn a_prompt_contains_the_code_and_the_reply_format() {
    let document = catalogue().into_iter().find(|it| it.name == "document").unwrap();
    let chat = document.chat(&SUBJECT, Vec::new(), 1000);
    expect![[r#"
        `src/geometry.rs`, before the selection:
        ```rust
        use std::f64::consts::PI;

        ```

        `src/geometry.rs`, the selection:
        ```rust
        fn area(r: f64) -> f64 {
            PI * r * r
        }
        ```

        Write the missing documentation of what the selection defines, as `///` doc comments (`//!` for a module) with `# Errors` and `# Panics` sections. Say what it is for, what its parameters and results mean where their names do not, which errors the code raises, and nothing that the code says already. Leave the code itself exactly as it is.

        Answer with the complete new text of the selection in a single fenced code block, and nothing else: no explanation, nothing left out, nothing from outside the selection."#]].assert_eq(&chat.turns[0].text);
}

#[test]
fn a_fence_is_longer_than_any_in_the_code() {
    let subject = Subject { selection: "````sh\nmake\n````\n", language: "markdown", ..SUBJECT };
    let edit = catalogue().into_iter().find(|it| it.name == "edit").unwrap();
    let chat = edit.chat(&Subject { instruction: Some("Shorter."), ..subject }, Vec::new(), 1000);
    assert!(chat.turns[0].text.contains("`````markdown\n````sh\nmake\n````\n`````\n"));
    assert!(chat.turns[0].text.contains("\nShorter.\n"));
}

#[test]
fn lines_to_review_have_the_numbers_of_the_file() {
    let review = catalogue().into_iter().find(|it| it.name == "review").unwrap();
    let chat = review.chat(&SUBJECT, Vec::new(), 1000);
    assert!(chat.turns[0].text.contains("\n4:     PI * r * r\n"));
}

#[test]
fn tests_go_where_the_language_keeps_them() {
    let check = |language, path, expected: Option<&str>| {
        assert_eq!(test_file(language, path).as_deref(), expected, "{path}");
        assert!(expected.is_none_or(convention::is_test), "{path}");
    };
    check("rust", "src/a.rs", None);
    check("zig", "src/a.zig", None);
    check("python", "pkg/a.py", Some("tests/test_a.py"));
    check("typescript", "src/a.ts", Some("src/a.test.ts"));
    check("go", "a.go", Some("a_test.go"));
    check("java", "src/main/java/x/A.java", Some("src/test/java/x/ATest.java"));
    check("ruby", "lib/a.rb", Some("test/a_test.rb"));
    check("php", "src/A.php", Some("tests/ATest.php"));
}

#[test]
fn a_user_defined_action_sends_the_instruction_of_the_user() {
    let action = |languages: &[&str]| {
        Action::of_user(
            "french".to_owned(),
            "To French".to_owned(),
            "Write the comments in French.".to_owned(),
            ActionOutput::Edit,
            languages.iter().map(|it| (*it).to_owned()).collect(),
        )
    };
    let chat = action(&[]).chat(&SUBJECT, Vec::new(), 9);
    assert!(chat.turns[0].text.contains("comments in French."));
    assert_eq!(action(&[]).fit(&SUBJECT), Some(60));
    assert_eq!(action(&["python"]).fit(&SUBJECT), None);
}
