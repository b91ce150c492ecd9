//! Limits how deep a text may nest, to protect scanners of grammars.
//!
//! A scanner stores its stack in 1024 bytes provided by tree-sitter. YAML's scanner does not check whether
//! the stack fits: more than 253 levels of block structure end the process.

use ropey::Rope;

/// Columns of blanks and indicators at the start of a line. A column opens at most two levels, a list and a
/// mapping.
const DEEPEST_START: usize = 80;
/// Indicators in a line. Each opens at most one level.
const MOST_INDICATORS: usize = 80;

/// Whether YAML's scanner can parse the text: two levels for each column plus one for each indicator are
/// below its limit.
pub(super) fn yaml(rope: &Rope) -> bool {
    let mut line = Line::default();
    rope.bytes().all(|byte| line.bears(byte))
}

/// The state of a line up to the current byte.
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
    fn usual_texts_are_accepted() {
        check("", true);
        check("a:\n  - b: c\n    d: [e, f]\n", true);
        check(&format!("{}a: b\n", " ".repeat(70)), true);
        check(&format!("a: {}\n", "word ".repeat(1000)), true);
        check(&"- a: b\n".repeat(1000), true);
    }

    #[test]
    fn texts_that_would_end_the_process_are_rejected() {
        check(&"- ".repeat(300), false);
        check(&"? ".repeat(300), false);
        check(&format!("a:\n{}b: c\n", " ".repeat(300)), false);
        check(&"a: ".repeat(300), false);
    }
}
