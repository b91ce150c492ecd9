//! What a model replies, made to fit the hole: while it comes in, and once more at the end.
//!
//! Each filter is a file: it reads the reply so far, takes away what does not belong, and may say
//! that nothing more is wanted. All of them run over all of the reply at each piece of it, so that
//! what a reply becomes does not depend on how it was cut into pieces.

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

/// Of a reply, in bytes. What is longer is taken as ended.
const LONGEST: usize = 64 * 1024;

/// A reply that is coming in.
#[derive(Clone, Debug)]
pub struct PostProcessor {
    hole: Hole,
    reply: String,
    /// What the reply so far comes to.
    text: String,
    complete: bool,
}

/// Whether more of a reply is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyProgress {
    Continue,
    /// Whatever else comes would be taken away: drop the stream.
    Complete,
}

/// In their order: what wraps the text, what repeats its surroundings, where it ends, how it looks.
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

    /// Takes a piece of the reply in, secrets already put back.
    pub fn push(&mut self, delta: &str) -> ReplyProgress {
        if !self.complete {
            self.reply.push_str(delta);
            let draft = self.draft(false);
            self.complete = self.reply.len() > LONGEST || draft.ended;
            self.text = draft.text;
        }
        if self.complete { ReplyProgress::Complete } else { ReplyProgress::Continue }
    }

    /// The beginning of the text for the hole, as far as that is certain.
    pub fn so_far(&self) -> String {
        self.hole.line_ends(self.text.trim_end())
    }

    /// The text for the hole, and how many bytes right of the cursor it repeats and so covers.
    /// `None` if there is nothing to show.
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
