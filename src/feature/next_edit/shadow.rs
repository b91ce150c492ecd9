//! Where the name of a definition means something else.

use std::ops::Range;

use crate::feature::next_edit::form::SEQUENTIAL;
use crate::feature::next_edit::link::IMPORTING;
use crate::feature::next_edit::open_texts::OpenTexts;
use crate::feature::next_edit::receiver::owners;
use crate::feature::next_edit::reference::{ASSIGNING, OVERLOADING, References, is_member};
use crate::syntax::binding::Binding;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::import::Import;
use crate::syntax::language::IMPLICIT;
use crate::syntax::scope::ScopeKind;
use crate::text;

/// Languages in which a variable is visible only in its block.
pub(super) const BLOCKS: [&str; 13] = [
    "rust",
    "go",
    "java",
    "c-sharp",
    "kotlin",
    "swift",
    "scala",
    "c",
    "cpp",
    "javascript",
    "typescript",
    "tsx",
    "zig",
];
/// Languages in which a function declares the variables that it changes, unless it says otherwise with these words.
const CHANGING: [&str; 1] = ["python"];
const OUTER: [&str; 2] = ["global ", "nonlocal "];
/// Languages in which the names of a module, and those of an object, are used outside of it only with its name.
const MODULES: [&str; 3] = ["rust", "typescript", "tsx"];
const OBJECTS: [&str; 2] = ["kotlin", "scala"];
/// Languages in which a function has one variable of a name, whatever declares it.
const FLAT: [&str; 3] = ["python", "ruby", "php"];
/// The characters of an operator before `=`.
const OPERATORS: &str = "+-*/%&|^@<>";
/// Languages in which the header of a function is outside of its parameters.
pub(super) const HEADED: [&str; 1] = ["python"];

