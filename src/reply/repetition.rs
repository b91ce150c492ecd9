//! Ends an answer that repeats itself. A small model can write the same lines until it reaches its limit.

/// Of an answer that is still written, only so many bytes at its end are examined.
const WINDOW: usize = 8_000;
/// A shorter repetition is ordinary in code and in tables, in bytes.
const SHORTEST: usize = 600;
/// The same text so many times in a row.
const TIMES: usize = 4;
/// An answer is examined again after so many new bytes.
const STEP: usize = 100;

/// Watches an answer for text that it repeats.
#[derive(Clone, Debug, Default)]
pub struct RepetitionWatch {
    text: String,
    /// The bytes of the text when it was last examined.
    examined: usize,
}

impl RepetitionWatch {
    /// Adds a piece of the answer. Returns the repeated text, without its first occurrence.
    pub fn push(&mut self, piece: &str) -> Option<&str> {
        self.text += piece;
        if self.text.len() < self.examined + STEP {
            return None;
        }
        self.examined = self.text.len();
        let end =
            &self.text[self.text.ceil_char_boundary(self.text.len().saturating_sub(WINDOW))..];
        start(end).map(|it| &end[it..])
    }
}

/// Where an answer begins to repeat the text before without an end.
pub fn start(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    let borders = borders(&reversed);
    let (length, period) = (SHORTEST..=bytes.len())
        .map(|length| (length, length - borders[length - 1]))
        .rfind(|(length, period)| period * TIMES <= *length)?;
    Some(text.ceil_char_boundary(bytes.len() - length + period))
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
        let text = format!("```rust\n// é\n{}", BLOCK.repeat(20));
        let start = start(&text).unwrap();
        assert_eq!(text[..start].trim_end(), format!("```rust\n// é\n{BLOCK}").trim_end());
        let mut watch = RepetitionWatch::default();
        let pieces: Vec<_> = text.split_inclusive(' ').collect();
        let read = pieces.iter().position(|it| watch.push(it).is_some()).unwrap();
        assert!(read < pieces.len() / 2, "{read} of {}", pieces.len());
    }

    #[test]
    fn ordinary_code_does_not_repeat_itself() {
        let suite: String = (0..40).map(|it| BLOCK.replace('1', &it.to_string())).collect();
        let table = "    0, 0, 0, 0, 0, 0, 0, 0,\n".repeat(12);
        let other = format!("{}let last = 1;\n", BLOCK.repeat(20));
        for text in ["", "a", &suite, &table, &other, &BLOCK.repeat(3)] {
            assert_eq!(start(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_rest_is_the_block_again(before in "[a-c\n]{0,40}", block in "[a-cé\n]{1,30}", times in 1..400usize) {
            let text = before + &block.repeat(times);
            if let Some(start) = start(&text) {
                prop_assert!(text.len() - start >= SHORTEST - SHORTEST / TIMES);
            } else {
                prop_assert!(block.len() * times < SHORTEST.max(block.len() * TIMES));
            }
        }
    }
}
