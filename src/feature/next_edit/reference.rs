//! Which places with the name of a definition refer to it, as far as syntax trees and imports tell.
//!
//! A place is not a reference if that is unknown.

use std::ops::Range;

use crate::feature::next_edit::OpenTexts;
use crate::feature::next_edit::link::{IMPORTING, is_family};
use crate::feature::next_edit::receiver::owners;
use crate::syntax::Syntax;
use crate::syntax::binding::Binding;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::import::Import;
use crate::syntax::language::IMPLICIT;
use crate::syntax::scope::ScopeKind;
use crate::syntax::tree::Tree;
use crate::text;

/// Languages in which an assignment in a function declares a local variable.
const ASSIGNING: [&str; 2] = ["python", "ruby"];
/// Languages in which the value of an enum is rarely used without the enum's name.
const QUALIFYING: [&str; 9] =
    ["rust", "java", "c-sharp", "kotlin", "scala", "swift", "python", "typescript", "tsx"];
/// Languages in which a local variable is not visible in its own declaration.
const SEQUENTIAL: [&str; 6] = ["rust", "go", "java", "c-sharp", "kotlin", "swift"];
/// Languages in which a function and a variable may have one name.
const SEPARATE: [&str; 1] = ["java"];
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
    /// The name that references have which were renamed already.
    pub(super) renamed: Option<String>,
}

/// The references to a definition in one document.
pub(super) struct References<'a> {
    pub(super) texts: &'a OpenTexts<'a>,
    pub(super) target: &'a Target,
    pub(super) document: usize,
    pub(super) tree: Tree,
    pub(super) imports: Vec<Import>,
    pub(super) definitions: Vec<(String, Definition)>,
    /// Ranges in which the name means something else.
    shadows: Vec<Range<usize>>,
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
        let (name, renamed) = (name.to_owned(), None);
        Self { document, name, declared, kind, scope, owners, renamed }
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
        (name, other): &(String, Definition),
    ) -> bool {
        let is_home = document == self.document;
        if *name != self.name
            || is_home && (other.name_range == self.declared || self.is_type(other))
        {
            return false;
        }
        let is_bare = IMPLICIT.contains(&texts.open[document].language_name());
        match [is_member(self.kind), is_member(other.kind)] {
            [true, true] => {
                let owners = owners(texts, document, &other.name_range);
                is_home && owners.iter().any(|it| self.owners.contains(it))
            }
            [false, false] => {
                let region = texts.region(document, &other.name_range);
                region.end == usize::MAX || is_home && region.contains(&self.declared.start)
            }
            _ => is_bare,
        }
    }

    /// Whether a definition is the type whose constructor this is.
    fn is_type(&self, definition: &Definition) -> bool {
        definition.kind.has_members() && self.owners.contains(&self.name)
    }
}

impl<'a> References<'a> {
    fn new(texts: &'a OpenTexts<'a>, target: &'a Target, document: usize) -> Option<Self> {
        let tree = texts.shared.trees.newest(&texts.open[document].key)?;
        let definitions = texts.definitions(document)?;
        let imports = texts.shared.syntax.imports_within(&tree, 0..texts.texts[document].len());
        let (shadows, is_linked) = (Vec::new(), false);
        Some(Self { texts, target, document, tree, imports, definitions, shadows, is_linked })
    }

    /// Whether the name at `place` refers to the definition.
    pub(super) fn contains(&self, place: &Range<usize>) -> bool {
        let Self { texts, target, document, .. } = self;
        let is_home = *document == target.document;
        let is_visible = target.scope.as_ref().is_none_or(|it| it.contains(&place.start));
        if !is_visible
            || !texts.is_code(*document, place.start)
            || is_home && *place == target.declared
            || !is_member(target.kind) && !self.has_sigil(place)
            || self.is_other_member(place)
            || self.is_outside_variable(place)
        {
            return false;
        }
        if let Some(import) = self.import(place) {
            return !is_home && !is_member(target.kind) && self.names_it(import, place);
        }
        let receiver = self.syntax().receiver(&self.tree, place);
        match receiver {
            Some(object) if is_member(target.kind) => {
                self.knows_owner() && self.owns(&object, place)
            }
            Some(object) => self.is_module(&object, place),
            None if is_member(target.kind) => self.is_bare_member(place),
            None => {
                self.is_linked
                    && !self.syntax().is_label(&self.tree, place)
                    && !self.is_shadowed(place)
            }
        }
    }