impl References<'_> {
    /// Where a name that is declared at a place is visible: a function or a module.
    pub(super) fn region(&self, place: &Range<usize>) -> Range<usize> {
        region(self.texts, self.document, place)
    }

    /// The same, or the block, lambda or comprehension around the variable.
    pub(super) fn extent(&self, place: &Range<usize>) -> Range<usize> {
        let region = self.region(place);
        let block = block(self.texts, self.document, place);
        block.filter(|it| region.start <= it.start && it.end <= region.end).unwrap_or(region)
    }

    /// Where `new` already means something else: the ranges in which it does, and the places that declare it. `own` are
    /// the places that were renamed.
    pub(super) fn captures(&self, new: &str, own: &[Range<usize>]) -> Vec<[Range<usize>; 2]> {
        let can_overload =
            self.target.kind == DefinitionKind::Function && OVERLOADING.contains(&self.language());
        let is_declared = |it: &Range<usize>| {
            let definition = self.definitions.iter().find(|other| other.name_range == *it);
            match definition.map(|it| it.kind) {
                Some(DefinitionKind::Function) => !can_overload,
                Some(kind) => !is_member(kind),
                None => match self.import(it) {
                    Some(import) => import.names.iter().any(|it| it == new),
                    None => self.is_bound(it),
                },
            }
        };
        let mut places = self.places(new);
        places.retain(|it| !own.contains(it) && is_declared(it));
        places.into_iter().map(|it| [self.extent(&it), it]).collect()
    }

    /// Whether a place is where a definition without a scope is visible without its module or object.
    pub(super) fn is_in_reach(&self, place: &Range<usize>) -> bool {
        let target = self.target;
        let definitions = self.texts.definitions(target.document).unwrap_or_default();
        let language = self.language();
        let is_closed = |it: &Definition| match it.kind {
            DefinitionKind::Module => MODULES.contains(&language),
            kind => kind.has_members() && OBJECTS.contains(&language),
        };
        let around = definitions.iter().rfind(|it| {
            is_closed(it)
                && it.name_range != target.declared
                && it.range.contains(&target.declared.start)
        });
        let Some(around) = around.filter(|_| target.scope.is_none()) else { return true };
        let is_named = || self.imports.iter().any(|it| it.names.contains(&target.name));
        is_member(target.kind)
            || self.syntax().receiver(self.tree, place).is_some()
            || match self.is_home() {
                true => around.range.contains(&place.start),
                false => self.import(place).is_some() || is_named(),
            }
    }

    pub(super) fn is_shadowed(&self, place: &Range<usize>) -> bool {
        self.shadows.iter().any(|it| it.contains(&place.start))
    }

    pub(super) fn shadows(&self) -> Vec<Range<usize>> {
        let own = self.definitions.iter().filter(|it| self.target.is_type(it));
        let own = own.map(|it| &it.name_range).chain([&self.target.declared]);
        let own: Vec<_> = own.filter(|_| self.is_home()).collect();
        let mut places = self.places(&self.target.name);
        places
            .retain(|it| !own.contains(&it) && (is_member(self.target.kind) || self.has_sigil(it)));
        let others = places.into_iter().filter(|it| match self.import(it) {
            Some(import) => self.is_imported(import, it),
            None => self.is_defined(it) || self.is_rebound(it),
        });
        let members = self.members().into_iter();
        let packages = self.imports.iter().filter(|it| self.is_package(it)).map(|_| 0..usize::MAX);
        others.flat_map(|it| self.hidden(it)).chain(packages).chain(members).collect()
    }

    /// The types in which a member hides a definition of the module, where members are used without an object.
    fn members(&self) -> Vec<Range<usize>> {
        let target = self.target;
        let definitions = self.definitions.iter();
        let is_it = |it: &&Definition| it.name == target.name && is_member(it.kind);
        let is_hiding = !is_member(target.kind)
            && target.scope.is_none()
            && IMPLICIT.contains(&self.language());
        let members = definitions.clone().filter(|it| is_hiding && is_it(it));
        let own = |it: &Definition| self.is_home() && target.is_made_by(self.texts, it);
        let members = members.filter(|it| !own(it)).collect::<Vec<_>>();
        let hides = |it: &&Definition| {
            let bases = text::words(self.text(&(it.name_range.end..it.signature.end)));
            let names: Vec<&str> = bases.chain([&*it.name]).collect();
            let of = |it: &Definition| owners(self.texts, self.document, &it.name_range);
            it.kind.has_members()
                && members.iter().any(|it| of(it).iter().any(|it| names.contains(&&**it)))
        };
        definitions.filter(hides).map(|it| it.range.clone()).collect()
    }

    /// The ranges in which a declaration hides the name: in Python, a parameter does not hide it in the header.
    fn hidden(&self, place: Range<usize>) -> [Range<usize>; 2] {
        let extent = self.extent(&place);
        if self.is_around(&extent, &place) {
            return [place.clone(), place];
        }
        let start = match self.header_end(&place).filter(|it| place.start < *it) {
            Some(end) => end,
            None => self.visible_from(&place, &extent),
        };
        [start.min(extent.end)..extent.end, place]
    }

    /// Where a variable that is declared at a place becomes visible in `extent`: its value may be the old one.
    pub(super) fn visible_from(&self, place: &Range<usize>, extent: &Range<usize>) -> usize {
        let declared = self.syntax().declaration(self.tree, place);
        match declared.filter(|_| SEQUENTIAL.contains(&self.language())) {
            Some((Binding::Variable, whole)) if whole.end < extent.end => whole.end,
            Some((Binding::Variable, _)) => place.end,
            _ => extent.start,
        }
    }

    /// Whether the variable that is declared at a place and visible in `extent` is hidden by the local one.
    fn is_around(&self, extent: &Range<usize>, place: &Range<usize>) -> bool {
        let Some(scope) = self.target.scope.as_ref().filter(|_| self.is_home()) else {
            return false;
        };
        let contains = extent.start <= scope.start && scope.end <= extent.end;
        let is_earlier =
            SEQUENTIAL.contains(&self.language()) && place.start < self.target.declared.start;
        contains && (extent != scope || is_earlier)
    }

    /// Whether a declaration at a place is one of the same variable.
    pub(super) fn is_again(&self, place: &Range<usize>) -> bool {
        FLAT.contains(&self.language())
            && match &self.target.scope {
                Some(scope) => {
                    self.is_home() && (*scope == self.extent(place) || self.is_in_block(place))
                }
                None => is_value(self.target.kind) && self.extent(place).end == usize::MAX,
            }
    }

    /// Whether a place assigns in a block of Ruby, which sees the variables around it.
    fn is_in_block(&self, place: &Range<usize>) -> bool {
        let Some(scope) = self.target.scope.as_ref() else { return false };
        let is_inner = |it: &Definition| {
            it.kind.is_function() && it.range.contains(&place.start) && it.range != *scope
        };
        let mut inner = self.definitions.iter().filter(|it| is_inner(it));
        self.language() == "ruby"
            && self.syntax().binding(self.tree, place) != Some(Binding::Parameter)
            && scope.contains(&place.start)
            && !inner.any(|it| scope.start <= it.range.start && it.range.end <= scope.end)
    }

    /// The end of the header of the function around a place, where the header does not see the parameters.
    pub(super) fn header_end(&self, place: &Range<usize>) -> Option<usize> {
        if !HEADED.contains(&self.language()) {
            return None;
        }
        let functions = self.definitions.iter().filter(|it| it.kind.is_function());
        let mut others = functions.filter(|it| it.name_range != *place);
        let around = others.rfind(|it| it.signature.contains(&place.start));
        around.map(|it| it.signature.end)
    }

    /// Whether a place in an import binds the name to something else: `import { name as other }` binds another.
    fn is_imported(&self, import: &Import, place: &Range<usize>) -> bool {
        let binds = import.names.contains(&self.target.name)
            || import.names.is_empty() && !IMPORTING.contains(&self.language());
        binds && (self.is_home() || !self.names_it(import, place))
    }

    /// Whether an import is of a package of Go with this name.
    fn is_package(&self, import: &Import) -> bool {
        let source = import.source.as_deref().unwrap_or_default();
        self.language() == "go"
            && import.names.is_empty()
            && source.rsplit('/').next() == Some(&self.target.name)
    }

    /// Whether another definition that is no member has its name at a place.
    fn is_defined(&self, place: &Range<usize>) -> bool {
        let mut definitions = self.definitions.iter();
        let is_same =
            |it: &Definition| self.is_home() && self.target.is_declared_by(self.texts, it);
        definitions.any(|it| it.name_range == *place && !is_member(it.kind) && !is_same(it))
    }

    /// Whether a variable is declared or set at a place, not a member.
    fn is_bound(&self, place: &Range<usize>) -> bool {
        self.syntax().binding(self.tree, place).is_some()
            && !self.definitions.iter().any(|it| it.name_range == *place)
            && (!self.syntax().is_label(self.tree, place)
                || self.syntax().is_shorthand(self.tree, place))
    }

    /// Whether something else gets the name at a place.
    fn is_rebound(&self, place: &Range<usize>) -> bool {
        let binding = self.syntax().binding(self.tree, place).filter(|_| self.is_bound(place));
        match binding {
            Some(_) if self.is_again(place) => false,
            Some(_) if instance(self.texts, self.document, place).is_some() => false,
            Some(Binding::Assigned) if is_member(self.target.kind) => self.is_local(place),
            Some(Binding::Parameter | Binding::Variable) => true,
            Some(Binding::Assigned) => {
                self.target.kind != DefinitionKind::Variable || self.is_local(place)
            }
            None => self.is_changed(place) && self.is_local(place),
        }
    }

    /// Whether an assignment at a place declares a variable of another function.
    fn is_local(&self, place: &Range<usize>) -> bool {
        let region = self.region(place);
        let is_own = self.target.scope.as_ref().is_some_and(|it| *it == region);
        ASSIGNING.contains(&self.language())
            && region.end != usize::MAX
            && !is_own
            && !OUTER.iter().any(|it| self.text(&region).contains(it))
    }

    /// Whether a place is changed with an operator, as in `name += 1`.
    fn is_changed(&self, place: &Range<usize>) -> bool {
        let behind = self.text(&(place.end..usize::MAX)).trim_start();
        let rest = behind.trim_start_matches(|it| OPERATORS.contains(it));
        let operator = &behind[..behind.len() - rest.len()];
        CHANGING.contains(&self.language())
            && self.is_bare(place)
            && rest.starts_with('=')
            && !matches!(operator, "" | "<" | ">")
    }
}

