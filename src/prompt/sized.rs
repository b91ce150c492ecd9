//! Limits a hole's prompt to what a slow model reads in time.
//!
//! A model server keeps the last prompts it has read and skips the beginning that a new one shares with them.
//! So the text before the cursor keeps its start while the user types. The text after the cursor follows it in a
//! prompt. It is read again for each key, unless the typed text can stand behind it: as the beginning of the answer.

use crate::context::Part;
use crate::prompt::Fill;

/// The start of a held prompt is found by this much of it, in bytes.
const MARK: usize = 96;
/// A prompt that continues the last one keeps at least this much text after the cursor, in bytes, if it can.
const SUFFIX: usize = 96;
/// The smallest room, in bytes. A slower model is useless anyway.
const SMALLEST: usize = 256;
/// The most text that stands in the hole, in bytes.
const TYPED: usize = 256;

/// Where a prompt contains what the user types after its beginning was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedText {
    /// At the end of the text before the hole.
    BeforeHole,
    /// Behind the text after the hole, where the answer continues it.
    InHole,
}

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

/// The last prompt that a server has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldPrompt {
    path: String,
    parts: Vec<Part>,
    prefix: String,
    suffix: String,
    typed: String,
}

impl HeldPrompt {
    pub fn of(fill: &Fill) -> Self {
        Self {
            path: fill.path.clone(),
            parts: fill.parts.clone(),
            prefix: fill.prefix.clone(),
            suffix: fill.suffix.clone(),
            typed: fill.typed.clone(),
        }
    }

    /// Bytes of `fill` that are not held.
    fn unread(&self, fill: &Fill) -> usize {
        let same = self.parts.iter().zip(&fill.parts).take_while(|(held, it)| held == it).count();
        let parts = bytes(&fill.parts[same..]);
        let behind = fill.suffix.len() + fill.typed.len();
        if parts > 0 || same < self.parts.len() || self.path != fill.path {
            return parts + fill.prefix.len() + behind;
        }
        match self.prefix == fill.prefix && self.suffix == fill.suffix {
            true => fill.typed.len() - shared(&self.typed, &fill.typed),
            false => fill.prefix.len() - shared(&self.prefix, &fill.prefix) + behind,
        }
    }

    /// Whether a text can stand in the hole of this prompt.
    fn is_open_to(&self, typed: &str) -> bool {
        !self.prefix.is_empty() && typed.len() <= TYPED
    }
}

impl Fill {
    /// The hole with as much context as is read in time by a model that holds `held`, and how many bytes of it
    /// are new to that model.
    pub fn sized(&self, held: &HeldPrompt, room: ReadingRoom, place: TypedText) -> (Self, usize) {
        let placed = |it: Self| match place {
            TypedText::BeforeHole => it,
            TypedText::InHole => it.with_typed_apart(held),
        };
        let fresh = room.fresh.max(SMALLEST);
        let continued = self.continuing(held, room.continued.max(SUFFIX), place).map(placed);
        let whole = placed(self.clone());
        let unread = held.unread(&whole);
        if unread <= if continued.is_some() { room.whole } else { fresh } {
            return (whole, unread);
        }
        let sized = continued.unwrap_or_else(|| placed(self.trimmed(fresh)));
        let unread = held.unread(&sized);
        (sized, unread)
    }

    /// The hole with the beginning of the held prompt, if at most `room` bytes of it are new.
    fn continuing(&self, held: &HeldPrompt, room: usize, place: TypedText) -> Option<Self> {
        if held.path != self.path || held.prefix.is_empty() {
            return None;
        }
        let mark = &held.prefix[..held.prefix.floor_char_boundary(MARK)];
        let start = self.prefix.find(mark)?;
        let prefix = &self.prefix[start..];
        // After a jump up in the document too little would be left.
        let is_long = 2 * prefix.len() >= held.prefix.len() + held.typed.len() || start == 0;
        let before = shared(&held.prefix, prefix);
        let more =
            if before == held.prefix.len() { shared(&held.typed, &prefix[before..]) } else { 0 };
        let unread = prefix.len() - before - more;
        if !is_long || unread > room {
            return None;
        }
        let mut fill =
            Self { parts: held.parts.clone(), prefix: prefix.to_owned(), ..self.clone() };
        let typed = prefix.strip_prefix(&*held.prefix).filter(|it| held.is_open_to(it));
        let is_same = fill.suffix.starts_with(&held.suffix);
        match (place, typed) {
            (TypedText::InHole, Some(_)) if is_same => fill.suffix.truncate(held.suffix.len()),
            (TypedText::InHole | TypedText::BeforeHole, _) => {
                fill.limit_suffix((room - unread).max(SUFFIX));
            }
        }
        Some(fill)
    }

