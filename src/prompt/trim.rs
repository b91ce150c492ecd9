//! Trims a prompt to the context window of a model: the least valuable text is removed first, and no context
//! is collected again.

use crate::context::{CHOSEN, Part, PartKind, alike};
use crate::prompt::fill::brief::PromptLimits;
use crate::prompt::{Chat, Fill, Prompt};

/// Divisor of the window: a quarter is always available to the text after the cursor.
const SUFFIX: usize = 4;
/// Eighths of a window that are available to parts, if these are at least `LEAST_PARTS` bytes: there, a model makes more
/// lines right with code from elsewhere than with more text around the cursor (`benches/real`).
const PARTS: usize = 3;
const LEAST_PARTS: usize = 512;
/// A snippet is not cut to fewer bytes.
const LEAST_SNIPPET: usize = 200;

impl Prompt {
    pub fn bytes(&self) -> usize {
        match self {
            Self::Fill(fill) => {
                parts(&fill.parts) + fill.prefix.len() + fill.typed.len() + fill.suffix.len()
            }
            Self::Chat(chat) => parts(&chat.parts) + turns(chat),
            Self::Edit(edit) => edit.bytes(),
            Self::Relay(relay) => relay.bytes(),
        }
    }

    /// Minimum size in bytes that preserves the meaning: system prompt and last turn of a chat, the lines of
    /// an edit. Zero for a hole.
    pub fn least_bytes(&self) -> usize {
        match self {
            Self::Fill(_) => 0,
            Self::Chat(chat) => chat.system.len() + chat.turns.last().map_or(0, |it| it.text.len()),
            Self::Edit(edit) => edit.least_bytes(),
            Self::Relay(relay) => relay.bytes(),
        }
    }

    /// The prompt in at most `bytes`: removes the parts with the lowest rank, then the text far from the
    /// cursor, or the oldest turns of a chat.
    pub fn trimmed(&self, bytes: usize) -> Self {
        match self {
            Self::Fill(fill) => Self::Fill(fill.trimmed(bytes)),
            Self::Chat(chat) => Self::Chat(chat.trimmed(bytes)),
            Self::Edit(edit) => Self::Edit(edit.trimmed(bytes)),
            // The program selected the content, so nothing is removed.
            Self::Relay(relay) => Self::Relay(relay.clone()),
        }
    }
}

impl Fill {
    pub fn trimmed(&self, bytes: usize) -> Self {
        let mut fill = self.clone();
        let bytes = bytes.saturating_sub(fill.typed.len());
        let reserved = Some(bytes / 8 * PARTS).filter(|it| *it >= LEAST_PARTS).unwrap_or(0);
        let room = bytes.saturating_sub(fill.prefix.len() + fill.suffix.len()).max(reserved);
        cut_lowest(&mut fill.parts, room);
        let bytes = bytes - parts(&fill.parts);
        if fill.prefix.len() + fill.suffix.len() <= bytes {
            return fill;
        }
        let suffix = (bytes / SUFFIX).max(bytes.saturating_sub(fill.prefix.len()));
        fill.suffix.truncate(head(&fill.suffix, suffix));
        let prefix = bytes - fill.suffix.len();
        fill.prefix.drain(..tail(&fill.prefix, prefix));
        fill
    }

    /// Limits the text after the cursor.
    pub(super) fn limit_suffix(&mut self, bytes: usize) {
        self.suffix.truncate(head(&self.suffix, bytes));
    }

    /// Limits each section: keeps the parts with the highest rank and the text nearest to the
    /// cursor.
    pub(super) fn shrink(&mut self, limits: PromptLimits) {
        drop_lowest(&mut self.parts, limits.parts);
        self.limit_suffix(limits.suffix);
        self.prefix.drain(..tail(&self.prefix, limits.prefix));
    }
}

impl Chat {
    /// The chat with so little gathered context that it has at most `bytes`, if that is enough.
    #[must_use]
    pub fn with_context_of(&self, bytes: usize) -> Self {
        let mut chat = self.clone();
        let chosen = chat.parts.iter().filter(|it| it.rank >= CHOSEN).map(Part::bytes).sum();
        let room = bytes.saturating_sub(turns(&chat)).max(chosen);
        drop_lowest(&mut chat.parts, room);
        chat
    }

    pub fn trimmed(&self, bytes: usize) -> Self {
        let mut chat = self.clone();
        let room = bytes.saturating_sub(turns(&chat));
        drop_lowest(&mut chat.parts, room);
        while turns(&chat) > bytes && chat.turns.len() > 1 {
            chat.turns.remove(0);
        }
        if let Some(last) = chat.turns.last_mut() {
            let room = bytes.saturating_sub(chat.system.len());
            last.text.drain(..tail(&last.text, room));
        }
        chat
    }
}

/// Among equal ranks, the last part is removed first.
pub(super) fn drop_lowest(all: &mut Vec<Part>, bytes: usize) {
    while parts(all) > bytes {
        let lowest = all.iter().enumerate().rev().min_by_key(|(_, it)| it.rank).map(|it| it.0);
        let Some(lowest) = lowest else { return };
        all.remove(lowest);
    }
}

/// Removes the lowest ranks. The last of them is cut instead if it is a snippet.
fn cut_lowest(all: &mut Vec<Part>, bytes: usize) {
    let mut removed = None;
    while parts(all) > bytes {
        let lowest = all.iter().enumerate().rev().min_by_key(|(_, it)| it.rank).map(|it| it.0);
        let Some(lowest) = lowest else { return };
        removed = Some((lowest, all.remove(lowest)));
    }
    let Some((at, mut part)) = removed.filter(|it| it.1.kind == PartKind::Snippet) else { return };
    let room = bytes.saturating_sub(parts(all) + part.path.len());
    if room >= LEAST_SNIPPET {
        part.text = middle(&part.text, room).to_owned();
        all.insert(at, part);
    }
}

