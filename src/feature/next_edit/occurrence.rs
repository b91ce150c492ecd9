//! Finds places where a rewrite can be made again: they contain its old lexemes. Compares their context with
//! the example's.

use std::ops::Range;

use crate::feature::next_edit::lexeme::{Lexed, is_name};
use crate::feature::next_edit::rewrite::{CONTEXT, Rewrite, gaps, span};
use crate::text;

/// A place, and the edit that makes the rewrite there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// The lexemes to replace, in bytes. If there are none, an empty range before the white space.
    pub(super) place: Range<usize>,
    pub(super) edit: Replacing,
    /// Equal lexemes of context, up to five on each side.
    pub(super) same: usize,
    /// Equal lexemes of context at the same distance, whatever is between.
    pub(super) alike: usize,
    /// The lexemes next to it.
    pub(super) left: String,
    pub(super) right: String,
}

/// A text for a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacing {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Occurrence {
    fn moved(self, by: usize) -> Self {
        let moved = |it: &Range<usize>| it.start + by..it.end + by;
        let edit = Replacing { range: moved(&self.edit.range), ..self.edit };
        Self { place: moved(&self.place), edit, ..self }
    }
}

impl Replacing {
    /// Without the common start and end of both texts.
    pub(super) fn trimmed(self, text: &str) -> Self {
        let (old, new) = (&text[self.range.clone()], &*self.text);
        let same = |(a, b): &(char, char)| a == b;
        let chars = old.chars().zip(new.chars()).take_while(same);
        let head: usize = chars.map(|it| it.0.len_utf8()).sum();
        // A name is replaced whole, since a part of it is hard to read.
        let head = boundary(old, new, head);
        let ends = old[head..].chars().rev().zip(new[head..].chars().rev()).take_while(same);
        let tail: usize = ends.map(|it| it.0.len_utf8()).sum();
        let tail = tail_boundary(&old[head..], &new[head..], tail);
        Self {
            range: self.range.start + head..self.range.end - tail,
            text: new[head..new.len() - tail].to_owned(),
        }
    }
}

/// All places of a text where a rewrite fits, in order.
pub(super) fn occurrences(text: &str, rewrite: &Rewrite, quotes: &str) -> Vec<Occurrence> {
    let pattern = Pattern::new(rewrite);
    let Some(anchor) = pattern.anchor() else { return Vec::new() };
    let windows = windows(text, pattern.words[anchor], CONTEXT + pattern.words.len()).into_iter();
    let found = windows.flat_map(|window| {
        let lexed = Lexed::new(&text[window.clone()], quotes);
        let starts = (0..lexed.spans.len()).filter(|it| pattern.is_at(&lexed, anchor, *it));
        let sites = starts.filter_map(|it| site(&lexed, rewrite, it + pattern.offset));
        sites.map(|it| it.moved(window.start)).collect::<Vec<_>>()
    });
    found.collect()
}

/// The lines that contain a word, with enough lines around them for `count` lexemes: a line is lexed by itself.
fn windows(text: &str, word: &str, count: usize) -> Vec<Range<usize>> {
    let mut windows: Vec<Range<usize>> = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), word.as_bytes()) {
        let line = text[..at].rfind('\n').map_or(0, |it| it + 1);
        let start = line - length(text[..line].split_inclusive('\n').rev(), count);
        let end = line + length(text[line..].split_inclusive('\n'), count + 1);
        match windows.last_mut().filter(|it| start <= it.end) {
            Some(last) => last.end = last.end.max(end),
            None => windows.push(start..end),
        }
    }
    windows
}

/// Bytes of the first lines of which `count` are not blank.
fn length<'a>(lines: impl Iterator<Item = &'a str>, count: usize) -> usize {
    let mut full = 0;
    let mut is_within = |line: &&str| {
        full += usize::from(!line.trim().is_empty());
        full <= count
    };
    lines.take_while(|it| is_within(it)).map(str::len).sum()
}

/// The lexemes that a place must contain: the old ones, and their neighbours if the old ones alone are
/// ambiguous.
struct Pattern<'a> {
    words: Vec<&'a str>,
    /// Lexemes before the old ones.
    offset: usize,
    /// The old lexemes stand for one thing, as a name does.
    is_distinct: bool,
}

impl<'a> Pattern<'a> {
    fn new(rewrite: &'a Rewrite) -> Self {
        let needs_sides = rewrite.needs_sides();
        let left = rewrite.left.last().filter(|_| needs_sides);
        let right = rewrite.right.first().filter(|_| needs_sides);
        let words = left.into_iter().chain(&rewrite.old).chain(right).map(|it| &**it).collect();
        let is_distinct = rewrite.is_version() || rewrite.is_long_literal();
        Self { words, offset: usize::from(left.is_some()), is_distinct }
    }

    /// The lexeme to search first: the longest name, or what is as distinct. `None` without one.
    fn anchor(&self) -> Option<usize> {
        let names = (0..self.words.len()).filter(|it| is_name(self.words[*it]));
        let longest = names.max_by_key(|it| self.words[*it].len());
        longest.or(self.is_distinct.then_some(self.offset))
    }

