use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use ropey::Rope;

use super::*;
use crate::syntax::language::Language;
use crate::workspace::tokens::Tokens;

/// A workspace of some files with an open document.
struct Workspace {
    syntax: Syntax,
    symbols: Symbols,
    chunks: Chunks,
    tokens: Tokens,
    files: BTreeMap<PathBuf, String>,
    reads: Cell<usize>,
}

impl Workspace {
    fn new(files: &[(&str, &str)]) -> Self {
        let (syntax, _) = Syntax::new(None);
        let (symbols, chunks) = (Symbols::new(1000), Chunks::new(1_000_000));
        let tokens = Tokens::new(100_000);
        let rust = Language::named("rust").expect("a language of the table");
        let mut builder = tokens.builder();
        for (path, text) in files {
            let (path, rope) = (Path::new(path), Rope::from_str(text));
            let tree = syntax.parse(rust, &rope).expect("a grammar");
            symbols.update(path, &rope, &syntax.definitions(&tree));
            chunks.update(path, text);
            builder.add(path, text);
        }
        tokens.install(builder);
        let files = files.iter().map(|it| (it.0.into(), it.1.to_owned())).collect();
        Self { syntax, symbols, chunks, tokens, files, reads: Cell::new(0) }
    }

    /// The parts for a document with `|` as the cursor, as kind, path and text.
    fn parts(&self, document: &str, sticky: &mut Sticky, go_on: bool) -> Vec<String> {
        let offset = document.find('|').expect("a cursor");
        let rope = Rope::from_str(&document.replacen('|', "", 1));
        let rust = Language::named("rust").expect("a language of the table");
        let tree = self.syntax.parse(rust, &rope);
        let read = |path: &Path| {
            self.reads.set(self.reads.get() + 1);
            self.files.get(path).cloned()
        };
        let sources = ContextSources {
            symbols: &self.symbols,
            chunks: &self.chunks,
            tokens: &self.tokens.snapshot(),
            defined: true,
            edits: &[],
            diagnostics: &[(3, "cannot find value `x`\nmore".to_owned())],
            read: &read,
            name: &|it| it.display().to_string(),
            go_on: &|| go_on,
        };
        let path = Path::new("own.rs");
        let (syntax, tree) = (&self.syntax, tree.as_ref());
        let query = ContextQuery { path, rope: &rope, offset, syntax, tree, start: 0, cells: &[] };
        let (_, parts) = gather(&query, &sources, sticky, ContextBudget::default());
        parts.iter().map(|it| format!("{:?} {}\n{}", it.kind, it.path, it.text)).collect()
    }
}

const SHAPES: &str = "\
pub struct Circle {
    pub radius: f64,
}

impl Circle {
    pub fn area(&self) -> f64 {
        3.0 * self.radius
    }
}
";

#[test]
fn definitions_of_names_near_the_cursor_are_included() {
    let workspace = Workspace::new(&[("shapes.rs", SHAPES)]);
    let parts = workspace.parts("fn f(it: Circle) {\n    |\n}\n", &mut Sticky::default(), true);
    let outline =
        "Outline shapes.rs\npub struct Circle\n    pub radius: f64\n    pub fn area(&self) -> f64";
    assert_eq!(parts[0], outline);
    assert_eq!(
        parts.last().map(String::as_str),
        Some("Diagnostic own.rs\nline 4: cannot find value `x`\n")
    );
}

#[test]
fn code_that_shares_words_is_included_and_visible_code_is_not_repeated() {
    let other = "fn volume(radius: f64) -> f64 {\n    cube_of(radius)\n}\n";
    let workspace = Workspace::new(&[("a.rs", other), ("b.rs", "fn unrelated() {}\n")]);
    let parts = workspace.parts("fn g() {\n    cube_of(|)\n}\n", &mut Sticky::default(), true);
    assert!(parts.contains(&format!("Snippet a.rs\n{other}")), "{parts:?}");
    let copy = format!("{other}|\n");
    let parts = workspace.parts(&copy, &mut Sticky::default(), true);
    assert!(parts.iter().all(|it| !it.starts_with("Snippet a.rs")), "{parts:?}");
}

#[test]
fn the_most_similar_code_of_other_files_is_included_as_it_is() {
    let token = format!("let token = \"ghp_{}\";", "a1B2".repeat(9));
    let first =
        format!("// How large?\nfn volume(radius: f64) {{\n    {token}\n    cube_of(radius)\n}}\n");
    let lines = "    cube_of(1.0);\n".repeat(12);
    let other = format!("{first}fn more() {{\n{lines}}}\n\nfn last() {{\n    cube_of(2.0)\n}}\n");
    let workspace = Workspace::new(&[("a.rs", &other), ("b.rs", "fn unrelated() {}\n")]);
    let parts = workspace.parts("fn g() {\n    cube_of(|)\n}\n", &mut Sticky::default(), true);
    let expected = other.replace(&format!("    {token}\n"), "");
    assert!(parts.contains(&format!("Snippet a.rs\n{expected}")), "{parts:?}");
}

