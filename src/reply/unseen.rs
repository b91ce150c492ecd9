//! Invisible characters that make a text read differently from what a compiler reads: direction changes
//! (CVE-2021-42574), characters without width, tags, and terminal control characters. Model output can
//! contain them because of a source that the model has read.

/// Whether a character is invisible and unsafe. Joiners are allowed: emoji and several scripts need them.
pub fn hides(it: char) -> bool {
    let turns = matches!(it, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_nothing =
        matches!(it, '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}');
    let is_tag = matches!(it, '\u{E0000}'..='\u{E007F}');
    turns || is_nothing || is_tag || it.is_control() && !matches!(it, '\n' | '\r' | '\t')
}

/// The first such character in `new` that does not occur in `old`.
pub fn brought<'a>(new: &str, old: impl IntoIterator<Item = &'a str> + Clone) -> Option<char> {
    let is_known = |it: char| old.clone().into_iter().any(|old| old.contains(it));
    new.chars().find(|it| hides(*it) && !is_known(*it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_invisible_characters_are_found() {
        let check = |new: &str, old: &str, expected: Option<char>| {
            assert_eq!(brought(new, [old]), expected, "{new:?}");
        };
        check("let a = 1;\r\n\tb", "", None);
        check("\u{202E}", "", Some('\u{202E}'));
        check("a\u{1b}[2J", "x", Some('\u{1b}'));
        check("a\u{200F}b", "\u{200F}", None);
        check("a\u{200F}b\u{2066}", "\u{200F}", Some('\u{2066}'));
        // An emoji sequence, and Persian text.
        check("\u{1F468}\u{200D}\u{1F469} \u{645}\u{6CC}\u{200C}\u{62E}", "", None);
        check("\u{E0041}", "", Some('\u{E0041}'));
    }
}