    /// The hole with the typed text apart from the text before it: what was typed since the held prompt was read, or
    /// the line up to the cursor.
    fn with_typed_apart(mut self, held: &HeldPrompt) -> Self {
        let is_held =
            held.path == self.path && held.parts == self.parts && held.suffix == self.suffix;
        let typed = self.prefix.strip_prefix(&*held.prefix);
        let start = match typed.filter(|it| is_held && held.is_open_to(it)) {
            Some(_) => held.prefix.len(),
            None => match self.prefix.rfind('\n') {
                Some(end) if self.prefix.len() - end <= TYPED => end + 1,
                Some(_) | None => self.prefix.len(),
            },
        };
        self.typed = self.prefix.split_off(start);
        self
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
            typed: String::new(),
        }
    }

    fn lines(count: usize) -> String {
        (0..count).map(|it| format!("let name_{it} = {it};\n")).collect()
    }

    const SLOW: ReadingRoom = ReadingRoom { continued: 160, whole: 320, fresh: 1000 };

    #[test]
    fn a_short_document_is_sent_whole() {
        let fill = fill("let x = ", ";\n");
        assert_eq!(
            fill.sized(&HeldPrompt::default(), SLOW, TypedText::BeforeHole),
            (fill.clone(), 10)
        );
    }

    #[test]
    fn the_beginning_stays_while_lines_are_added_and_moves_after_a_jump() {
        let text = lines(200);
        let held =
            fill(&text, &lines(20)).sized(&HeldPrompt::default(), SLOW, TypedText::BeforeHole).0;
        let start = held.prefix.lines().next().unwrap().to_owned();
        let held = HeldPrompt::of(&held);
        let below = fill(&format!("{text}let more = 1;\nlet "), &lines(20));
        let (sized, unread) = below.sized(&held, SLOW, TypedText::BeforeHole);
        assert!(sized.prefix.starts_with(&start) && unread <= SLOW.continued, "{unread}");
        let above = fill(&lines(60), &lines(20));
        let (sized, unread) = above.sized(&held, SLOW, TypedText::BeforeHole);
        assert!(!sized.prefix.starts_with(&start) && unread > SLOW.continued, "{unread}");
        let far = fill(&format!("{text}{}", lines(40)), "");
        assert!(far.sized(&held, SLOW, TypedText::BeforeHole).1 > SLOW.continued);
        let other = Fill { path: "b.rs".to_owned(), ..below };
        assert!(other.sized(&held, SLOW, TypedText::BeforeHole).1 > SLOW.continued);
    }

    #[test]
    fn typed_text_stands_in_the_hole_so_that_nothing_else_is_read_again() {
        let at = |typed: &str| fill(&format!("{}{typed}", lines(200)), &lines(40));
        let sized =
            |fill: Fill, held: &Fill| fill.sized(&HeldPrompt::of(held), SLOW, TypedText::InHole);
        let first = at("let x").sized(&HeldPrompt::default(), SLOW, TypedText::InHole).0;
        assert!(first.prefix.ends_with(";\n"));
        assert_eq!(first.typed, "let x");
        let same = |it: &Fill| it.prefix == first.prefix && it.suffix == first.suffix;
        for (typed, new) in [("let x = 1;\nlet y", 11), ("le", 0), ("", 0), ("if", 2)] {
            let (next, unread) = sized(at(typed), &first);
            assert!(same(&next), "{typed}");
            assert_eq!((&*next.typed, unread), (typed, new));
        }
        let (mut held, mut typed) = (first.clone(), String::new());
        while same(&held) {
            typed += "let long = 1;\n";
            held = sized(at(&format!("{typed}let z")), &held).0;
        }
        assert!(typed.len() > TYPED - 20);
        assert!(held.prefix.starts_with(&first.prefix) && held.prefix.ends_with("= 1;\n"));
        assert_eq!(held.typed, "let z", "its line is the first one in the hole");
        let closed = Fill { suffix: format!(")\n{}", lines(40)), ..at("f(") };
        let (next, unread) = sized(closed, &first);
        assert!(next.suffix.starts_with(')') && unread >= next.suffix.len());
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
            continued in 0usize..300, fresh in 0usize..900,
            place in prop_oneof![Just(TypedText::BeforeHole), Just(TypedText::InHole)]
        ) {
            let whole = fill(&prefix, &suffix);
            let none = HeldPrompt::default();
            let room = ReadingRoom { continued, whole: continued, fresh };
            let held = HeldPrompt::of(&fill(&held, &suffix).sized(&none, room, place).0);
            let (sized, unread) = whole.sized(&held, room, place);
            let before = [&*sized.prefix, &*sized.typed].concat();
            prop_assert!(prefix.ends_with(&before) && suffix.starts_with(&sized.suffix));
            prop_assert!(sized.typed.is_empty() || place == TypedText::InHole);
            prop_assert!(unread <= continued.max(fresh).max(SMALLEST) + SUFFIX + TYPED);
        }
    }
}