    fn is_at(&self, lexed: &Lexed<'_>, anchor: usize, start: usize) -> bool {
        lexed.get(start + anchor) == Some(self.words[anchor])
            && self.words.iter().enumerate().all(|(at, it)| lexed.get(start + at) == Some(*it))
    }
}

fn site(lexed: &Lexed<'_>, rewrite: &Rewrite, start: usize) -> Option<Occurrence> {
    let old = start..start + rewrite.old.len();
    let word = |at: Option<usize>| at.and_then(|it| lexed.get(it)).unwrap_or_default().to_owned();
    Some(Occurrence {
        edit: replacing(lexed, rewrite, &old)?,
        same: lexed.same_before(old.start, &rewrite.left, CONTEXT)
            + lexed.same_behind(old.end, &rewrite.right, CONTEXT),
        alike: lexed.alike_before(old.start, &rewrite.left)
            + lexed.alike_behind(old.end, &rewrite.right),
        left: word(old.start.checked_sub(1)),
        right: word(Some(old.end)),
        place: span(lexed, &old),
    })
}

/// The edit at a place. White space that the example did not change stays the place's own. `None` if neither
/// can be determined.
pub(super) fn replacing(
    lexed: &Lexed<'_>,
    rewrite: &Rewrite,
    old: &Range<usize>,
) -> Option<Replacing> {
    let here = span(lexed, old);
    let text = indented(lexed, rewrite, here.start)?;
    let ([was, is], site) = ([&rewrite.gaps.old, &rewrite.gaps.new], gaps(lexed, old));
    let [before, behind] = [site[0].len(), site[1].len()];
    if !rewrite.old.is_empty() && !rewrite.new.is_empty() {
        let is_changed = |it: usize| is[it] != was[it] && site[it] == was[it];
        let changed = |it: usize| if is_changed(it) { &*is[it] } else { "" };
        let start = here.start - if is_changed(0) { before } else { 0 };
        let end = here.end + if is_changed(1) { behind } else { 0 };
        return Some(Replacing {
            range: start..end,
            text: [changed(0), &text, changed(1)].concat(),
        });
    }
    if rewrite.old.is_empty() {
        // `L gap R` became `L gap new gap R`.
        let (start, end) = (here.start, here.start + before);
        // If both are possible, a word belongs to the next lexeme and punctuation to the previous one.
        let follows = is_name(rewrite.new.first().map_or("", |it| it)) && is[0] == was[0];
        return match () {
            () if site[0] == was[0] => {
                Some(Replacing { range: start..end, text: [&*is[0], &text, &is[1]].concat() })
            }
            () if is[1] == was[0] && !follows => {
                Some(Replacing { range: start..start, text: [&*is[0], &text].concat() })
            }
            () if is[0] == was[0] => {
                Some(Replacing { range: end..end, text: [&*text, &is[1]].concat() })
            }
            () => None,
        };
    }
    // `L gap old gap R` became `L gap R`.
    let whole = here.start - before..here.end + behind;
    match () {
        () if site == *was => Some(Replacing { range: whole, text: is[0].clone() }),
        () if is[0] == was[1] => {
            Some(Replacing { range: whole.start..here.end, text: String::new() })
        }
        () if is[0] == was[0] => {
            Some(Replacing { range: here.start..whole.end, text: String::new() })
        }
        () => None,
    }
}

/// The new text with further lines indented as at the place; `None` if they are left of their first line.
fn indented(lexed: &Lexed<'_>, rewrite: &Rewrite, at: usize) -> Option<String> {
    if !rewrite.text.contains('\n') {
        return Some(rewrite.text.clone());
    }
    let line = lexed.text[..at].rfind('\n').map_or(0, |it| it + 1);
    let line = &lexed.text[line..];
    let indent = &line[..line.find(|it: char| !matches!(it, ' ' | '\t')).unwrap_or(line.len())];
    let mut lines = rewrite.text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.try_fold(first, |text, line| match line.strip_prefix(&*rewrite.indent) {
        Some(rest) => Some(text + indent + rest),
        None if line.trim().is_empty() => Some(text + line),
        None => None,
    })
}

/// Whether a character exists and is part of a word.
fn is_word_at(it: Option<char>) -> bool {
    it.is_some_and(text::is_word)
}

/// The last place up to `head` that cuts no word of either text.
fn boundary(old: &str, new: &str, mut head: usize) -> usize {
    while head > 0
        && is_word_at(old[..head].chars().next_back())
        && (is_word_at(old[head..].chars().next()) || is_word_at(new[head..].chars().next()))
    {
        head -= old[..head].chars().next_back().map_or(0, char::len_utf8);
    }
    head
}

