//! Makes a predicted rest of a line fit what already stands right of the cursor.
//!
//! An editor that closes brackets as they are typed leaves their closers behind the cursor. A
//! suggestion that brings them itself covers them; one that does not stops before them.

/// What to insert, and how many bytes right of the cursor it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    pub text: String,
    pub covers: usize,
}

/// Whether only closers, their separators and white space stand right of the cursor.
pub fn only_closers(right: &str) -> bool {
    right.chars().all(|it| it.is_whitespace() || ")]}>\"'`;,".contains(it))
}

/// `text` in front of `right`, the rest of the cursor's line, which holds only closers. `None` if
/// nothing would be left.
pub fn fit(text: &str, right: &str) -> Option<Fit> {
    let right = right.trim_end();
    let fit = if right.is_empty() || brings(text, right) {
        Fit { text: text.to_owned(), covers: right.len() }
    } else {
        Fit { text: before_unmatched(text, right).to_owned(), covers: 0 }
    };
    let repeats = fit.text.trim() == right.trim();
    (!fit.text.trim().is_empty() && !repeats).then_some(fit)
}

/// What closes the brackets that `text` opens and leaves open, innermost first.
pub(super) fn closers(text: &str) -> String {
    let mut open = Vec::new();
    for it in text.chars() {
        match it {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

/// Whether the unmatched closers of `text` begin with those of `right`.
fn brings(text: &str, right: &str) -> bool {
    let mut unmatched = unmatched_closers(text).map(|(_, it)| it);
    let mut wanted = right.chars().filter(|it| !it.is_whitespace());
    // Separators and quotes have no opener to match: they must end the suggestion as they stand.
    if right.chars().any(|it| "\"'`;,".contains(it)) {
        return text.trim_end().ends_with(right.trim());
    }
    wanted.all(|it| unmatched.next() == Some(it))
}

/// `text` up to a closer that `right` already holds for the same opener.
fn before_unmatched<'a>(text: &'a str, right: &str) -> &'a str {
    let first = unmatched_closers(right).next().map(|(_, it)| it);
    let at = unmatched_closers(text).find(|(_, it)| Some(*it) == first).map(|(at, _)| at);
    &text[..at.unwrap_or(text.len())]
}

/// The closing brackets of `text` whose openers are not in it.
fn unmatched_closers(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut depth = Vec::new();
    text.char_indices().filter(move |(_, it)| match it {
        '(' | '[' | '{' => {
            depth.push(*it);
            false
        }
        ')' | ']' | '}' => depth.pop().is_none(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_fits_what_stands_right_of_the_cursor() {
        let check = |text, right, expected: Option<(&str, usize)>| {
            let fit = fit(text, right);
            let fit = fit.as_ref().map(|it| (it.text.as_str(), it.covers));
            assert_eq!(fit, expected, "{text:?} before {right:?}");
        };
        check("a, b);", "", Some(("a, b);", 0)));
        check("a, b);", "  ", Some(("a, b);", 0)));
        check("a, b);", ")", Some(("a, b);", 1)));
        check("a, b", ")", Some(("a, b", 0)));
        check("f(a)", ")", Some(("f(a)", 0)));
        check("f(a))", ")", Some(("f(a))", 1)));
        check("a, b);", ");", Some(("a, b);", 2)));
        check("a, b)", ");", Some(("a, b", 0)));
        check("x]) {", "])", Some(("x]) {", 2)));
        check("text\")", "\")", Some(("text\")", 2)));
        check(")", ")", None);
        check("   ", "", None);
        check("é)", " )", Some(("é)", 2)));
    }

    #[test]
    fn any_texts_are_fitted_without_a_panic() {
        let pieces = ["", "(", ")", "é", "😀", " ", "\"", ";", "x)", "]})"];
        for (a, b, c) in pieces.iter().flat_map(|a| pieces.iter().map(move |b| (a, b, ")é"))) {
            fit(&format!("{a}{b}{c}"), b);
            fit(b, &format!("{a}{c}{b}"));
        }
    }
}
