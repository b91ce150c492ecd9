//! Parameters and arguments: what was changed in the one is no change of the other.

use crate::feature::next_edit::OpenTexts;
use crate::feature::next_edit::gate::RewriteKind;
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::occurrence::Occurrence;
use crate::syntax::role::Role;

impl OpenTexts<'_> {
    /// Whether a place is in a definition or in a call as the example is, unless only a name changes.
    pub(super) fn has_role(
        &self,
        document: usize,
        site: &Occurrence,
        example: &Example,
        home: usize,
    ) -> bool {
        let Some(place) = &example.place else { return true };
        let role = |document: usize, at: usize| -> Option<Role> {
            self.shared.syntax.role(self.tree(document)?, at)
        };
        let [here, there] = [role(document, site.place.start), role(home, place.start)];
        here.zip(there).is_none_or(|(here, there)| here == there)
            || RewriteKind::of(&example.rewrite) == RewriteKind::Name
    }
}