/// Whole lines of a snippet. The best line is at a third of it: see `alike::around`.
fn middle(text: &str, bytes: usize) -> &str {
    let above = text.floor_char_boundary(text.len() / 3);
    let best = text[..above].rfind('\n').map_or(0, |it| it + 1);
    &text[alike::around(text, best, &(0..text.len()), bytes)]
}

fn parts(parts: &[Part]) -> usize {
    parts.iter().map(Part::bytes).sum()
}

fn turns(chat: &Chat) -> usize {
    chat.system.len() + chat.turns.iter().map(|it| it.text.len()).sum::<usize>()
}

/// Where to cut so that at most `bytes` remain before the cut: after a line end if there is one.
pub(super) fn head(text: &str, bytes: usize) -> usize {
    if text.len() <= bytes {
        return text.len();
    }
    let end = text.floor_char_boundary(bytes);
    text[..end].rfind('\n').map_or(end, |it| it + 1)
}

/// Where to cut so that at most `bytes` remain after the cut: at the start of a line if there is one.
pub(super) fn tail(text: &str, bytes: usize) -> usize {
    if text.len() <= bytes {
        return 0;
    }
    let start = text.ceil_char_boundary(text.len() - bytes);
    text[start..].find('\n').map_or(start, |it| start + it + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::context::PartKind;
    use crate::prompt::{CompletionScope, Trigger};

    fn fill(prefix: &str, suffix: &str, parts: &[(u32, &str)]) -> Fill {
        let part = |(rank, text): &(u32, &str)| Part {
            kind: PartKind::Snippet,
            path: String::new(),
            text: (*text).to_owned(),
            rank: *rank,
        };
        Fill {
            path: "a.rs".to_owned(),
            language: "rust".to_owned(),
            parts: parts.iter().map(part).collect(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            extent: CompletionScope::Line,
            max_tokens: 64,
            trigger: Trigger::Invoked,
            draft: None,
            typed: String::new(),
        }
    }

    #[test]
    fn the_lowest_rank_goes_first_and_the_cursor_stays() {
        let whole =
            fill("one\ntwo\nthree", "four\nfive\n", &[(2, "aaaa"), (1, "bbbb"), (3, "cccc")]);
        let check = |bytes, prefix: &str, suffix: &str, parts: &[&str]| {
            let fill = whole.trimmed(bytes);
            let texts: Vec<&str> = fill.parts.iter().map(|it| it.text.as_str()).collect();
            assert_eq!((fill.prefix.as_str(), fill.suffix.as_str()), (prefix, suffix), "{bytes}");
            assert_eq!(texts, parts, "{bytes}");
        };
        check(99, "one\ntwo\nthree", "four\nfive\n", &["aaaa", "bbbb", "cccc"]);
        check(31, "one\ntwo\nthree", "four\nfive\n", &["aaaa", "cccc"]);
        check(27, "one\ntwo\nthree", "four\nfive\n", &["cccc"]);
        check(22, "one\ntwo\nthree", "four\n", &[]);
        check(14, "two\nthree", "fou", &[]);
    }

    #[test]
    fn a_part_of_a_larger_window_is_for_code_from_elsewhere_and_the_best_of_it_is_cut() {
        let lines =
            |count: usize| (0..count).map(|it| format!("line {it:03}\n")).collect::<String>();
        let (text, other) = (lines(300), lines(90));
        let whole = fill(&text, &text, &[(1, "worst"), (2, &other)]);
        let cut = whole.trimmed(1600);
        let [part] = &*cut.parts else { panic!("{:?}", cut.parts) };
        assert!(
            part.text.starts_with("line 008\n") && part.text.ends_with("line 073\n"),
            "{}",
            part.text
        );
        assert_eq!((cut.prefix.len(), cut.suffix.len()), (756, 243));
        // Edits are whole or absent, and a small window has only the text around the cursor.
        let mut edit = whole.clone();
        edit.parts[1].kind = PartKind::Edit;
        assert_eq!(edit.trimmed(1600).parts, []);
        assert_eq!(whole.trimmed(1200).parts, []);
    }

    #[test]
    fn a_conversation_keeps_its_last_turns() {
        let turn = |text: &str| crate::prompt::Turn {
            role: crate::prompt::Role::User,
            text: text.to_owned(),
        };
        let chat = Chat {
            system: "be brief".to_owned(),
            parts: Vec::new(),
            turns: vec![turn("first"), turn("second"), turn("the last")],
            max_tokens: 64,
            stop: Vec::new(),
            thinks: true,
            exact: false,
        };
        assert_eq!(chat.trimmed(24).turns, [turn("second"), turn("the last")]);
        assert_eq!(chat.trimmed(12).turns, [turn("last")]);
    }

    proptest! {
        #[test]
        fn any_prompt_fits_any_window(
            prefix in "[aé\n]{0,40}", suffix in "[aé\n]{0,40}", part in "[aé]{0,9}", bytes in 0usize..90
        ) {
            let whole = fill(&prefix, &suffix, &[(1, &part), (2, &part)]);
            let trimmed = whole.trimmed(bytes);
            prop_assert!(Prompt::Fill(trimmed.clone()).bytes() <= bytes);
            prop_assert!(prefix.ends_with(&trimmed.prefix) && suffix.starts_with(&trimmed.suffix));
        }
    }
}
