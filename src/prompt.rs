//! What is asked of a model, whichever it will be. A prompt never knows its target: FIM markers and
//! message shapes are added for each attempt, so that going on to the next model thinks nothing anew.

pub mod action;
pub mod edit;
pub mod hole;
mod trim;

use crate::context::Part;

/// A question to a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Prompt {
    Fill(Fill),
    Chat(Chat),
}

/// A hole in a document, and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fill {
    /// The document's, from its root, with `/`.
    pub path: String,
    /// The language's name in our table, or the editor's name for it.
    pub language: String,
    /// Most stable first.
    pub parts: Vec<Part>,
    pub prefix: String,
    pub suffix: String,
    pub extent: Extent,
    /// Of the answer, in tokens.
    pub max_tokens: u32,
}

/// How much of the document an answer may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    /// The rest of the line.
    Line,
    /// So many lines at most.
    Lines(u32),
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chat {
    pub system: String,
    /// Most stable first; they lead the first turn.
    pub parts: Vec<Part>,
    pub turns: Vec<Turn>,
    /// Of the answer, in tokens.
    pub max_tokens: u32,
    /// Texts that end the answer.
    pub stop: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Turn {
    pub role: Role,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    User,
    Assistant,
}
