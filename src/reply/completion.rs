//! Fits a model's reply to the hole, while it streams and once more at the end.
//!
//! Each filter has its own file: it reads the reply so far, removes what does not belong and can end the
//! reply. All filters run over the complete reply after each delta, so the result does not depend on how the
//! reply was split.

mod blanks;
mod brackets;
mod chatter;
mod control;
mod delimiters;
mod echo;
mod fence;
pub mod fit;
mod follow;
pub mod hole;
mod known;
mod length;
mod repetition;
mod scope;
mod style;
mod thinking;
mod tokens;

use crate::reply::completion::fit::Fit;
use crate::reply::completion::hole::{Hole, ReplyDraft};
use crate::reply::unseen;
use crate::text::is_word;

/// Maximum length of a reply, in bytes. Longer replies are cut.
const LONGEST: usize = 64 * 1024;
/// Signs between two operands.
const OPERATORS: [char; 11] = ['+', '-', '*', '/', '%', '=', '&', '|', '<', '^', '!'];
/// A shorter beginning of a text is not worth showing, in characters.
const SHORTEST: usize = 8;

/// A reply while it streams.
#[derive(Clone, Debug)]
pub struct PostProcessor {
    hole: Hole,
    reply: String,
    /// The filtered text of the reply so far.
    text: String,
    complete: bool,
}

/// Whether more of a reply is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyProgress {
    Continue,
    /// The rest of the reply would be removed: the stream can be dropped.
    Complete,
}

/// In order: wrappers, repetition of the surroundings, end of the text, style.
const FILTERS: &[fn(&mut ReplyDraft, &Hole)] = &[
    control::filter,
    thinking::filter,
    chatter::filter,
    fence::filter,
    echo::filter,
    blanks::filter,
    style::filter,
    length::filter,
    follow::filter,
    scope::filter,
    repetition::filter,
];

impl PostProcessor {
    pub fn new(hole: Hole) -> Self {
        Self { hole, reply: String::new(), text: String::new(), complete: false }
    }

    /// Adds a delta of the reply, with placeholders already replaced by the secrets.
    pub fn push(&mut self, delta: &str) -> ReplyProgress {
        if !self.complete {
            self.reply.push_str(delta);
            let draft = self.draft(false);
            self.complete = self.reply.len() > LONGEST || draft.ended;
            self.text = draft.text;
        }
        if self.complete { ReplyProgress::Complete } else { ReplyProgress::Continue }
    }

    /// The stable start of the text for the hole.
    pub fn so_far(&self) -> String {
        self.hole.line_ends(self.text.trim_end())
    }

    /// The part of the text so far that can be shown before the rest: its complete lines, or the complete words of its
    /// only line. `None` if that is little, or replaces something right of the cursor. Only for models that fill holes:
    /// others may introduce the code with a sentence.
    pub fn beginning(&self) -> Option<Fit> {
        // Without the beginning of a control token.
        let whole = self.draft(true).text;
        let same = self.text.bytes().zip(whole.bytes()).take_while(|it| it.0 == it.1).count();
        let text = self.text[..self.text.floor_char_boundary(same)].trim_end();
        let lines = text.rfind('\n').map(|it| text[..it].trim_end());
        let words = || {
            let end = text.rfind(|it| !is_word(it))?;
            let words = text[..text.ceil_char_boundary(end + 1)].trim_end();
            // An operator belongs to what follows it.
            Some(words.trim_end_matches(OPERATORS).trim_end())
        };
        let text = lines.filter(|it| !it.trim().is_empty()).or_else(words)?;
        let is_hidden = unseen::brought(text, self.hole.around()).is_some();
        // The model may be repeating the cursor's line.
        let is_echo = !text.contains('\n') && self.hole.head().contains(text.trim());
        if self.complete || is_hidden || is_echo || known::is_begun(text, &self.hole) {
            return None;
        }
        let fit = fit::fit(text, &self.hole.line).filter(|it| it.text == text && it.covers == 0)?;
        let is_long = text.trim().chars().count() >= SHORTEST;
        is_long.then(|| Fit { text: self.hole.line_ends(&fit.text), covers: 0 })
    }

    /// The reply as received.
    pub fn reply(&self) -> &str {
        &self.reply
    }

    /// The text for the hole, and the number of bytes right of the cursor that it repeats and therefore
    /// replaces. `None` if there is nothing to show.
    pub fn finish(&self) -> Option<Fit> {
        let text = self.draft(!self.complete).text;
        let is_hidden = unseen::brought(&text, self.hole.around()).is_some();
        if known::is_known(text.trim_end(), &self.hole) || is_hidden {
            return None;
        }
        let Fit { text, covers } = fit::fit(&text, &self.hole.line)?;
        Some(Fit { text: self.hole.line_ends(&text), covers })
    }

    fn draft(&self, ended: bool) -> ReplyDraft {
        let mut draft = ReplyDraft::new(&self.reply, ended);
        for filter in FILTERS {
            filter(&mut draft, &self.hole);
        }
        draft
    }
}

pub mod syntax_check;
#[cfg(test)]
mod tests;
