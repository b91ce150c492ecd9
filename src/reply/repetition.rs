//! Ends an answer that repeats itself. A small model can write the same lines until it reaches its limit.

use std::collections::BTreeSet;

use crate::reply::edit::fence;
use crate::reply::edit::thought::TAGS;

/// Only so many bytes at the end of an answer are examined.
const WINDOW: usize = 20_000;
/// A shorter repetition is ordinary in data and in markup, in bytes. A repeated text without a word can be a table.
const SHORTEST: usize = 2000;
const SHORTEST_WORDLESS: usize = 8000;
/// A repetition with other numbers each time is ordinary in fenced code: tests and data.
const SHORTEST_COUNTED: usize = 12_000;
/// The repetition is longer than the selection by this factor, which can be repetitive itself.
const LONGER: usize = 2;
/// No more is required of reasoning, which repeats the selection rarely.
const REASONING: usize = 8000;
/// The same text so many times in a row, or the same text with other numbers.
const TIMES: usize = 6;
const TIMES_COUNTED: usize = 12;
/// Letters of a word, and words of a sentence.
const WORD: usize = 3;
const SENTENCE: usize = 4;
/// Marks of data and code, which sentences lack.
const DATA: [char; 6] = ['{', '}', '|', '=', ';', '"'];
/// An answer is examined again after so many new bytes.
const STEP: usize = 100;

/// Watches an answer for text that it repeats without an end.
#[derive(Clone, Debug, Default)]
pub struct RepetitionWatch {
    /// Bytes of the selection.
    selection: usize,
    /// What the text is; `None` if its tags and fences show it.
    part: Option<AnswerPart>,
    text: String,
    /// The bytes of the text when it was last examined.
    examined: usize,
}

/// What the end of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnswerPart {
    Code,
    Prose,
    Reasoning,
}

impl RepetitionWatch {
    /// For an answer about a selection.
    pub fn beside(selection: &str) -> Self {
        Self { selection: selection.len(), ..Self::default() }
    }

    /// For the reasoning before such an answer, which arrives apart from it.
    #[must_use]
    pub fn of_reasoning(&self) -> Self {
        Self { selection: self.selection, part: Some(AnswerPart::Reasoning), ..Self::default() }
    }

    /// Adds a piece of the answer. Returns the answer up to its first repetition.
    pub fn push(&mut self, piece: &str) -> Option<&str> {
        self.text += piece;
        if self.text.len() < self.examined + STEP {
            return None;
        }
        self.examined = self.text.len();
        let end = self.text.ceil_char_boundary(self.text.len().saturating_sub(WINDOW));
        let part = self.part.unwrap_or_else(|| AnswerPart::last(&self.text));
        let start = end + start(&self.text[end..], self.selection, part)?;
        Some(&self.text[..start])
    }
}

impl AnswerPart {
    fn last(answer: &str) -> Self {
        let text = answer.trim_start();
        let thinks = |tag: &&str| {
            text.starts_with(&format!("<{tag}>")) && !text.contains(&format!("</{tag}>"))
        };
        if TAGS.iter().any(thinks) {
            return Self::Reasoning;
        }
        match answer.lines().filter(|it| fence::mark(it).is_some()).count() % 2 {
            0 => Self::Prose,
            _ => Self::Code,
        }
    }
}

/// Where a text begins to repeat the text before without an end, or with nothing but other numbers.
fn start(text: &str, selection: usize, part: AnswerPart) -> Option<usize> {
    let shortest = match part {
        AnswerPart::Code | AnswerPart::Prose => SHORTEST.max(LONGER * selection),
        AnswerPart::Reasoning => SHORTEST.max(LONGER * selection).min(REASONING),
    };
    let words = |from: usize| {
        text[from..].split(|it: char| !it.is_alphabetic()).filter(|it| it.len() >= WORD)
    };
    if let Some((length, start)) = repeated(text.as_bytes(), shortest, TIMES) {
        let start = text.ceil_char_boundary(start);
        let has_word = words(start).next().is_some();
        return (has_word || length >= SHORTEST_WORDLESS).then_some(start);
    }
    let (plain, offsets) = without_numbers(text);
    let shortest = match part {
        AnswerPart::Code => shortest.max(SHORTEST_COUNTED),
        AnswerPart::Prose | AnswerPart::Reasoning => shortest,
    };
    let (_, start) = repeated(&plain, shortest, TIMES_COUNTED)?;
    let start = text.ceil_char_boundary(offsets[start]);
    let words: BTreeSet<&str> = words(start).collect();
    // The rows of a table and of data differ in their numbers.
    let is_data = match part {
        AnswerPart::Code => words.is_empty(),
        AnswerPart::Prose => words.len() < SENTENCE || text[start..].contains(DATA),
        AnswerPart::Reasoning => words.len() < SENTENCE || text[start..].contains('|'),
    };
    (!is_data).then_some(start)
}

