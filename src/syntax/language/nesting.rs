//! How deep a text may nest before its grammar's scanner gives out.
//!
//! A scanner keeps its stack in the 1024 bytes that tree-sitter lends it. YAML's does not look
//! whether it fits, and what does not ends the process: more than 253 levels of block structure.

use ropey::Rope;

/// Columns of blanks and indicators a line may start with. A column opens two levels at most, a
/// list and a mapping.
const DEEPEST_START: usize = 80;
/// Indicators a line may hold. One opens a level at most.
const MOST_INDICATORS: usize = 80;

/// Whether YAML's scanner bears the text: two levels for each column, and one for each indicator,
/// stay below its bound.
pub(super) fn yaml(rope: &Rope) -> bool {
    let mut line = Line::default();
    rope.bytes().all(|byte| line.bears(byte))
}

/// A line as far as it was read.
#[derive(Default)]
struct Line {
    start: usize,
    has_started: bool,
    indicators: usize,
    last: u8,
}

impl Line {
    fn bears(&mut self, byte: u8) -> bool {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.indicators += usize::from(is_blank && matches!(self.last, b'-' | b'?' | b':'));
        self.has_started |= !is_blank && !matches!(byte, b'-' | b'?' | b':');
        self.start += usize::from(!self.has_started);
        let bears = self.start <= DEEPEST_START && self.indicators <= MOST_INDICATORS;
        *self = match byte {
            b'\n' | b'\r' => Self::default(),
            _ => Self { last: byte, ..*self },
        };
        bears
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let head: String = text.chars().take(40).collect();
        assert_eq!(yaml(&Rope::from_str(text)), expected, "{head:?} and so on");
    }

    #[test]
    fn what_people_write_is_borne() {
        check("", true);
        check("a:\n  - b: c\n    d: [e, f]\n", true);
        check(&format!("{}a: b\n", " ".repeat(70)), true);
        check(&format!("a: {}\n", "word ".repeat(1000)), true);
        check(&"- a: b\n".repeat(1000), true);
    }

    #[test]
    fn what_would_end_the_process_is_not() {
        check(&"- ".repeat(300), false);
        check(&"? ".repeat(300), false);
        check(&format!("a:\n{}b: c\n", " ".repeat(300)), false);
        check(&"a: ".repeat(300), false);
    }
}
