use std::time::{Duration, Instant};

use super::*;
use crate::prompt::edit::EditWindow;

const TEXT: &str = "\
fn area(w: f64, h: f64) -> f64 {
    w * h
}

fn main() {
    let a = area(1.0);
    let b = area(2.0);
    print(a, b);
}
";

/// The document after each suggested edit, applied by itself.
fn edited(text: &str, new: &str, changed: Vec<ChangedLines>) -> Vec<String> {
    let rope = Rope::from_str(text);
    let lines = 0..rope.len_lines();
    let language = Language::named("rust");
    let document = EditedDocument { rope, language, lines, line: 5, changed };
    let old = text.replace("\r\n", "\n");
    let window = EditWindow { earlier: old.clone(), text: old, cursor: 0 };
    let prompt = EditPrompt {
        before: "use a;\n".to_owned(),
        after: "fn after() {}\n".to_owned(),
        window,
        ..EditPrompt::default()
    };
    let syntax = Arc::new(Syntax::new(None).0);
    let edits = document.edits(&prompt, new, &syntax).into_iter();
    let apply = |(range, new): Replacement| {
        let mut text = text.to_owned();
        text.replace_range(range, &new);
        text
    };
    edits.map(apply).collect()
}

#[track_caller]
fn check(new: &str, expected: &[String]) {
    assert_eq!(edited(TEXT, new, Vec::new()), expected, "{new}");
}

#[test]
fn each_place_is_an_edit_and_those_behind_the_cursor_come_first() {
    let new = TEXT.replace("1.0)", "1.0, 2.0)").replace("w * h", "w.abs() * h");
    let first = TEXT.replace("1.0)", "1.0, 2.0)");
    let second = TEXT.replace("w * h", "w.abs() * h");
    check(&new, &[first, second]);
    // Adjacent lines are one edit.
    let new = TEXT.replace("0)", "0, 2.0)");
    check(&new, std::slice::from_ref(&new));
}

#[test]
fn inserted_and_removed_lines_are_edits() {
    let new = TEXT.replace("    print", "    assert(a > b);\n    print");
    check(&new, std::slice::from_ref(&new));
    let new = TEXT.replace("    let b = area(2.0);\n", "");
    check(&new, std::slice::from_ref(&new));
    let new = format!("use b;\n{TEXT}");
    check(&new, std::slice::from_ref(&new));
}

#[test]
fn the_line_ends_of_the_document_are_kept() {
    let text = TEXT.replace('\n', "\r\n");
    for (old, new) in [("    print", "    assert(a > b);\n    print"), ("1.0)", "1.0, 2.0)")] {
        let edits = edited(&text, &TEXT.replace(old, new), Vec::new());
        assert_eq!(edits, [text.replace(old, &new.replace('\n', "\r\n"))]);
    }
}

#[test]
fn a_reply_that_is_no_next_edit_is_not_shown() {
    for (what, new) in [
        ("unchanged", TEXT.to_owned()),
        ("blank lines", TEXT.replace("}\n\nfn", "}\n\n\nfn")),
        ("white space at ends of lines", TEXT.replace(";\n", ";  \n")),
        ("a syntax error", TEXT.replace("area(1.0)", "area(1.0")),
        ("a rewrite", TEXT.replace("let", "const").replace("area", "size").replace("print", "log")),
        ("many lines", TEXT.replace("    print", &"    more();\n".repeat(30))),
        ("everything removed", "fn main() {}\n".to_owned()),
        ("the lines after the window", format!("{TEXT}fn after() {{}}\n")),
        ("the lines before the window", format!("use a;\n{TEXT}")),
        ("invisible characters", TEXT.replace("1.0)", "1.0 /* \u{202E} */)")),
    ] {
        assert!(edited(TEXT, &new, Vec::new()).is_empty(), "{what}");
    }
}

#[test]
fn edits_that_parse_only_together_are_one_edit() {
    let new = TEXT.replace("    let a", "    if ok {\n    let a").replace("b);\n", "b);\n    }\n");
    check(&new, std::slice::from_ref(&new));
}

fn changed(line: usize, old: &str, new: &str) -> ChangedLines {
    let at = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    let lines = Some(line..line + new.lines().count());
    ChangedLines { at, lines, old: old.to_owned(), new: new.to_owned() }
}

#[test]
fn an_edit_of_the_user_is_not_undone() {
    let line = "    let a = area(1.0);\n";
    for (old, suggested, shown) in [
        // Restored, and restored with other white space.
        ("    let a = size(1.0);\n", "    let a = size(1.0);\n", false),
        ("    let a = size(1.0);\n", "    let a = size( 1.0 );\n", false),
        // What was typed is gone.
        ("    let a = ;\n", "    let a = 7;\n", false),
        ("", "", false),
        // Continued, or corrected.
        ("    let a = area();\n", "    let a = area(1.0, 2.0);\n", true),
        ("    let a = (1.0);\n", "    let a = arena(1.0);\n", true),
    ] {
        let new = TEXT.replace(line, suggested);
        let edits = edited(TEXT, &new, vec![changed(5, old, line)]);
        assert_eq!(edits.len(), usize::from(shown), "{old:?} {suggested:?}");
    }
    // Another place may get what was removed here.
    let new = TEXT.replace("area(2.0)", "size(2.0)");
    let change = changed(5, "    let a = size(1.0);\n", line);
    assert_eq!(edited(TEXT, &new, vec![change]), [new]);
}
