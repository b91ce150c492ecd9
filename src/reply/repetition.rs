//! Ends an answer that repeats itself. A small model can write the same lines until it reaches its limit.

/// Only so many bytes at the end of an answer are examined.
const WINDOW: usize = 20_000;
/// A shorter repetition is ordinary in data and in markup, in bytes. A repeated text without a word can be a table.
const SHORTEST: usize = 2000;
const SHORTEST_WORDLESS: usize = 8000;
/// The repetition is longer than the selection by this factor, which can be repetitive itself.
const LONGER: usize = 2;
/// The same text so many times in a row.
const TIMES: usize = 6;
/// Letters of a word.
const WORD: usize = 3;
/// An answer is examined again after so many new bytes.
const STEP: usize = 100;

/// Watches an answer for text that it repeats without an end.
#[derive(Clone, Debug, Default)]
pub struct RepetitionWatch {
    /// Bytes of the selection.
    selection: usize,
    text: String,
    /// The bytes of the text when it was last examined.
    examined: usize,
}

impl RepetitionWatch {
    /// For an answer about a selection.
    pub fn beside(selection: &str) -> Self {
        Self { selection: selection.len(), ..Self::default() }
    }

    /// Adds a piece of the answer. Returns the answer up to its first repetition.
    pub fn push(&mut self, piece: &str) -> Option<&str> {
        self.text += piece;
        if self.text.len() < self.examined + STEP {
            return None;
        }
        self.examined = self.text.len();
        let end = self.text.ceil_char_boundary(self.text.len().saturating_sub(WINDOW));
        let start = end + start(&self.text[end..], self.selection)?;
        Some(&self.text[..start])
    }
}

/// Where a text begins to repeat the text before without an end.
fn start(text: &str, selection: usize) -> Option<usize> {
    let shortest = SHORTEST.max(LONGER * selection);
    let reversed: Vec<u8> = text.bytes().rev().collect();
    let borders = borders(&reversed);
    let (length, period) = (shortest..=text.len())
        .map(|length| (length, length - borders[length - 1]))
        .rfind(|(length, period)| period * TIMES <= *length)?;
    let start = text.ceil_char_boundary(text.len() - length + period);
    let has_word = text[start..].split(|it: char| !it.is_alphabetic()).any(|it| it.len() >= WORD);
    (has_word || length >= SHORTEST_WORDLESS).then_some(start)
}

/// For each beginning of `text`, the length of its longest proper beginning that is also its end (Knuth, Morris, Pratt).
fn borders(text: &[u8]) -> Vec<usize> {
    let (mut borders, mut border) = (vec![0; text.len()], 0);
    for at in 1..text.len() {
        while border > 0 && text[at] != text[border] {
            border = borders[border - 1];
        }
        border += usize::from(text[at] == text[border]);
        borders[at] = border;
    }
    borders
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOCK: &str = "#[test]\nfn slug_digits() {\n    assert_eq!(slug(\"1\"), \"1\");\n}\n\n";

    #[test]
    fn an_answer_ends_where_it_repeats_a_block() {
        let text = format!("```rust\n// é\n{}", BLOCK.repeat(60));
        let mut watch = RepetitionWatch::beside("fn slug() {}");
        let mut pieces = text.split_inclusive(' ');
        let found = pieces.by_ref().find_map(|it| watch.push(it).map(str::to_owned)).unwrap();
        assert_eq!(found.trim_end(), format!("```rust\n// é\n{BLOCK}").trim_end());
        assert!(pieces.count() > 100, "it is ended early");
        let long = "x".repeat(text.len());
        let mut watch = RepetitionWatch::beside(&long);
        assert!(text.split_inclusive(' ').all(|it| watch.push(it).is_none()));
    }

    #[test]
    fn ordinary_code_does_not_repeat_itself() {
        let suite: String = (0..80).map(|it| BLOCK.replace('1', &it.to_string())).collect();
        let zeros = "    0, 0, 0, 0, 0, 0, 0, 0,\n".repeat(100);
        let rows = "  <tr><td></td><td></td></tr>\n".repeat(60);
        let ended = format!("{}let last = 1;\n", BLOCK.repeat(60));
        for text in ["", "a", &suite, &zeros, &rows, &"-".repeat(5000), &ended, &BLOCK.repeat(5)] {
            assert_eq!(start(text, 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_rest_is_the_block_again(before in "[a-c\n]{0,40}", block in "[a-c]{3}[a-cé\n]{0,30}", times in 1..900usize) {
            let text = before + &block.repeat(times);
            if let Some(start) = start(&text, 0) {
                prop_assert!(text.len() - start >= SHORTEST - SHORTEST / TIMES);
            } else {
                prop_assert!(block.len() * times < SHORTEST.max(block.len() * TIMES));
            }
        }
    }
}
