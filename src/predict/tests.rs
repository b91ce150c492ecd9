use std::path::Path;
use std::sync::LazyLock;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::text::position::{Encoding, Position};
use crate::text::{Change, Document};
use crate::workspace::tokens::Tokens;

const GEOMETRY: &str = "\
use std::f64::consts::PI;

pub struct Circle {
    radius: f64,
}

impl Circle {
    pub fn new(radius: f64) -> Self {
        Self { radius }
    }

    pub fn area(&self) -> f64 {
        PI * self.radius * self.radius
    }
}

pub struct Square {
    side: f64,
}

impl Square {
    pub fn new(side: f64) -> Self {
        Self { side }
    }
}
";

/// Deadline of a test's query on the slowest machine.
const HANG: Duration = Duration::from_secs(10);

/// A workspace with enough repetitions for high confidence.
fn workspace() -> Tokens {
    let tokens = Tokens::new(1_000_000);
    index(&tokens);
    tokens
}

static SHARED: LazyLock<Tokens> = LazyLock::new(workspace);

fn index(tokens: &Tokens) {
    let mut builder = tokens.builder();
    for copy in 0..40 {
        assert!(builder.add(Path::new(&format!("{copy}.rs")), GEOMETRY));
    }
    tokens.install(builder);
}

fn ask(tokens: &Tokens, text: &str, options: &PredictOptions, count: usize) -> Vec<Prediction> {
    let offset = text.find("$0").expect("a cursor");
    let rope = Rope::from_str(&text.replacen("$0", "", 1));
    let mut buffer = Buffer::new();
    buffer.read(tokens, &rope);
    let snapshot = tokens.snapshot();
    let query =
        PredictQuery { snapshot: &snapshot, buffer: &buffer, rope: &rope, offset, path: None };
    alternatives(&query, options, count)
}

fn check(text: &str, expected: Expect) {
    // Only the text matters here; a nearly empty document lowers every confidence.
    let options = PredictOptions { threshold: 0.1, deadline: HANG, ..PredictOptions::default() };
    let offers = ask(&SHARED, text, &options, 1);
    let shown = offers.first().map_or("-", |it| &it.text);
    expected.assert_eq(shown);
}

#[test]
fn a_line_of_the_workspace_is_completed() {
    check("use std::f64::$0", expect!["consts::PI;"]);
    check("impl Circle {\n    pub fn area$0\n}\n", expect!["(&self) -> f64 {"]);
}

#[test]
fn a_partial_name_is_completed() {
    check("        PI * self.ra$0", expect!["dius * self.radius"]);
}

#[test]
fn white_space_before_the_cursor_is_not_repeated() {
    check("use $0", expect!["std::f64::consts::PI;"]);
    check("    pub fn area(&self)$0", expect![" -> f64 {"]);
}

#[test]
fn a_similar_line_is_copied_with_its_names_changed() {
    let text =
        "let width = parse(width_text)?;\nlog(width);\nlet height = parse(height_text)?;\n$0";
    let offers = ask(
        &SHARED,
        text,
        &PredictOptions { threshold: 0.0, deadline: HANG, ..PredictOptions::default() },
        3,
    );
    assert!(offers.iter().any(|it| it.text == "log(height);"), "{offers:?}");
}

/// Imports of neighbouring files, requested in `here/new.rs`.
fn check_import(text: &str, expected: Expect) {
    let tokens = Tokens::new(1_000_000);
    let mut builder = tokens.builder();
    for (path, text) in [
        ("here/a.rs", "use crate::alpha::Alpha;\nuse crate::beta::Beta;\nfn a() {}\n"),
        ("here/b.rs", "use crate::alpha::Alpha;\nuse crate::delta::Delta;\nfn b() {}\n"),
        ("there/c.rs", "use crate::other::Other;\nuse crate::gamma::Gamma;\nfn c() {}\n"),
    ] {
        assert!(builder.add(Path::new(path), text));
    }
    tokens.install(builder);
    let path = Some(Path::new("here/new.rs"));
    let options = PredictOptions { threshold: 0.0, deadline: HANG, ..PredictOptions::default() };
    let (before, after) = text.split_once("$0").expect("a cursor");
    let rope = Rope::from_str(&[before, after].concat());
    let mut buffer = Buffer::new();
    buffer.read(&tokens, &rope);
    let snapshot = tokens.snapshot();
    let (offset, rope) = (before.len(), &rope);
    let query = PredictQuery { snapshot: &snapshot, buffer: &buffer, rope, offset, path };
    let offers = alternatives(&query, &options, 1);
    expected.assert_eq(offers.first().map_or("-", |it| &it.text));
}

#[test]
fn an_import_of_neighbouring_files_is_suggested_unless_the_document_has_it() {
    check_import("use crate::$0\n", expect!["alpha::Alpha;"]);
    check_import(
        "use crate::alpha::Alpha;\nuse crate::$0\n\nfn f(it: Delta) {}\n",
        expect!["delta::Delta;"],
    );
}

#[test]
fn every_kind_of_line_end_is_supported() {
    check(
        "use std::f64::consts::PI;\r\n\r\npub struct Circle {\r\n    rad$0\r\n",
        expect!["ius: f64,"],
    );
    check("use std::f64::consts::PI;\rpub struct Circle {\r    rad$0", expect!["ius: f64,"]);
}

