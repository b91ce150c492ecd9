//! Whether a position is in the parameters of a definition or in the arguments of a call.

use crate::syntax::tree::Tree;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Parameter,
    Argument,
}

/// The role of what begins at `offset`; `None` outside of such lists. Lists of types are none.
pub(super) fn role(tree: &Tree, offset: usize) -> Option<Role> {
    tree.nodes_at(offset).iter().rev().find_map(|it| match it.kind() {
        kind if kind.contains("type") => None,
        kind if kind.contains("parameter") => Some(Role::Parameter),
        kind if kind.contains("argument") => Some(Role::Argument),
        _ => None,
    })
}
