//! The type that defines a member, and whether an object is of that type: its declaration must say so.

use std::ops::Range;

use crate::feature::next_edit::declared::{
    is_list_of, is_one_list, is_path, is_type, makes, words,
};
use crate::feature::next_edit::label::{head, is_named};
use crate::feature::next_edit::open_texts::OpenTexts;
use crate::feature::next_edit::reference::{References, STATIC, is_member, is_static};
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::scope::ScopeKind;
use crate::text;

/// What a value calls itself and its type.
const SELVES: [&str; 6] = ["self", "this", "$this", "Self", "cls", "static"];
/// What stands before a list in the head of a loop, and what keeps its elements.
const EACH: [&str; 4] = ["in ", "of ", ": ", ":= range "];
const ITERATORS: [&str; 2] = [".iter()", ".iter_mut()"];
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
        let types = &self.target.owners;
        let names = words(text);
        let is_static = match names[..] {
            _ if SELVES.contains(&text) => self.is_in_static(place),
            [.., last] if is_path(text) => self.is_owner(last),
            _ => false,
        };
        if STATIC.contains(&self.language()) && is_static != self.target.is_static {
            return false;
        }
        match names[..] {
            _ if SELVES.contains(&text) => self.is_within_owner(place),
            _ if !is_path(text) => makes(text, types),
            [.., last] if self.is_owner(last) => true,
            [name] => self.is_value(name, place, types),
            [of, name] => self.is_field(of, name, place),
            _ => false,
        }
    }

    /// Whether a place is in a static member.
    fn is_in_static(&self, place: &Range<usize>) -> bool {
        let around = self
            .definitions
            .iter()
            .rfind(|it| is_member(it.kind) && it.range.contains(&place.start));
        around.is_some_and(|it| is_static(self.texts, self.document, it))
    }

    /// Whether the name of an argument or of a field in a list belongs to the member's type.
    pub(super) fn owns_label(&self, place: &Range<usize>) -> bool {
        // Of `{ name }`, the variable keeps its name.
        let is_shorthand = self.syntax().is_shorthand(self.tree, place);
        if !is_shorthand && !is_named(self.text(&(place.end..usize::MAX))) {
            return false;
        }
        let head = head(&self.texts.texts[self.document], place.start);
        let head = head.map_or("", |it| self.text(&it));
        self.is_owner(head) || head == "Self" && self.is_within_owner(place)
    }

    /// Whether a place is in the code of the member's type, or of a type whose first base it is and which does not
    /// define the member again.
    pub(super) fn is_within_owner(&self, place: &Range<usize>) -> bool {
        let target = self.target;
        let Some((class, header)) = header(self.texts, self.document, place.start) else {
            return self.is_in_own_method(place);
        };
        let types = |at: &Range<usize>| owners(self.texts, self.document, at);
        let is_again = |it: &&Definition| {
            is_member(it.kind)
                && it.name == target.name
                && class.contains(&it.name_range.start)
                && !(self.is_home() && it.name_range == target.declared)
                && !(self.is_home() && target.is_declared_by(self.texts, it))
                && target.is_static == is_static(self.texts, self.document, it)
                && types(&it.name_range) == types(place)
        };
        if self.definitions.iter().any(|it| is_again(&it)) {
            return false;
        }
        let is_it =
            |it: &&Definition| it.kind.has_members() && class.contains(&it.name_range.start);
        let Some(it) = self.definitions.iter().find(is_it) else {
            return names(&header).iter().any(|it| self.is_owner(it));
        };
        let bases = self.text(&(it.name_range.end..class.start + header.len()));
        self.is_owner(&it.name) || names(bases).first().is_some_and(|it| self.is_owner(it))
    }

    /// Whether a place is in a method of the member's type that is defined outside of it.
    fn is_in_own_method(&self, place: &Range<usize>) -> bool {
        let is_around =
            |it: &Definition| it.kind == DefinitionKind::Method && it.range.contains(&place.start);
        let method = self.definitions.iter().rfind(|it| is_around(it));
        let owners = method.map(|it| owners(self.texts, self.document, &it.name_range));
        owners.unwrap_or_default().iter().any(|it| self.is_owner(it))
    }

    fn is_owner(&self, name: &str) -> bool {
        self.target.owners.iter().any(|it| it == name)
    }

    /// Whether the field `name` of the value `of` is of the member's type.
    fn is_field(&self, of: &str, name: &str, place: &Range<usize>) -> bool {
        let is_it = |it: &&Definition| it.name == name && it.kind == DefinitionKind::Field;
        let fields: Vec<&Definition> = self.definitions.iter().filter(is_it).collect();
        let types = |at: &Range<usize>| owners(self.texts, self.document, at);
        let own = types(place);
        let mut of_value = fields.iter().filter(|it| {
            let types = types(&it.name_range);
            match SELVES.contains(&of) {
                true => types.iter().any(|it| own.contains(it)),
                false => self.is_value(of, place, &types),
            }
        });
        let is_typed =
            |it: &&Definition| self.is_declared(&it.name_range, &it.range, &self.target.owners);
        let first = of_value.next();
        first.is_some_and(&is_typed) && of_value.all(is_typed)
    }

    /// Whether the value with this name is of one of `types`, according to its last declaration before the place.
    fn is_value(&self, name: &str, place: &Range<usize>, types: &[String]) -> bool {
        self.variable(name, place).is_some_and(|(own, whole)| {
            self.is_declared(&own, &whole, types) || self.is_element(&own, types)
        })
    }

    /// The last variable with a name that is declared before a place and visible there, and its declaration.
    fn variable(&self, name: &str, place: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        let region = self.region(place);
        let is_near = |it: &Range<usize>| region.contains(&it.start) && it.start < place.start;
        self.places(name).into_iter().rev().filter(is_near).find_map(|it| {
            let declared = self.syntax().declaration(self.tree, &it)?.1;
            self.extent(&it).contains(&place.start).then_some((it, declared))
        })
    }

    /// Whether a loop declares the name `own` for the elements of a list of one of `types`.
    fn is_element(&self, own: &Range<usize>, types: &[String]) -> bool {
        let behind = self.text(&(own.end..usize::MAX)).trim_start();
        let line = self.text(&(0..own.start)).rsplit('\n').next().unwrap_or_default();
        let is_loop = line.contains("for");
        let listed = EACH.iter().find_map(|it| behind.strip_prefix(it)).map(str::trim_start);
        let Some(listed) = listed else { return false };
        let listed = listed.trim_start_matches(['&', '$']).trim_start_matches("mut ");
        let name = &listed[..listed.find(|it| !text::is_word(it)).unwrap_or(listed.len())];
        let rest = &listed[name.len()..];
        let is_list = ITERATORS.iter().fold(rest, |rest, it| rest.strip_prefix(it).unwrap_or(rest));
        is_loop
            && is_list.starts_with([')', ' ', ':', '{', '\n'])
            && self.variable(name, own).is_some_and(|(it, whole)| {
                let sides = [whole.start..it.start, it.end..whole.end];
                let mut sides = sides.iter().map(|it| self.text(it));
                sides.any(|it| is_list_of(it.split('=').next().unwrap_or_default(), types))
            })
    }

    /// Whether a value is made by a function of the document that returns one of `types`.
    fn is_returned(&self, value: &str, types: &[String]) -> bool {
        let value = value.trim();
        let name = &value[..value.find('(').unwrap_or_default()];
        let rest = value.get(name.len()..).unwrap_or_default().trim_end_matches(';');
        let is_call = !name.is_empty() && is_one_list(rest.strip_suffix(')').unwrap_or(rest));
        let is_it = |it: &&Definition| it.name == name && it.kind == DefinitionKind::Function;
        let mut functions = self.definitions.iter().filter(is_it);
        let Some(function) = functions.next().filter(|_| is_call) else { return false };
        let header = self.text(&(function.name_range.end..function.signature.end));
        let returned = header.rsplit_once(')').map_or("", |it| it.1).trim();
        let returned =
            returned.trim_start_matches(['-', '>', ':']).trim_end_matches([':', '{', '=']);
        functions.next().is_none() && is_type(returned, types)
    }

    /// Whether the declaration `whole` of the name `own` has one of `types`, before it or behind it, or a value of it.
    fn is_declared(&self, own: &Range<usize>, whole: &Range<usize>, types: &[String]) -> bool {
        let before = self.text(&(whole.start.min(own.start)..own.start)).trim();
        // `for (Type name : values)`, `except Type as name`.
        let before =
            before.strip_prefix("for").map_or(before, |it| it.trim_start_matches([' ', '(']));
        let is_caught = self.text(&(0..whole.start)).trim_end().ends_with("except");
        let before = before.strip_suffix(" as").filter(|_| is_caught).unwrap_or(before);
        let behind = self.text(&(own.end..whole.end.max(own.end)));
        let (kind, value) = behind.split_once('=').unwrap_or((behind, ""));
        let is_list = before.contains([',', '(', '{', '['])
            || matches!(before, "*" | "**" | "vararg")
            || kind.trim_start().starts_with([',', '[']) && !before.is_empty();
        !is_list
            && (is_type(before, types)
                || is_type(kind, types)
                || kind.trim_matches([' ', ':']).is_empty()
                    && (makes(value, types) || self.is_returned(value, types)))
    }
}

