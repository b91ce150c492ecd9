//! Answers that omit old code, in wordings from public bug reports of other tools.

use super::*;

const OLD: &str =
    "fn f() {\n    let a = 1;\n    let b = 2;\n    let c = 3;\n    use_of(a, b, c);\n}\n";

/// `%` is replaced by the comment marker.
const WORDINGS: [&str; 44] = [
    "% ... existing code ...",
    "% ...existing code...",
    "% ... rest of the function ...",
    "% ... rest of code",
    "% ... (rest of the code remains the same)",
    "% ... (rest of methods ...)",
    "% (rest of methods ...)",
    "% (unchanged code ...)",
    "% Rest of the current logic",
    "% ... (rest of the transcription logic is the same)",
    "% ... other sections remain the same",
    "% ... other methods ...",
    "% ... other imports ...",
    "% ... keep existing code ...",
    "% [rest of the code unchanged]",
    "% rest of your code here",
    "% rest of the code",
    "% Rest of the code remains unchanged...",
    "% existing code",
    "% Existing code here...",
    "% existing code remains unchanged",
    "% remaining code",
    "% Remaining code unchanged",
    "% same as before",
    "% ... same as before ...",
    "% Same as above",
    "% ... unchanged ...",
    "% unchanged code",
    "% ... remaining implementation ...",
    "% code omitted for brevity",
    "% ... omitted for brevity",
    "% ... previous code ...",
    "% ... original code here ...",
    "% ... snip ...",
    "% ... validation logic ...",
    "% Keep existing implementation",
    "% The rest of the function remains the same.",
    "% …existing code…",
    "% …",
    "% ...",
    "...",
    "…",
    "(rest of the code ...)",
    "[... existing code ...]",
];

const COMMENTS: [(&str, &str); 8] = [
    ("//", ""),
    ("#", ""),
    ("--", ""),
    ("/*", " */"),
    ("<!--", " -->"),
    ("{/*", " */}"),
    (";", ""),
    ("%", ""),
];

fn fenced(code: &str) -> String {
    format!("```\n{code}```\n")
}

#[test]
fn a_placeholder_without_old_lines_around_it_is_rejected_in_every_wording() {
    for wording in WORDINGS {
        for (front, back) in COMMENTS {
            let line = wording.replace('%', front) + if wording.contains('%') { back } else { "" };
            let answer = fenced(&format!("fn f() {{\n    let a = 9;\n    {line}\n}}\n"));
            check(OLD, &answer, Err(Unusable::Elided(line)));
        }
    }
}

#[test]
fn a_placeholder_between_old_lines_is_replaced_by_the_lines_between_them() {
    for wording in WORDINGS {
        for (front, back) in COMMENTS {
            let line = wording.replace('%', front) + if wording.contains('%') { back } else { "" };
            let answer =
                fenced(&format!("fn f() {{\n    let a = 9;\n    let b = 2;\n    {line}\n}}\n"));
            let new = OLD.replace("a = 1", "a = 9");
            check(OLD, &answer, Ok(&new));
            let answer = fenced(&format!("{line}\n    let c = 3;\n    use_of(c, b, a);\n}}\n"));
            let new = OLD.replace("(a, b, c)", "(c, b, a)");
            check(OLD, &answer, Ok(&new));
        }
    }
}

#[test]
fn an_ambiguous_placeholder_is_rejected() {
    let old = "a();\nx();\nb();\nx();\nc();\n";
    check(old, &fenced("a();\nx();\n// ...\nc(1);\n"), Err(Unusable::Elided("// ...".to_owned())));
    check(old, &fenced("b();\nx();\n// ...\n"), Ok("b();\nx();\nc();\n"));
    check(
        old,
        &fenced("A();\nx();\n// ...\nx();\nc(1);\n"),
        Err(Unusable::Elided("// ...".to_owned())),
    );
    check(
        old,
        &fenced("a();\nx();\n// ... existing code ...\nc();\nd();\n"),
        Ok("a();\nx();\nb();\nx();\nc();\nd();\n"),
    );
    check(old, &fenced("// ...\n// ...\n"), Err(Unusable::Elided("// ...".to_owned())));
    check(old, &fenced("// ...\n"), Err(Unusable::Unchanged));
}

#[test]
fn a_body_omitted_within_a_line_is_rejected() {
    for line in ["fn g() { ... }", "fn g() { /* ... */ }", "g(); // ... rest of the function ..."] {
        let answer = fenced(&format!("{line}\nlet a = 9;\n"));
        check(OLD, &answer, Err(Unusable::Elided(line.to_owned())));
    }
}

#[test]
fn placeholders_in_blocks_are_handled_too() {
    let block = |new: &str| {
        format!("<<<<<<< SEARCH\n    let b = 2;\n    let c = 3;\n=======\n{new}\n>>>>>>> REPLACE")
    };
    let line = "// ... existing code ...";
    check(
        OLD,
        &block(&format!("    let b = 4;\n    {line}")),
        Err(Unusable::Elided(line.to_owned())),
    );
    let new = OLD.replace("c = 3;", "c = 3;\n    let d = 5;");
    check(OLD, &block(&format!("    {line}\n    let c = 3;\n    let d = 5;")), Ok(&new));
}

#[test]
fn dots_and_comments_that_are_code_are_kept() {
    for (old, new) in [
        ("x = 1\n", "# Retry... then give up.\nx = 2\n"),
        ("x = 1\n", "print('Loading...')\nx = 2\n"),
        ("f(a)\n", "f(...args)\n"),
        ("a\n", "# The remaining balance of the account.\nb\n"),
        ("a\n", "// Existing users are skipped...\nb\n"),
        ("a\n", "...props,\nb\n"),
        ("[\n]\n", "[\n    '...',\n]\n"),
        ("*p = 1;\n", "*p = f(...);\n"),
        ("// ...\na\n", "// ...\nb\n"),
        ("catch (e) {}\n", "catch (...) {}\n"),
        ("# same as before\nx = 1\n", "# same as before\nx = 2\n"),
    ] {
        check(old, &fenced(new), Ok(new));
    }
    let stub =
        |old, new: &str| read(&fenced(new), &Site { language: "python", ..Site::alone(old) });
    let new = "def f(a: int) -> int:\n    ...\n";
    assert_eq!(
        stub("def f(a):\n    pass\n", new).as_deref(),
        Err(&Unusable::Elided("...".to_owned()))
    );
    assert_eq!(
        stub("pass\n", "def f() -> int:\n    ...\n").as_deref(),
        Ok("def f() -> int:\n    ...\n")
    );
}
