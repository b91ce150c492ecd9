//! An edit in terms of lexemes: which lexemes replaced which, and the context between.

use std::ops::Range;

use crate::feature::next_edit::align;
use crate::feature::next_edit::align::Difference;
use crate::feature::next_edit::lexeme::{Lexed, is_name};
use crate::text;

/// Lexemes of context stored on each side.
pub(super) const CONTEXT: usize = 5;
/// A block of lines with more lexemes than this is not aligned.
const MOST: usize = 400;
/// Bytes of a literal that is unlikely to stand for different things.
const LITERAL: usize = 12;
/// Digits of a hash.
const HASH: usize = 16;
/// What stands before a version or a part of one.
const PATHS: [&str; 3] = [".", "@", "/"];
/// A rewrite with more lexemes than this is not a pattern.
const LONG: usize = 40;

/// Lexemes that replaced others, with their context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite {
    pub(super) old: Vec<Box<str>>,
    pub(super) new: Vec<Box<str>>,
    /// Lexemes before and after, as they were before the edit, in order.
    pub(super) left: Vec<Box<str>>,
    pub(super) right: Vec<Box<str>>,
    /// The new lexemes as written.
    pub(super) text: String,
    pub(super) gaps: Gaps,
    /// The indentation of its first line after the edit.
    pub(super) indent: String,
    /// The range of the new lexemes, in bytes of the text they were read from.
    pub(super) place: Range<usize>,
}

/// White space next to a rewrite: before and after the old lexemes, and the new ones. Without lexemes the
/// first is the whole gap, and the second is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gaps {
    pub(super) old: [String; 2],
    pub(super) new: [String; 2],
}

/// Identifies rewrites of the same rule. An insertion is identified by its neighbours too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleKey {
    old: Vec<Box<str>>,
    new: Vec<Box<str>>,
    sides: Option<[Option<Box<str>>; 2]>,
}

impl RuleKey {
    /// Identifies an edit by its texts.
    pub(super) fn verbatim(old: &str, new: &str) -> Self {
        Self { old: vec![old.into()], new: vec![new.into()], sides: None }
    }

    /// Whether it replaces a name.
    pub(super) fn is_of_name(&self) -> bool {
        matches!(&self.old[..], [only] if is_name(only))
    }
}

impl Rewrite {
    pub(super) fn key(&self) -> RuleKey {
        let (old, new) = (self.old.clone(), self.new.clone());
        let sides = || [self.left.last().cloned(), self.right.first().cloned()];
        RuleKey { sides: old.is_empty().then(sides), old, new }
    }

    /// Whether its old lexemes alone are ambiguous. A name is not.
    pub(super) fn needs_sides(&self) -> bool {
        !self.old.iter().any(|it| is_name(it) && it.chars().nth(1).is_some())
    }

    /// Whether its new text contains a word.
    pub(super) fn has(&self, word: &str) -> bool {
        text::words(&self.text).any(|it| it == word)
    }

    /// Whether it adds a word.
    pub(super) fn adds(&self, word: &str) -> bool {
        let has = |words: &[Box<str>]| words.iter().any(|it| **it == *word);
        has(&self.new) && !has(&self.old)
    }

    /// Whether its words are the old ones, or one name replaced another.
    pub(super) fn replaces(&self, [old, new]: [&str; 2]) -> bool {
        let was = self.old.concat();
        let is_one = |(was, is): (&str, &str)| was == is || (was, is) == (old, new);
        text::words(&was).count() == text::words(&self.text).count()
            && text::words(&was).zip(text::words(&self.text)).all(is_one)
    }

    /// Whether one number or string replaced another.
    pub(super) fn is_literal(&self) -> bool {
        let literal = |it: &[Box<str>]| match it {
            [only] => {
                only.starts_with(|it: char| it.is_numeric() || matches!(it, '"' | '\'' | '`'))
            }
            _ => false,
        };
        literal(&self.old) && literal(&self.new)
    }

    /// The same, with an old text that is unlikely to stand for different things.
    pub(super) fn is_long_literal(&self) -> bool {
        self.is_literal() && self.old[0].len() >= LITERAL
    }

