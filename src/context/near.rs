//! Detects text that is already visible, and measures how near two files are.

use std::path::Path;

use rustc_hash::FxHashSet;

/// The lines of a window, for comparison with other texts.
pub(super) struct SeenLines<'a>(FxHashSet<&'a str>);

impl<'a> SeenLines<'a> {
    pub(super) fn new(texts: &[&'a str]) -> Self {
        Self(texts.iter().flat_map(|it| lines(it)).collect())
    }

    /// Whether most of a text's lines are in the window, or the text has no substantial line.
    pub(super) fn holds(&self, text: &str) -> bool {
        let (mut seen, mut all) = (0, 0);
        for line in lines(text) {
            all += 1;
            seen += usize::from(self.0.contains(line));
        }
        all == 0 || seen * 2 > all
    }
}

/// The number of folders that two paths share, from the root.
pub(super) fn shared_folders(a: &Path, b: &Path) -> usize {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).count()
}

/// Lines of at least five bytes without white space around them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|it| it.len() >= 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_visible_if_most_of_its_lines_are() {
        let seen = SeenLines::new(&["fn apple() {\n    pear();\n}\n"]);
        assert!(seen.holds("fn apple() {\n  pear();\n  other();\n}"));
        assert!(!seen.holds("fn apple() {\n  other();\n}") && seen.holds("}\n"));
    }
}
