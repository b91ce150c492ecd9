//! Names that are read in strings: `"{name}"` in the macros of Rust that format, `"$name"` in Kotlin.

use std::ops::Range;

use crate::feature::next_edit::reference::References;
use crate::syntax::definition::DefinitionKind;
use crate::syntax::region::Region;
use crate::text;

/// Macros of Rust whose strings may contain names.
const FORMATS: [&str; 27] = [
    "anyhow",
    "assert",
    "assert_eq",
    "assert_ne",
    "bail",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "ensure",
    "eprint",
    "eprintln",
    "error",
    "format",
    "format_args",
    "info",
    "log",
    "panic",
    "print",
    "println",
    "todo",
    "trace",
    "unimplemented",
    "unreachable",
    "warn",
    "write",
    "writeln",
];

impl References<'_> {
    /// Whether the name at a place is in code, or is read in a string.
    pub(super) fn is_read(&self, place: &Range<usize>) -> bool {
        self.texts.is_code(self.document, place.start)
            || match self.language() {
                "rust" => self.is_formatted(place),
                "kotlin" => self.is_in_string(place) && odd(self.before(place), '$', '\\'),
                _ => false,
            }
    }

    fn is_in_string(&self, place: &Range<usize>) -> bool {
        self.syntax().region(self.tree, place.start + 1) == Region::String
    }

    fn is_formatted(&self, place: &Range<usize>) -> bool {
        let before = self.before(place);
        let braces = before.len() - before.trim_end_matches('{').len();
        let kind = self.target.kind;
        matches!(kind, DefinitionKind::Variable | DefinitionKind::Constant)
            && braces % 2 == 1
            && self.text(&(place.end..usize::MAX)).starts_with(['}', ':'])
            && self.is_in_string(place)
            && self.syntax().macro_name(self.tree, place).is_some_and(|it| {
                let path = self.text(&it);
                text::words(path).last().is_some_and(|it| FORMATS.contains(&it))
            })
    }

    fn before(&self, place: &Range<usize>) -> &str {
        self.text(&(0..place.start))
    }
}

/// Whether a text ends with a mark that is not escaped.
fn odd(text: &str, mark: char, escape: char) -> bool {
    text.strip_suffix(mark).is_some_and(|it| !it.ends_with([mark, escape]))
}
