//! The type that defines a member, and whether an object is of that type: its declaration must say so.

use std::ops::Range;

use crate::feature::next_edit::OpenTexts;
use crate::feature::next_edit::reference::References;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::scope::ScopeKind;
use crate::text;

/// What a value calls itself, its type and its base.
const SELVES: [&str; 7] = ["self", "this", "Self", "cls", "super", "super()", "static"];
/// What follows the name of a loop's variable.
const LOOPS: [&str; 2] = ["in", "of"];
/// Words of a type's header that are not its name.
const KEYWORDS: [&str; 18] = [
    "impl",
    "for",
    "class",
    "struct",
    "interface",
    "trait",
    "enum",
    "object",
    "extends",
    "implements",
    "where",
    "public",
    "private",
    "abstract",
    "final",
    "export",
    "default",
    "func",
];

impl References<'_> {
    /// Whether an object is of the member's type.
    pub(super) fn owns(&self, object: &Range<usize>, place: &Range<usize>) -> bool {
        let text = self.text(object).trim_start_matches(['&', '*', '(']);
        let is_path =
            text.chars().all(|it| text::is_word(it) || matches!(it, '.' | ':' | '$' | '@'));
        let words = words(text);
        match (words.first(), words.last()) {
            _ if SELVES.contains(&text) => self.is_within_owner(place),
            (_, Some(last)) if is_path && self.is_owner(last) => true,
            (Some(name), _) if is_path && words.len() == 1 => self.is_value(name, place),
            (_, Some(name)) if is_path => self.is_field(name),
            _ => self.makes_owner(text),
        }
    }

    /// Whether the name of an argument or of a field in a list belongs to the member's type.
    pub(super) fn owns_label(&self, place: &Range<usize>) -> bool {
        let behind = self.text(&(place.end..usize::MAX)).trim_start();
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
        let Some((open, _)) = open else { return false };
        let before = text[..open].trim_end();
        let start = before.rfind(|it: char| !text::is_word(it)).map_or(0, |it| it + 1);
        let head = &before[start..];
        // `{ name }` is also the name of a variable.
        let is_named = behind.starts_with([':', '='])
            && !["::", ":=", "=="].iter().any(|it| behind.starts_with(it));
        is_named && (self.is_owner(head) || head == "Self")
    }

    /// Whether a place is in the code of the member's type.
    pub(super) fn is_within_owner(&self, place: &Range<usize>) -> bool {
        let header = header(self.texts, self.document, place.start).unwrap_or_default();
        names(&header).iter().any(|it| self.is_owner(it))
    }

    fn is_owner(&self, name: &str) -> bool {
        self.target.owners.iter().any(|it| it == name)
    }

    /// Whether the fields with this name are of the member's type.
    fn is_field(&self, name: &str) -> bool {
        let is_it = |it: &&(String, Definition)| it.0 == name && it.1.kind == DefinitionKind::Field;
        let mut fields = self.definitions.iter().filter(is_it).map(|it| &it.1).peekable();
        fields.peek().is_some() && fields.all(|it| self.is_declared(&it.name_range, &it.range))
    }

    /// Whether the value with this name is of the member's type, according to its last declaration before the place.
    fn is_value(&self, name: &str, place: &Range<usize>) -> bool {
        let region = self.region(place);
        let is_near = |it: &Range<usize>| region.contains(&it.start) && it.start < place.start;
        let declaration = self.places(name).into_iter().rev().filter(is_near).find_map(|it| {
            let declared = self.syntax().declaration(&self.tree, &it)?.1;
            Some((it, declared))
        });
        declaration.is_some_and(|(own, whole)| self.is_declared(&own, &whole))
    }

    /// Whether the declaration `whole` of the name `own` contains the member's type: before it, behind it, or as the
    /// beginning of its value.
    fn is_declared(&self, own: &Range<usize>, whole: &Range<usize>) -> bool {
        let before = self.text(&(whole.start.min(own.start)..own.start));
        let behind = self.text(&(own.end..whole.end.max(own.end)));
        let (kind, value) = behind.split_once('=').unwrap_or((behind, ""));
        let has_owner = |text: &str| words(text).into_iter().any(|it| self.is_owner(it));
        let is_loop = words(kind).first().is_some_and(|it| LOOPS.contains(it));
        !is_loop && (has_owner(before) || has_owner(kind)) || self.makes_owner(value)
    }

    /// Whether an expression begins with the member's type: `Type(…)`, `new a.Type(…)`, `&Type{…}`, `Type::new(…)`.
    fn makes_owner(&self, text: &str) -> bool {
        let text = text.trim_start_matches(['&', '*', '(', ' ']);
        let path = &text[..text.find(['(', '{', '[']).unwrap_or(text.len())];
        words(path).into_iter().any(|it| self.is_owner(it))
    }
}

/// The names of the type around a member, or before it.
pub(super) fn owners(
    texts: &OpenTexts<'_>,
    document: usize,
    declared: &Range<usize>,
) -> Vec<String> {
    let definitions = texts.definitions(document).unwrap_or_default();
    let is_around = |it: &&(String, Definition)| {
        it.1.kind.has_members() && it.1.range.contains(&declared.start)
    };
    if let Some((name, _)) = definitions.iter().rfind(is_around) {
        return vec![name.clone()];
    }
    let text = &texts.texts[document];
    let around = header(texts, document, declared.start);
    let method = definitions.iter().find(|it| it.1.name_range == *declared);
    // `func (c *Client) name`.
    let before = method.and_then(|it| text.get(it.1.range.start..declared.start));
    match around {
        // `impl Trait for Type`.
        Some(header) => names(header.split_once(" for ").map_or(&*header, |it| it.1)),
        None => before.map(names).unwrap_or_default().into_iter().next_back().into_iter().collect(),
    }
}

/// The text between the start of the innermost type around a place and its body.
fn header(texts: &OpenTexts<'_>, document: usize, at: usize) -> Option<String> {
    let tree = texts.shared.trees.newest(&texts.open[document].key)?;
    let scopes = texts.shared.syntax.scopes(&tree, at).into_iter();
    let class = scopes.into_iter().find(|it| it.kind == ScopeKind::Class)?;
    let end = class.body.map_or(class.range.end, |it| it.start);
    texts.texts[document].get(class.range.start..end).map(str::to_owned)
}

/// The names in the header of a type, without the parameters of types.
fn names(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let outside = text.chars().map(|it| {
        match it {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 { it } else { ' ' }
    });
    let text: String = outside.collect();
    let words = text.split(|it: char| !text::is_word(it)).filter(|it| !it.is_empty());
    words.filter(|it| !KEYWORDS.contains(it)).map(str::to_owned).collect()
}

fn words(text: &str) -> Vec<&str> {
    let words = text.split(|it: char| !text::is_word(it));
    words.filter(|it| !it.is_empty() && !it.starts_with(|it: char| it.is_ascii_digit())).collect()
}
