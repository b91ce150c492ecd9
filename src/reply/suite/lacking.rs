//! The tests of an answer that a file lacks.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::reply::suite::NothingNew;
use crate::reply::suite::parsed::{Suite, Test, lines};

/// Bytes of an empty body, which is not compared.
const EMPTY: usize = 3;

/// The lines of a test, or of what is dropped.
type Piece<'s> = (Range<usize>, Option<&'s Test>);

impl Suite {
    /// The code of a range without the tests that exist in `there`: those with the body and the attributes of any test, or
    /// with the name of one nearby. Tests of one name are numbered.
    pub(super) fn without(
        &self,
        there: &Self,
        range: &Range<usize>,
        is_near: impl Fn(&Test, &Test) -> bool,
    ) -> Result<String, NothingNew> {
        let bodies: BTreeSet<_> = there.tests.iter().map(|it| (&it.body, &it.attributes)).collect();
        let within = |it: &Range<usize>| range.start <= it.start && it.end <= range.end + 1;
        // A test within a test is a part of it.
        let is_inner = |it: &Test| {
            let around = |other: &&Test| {
                other.lines.start < it.lines.start && it.lines.end <= other.lines.end
            };
            self.tests.iter().any(|other| around(&other))
        };
        let tests = self.tests.iter().filter(|it| within(&it.lines) && !is_inner(it));
        let (known, new): (Vec<&Test>, Vec<&Test>) = tests.partition(|it| {
            let is_named = |old: &Test| old.name == it.name && is_near(old, it);
            there.tests.iter().any(is_named)
                || it.body.len() > EMPTY && bodies.contains(&(&it.body, &it.attributes))
        });
        if new.is_empty() && !known.is_empty() {
            return Err(NothingNew);
        }
        // A group is dropped with the last of its tests.
        let groups = self.groups.iter().map(|it| lines(&self.text, &it.range));
        let emptied = groups.filter(|group| {
            let has = |all: &[&Test]| all.iter().any(|it| group.contains(&it.lines.start));
            within(group) && has(&known) && !has(&new)
        });
        let dropped = known.iter().map(|it| it.lines.clone()).chain(emptied).map(|it| (it, None));
        let kept = new.iter().map(|it| (it.lines.clone(), Some(*it)));
        let mut pieces: Vec<Piece<'_>> = dropped.chain(kept).collect();
        pieces.sort_by_key(|it| (it.0.start, Reverse(it.0.end)));
        Ok(self.joined(range, pieces))
    }

    /// The code of a range with these pieces of it, of which the first of those that overlap counts.
    fn joined(&self, range: &Range<usize>, pieces: Vec<Piece<'_>>) -> String {
        let mut names: BTreeSet<(Option<&str>, String)> = BTreeSet::new();
        let (mut code, mut at) = (String::new(), range.start);
        for (lines, test) in pieces {
            if lines.start < at {
                continue;
            }
            code += &self.text[at..lines.start];
            at = lines.end.min(range.end);
            let Some(test) = test else {
                at += blank_lines(&mut code, &self.text[at..range.end]);
                continue;
            };
            let number = |count: &usize| numbered(&test.name, *count);
            let count = (1..).find(|it| names.insert((test.group.as_deref(), number(it))));
            code +=
                &self.text[lines.start..at].replacen(&test.name, &number(&count.unwrap_or(1)), 1);
        }
        code + self.text.get(at..range.end).unwrap_or_default()
    }
}

/// Removes the blank lines between `code` and a dropped piece: those behind the piece remain, unless no code is before it.
/// Returns how many bytes of `rest` are left out then.
fn blank_lines(code: &mut String, rest: &str) -> usize {
    let end = code.trim_end_matches('\n').len();
    code.truncate(code.len().min(end + 1));
    match code.trim().is_empty() {
        true => rest.len() - rest.trim_start_matches('\n').len(),
        false => 0,
    }
}

/// The name of the test number `count` with the same name.
fn numbered(name: &str, count: usize) -> String {
    match (count, name.strip_suffix(['"', '\'', '`'])) {
        (1, _) => name.to_owned(),
        (_, Some(title)) => format!("{title} {count}{}", &name[title.len()..]),
        (_, None) => format!("{name}_{count}"),
    }
}
