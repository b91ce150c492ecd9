//! A model's control tokens, and the tags and markers of our own question.

use crate::prompt::fill::CLOSE;
use crate::prompt::fill::OPEN;
use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;

/// Tokens before the text are dropped, the first behind it ends it.
pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    let own = [OPEN, CLOSE, "<<<HOLE", "<|endoftext|>", "<|im_end|>", "</s>"];
    let is_quoted = |it: &str| hole.before.contains(it) || hole.after.contains(it);
    let own = own.into_iter().filter(|it| !is_quoted(it));
    let tokens: Vec<&str> =
        hole.control.iter().map(String::as_str).filter(|it| !it.is_empty()).chain(own).collect();
    while let Some(token) = tokens.iter().find(|it| draft.text.trim_start().starts_with(**it)) {
        if *token == CLOSE {
            return draft.cut(0);
        }
        let end = draft.text.len() - draft.text.trim_start().len() + token.len();
        draft.text.drain(..end);
    }
    if let Some(at) = tokens.iter().filter_map(|it| draft.text.find(it)).min() {
        return draft.cut(at);
    }
    // A token that was cut by the reply's end.
    let partial = |it: &&&str| {
        (2..it.len()).rev().any(|n| it.is_char_boundary(n) && draft.text.ends_with(&it[..n]))
    };
    if draft.ended && draft.text.contains('<') {
        let long = |it: &&&str| it.len() > 4 && it.starts_with('<');
        if let Some(token) = tokens.iter().filter(long).find(partial) {
            let cut = (4..token.len())
                .rev()
                .find(|n| token.is_char_boundary(*n) && draft.text.ends_with(&token[..*n]));
            draft.text.truncate(draft.text.len() - cut.unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Extent;

    #[test]
    fn tokens_lead_end_and_are_never_part() {
        let check = |reply: &str, expected: &str| {
            let hole = Hole::new("f(", ")", "rust", Extent::Line, &["<|fim_middle|>", "<EOT>"]);
            let mut draft = Draft::new(reply, true);
            filter(&mut draft, &hole);
            assert_eq!(draft.text, expected, "{reply:?}");
        };
        check("<|fim_middle|>a, b<EOT>junk", "a, b");
        check("<fill>a, b</fill> So.", "a, b");
        check("<fill></fill>", "");
        check("a < b", "a < b");
        check("a<|im_end|>", "a");
        check("a</fil", "a");
        check("a <", "a <");
    }
}
