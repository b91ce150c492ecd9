//! Every language on a real file of it: detection, syntax tree, definitions, scopes and ghost text. The files
//! are in `fixtures/languages`; the results are also written to a page.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use expect_test::expect_file;
use ropey::Rope;
use understudy::predict;
use understudy::predict::buffer::Buffer;
use understudy::predict::{PredictOptions, PredictQuery, Prediction};
use understudy::syntax::Syntax;
use understudy::syntax::language::Language;
use understudy::syntax::scope::Scope;
use understudy::syntax::tree::Tree;
use understudy::workspace::tokens::Tokens;

/// Lines of a file where ghost text is requested.
const PLACES: usize = 10;
/// Lines that must be completed exactly.
const RIGHT: usize = 8;
/// Shortest line in characters.
const SHORTEST: usize = 12;

/// One test for each language, named as in the table.
macro_rules! languages {
    ($($test:ident: $name:literal,)*) => {
        const TESTED: &[&str] = &[$($name),*];

        $(
            #[test]
            fn $test() {
                check($name);
            }
        )*
    };
}

languages! {
    bash: "bash",
    c: "c",
    c_sharp: "c-sharp",
    cpp: "cpp",
    css: "css",
    elixir: "elixir",
    go: "go",
    haskell: "haskell",
    html: "html",
    java: "java",
    javascript: "javascript",
    json: "json",
    kotlin: "kotlin",
    lua: "lua",
    markdown: "markdown",
    ocaml: "ocaml",
    ocaml_interface: "ocaml-interface",
    php: "php",
    python: "python",
    ruby: "ruby",
    rust: "rust",
    scala: "scala",
    sql: "sql",
    swift: "swift",
    toml: "toml",
    tsx: "tsx",
    typescript: "typescript",
    yaml: "yaml",
    zig: "zig",
}

/// A file of a language and its expected outline.
struct Fixture {
    language: Language,
    path: PathBuf,
    text: String,
    syntax: Syntax,
    tree: Tree,
}

/// A line cut off after its first word.
struct Place {
    /// From the cursor to the end of the line, in bytes of the file.
    rest: Range<usize>,
    offer: Option<Prediction>,
}

impl Fixture {
    /// `None` if this build does not include the grammar.
    fn load(language: Language) -> Option<Self> {
        let (syntax, errors) = Syntax::new(None);
        assert_eq!(errors, []);
        let path = file(language.name());
        let text = fs::read_to_string(&path).unwrap();
        let tree = syntax.parse(language, &Rope::from_str(&text))?;
        Some(Self { language, path, text, syntax, tree })
    }

    fn line(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    /// All scopes, the outermost first if they start together.
    fn scopes(&self) -> Vec<Scope> {
        let ends = (0..=self.text.len()).filter(|it| self.text.is_char_boundary(*it));
        let mut scopes: Vec<_> = ends.flat_map(|it| self.syntax.scopes(&self.tree, it)).collect();
        scopes.sort_by_key(|it| (it.range.start, std::cmp::Reverse(it.range.end)));
        scopes.dedup();
        scopes
    }

    /// The content of `expected.txt`.
    fn outline(&self) -> String {
        let mut found = String::from("definitions\n");
        for it in self.syntax.definitions(&self.tree) {
            let line = self.line(it.name_range.start);
            writeln!(found, "  {line}: {:?} {}", it.kind, it.name).unwrap();
        }
        found += "scopes\n";
        for it in self.scopes() {
            let (first, last) = (self.line(it.range.start), self.line(it.range.end));
            let head = self.text[it.range].lines().next().unwrap_or_default().trim_end();
            writeln!(found, "  {first}-{last}: {:?} {head}", it.kind).unwrap();
        }
        found
    }

    /// Ten cut-off points, spread evenly over the file.
    fn rests(&self) -> Vec<Range<usize>> {
        let mut rests = Vec::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let end = line.trim_end().len();
            let cursor = first_word_end(line).min(end);
            if line.trim().len() >= SHORTEST && line[cursor..end].trim().len() >= 3 {
                rests.push(start + cursor..start + end);
            }
            start += line.len();
        }
        assert!(rests.len() >= PLACES, "{:?} is too short", self.path);
        let spread = (0..PLACES).map(|it| (2 * it + 1) * rests.len() / (2 * PLACES));
        spread.map(|it| rests[it].clone()).collect()
    }

    /// Ghost text at the ten points, in a workspace that contains the same lines twice in other files.
    fn places(&self) -> Vec<Place> {
        let tokens = Tokens::new(100_000);
        let mut builder = tokens.builder();
        for name in ["one", "other"] {
            let path = self.path.with_file_name(name).with_extension(extension(&self.path));
            assert!(builder.add(&path, &self.text));
        }
        tokens.install(builder);
        let places = self.rests().into_iter();
        places.map(|rest| Place { offer: self.ask(&tokens, &rest), rest }).collect()
    }

    fn ask(&self, tokens: &Tokens, rest: &Range<usize>) -> Option<Prediction> {
        let (before, after) = (&self.text[..rest.start], &self.text[rest.end..]);
        let rope = Rope::from_str(&[before, after].concat());
        let mut buffer = Buffer::new();
        buffer.read(tokens, &rope);
        let snapshot = tokens.snapshot();
        let (offset, path) = (rest.start, Some(self.path.as_path()));
        let query =
            PredictQuery { snapshot: &snapshot, buffer: &buffer, rope: &rope, offset, path };
        // A suggestion that a busy machine does not make in time says nothing about the language.
        let deadline = Duration::from_secs(5);
        predict::suggest(
            &query,
            &PredictOptions { threshold: 0.3, deadline, ..PredictOptions::default() },
        )
    }