    /// Whether a version (`v5`, the `1.0` of `v5.1.0`, `1.21.3`) or a hash replaced another.
    pub(super) fn is_version(&self) -> bool {
        let is_part = self.left.last().is_some_and(|it| PATHS.contains(&&**it));
        let is_part = is_part && self.gaps.old[0].is_empty();
        let is_version = |word: &str| {
            let digits = word.strip_prefix('v').unwrap_or(word);
            let is_number = digits.starts_with(|it: char| it.is_ascii_digit())
                && digits.chars().all(|it| it.is_ascii_digit() || it == '.');
            let is_dotted = is_part || digits.len() < word.len() || digits.matches('.').count() > 1;
            let is_hash = word.len() >= HASH
                && word.chars().all(|it| it.is_ascii_hexdigit())
                && word.contains(|it: char| it.is_ascii_digit());
            is_number && is_dotted || is_hash
        };
        match (&self.old[..], &self.new[..]) {
            ([old], [new]) => is_version(old) && is_version(new),
            _ => false,
        }
    }

    /// Whether one name replaced another.
    pub(super) fn renames(&self) -> Option<(&str, &str)> {
        match (&self.old[..], &self.new[..]) {
            ([old], [new]) if is_name(old) && is_name(new) => Some((old, new)),
            _ => None,
        }
    }
}

/// The rewrites between two versions of some lines, which are between `before` and `after`. Ranges are bytes
/// of `before + new + after`. Lines that were only added or removed are not rewrites.
pub(super) fn rewrites(
    [before, after]: [&str; 2],
    [old, new]: [&str; 2],
    quotes: &str,
) -> Vec<Rewrite> {
    let texts = [old, new].map(|it| [before, it, after].concat());
    let [was, is] = [&texts[0], &texts[1]].map(|it| Lexed::new(it, quotes));
    let first = before.split_inclusive('\n').count();
    let found = differences([&was, &is], [old, new], first).into_iter();
    found.map(|it| rewrite(&was, &is, it)).collect()
}

/// The ranges that differ between two versions of some lines, in bytes of the old and the new text, with the
/// white space around them. A replay types these.
pub fn changes(old: &str, new: &str, quotes: &str) -> Vec<[Range<usize>; 2]> {
    let lexed = [old, new].map(|it| Lexed::new(it, quotes));
    let between = |lexed: &Lexed<'_>, it: &Range<usize>| {
        let start = it.start.checked_sub(1).map_or(0, |it| lexed.spans[it].end);
        start..lexed.spans.get(it.end).map_or(lexed.text.len(), |it| it.start)
    };
    let [was, is] = &lexed;
    let found = differences([was, is], [old, new], 0).into_iter();
    found.map(|it| [between(was, &it.old), between(is, &it.new)]).collect()
}

