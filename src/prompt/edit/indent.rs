//! Models lose the indentation of what they are shown; it is set right by comparison.

/// `new` as a text that takes the place of `old`, whole lines both: indented like it, its end like
/// the other's.
pub(super) fn like(old: &str, new: &str) -> String {
    let mut text = match lost_on_first_line_only(old, new) {
        true => format!("{}{new}", first(old)),
        false => shifted(new, old, new),
    };
    if !old.ends_with('\n') {
        text.truncate(text.trim_end_matches('\n').len());
    } else if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// `text` moved by what the first line of `shown` is indented less or more than that of `there`.
pub(super) fn shifted(shown: &str, there: &str, text: &str) -> String {
    let (shown, there) = (first(shown), first(there));
    let moved = text.split_inclusive('\n').map(|line| match line.strip_prefix(shown) {
        Some(rest) if !line.trim().is_empty() => format!("{there}{rest}"),
        Some(_) | None => line.to_owned(),
    });
    moved.collect()
}

/// Whether only the first line came without its indentation: the others stand to it as `old`'s do.
fn lost_on_first_line_only(old: &str, new: &str) -> bool {
    let lost = first(old).len();
    if lost == 0 || !first(new).is_empty() {
        return false;
    }
    let (Some(old_rest), Some(new_rest)) = (rest(old), rest(new)) else { return false };
    let (of_old, all_lost) = (old_rest as isize - lost as isize, new_rest as isize);
    let first_lost = all_lost - lost as isize;
    first_lost.abs_diff(of_old) < all_lost.abs_diff(of_old)
}

/// The blanks before the first line that holds something.
fn first(text: &str) -> &str {
    let line = text.lines().find(|it| !it.trim().is_empty()).unwrap_or_default();
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The least indentation of the lines behind that one, in bytes.
fn rest(text: &str) -> Option<usize> {
    let lines = text.lines().filter(|it| !it.trim().is_empty()).skip(1);
    lines.map(|it| it.len() - it.trim_start_matches([' ', '\t']).len()).min()
}
