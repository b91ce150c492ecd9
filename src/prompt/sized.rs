//! Limits a hole's prompt to what a slow model reads in time.
//!
//! A model server keeps the last prompts it has read and skips the beginning that a new one shares with them.
//! So the text before the cursor keeps its start while the user types, and the text after the cursor, which is
//! read again each time, is short.

use crate::context::Part;
use crate::prompt::Fill;

/// The start of a held prompt is found by this much of it, in bytes.
const MARK: usize = 96;
/// A prompt that continues the last one keeps at least this much text after the cursor, in bytes, if it can.
const SUFFIX: usize = 96;
/// The smallest room, in bytes. A slower model is useless anyway.
const SMALLEST: usize = 256;

/// How many new bytes are read in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingRoom {
    /// Behind a beginning that was read before.
    pub continued: usize,
    /// Instead of that, if it is the whole prompt.
    pub whole: usize,
    /// If nothing was read before.
    pub fresh: usize,
}

/// What a server holds of its last prompt: everything before the text after the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldPrompt {
    path: String,
    parts: Vec<Part>,
    prefix: String,
}

impl HeldPrompt {
    pub fn of(fill: &Fill) -> Self {
        Self { path: fill.path.clone(), parts: fill.parts.clone(), prefix: fill.prefix.clone() }
    }

    /// Bytes of `fill` before the text after the cursor that are not held.
    fn unread(&self, fill: &Fill) -> usize {
        let same = self.parts.iter().zip(&fill.parts).take_while(|(held, it)| held == it).count();
        let parts = bytes(&fill.parts[same..]);
        if parts > 0 || same < self.parts.len() || self.path != fill.path {
            return parts + fill.prefix.len();
        }
        fill.prefix.len() - shared(&self.prefix, &fill.prefix)
    }
}

impl Fill {
    /// The hole with as much context as is read in time by a model that holds `held`, and how many bytes of it
    /// are new to that model.
    pub fn sized(&self, held: &HeldPrompt, room: ReadingRoom) -> (Self, usize) {
        let fresh = room.fresh.max(SMALLEST);
        let continued = self.continuing(held, room.continued.max(SUFFIX));
        let unread = |it: &Self| held.unread(it) + it.suffix.len();
        let whole = unread(self);
        if whole <= if continued.is_some() { room.whole } else { fresh } {
            return (self.clone(), whole);
        }
        let sized = continued.unwrap_or_else(|| self.trimmed(fresh));
        let unread = unread(&sized);
        (sized, unread)
    }

    /// The hole with the beginning of the held prompt, if at most `room` bytes of it are new.
    fn continuing(&self, held: &HeldPrompt, room: usize) -> Option<Self> {
        if held.path != self.path || held.prefix.is_empty() {
            return None;
        }
        let mark = &held.prefix[..held.prefix.floor_char_boundary(MARK)];
        let start = self.prefix.find(mark)?;
        let prefix = &self.prefix[start..];
        // After a jump up in the document too little would be left.
        let is_long = 2 * prefix.len() >= held.prefix.len() || start == 0;
        let unread = prefix.len() - shared(&held.prefix, prefix);
        if !is_long || unread > room {
            return None;
        }
        let mut fill =
            Self { parts: held.parts.clone(), prefix: prefix.to_owned(), ..self.clone() };
        fill.limit_suffix((room - unread).max(SUFFIX));
        Some(fill)
    }
}

/// Length of the beginning that both texts share, in bytes.
fn shared(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    b.floor_char_boundary(same)
}

fn bytes(parts: &[Part]) -> usize {
    parts.iter().map(|it| it.path.len() + it.text.len()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::context::PartKind;
    use crate::prompt::{CompletionScope, Trigger};

    fn fill(prefix: &str, suffix: &str) -> Fill {
        Fill {
            path: "a.rs".to_owned(),
            language: "rust".to_owned(),
            parts: Vec::new(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            extent: CompletionScope::Line,
            max_tokens: 64,
            trigger: Trigger::Automatic,
            draft: None,
        }
    }

    fn lines(count: usize) -> String {
        (0..count).map(|it| format!("let name_{it} = {it};\n")).collect()
    }

    const SLOW: ReadingRoom = ReadingRoom { continued: 160, whole: 320, fresh: 1000 };

    #[test]
    fn a_short_document_is_sent_whole() {
        let fill = fill("let x = ", ";\n");
        assert_eq!(fill.sized(&HeldPrompt::default(), SLOW), (fill.clone(), 10));
    }

    #[test]
    fn the_beginning_stays_while_lines_are_added_and_moves_after_a_jump() {
        let text = lines(200);
        let held = fill(&text, &lines(20)).sized(&HeldPrompt::default(), SLOW).0;
        let start = held.prefix.lines().next().unwrap().to_owned();
        let held = HeldPrompt::of(&held);
        let below = fill(&format!("{text}let more = 1;\nlet "), &lines(20));
        let (sized, unread) = below.sized(&held, SLOW);
        assert!(sized.prefix.starts_with(&start) && unread <= SLOW.continued, "{unread}");
        let above = fill(&lines(60), &lines(20));
        let (sized, unread) = above.sized(&held, SLOW);
        assert!(!sized.prefix.starts_with(&start) && unread > SLOW.continued, "{unread}");
        let far = fill(&format!("{text}{}", lines(40)), "");
        assert!(far.sized(&held, SLOW).1 > SLOW.continued);
        let other = Fill { path: "b.rs".to_owned(), ..below };
        assert!(other.sized(&held, SLOW).1 > SLOW.continued);
    }

    #[test]
    fn other_context_in_front_is_read_anew() {
        let part =
            Part { kind: PartKind::Snippet, path: "b.rs".to_owned(), text: lines(10), rank: 1 };
        let plain = fill(&lines(10), "");
        let with = Fill { parts: vec![part], ..plain.clone() };
        assert_eq!(HeldPrompt::of(&plain).unread(&plain), 0);
        assert_eq!(HeldPrompt::of(&with).unread(&with), 0);
        assert_eq!(HeldPrompt::of(&with).unread(&plain), plain.prefix.len());
        assert!(HeldPrompt::of(&plain).unread(&with) > plain.prefix.len());
    }

    proptest! {
        #[test]
        fn any_prompt_is_a_window_around_the_cursor(
            held in "[aé\n]{0,300}", prefix in "[aé\n]{0,900}", suffix in "[aé\n]{0,900}",
            continued in 0usize..300, fresh in 0usize..900
        ) {
            let whole = fill(&prefix, &suffix);
            let held = HeldPrompt::of(&fill(&held, ""));
            let room = ReadingRoom { continued, whole: continued, fresh };
            let (sized, unread) = whole.sized(&held, room);
            prop_assert!(prefix.ends_with(&sized.prefix) && suffix.starts_with(&sized.suffix));
            prop_assert!(unread <= continued.max(fresh).max(SMALLEST) + SUFFIX);
        }
    }
}