    fn is_right(&self, place: &Place) -> bool {
        let offer = place.offer.as_ref().map(|it| it.text.trim());
        offer == Some(self.text[place.rest.clone()].trim())
    }

    /// The results as text for a failed assertion.
    fn shown(&self, places: &[Place]) -> String {
        let show = |it: &Place| {
            let line = self.line(it.rest.start);
            let offer = it.offer.as_ref().map(|it| (it.text.as_str(), it.confidence));
            format!("{line}: {:?}\n  {offer:?}\n", &self.text[it.rest.clone()])
        };
        places.iter().map(show).collect()
    }

    /// The row of the page.
    fn row(&self) -> String {
        let places = self.places();
        let right = places.iter().filter(|it| self.is_right(it)).count();
        let definitions = self.syntax.definitions(&self.tree).into_iter();
        let definitions = listed(definitions.map(|it| format!("{:?}", it.kind)));
        let scopes = listed(self.scopes().into_iter().map(|it| format!("{:?}", it.kind)));
        let extensions = self.language.extensions().iter();
        let extensions: Vec<_> = extensions.map(|it| format!("`{it}`")).collect();
        let built_in = if is_default(self.language.name()) { "yes" } else { "no" };
        format!(
            "{}{built_in} | {} | {definitions} | {scopes} | {right} of {PLACES} |",
            row_start(self.language),
            extensions.join(" ")
        )
    }
}

/// The source file in a language's fixture folder.
fn file(name: &str) -> PathBuf {
    let folder = folder(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
    paths.retain(|it| !it.ends_with("expected.txt"));
    assert_eq!(paths.len(), 1, "{folder:?} holds one file of its language");
    paths.remove(0)
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/languages").join(name)
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|it| it.to_str()).unwrap_or_default()
}

/// Where the first word of a line ends. Leading punctuation does not count as a word.
fn first_word_end(line: &str) -> usize {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let start = line.find(is_word).unwrap_or(line.len());
    line[start..].find(|it| !is_word(it)).map_or(line.len(), |it| start + it)
}

/// Sorted and without duplicates, or a dash if empty.
fn listed(names: impl Iterator<Item = String>) -> String {
    let names: BTreeSet<String> = names.map(|it| it.to_lowercase()).collect();
    if names.is_empty() { "–".to_owned() } else { Vec::from_iter(names).join(", ") }
}

fn row_start(language: Language) -> String {
    format!("| {} | ", language.name())
}

/// Whether a build with the default features includes the language.
fn is_default(name: &str) -> bool {
    let feature = match name {
        "ocaml-interface" => "ocaml",
        "tsx" => "typescript",
        name => name,
    };
    let manifest = include_str!("../Cargo.toml");
    let defaults = manifest.split_once("default = [").unwrap().1.split_once(']').unwrap().0;
    defaults.contains(&format!("{feature:?}"))
}

#[track_caller]
fn check(name: &str) {
    let language = Language::named(name).expect("a language of the table");
    let path = file(name);
    assert_eq!(Language::detect("", Some(&path), ""), Some(language), "{path:?}");
    let Some(fixture) = Fixture::load(language) else { return };
    assert!(fixture.text.lines().count() <= 150, "{path:?} is too long");
    assert!(fixture.tree.is_sound(), "{:?}", fixture.tree);
    expect_file![folder(name).join("expected.txt")].assert_eq(&fixture.outline());
    let places = fixture.places();
    let shown = fixture.shown(&places);
    assert!(places.iter().all(|it| it.offer.is_some()), "nothing at a place\n{shown}");
    let right = places.iter().filter(|it| fixture.is_right(it)).count();
    assert!(right >= RIGHT, "{right} of {PLACES}\n{shown}");
}

#[test]
fn every_language_of_the_table_is_tested() {
    let table: BTreeSet<_> = Language::all().map(Language::name).collect();
    assert_eq!(BTreeSet::from_iter(TESTED.iter().copied()), table);
    let sources = fs::read_to_string(folder("README.md")).unwrap();
    for name in TESTED {
        let path = file(name);
        let name = format!("`{name}/{}`", path.file_name().unwrap().to_string_lossy());
        assert!(sources.contains(&name), "README.md does not say where {name} is from");
    }
}

#[test]
fn the_page_of_languages_matches_the_test_results() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/LANGUAGES.md");
    let last = fs::read_to_string(&path).unwrap_or_default();
    let mut page = String::from(HEAD);
    for language in Language::all() {
        // A build without the grammar keeps the row of the last build that had it.
        let stands = || last.lines().find(|it| it.starts_with(&row_start(language)));
        let row = Fixture::load(language).map(|it| it.row());
        let row = row.unwrap_or_else(|| stands().unwrap_or_default().to_owned());
        writeln!(page, "{row}").unwrap();
    }
    expect_file![path].assert_eq(&page);
}

const HEAD: &str = "\
# Languages

Each is tried on a file of it, in `tests/fixtures/languages`. Definitions and scopes are the kinds
found in that file. Ghost text is how many of ten lines of it, broken off behind their first word,
the embedded model ends as they end, having read the file under other names. A language that is not
built in by default comes with the feature of its name, or with `all-languages`.

This page is written by `UPDATE_EXPECT=1 cargo test --features all-languages languages`.

| language | by default | extensions | definitions | scopes | ghost text |
|---|---|---|---|---|---|
";
