//! Indentation of an answer: moved to where the old text stands, and converted to the document's unit.

use crate::prompt::indentation::{Indentation, blanks};

/// Columns of a step where an answer does not show one.
const USUAL: usize = 4;
/// What a line ends with that opens a block. Lines behind a bracket may be indented as a continuation.
const OPENERS: [&str; 8] = ["{", ":", "=>", "->", " do", " then", "else", "begin"];

/// The indentation of one line of an answer, and of the same line in the document.
pub(super) type BaseIndent<'a> = (&'a str, &'a str);

/// `code` in the document's unit.
pub(super) fn converted(old: &str, code: &str, unit: Option<Indentation>) -> String {
    let unit = if first(old).contains('\t') { Some(Indentation::Tabs) } else { unit };
    in_step(old, &in_kind(code, unit), unit)
}

/// `new` as whole lines in place of `old`: indented like it, ended like it. `base` is a line that
/// both have in common, if one is known.
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

/// `text` moved by what the first line of `shown` is indented less or more than that of `there`.
pub(super) fn shifted(shown: &str, there: &str, text: &str) -> String {
    moved(first(shown), first(there), text)
}

/// Lines with the blanks `shown` get `there` in their place.
fn moved(shown: &str, there: &str, text: &str) -> String {
    let moved = text.split_inclusive('\n').map(|line| match line.strip_prefix(shown) {
        Some(rest) if !line.trim().is_empty() => format!("{there}{rest}"),
        Some(_) | None => line.to_owned(),
    });
    moved.collect()
}

/// Tabs where the document has tabs, spaces where it has spaces.
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

/// Steps of the document's width, where the answer has others: not where lines that the answer kept
/// are indented as they were.
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

/// Whether a line deeper than the first stands in both, as deep.
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

/// Columns by which a line is indented deeper than the one above that opens a block, at least.
fn block_step(text: &str) -> Option<usize> {
    let opens = |line: &str| OPENERS.iter().any(|it| line.trim_end().ends_with(it));
    steps(text).filter(|it| opens(it.0)).map(|it| it.1).min().filter(|it| *it > 1)
}

/// Lines of which the next is indented deeper, and by how many columns.
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

/// `text` with other blanks in front of each line that has some.
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
    blanks(text.lines().find(|it| !it.trim().is_empty()).unwrap_or_default())
}

/// The least indentation of the lines behind that one, in bytes.
fn rest(text: &str) -> Option<usize> {
    let lines = text.lines().filter(|it| !it.trim().is_empty()).skip(1);
    lines.map(|it| blanks(it).len()).min()
}
