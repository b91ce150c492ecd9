//! Texts that say what is seen already.

use std::path::Path;

use rustc_hash::FxHashSet;

/// The lines of a window, to hold other texts against.
pub(super) struct SeenLines<'a>(FxHashSet<&'a str>);

impl<'a> SeenLines<'a> {
    pub(super) fn new(texts: &[&'a str]) -> Self {
        Self(texts.iter().flat_map(|it| lines(it)).collect())
    }

    /// Whether most of a text's lines were seen, or none of them says anything.
    pub(super) fn holds(&self, text: &str) -> bool {
        let (mut seen, mut all) = (0, 0);
        for line in lines(text) {
            all += 1;
            seen += usize::from(self.0.contains(line));
        }
        all == 0 || seen * 2 > all
    }
}

/// How near two files are: folders they share, from the root.
pub(super) fn shared_folders(a: &Path, b: &Path) -> usize {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).count()
}

/// Lines that say something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|it| it.len() >= 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_seen_when_most_of_its_lines_are() {
        let seen = SeenLines::new(&["fn apple() {\n    pear();\n}\n"]);
        assert!(seen.holds("fn apple() {\n  pear();\n  other();\n}"));
        assert!(!seen.holds("fn apple() {\n  other();\n}") && seen.holds("}\n"));
    }
}
