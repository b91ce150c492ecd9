//! Moves the indentation of an answer to that of the old text, and converts it to the document's unit.

use crate::prompt::indentation::{Indentation, blanks};

/// Columns of a step if an answer does not show one.
const USUAL: usize = 4;
/// Line ends that open a block. Lines after a bracket can be indented as a continuation.
const OPENERS: [&str; 8] = ["{", ":", "=>", "->", " do", " then", "else", "begin"];

/// The indentation of one line of an answer, and of the same line in the document.
pub(super) type BaseIndent<'a> = (&'a str, &'a str);

/// `code` with the document's unit of indentation.
pub(super) fn converted(old: &str, code: &str, unit: Option<Indentation>) -> String {
    let unit = if first(old).contains('\t') { Some(Indentation::Tabs) } else { unit };
    in_step(old, &in_kind(code, unit), unit)
}

/// `new` as complete lines in place of `old`, with its indentation and line end. `base` is a line of both
/// texts, if known.
pub(super) fn fitted(old: &str, new: &str, base: Option<BaseIndent<'_>>) -> String {
    let mut text = match base.filter(|_| first(new) != first(old)) {
        Some((shown, there)) => moved(shown, there, new),
        None if lost_on_first_line_only(old, new) => format!("{}{new}", first(old)),
        None => shifted(new, old, new),
    };
    if !old.ends_with('\n') {
        text.truncate(text.trim_end_matches('\n').len());
    } else if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// `text` shifted by the difference in indentation between the first lines of `shown` and `there`.
pub(super) fn shifted(shown: &str, there: &str, text: &str) -> String {
    moved(first(shown), first(there), text)
}

/// Replaces the indentation `shown` with `there`.
fn moved(shown: &str, there: &str, text: &str) -> String {
    let moved = text.split_inclusive('\n').map(|line| match line.strip_prefix(shown) {
        Some(rest) if !line.trim().is_empty() => format!("{there}{rest}"),
        Some(_) | None => line.to_owned(),
    });
    moved.collect()
}

/// Converts between tabs and spaces to match the document.
pub(super) fn in_kind(text: &str, unit: Option<Indentation>) -> String {
    match unit {
        Some(Indentation::Tabs) => {
            let step = block_step(text).unwrap_or(USUAL);
            each_line(text, |blanks| {
                let width = width(blanks, step);
                format!("{}{}", "\t".repeat(width / step), " ".repeat(width % step))
            })
        }
        Some(Indentation::Spaces(step)) => {
            each_line(text, |blanks| blanks.replace('\t', &" ".repeat(step)))
        }
        None => text.to_owned(),
    }
}

/// Converts steps to the document's width. Not if lines that the answer kept have their old indentation.
fn in_step(old: &str, new: &str, unit: Option<Indentation>) -> String {
    let Some((Indentation::Spaces(to), from)) = unit.zip(block_step(new)) else {
        return new.to_owned();
    };
    if from == to || keeps(old, new) {
        return new.to_owned();
    }
    let base = first(new).len();
    each_line(new, |blanks| match blanks.len().checked_sub(base) {
        Some(deeper) => " ".repeat(base + deeper / from * to + deeper % from),
        None => blanks.to_owned(),
    })
}

/// Whether both texts contain a line that is deeper than the first by the same amount.
fn keeps(old: &str, new: &str) -> bool {
    let lines = |text: &str| -> Vec<(usize, String)> {
        let base = first(text).len();
        let deep = text.lines().filter(|it| !it.trim().is_empty());
        let deep = deep.map(|it| (blanks(it).len().saturating_sub(base), it.trim().to_owned()));
        deep.filter(|it| it.0 > 0).collect()
    };
    let there = lines(old);
    lines(new).iter().any(|it| there.contains(it))
}

/// The smallest increase in indentation after an opener, in columns.
fn block_step(text: &str) -> Option<usize> {
    let opens = |line: &str| OPENERS.iter().any(|it| line.trim_end().ends_with(it));
    steps(text).filter(|it| opens(it.0)).map(|it| it.1).min().filter(|it| *it > 1)
}

/// Lines followed by a deeper line, with the increase in columns.
fn steps(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let lines = || text.lines().filter(|it| !it.trim().is_empty());
    lines().zip(lines().skip(1)).filter_map(|(line, next)| {
        let deeper = width(blanks(next), USUAL).checked_sub(width(blanks(line), USUAL))?;
        (deeper > 0).then_some((line, deeper))
    })
}

fn width(blanks: &str, tab: usize) -> usize {
    blanks.chars().map(|it| if it == '\t' { tab } else { 1 }).sum()
}

/// Replaces the indentation of each indented line.
fn each_line(text: &str, other: impl Fn(&str) -> String) -> String {
    let line = |line: &str| {
        let blanks = blanks(line);
        match blanks.is_empty() || line.trim().is_empty() {
            true => line.to_owned(),
            false => other(blanks) + &line[blanks.len()..],
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Whether only the first line lost its indentation: the others have the same depth relative to it as in
/// `old`.
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

/// The indentation of the first line that is not blank.
fn first(text: &str) -> &str {
    blanks(text.lines().find(|it| !it.trim().is_empty()).unwrap_or_default())
}

/// The smallest indentation of the following lines, in bytes.
fn rest(text: &str) -> Option<usize> {
    let lines = text.lines().filter(|it| !it.trim().is_empty()).skip(1);
    lines.map(|it| blanks(it).len()).min()
}
