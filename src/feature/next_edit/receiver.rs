//! Whether the object of a member can be of the type that defines the member.

use std::ops::Range;

use crate::feature::next_edit::module;
use crate::feature::next_edit::reference::{Certainty, References, header, names};
use crate::text;

/// What a value calls itself, its type and its base.
const SELVES: [&str; 7] = ["self", "this", "Self", "cls", "super", "super()", "static"];
/// Words before the name of a type.
const BEFORE: [&str; 3] = ["new", "await", "return"];
/// Capitalised words that are not the type of a value.
const VALUES: [&str; 6] = ["None", "True", "False", "Some", "Ok", "Err"];

impl References<'_> {
    /// Whether an object may be of the member's type.
    pub(super) fn owns(&self, object: &Range<usize>, place: &Range<usize>) -> Certainty {
        let text = self.text(object).trim_start_matches(['&', '*', '(']);
        let is_path =
            text.chars().all(|it| text::is_word(it) || matches!(it, '.' | ':' | '$' | '@'));
        let words = words(text);
        let Some(first) = words.iter().find(|it| !BEFORE.contains(it)) else {
            return Certainty::Unknown;
        };
        match () {
            () if SELVES.contains(&text) => self.is_within_owner(place),
            () if is_path && words.last().is_some_and(|it| self.is_owner(it)) => Certainty::Yes,
            () if self.text(&(object.end..place.start)).contains("::") => Certainty::No,
            () if is_path && words.len() == 1 => self.value(first, place),
            () if self.is_owner(first) => Certainty::Yes,
            () if self.is_foreign(first) => Certainty::No,
            () => Certainty::Unknown,
        }
    }

    /// Whether the name of an argument or of a field in a list belongs to the member's type.
    pub(super) fn owns_label(&self, place: &Range<usize>) -> Certainty {
        let text = self.text(&(0..place.start));
        let mut depth = 0_usize;
        let open = text.char_indices().rev().find(|(_, it)| match it {
            ')' | ']' | '}' => {
                depth += 1;
                false
            }
            '(' | '[' | '{' if depth > 0 => {
                depth -= 1;
                false
            }
            it => matches!(it, '(' | '[' | '{'),
        });
        let Some((open, bracket)) = open else { return Certainty::Unknown };
        let before = text[..open].trim_end();
        let start = before.rfind(|it: char| !text::is_word(it)).map_or(0, |it| it + 1);
        let head = &before[start..];
        match bracket {
            _ if self.is_owner(head) || SELVES.contains(&head) => Certainty::Yes,
            '{' if !head.starts_with(char::is_uppercase) => Certainty::Unknown,
            _ => Certainty::No,
        }
    }

    /// Whether a place is in the code of the member's type.
    pub(super) fn is_within_owner(&self, place: &Range<usize>) -> Certainty {
        let Some(header) = header(self.texts, self.document, place.start) else {
            return Certainty::Unknown;
        };
        let names = names(&header);
        match () {
            () if names.iter().any(|it| self.is_owner(it)) => Certainty::Yes,
            // It may inherit the member.
            () if names.len() > 1 && self.language() != "rust" => Certainty::Unknown,
            () => Certainty::No,
        }
    }

    fn is_owner(&self, name: &str) -> bool {
        self.target.owners.iter().any(|it| it == name)
    }

    /// Whether a name is imported, or another type of the document.
    fn is_foreign(&self, name: &str) -> bool {
        let is_package = |source: &str| {
            module::FOLDERS.contains(&self.language()) && source.rsplit('/').next() == Some(name)
        };
        self.imports.iter().any(|it| {
            it.names.iter().any(|it| it == name) || it.source.as_deref().is_some_and(is_package)
        }) || self.definitions.iter().any(|it| it.0 == name && it.1.kind.has_members())
    }

    /// Whether the value with this name may be of the member's type, according to its declarations before the place.
    fn value(&self, name: &str, place: &Range<usize>) -> Certainty {
        let region = self.region(place);
        let is_near = |it: &&Range<usize>| region.contains(&it.start) && it.start < place.start;
        let places = self.places(name);
        let declarations = places.iter().filter(is_near).filter_map(|it| {
            let declared = self.syntax().declaration(&self.tree, it)?.1;
            Some((it.clone(), declared))
        });
        let declared: Vec<_> = declarations.collect();
        let words = declared.iter().flat_map(|(own, whole)| {
            let (before, behind) = (whole.start..own.start, own.end..whole.end);
            let texts = [self.text(&before), self.text(&behind)];
            texts.into_iter().flat_map(words).collect::<Vec<_>>()
        });
        let words: Vec<&str> = words.collect();
        match () {
            () if words.iter().any(|it| self.is_owner(it)) => Certainty::Yes,
            () if words.iter().any(|it| self.is_foreign(it) || is_type(it)) => Certainty::No,
            () if declared.is_empty() && self.is_foreign(name) => Certainty::No,
            () => Certainty::Unknown,
        }
    }
}

fn is_type(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && !VALUES.contains(&word)
}

fn words(text: &str) -> Vec<&str> {
    let words = text.split(|it: char| !text::is_word(it));
    words.filter(|it| !it.is_empty() && !it.starts_with(|it: char| it.is_ascii_digit())).collect()
}