fn tail_boundary(old: &str, new: &str, mut tail: usize) -> usize {
    let before = |text: &str, tail: usize| text[..text.len() - tail].chars().next_back();
    while tail > 0
        && is_word_at(old[old.len() - tail..].chars().next())
        && (is_word_at(before(old, tail)) || is_word_at(before(new, tail)))
    {
        tail -= old[old.len() - tail..].chars().next().map_or(0, char::len_utf8);
    }
    tail
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::next_edit::rewrite::rewrites;

    /// Every place of `text` after its edit, for the rewrite that turns `old` into `new`.
    fn done([old, new]: [&str; 2], text: &str) -> Vec<(String, usize)> {
        let found = rewrites(["", ""], [old, new], "\"");
        assert_eq!(found.len(), 1, "{old:?}");
        let sites = occurrences(text, &found[0], "\"").into_iter();
        sites
            .map(|it| {
                let mut text = text.to_owned();
                text.replace_range(it.edit.range, &it.edit.text);
                (text, it.same)
            })
            .collect()
    }

    #[track_caller]
    fn check(example: [&str; 2], text: &str, expected: &[(&str, usize)]) {
        let done = done(example, text);
        let done: Vec<_> = done.iter().map(|it| (&*it.0, it.1)).collect();
        assert_eq!(done, expected);
    }

    #[test]
    fn a_name_fits_wherever_it_stands_and_context_tells_how_well() {
        check(
            ["x.get(a);", "x.fetch(a);"],
            "y.get(b); x.get(a);",
            &[("y.fetch(b); x.get(a);", 2), ("y.get(b); x.fetch(a);", 6)],
        );
        check(["get", "fetch"], "forget(\"get\") getter", &[]);
    }

    #[test]
    fn punctuation_needs_its_neighbours() {
        check(["f(a);", "f(a)?;"], "f(a); g(a); f(b);\nf( a );", &[]);
        check(["f(a.b);", "f(a.b, c);"], "g(x.b);", &[("g(x.b, c);", 4)]);
        check(["a;", "a"], "a;b;", &[("ab;", 1)]);
    }

    #[test]
    fn an_insertion_keeps_the_white_space_of_its_place() {
        check(["f(a)", "f(a, b)"], "g(a\n)", &[("g(a, b\n)", 3)]);
        check(["let a", "let mut a"], "let  a", &[("let  mut a", 2)]);
        check(["x = a", "x = await a"], "y =\n  a", &[("y =\n  await a", 2)]);
    }

    #[test]
    fn a_deletion_takes_its_white_space_along() {
        check(["let mut a", "let a"], "let mut b", &[("let b", 1)]);
        check(["f(a, b)", "f(a)"], "g(a,\n  b)", &[("g(a)", 3)]);
    }

    #[test]
    fn further_lines_are_indented_as_the_place_is() {
        let example = ["  f(x);\n", "  g(\n    x,\n    y,\n  );\n"];
        let found = rewrites(["", ""], example, "\"");
        let multi = found.iter().filter(|it| it.text.contains('\n')).count();
        assert_eq!(multi, 1, "{found:?}");
        let example = ["  f(x)", "  f(x, |y| {\n    z\n  })"];
        check(example, "    f(x)", &[("    f(x, |y| {\n      z\n    })", 4)]);
    }

    proptest! {
        #[test]
        fn the_lines_around_a_word_are_enough(
            lines in prop::collection::vec("( ?|a+|[ab] ?[,(] ?b)", 0..60), example in 0..3_usize,
        ) {
            let example = [["a", "cd"], ["a ,", "a"], ["(b", "(b, x"]][example];
            let found = rewrites(["", ""], example, "\"");
            let text = lines.join("\n");
            for rewrite in &found {
                let pattern = Pattern::new(rewrite);
                let Some(anchor) = pattern.anchor() else { continue };
                let lexed = Lexed::new(&text, "\"");
                let starts = (0..lexed.spans.len()).filter(|it| pattern.is_at(&lexed, anchor, *it));
                let whole: Vec<_> =
                    starts.filter_map(|it| site(&lexed, rewrite, it + pattern.offset)).collect();
                prop_assert_eq!(occurrences(&text, rewrite, "\""), whole);
            }
        }

        /// What a rewrite did in one place it does in the same text elsewhere.
        #[test]
        fn an_example_done_again_gives_what_it_gave(
            old in "[a-c(),. ]{1,12}", new in "[a-c(),. ]{1,12}",
        ) {
            let [old, new] = [old, new].map(|it| format!("head {it} tail"));
            let found = rewrites(["", ""], [&old, &new], "\"");
            for rewrite in found.iter().filter(|_| found.len() == 1) {
                let again = occurrences(&old, rewrite, "\"");
                let same = |it: &Occurrence| {
                    let mut text = old.clone();
                    text.replace_range(it.edit.range.clone(), &it.edit.text);
                    let blank = |it: char| it.is_whitespace();
                    text.replace(blank, "") == new.replace(blank, "")
                };
                let has_name = rewrite.old.iter().any(|it| it.len() > 1 || is_name(it));
                let sided = [&rewrite.left, &rewrite.right].iter().any(|it| !it.is_empty());
                prop_assert!(!(has_name || sided) || again.is_empty() || again.iter().any(same));
            }
        }
    }
}