/// The differences in lexemes of both texts: the lines from `first` on, paired if both have the same number.
fn differences([was, is]: [&Lexed<'_>; 2], [old, new]: [&str; 2], first: usize) -> Vec<Difference> {
    let [old, new] = [old, new].map(|it| it.split_inclusive('\n').collect::<Vec<_>>());
    let same = |pair: &(&&str, &&str)| pair.0.trim_end() == pair.1.trim_end();
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let [old, new] = [&old, &new].map(|it| it.len() - head - tail);
    if old == 0 || new == 0 {
        return Vec::new();
    }
    let first = first + head;
    let lines: Vec<_> = match old == new {
        true => (first..first + old).map(|it| [it..it + 1, it..it + 1]).collect(),
        false => vec![[first..first + old, first..first + new]],
    };
    let pairs = lines.into_iter().map(|[old, new]| (was.of_lines(old), is.of_lines(new)));
    let small = pairs.filter(|it| it.0.len() < MOST && it.1.len() < MOST);
    let found = small.flat_map(|(old, new)| {
        let found = align::differences(&was.words(old.clone()), &is.words(new.clone()));
        found.into_iter().map(move |it| Difference {
            old: old.start + it.old.start..old.start + it.old.end,
            new: new.start + it.new.start..new.start + it.new.end,
        })
    });
    found.filter(|it| it.old.len() <= LONG && it.new.len() <= LONG).collect()
}

fn rewrite(was: &Lexed<'_>, is: &Lexed<'_>, Difference { old, new }: Difference) -> Rewrite {
    let boxed = |it: Vec<&str>| it.into_iter().map(Box::from).collect();
    let place = span(is, &new);
    let line = is.text[..place.start].rfind('\n').map_or(0, |it| it + 1);
    let line = &is.text[line..];
    let indent = &line[..line.find(|it: char| !matches!(it, ' ' | '\t')).unwrap_or(line.len())];
    let right = old.end..(old.end + CONTEXT).min(was.spans.len());
    Rewrite {
        left: boxed(was.words(old.start.saturating_sub(CONTEXT)..old.start)),
        right: boxed(was.words(right)),
        text: is.text[place.clone()].to_owned(),
        gaps: Gaps { old: gaps(was, &old), new: gaps(is, &new) },
        indent: indent.to_owned(),
        old: boxed(was.words(old)),
        new: boxed(is.words(new)),
        place,
    }
}

/// The bytes of some lexemes; if there are none, of the gap.
pub(super) fn span(lexed: &Lexed<'_>, range: &Range<usize>) -> Range<usize> {
    match lexed.spans.get(range.clone()) {
        Some([first, .., last]) => first.start..last.end,
        Some([only]) => only.clone(),
        Some([]) | None => {
            let end = range.start.checked_sub(1).map_or(0, |it| lexed.spans[it].end);
            end..end
        }
    }
}

pub(super) fn gaps(lexed: &Lexed<'_>, range: &Range<usize>) -> [String; 2] {
    let behind = if range.is_empty() { "" } else { lexed.gap(range.end) };
    [lexed.gap(range.start).to_owned(), behind.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &[(&str, &str)]) {
        let found = rewrites(["fn f() {\n", "}\n"], [old, new], "\"");
        let found: Vec<_> = found.iter().map(|it| (it.old.join(" "), it.new.join(" "))).collect();
        let found: Vec<_> = found.iter().map(|it| (&*it.0, &*it.1)).collect();
        assert_eq!(found, expected, "{old:?} {new:?}");
    }

    #[test]
    fn lines_are_paired_where_there_are_as_many() {
        check("a.b();\nc.b();\n", "a.d();\nc.d();\n", &[("b", "d"), ("b", "d")]);
        check("  f(x);\n  same();\n", "  f(x, y);\n  same();\n", &[("", ", y")]);
        check("f(a)\n", "f(\n  a,\n)\n", &[("", ",")]);
    }

    #[test]
    fn white_space_and_whole_lines_are_no_rewrite() {
        check("a b;\n", "    a  b;\n", &[]);
        check("a;\n", "a;\nb;\n", &[]);
        check("a;\nb;\n", "b;\n", &[]);
        check("a;\r\n", "a;\n", &[]);
    }

    #[test]
    fn versions_and_hashes_are_told_from_numbers() {
        for (old, new, expected) in [
            ("a@v5", "a@v6", [true].as_slice()),
            ("# v5.1.0", "# v6.2.0", &[true, true]),
            ("1.21.3", "1.22.0", &[true]),
            ("@38697555549f1db7851b81482ff19f1f", "@c10b8064de6f491fea524254123dbe5e", &[true]),
            ("x = 0.5", "x = 0.7", &[false]),
            ("x - 100", "x - 200", &[false]),
            ("v5", "w5", &[false]),
        ] {
            let found = rewrites(["", ""], [old, new], "\"");
            let found: Vec<bool> = found.iter().map(Rewrite::is_version).collect();
            assert_eq!(found, expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn context_is_what_stood_there_before() {
        let found = rewrites(["let q = 1;\n", "end\n"], ["f(a, b);\n", "g(a, c);\n"], "\"");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].left.join(" "), "; f ( a ,");
        assert_eq!(found[1].right.join(" "), ") ; end");
        assert_eq!(found[0].place, 11..12);
    }

    #[test]
    fn insertions_of_the_same_between_others_are_other_rules() {
        let keys = ["f(a);\n", "f(b);\n", "g(a);\n"].map(|old| {
            let found = rewrites(["", ""], [old, &old.replace(')', ", x)")], "\"");
            found[0].key()
        });
        assert_eq!([keys[0] == keys[1], keys[0] == keys[2]], [false, true]);
    }
}
