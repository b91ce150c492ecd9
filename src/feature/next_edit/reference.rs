//! Which places with the name of a definition refer to it, as far as syntax trees and imports tell.
//!
//! A place is not a reference if that is unknown. In the document of the definition, a member of a value of unknown
//! type is one, unless another definition of the workspace has the same name.

use std::ops::Range;

use crate::feature::next_edit::OpenTexts;
use crate::feature::next_edit::module::{self, Imported};
use crate::syntax::Syntax;
use crate::syntax::binding::Binding;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::import::Import;
use crate::syntax::language::Language;
use crate::syntax::scope::ScopeKind;
use crate::syntax::tree::Tree;
use crate::text;

/// Languages with the same names.
const FAMILIES: [&[&str]; 2] = [&["javascript", "typescript", "tsx"], &["c", "cpp"]];
/// Languages in which a file uses the definitions of others only by import.
const IMPORTING: [&str; 5] = ["python", "javascript", "typescript", "tsx", "rust"];
/// Languages in which an assignment in a function declares a local variable.
const ASSIGNING: [&str; 2] = ["python", "ruby"];
/// Languages in which a member is used without its object within its type.
const IMPLICIT: [&str; 7] = ["java", "c-sharp", "kotlin", "cpp", "scala", "swift", "ruby"];
/// Languages in which several functions may have one name.
pub(super) const OVERLOADING: [&str; 9] =
    ["java", "c-sharp", "kotlin", "cpp", "scala", "swift", "typescript", "tsx", "elixir"];
