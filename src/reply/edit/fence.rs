//! Fenced code.

use crate::reply::edit::unusable::Unusable;

/// The length of the fence on a line, and whether it has an info string.
fn fence(line: &str) -> Option<(usize, bool)> {
    // More than three leading spaces start an indented code block (CommonMark 0.31, 4.5).
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let line = line.trim_start_matches(' ');
    let length = line.len() - line.trim_start_matches('`').len();
    let named = !line[length..].trim().is_empty();
    (blanks <= 3 && length >= 3 && !line[length..].contains('`')).then_some((length, named))
}

/// The pieces of code in `answer`. A fence within a fence is part of its code.
pub(super) fn pieces(answer: &str) -> Result<Vec<String>, Unusable> {
    let (mut found, mut code, mut open) = (Vec::new(), String::new(), Vec::new());
    for line in answer.split_inclusive('\n') {
        let outermost = open.len() <= 1;
        match (fence(line.trim_end()), open.last().copied()) {
            (Some((length, _)), None) => open.push(length),
            (Some((length, true)), Some(_)) => {
                open.push(length);
                code.push_str(line);
            }
            (Some((length, false)), Some(opened)) if length >= opened => {
                open.pop();
                match outermost {
                    true => found.push(std::mem::take(&mut code)),
                    false => code.push_str(line),
                }
            }
            (_, Some(_)) => code.push_str(line),
            (None, None) => {}
        }
    }
    if open.is_empty() { Ok(found) } else { Err(Unusable::Half) }
}

/// Where the code of the first fence begins and the mark of the fence, while that is open.
pub(in crate::reply) fn begun(answer: &str) -> Option<(usize, &str)> {
    let (mut at, mut begun) = (0, None);
    for line in answer.split_inclusive('\n') {
        let said = line.trim();
        let mark = &said[..said.len() - said.trim_start_matches('`').len()];
        at += line.len();
        match begun {
            None if mark.len() >= 3 => begun = Some((at, mark)),
            Some((_, open)) if said == open => return None,
            None | Some(_) => {}
        }
    }
    begun
}

/// The single distinct piece of code. Equal pieces count once.
pub(super) fn only(mut pieces: Vec<String>) -> Result<String, Unusable> {
    let count = pieces.len();
    pieces.dedup_by(|it, other| it.trim_end() == other.trim_end());
    match pieces.len() {
        0 => Err(Unusable::Prose),
        1 => Ok(pieces.remove(0)),
        _ => Err(Unusable::Several(count)),
    }
}
