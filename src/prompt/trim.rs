//! Fitting a prompt into a window: what is worth least goes first, then what is farthest away.

use std::borrow::Cow;

use crate::context::Part;
use crate::prompt::Chat;
use crate::prompt::Fill;

/// The suffix may have this share of what is left for the text around the cursor.
const SUFFIX: usize = 4;

impl Fill {
    /// The same within so many bytes: parts go from the lowest rank up, then the far ends of what
    /// stands before and behind the cursor.
    pub fn trimmed(&self, bytes: usize) -> Cow<'_, Self> {
        let size = self.prefix.len() + self.suffix.len();
        if size + size_of_parts(&self.parts) <= bytes {
            return Cow::Borrowed(self);
        }
        let mut fill = self.clone();
        keep_best(&mut fill.parts, bytes.saturating_sub(size));
        let over = (size + size_of_parts(&fill.parts)).saturating_sub(bytes);
        if over > 0 {
            let suffix = fill.suffix.len().min(bytes / SUFFIX);
            fill.suffix.truncate(fill.suffix.floor_char_boundary(suffix));
            let prefix = bytes - fill.suffix.len();
            let start = fill.prefix.len().saturating_sub(prefix);
            fill.prefix.drain(..fill.prefix.ceil_char_boundary(start));
        }
        Cow::Owned(fill)
    }
}

impl Chat {
    /// The same within so many bytes: parts go from the lowest rank up, then the oldest turns but
    /// the last.
    pub fn trimmed(&self, bytes: usize) -> Cow<'_, Self> {
        let said = |chat: &Self| {
            chat.system.len() + chat.turns.iter().map(|it| it.text.len()).sum::<usize>()
        };
        if said(self) + size_of_parts(&self.parts) <= bytes {
            return Cow::Borrowed(self);
        }
        let mut chat = self.clone();
        keep_best(&mut chat.parts, bytes.saturating_sub(said(self)));
        while chat.turns.len() > 2 && said(&chat) + size_of_parts(&chat.parts) > bytes {
            chat.turns.drain(..2);
        }
        Cow::Owned(chat)
    }
}

fn size_of_parts(parts: &[Part]) -> usize {
    parts.iter().map(|it| it.path.len() + it.text.len() + 2).sum()
}

/// Leaves those of the highest ranks that fit, in their order.
fn keep_best(parts: &mut Vec<Part>, bytes: usize) {
    let mut size = size_of_parts(parts);
    while size > bytes {
        let lowest = parts.iter().enumerate().min_by_key(|(_, it)| it.rank).map(|(at, _)| at);
        let Some(lowest) = lowest else { return };
        parts.remove(lowest);
        size = size_of_parts(parts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::PartKind;
    use crate::prompt::Extent;

    fn part(text: &str, rank: u32) -> Part {
        Part { kind: PartKind::Snippet, path: "p".to_owned(), text: text.to_owned(), rank }
    }

    fn fill() -> Fill {
        Fill {
            path: "a".to_owned(),
            language: "rust".to_owned(),
            parts: vec![part("aaaa", 3), part("bbbb", 1), part("cccc", 2)],
            prefix: "0123456789é".to_owned(),
            suffix: "é9876543210".to_owned(),
            extent: Extent::Line,
            max_tokens: 1,
        }
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        assert!(matches!(fill().trimmed(1000), Cow::Borrowed(_)));
    }

    #[test]
    fn the_lowest_rank_goes_first_and_the_order_stays() {
        let (fill, texts) =
            (fill(), |it: &Fill| it.parts.iter().map(|it| it.text.clone()).collect::<Vec<_>>());
        assert_eq!(texts(&fill.trimmed(40)), ["aaaa", "cccc"]);
        assert_eq!(texts(&fill.trimmed(34)), ["aaaa"]);
        assert_eq!(texts(&fill.trimmed(24)), [""; 0]);
    }

    #[test]
    fn then_the_far_ends_go_between_characters() {
        let fill = fill();
        let small = fill.trimmed(8);
        assert_eq!((small.prefix.as_str(), small.suffix.as_str()), ("6789é", "é"));
        for bytes in 0..40 {
            let it = fill.trimmed(bytes);
            assert!(it.prefix.len() + it.suffix.len() <= bytes.max(24), "{bytes}");
        }
    }
}
