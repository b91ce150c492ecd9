//! The tests of an answer that a file lacks, as code for the places that they belong to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::reply::nested;
use crate::reply::suite::NothingNew;
use crate::reply::suite::parsed::{Suite, Test, lines};
use crate::reply::suite::piece::{
    Piece, PieceChange, repeated, unique, with_number, with_pieces, with_word,
};
use crate::text;

/// Bytes of an empty body, which is not compared.
const EMPTY: usize = 3;

/// New code for a group of the file, or for the end of the file.
pub(super) struct Addition {
    /// The index of the group.
    pub(super) target: Option<usize>,
    pub(super) code: String,
}

/// Where a name must be unique: in a group of the file or outside of its groups, or in a group of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    There(Option<usize>),
    New(usize),
}

/// A part of an answer: the code of a group that is unwrapped into `target`, or the code outside of those.
#[derive(Clone, Copy)]
struct Part {
    group: Option<usize>,
    target: Option<usize>,
}

/// The tests of an answer in the groups of a file.
struct Merge<'s> {
    new: &'s Suite,
    there: &'s Suite,
    /// For each group of the answer the group that it is unwrapped into.
    counterparts: Vec<Option<usize>>,
    /// The tests that are kept so far, by their names.
    kept: BTreeMap<(Scope, &'s str), Vec<&'s Test>>,
    names: BTreeSet<(Scope, String)>,
    groups: BTreeSet<(Scope, &'s str)>,
    is_any_known: bool,
}

impl Suite {
    /// The code of an answer without the tests that exist in `there`: those with the body and the attributes of any test, or
    /// with the name of one in the same group. Tests and groups of one name are numbered.
    pub(super) fn additions(&self, there: &Self) -> Result<Vec<Addition>, NothingNew> {
        let named = |it: &Test| (Scope::There(it.group), it.name.clone());
        let mut merge = Merge {
            new: self,
            there,
            counterparts: self.counterparts(there),
            kept: BTreeMap::new(),
            names: there.tests.iter().map(named).collect(),
            groups: BTreeSet::new(),
            is_any_known: false,
        };
        let mut unwrapped: Vec<(usize, usize)> =
            (0..self.groups.len()).filter_map(|it| Some((it, merge.counterparts[it]?))).collect();
        unwrapped.sort_by_key(|it| self.groups[it.0].range.start);
        let mut additions: Vec<Addition> = Vec::new();
        for (group, target) in &unwrapped {
            additions.extend(merge.of_group(*group, *target));
        }
        let target = there.test_module();
        let rest = match unwrapped.is_empty() {
            true => merge.of_whole(target),
            false => {
                let code: String = additions.iter().map(|it| &*it.code).collect();
                merge.of_rest(target, &code)
            }
        };
        additions.splice(..0, rest);
        match additions.is_empty() && merge.is_any_known {
            true => Err(NothingNew),
            false => Ok(joined(additions)),
        }
    }
}

/// One addition for each place.
fn joined(additions: Vec<Addition>) -> Vec<Addition> {
    let mut joined: Vec<Addition> = Vec::new();
    for it in additions {
        match joined.iter_mut().find(|other| other.target == it.target) {
            Some(other) => {
                other.code = format!(
                    "{}\n{}",
                    nested::indented(&other.code, ""),
                    nested::indented(&it.code, "")
                );
            }
            None => joined.push(it),
        }
    }
    joined
}

impl<'s> Merge<'s> {
    /// The content of a group of the answer; `None` if it has no new test.
    fn of_group(&mut self, group: usize, target: usize) -> Option<Addition> {
        let new = self.new;
        let part = Part { group: Some(group), target: Some(target) };
        let (known, tests) = self.tests(part);
        if tests.is_empty() {
            return None;
        }
        let (mut pieces, words) = self.numbered(part, &tests);
        pieces.extend(self.dropped(part, &known, &tests));
        let body = &new.groups[group].body;
        pieces.extend(self.repeated(body, Some(target)));
        let code = with_pieces(&new.text, body, pieces);
        let code = words.iter().fold(code, |code, (old, new)| with_word(&code, old, new));
        Some(Addition { target: part.target, code })
    }

    /// Statements beside tests that the file has in the same place: `use ExUnit.Case`, a field, `beforeEach`.
    fn repeated(&self, body: &Range<usize>, target: Option<usize>) -> Vec<Piece> {
        let (new, there) = (self.new, self.there);
        let groups = new.groups.iter().filter(|it| body.contains(&it.range.start));
        let groups = groups.map(|it| lines(&new.text, &it.range));
        let parts: Vec<_> = new.tests.iter().map(|it| it.lines.clone()).chain(groups).collect();
        let place = target.map_or(0..there.text.len(), |it| there.groups[it].body.clone());
        let mut repeated = repeated(&new.text, body, &there.text[place]);
        repeated.retain(|line| !parts.iter().any(|it| it.contains(&line.start)));
        repeated.into_iter().map(|it| (it, PieceChange::Dropped)).collect()
    }

    /// The whole answer, of which no group is unwrapped.
    fn of_whole(&mut self, target: Option<usize>) -> Option<Addition> {
        let part = Part { group: None, target };
        let (known, tests) = self.tests(part);
        if tests.is_empty() && !known.is_empty() {
            return None;
        }
        let whole = 0..self.new.text.len();
        let (mut pieces, _) = self.numbered(part, &tests);
        pieces.extend(self.dropped(part, &known, &tests));
        pieces.extend(self.repeated(&whole, target));
        let code = with_pieces(&self.new.text, &whole, pieces);
        Some(Addition { target, code })
    }

    /// Tests and groups beside the groups that are unwrapped into `code`, and the definitions that these all need.
    fn of_rest(&mut self, target: Option<usize>, code: &str) -> Option<Addition> {
        let new = self.new;
        let part = Part { group: None, target };
        let (known, mut tests) = self.tests(part);
        let dropped = self.dropped(part, &known, &tests);
        let outermost = |it: &Test| new.path(it.group).last();
        let has_test = |group| tests.iter().any(|it| it.is_test() && outermost(it) == Some(group));
        let with_tests: BTreeSet<usize> =
            tests.iter().filter_map(|it| outermost(it)).filter(|it| has_test(*it)).collect();
        tests.retain(|it| match outermost(it) {
            Some(group) => with_tests.contains(&group),
            None => it.is_test(),
        });
        let (mut pieces, _) = self.numbered(part, &tests);
        pieces.extend(dropped);
        let item = |it: &Test| match outermost(it) {
            Some(group) => lines(&new.text, &new.groups[group].range),
            None => it.lines.clone(),
        };
        let mut items: Vec<Range<usize>> = tests.iter().map(|it| item(it)).collect();
        if !items.is_empty() || !code.is_empty() {
            items.extend(new.setups(self.there));
        }
        self.add_needed(target, code, &mut items);
        items.sort_by_key(|it| (it.start, Reverse(it.end)));
        items.dedup_by(|it, before| it.start < before.end);
        let (mut code, mut end) = (String::new(), 0);
        for lines in items {
            if !code.is_empty() {
                let behind = &new.text[end..lines.start];
                let blank = behind.len() - behind.trim_start_matches('\n').len();
                code += &"\n".repeat(blank.clamp(1, 2));
            }
            end = lines.end;
            let within = |it: &Piece| lines.start <= it.0.start && it.0.end <= lines.end;
            let inner;
            (inner, pieces) = pieces.into_iter().partition(within);
            code += &with_pieces(&new.text, &lines, inner);
        }
        (!code.is_empty()).then_some(Addition { target, code })
    }

    /// Adds the definitions that `code` and the items need, with the `impl` blocks of their types.
    fn add_needed(&self, target: Option<usize>, code: &str, items: &mut Vec<Range<usize>>) {
        let new = self.new;
        let mut needed = code.to_owned();
        items.iter().for_each(|it| needed += &new.text[it.clone()]);
        let mut others = self.definitions(target);
        while let Some(at) = others.iter().position(|it| text::has_word(&needed, &it.0)) {
            let (name, lines) = others.remove(at);
            let impls = new.impls().into_iter().filter(|it| it.0 == *name).map(|it| it.1);
            for lines in impls.chain([lines.clone()]) {
                needed += &new.text[lines.clone()];
                items.push(lines);
            }
        }
    }

    /// Definitions outside of all groups that the file neither defines nor imports.
    fn definitions(&self, target: Option<usize>) -> Vec<&'s (String, Range<usize>)> {
        let (new, there) = (self.new, self.there);
        let is_there = |name: &String| {
            let is_test = |it: &Test| it.group == target && it.name == *name;
            there.outer.iter().any(|it| it.0 == *name)
                || there.imported.contains(name)
                || there.tests.iter().any(is_test)
        };
        let is_kept = |lines: &Range<usize>| {
            let of = |test: &Test| new.path(test.group).last().map(|it| &new.groups[it].range);
            let mut tests = new.tests.iter().filter(|it| it.is_test());
            tests.any(|it| lines.contains(&of(it).map_or(it.lines.start, |it| it.start)))
        };
        new.outer.iter().filter(|it| !is_there(&it.0) && !is_kept(&it.1)).collect()
    }

    /// The tests of a part that exist already, and the new ones.
    fn tests(&mut self, part: Part) -> (Vec<&'s Test>, Vec<&'s Test>) {
        let (new, mut known, mut tests) = (self.new, Vec::new(), Vec::new());
        for test in new.whole() {
            if self.unwrapped(test.group) != part.group {
                continue;
            }
            let scope = self.scope(part, test.group);
            let same = self.kept.entry((scope, &test.name)).or_default();
            let is_again =
                |it: &&Test| (&it.body, &it.attributes) == (&test.body, &test.attributes);
            if same.iter().any(is_again) || exists(self.there, scope, new, test) {
                known.push(test);
            } else {
                same.push(test);
                tests.push(test);
            }
        }
        self.is_any_known |= !known.is_empty();
        (known, tests)
    }

    /// The innermost group around that is unwrapped.
    fn unwrapped(&self, group: Option<usize>) -> Option<usize> {
        self.new.path(group).find(|it| self.counterparts[*it].is_some())
    }

    /// The scope of what is directly in a group of the answer.
    fn scope(&self, part: Part, group: Option<usize>) -> Scope {
        match group {
            Some(it) if group != part.group => Scope::New(it),
            Some(_) | None => Scope::There(part.target),
        }
    }

    /// The new names of tests and groups whose name is taken; and of helpers, to be replaced in the whole part.
    fn numbered(&mut self, part: Part, tests: &[&'s Test]) -> (Vec<Piece>, Vec<(&'s str, String)>) {
        let (mut pieces, mut words) = (Vec::new(), Vec::new());
        for test in tests {
            let scope = self.scope(part, test.group);
            let name = unique(&test.name, |it| self.names.insert((scope, it.to_owned())));
            let Some(name) = name else { continue };
            let is_first = |it: &&&Test| it.name == test.name && it.group == test.group;
            let here = tests.iter().find(is_first).map(|it| it.lines.start);
            if !test.is_test() && here == Some(test.lines.start) {
                // The helper of that name is in another part.
                words.push((&*test.name, name));
            } else {
                let end = test.name_start + test.name.len();
                pieces.push((test.name_start..end, PieceChange::Replaced(name)));
            }
        }
        let new = self.new;
        for (at, group) in new.groups.iter().enumerate() {
            let has_tests = tests.iter().any(|it| new.is_in(it, at));
            if !has_tests || Some(at) == part.group || self.unwrapped(Some(at)) != part.group {
                continue;
            }
            let scope = self.scope(part, group.parent);
            if self.groups.insert((scope, &group.key)) || !group.is_named_freely() {
                continue;
            }
            let name = (2..).map(|it| with_number(&group.key, it));
            let is_free = |it: &String| !new.groups.iter().any(|group| group.key == *it);
            if let Some(name) = name.into_iter().find(is_free) {
                let end = group.key_start + group.key.len();
                pieces.push((group.key_start..end, PieceChange::Replaced(name)));
            }
        }
        (pieces, words)
    }

    /// Tests of a part that exist already, groups without a new test, and groups that are another part.
    fn dropped(&self, part: Part, known: &[&Test], tests: &[&Test]) -> Vec<Piece> {
        let new = self.new;
        let is_dropped = |at: usize| {
            let is_part = self.counterparts[at].is_some() && Some(at) != part.group;
            let had_tests = new.whole().any(|it| new.is_in(it, at));
            let is_around = new.path(part.group).any(|it| it == at);
            is_part || had_tests && !is_around && !tests.iter().any(|it| new.is_in(it, at))
        };
        let groups = (0..new.groups.len()).filter(|it| is_dropped(*it));
        let groups = groups.map(|it| lines(&new.text, &new.groups[it].range));
        let known = known.iter().map(|it| it.lines.clone());
        known.chain(groups).map(|it| (it, PieceChange::Dropped)).collect()
    }
}

/// Whether a test, or a helper of its name, is in a file.
fn exists(there: &Suite, scope: Scope, new: &Suite, test: &Test) -> bool {
    let key = |suite: &Suite, group: Option<usize>| group.map(|it| suite.groups[it].key.clone());
    there.tests.iter().any(|old| {
        let is_near = match scope {
            Scope::There(target) if old.group == target => true,
            // A helper outside of all groups can be used in each.
            Scope::There(_) => old.group.is_none() && !test.is_test(),
            Scope::New(_) => key(there, old.group) == key(new, test.group),
        };
        let is_same = test.is_test()
            && test.body.len() > EMPTY
            && (&old.body, &old.attributes) == (&test.body, &test.attributes);
        is_same || is_near && old.name == test.name
    })
}
