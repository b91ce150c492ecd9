//! Rewrites that the user always made together in one line are one change, and a part of it is none.

use std::ops::Range;

use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::lexeme::{Lexed, is_name};
use crate::feature::next_edit::occurrence::{Occurrence, Replacing, replacing};
use crate::feature::next_edit::rewrite::{RuleKey, span};
use crate::feature::next_edit::{OpenTexts, quotes};

/// Lines of context on each side of a place.
const AROUND: usize = 6;
const BRACKETS: [(&str, &str); 3] = [("(", ")"), ("[", "]"), ("{", "}")];

impl OpenTexts<'_> {
    /// The example and what was made with it in the same line each time, in order. `None` if the user still has to make
    /// a part of it in this line.
    pub(super) fn together<'a>(
        &'a self,
        example: &'a Example,
        document: usize,
    ) -> Option<Vec<&'a Example>> {
        let (own, key) = (self.neighbours(example, document), example.rewrite.key());
        let others = (0..self.open.len()).flat_map(|at| {
            let all = self.examples[at].iter().filter(|it| it.rewrite.key() == key);
            let all = all.filter(move |it| at != document || it.place != example.place);
            all.filter(|it| it.place.is_some()).map(move |it| self.neighbours(it, at))
        });
        let keys = |it: &[&Example]| it.iter().map(|it| it.rewrite.key()).collect::<Vec<_>>();
        let mut common: Option<Vec<&Example>> = None;
        for other in others {
            common = Some(match common {
                Some(mut common) => {
                    let mut left = keys(&other);
                    common.retain(|it| take(&mut left, &it.rewrite.key()));
                    common
                }
                None => other,
            });
        }
        let mut expected = keys(common.as_deref().unwrap_or(&own));
        let mut parts = own;
        parts.retain(|it| take(&mut expected, &it.rewrite.key()));
        let line = self.open[document].document.rope.line(self.rows(example, document).start);
        let line = line.to_string();
        let missing = common.iter().flatten().filter(|it| expected.contains(&it.rewrite.key()));
        if missing.into_iter().any(|it| it.rewrite.old.iter().all(|it| line.contains(&**it))) {
            return None;
        }
        parts.push(example);
        parts.sort_by_key(|it| it.place.as_ref().map(|it| it.start));
        Some(parts)
    }

    /// The other rewrites in the lines of an example.
    pub(super) fn neighbours(&self, example: &Example, document: usize) -> Vec<&Example> {
        let rows = self.rows(example, document);
        let others = self.examples[document].iter().filter(|it| it.place != example.place);
        let others = others.filter(|it| it.place.is_some());
        let is_near = |it: &&Example| {
            let other = self.rows(it, document);
            rows.start < other.end && other.start < rows.end
        };
        others.filter(is_near).collect()
    }

    /// The lines of an example.
    fn rows(&self, example: &Example, document: usize) -> Range<usize> {
        let place = example.place.clone().unwrap_or_default();
        self.line(document, place.start)..self.line(document, place.end) + 1
    }

    /// The place of the whole change whose first rewrite fits at a place.
    pub(super) fn whole(
        &self,
        document: usize,
        first: Occurrence,
        parts: &[&Example],
        home: usize,
    ) -> Option<Occurrence> {
        let rope = &self.open[document].document.rope;
        let row = self.line(document, first.place.start);
        let at = |line: usize| rope.line_to_byte(line.min(rope.len_lines()));
        let offset = at(row.saturating_sub(AROUND));
        let text = &self.texts[document][offset..at(row + 1 + AROUND)];
        let lexed = Lexed::new(text, quotes(self.open[document]));
        let start = lexed.spans.partition_point(|it| it.start + offset < first.place.start);
        let own = start..start + parts[0].rewrite.old.len();
        let mut found: Vec<Range<usize>> = std::iter::once(own).collect();
        for pair in parts.windows(2) {
            let between = pair[0].place.as_ref()?.end..pair[1].place.as_ref()?.start;
            let between = self.texts[home].get(between)?;
            let from = found.last()?.end;
            let breaks = between.matches('\n').count();
            let is_in_line = |it: &Range<usize>| {
                let skipped = span(&lexed, &(from..it.start)).start..span(&lexed, it).start;
                text[skipped].matches('\n').count() <= breaks
            };
            let next = next_part(&lexed, from, between, quotes(self.open[home]), pair[1]);
            found.push(next.filter(is_in_line)?);
        }
        let edits = found.iter().zip(parts).map(|(it, part)| replacing(&lexed, &part.rewrite, it));
        let edits: Vec<Replacing> = edits.collect::<Option<_>>()?;
        let range = edits.first()?.range.start..edits.last()?.range.end;
        let mut new = text[range.clone()].to_owned();
        for it in edits.iter().rev() {
            new.get(it.range.start.checked_sub(range.start)?..it.range.end - range.start)?;
            new.replace_range(it.range.start - range.start..it.range.end - range.start, &it.text);
        }
        let alike = found.iter().zip(parts).map(|(it, part)| {
            lexed.alike_before(it.start, &part.rewrite.left)
                + lexed.alike_behind(it.end, &part.rewrite.right)
        });
        let last = span(&lexed, found.last()?);
        Some(Occurrence {
            place: first.place.start..(offset + last.end).max(first.place.end),
            edit: Replacing { range: offset + range.start..offset + range.end, text: new },
            alike: alike.max().unwrap_or_default().max(first.alike),
            ..first
        })
    }

    /// Whether an edit keeps the brackets and quotes of its lines in pairs, and adds no syntax error.
    pub(super) fn keeps_sound(&self, document: usize, edit: &Replacing) -> bool {
        let rope = &self.open[document].document.rope;
        let at = |line: usize| rope.line_to_byte(line.min(rope.len_lines()));
        let [first, last] = [edit.range.start, edit.range.end].map(|it| self.line(document, it));
        let lines = at(first)..at(last + 1);
        let old = &self.texts[document][lines.clone()];
        let mut new = old.to_owned();
        new.replace_range(edit.range.start - lines.start..edit.range.end - lines.start, &edit.text);
        let quotes = quotes(self.open[document]);
        pairs(old, quotes) == pairs(&new, quotes) && self.adds_no_error(document, edit)
    }

    fn adds_no_error(&self, document: usize, edit: &Replacing) -> bool {
        let Some(tree) = self.tree(document) else { return true };
        let syntax = &self.shared.syntax;
        let mut changed = self.open[document].document.clone();
        let made = changed.replace(edit.range.clone(), &edit.text);
        let before = match tree.is_behind() {
            true => syntax.reparsed(tree, &[], tree.rope()).map(|it| it.errors()),
            false => Some(tree.errors()),
        };
        let after = syntax.reparsed(tree, &[made], &changed.rope).map(|it| it.errors());
        before.zip(after).is_none_or(|(before, after)| after <= before)
    }
}

