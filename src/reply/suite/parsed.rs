//! The tests of a text, and the groups around them.

use std::iter;
use std::ops::Range;

use ropey::Rope;

use crate::reply::edit::context;
use crate::reply::suite::call::TestCall;
use crate::reply::suite::piece::spaced;
use crate::reply::suite::{call, case};
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::language::Language;
use crate::syntax::tree::Tree;
use crate::text;

/// Languages whose blocks end with the word `end`.
pub(super) const ENDS: [&str; 3] = ["elixir", "lua", "ruby"];

/// A file or an answer with its tests.
pub(super) struct Suite {
    pub(super) language: Language,
    pub(super) text: String,
    pub(super) tests: Vec<Test>,
    pub(super) groups: Vec<Group>,
    /// Definitions outside of all others: their names and lines.
    pub(super) outer: Vec<(String, Range<usize>)>,
    /// Imported names.
    pub(super) imported: Vec<String>,
}

/// A test or a helper, with the comments and attributes above it.
#[derive(Clone)]
pub(super) struct Test {
    pub(super) name: String,
    /// The offset of the name.
    pub(super) name_start: usize,
    /// Without the head, with a space in place of white space.
    pub(super) body: String,
    /// The attributes above it.
    pub(super) attributes: String,
    pub(super) lines: Range<usize>,
    /// The index of the innermost group around it.
    pub(super) group: Option<usize>,
    /// What a test command calls it.
    title: String,
    /// Whether it is a call instead of a definition.
    is_call: bool,
}

/// A module, class or `describe`.
pub(super) struct Group {
    /// `describe("area"`, or a name.
    pub(super) key: String,
    /// The offset of the key.
    pub(super) key_start: usize,
    pub(super) range: Range<usize>,
    pub(super) body: Range<usize>,
    pub(super) is_module: bool,
    /// The index of the innermost group around it.
    pub(super) parent: Option<usize>,
    /// Whether it is a call instead of a definition.
    is_call: bool,
}

impl Suite {
    pub(super) fn new(syntax: &Syntax, language: Language, text: &str) -> Option<Self> {
        let tree = syntax.parse(language, &Rope::from_str(text))?;
        let mut all = syntax.definitions(&tree);
        let imported = syntax.imports(&tree).into_iter().flat_map(|it| it.names).collect();
        // A method of Rust belongs to its `impl`.
        let is_method =
            |it: &Definition| it.kind == DefinitionKind::Method && language.name() == "rust";
        all.retain(|it| !is_method(it));
        let (tests, groups, outer) = (Vec::new(), Vec::new(), outer(text, &all));
        let text = text.to_owned();
        let mut suite = Self { language, text, tests, groups, outer, imported };
        for it in &all {
            match it.kind {
                DefinitionKind::Module | DefinitionKind::Class => {
                    suite.groups.push(Group::new(&tree, it))
                }
                DefinitionKind::Function | DefinitionKind::Method if !is_nested(it, &all) => {
                    let test = Test::new(&suite.text, it, language);
                    suite.tests.push(test);
                }
                _ => {}
            }
        }
        suite.add_calls(syntax, &tree);
        suite.tests.sort_by_key(|it| it.lines.start);
        for at in 0..suite.tests.len() {
            suite.tests[at].group = suite.innermost_group(suite.tests[at].lines.start, 0);
        }
        for at in 0..suite.groups.len() {
            let range = &suite.groups[at].range;
            suite.groups[at].parent = suite.innermost_group(range.start, range.len());
        }
        Some(suite)
    }

    /// The index of the innermost group around an offset, of those that are longer than `length`.
    fn innermost_group(&self, offset: usize, length: usize) -> Option<usize> {
        let is_around = |it: &Group| it.range.contains(&offset) && it.range.len() > length;
        let around = self.groups.iter().enumerate().filter(|(_, it)| is_around(it));
        around.min_by_key(|(_, it)| it.range.len()).map(|it| it.0)
    }

    /// A group and the groups around it, innermost first.
    pub(super) fn path(&self, group: Option<usize>) -> impl Iterator<Item = usize> {
        iter::successors(group, |it| self.groups[*it].parent)
    }

    /// Whether a test is in a group, at any depth.
    pub(super) fn is_in(&self, test: &Test, group: usize) -> bool {
        self.path(test.group).any(|it| it == group)
    }

    /// The tests and helpers that are not part of another one.
    pub(super) fn whole(&self) -> impl Iterator<Item = &Test> {
        let is_inner = |it: &Test| {
            let around = |other: &Test| {
                other.lines.start < it.lines.start && it.lines.end <= other.lines.end
            };
            self.tests.iter().any(around)
        };
        self.tests.iter().filter(move |it| !is_inner(it))
    }

