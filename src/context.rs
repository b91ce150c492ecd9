//! The code that a model may see, collected and with secrets masked. This module does not depend on the
//! model.

pub(crate) mod alike;
mod choose;
pub mod excerpt;
pub mod gather;
pub mod mask;
mod near;
mod outline;
mod retrieve;
mod terse;

/// A piece of context in addition to the text around the cursor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    pub kind: PartKind,
    /// The path from the workspace root, with `/`.
    pub path: String,
    pub text: String,
    /// Priority: if space runs out, the lowest ranks are dropped first. From [`CHOSEN`] on, the user has chosen the part.
    pub rank: u32,
}

/// The lowest rank of a part that is not gathered.
pub const CHOSEN: u32 = 4500;

impl Part {
    pub fn bytes(&self) -> usize {
        self.path.len() + self.text.len()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// Signatures of names used around the cursor.
    Outline,
    /// Code from elsewhere.
    Snippet,
    /// A recent edit, as a diff.
    Edit,
    /// Compiler messages for lines near the cursor.
    Diagnostic,
    /// The project's own conventions.
    Rules,
}
