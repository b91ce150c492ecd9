//! What a model may see of its user's code, gathered and made safe. Nothing here names a model.

mod choose;
pub mod excerpt;
pub mod gather;
pub mod mask;
mod near;
mod outline;
mod retrieve;
mod terse;

/// A piece of context beside the text around the cursor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    pub kind: PartKind,
    /// Where it is from: from its root, with `/`.
    pub path: String,
    pub text: String,
    /// What it is worth: where room runs out the lowest goes first.
    pub rank: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// Signatures of what the code around the cursor names.
    Outline,
    /// Code of another place.
    Snippet,
    /// What was edited of late, as a diff.
    Edit,
    /// What a compiler says of lines near the cursor.
    Diagnostic,
    /// What the project says of its own conventions.
    Rules,
}
