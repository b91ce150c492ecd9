//! What stands around a name excludes some kinds of definitions: a variable is not called, a label is no function.

use std::ops::Range;

use crate::feature::next_edit::reference::{References, is_member};
use crate::feature::next_edit::shadow::HEADED;
use crate::syntax::definition::DefinitionKind;

/// Languages in which a local variable is visible only behind its declaration.
pub(super) const SEQUENTIAL: [&str; 6] = ["rust", "go", "java", "c-sharp", "kotlin", "swift"];
/// Languages in which a function and a variable may have one name, and is only called.
const SEPARATE: [&str; 1] = ["java"];
/// Languages in which a method and a field may have one name.
const PAIRED: [&str; 3] = ["java", "rust", "php"];
/// Languages in which a name behind one of these characters is another one.
const SIGILS: [(&str, &[char]); 3] =
    [("php", &['$']), ("rust", &['$']), ("ruby", &['@', '$', ':'])];

impl References<'_> {
    /// Whether the name at a place may stand for a definition of this kind.
    pub(super) fn has_form(&self, place: &Range<usize>) -> bool {
        let target = self.target;
        (is_member(target.kind) || self.has_sigil(place))
            && self.is_called_alike(place)
            && !(target.kind == DefinitionKind::Variable && self.is_outside_variable(place))
            && !(target.scope.is_some() && self.is_in_own_header(place))
            && (self.language() != "rust" || self.has_form_of_rust(place))
    }

    /// Whether a place has the `$` or `@` of the definition, if any.
    pub(super) fn has_sigil(&self, place: &Range<usize>) -> bool {
        let sigils = SIGILS.iter().find(|it| it.0 == self.language()).map_or(&[][..], |it| it.1);
        let sigil = |document: usize, at: usize| {
            let before = &self.texts.texts[document][..at];
            let is_one = !before.ends_with("::") && before.ends_with(sigils);
            before.chars().next_back().filter(|_| is_one)
        };
        sigil(self.document, place.start) == sigil(self.target.document, self.target.declared.start)
    }

    /// Whether a method is called and a field is not, where that tells them apart.
    fn is_called_alike(&self, place: &Range<usize>) -> bool {
        let (before, behind) = (self.text(&(0..place.start)), self.behind(place));
        let is_called = behind.starts_with('(') || behind.starts_with("::<");
        let is_path = before.ends_with("::");
        let is_alike = match self.target.kind {
            DefinitionKind::Method => is_called || is_path,
            DefinitionKind::Field => !is_called,
            _ => true,
        };
        is_alike || !PAIRED.contains(&self.language()) || self.import(place).is_some()
    }

    /// Whether a place cannot be a variable: it is called as a function, or is in the variable's declaration or, if the
    /// variable is local, before that.
    fn is_outside_variable(&self, place: &Range<usize>) -> bool {
        let target = self.target;
        let declaration = || self.syntax().declaration(self.tree, &target.declared);
        let is_outside = || match &target.scope {
            Some(scope) => place.start < self.visible_from(&target.declared, scope),
            None => declaration().is_some_and(|(_, whole)| whole.contains(&place.start)),
        };
        let is_sequential = SEQUENTIAL.contains(&self.language());
        self.behind(place).starts_with('(') && SEPARATE.contains(&self.language())
            || self.is_home() && is_sequential && is_outside()
    }

    /// Whether a place is in the header of the function whose parameter this is, which cannot see it.
    fn is_in_own_header(&self, place: &Range<usize>) -> bool {
        let [here, own] = [place, &self.target.declared].map(|it| self.header_end(it));
        HEADED.contains(&self.language()) && here.is_some() && here == own
    }

    /// In Rust, macros, attributes and modules have names of their own.
    fn has_form_of_rust(&self, place: &Range<usize>) -> bool {
        let behind = self.behind(place);
        let is_macro = behind.starts_with('!') && !behind.starts_with("!=");
        let is_path = behind.starts_with("::") && !behind.starts_with("::<");
        // `#[name]`, but not `#[a(b = name)]`.
        let attribute = self.syntax().attribute(self.tree, place);
        let is_attribute =
            attribute.is_some_and(|it| !self.text(&(it.start..place.start)).contains('='));
        !is_attribute
            && match self.target.kind {
                DefinitionKind::Macro => is_macro || self.import(place).is_some(),
                DefinitionKind::Function | DefinitionKind::Variable | DefinitionKind::Constant => {
                    !is_macro && !is_path
                }
                _ => !is_macro,
            }
    }

    /// The text behind a place, without white space before it.
    fn behind(&self, place: &Range<usize>) -> &str {
        self.text(&(place.end..usize::MAX)).trim_start()
    }
}