#[test]
fn similar_code_that_is_too_long_ends_with_a_line() {
    let line = |it: usize| {
        format!("    cube_of(first_{it}, second_{it}, third_{it}, fourth_{it}, fifth_{it});\n")
    };
    let other: String = (0..29).map(line).collect();
    let workspace = Workspace::new(&[("a.rs", &other)]);
    let parts = workspace.parts("fn g() {\n    cube_of(|)\n}\n", &mut Sticky::default(), true);
    let part = parts.iter().find_map(|it| it.strip_prefix("Snippet a.rs\n")).unwrap();
    let whole = &part[..part.find("...").unwrap_or(part.len())];
    assert!(other.starts_with(whole) && whole.ends_with(";\n"), "{part}");
    assert!((1000..1200).contains(&whole.len()), "{part}");
}

#[test]
fn parts_are_reused_until_the_cursor_has_moved_some_lines() {
    let workspace = Workspace::new(&[("shapes.rs", SHAPES)]);
    let mut sticky = Sticky::default();
    let first = workspace.parts("fn f(it: Circle) {\n    |\n}\n", &mut sticky, true);
    let reads = workspace.reads.get();
    let next = workspace.parts("fn f(it: Circle) {\n    it.|\n}\n", &mut sticky, true);
    assert_eq!((first, workspace.reads.get()), (next, reads));
    let far =
        format!("fn f(it: Circle) {{\n{}    let it: Circle = |\n}}\n", "    a();\n".repeat(20));
    workspace.parts(&far, &mut sticky, true);
    assert!(workspace.reads.get() > reads);
}

#[test]
fn the_text_before_the_cursor_may_contain_any_characters() {
    let workspace = Workspace::new(&[("shapes.rs", SHAPES)]);
    let document = format!("//x{}\nfn f(it: Circle) {{\n    |\n}}\n", "é".repeat(9000));
    assert!(!workspace.parts(&document, &mut Sticky::default(), true).is_empty());
}

#[test]
fn code_far_above_in_the_same_file_is_included() {
    let far = "fn volume(radius: f64) -> f64 {\n    cube_of(radius)\n}\n";
    let between = "// nothing\n".repeat(600);
    let document = format!("{far}{between}fn g() {{\n    cube_of(|)\n}}\n");
    let parts = Workspace::new(&[]).parts(&document, &mut Sticky::default(), true);
    assert!(parts.contains(&format!("Snippet own.rs\n{far}")), "{parts:?}");
}

#[test]
fn code_like_the_cursors_is_included_as_it_is_from_the_same_file() {
    let token = format!("    let token = \"ghp_{}\";\n", "a1B2".repeat(9));
    let like = |name: &str| format!("fn {name}() {{\n    let it = cube_of({name});\n");
    let far =
        format!("// How large?\n{}{token}    // Twice.\n    it.double()\n}}\n", like("first"));
    let between: String =
        (0..300).map(|it| format!("fn other{it}() -> u8 {{\n    {it}\n}}\n")).collect();
    let document = format!("{far}{between}{}    |\n}}\n", like("second"));
    let parts = Workspace::new(&[]).parts(&document, &mut Sticky::default(), true);
    let own = format!("Snippet own.rs\n{}", far.replace(&token, ""));
    assert!(parts.last().is_some_and(|it| it.starts_with("Diagnostic")), "{parts:?}");
    assert!(parts[parts.len() - 2].starts_with(&own), "{parts:?}");
}

#[test]
fn context_that_is_not_ready_in_time_is_left_out() {
    let workspace = Workspace::new(&[("shapes.rs", SHAPES)]);
    let parts = workspace.parts("fn f(it: Circle) {\n    |\n}\n", &mut Sticky::default(), false);
    assert_eq!(parts.len(), 1, "{parts:?}");
    assert_eq!(workspace.reads.get(), 0);
}

#[test]
fn continuations_from_other_files_are_found_in_the_middle_of_a_word() {
    // Words in that many files are ignored, so a match is found by the preceding text only.
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let files = names.map(|it| (it, "    let it = load(one)?;\n    it.run()\n"));
    let workspace = Workspace::new(&files);
    for begun in ["", "l", "lo", "load"] {
        let document = format!("fn f() {{\n    let it = {begun}|\n}}\n");
        let parts = workspace.parts(&document, &mut Sticky::default(), true);
        assert!(parts.iter().any(|it| it.contains("load(one)?")), "{begun}: {parts:?}");
    }
    let parts = workspace.parts("fn f() {\n    let it = other|\n}\n", &mut Sticky::default(), true);
    assert!(!parts.iter().any(|it| it.contains("load(one)?")), "{parts:?}");
}
