//! How fast a target reads prompts, and how much of a prompt it reads in time.
//!
//! Pure. A model on the user's machine can take seconds to read what a hosted one reads in milliseconds, but
//! it skips the beginning that a prompt shares with its last one. Prompts for free models are limited to what
//! is read in time; [`Fill::sized`] says what is left out.

use std::time::Duration;

use crate::prompt::sized::{HeldPrompt, ReadingRoom, TypedText};
use crate::prompt::{Fill, Trigger};
use crate::router::spec::Deadline;

/// Assumed rate of a free target without measurements, in tokens per second: a small model on a laptop's CPU.
const ASSUMED: f64 = 300.0;
/// The share of earlier measurements that remains after a new one. The rate falls as soon as the user's
/// compiler runs, and rises after it.
const FADE: f64 = 0.5;
/// Fewer tokens say nothing: the time is that of the request itself. Where the server measures, fewer suffice.
const LEAST: u64 = 128;
const LEAST_REPORTED: u64 = 16;
/// The parts of the limit for the first token in which a prompt must be read: what is new behind a beginning
/// that was read before; the whole prompt instead of that; and what is new if nothing was read before.
const CONTINUED: f64 = 0.5;
const WHOLE: f64 = 1.0;
const FRESH: f64 = 2.5;
/// A user who requested the completion with a key waits longer by this factor.
const INVOKED: f64 = 2.0;

/// The reading rate of one target, and the last prompt that it has read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    tokens: f64,
    seconds: f64,
    held: HeldPrompt,
}

/// A prompt as it is sent, and how much of it is new to the target, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizedPrompt {
    pub fill: Fill,
    pub unread: usize,
}

impl Reading {
    /// Tokens per second, if measured.
    pub fn rate(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.tokens / self.seconds)
    }

    /// The server reported that reading so many tokens took this time.
    pub fn on_reported(&mut self, tokens: u64, time: Duration) {
        if tokens >= LEAST_REPORTED {
            self.record(tokens, time);
        }
    }

    /// The first token came after this time, with so many tokens to read before it.
    pub fn on_first_token(&mut self, tokens: u64, time: Duration) {
        if tokens >= LEAST {
            self.record(tokens, time);
        }
    }

    /// So many tokens were not read within this time.
    pub fn on_unread(&mut self, tokens: u64, time: Duration) {
        let most = tokens as f64 / time.as_secs_f64().max(0.001);
        if self.rate().unwrap_or(ASSUMED) > most {
            self.on_first_token(tokens, time);
        }
    }

    fn record(&mut self, tokens: u64, time: Duration) {
        self.tokens = FADE * self.tokens + tokens as f64;
        self.seconds = FADE * self.seconds + time.as_secs_f64().max(1e-6);
    }

    /// The prompt that is read within `deadline`.
    pub fn sized(
        &self,
        fill: &Fill,
        deadline: Deadline,
        bytes_per_token: f64,
        place: TypedText,
    ) -> SizedPrompt {
        let first_token = deadline.first_token.unwrap_or(deadline.total).as_secs_f64();
        let patience = match fill.trigger {
            Trigger::Automatic => 1.0,
            Trigger::Invoked => INVOKED,
        };
        let rate = patience * self.rate().unwrap_or(ASSUMED) * bytes_per_token;
        let room = |share: f64| (rate * share * first_token) as usize;
        let room =
            ReadingRoom { continued: room(CONTINUED), whole: room(WHOLE), fresh: room(FRESH) };
        let (fill, unread) = fill.sized(&self.held, room, place);
        SizedPrompt { fill, unread }
    }

    /// Bytes of a new prompt that are read in half of the time for its answer.
    pub fn room(&self, deadline: Deadline, bytes_per_token: f64) -> usize {
        let rate = self.rate().unwrap_or(ASSUMED) * bytes_per_token;
        (rate * CONTINUED * deadline.total.as_secs_f64()) as usize
    }

    /// The target has read this prompt.
    pub fn has_read(&mut self, fill: &Fill) {
        self.held = HeldPrompt::of(fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Part, PartKind};
    use crate::prompt::CompletionScope;
    use crate::router::spec::Feature;

    fn long() -> Fill {
        let part = Part {
            kind: PartKind::Snippet,
            path: "b.rs".to_owned(),
            text: "fn other() {}\n".repeat(250),
            rank: 1,
        };
        Fill {
            path: "a.rs".to_owned(),
            language: "rust".to_owned(),
            parts: vec![part],
            prefix: (0..200).map(|it| format!("let name_{it} = {it};\n")).collect(),
            suffix: (0..50).map(|it| format!("use_it({it});\n")).collect(),
            extent: CompletionScope::Line,
            max_tokens: 64,
            trigger: Trigger::Automatic,
            draft: None,
            typed: String::new(),
        }
    }

    fn sized(reading: &Reading, fill: &Fill) -> SizedPrompt {
        reading.sized(fill, Feature::Complete.deadline(), 3.5, TypedText::BeforeHole)
    }

    #[test]
    fn a_fast_model_gets_the_whole_prompt() {
        let mut reading = Reading::default();
        reading.on_reported(2000, Duration::from_millis(400));
        assert_eq!(sized(&reading, &long()).fill, long());
    }

    #[test]
    fn a_slow_model_gets_what_it_reads_in_time_and_then_little_more_while_the_user_types() {
        let mut reading = Reading::default();
        reading.on_reported(190, Duration::from_secs(1));
        let mut fill = long();
        let first = sized(&reading, &fill);
        let seconds = |bytes: usize| bytes as f64 / 3.5 / 190.0;
        assert!((1.0..=1.5).contains(&seconds(first.unread)), "{}", seconds(first.unread));
        assert!(fill.prefix.ends_with(&first.fill.prefix) && first.fill.parts.is_empty());
        reading.has_read(&first.fill);
        fill.prefix += "let x = ";
        let next = sized(&reading, &fill);
        assert!(next.fill.prefix.starts_with(&first.fill.prefix), "its beginning stays");
        assert!(seconds(next.unread) <= 0.3, "{}", seconds(next.unread));
        assert!(!next.fill.suffix.is_empty());
    }

    #[test]
    fn the_rate_follows_what_the_machine_can_do_now() {
        let mut reading = Reading::default();
        assert_eq!(reading.rate(), None);
        reading.on_first_token(10, Duration::from_secs(1));
        assert_eq!(reading.rate(), None);
        reading.on_unread(3000, Duration::from_secs(2));
        assert_eq!(reading.rate(), None, "faster than assumed is not slow");
        reading.on_unread(300, Duration::from_secs(2));
        assert_eq!(reading.rate(), Some(150.0));
        reading.on_unread(600, Duration::from_secs(2));
        assert_eq!(reading.rate(), Some(150.0));
        reading.on_reported(800, Duration::from_secs(1));
        assert!(reading.rate().is_some_and(|it| it > 400.0));
    }
}
