//! Which places with the name of a definition refer to it, as far as syntax trees and imports tell.
//!
//! A place is not a reference if that is unknown.

use std::ops::Range;

use crate::feature::next_edit::link::is_family;
use crate::feature::next_edit::open_texts::OpenTexts;
use crate::feature::next_edit::receiver::owners;
use crate::feature::next_edit::shadow::region;
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::import::Import;
use crate::syntax::language::IMPLICIT;
use crate::syntax::scope::ScopeKind;
use crate::syntax::tree::Tree;
use crate::text;

/// Languages in which an assignment in a function declares a local variable.
pub(super) const ASSIGNING: [&str; 2] = ["python", "ruby"];
/// Languages in which the value of an enum is rarely used without the enum's name.
const QUALIFYING: [&str; 9] =
    ["rust", "java", "c-sharp", "kotlin", "scala", "swift", "python", "typescript", "tsx"];
/// Languages in which a function may be declared before its definition.
const PROTOTYPES: [&str; 2] = ["c", "cpp"];
/// Languages in which a type and its values may have members with one name.
pub(super) const STATIC: [&str; 3] = ["javascript", "typescript", "tsx"];
/// Languages in which several functions may have one name.
pub(super) const OVERLOADING: [&str; 9] =
    ["java", "c-sharp", "kotlin", "cpp", "scala", "swift", "typescript", "tsx", "elixir"];

/// A definition whose references are sought.
pub(super) struct Target {
    pub(super) document: usize,
    /// The name that its references have.
    pub(super) name: String,
    /// Where it is declared, under this name or another.
    pub(super) declared: Range<usize>,
    pub(super) kind: DefinitionKind,
    /// Where it is visible; `None` if everywhere.
    pub(super) scope: Option<Range<usize>>,
    /// The names of the type of which it is a member.
    pub(super) owners: Vec<String>,
    /// Whether the type has it, not its values, where both may have one with this name.
    pub(super) is_static: bool,
    /// The name that references have which were renamed already.
    pub(super) renamed: Option<String>,
}

/// The references to a definition in one document.
pub(super) struct References<'a> {
    pub(super) texts: &'a OpenTexts<'a>,
    pub(super) target: &'a Target,
    pub(super) document: usize,
    pub(super) tree: &'a Tree,
    pub(super) imports: &'a [Import],
    pub(super) definitions: &'a [Definition],
    /// Ranges in which the name means something else.
    pub(super) shadows: Vec<Range<usize>>,
    is_linked: bool,
}

impl Target {
    pub(super) fn new(
        texts: &OpenTexts<'_>,
        document: usize,
        name: &str,
        declared: Range<usize>,
        kind: DefinitionKind,
        scope: Option<Range<usize>>,
    ) -> Self {
        let owners = if is_member(kind) { owners(texts, document, &declared) } else { Vec::new() };
        let definitions = texts.definitions(document).unwrap_or_default();
        let own = definitions.iter().find(|it| it.name_range == declared);
        let is_static = own.is_some_and(|it| is_static(texts, document, it));
        let (name, renamed) = (name.to_owned(), None);
        Self { document, name, declared, kind, scope, owners, is_static, renamed }
    }

