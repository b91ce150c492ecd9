use std::collections::BTreeSet;
use std::fs;

use ropey::Rope;

use super::*;
use crate::syntax::Syntax;

#[test]
fn every_query_of_every_language_compiles_with_known_captures_only() {
    for (language, grammar) in Language::all().filter_map(|it| Some((it, it.grammar()?))) {
        for purpose in Purpose::ALL {
            let text = purpose.ours(grammar.texts);
            let count = compile(grammar, purpose, text).map(|it| it.pattern_count());
            // A file without patterns states the reason.
            let gives_reason = text.starts_with("; ") && text.lines().count() == 1;
            let is_whole =
                gives_reason && !text.starts_with("; inherits") || !matches!(count, Ok(0));
            assert!(count.is_ok() && is_whole, "{language:?} {purpose:?}: {count:?}");
        }
    }
}

#[test]
fn queries_readme_lists_exactly_the_known_captures() {
    let manual = include_str!("../../../queries/README.md");
    for purpose in Purpose::ALL {
        let title = format!("## `{}.scm`", purpose.name());
        let section = manual.split_once(&title).expect("a section").1;
        let section = section.split("\n## ").next().unwrap_or_default();
        let rows = section.lines().filter_map(|it| it.strip_prefix("| `@")?.split_once('`'));
        let listed: BTreeSet<&str> = rows.map(|(name, _)| name).collect();
        let known: BTreeSet<&str> = purpose.captures().iter().copied().collect();
        assert_eq!(listed, known, "{purpose:?}");
    }
}

/// Checks the definitions of a Rust text with the user's queries in `files`, and the reported errors.
#[track_caller]
fn check(files: &[(&str, &str)], text: &str, definitions: &[&str], reported: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let (syntax, errors) = Syntax::new(Some(folder.path()));
    let rust = Language::named("rust").expect("a language of the table");
    let tree = syntax.parse(rust, &Rope::from_str(text)).expect("a grammar");
    let found: Vec<_> = syntax.definitions(&tree).into_iter().map(|it| it.name).collect();
    assert_eq!(found, definitions);
    let messages: Vec<_> = errors
        .iter()
        .map(|it| it.to_string().replace(&format!("{}/", folder.path().display()), ""))
        .collect();
    assert_eq!(messages, reported);
}

const TEXT: &str = "fn f() { let x = 1; }\nstruct S;\n";
const LET: &str = "(let_declaration\n  pattern: (identifier) @name) @definition.variable\n";

#[test]
fn without_user_queries_the_built_in_queries_are_used() {
    check(&[], TEXT, &["f", "S"], &[]);
    check(&[("python/definitions.scm", "")], TEXT, &["f", "S"], &[]);
}

#[test]
fn a_user_query_replaces_the_built_in_query() {
    check(&[("rust/definitions.scm", LET)], TEXT, &["x"], &[]);
    check(&[("rust/definitions.scm", "")], TEXT, &[], &[]);
}

#[test]
fn a_query_that_extends_is_added_to_the_built_in_query() {
    let extends = format!("; extends\n{LET}");
    check(&[("rust/definitions.scm", &extends)], TEXT, &["f", "x", "S"], &[]);
    let inherits = format!("; inherits: rust\n{LET}");
    check(&[("rust/definitions.scm", &inherits)], TEXT, &["f", "x", "S"], &[]);
}

#[test]
fn a_broken_query_is_reported_with_its_line_and_the_built_in_query_is_used() {
    for (text, what) in [
        ("\n(let_declaration", "2: syntax error at \"(let_declaration\""),
        ("; extends\n\n(no_such_node) @name", "3: the grammar has no node \"no_such_node\""),
        ("(function_item nonsense: (_))", "1: the grammar has no field \"nonsense\""),
        ("(function_item) @definition.thing", "1: definitions have no capture @definition.thing"),
        ("; extends\n(function_item)\n@oops", "3: definitions have no capture @oops"),
        ("; inherits: cobol", "1: inherits \"cobol\", which has no queries"),
        (
            "((identifier) @name (#eq? @nam \"x\"))",
            "1: a predicate uses the unknown capture \"nam\"",
        ),
        (
            "(function_item (struct_item)) @name",
            "1: the grammar never produces \"(function_item (struct_item)) @name\"",
        ),
    ] {
        let reported = format!("rust/definitions.scm:{what}");
        check(&[("rust/definitions.scm", text)], TEXT, &["f", "S"], &[&reported]);
    }
}

#[test]
fn one_broken_query_does_not_affect_the_users_other_queries() {
    check(
        &[("rust/definitions.scm", LET), ("rust/scopes.scm", "("), ("go/imports.scm", "(x)")],
        TEXT,
        &["x"],
        &[
            "go/imports.scm:1: the grammar has no node \"x\"",
            "rust/scopes.scm:1: syntax error at \"(\"",
        ],
    );
}