    /// Groups and tests that are calls.
    fn add_calls(&mut self, syntax: &Syntax, tree: &Tree) {
        let language = tree.language();
        let mut start = 0;
        for line in self.text.clone().split_inclusive('\n') {
            let at = start + (line.len() - line.trim_start().len());
            start += line.len();
            if line.trim().is_empty() {
                continue;
            }
            let Some(call) = call::at(&self.text, at, language.name()) else { continue };
            let Some((range, body)) = extent(syntax, tree, (&self.text, at), &call) else {
                continue;
            };
            let (key, key_start) = (call.key.to_owned(), call.end - call.key.len());
            if call.is_group {
                let body = inner_of_call(&self.text, body, language);
                self.groups.push(Group {
                    key,
                    key_start,
                    range,
                    body,
                    is_module: false,
                    parent: None,
                    is_call: true,
                });
            } else {
                let quote = key.find(['"', '\'', '`']);
                let title = quote.map_or(&*key, |at| key[at..].trim_matches(['"', '\'', '`']));
                self.tests.push(Test {
                    title: title.to_owned(),
                    name: key,
                    name_start: key_start,
                    body: spaced(&self.text[body]),
                    attributes: String::new(),
                    lines: lines(&self.text, &range),
                    group: None,
                    is_call: true,
                });
            }
        }
    }

    /// The tests that contain no other one.
    pub(super) fn innermost(&self) -> Vec<&Test> {
        let tests: Vec<&Test> = self.tests.iter().filter(|it| it.is_test()).collect();
        let holds = |it: &Test| {
            let inner = |other: &&&Test| it.lines.contains(&other.lines.start);
            tests.iter().filter(inner).count() > 1
        };
        tests.iter().copied().filter(|it| !holds(it)).collect()
    }
}

impl Test {
    fn new(text: &str, it: &Definition, language: Language) -> Self {
        let lines = lines(text, &it.range);
        let head = &text[lines.start..it.name_range.start];
        let mut test = Self {
            name: it.name.clone(),
            name_start: it.name_range.start,
            body: spaced(text.get(it.signature.end..it.range.end).unwrap_or_default()),
            attributes: attributes(head),
            title: it.name.clone(),
            lines,
            group: None,
            is_call: false,
        };
        match (language.name(), it.kind) {
            ("cpp", _) => {
                if let Some(case) = case::at(text, &it.name_range) {
                    test.name = text[case.name.clone()].to_owned();
                    test.name_start = case.name.start;
                    test.attributes += case.kind;
                    (test.title, test.is_call) = (case.title, true);
                }
            }
            // Methods of several types have the same name.
            ("go", DefinitionKind::Method) => {
                let receiver = head.rfind("func").map_or(0, |at| at + "func".len());
                let receiver = head.len() - head[receiver..].trim_start().len();
                test.name_start = test.lines.start + receiver;
                test.name = text[test.name_start..it.name_range.end].to_owned();
            }
            (_, _) => {}
        }
        test
    }

    /// Whether it is a test, and not what tests use: a call, a name that begins with `test`, or an attribute above.
    pub(super) fn is_test(&self) -> bool {
        self.is_call
            || self.name.to_lowercase().starts_with("test")
            || attribute_words(&self.attributes).any(is_mark)
    }

    /// What a test command calls it.
    pub(super) fn title(&self) -> &str {
        &self.title
    }
}

impl Group {
    fn new(tree: &Tree, it: &Definition) -> Self {
        let text = tree.text(0..tree.rope().len_bytes());
        let body = inner(&text, it.signature.end..it.range.end, tree.language());
        Self {
            key: it.name.clone(),
            key_start: it.name_range.start,
            range: it.range.clone(),
            body,
            is_module: it.kind == DefinitionKind::Module,
            parent: None,
            is_call: false,
        }
    }

    /// Whether it can have another name: a call such as `RSpec.describe Area` names what it tests.
    pub(super) fn is_named_freely(&self) -> bool {
        !self.is_call || self.key.ends_with(['"', '\'', '`'])
    }
}

/// The names and the lines of the definitions outside of all others.
fn outer(text: &str, all: &[Definition]) -> Vec<(String, Range<usize>)> {
    let is_inner = |it: &Definition| {
        let is_around = |around: &Definition| {
            around.range.start <= it.range.start
                && it.range.end <= around.range.end
                && it.range.len() < around.range.len()
        };
        all.iter().any(is_around)
    };
    let outer = all.iter().filter(|it| !is_inner(it));
    outer.map(|it| (it.name.clone(), lines(text, &it.range))).collect()
}