/// The length of the longest end of a text that consists of the same bytes so many times, and the offset of its second
/// time.
fn repeated(text: &[u8], shortest: usize, times: usize) -> Option<(usize, usize)> {
    let reversed: Vec<u8> = text.iter().rev().copied().collect();
    let borders = borders(&reversed);
    let (length, period) = (shortest..=text.len())
        .map(|length| (length, length - borders[length - 1]))
        .rfind(|(length, period)| period * times <= *length)?;
    Some((length, text.len() - length + period))
}

/// A text with a zero in place of each number, and the offsets of its bytes.
fn without_numbers(text: &str) -> (Vec<u8>, Vec<usize>) {
    let (mut plain, mut offsets) = (Vec::new(), Vec::new());
    for (offset, byte) in text.bytes().enumerate() {
        let byte = if byte.is_ascii_digit() { b'0' } else { byte };
        if byte != b'0' || plain.last() != Some(&b'0') {
            plain.push(byte);
            offsets.push(offset);
        }
    }
    (plain, offsets)
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
            assert_eq!(start(text, 0, AnswerPart::Code), None, "{text}");
        }
    }

    #[test]
    fn prose_and_reasoning_end_where_only_their_numbers_change() {
        let step = |it: usize| format!("Step {it}: check that the value {it} is right.\n");
        let steps: String = (1..200).map(step).collect();
        let lines = |count: usize| (0..count).map(step).collect::<String>();
        let cut = |before: &str, text: &str| {
            let mut watch = RepetitionWatch::beside(&"x".repeat(100_000));
            let text = format!("{before}{text}");
            text.split_inclusive(' ').find_map(|it| watch.push(it).map(str::to_owned))
        };
        let ended = cut("<think>\nFirst the values.\n", &steps).unwrap();
        assert!(ended.starts_with("<think>\nFirst the values.\nStep 1: "), "{ended}");
        assert!(ended.len() < 100, "{ended}");
        let wait = "Wait, but the value might be empty. Let me check that again.\n".repeat(300);
        assert!(cut("<think>", &wait).is_some());
        assert_eq!(cut("<think>Hm.</think>\n", &wait), None, "the selection is longer");
        assert_eq!(cut("<think>", &lines(30)), None);
        let mut apart = RepetitionWatch::beside(&"x".repeat(100_000)).of_reasoning();
        let mut pieces = wait.split_inclusive(' ');
        assert!(pieces.any(|it| apart.push(it).is_some()), "it arrives without a tag");
        assert!(start(&steps, 0, AnswerPart::Prose).is_some());
        assert_eq!(start(&steps, 0, AnswerPart::Code), None);
        let rows: String =
            (0..200).map(|it| format!("| {it} | the first value | {it} |\n")).collect();
        let data: String = (0..400).map(|it| format!("{it}, item {it}, 2{it}\n")).collect();
        for text in [&rows, &data] {
            assert_eq!(start(text, 0, AnswerPart::Prose), None, "{text}");
        }
        let test = |it: usize| BLOCK.replace("slug_digits", &format!("slug_{it}"));
        assert_eq!(start(&(0..100).map(test).collect::<String>(), 0, AnswerPart::Code), None);
        assert!(start(&(0..300).map(test).collect::<String>(), 0, AnswerPart::Code).is_some());
    }

    #[test]
    fn reasoning_whose_pieces_are_everything_so_far_repeats_itself_only_at_its_end() {
        let text: String = (0..400).map(|it: u32| format!("{} is odd. ", it.pow(2) + 1)).collect();
        let words = text.replace(|it: char| it.is_ascii_digit(), "x");
        let wait = "Wait, but the value might be empty. Let me check that again.\n".repeat(60);
        let so_far = |text: &str| {
            let mut watch = RepetitionWatch::default().of_reasoning();
            (1..=text.len()).step_by(40).any(|it| watch.push(&text[..it]).is_some())
        };
        assert!(!so_far(&words[..1500]));
        assert!(so_far(&format!("{}{wait}", &words[..1500])));
    }

    #[test]
    fn a_fence_decides_what_the_end_of_an_answer_is() {
        for (answer, expected) in [
            ("So:\n```rust\nlet a", AnswerPart::Code),
            ("So:\n~~~\na\n~~~\nIt", AnswerPart::Prose),
            ("<think>\n```\na", AnswerPart::Reasoning),
            ("<think>a</think>\n```\na", AnswerPart::Code),
        ] {
            assert_eq!(AnswerPart::last(answer), expected, "{answer}");
        }
    }

    proptest! {
        #[test]
        fn the_rest_is_the_block_again(before in "[a-c\n]{0,40}", block in "[a-c]{3}[a-cé\n]{0,30}", times in 1..900usize) {
            let text = before + &block.repeat(times);
            if let Some(start) = start(&text, 0, AnswerPart::Code) {
                prop_assert!(text.len() - start >= SHORTEST - SHORTEST / TIMES);
            } else {
                prop_assert!(block.len() * times < SHORTEST.max(block.len() * TIMES));
            }
        }
    }
}