    /// Whether a place is the name of another member, or may be a use of it: in the body of its type, which is no
    /// function.
    fn is_other_member(&self, place: &Range<usize>) -> bool {
        let target = self.target;
        let is_constructor = |it: &Definition| {
            it.kind == DefinitionKind::Method
                && target.kind.has_members()
                && owners(self.texts, self.document, &it.name_range).contains(&target.name)
        };
        let is_other = |it: &Definition| {
            is_member(it.kind)
                && !(self.is_home() && it.name_range == target.declared)
                && !is_constructor(it)
        };
        let mut named = self.definitions.iter().filter(|it| it.0 == target.name).map(|it| &it.1);
        if named.clone().any(|it| it.name_range == *place && is_other(it)) {
            return true;
        }
        let is_bare = !is_member(target.kind) && ASSIGNING.contains(&self.language());
        let body = || {
            let tree = self.texts.shared.trees.newest(&self.texts.open[self.document].key)?;
            let scope = self.syntax().scopes(&tree, place.start).into_iter().next()?;
            (scope.kind == ScopeKind::Class).then_some(scope.body?)
        };
        is_bare
            && body().is_some_and(|body| {
                let is_within = |it: &Definition| body.contains(&it.name_range.start);
                body.contains(&place.start)
                    && named.any(|it| is_within(it) && it.range.end <= place.start && is_other(it))
            })
    }

    /// Whether a place cannot be a variable: it is called as a function, or is in the variable's declaration.
    fn is_outside_variable(&self, place: &Range<usize>) -> bool {
        let target = self.target;
        if target.kind != DefinitionKind::Variable {
            return false;
        }
        let declaration = || self.syntax().declaration(&self.tree, &target.declared);
        let is_called = self.text(&(place.end..usize::MAX)).trim_start().starts_with('(');
        is_called && SEPARATE.contains(&self.language())
            || self.is_home()
                && SEQUENTIAL.contains(&self.language())
                && declaration().is_some_and(|(_, whole)| whole.contains(&place.start))
    }

    /// Whether a place has the `$` of the definition, if any: in PHP, `$name` and `name` are two names.
    fn has_sigil(&self, place: &Range<usize>) -> bool {
        let has = |document: usize, at: usize| self.texts.texts[document][..at].ends_with('$');
        self.language() != "php"
            || has(self.document, place.start)
                == has(self.target.document, self.target.declared.start)
    }

    /// The places with a name in the code of the document, in order.
    pub(super) fn places(&self, name: &str) -> Vec<Range<usize>> {
        let text = &*self.texts.texts[self.document];
        let found = memchr::memmem::find_iter(text.as_bytes(), name.as_bytes());
        let ranges = found.map(|start| start..start + name.len());
        let is_whole = |it: &Range<usize>| {
            !text[..it.start].ends_with(text::is_word) && !text[it.end..].starts_with(text::is_word)
        };
        ranges.filter(is_whole).filter(|it| self.texts.is_code(self.document, it.start)).collect()
    }

    /// Another member with this name of the same type, unless both may have it.
    pub(super) fn other_member(&self, name: &str) -> Option<Range<usize>> {
        let target = self.target;
        let can_overload =
            target.kind == DefinitionKind::Method && OVERLOADING.contains(&self.language());
        let is_other = |it: &&(String, Definition)| {
            it.0 == name && is_member(it.1.kind) && it.1.name_range != target.declared
        };
        let mut others = self.definitions.iter().filter(is_other).map(|it| it.1.name_range.clone());
        let is_same_type = |it: &Range<usize>| {
            let owners = owners(self.texts, self.document, it);
            owners.iter().any(|it| target.owners.contains(it))
        };
        others.find(is_same_type).filter(|_| !can_overload)
    }

    /// Whether the name at a place is used there, neither as a member nor as a label.
    pub(super) fn is_bare(&self, place: &Range<usize>) -> bool {
        self.syntax().receiver(&self.tree, place).is_none()
            && !self.syntax().is_label(&self.tree, place)
    }

    /// Where a name that is declared at a place is visible.
    pub(super) fn region(&self, place: &Range<usize>) -> Range<usize> {
        region(self.texts, self.document, &self.definitions, place)
    }