/// The lines before a name, without comments and without conditions of a build.
fn attributes(head: &str) -> String {
    let is_comment = |it: &str| {
        it.starts_with("//")
            || it.starts_with(['/', '*'])
            || it.starts_with("--")
            || it.starts_with('#') && !it.starts_with("#[")
            || it.starts_with("#[cfg")
    };
    let lines = head.lines().map(str::trim);
    lines.filter(|it| !it.is_empty() && !is_comment(it)).collect::<Vec<_>>().join("\n")
}

/// The words of lines that begin an attribute.
fn attribute_words(head: &str) -> impl Iterator<Item = &str> {
    let lines = head.lines().filter(|it| it.starts_with(['@', '[']) || it.starts_with("#["));
    lines.flat_map(|it| it.split(|it: char| !text::is_word(it)))
}

/// Whether a word of an attribute marks a test: `test`, `ParameterizedTest`, `rstest`, `Fact`.
fn is_mark(word: &str) -> bool {
    let word = word.to_lowercase();
    let is_known = matches!(&*word, "fact" | "theory" | "testcase" | "test_case" | "testmethod");
    word.ends_with("test") && word != "pytest" || is_known
}

/// Whether a definition is inside a function.
fn is_nested(it: &Definition, all: &[Definition]) -> bool {
    let is_function =
        |it: &&Definition| matches!(it.kind, DefinitionKind::Function | DefinitionKind::Method);
    all.iter()
        .filter(is_function)
        .any(|around| around.range.start < it.range.start && it.range.end <= around.range.end)
}

/// The lines of a range, with the comments and attributes directly above it.
pub(super) fn lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let mut start = text[..range.start].rfind('\n').map_or(0, |it| it + 1);
    while let Some(above) = attached(text, start) {
        start = above;
    }
    start..line_end(text, range.end)
}

/// The start of a comment, or of an attribute of one or more lines, directly above a line.
fn attached(text: &str, line: usize) -> Option<usize> {
    let (mut start, mut depth) = (line, 0);
    loop {
        let end = start.checked_sub(1)?;
        start = text[..end].rfind('\n').map_or(0, |it| it + 1);
        depth += context::balance(&text[start..end]);
        if depth >= 0 {
            break;
        }
    }
    let first = text[start..line].trim_start();
    let is_attached = first.starts_with(['#', '@', '/', '*', '[']) || first.starts_with("--");
    is_attached.then_some(start)
}

/// The range of a call up to the end of its body, and the body.
fn extent(
    syntax: &Syntax,
    tree: &Tree,
    (text, start): (&str, usize),
    call: &TestCall<'_>,
) -> Option<(Range<usize>, Range<usize>)> {
    let line = text[..line_end(text, call.end)].trim_end();
    let whole = &text[call.end - call.key.len()..line.len()];
    if whole.ends_with([')', ';', '}']) && context::balance(whole) == 0 {
        return Some((start..line.len(), call.end..line.len()));
    }
    if tree.language().name() == "cpp" {
        // For the parser, the call of a macro and its block are two statements.
        let block = text[call.end..].find('{').map(|it| call.end + it)?;
        let mut depth = 0;
        let close = text[block..].char_indices().find(|(_, it)| {
            depth += context::balance(it.encode_utf8(&mut [0; 4]));
            depth == 0
        });
        let end = block + close?.0 + 1;
        return Some((start..end, block..end));
    }
    let scopes = syntax.scopes(tree, line.len()).into_iter();
    // The innermost one that begins in the call.
    let mut scopes = scopes.filter(|it| it.range.start >= start && it.range.end > call.end);
    let scope = scopes.next()?;
    Some((start..scope.range.end, scope.body.unwrap_or(scope.range)))
}

/// A body without its brackets, or without `do` and `end`.
fn inner(text: &str, body: Range<usize>, language: Language) -> Range<usize> {
    let held = &text[body.clone()];
    if ENDS.contains(&language.name()) {
        let code = held.trim_start().strip_prefix("do").unwrap_or(held);
        let start = body.end - code.len();
        let end = code.trim_end().strip_suffix("end").map_or(body.end, |it| start + it.len());
        return start..end;
    }
    match (held.find('{'), held.rfind('}')) {
        (Some(open), Some(close)) if held.trim_start().starts_with('{') => {
            body.start + open + 1..body.start + close
        }
        (_, _) => body,
    }
}

/// The whole lines of a body, or what is between its brackets.
fn inner_of_call(text: &str, body: Range<usize>, language: Language) -> Range<usize> {
    let is_bare = ENDS.contains(&language.name()) && !text[body.clone()].starts_with("do");
    match is_bare {
        true => {
            let start = text[..body.start].rfind('\n').map_or(0, |it| it + 1);
            start..line_end(text, body.end)
        }
        false => inner(text, body, language),
    }
}

/// The start of the line after an offset.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |it| offset + it + 1)
}
