//! Statements outside of all groups that prepare tests, and that nothing names: mocks of modules, functions that run before
//! each test, fixtures that are used automatically; and the `impl` blocks of types.

use std::ops::Range;

use crate::reply::suite::parsed::Suite;
use crate::reply::suite::piece;
use crate::text;

/// Calls and assignments that begin so, in languages with tests that are calls.
const PREFIXES: [&str; 13] = [
    "ExUnit.",
    "Hammox.",
    "Mimic.",
    "Mox.",
    "RSpec.",
    "chai.use",
    "expect.extend",
    "global.",
    "globalThis.",
    "jest.",
    "mock.",
    "process.env.",
    "vi.",
];
/// Functions that the framework calls, and that take or are such a function.
const HOOKS: [&str; 17] = [
    "after",
    "afterAll",
    "afterEach",
    "after_each",
    "before",
    "beforeAll",
    "beforeEach",
    "before_each",
    "setup",
    "setup_function",
    "setup_module",
    "suiteSetup",
    "suiteTeardown",
    "teardown",
    "teardown_function",
    "teardown_module",
    "pytestmark",
];
/// Words of C++ before a name that is used without them, and macros.
const DECLARATIONS: [&str; 3] = ["using ", "INSTANTIATE_", "TYPED_TEST_SUITE"];

impl Suite {
    /// The lines of the statements that prepare the tests, and that `there` lacks.
    pub(super) fn setups(&self, there: &Self) -> Vec<Range<usize>> {
        let known: Vec<String> = there.outer_statements().map(|it| it.1).collect();
        let new = self.outer_statements().filter(|(_, text)| !known.contains(text));
        new.filter(|(lines, _)| self.is_setup(&self.text[lines.clone()])).map(|it| it.0).collect()
    }

    /// The `impl` blocks outside of all groups: the names of their types, and their lines.
    pub(super) fn impls(&self) -> Vec<(&str, Range<usize>)> {
        if self.language.name() != "rust" {
            return Vec::new();
        }
        let named = |lines: Range<usize>| Some((implementor(&self.text[lines.clone()])?, lines));
        self.outer_statements().filter_map(|it| named(it.0)).collect()
    }

    /// The lines of the statements outside of all groups, and their texts with a space in place of white space.
    fn outer_statements(&self) -> impl Iterator<Item = (Range<usize>, String)> {
        let is_outer = move |lines: &Range<usize>| {
            !self.groups.iter().any(|it| lines.contains(&it.range.start))
        };
        let statements = piece::statements(&self.text).into_iter().filter(is_outer);
        statements.map(move |it| (it.clone(), piece::spaced(&self.text[it])))
    }

    fn is_setup(&self, statement: &str) -> bool {
        let code = code(statement);
        match self.language.name() {
            "cpp" => DECLARATIONS.iter().any(|it| code.starts_with(it)),
            "python" => {
                let defined = code.trim_start_matches("async ").trim_start_matches("def ");
                is_hook(defined) || statement.contains("autouse=True")
            }
            "elixir" | "javascript" | "ruby" | "tsx" | "typescript" => {
                is_hook(code) || PREFIXES.iter().any(|it| code.starts_with(it))
            }
            _ => false,
        }
    }
}

fn is_hook(code: &str) -> bool {
    let end = code.find(|it| !text::is_word(it)).unwrap_or(code.len());
    HOOKS.contains(&&code[..end])
}

/// A statement without the comments and attributes before it.
fn code(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    while piece::is_attached(rest) {
        let end = rest.find('\n').map_or(rest.len(), |it| it + 1);
        rest = rest[end..].trim_start();
    }
    rest
}

/// The name of the type of an `impl` block.
fn implementor(statement: &str) -> Option<&str> {
    let code = code(statement);
    let code = code.strip_prefix("unsafe ").unwrap_or(code);
    let head = code.strip_prefix("impl").filter(|it| it.starts_with([' ', '<']))?;
    let head = head.split(['{', '\n']).next()?;
    let of = match head.rsplit_once(" for ") {
        Some((_, of)) => of,
        None if head.starts_with('<') => &head[parameters(head)?..],
        None => head,
    };
    let path = of.trim_start().trim_start_matches('&');
    let path = &path[..path.find(|it| !text::is_word(it) && it != ':').unwrap_or(path.len())];
    path.rsplit("::").next().filter(|it| !it.is_empty())
}

/// The length of the type parameters at the start of a text.
fn parameters(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let close = text.char_indices().find(|(at, it)| {
        match it {
            '<' => depth += 1,
            '>' if !text[..*at].ends_with('-') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    close.map(|it| it.0 + 1)
}