    /// The references in a document; `None` if there can be none.
    pub(super) fn references<'a>(
        &'a self,
        texts: &'a OpenTexts<'a>,
        document: usize,
    ) -> Option<References<'a>> {
        let is_home = document == self.document;
        let [here, home] = [document, self.document].map(|it| texts.open[it].language);
        if !is_home && (self.scope.is_some() || !is_family(here, home)) {
            return None;
        }
        let mut references = References::new(texts, self, document)?;
        if references.definitions.iter().any(|it| self.is_rival(texts, document, it)) {
            return None;
        }
        references.is_linked = is_home || references.imports_it();
        references.shadows = references.shadows();
        Some(references)
    }

    /// Whether another definition has the name in the same places.
    pub(super) fn is_rival(
        &self,
        texts: &OpenTexts<'_>,
        document: usize,
        other: &Definition,
    ) -> bool {
        let is_home = document == self.document;
        if other.name != self.name
            || is_home && (other.name_range == self.declared || self.is_type(other))
            || is_home && self.is_declared_by(texts, other)
        {
            return false;
        }
        match [is_member(self.kind), is_member(other.kind)] {
            [true, true] => {
                is_home
                    && self.is_owned(texts, other)
                    && self.is_static == is_static(texts, document, other)
            }
            [false, false] => {
                let region = region(texts, document, &other.name_range);
                let is_around = is_home && region.contains(&self.declared.start);
                match &self.scope {
                    Some(scope) => {
                        is_around && scope.start <= region.start && region.end <= scope.end
                    }
                    None => region.end == usize::MAX || is_around,
                }
            }
            _ => false,
        }
    }

    /// Whether a definition in its document is a constructor of this type.
    pub(super) fn is_made_by(&self, texts: &OpenTexts<'_>, other: &Definition) -> bool {
        let definitions = texts.definitions(self.document).unwrap_or_default().iter();
        let types = definitions.filter(|it| it.kind.has_members());
        let mut around = types.filter(|it| it.range.contains(&other.name_range.start));
        let is_this = match around.next_back() {
            Some(it) => it.name_range == self.declared,
            // `Type::Type`, of which the first may be renamed already.
            None => owners(texts, self.document, &other.name_range)
                .iter()
                .any(|it| *it == self.name || self.renamed.as_ref().is_some_and(|new| it == new)),
        };
        other.kind == DefinitionKind::Method && is_this
    }

    /// Whether another definition in its document declares the same: a prototype, or a field that is set again.
    pub(super) fn is_declared_by(&self, texts: &OpenTexts<'_>, other: &Definition) -> bool {
        let language = texts.open[self.document].language_name();
        let same_kind = other.kind == self.kind && other.name_range != self.declared;
        same_kind
            && (!is_member(self.kind) || self.is_owned(texts, other))
            && match self.kind {
                DefinitionKind::Field => ASSIGNING.contains(&language),
                DefinitionKind::Function | DefinitionKind::Method => {
                    PROTOTYPES.contains(&language) && self.is_prototype(texts, other)
                }
                _ => false,
            }
    }

    /// Whether one of this function and another, of two, has no body, and both have as many parameters.
    fn is_prototype(&self, texts: &OpenTexts<'_>, other: &Definition) -> bool {
        let mut definitions = texts.definitions(self.document).unwrap_or_default().iter();
        let is_it = |it: &&Definition| it.name_range == self.declared;
        let Some(own) = definitions.find(is_it) else { return false };
        let text = &texts.texts[self.document];
        let count = |it: &Definition| {
            let header = text.get(it.signature.clone()).unwrap_or_default();
            header.matches(',').count()
        };
        let has_body = |it: &Definition| it.signature.end < it.range.end;
        !(has_body(own) && has_body(other)) && count(own) == count(other)
    }

    /// Whether a definition in its document is a member of the same type.
    fn is_owned(&self, texts: &OpenTexts<'_>, other: &Definition) -> bool {
        let owners = owners(texts, self.document, &other.name_range);
        owners.iter().any(|it| self.owners.contains(it))
    }

    /// Whether a definition is the type whose constructor this is.
    pub(super) fn is_type(&self, definition: &Definition) -> bool {
        definition.kind.has_members() && self.owners.contains(&self.name)
    }
}

impl<'a> References<'a> {
    fn new(texts: &'a OpenTexts<'a>, target: &'a Target, document: usize) -> Option<Self> {
        let tree = texts.tree(document)?;
        let (definitions, imports) = (texts.definitions(document)?, texts.imports(document)?);
        let (shadows, is_linked) = (Vec::new(), false);
        Some(Self { texts, target, document, tree, imports, definitions, shadows, is_linked })
    }

    /// Whether the name at `place` refers to the definition.
    pub(super) fn contains(&self, place: &Range<usize>) -> bool {
        let Self { target, document, .. } = self;
        let is_home = *document == target.document;
        let is_visible = target.scope.as_ref().is_none_or(|it| it.contains(&place.start));
        if !is_visible
            || !self.is_read(place)
            || !self.is_in_reach(place)
            || is_home && *place == target.declared
            || !self.has_form(place)
            || self.is_other_member(place)
        {
            return false;
        }
        if let Some(import) = self.import(place) {
            return match is_member(target.kind) {
                true => !import.names.is_empty() && self.is_of_member(import),
                false => !is_home && self.names_it(import, place),
            };
        }
        let receiver = self.syntax().receiver(self.tree, place);
        match receiver {
            Some(object) if is_member(target.kind) => {
                self.knows_owner() && self.owns(&object, place)
            }
            Some(object) => self.is_module(&object, place) || self.is_constructor(place),
            None if is_member(target.kind) => self.is_bare_member(place),
            None => {
                self.is_linked
                    && (!self.syntax().is_label(self.tree, place) || self.is_value_too(place))
                    && !self.is_shadowed(place)
            }
        }
    }

    /// Whether a constructor of the type is defined at a place.
    fn is_constructor(&self, place: &Range<usize>) -> bool {
        let mut definitions = self.definitions.iter();
        let is_it = |it: &Definition| self.target.is_made_by(self.texts, it);
        self.is_home() && definitions.any(|it| it.name_range == *place && is_it(it))
    }

    /// Whether the name at a place is a member and the variable with its value, as in `{ name }`.
    pub(super) fn is_value_too(&self, place: &Range<usize>) -> bool {
        self.syntax().is_shorthand(self.tree, place)
            && self.syntax().binding(self.tree, place).is_none()
            && !self.syntax().is_pattern(self.tree, place)
    }

