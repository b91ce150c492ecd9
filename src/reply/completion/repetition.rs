//! Stops a model that repeats itself.

use crate::reply::completion::hole::{Hole, ReplyDraft};

/// Number of equal rounds in a row that counts as a loop.
const ROUNDS: usize = 3;
/// Maximum number of lines of a round.
const LONGEST: usize = 6;
/// Maximum length in characters of a repeated unit within a line.
const UNIT: usize = 40;
const TIMES: usize = 8;

/// Keeps the first round.
pub(super) fn filter(draft: &mut ReplyDraft, _: &Hole) {
    let lines: Vec<(usize, &str)> = draft.lines().collect();
    let letters = |it: &str| it.chars().filter(|it| it.is_alphabetic()).count();
    let circle = (0..lines.len()).find_map(|start| {
        let rounds = (1..=LONGEST).filter(|it| start + it * ROUNDS <= lines.len());
        rounds.into_iter().find_map(|length| {
            let round = &lines[start..start + length];
            let is_said = round.iter().map(|it| letters(it.1)).sum::<usize>() >= 4;
            let again = (1..ROUNDS).all(|nth| {
                let next = &lines[start + nth * length..][..length];
                round.iter().zip(next).all(|(a, b)| a.1 == b.1)
            });
            (is_said && again).then(|| lines[start + length].0)
        })
    });
    if let Some(at) = circle.or_else(|| within_line(&draft.text)) {
        draft.cut(at);
    }
}

/// The end of the first of many equal pieces at the end of the text.
fn within_line(text: &str) -> Option<usize> {
    let line = text.rfind('\n').map_or(0, |it| it + 1);
    let bytes = &text.as_bytes()[line..];
    let unit = (4..=UNIT).find(|unit| {
        let span = unit * TIMES;
        bytes.len() >= span && {
            let end = &bytes[bytes.len() - span..];
            end[*unit..] == end[..span - unit]
                && end[..*unit].iter().filter(|it| it.is_ascii_alphabetic()).count() >= 3
        }
    })?;
    // Go back to the first piece.
    let mut start = bytes.len() - unit;
    while start >= unit && bytes[start - unit..start] == bytes[start..start + unit] {
        start -= unit;
    }
    let end = line + start + unit;
    text.is_char_boundary(end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    #[test]
    fn a_loop_is_shown_once() {
        let check = |reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new("", "", "rust", CompletionScope::Lines(99), &[]));
            assert_eq!(draft.text, expected, "{reply:?}");
        };
        check("first();\nagain();\nagain();\nagain();\n", "first();\nagain();\n");
        check("one();\ntwo();\none();\ntwo();\none();\ntwo();\n", "one();\ntwo();\n");
        check("a();\na();\n", "a();\na();\n");
        check("}\n}\n}\n}\n", "}\n}\n}\n}\n");
        check(&format!("x = {}", "word ".repeat(20)), "x = word ");
        check(
            "// ==================================================",
            "// ==================================================",
        );
    }
}
