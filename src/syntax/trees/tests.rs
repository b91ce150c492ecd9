use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use proptest::prelude::*;

use super::*;
use crate::text::position::Encoding;
use crate::text::{Change, Document};

fn rust() -> Language {
    Language::named("rust").expect("a language of the table")
}

fn real() -> (Arc<Syntax>, Trees) {
    let syntax = Arc::new(Syntax::new(None).0);
    (Arc::clone(&syntax), Trees::new(syntax))
}

fn parse(job: &Job) -> Option<Tree> {
    Tree::parse(job.language, &job.rope, job.last.as_ref(), &|| true)
}

/// Trees whose worker reports each start of a parse and waits for a message to continue.
fn gated() -> (Trees, mpsc::Receiver<String>, mpsc::Sender<()>) {
    let ((started, starts), (go, gate)) = (mpsc::channel(), mpsc::channel());
    let trees = Trees::parsed_by(move |job| {
        started.send(job.rope.to_string()).ok()?;
        gate.recv().ok()?;
        parse(job)
    });
    (trees, starts, go)
}

/// Replaces a range of bytes of a document.
fn replace(document: &mut Document, start: usize, end: usize, text: &str) -> Edit {
    let at = |offset| document.position(offset, Encoding::Utf8);
    let change = Change { range: Some(at(start)..at(end)), text: text.to_owned() };
    document.apply(&change, Encoding::Utf8)
}

#[test]
fn an_open_document_has_the_tree_of_its_text() {
    let (_, trees) = real();
    trees.open("a", rust(), &Rope::from_str("fn f() {}"));
    trees.settle("a");
    let tree = trees.newest("a").expect("a tree");
    assert_eq!(format!("{tree:?}").matches("function_item").count(), 1);
}

#[test]
fn an_edit_does_not_wait_for_a_parse_and_moves_the_last_tree() {
    let (syntax, _) = real();
    let (trees, starts, go) = gated();
    let mut document = Document::new("fn f() {}\nfn g() {}\n", 1, "rust");
    trees.open("a", rust(), &document.rope);
    assert!(trees.newest("a").is_none());
    go.send(()).expect("a worker");
    trees.settle("a");
    assert_eq!(starts.iter().take(1).count(), 1);

    let edit = replace(&mut document, 0, 0, "use x;\n");
    trees.edited("a", &[edit], &document.rope);
    let tree = trees.newest("a").expect("the last tree");
    let names: Vec<_> = syntax.definitions(&tree).into_iter().map(|it| it.name_range).collect();
    assert_eq!(names, [10..11, 20..21]);
}

#[test]
fn edits_during_a_parse_cause_one_more_parse() {
    let (trees, starts, go) = gated();
    let mut document = Document::new("fn f() {}\n", 1, "rust");
    trees.open("a", rust(), &document.rope);
    assert_eq!(starts.recv().expect("a parse"), "fn f() {}\n");
    for _ in 0..100 {
        let edit = replace(&mut document, 3, 3, "x");
        trees.edited("a", &[edit], &document.rope);
    }
    go.send(()).expect("a worker");
    go.send(()).expect("a worker");
    trees.settle("a");
    assert_eq!(starts.try_recv().expect("a second parse"), document.rope.to_string());
    assert!(starts.try_recv().is_err());
    let tree = trees.newest("a").expect("a tree");
    assert_eq!(tree.rope(), &document.rope);
}

#[test]
fn a_closed_document_is_freed_and_its_parse_is_dropped() {
    let (trees, starts, go) = gated();
    trees.open("a", rust(), &Rope::from_str("fn f() {}"));
    starts.recv().expect("a parse");
    trees.close("a");
    trees.settle("a");
    trees.open("b", rust(), &Rope::from_str("fn g() {}"));
    go.send(()).expect("a worker");
    go.send(()).expect("a worker");
    trees.settle("b");
    assert!(trees.newest("a").is_none());
    let state = trees.shared.state.lock();
    assert_eq!((state.documents.len(), state.closed.len(), state.queue.len()), (1, 0, 0));
}

#[test]
fn a_reopened_document_never_gets_its_previous_tree() {
    let (trees, starts, go) = gated();
    trees.open("a", rust(), &Rope::from_str("fn f() {}"));
    starts.recv().expect("a parse");
    trees.open("a", rust(), &Rope::from_str("struct S;"));
    go.send(()).expect("a worker");
    assert_eq!(starts.recv().expect("a parse"), "struct S;");
    assert!(trees.newest("a").is_none());
    go.send(()).expect("a worker");
    trees.settle("a");
    assert!(format!("{:?}", trees.newest("a")).contains("struct_item"));
}

#[test]
fn a_panic_affects_the_tree_of_one_document_only() {
    let trees = Trees::parsed_by(|job| match job.key.as_str() {
        "bad" => panic!("a bug"),
        _ => parse(job),
    });
    trees.open("bad", rust(), &Rope::from_str("fn f() {}"));
    trees.open("good", rust(), &Rope::from_str("fn f() {}"));
    trees.settle("bad");
    trees.settle("good");
    assert!(trees.newest("bad").is_none());
    assert!(trees.newest("good").is_some());
}

