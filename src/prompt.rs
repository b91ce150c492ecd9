//! What is asked of a model, whichever it will be. A prompt never knows its target: FIM markers and
//! message shapes are added for each attempt, so that going on to the next model thinks nothing anew.

pub mod action;
pub mod extent;
pub mod fill;
pub mod indentation;
pub mod relay;
mod trim;

use crate::context::Part;
use crate::context::mask::Mask;
use crate::prompt::relay::Relay;

/// A question to a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Prompt {
    Fill(Fill),
    Chat(Chat),
    Relay(Relay),
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
    pub extent: CompletionScope,
    /// Of the answer, in tokens.
    pub max_tokens: u32,
    pub trigger: Trigger,
}

/// Why a completion is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The user typed.
    Automatic,
    /// The user asked.
    Invoked,
}

/// How much of the document an answer may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompletionScope {
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
    /// Whether a model may think first: not where its text is waited for.
    pub thinks: bool,
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
    /// Puts placeholders in place of every secret, the same for the same all over the prompt.
    pub fn mask(&mut self, mask: &mut Mask) {
        match self {
            Self::Fill(fill) => {
                mask_parts(&mut fill.parts, mask);
                if let Some((prefix, suffix)) = mask.mask_around(&fill.prefix, &fill.suffix) {
                    (fill.prefix, fill.suffix) = (prefix, suffix);
                }
            }
            Self::Chat(chat) => {
                mask_parts(&mut chat.parts, mask);
                mask_text(&mut chat.system, mask);
                chat.turns.iter_mut().for_each(|it| mask_text(&mut it.text, mask));
            }
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
    fn a_secret_is_the_same_word_all_over_a_prompt() {
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
        });
        let mut mask = Mask::new();
        prompt.mask(&mut mask);
        let Prompt::Fill(fill) = prompt else { unreachable!("it was a hole") };
        assert_eq!(fill.parts[0].text, "x = MASKED_SECRET_1");
        assert_eq!([fill.prefix, fill.suffix], ["y = 'MASKED_SECRET_1", "'"]);
    }
}
