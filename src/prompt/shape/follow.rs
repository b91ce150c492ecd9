//! What stands behind the cursor, said before it.

use crate::prompt::shape::fit;
use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;

/// Characters of a line that, standing below as well, is no chance.
const LEAST: usize = 10;

/// Ends the text before a line that is the next below, or two that are, and before the rest of the
/// cursor's own line.
pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    rest_of_line(draft, hole);
    let mut below = hole.below();
    let (Some(first), second) = (below.next(), below.next()) else { return };
    let own_line = !hole.head().trim().is_empty();
    let lines: Vec<(usize, &str)> =
        draft.lines().skip(usize::from(own_line)).filter(|it| !it.1.trim().is_empty()).collect();
    let same = |a: &str, b: &str| a.trim_end() == b.trim_end();
    let letters = first.chars().filter(|it| it.is_alphanumeric()).count();
    let repeats = |nth: usize| match lines.get(nth + 1) {
        // The text went on otherwise than what stands below: the same line twice was meant.
        Some((_, next)) => second.is_some_and(|it| same(next, it)),
        None => letters >= LEAST && draft.ended,
    };
    let found = (0..lines.len()).find(|it| same(lines[*it].1, first) && repeats(*it));
    if let Some(nth) = found {
        let at = lines[nth].0;
        draft.cut(at);
    }
}

/// Code right of the cursor that ends the text's first line as well.
fn rest_of_line(draft: &mut Draft, hole: &Hole) {
    let right = hole.right().trim();
    if right.is_empty() || fit::only_closers(right) {
        return;
    }
    let Some((_, line)) = draft.lines().next() else { return };
    if let Some(kept) = line.trim_end().strip_suffix(right) {
        let end = kept.len();
        draft.cut(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Extent;

    #[test]
    fn what_stands_below_is_not_said_again() {
        let check = |before: &str, after: &str, reply: &str, expected: &str| {
            let mut draft = Draft::new(reply, true);
            filter(&mut draft, &Hole::new(before, after, "rust", Extent::Lines(9), &[]));
            assert_eq!(draft.text, expected, "{after:?} {reply:?}");
        };
        check("    ", "\n    return value;\n}", "a();\n    return value;", "a();\n");
        check("    ", "\n    b();\n}", "a();\n    b();\n}", "a();\n");
        check("    ", "\n    b();\n    c();\n}", "b();\n    d();", "b();\n    d();");
        check("    f(", "b, c);", "a, b, c);", "a, ");
        check("    f(", ");", "a);", "a);");
        check("    ", "", "a();", "a();");
    }
}
