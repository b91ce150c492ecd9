//! Detects the indentation of a text.

use std::ffi::OsStr;
use std::path::Path;

/// Languages with two spaces by convention.
const TWO: [&str; 7] =
    ["elixir", "haskell", "ocaml", "ocaml-interface", "ocaml.interface", "ruby", "scala"];
/// Weight of a language's convention, in counted steps.
const CONVENTION: usize = 3;

/// One step of indentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indentation {
    Tabs,
    Spaces(usize),
}

impl Indentation {
    /// The indentation of most lines; `None` where no line is indented.
    pub fn of(text: &str) -> Option<Self> {
        Self::counted(text, [0; 9])
    }

    /// The same, with the convention of `language` as a weighted default.
    pub(crate) fn of_language(text: &str, language: &str) -> Option<Self> {
        let mut steps = [0; 9];
        if TWO.contains(&language) {
            steps[2] = CONVENTION;
        }
        Self::counted(text, steps).filter(|_| text.lines().any(|it| !blanks(it).is_empty()))
    }

    fn counted(text: &str, mut steps: [usize; 9]) -> Option<Self> {
        let (mut tabs, mut last) = (0, 0);
        let mut is_comment = false;
        for line in text.lines().filter(|it| !it.trim().is_empty()) {
            let blanks = blanks(line);
            if blanks.starts_with('\t') {
                tabs += 1;
            }
            let step = blanks.len().saturating_sub(last);
            let is_words = std::mem::replace(&mut is_comment, opens_comment(line));
            if !is_words && !blanks.contains('\t') && (1..steps.len()).contains(&step) {
                steps[step] += 1;
            }
            last = blanks.len();
        }
        let spaces = (2..steps.len()).rev().max_by_key(|it| steps[*it]).filter(|it| steps[*it] > 0);
        match spaces {
            Some(step) if steps[step] >= tabs => Some(Self::Spaces(step)),
            _ if tabs > 0 => Some(Self::Tabs),
            _ => None,
        }
    }

    /// One step in a document: from most of its lines, else from `told` (the editor), else from the
    /// convention of the language.
    pub fn in_document(
        text: &str,
        told: impl FnOnce() -> Option<Self>,
        language: &str,
        path: Option<&Path>,
    ) -> Option<Self> {
        let name = path.and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
        // A recipe line starts with a tab, whatever the indentation of continuation lines.
        let is_make = matches!(language, "make" | "makefile")
            || name.to_lowercase().ends_with("makefile")
            || name.ends_with(".mk");
        match is_make {
            true => Some(Self::Tabs),
            false => Self::of(text).or_else(told).or_else(|| Self::usual(language)),
        }
    }

    /// From a line that contains only white space.
    pub(crate) fn of_head(head: &str) -> Option<Self> {
        let is_blank = !head.is_empty() && head.trim().is_empty();
        match head.len() {
            _ if !is_blank => None,
            _ if head.starts_with('\t') => Some(Self::Tabs),
            1 => None,
            count => {
                Some(Self::Spaces([4, 2, 3].into_iter().find(|it| count % it == 0).unwrap_or(4)))
            }
        }
    }

    /// The convention of a language; `None` where it has none.
    pub(crate) fn usual(language: &str) -> Option<Self> {
        let language = language.to_ascii_lowercase();
        matches!(language.as_str(), "go" | "makefile" | "make" | "mk" | "go.mod")
            .then_some(Self::Tabs)
    }

    /// Columns of one step; a tab counts as four.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Tabs => 4,
            Self::Spaces(count) => count,
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::Tabs => "\t".to_owned(),
            Self::Spaces(count) => " ".repeat(count),
        }
    }
}

/// Whether a line starts a comment or a string whose next line can have any alignment.
fn opens_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["(*", "/*", "<!--", "\"\"\"", "#", "--", "//", "*"].iter().any(|it| line.starts_with(it))
}

/// Leading spaces and tabs.
pub(crate) fn blanks(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indentation_of_most_lines_is_used() {
        let check = |text, expected| assert_eq!(Indentation::of(text), expected, "{text:?}");
        check("a\n\tb\n\t\tc\n", Some(Indentation::Tabs));
        check("a\n  b\n    c\n  d\n", Some(Indentation::Spaces(2)));
        check("a:\n    b:\n        c\n", Some(Indentation::Spaces(4)));
        check("a\nb\n", None);
        check("", None);
        check("/*\n * a\n */\nf\n    g\n", Some(Indentation::Spaces(4)));
    }
}