#[test]
fn an_abandoned_parse_is_tried_again_only_on_a_shorter_text() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let trees = Trees::parsed_by(move |job| {
        counted.fetch_add(1, Ordering::Relaxed);
        (job.rope.len_bytes() < 10).then(|| parse(job))?
    });
    let mut document = Document::new("fn f() {} // too long", 1, "rust");
    trees.open("a", rust(), &document.rope);
    for (start, end, text, parses, parsed) in
        [(0, 0, "pub ", 1, false), (9, 25, "", 2, true), (0, 0, "pub ", 3, false)]
    {
        trees.settle("a");
        let edit = replace(&mut document, start, end, text);
        trees.edited("a", &[edit], &document.rope);
        trees.settle("a");
        let found = (count.load(Ordering::Relaxed), trees.newest("a").is_some());
        assert_eq!(found, (parses, parsed), "{}", document.rope);
    }
}

#[test]
fn a_text_that_cannot_be_parsed_does_not_delay_others() {
    let (_, trees) = real();
    let long_line = format!("fn f() {{}} // {}", "x".repeat(100_000));
    let large = "fn f() {}\n".repeat(500_000);
    // Many steps for few bytes: an expression with one term per line.
    let endless = "a < b\n".repeat(120_000);
    for (key, language, text) in [
        ("line", "rust", &long_line),
        ("large", "rust", &large),
        ("endless", "typescript", &endless),
    ] {
        let language = Language::named(language).expect("a language of the table");
        trees.open(key, language, &Rope::from_str(text));
        trees.settle(key);
        assert!(trees.newest(key).is_none(), "{key}");
    }
    trees.settle("never opened");
}

const SOURCES: &[(&str, &str)] = &[
    ("c", "#include <a.h>\nint f(char *s) {\n  if (*s == 'x') { return 1; }\n  /* é */\n}\n"),
    ("cpp", "namespace a { class B { int c() { return R\"(x)\"[0]; } }; }\n// d\n"),
    ("go", "package a\n\nfunc f(x int) string {\n\treturn `é` + \"b\" // c\n}\n"),
    ("java", "class A {\n  String b() { return \"\"\"\n    c\n  \"\"\"; } // é\n}\n"),
    ("javascript", "class A { b() { return `é${c + 'd'}`; } }\n/* e */ const f = <p>g</p>;\n"),
    (
        "python",
        "def f(x):\n    \"\"\"Doc é.\"\"\"\n    if x:\n        return f'{x}'\n    # y\n\nz = 1\n",
    ),
    (
        "rust",
        "/// Doc é.\nfn f(x: &str) -> char {\n    match x { \"a\" => 'b', _ => { 'c' } }\n}\n",
    ),
    ("tsx", "const a = (b: C): D => { return <p className=\"e\">é{f}</p>; };\n"),
    ("typescript", "interface A<T> { b?: T; }\nfunction f(x: A<string>): void { /* é */ }\n"),
];

const TYPED: &[&str] = &[
    "",
    "x",
    "\n",
    "\"",
    "'",
    "`",
    "{",
    "}",
    "(",
    ")",
    "/*",
    "*/",
    "//",
    "#",
    "é",
    "\r\n",
    "    ",
    "\"\"\"",
    "${",
    "if ",
    "fn g() {\n",
    "def g():\n",
    ";",
    "<",
    "😀",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_any_edits_the_tree_is_that_of_the_text_and_no_query_meanwhile_panics(
        source in 0..SOURCES.len(),
        edits in prop::collection::vec((any::<u16>(), 0..12_usize, 0..TYPED.len(), 0..4_u8), 1..24),
    ) {
        let (language, text) = SOURCES[source];
        let language = Language::named(language).expect("a language of the table");
        let (syntax, trees) = real();
        let mut document = Document::new(text, 1, "");
        trees.open("a", language, &document.rope);
        let (mut batch, mut undo) = (Vec::new(), Vec::new());
        for (place, length, typed, pause) in edits {
            let length_now = document.rope.len_bytes();
            let start = usize::from(place) % (length_now + 1);
            let end = (start + length).min(length_now);
            let before = document.rope.clone();
            let edit = replace(&mut document, start, end, TYPED[typed]);
            undo.push((edit, before.byte_slice(edit.start..edit.old_end).to_string()));
            batch.push(edit);
            if pause == 0 {
                continue;
            }
            trees.edited("a", &batch, &document.rope);
            batch.clear();
            if pause == 1 {
                trees.settle("a");
            }
            if let Some(tree) = trees.newest("a") {
                for offset in [0, start, end, document.rope.len_bytes(), usize::MAX] {
                    syntax.region(&tree, offset);
                    syntax.scopes(&tree, offset);
                }
                syntax.definitions(&tree);
                syntax.imports(&tree);
            }
        }
        // Error recovery depends on the previous tree; a valid text has one tree.
        for (edit, removed) in undo.into_iter().rev() {
            batch.push(replace(&mut document, edit.start, edit.new_end, &removed));
        }
        prop_assert_eq!(document.rope.to_string(), text);
        trees.edited("a", &batch, &document.rope);
        trees.settle("a");
        let newest = trees.newest("a").expect("a tree");
        let fresh = syntax.parse(language, &document.rope).expect("a tree");
        prop_assert!(fresh.is_sound());
        prop_assert_eq!(newest.rope(), &document.rope);
        prop_assert_eq!(format!("{newest:?}"), format!("{fresh:?}"));
    }
}
