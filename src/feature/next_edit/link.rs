//! Whether a document may use a definition of another one, according to its imports.

use std::ops::Range;
use std::path::Path;

use crate::feature::document::OpenDocument;
use crate::feature::next_edit::open_texts::OpenTexts;
use crate::feature::next_edit::reference::{References, Target, is_member};
use crate::syntax::definition::DefinitionKind;
use crate::syntax::import::Import;
use crate::syntax::language::Language;
use crate::syntax::module::{self, Imported};
use crate::text;

/// Languages with the same names.
const FAMILIES: [&[&str]; 2] = [&["javascript", "typescript", "tsx"], &["c", "cpp"]];
/// Languages in which a file uses the definitions of others only by import.
pub(super) const IMPORTING: [&str; 5] = ["python", "javascript", "typescript", "tsx", "rust"];
/// Languages in which an export may have no name, how such a one begins, and the words before its own name.
const NAMELESS: [&str; 3] = ["javascript", "typescript", "tsx"];
const DEFAULTS: [&str; 2] = ["export default ", "module.exports = "];
/// What imports an object with the exported values.
const REQUIRE: &str = "require(";
const FORMS: [&str; 4] = ["async", "function", "abstract", "class"];
/// What makes an import of Java one of members.
const STATIC: &str = "import static ";
/// Paths of a module to itself.
const OWN_PATHS: [&str; 2] = ["self", "super"];

impl Target {
    /// Whether its document exports it without a name.
    fn is_default(&self, texts: &OpenTexts<'_>) -> bool {
        let text = &texts.texts[self.document];
        let is_it = |name: &str| name == self.name || self.renamed.as_deref() == Some(name);
        let exported = DEFAULTS.iter().flat_map(|it| text.match_indices(it));
        let mut exported = exported.map(|(at, it)| &text[at + it.len()..]);
        exported.any(|it| {
            let name = text::words(it).find(|it| !FORMS.contains(it)).unwrap_or_default();
            it.starts_with(text::is_word) && is_it(name)
        })
    }

    /// Whether no other definition that is known has the name.
    pub(super) fn is_unique(&self, texts: &OpenTexts<'_>) -> bool {
        let home = &texts.open[self.document];
        let is_open = |document: usize| {
            document != self.document && is_family(texts.open[document].language, home.language)
        };
        let indexed = texts.shared.index.symbols().find(&self.name);
        let elsewhere = |it: &Path| {
            home.path.as_deref() != Some(it)
                && is_family(Language::detect("", Some(it), ""), home.language)
        };
        !(0..texts.open.len()).any(|it| is_open(it) && texts.defines(it, &self.name))
            && !indexed.iter().any(|it| elsewhere(&it.path))
    }

    /// Whether the module of the definition contains the document as well.
    pub(super) fn is_neighbour(&self, texts: &OpenTexts<'_>, document: usize) -> bool {
        let [here, home] = [document, self.document].map(|it| texts.open[it]);
        let folder = |open: &OpenDocument| open.path.as_ref()?.parent().map(Path::to_owned);
        module::FOLDERS.contains(&here.language_name())
            && here.language == home.language
            && folder(here).is_some_and(|it| Some(it) == folder(home))
            && package(&texts.texts[document]) == package(&texts.texts[self.document])
    }
}

