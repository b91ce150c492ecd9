//! Prompts, independent of the target model. FIM markers and message shapes are added for each attempt, so a
//! retry with the next model reuses the same prompt.

pub mod action;
pub mod edit;
pub mod extent;
pub mod fill;
pub mod indentation;
pub mod relay;
pub mod sized;
mod trim;

use crate::context::Part;
use crate::context::mask::Mask;
use crate::prompt::edit::EditPrompt;
use crate::prompt::relay::Relay;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Prompt {
    Fill(Fill),
    Chat(Chat),
    Edit(EditPrompt),
    Relay(Relay),
}

/// A hole in a document with the text around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fill {
    /// Path of the document relative to the workspace root, with `/`.
    pub path: String,
    /// The name from the language table, or the editor's language identifier.
    pub language: String,
    /// Most stable first, for prompt caches.
    pub parts: Vec<Part>,
    pub prefix: String,
    pub suffix: String,
    pub extent: CompletionScope,
    /// Limit for the reply, in tokens.
    pub max_tokens: u32,
    pub trigger: Trigger,
    /// The n-gram model's text for the hole, which an engine can verify faster than it writes.
    pub draft: Option<String>,
    /// Text between `prefix` and the cursor that the user has typed since a server read the rest of the prompt. Only
    /// targets with [`TypedText::InHole`](sized::TypedText) get it apart from `prefix`.
    pub typed: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    Automatic,
    /// The user requested a completion explicitly.
    Invoked,
}

/// How much of the document a reply is allowed to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompletionScope {
    /// The rest of the line.
    Line,
    /// At most this number of lines.
    Lines(u32),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chat {
    pub system: String,
    /// Most stable first; they precede the first turn.
    pub parts: Vec<Part>,
    pub turns: Vec<Turn>,
    /// Limit for the reply, in tokens.
    pub max_tokens: u32,
    /// Stop sequences.
    pub stop: Vec<String>,
    /// Whether the model is allowed to reason first. Disabled where the user waits for inline text.
    pub thinks: bool,
    /// Whether the most probable answer is wanted, as for code. A local server samples otherwise.
    pub exact: bool,
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

impl Prompt {
    /// Replaces every secret with a placeholder. Equal secrets get equal placeholders.
    pub fn mask(&mut self, mask: &mut Mask) {
        match self {
            Self::Fill(fill) => {
                mask_parts(&mut fill.parts, mask);
                if let Some((prefix, suffix)) = mask.mask_around(&fill.prefix, &fill.suffix) {
                    (fill.prefix, fill.suffix) = (prefix, suffix);
                }
                fill.draft.iter_mut().for_each(|it| mask_text(it, mask));
            }
            Self::Chat(chat) => {
                mask_parts(&mut chat.parts, mask);
                mask_text(&mut chat.system, mask);
                chat.turns.iter_mut().for_each(|it| mask_text(&mut it.text, mask));
            }
            Self::Edit(edit) => edit.mask(mask),
            Self::Relay(relay) => relay.mask(mask),
        }
    }
}

fn mask_parts(parts: &mut [Part], mask: &mut Mask) {
    parts.iter_mut().for_each(|it| mask_text(&mut it.text, mask));
}

fn mask_text(text: &mut String, mask: &mut Mask) {
    if let std::borrow::Cow::Owned(masked) = mask.mask(text) {
        *text = masked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::PartKind;

    #[test]
    fn equal_secrets_get_the_same_placeholder_in_the_whole_prompt() {
        let secret = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let part = Part {
            kind: PartKind::Snippet,
            path: "a.py".to_owned(),
            text: format!("x = {secret}"),
            rank: 1,
        };
        let mut prompt = Prompt::Fill(Fill {
            path: "b.py".to_owned(),
            language: "python".to_owned(),
            parts: vec![part],
            prefix: format!("y = '{}", &secret[..20]),
            suffix: format!("{}'", &secret[20..]),
            extent: CompletionScope::Line,
            max_tokens: 64,
            trigger: Trigger::Invoked,
            draft: None,
            typed: String::new(),
        });
        let mut mask = Mask::new();
        prompt.mask(&mut mask);
        let Prompt::Fill(fill) = prompt else { unreachable!("a fill stays a fill") };
        assert_eq!(fill.parts[0].text, "x = MASKED_SECRET_1");
        assert_eq!([fill.prefix, fill.suffix], ["y = 'MASKED_SECRET_1", "'"]);
    }
}