/// Paths of a module to itself.
const OWN_PATHS: [&str; 2] = ["self", "super"];

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

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    Yes,
    No,
    Unknown,
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
        let is_other = |it: &(String, Definition)| {
            let is_own = it.1.name_range == self.declared || self.is_type(&it.1);
            it.0 == self.name && !(is_home && is_own)
        };
        if references.definitions.iter().any(is_other) {
            return None;
        }
        references.is_linked = is_home || references.imports_it();
        references.shadows = references.shadows();
        Some(references)
    }

    /// Whether a definition is the type whose constructor this is.
    fn is_type(&self, definition: &Definition) -> bool {
        definition.kind.has_members() && self.owners.contains(&self.name)
    }

    /// Whether no other definition that is known has the name.
    fn is_unique(&self, texts: &OpenTexts<'_>) -> bool {
        let home = &texts.open[self.document];
        let defines = |document: usize| {
            let definitions = texts.definitions(document).unwrap_or_default();
            definitions.iter().any(|it| it.0 == self.name)
        };
        let is_open = |document: usize| {
            document != self.document && is_family(texts.open[document].language, home.language)
        };
        let indexed = texts.shared.index.symbols().find(&self.name);
        let elsewhere = |it: &std::path::Path| {
            home.path.as_deref() != Some(it)
                && is_family(Language::detect("", Some(it), ""), home.language)
        };
        !(0..texts.open.len()).any(|it| is_open(it) && defines(it))
            && !indexed.iter().any(|it| elsewhere(&it.path))
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
        {
            return false;
        }
        if let Some(import) = self.import(place) {
            return !is_home && !is_member(target.kind) && self.names_it(import, place);
        }
        let receiver = self.syntax().receiver(&self.tree, place);
        match receiver {
            Some(object) if is_member(target.kind) => self.is_certain(self.owns(&object, place)),
            Some(object) => self.is_module(&object),
            None if is_member(target.kind) => self.is_bare_member(place),
            None => {
                self.is_linked
                    && !self.syntax().is_label(&self.tree, place)
                    && !self.is_shadowed(place)
            }
        }
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

    /// The function around a place, or the whole document.
    pub(super) fn region(&self, place: &Range<usize>) -> Range<usize> {
        // The name of a function is outside of it.
        let definition = self.definitions.iter().find(|it| it.1.name_range == *place);
        let start = definition.map_or(place.start, |it| it.1.range.start);
        let around = self.texts.function(self.document, place.start, start);
        around.unwrap_or(0..usize::MAX)
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
        self.texts.texts[self.document].get(range.clone()).unwrap_or_default()
    }

    /// Whether an import of the type of a member, or the document itself, makes its name known here.
    pub(super) fn knows_owner(&self) -> bool {
        self.document == self.target.document
            || self.target.owners.iter().any(|it| self.imports_name(it))
    }

    fn is_certain(&self, certainty: Certainty) -> bool {
        match certainty {
            Certainty::Yes => self.knows_owner(),
            Certainty::No => false,
            Certainty::Unknown => {
                self.document == self.target.document && self.target.is_unique(self.texts)
            }
        }
    }

    /// What an import means with regard to the document of the definition.
    fn meaning(&self, source: &str) -> Imported {
        let paths = [self.document, self.target.document].map(|it| &self.texts.open[it].path);
        let [Some(from), Some(to)] = paths else { return Imported::Other };
        module::imported(source, from, to, self.language())
    }

    fn may_mean(&self, source: Option<&str>) -> bool {
        match source.map_or(Imported::Other, |it| self.meaning(it)) {
            Imported::File => true,
            Imported::Package => self.target.is_unique(self.texts),
            Imported::Other => false,
        }
    }

    /// Whether the place in an import is the name of the definition, imported from its document.
    fn names_it(&self, import: &Import, place: &Range<usize>) -> bool {
        let text = self.text(&import.range);
        let source = import.source.as_deref().unwrap_or_default();
        let from = text.find(source).map_or(0..0, |it| it..it + source.len());
        let from = import.range.start + from.start..import.range.start + from.end;
        let is_alias = self.text(&(import.range.start..place.start)).trim_end().ends_with(" as");
        !from.contains(&place.start) && !is_alias && self.may_mean(Some(source))
    }

    /// Whether the document may use the definition without naming its module.
    fn imports_it(&self) -> bool {
        let home = &self.texts.open[self.target.document];
        let mut names = std::iter::once(&self.target.name).chain(&self.target.renamed);
        let is_imported =
            |it: &&String| self.imports.iter().any(|import| import.names.contains(it));
        if let Some(name) = names.find(is_imported) {
            return self.imports_name(name);
        }
        if IMPORTING.contains(&self.language()) {
            return self.imports_name(&self.target.name);
        }
        let [here, home] = [&self.texts.open[self.document].path, &home.path];
        let is_neighbour =
            here.as_ref().map(|it| it.parent()) == home.as_ref().map(|it| it.parent());
        match module::FOLDERS.contains(&self.language()) {
            true => here.is_some() && is_neighbour,
            false => self.target.is_unique(self.texts),
        }
    }

    /// Whether a name is imported from the document of the definition, alone or with everything else.
    fn imports_name(&self, name: &str) -> bool {
        let mut named =
            self.imports.iter().filter(|it| it.names.iter().any(|it| it == name)).peekable();
        if named.peek().is_some() {
            return named.all(|it| self.may_mean(it.source.as_deref()));
        }
        let is_all = |it: &&Import| it.names.is_empty() && self.text(&it.range).contains('*');
        let mut all = self.imports.iter().filter(is_all).filter_map(|it| it.source.as_deref());
        all.any(|it| self.meaning(it) == Imported::File)
    }

    /// Whether `object` is the module of the definition.
    fn is_module(&self, object: &Range<usize>) -> bool {
        let path = self.text(object);
        let own = path.rsplit(['.', ':']).next().unwrap_or_default();
        let is_path = |it: char| text::is_word(it) || matches!(it, '.' | ':');
        if own.is_empty() || !path.chars().all(is_path) {
            return false;
        }
        if self.document == self.target.document {
            let around = |it: &&(String, Definition)| {
                it.1.kind == DefinitionKind::Module
                    && it.1.range.contains(&self.target.declared.start)
            };
            return OWN_PATHS.contains(&own)
                || self.definitions.iter().filter(around).any(|it| it.0 == own);
        }
        let home = self.texts.definitions(self.target.document).unwrap_or_default();
        if home.iter().any(|it| it.0 == own && it.1.kind != DefinitionKind::Module) {
            return false;
        }
        let is_file = |source: &str| match self.meaning(source) {
            Imported::File => true,
            Imported::Package => {
                module::FOLDERS.contains(&self.language()) && self.target.is_unique(self.texts)
            }
            Imported::Other => false,
        };
        let is_root = |it: &&Import| {
            let root = path.split(['.', ':']).next().unwrap_or_default();
            it.names.iter().any(|it| it == root || it == own)
        };
        let imports = |it: &Import| {
            let source = it.source.as_deref().unwrap_or_default();
            is_file(source)
                || ["::", "."].iter().any(|between| is_file(&[source, between, own].concat()))
        };
        let is_go = |it: &Import| {
            let source = it.source.as_deref().unwrap_or_default();
            it.names.is_empty() && source.rsplit('/').next() == Some(own) && is_file(source)
        };
        match module::FOLDERS.contains(&self.language()) {
            true => self.imports.iter().any(is_go),
            false => {
                self.imports.iter().filter(is_root).any(imports)
                    || self.language() == "rust" && path.contains("::") && is_file(path)
            }
        }
    }

    /// Whether a name without an object is the member: an argument of its type, or in its type's own code.
    fn is_bare_member(&self, place: &Range<usize>) -> bool {
        let is_label = self.syntax().is_label(&self.tree, place);
        match self.target.kind {
            DefinitionKind::Field if is_label => self.is_certain(self.owns_label(place)),
            DefinitionKind::Method if self.target.owners.contains(&self.target.name) => {
                !is_label && self.knows_owner() && !self.is_shadowed(place)
            }
            DefinitionKind::Variant => !is_label && self.is_home() && !self.is_shadowed(place),
            _ => {
                !is_label
                    && IMPLICIT.contains(&self.language())
                    && !self.is_shadowed(place)
                    && self.is_certain(self.is_within_owner(place))
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
        places.retain(|it| !own.contains(&it));
        let others = places.into_iter().filter(|it| match self.import(it) {
            Some(import) => self.is_home() || !self.names_it(import, it),
            None => !self.syntax().is_label(&self.tree, it) && self.is_rebound(it),
        });
        others.map(|it| self.region(&it)).collect()
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

/// Whether a definition is a member of a type.
pub(super) fn is_member(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Field | DefinitionKind::Method | DefinitionKind::Variant)
}

/// The names of the type around a member, or before it.
fn owners(texts: &OpenTexts<'_>, document: usize, declared: &Range<usize>) -> Vec<String> {
    let definitions = texts.definitions(document).unwrap_or_default();
    let is_around = |it: &&(String, Definition)| {
        it.1.kind.has_members() && it.1.range.contains(&declared.start)
    };
    if let Some((name, _)) = definitions.iter().filter(is_around).next_back() {
        return vec![name.clone()];
    }
    let text = &texts.texts[document];
    let around = header(texts, document, declared.start);
    let method = definitions.iter().find(|it| it.1.name_range == *declared);
    // `func (c *Client) name`.
    let before = method.and_then(|it| text.get(it.1.range.start..declared.start));
    match around {
        Some(header) => names(&header),
        None => before.map(names).unwrap_or_default().into_iter().next_back().into_iter().collect(),
    }
}

/// The text between the start of the innermost type around a place and its body.
pub(super) fn header(texts: &OpenTexts<'_>, document: usize, at: usize) -> Option<String> {
    let tree = texts.shared.trees.newest(&texts.open[document].key)?;
    let scopes = texts.shared.syntax.scopes(&tree, at).into_iter();
    let class = scopes.into_iter().find(|it| it.kind == ScopeKind::Class)?;
    let end = class.body.map_or(class.range.end, |it| it.start);
    texts.texts[document].get(class.range.start..end).map(str::to_owned)
}

/// The names in the header of a type, without the parameters of types.
pub(super) fn names(text: &str) -> Vec<String> {
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

pub(super) fn is_family(one: Option<Language>, other: Option<Language>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let both = [one.name(), other.name()];
    one == other || FAMILIES.iter().any(|it| both.iter().all(|name| it.contains(name)))
}