/// The function or module around a place, or the whole document.
pub(super) fn region(texts: &OpenTexts<'_>, document: usize, place: &Range<usize>) -> Range<usize> {
    let definitions = texts.definitions(document).unwrap_or_default();
    // The name of a function is outside of it.
    let own = definitions.iter().find(|it| it.name_range == *place);
    let start = own.map_or(place.start, |it| it.range.start);
    let scope = texts.function(document, place.start, start);
    // A function without a block is no scope.
    let around = definitions.iter().rfind(|it| {
        (it.kind.is_function() || it.kind == DefinitionKind::Module)
            && it.range.start < start
            && it.range.contains(&place.start)
    });
    let around = around.map(|it| it.range.clone());
    match (scope, around) {
        (Some(one), Some(other)) if one.len() < other.len() => one,
        (Some(_), Some(other)) => other,
        (one, other) => one.or(other).unwrap_or(0..usize::MAX),
    }
}

/// The block, lambda or comprehension in which a variable that is declared at a place is visible.
pub(super) fn block(
    texts: &OpenTexts<'_>,
    document: usize,
    place: &Range<usize>,
) -> Option<Range<usize>> {
    let (syntax, tree) = (&texts.shared.syntax, texts.tree(document)?);
    let visible = || syntax.visible(tree, place);
    match syntax.binding(tree, place)? {
        Binding::Parameter => visible(),
        Binding::Variable if BLOCKS.contains(&texts.open[document].language_name()) => visible(),
        Binding::Variable => syntax.comprehension(tree, place),
        Binding::Assigned => None,
    }
}

/// The class of Ruby whose instance variable a name is.
pub(super) fn instance(
    texts: &OpenTexts<'_>,
    document: usize,
    place: &Range<usize>,
) -> Option<Range<usize>> {
    let is_one = texts.open[document].language_name() == "ruby"
        && texts.texts[document][..place.start].ends_with('@');
    let scopes = texts.shared.syntax.scopes(texts.tree(document)?, place.start).into_iter();
    let mut classes = scopes.filter(|it| it.kind == ScopeKind::Class && is_one);
    classes.next().map(|it| it.range)
}

fn is_value(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Variable | DefinitionKind::Constant)
}