    /// What stands between a member and its value.
    pub(super) fn setting(&self) -> &'static str {
        if self.language() == "c-sharp" { " = " } else { ": " }
    }

    /// Whether a place is the name of another member, or may be a use of it: in the body of its type, which is no
    /// function.
    fn is_other_member(&self, place: &Range<usize>) -> bool {
        let target = self.target;
        let is_it = |it: &Definition| {
            it.name_range == target.declared
                || target.is_made_by(self.texts, it)
                || target.is_declared_by(self.texts, it)
        };
        let is_other = |it: &Definition| is_member(it.kind) && !(self.is_home() && is_it(it));
        let mut named = self.definitions.iter().filter(|it| it.name == target.name);
        if named.clone().any(|it| it.name_range == *place && is_other(it)) {
            return true;
        }
        let is_bare = !is_member(target.kind) && ASSIGNING.contains(&self.language());
        let body = || {
            let scope = self.syntax().scopes(self.tree, place.start).into_iter().next()?;
            (scope.kind == ScopeKind::Class).then_some(scope.body?)
        };
        is_bare
            && body().is_some_and(|body| {
                let is_within = |it: &Definition| body.contains(&it.name_range.start);
                body.contains(&place.start)
                    && named.any(|it| is_within(it) && it.range.end <= place.start && is_other(it))
            })
    }

    /// The places with a name in the code of the document, in order.
    pub(super) fn places(&self, name: &str) -> Vec<Range<usize>> {
        let text = &*self.texts.texts[self.document];
        let found = memchr::memmem::find_iter(text.as_bytes(), name.as_bytes());
        let ranges = found.map(|start| start..start + name.len());
        let is_whole = |it: &Range<usize>| {
            !text[..it.start].ends_with(text::is_word) && !text[it.end..].starts_with(text::is_word)
        };
        ranges.filter(is_whole).filter(|it| self.is_read(it)).collect()
    }

    /// Another member with this name of the same type, unless both may have it. `own` are the places that were renamed.
    pub(super) fn other_member(&self, name: &str, own: &[Range<usize>]) -> Option<Range<usize>> {
        let target = self.target;
        let can_overload =
            target.kind == DefinitionKind::Method && OVERLOADING.contains(&self.language());
        let is_other = |it: &&Definition| {
            it.name == name && is_member(it.kind) && !own.contains(&it.name_range)
        };
        let mut others = self.definitions.iter().filter(is_other).map(|it| it.name_range.clone());
        let is_same_type = |it: &Range<usize>| {
            let owners = owners(self.texts, self.document, it);
            owners.iter().any(|it| target.owners.contains(it))
        };
        others.find(is_same_type).filter(|_| !can_overload)
    }

    /// Whether the name at a place is used there, neither as a member nor as a label.
    pub(super) fn is_bare(&self, place: &Range<usize>) -> bool {
        self.syntax().receiver(self.tree, place).is_none()
            && !self.syntax().is_label(self.tree, place)
    }

    /// The import around a place.
    pub(super) fn import(&self, place: &Range<usize>) -> Option<&Import> {
        self.imports.iter().find(|it| it.range.start <= place.start && place.end <= it.range.end)
    }

    pub(super) fn syntax(&self) -> &'a Syntax {
        &self.texts.shared.syntax
    }

    pub(super) fn language(&self) -> &str {
        self.texts.open[self.document].language_name()
    }

    pub(super) fn text(&self, range: &Range<usize>) -> &str {
        let text = &self.texts.texts[self.document];
        text.get(range.start..range.end.min(text.len())).unwrap_or_default()
    }

    /// Whether a name without an object is the member: an argument of its type, or in its type's own code.
    fn is_bare_member(&self, place: &Range<usize>) -> bool {
        let is_label = self.syntax().is_label(self.tree, place);
        match self.target.kind {
            DefinitionKind::Field if self.owns_label(place) => self.knows_owner(),
            DefinitionKind::Method if self.target.owners.contains(&self.target.name) => {
                !is_label && self.knows_owner() && !self.is_shadowed(place)
            }
            DefinitionKind::Variant if !QUALIFYING.contains(&self.language()) => {
                !is_label && self.is_home() && !self.is_shadowed(place)
            }
            _ => {
                !is_label
                    && IMPLICIT.contains(&self.language())
                    && !self.is_shadowed(place)
                    && (self.is_within_owner(place) || self.is_imported_member())
            }
        }
    }

    pub(super) fn is_home(&self) -> bool {
        self.document == self.target.document
    }
}

/// Whether a definition is a member of its type, not of the values of the type.
pub(super) fn is_static(texts: &OpenTexts<'_>, document: usize, definition: &Definition) -> bool {
    let head = definition.range.start..definition.name_range.start;
    let head = texts.texts[document].get(head).unwrap_or_default();
    STATIC.contains(&texts.open[document].language_name())
        && text::words(head).any(|it| it == "static")
}

/// Whether a definition is a member of a type.
pub(super) fn is_member(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Field | DefinitionKind::Method | DefinitionKind::Variant)
}
