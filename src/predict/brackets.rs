//! How a line's brackets stand, as far as its text alone tells.

/// Brackets opened on a line and not closed, and whether it closed one that it had not opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Brackets {
    pub(super) open: usize,
    pub(super) foreign: bool,
}

impl Brackets {
    /// As they stand behind `text`. Those in strings count too.
    pub(super) fn behind(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            match byte {
                b'(' | b'[' | b'{' => self.open += 1,
                b')' | b']' | b'}' if self.open > 0 => self.open -= 1,
                b')' | b']' | b'}' => self.foreign = true,
                _ => {}
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_that_the_line_did_not_open_is_foreign_to_it() {
        let check = |text, open, foreign| {
            assert_eq!(Brackets::default().behind(text), Brackets { open, foreign }, "{text}");
        };
        check("f(a[0], {", 2, false);
        check("f(a)) {", 1, true);
        check("é)", 0, true);
    }
}
