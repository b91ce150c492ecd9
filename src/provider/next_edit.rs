//! The formats in which models suggest the next edit, as pure codecs: an `EditPrompt` becomes the text of a
//! request, a reply becomes the new lines of its window. `parse` reverses both for other programs.

mod chat;
mod diff;
mod markers;
mod mercury;
pub mod parse;
mod sweep;
mod zeta;

use crate::prompt::Chat;
use crate::prompt::edit::{EditPrompt, EditWindow};

/// How a model is asked for the next edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EditFormat {
    /// Inception's route for edits.
    Mercury,
    /// Zed's second model: the window between the markers of a merge conflict.
    Zeta2,
    /// Zed's model 2.1: the window is divided by numbered markers.
    Zeta21,
    /// Sweep's models: the window before and after the last edit.
    Sweep,
    /// A chat with instructions.
    Chat,
}

/// Models that were trained to suggest the next edit.
#[derive(Debug, PartialEq, Eq)]
pub struct EditModel {
    /// A part of the name, between word boundaries.
    pub name: &'static str,
    pub format: EditFormat,
}

/// Sources: the models' cards, Inception's documentation, and what Zed and cursortab.nvim send. The first
/// match wins.
const MODELS: &[EditModel] = &[
    EditModel { name: "mercury-edit", format: EditFormat::Mercury },
    EditModel { name: "zeta-2.1", format: EditFormat::Zeta21 },
    EditModel { name: "zeta2.1", format: EditFormat::Zeta21 },
    EditModel { name: "zeta-2", format: EditFormat::Zeta2 },
    EditModel { name: "zeta2", format: EditFormat::Zeta2 },
    EditModel { name: "sweep-next-edit", format: EditFormat::Sweep },
];

/// The model of a name such as `hf.co/sweepai/sweep-next-edit-1.5B:Q8_0`.
pub fn model(id: &str) -> Option<&'static EditModel> {
    let id = id.to_ascii_lowercase();
    MODELS.iter().find(|it| id.match_indices(it.name).any(|(at, _)| is_whole(&id, at, it.name)))
}

/// Whether a part of a name is neither the end of a longer word nor the start of a longer version.
fn is_whole(id: &str, at: usize, name: &str) -> bool {
    let before = id[..at].chars().next_back();
    let mut after = id[at + name.len()..].chars();
    let is_apart = !before.is_some_and(char::is_alphanumeric);
    is_apart
        && match after.next() {
            Some('.') => !after.next().is_some_and(|it| it.is_ascii_digit()),
            Some(next) => !next.is_alphanumeric(),
            None => true,
        }
}

impl EditFormat {
    pub const ALL: [Self; 5] = [Self::Mercury, Self::Zeta2, Self::Zeta21, Self::Sweep, Self::Chat];

    /// As in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mercury => "mercury",
            Self::Zeta2 => "zeta2",
            Self::Zeta21 => "zeta2.1",
            Self::Sweep => "sweep",
            Self::Chat => "chat",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether the model was trained for next edits.
    pub fn is_native(self) -> bool {
        self != Self::Chat
    }

    /// The prompt as the text that the model continues or, for Mercury, as the only message.
    pub fn render(self, prompt: &EditPrompt) -> String {
        match self {
            Self::Mercury => mercury::render(prompt),
            Self::Zeta2 | Self::Zeta21 => zeta::render(self, prompt),
            Self::Sweep => sweep::render(prompt),
            Self::Chat => chat::question(prompt),
        }
    }

    /// The prompt for a model that only chats.
    pub fn chat(prompt: &EditPrompt) -> Chat {
        chat::render(prompt)
    }

    /// Texts that end a reply; at most four, since most servers accept no more.
    pub fn stops(self) -> &'static [&'static str] {
        match self {
            Self::Mercury => &[],
            Self::Zeta2 => &[zeta::UPDATED, zeta::END],
            Self::Zeta21 => &[zeta::END],
            Self::Sweep => &[sweep::FILE, sweep::END, "</s>"],
            Self::Chat => &[chat::STOP],
        }
    }

    /// The new text of the window; `None` if the reply suggests no edit or is not in the format.
    pub fn read(self, reply: &str, prompt: &EditPrompt) -> Option<String> {
        let window = &prompt.window;
        let tokens = self.tokens();
        if tokens.iter().any(|it| window.text.contains(&broken(it))) {
            return None;
        }
        let new = match self {
            Self::Mercury => mercury::read(reply),
            Self::Zeta2 => zeta::read(reply),
            Self::Zeta21 => zeta::read_regions(reply, window),
            Self::Sweep => sweep::read(reply),
            Self::Chat => chat::read(reply, window),
        }?;
        let is_foreign = tokens.iter().any(|it| new.contains(it));
        let new = settled(&restored(new, tokens), window);
        (!is_foreign && new != window.text).then_some(new)
    }

    /// Texts with a meaning in the format, which the user's text cannot contain as such.
    fn tokens(self) -> &'static [&'static str] {
        match self {
            Self::Mercury => mercury::TOKENS,
            Self::Zeta2 => zeta::TOKENS,
            Self::Zeta21 => zeta::REGION_TOKENS,
            Self::Sweep => sweep::TOKENS,
            Self::Chat => chat::TOKENS,
        }
    }

    /// Breaks the format's texts in a text of the user, so that they are not interpreted.
    fn escape(self, text: &str) -> String {
        super::fim::escape(text, self.tokens())
    }
}

/// A token as it stands in a prompt if the user's text contains it.
fn broken(token: &str) -> String {
    super::fim::escape(token, &[token])
}

/// Restores the user's text that `EditFormat::escape` broke.
fn restored(mut text: String, tokens: &[&str]) -> String {
    for token in tokens {
        let broken = broken(token);
        if text.contains(&broken) {
            text = text.replace(&broken, token);
        }
    }
    text
}

/// A reply with the blank lines at the ends of its window: models add and omit them at random.
fn settled(new: &str, window: &EditWindow) -> String {
    let old = &window.text;
    let head = old.len() - old.trim_start_matches(['\n', '\r']).len();
    let tail = old.trim_end().len();
    let lines = new.trim_start_matches(['\n', '\r']).trim_end();
    if lines.is_empty() || tail < head {
        return old.clone();
    }
    [&old[..head], lines, &old[tail..]].concat()
}

#[cfg(test)]
mod tests;