impl References<'_> {
    /// Whether the type of a member is known in the document.
    pub(super) fn knows_owner(&self) -> bool {
        self.is_home() || self.target.owners.iter().any(|it| self.is_usable(it))
    }

    /// Whether an import of Java makes a member usable without its type.
    pub(super) fn is_of_member(&self, import: &Import) -> bool {
        let source = import.source.as_deref().unwrap_or_default();
        let class = source.rsplit('.').next().unwrap_or_default();
        let mut names = std::iter::once(&self.target.name).chain(&self.target.renamed);
        self.text(&import.range).starts_with(STATIC)
            && (import.names.is_empty() || names.any(|it| import.names.contains(it)))
            && self.target.owners.iter().any(|it| it == class)
            && self.may_mean(Some(source))
    }

    /// Whether a member is used without its type because it is imported.
    pub(super) fn is_imported_member(&self) -> bool {
        !self.is_home()
            && self.imports.iter().any(|it| self.is_of_member(it))
            && !self.definitions.iter().any(|it| it.name == self.target.name && is_member(it.kind))
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
    pub(super) fn names_it(&self, import: &Import, place: &Range<usize>) -> bool {
        let text = self.text(&import.range);
        let source = import.source.as_deref().unwrap_or_default();
        let from = text.find(source).map_or(0..0, |it| it..it + source.len());
        let from = import.range.start + from.start..import.range.start + from.end;
        let is_alias = self.text(&(import.range.start..place.start)).trim_end().ends_with(" as");
        let name = self.text(place);
        !from.contains(&place.start)
            && !is_alias
            && self.may_mean(Some(source))
            && self.names_export(import, name)
    }

    /// Whether an imported name is the one that the document of the definition exports: a default export has any name.
    fn names_export(&self, import: &Import, name: &str) -> bool {
        if !NAMELESS.contains(&self.language()) {
            return true;
        }
        let text = self.text(&import.range);
        let named =
            text.split_once('{').map_or("", |it| it.1.split('}').next().unwrap_or_default());
        let is_named = text::words(named).any(|it| it == name);
        // The property keeps its name, as in `module.exports = { name: new }`.
        if text.contains(REQUIRE) && (is_named || !self.target.is_default(self.texts)) {
            return false;
        }
        is_named || !text.contains('*') && self.target.is_default(self.texts)
    }

    /// Whether the document may use the definition without naming its module.
    pub(super) fn imports_it(&self) -> bool {
        let mut names = std::iter::once(&self.target.name).chain(&self.target.renamed);
        let is_imported =
            |it: &&String| self.imports.iter().any(|import| import.names.contains(it));
        self.is_usable(names.find(is_imported).unwrap_or(&self.target.name))
    }

    /// Whether a name in the document means what the document of the definition defines under this name.
    fn is_usable(&self, name: &str) -> bool {
        let is_imported = self.imports.iter().any(|it| it.names.iter().any(|it| it == name));
        if is_imported || IMPORTING.contains(&self.language()) {
            return self.imports_name(name);
        }
        match module::FOLDERS.contains(&self.language()) {
            true => self.target.is_neighbour(self.texts, self.document),
            false => self.target.is_unique(self.texts),
        }
    }

    /// Whether a name is imported from the document of the definition, alone or with everything else.
    fn imports_name(&self, name: &str) -> bool {
        let mut named =
            self.imports.iter().filter(|it| it.names.iter().any(|it| it == name)).peekable();
        if named.peek().is_some() {
            return named
                .all(|it| self.may_mean(it.source.as_deref()) && self.names_export(it, name));
        }
        let is_all = |it: &&Import| it.names.is_empty() && self.text(&it.range).contains('*');
        let mut all = self.imports.iter().filter(is_all).filter_map(|it| it.source.as_deref());
        all.any(|it| self.meaning(it) == Imported::File)
    }

    /// Whether `object`, of which the name at `place` is a member, is the module of the definition.
    pub(super) fn is_module(&self, object: &Range<usize>, place: &Range<usize>) -> bool {
        let path = self.text(object);
        let own = path.rsplit(['.', ':']).next().unwrap_or_default();
        let is_path = |it: char| text::is_word(it) || matches!(it, '.' | ':');
        if own.is_empty() || !path.chars().all(is_path) {
            return false;
        }
        if self.is_home() {
            let is_path = self.text(&(object.end..place.start)).contains("::");
            return is_path && OWN_PATHS.contains(&own) || self.is_inner_module(own);
        }
        let root = path.split(['.', ':']).next().unwrap_or_default();
        let home = self.texts.definitions(self.target.document).unwrap_or_default();
        let is_other = home.iter().any(|it| it.name == own && it.kind != DefinitionKind::Module);
        if is_other || self.is_variable(root, place) {
            return false;
        }
        match module::FOLDERS.contains(&self.language()) {
            true => self.imports.iter().any(|it| self.is_folder(it, own)),
            false => {
                let mut named = self.imports.iter();
                named.any(|it| {
                    it.names.iter().any(|it| it == root || it == own)
                        && self.is_imported_as(it, own)
                }) || self.is_path_to_home(path, root)
            }
        }
    }

    /// Whether a module around the definition, in its own document, has a name.
    fn is_inner_module(&self, name: &str) -> bool {
        self.definitions.iter().any(|module| {
            module.name == name
                && module.kind == DefinitionKind::Module
                && module.range.contains(&self.target.declared.start)
        })
    }

    /// Whether a function around a place declares a variable with a name.
    fn is_variable(&self, name: &str, place: &Range<usize>) -> bool {
        let region = self.region(place);
        region.end != usize::MAX
            && self.places(name).iter().any(|it| {
                region.contains(&it.start) && self.syntax().binding(self.tree, it).is_some()
            })
    }

    /// Whether an import makes the module of the definition available as `own`: `import home`, not
    /// `from home import name`.
    fn is_imported_as(&self, import: &Import, own: &str) -> bool {
        let source = import.source.as_deref().unwrap_or_default();
        let text = self.text(&import.range);
        if text.contains(REQUIRE) && NAMELESS.contains(&self.language()) {
            return false;
        }
        let is_whole = match self.language() {
            "rust" => source.rsplit("::").next() == Some(own),
            _ => !text.starts_with("from") && !text.contains('{'),
        };
        is_whole && self.is_file(source)
            || ["::", "."].iter().any(|between| self.is_file(&[source, between, own].concat()))
    }

    /// Whether an import of Go is of the folder with this name.
    fn is_folder(&self, import: &Import, own: &str) -> bool {
        let source = import.source.as_deref().unwrap_or_default();
        import.names.is_empty() && source.rsplit('/').next() == Some(own) && self.is_file(source)
    }

    /// Whether a path of Rust leads to the module without an import, or after `mod home;`.
    fn is_path_to_home(&self, path: &str, root: &str) -> bool {
        let mut modules = self.definitions.iter();
        let mut declares =
            || modules.any(|it| it.name == root && it.kind == DefinitionKind::Module);
        self.language() == "rust" && (path.contains("::") || declares()) && self.is_file(path)
    }

    fn is_file(&self, source: &str) -> bool {
        match self.meaning(source) {
            Imported::File => true,
            Imported::Package => {
                module::FOLDERS.contains(&self.language()) && self.target.is_unique(self.texts)
            }
            Imported::Other => false,
        }
    }
}

/// The package of a file of Go: tests may be in another one than their folder.
fn package(text: &str) -> Option<&str> {
    text.lines().find_map(|it| it.strip_prefix("package ")?.split_whitespace().next())
}

/// Whether two languages have the same names.
pub(super) fn is_family(one: Option<Language>, other: Option<Language>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let both = [one.name(), other.name()];
    one == other || FAMILIES.iter().any(|it| both.iter().all(|name| it.contains(name)))
}