/// The place of the next part of a change behind `from`; `between` is the text before that part in the example.
fn next_part(
    lexed: &Lexed<'_>,
    from: usize,
    between: &str,
    quotes: &str,
    part: &Example,
) -> Option<Range<usize>> {
    let rewrite = &part.rewrite;
    let kept = Lexed::new(between, quotes);
    let kept = kept.words(0..kept.spans.len());
    let depth: isize = kept.iter().map(|it| step(it)).sum();
    let is_fixed = !kept.iter().any(|it| is_value(it));
    let is_at = |at: usize| {
        let is_same = |at: usize, it: &str| lexed.get(at) == Some(it);
        let has_sides = || {
            rewrite.left.last().is_none_or(|it| at > 0 && is_same(at - 1, it))
                && rewrite.right.first().is_none_or(|it| is_same(at, it))
        };
        rewrite.old.iter().enumerate().all(|(by, it)| is_same(at + by, it))
            && (!rewrite.old.is_empty() || has_sides())
    };
    let mut open = 0;
    for at in from..=lexed.spans.len() {
        let is_far_enough = at > from && (!is_fixed || at == from + kept.len());
        if is_far_enough && open == depth && is_at(at) {
            let is_kept = !is_fixed || lexed.words(from..at) == kept;
            return is_kept.then_some(at..at + rewrite.old.len());
        }
        open += step(lexed.get(at)?);
        if open < depth.min(0) {
            return None;
        }
    }
    None
}

/// Whether a lexeme is a name or a literal, which another place has differently.
fn is_value(word: &str) -> bool {
    let is_literal = word.len() > 1 && word.starts_with(['"', '\'', '`']);
    is_name(word) || is_literal || word.starts_with(char::is_numeric)
}

fn step(word: &str) -> isize {
    let is = |it: &(&str, &str)| isize::from(it.0 == word) - isize::from(it.1 == word);
    BRACKETS.iter().map(is).sum()
}

/// How many brackets of each kind are open at the end of a text, and how many quotes.
fn pairs(text: &str, quotes: &str) -> Vec<isize> {
    let lexed = Lexed::new(text, quotes);
    let words = lexed.words(0..lexed.spans.len());
    let count = |it: &str| words.iter().filter(|word| **word == it).count() as isize;
    let brackets = BRACKETS.iter().map(|(open, close)| count(open) - count(close));
    let lone = quotes.chars().map(|it| count(it.encode_utf8(&mut [0; 4])));
    brackets.chain(lone).collect()
}

/// Removes one key of several; false if it is not among them.
fn take(keys: &mut Vec<RuleKey>, key: &RuleKey) -> bool {
    let at = keys.iter().position(|it| it == key);
    at.map(|it| keys.swap_remove(it)).is_some()
}