    /// Where `new` already means something else: the ranges in which it does, and the places that declare it. `own` are
    /// the places that were renamed.
    pub(super) fn captures(&self, new: &str, own: &[Range<usize>]) -> Vec<[Range<usize>; 2]> {
        let can_overload =
            self.target.kind == DefinitionKind::Function && OVERLOADING.contains(&self.language());
        let is_declared = |it: &Range<usize>| {
            let definition = self.definitions.iter().find(|(_, other)| other.name_range == *it);
            match definition.map(|it| it.1.kind) {
                Some(DefinitionKind::Function) => !can_overload,
                Some(kind) => !is_member(kind),
                None => {
                    self.import(it).is_some_and(|import| import.names.iter().any(|it| it == new))
                        || !self.syntax().is_label(&self.tree, it)
                            && self.syntax().binding(&self.tree, it).is_some()
                }
            }
        };
        let mut places = self.places(new);
        places.retain(|it| !own.contains(it) && is_declared(it));
        places.into_iter().map(|it| [self.region(&it), it]).collect()
    }

    /// The import around a place.
    fn import(&self, place: &Range<usize>) -> Option<&Import> {
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
        let is_label = self.syntax().is_label(&self.tree, place);
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
                    && self.is_within_owner(place)
            }
        }
    }

    pub(super) fn is_home(&self) -> bool {
        self.document == self.target.document
    }

    fn is_shadowed(&self, place: &Range<usize>) -> bool {
        self.shadows.iter().any(|it| it.contains(&place.start))
    }

    fn shadows(&self) -> Vec<Range<usize>> {
        let own = self.definitions.iter().filter(|it| self.target.is_type(&it.1));
        let own = own.map(|it| &it.1.name_range).chain([&self.target.declared]);
        let own: Vec<_> = own.filter(|_| self.is_home()).collect();
        let mut places = self.places(&self.target.name);
        places
            .retain(|it| !own.contains(&it) && (is_member(self.target.kind) || self.has_sigil(it)));
        let others = places.into_iter().filter(|it| match self.import(it) {
            // `import { name as other }` binds another name.
            Some(import) => {
                let binds = import.names.contains(&self.target.name)
                    || import.names.is_empty() && !IMPORTING.contains(&self.language());
                binds && (self.is_home() || !self.names_it(import, it))
            }
            None => {
                self.is_defined(it)
                    || !self.syntax().is_label(&self.tree, it) && self.is_rebound(it)
            }
        });
        others.map(|it| self.region(&it)).collect()
    }

    /// Whether a definition that is no member has its name at a place.
    fn is_defined(&self, place: &Range<usize>) -> bool {
        let mut definitions = self.definitions.iter().map(|it| &it.1);
        definitions.any(|it| it.name_range == *place && !is_member(it.kind))
    }

    /// Whether something else gets the name at a place.
    fn is_rebound(&self, place: &Range<usize>) -> bool {
        match self.syntax().binding(&self.tree, place) {
            Some(Binding::Parameter | Binding::Variable) => true,
            Some(Binding::Assigned) => {
                let region = self.region(place);
                let is_own = self.target.scope.as_ref().is_some_and(|it| *it == region);
                let is_local = ASSIGNING.contains(&self.language()) && region.end != usize::MAX;
                let is_outer = is_local
                    && ["global ", "nonlocal "].iter().any(|it| self.text(&region).contains(it));
                self.target.kind != DefinitionKind::Variable || is_local && !is_own && !is_outer
            }
            None => false,
        }
    }
}

impl OpenTexts<'_> {
    fn region(&self, document: usize, place: &Range<usize>) -> Range<usize> {
        region(self, document, &self.definitions(document).unwrap_or_default(), place)
    }
}

/// The function or module around a place, or the whole document.
fn region(
    texts: &OpenTexts<'_>,
    document: usize,
    definitions: &[(String, Definition)],
    place: &Range<usize>,
) -> Range<usize> {
    // The name of a function is outside of it.
    let own = definitions.iter().find(|it| it.1.name_range == *place);
    let start = own.map_or(place.start, |it| it.1.range.start);
    let scope = texts.function(document, place.start, start);
    // A function without a block is no scope.
    let is_around = |it: &&(String, Definition)| {
        let kind = it.1.kind;
        matches!(kind, DefinitionKind::Function | DefinitionKind::Method | DefinitionKind::Module)
            && it.1.range.start < start
            && it.1.range.contains(&place.start)
    };
    let around = definitions.iter().rfind(is_around).map(|it| it.1.range.clone());
    match (scope, around) {
        (Some(one), Some(other)) if one.len() < other.len() => one,
        (Some(_), Some(other)) => other,
        (one, other) => one.or(other).unwrap_or(0..usize::MAX),
    }
}

/// Whether a definition is a member of a type.
pub(super) fn is_member(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Field | DefinitionKind::Method | DefinitionKind::Variant)
}