#[test]
fn nothing_is_suggested_without_a_match() {
    check("zebra$0", expect!["-"]);
    assert_eq!(ask(&SHARED, "zebra = $0", &PredictOptions::default(), 3), []);
    let cold = Tokens::new(1000);
    assert_eq!(ask(&cold, "fn main() {\n    $0\n}\n", &PredictOptions::default(), 1), []);
    assert_eq!(ask(&cold, "$0", &PredictOptions::default(), 1), []);
}

#[test]
fn a_tiny_workspace_lowers_confidence() {
    let tokens = Tokens::new(1_000_000);
    let text = "use a::b;\nuse a::c;\nuse a::b;\nuse a::$0";
    let offers = ask(
        &tokens,
        text,
        &PredictOptions { threshold: 0.0, deadline: HANG, ..PredictOptions::default() },
        1,
    );
    assert!(offers.iter().all(|it| it.confidence < 0.4), "{offers:?}");
    assert_eq!(ask(&tokens, text, &PredictOptions::default(), 1), []);
}

#[test]
fn without_time_there_is_no_suggestion() {
    let options = PredictOptions { deadline: Duration::ZERO, ..PredictOptions::default() };
    assert_eq!(ask(&SHARED, "use std::f64::$0", &options, 1), []);
}

#[test]
fn alternatives_differ() {
    let options = PredictOptions { threshold: 0.1, deadline: HANG, ..PredictOptions::default() };
    let offers = ask(&SHARED, "impl $0", &options, 3);
    let mut texts: Vec<&str> = offers.iter().map(|it| it.text.as_str()).collect();
    // The workspace contains both equally often.
    texts.sort_unstable();
    assert_eq!(texts, ["Circle {", "Square {"]);
}

#[test]
fn every_feature_can_be_disabled() {
    let text = "use std::f64::consts::PI;\nuse std::f64::$0\n";
    for (without, name) in Gains::ALL {
        let options =
            PredictOptions { threshold: 0.1, deadline: HANG, without, ..PredictOptions::default() };
        let offers = ask(&SHARED, text, &options, 1);
        assert_eq!(offers[0].text, "consts::PI;", "{name}");
    }
}

#[test]
fn a_line_beyond_the_longest_length_gets_no_suggestion() {
    let text = format!("let x = \"{}\"; use $0", "a ".repeat(4000));
    check(&text, expect!["-"]);
}

#[test]
fn data_beyond_the_longest_word_is_not_copied() {
    let data = "x".repeat(500);
    let text = format!("load(first)\nkey = \"{data}\"\nload(second)\nkey = \"$0");
    let offers = ask(
        &SHARED,
        &text,
        &PredictOptions { threshold: 0.0, deadline: HANG, ..PredictOptions::default() },
        3,
    );
    assert!(offers.iter().all(|it| !it.text.contains(char::is_control)), "{offers:?}");
}

#[test]
fn suggestions_are_right_while_the_index_is_rebuilt_and_files_change() {
    let tokens = workspace();
    std::thread::scope(|threads| {
        let indexing = threads.spawn(|| {
            for round in 0..20 {
                tokens.update(Path::new("1.rs"), &format!("{GEOMETRY}fn word{round}() {{}}\n"));
                index(&tokens);
            }
        });
        let options =
            PredictOptions { threshold: 0.3, deadline: HANG, ..PredictOptions::default() };
        while !indexing.is_finished() {
            let offers = ask(&tokens, "use std::f64::$0", &options, 1);
            assert_eq!(offers.first().map(|it| it.text.as_str()), Some("consts::PI;"));
        }
    });
}

fn position(line: u32, character: u32) -> Position {
    Position { line, character }
}

proptest! {
    #[test]
    fn reading_edits_gives_the_same_tokens_as_reading_everything(
        start in "[ab \r\n]{0,40}",
        edits in prop::collection::vec((0..12u32, 0..6u32, 0..12u32, 0..6u32, "[ab \r\n]{0,8}", any::<bool>()), 1..12),
    ) {
        let tokens = Tokens::new(1000);
        let mut document = Document::new(&start, 0, "rust");
        let mut buffer = Buffer::new();
        buffer.read(&tokens, &document.rope);
        for (line, column, to_line, to_column, text, read) in edits {
            let range = Some(position(line, column)..position(to_line, to_column));
            let edit = document.apply(&Change { range, text }, Encoding::Utf8);
            buffer.edited(&edit);
            if read {
                buffer.read(&tokens, &document.rope);
            }
        }
        buffer.read(&tokens, &document.rope);
        let mut whole = Buffer::new();
        whole.read(&tokens, &document.rope);
        for row in 0..document.rope.len_lines() {
            prop_assert_eq!(buffer.before(row), whole.before(row));
            prop_assert_eq!(buffer.after(row), whole.after(row));
        }
    }

    #[test]
    fn no_text_and_no_position_causes_a_panic(text in "(use |pub |fn |\\(|\\)|\r|\n|\t|é|日|[a-c. ]){0,60}", offset in 0..200usize) {
        let tokens = &*SHARED;
        let rope = Rope::from_str(&text);
        let mut buffer = Buffer::new();
        buffer.read(tokens, &rope);
        let snapshot = tokens.snapshot();
        let query = PredictQuery { snapshot: &snapshot, buffer: &buffer, rope: &rope, offset, path: None };
        let options = PredictOptions { threshold: 0.0, min_chars: 0, ..PredictOptions::default() };
        for it in alternatives(&query, &options, 3) {
            prop_assert!(!it.text.contains(['\r', '\n']));
            prop_assert!((0.0..=1.0).contains(&it.confidence));
        }
    }
}