/// The names of the type around a member, or before it.
pub(super) fn owners(
    texts: &OpenTexts<'_>,
    document: usize,
    declared: &Range<usize>,
) -> Vec<String> {
    let definitions = texts.definitions(document).unwrap_or_default();
    let is_around = |it: &&Definition| it.kind.has_members() && it.range.contains(&declared.start);
    if let Some(around) = definitions.iter().rfind(is_around) {
        return vec![around.name.clone()];
    }
    let text = &texts.texts[document];
    let around = header(texts, document, declared.start).map(|it| it.1);
    let method = definitions.iter().find(|it| it.name_range == *declared);
    // `func (c *Client) name`.
    let before = method.and_then(|it| text.get(it.range.start..declared.start));
    match around {
        // `impl Trait for Type`.
        Some(header) => names(header.split_once(" for ").map_or(&*header, |it| it.1)),
        None => before.map(names).unwrap_or_default().into_iter().next_back().into_iter().collect(),
    }
}

/// The innermost type around a place, and the text between its start and its body.
fn header(texts: &OpenTexts<'_>, document: usize, at: usize) -> Option<(Range<usize>, String)> {
    let scopes = texts.shared.syntax.scopes(texts.tree(document)?, at).into_iter();
    let class = scopes.into_iter().find(|it| it.kind == ScopeKind::Class)?;
    let end = class.body.map_or(class.range.end, |it| it.start);
    let text = texts.texts[document].get(class.range.start..end)?.to_owned();
    Some((class.range, text))
}

/// The names in the header of a type, without the parameters of types.
fn names(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let outside = text.chars().map(|it| {
        match it {
            '<' | '[' => depth += 1,
            '>' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 { it } else { ' ' }
    });
    let text: String = outside.collect();
    let words = text.split(|it: char| !text::is_word(it)).filter(|it| !it.is_empty());
    words.filter(|it| !KEYWORDS.contains(it)).map(str::to_owned).collect()
}
