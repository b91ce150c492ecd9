//! Replaces secrets in prompts with placeholders, and restores them in replies.
//!
//! A secret is recognised by its shape (`rules`), or else by its name and by random characters (`chance`).
//! Every occurrence of a secret has the same placeholder, so that a model can still refer to it.

mod anchors;
mod chance;
mod find;
mod rules;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The start of every placeholder; its number follows.
const PLACEHOLDER: &str = "MASKED_SECRET_";

/// The secrets of a prompt with their placeholders. It is reused for all prompts of a document, so that their
/// beginnings stay the same.
#[derive(Clone, Default)]
pub struct Mask {
    secrets: Vec<(u32, String)>,
    /// The highest number assigned, or found in a text that looks like a placeholder.
    last: u32,
}

/// Restores secrets in a text that arrives in pieces.
pub struct Restorer {
    mask: Arc<Mask>,
    held: String,
}

impl Mask {
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the secrets of a text with placeholders.
    pub fn mask<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        let found = secrets(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        self.reserve(text);
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for range in found {
            masked.push_str(&text[end..range.start]);
            masked.push_str(&self.placeholder(&text[range.clone()]));
            end = range.end;
        }
        masked.push_str(&text[end..]);
        Cow::Owned(masked)
    }

    /// The same as `mask` for the texts before and after a cursor. Returns `None` without a secret.
    pub fn mask_around(&mut self, before: &str, after: &str) -> Option<(String, String)> {
        let mut masked = self.mask_pieces(&[before, after])?.into_iter();
        masked.next().zip(masked.next())
    }

    /// The same as `mask` for adjacent pieces of one text. A secret that crosses the end of a piece is found
    /// too; its placeholder is in the piece where the secret begins. Returns `None` without a secret.
    pub fn mask_pieces(&mut self, pieces: &[&str]) -> Option<Vec<String>> {
        let text = pieces.concat();
        let found = secrets(&text);
        if found.is_empty() {
            return None;
        }
        self.reserve(&text);
        let mut masked = Vec::with_capacity(pieces.len());
        let (mut found, mut start, mut copied) = (found.into_iter().peekable(), 0, 0);
        for (at, piece) in pieces.iter().enumerate() {
            let (mut own, end) = (String::with_capacity(piece.len()), start + piece.len());
            let is_last = at + 1 == pieces.len();
            while let Some(range) = found.next_if(|it| it.start < end || is_last) {
                own.push_str(text.get(copied..range.start).unwrap_or_default());
                own.push_str(&self.placeholder(&text[range.clone()]));
                copied = range.end;
            }
            own.push_str(text.get(copied..end).unwrap_or_default());
            copied = copied.max(end);
            masked.push(own);
            start = end;
        }
        Some(masked)
    }

    /// Reserves the numbers of words in `text` that look like placeholders, so that no secret gets them.
    pub fn reserve(&mut self, text: &str) {
        for (at, _) in text.match_indices(PLACEHOLDER) {
            let number = number(&text[at + PLACEHOLDER.len()..]).0;
            let own = self.secrets.iter().any(|it| Some(it.0) == number);
            if let (Some(number), false) = (number, own) {
                self.last = self.last.max(number);
            }
        }
    }

    /// Replaces placeholders with their secrets.
    pub fn restore(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(PLACEHOLDER) {
            let digits = &rest[at + PLACEHOLDER.len()..];
            let (number, length) = number(digits);
            let end = at + PLACEHOLDER.len() + length;
            restored.push_str(&rest[..at]);
            let secret = self.secrets.iter().find(|it| Some(it.0) == number);
            restored.push_str(secret.map_or(&rest[at..end], |it| &it.1));
            rest = &rest[end..];
        }
        restored.push_str(rest);
        restored
    }

    /// The same mask for texts that are JSON strings: restored secrets are escaped.
    pub fn escaped(&self) -> Self {
        let escape = |text: &str| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        let secrets = self.secrets.iter().map(|(number, it)| (*number, escape(it)));
        Self { secrets: secrets.collect(), last: self.last }
    }

    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    fn placeholder(&mut self, secret: &str) -> String {
        let known = self.secrets.iter().find(|it| it.1 == secret).map(|it| it.0);
        let number = known.unwrap_or_else(|| {
            self.last = self.last.saturating_add(1);
            self.secrets.push((self.last, secret.to_owned()));
            self.last
        });
        format!("{PLACEHOLDER}{number}")
    }
}

impl Restorer {
    pub fn new(mask: Arc<Mask>) -> Self {
        Self { mask, held: String::new() }
    }

    /// The restored text that is complete after `delta`.
    pub fn push(&mut self, delta: &str) -> String {
        self.held.push_str(delta);
        let held = self.held.split_off(self.safe());
        let safe = std::mem::replace(&mut self.held, held);
        self.mask.restore(&safe)
    }

    /// The rest.
    pub fn finish(self) -> String {
        self.mask.restore(&self.held)
    }

    /// The end of the text that cannot be part of an incomplete placeholder.
    fn safe(&self) -> usize {
        let text = self.held.as_str();
        let digits = text.trim_end_matches(|it: char| it.is_ascii_digit());
        if digits.ends_with(PLACEHOLDER) {
            return digits.len() - PLACEHOLDER.len();
        }
        let longest = PLACEHOLDER.len().min(text.len());
        let partial = (1..=longest).rev().find(|it| text.ends_with(&PLACEHOLDER[..*it]));
        text.len() - partial.unwrap_or(0)
    }
}

/// Prints the number of secrets only.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.secrets.len()).finish()
    }
}

/// The ranges of the secrets in a text, in order, without overlaps.
pub fn secrets(text: &str) -> Vec<Range<usize>> {
    find::secrets(text)
}

/// Whether a text contains a placeholder, or a text that looks like one.
pub fn has_placeholder(text: &str) -> bool {
    text.contains(PLACEHOLDER)
}

/// The number at the start of a text, and its length in bytes.
fn number(text: &str) -> (Option<u32>, usize) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..length].parse().ok(), length)
}

#[cfg(test)]
mod tests;
