//! Replays commits: each change is an edit of an open document, followed by a request.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use understudy::app;
use understudy::app::Environment;
use understudy::feature::Engine;
use understudy::feature::document::OpenDocument;
use understudy::feature::next_edit::{NextEdit, NextEditTrigger, SearchScope};
use understudy::text::position::Encoding;
use understudy::text::{Change, Document};

use crate::baseline::Baseline;
use crate::commit::{Commit, File, Step, commits};
use crate::figures::{Fate, Figures, Outcome};
use crate::random::Random;

/// Bytes on each side of an edit that are compared.
const AROUND: usize = 400;
/// Changes that one edit makes at most.
const PARTS: usize = 6;

/// The order of the changes of a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// File by file from the top, as in a diff.
    Downward,
    /// Random with a fixed seed.
    Any,
}

/// What is printed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lists {
    /// Each wrong edit.
    pub(crate) wrong: bool,
    /// Each change that no edit showed before it was made.
    pub(crate) missed: bool,
}

/// Replays the last commits of a repository, and returns the figures and those of the baseline.
pub(crate) fn run(
    folder: &Path,
    count: usize,
    order: Order,
    lists: Lists,
) -> anyhow::Result<[Figures; 2]> {
    let mut figures: [Figures; 2] = Default::default();
    for commit in commits(folder, count)? {
        // Each commit starts with empty state.
        let engine = app::engine(&Environment::default(), Vec::new());
        let outcomes = Replay::new(&engine, &commit).run(&commit, order, lists);
        for (figures, outcomes) in figures.iter_mut().zip(outcomes) {
            figures.record(commit.hunks, outcomes);
        }
    }
    Ok(figures)
}

struct Replay<'a> {
    engine: &'a Arc<Engine>,
    open: Vec<OpenDocument>,
    /// Changes made in each document.
    made: Vec<BTreeSet<usize>>,
}

impl<'a> Replay<'a> {
    fn new(engine: &'a Arc<Engine>, commit: &Commit) -> Self {
        let open = commit.files.iter().map(|it| {
            let path = PathBuf::from(format!("/replay/{}", it.path));
            let document = Document::new(&it.old, 0, it.language.id());
            OpenDocument::new(&it.path, Some(path), document, &engine.core.shared.trees)
        });
        let open = open.collect();
        Self { engine, open, made: vec![BTreeSet::new(); commit.files.len()] }
    }

    fn run(mut self, commit: &Commit, order: Order, lists: Lists) -> [Vec<Outcome>; 2] {
        for it in &self.open {
            self.engine.core.shared.trees.settle(&it.key);
        }
        let files = commit.files.iter().enumerate();
        let mut steps: Vec<(usize, usize)> =
            files.flat_map(|(file, it)| (0..it.steps.len()).map(move |at| (file, at))).collect();
        if order == Order::Any {
            let mut random = Random(0x9E37_79B9_7F4A_7C15);
            for at in (1..steps.len()).rev() {
                steps.swap(at, random.below(at + 1));
            }
        }
        let mut covered: [BTreeSet<(usize, usize)>; 2] = Default::default();
        let mut outcomes: [Vec<Outcome>; 2] = Default::default();
        let mut baseline = Baseline::new(commit);
        let is_whole = |(file, at): &(usize, usize)| commit.files[*file].steps[*at].is_whole;
        let last = steps.iter().rposition(|it| !is_whole(it));
        for (index, (file, at)) in steps.iter().enumerate() {
            let offset = self.make(commit, *file, *at);
            if is_whole(&(*file, *at)) {
                continue;
            }
            self.engine.core.shared.trees.settle(&self.open[*file].key);
            let begin = Instant::now();
            let place = self.open[*file].place(offset);
            let edit = self.engine.next_edits.find(
                &place,
                &self.open,
                SearchScope::OpenDocuments,
                NextEditTrigger::Automatic,
            );
            let time = begin.elapsed();
            let right = edit.as_ref().map_or_else(Vec::new, |it| {
                let file = self.open.iter().position(|open| open.key == it.document);
                file.map_or_else(Vec::new, |file| self.right(commit, file, &it.range, &it.text))
            });
            if let Some(edit) = &edit {
                match right.is_empty() {
                    false => self.engine.core.shared.next_edits.accept(&edit.id),
                    true => self.engine.core.shared.next_edits.reject(&edit.id),
                }
            }
            let fate = edit.as_ref().and_then(|it| match right.is_empty() {
                false => Some(Fate::Made),
                true => self.fate(commit, it),
            });
            let is_last = Some(index) == last;
            let is_due = commit.hunks > 1 && !is_last;
            if let Some(edit) = edit.as_ref().filter(|_| lists.wrong && right.is_empty()) {
                let made = &commit.files[*file].steps[*at];
                let line = self.listed(commit, edit, fate, made);
                let undue = if is_due { "" } else { "not due: " };
                let line = format!("{undue}{line}");
                // A broken pipe ends the list.
                _ = writeln!(std::io::stdout(), "{line}");
            }
            let is_shown = edit.is_some();
            let new = right.into_iter().filter(|it| covered[0].insert(*it)).count();
            outcomes[0].push(Outcome { time, is_shown, edit, fate, new, is_last });
            let (is_shown, right) = self.baseline(&mut baseline, commit, (*file, *at));
            let fate = (!right.is_empty()).then_some(Fate::Made);
            let new = right.into_iter().filter(|it| covered[1].insert(*it)).count();
            let (time, edit) = (Duration::ZERO, None);
            outcomes[1].push(Outcome { time, is_shown, edit, fate, new, is_last });
        }
        if lists.missed && commit.hunks > 1 {
            let later = steps.iter().filter(|it| !is_whole(it)).skip(1);
            later.filter(|it| !covered[0].contains(it)).for_each(|it| print_missed(commit, *it));
        }
        outcomes
    }

    /// Whether the baseline shows an edit after a change, and the changes that this edit makes.
    fn baseline(
        &self,
        baseline: &mut Baseline,
        commit: &Commit,
        (file, at): (usize, usize),
    ) -> (bool, Vec<(usize, usize)>) {
        let Some(predicted) = baseline.predict(file, &commit.files[file].steps[at]) else {
            return (false, Vec::new());
        };
        let range = self.now(&commit.files[predicted.file], predicted.file, &predicted.step);
        let right = self.right(commit, predicted.file, &range, &predicted.step.text);
        let is_shown = predicted.is_shown;
        if right.is_empty() {
            baseline.miss(predicted);
        }
        (is_shown, if is_shown { right } else { Vec::new() })
    }

    /// An edit in one line.
    fn listed(&self, commit: &Commit, edit: &NextEdit, fate: Option<Fate>, made: &Step) -> String {
        let NextEdit { old, text, document, range, kind, .. } = edit;
        let open = self.open.iter().find(|it| it.key == *document);
        let rope = open.map(|it| &it.document.rope);
        let line = rope.map_or(0, |it| it.byte_to_line(range.start));
        let shown = rope.map(|it| it.line(line).to_string()).unwrap_or_default();
        let (id, shown) = (&commit.id[..10], shown.trim());
        let grounds = edit.grounds();
        format!(
            "{id} {document}:{} {kind:?} {fate:?} ({grounds}) {old:?} -> {text:?} in {shown:?} after {:?}",
            line + 1,
            made.text
        )
    }

    /// What the commit does where an edit is that it does not make.
    fn fate(&self, commit: &Commit, edit: &NextEdit) -> Option<Fate> {
        let file = self.open.iter().position(|it| it.key == edit.document)?;
        let of = &commit.files[file];
        let mut at = edit.range.start;
        for step in self.made[file].iter().map(|it| &of.steps[*it]) {
            let shift = step.text.len() as isize - step.range.len() as isize;
            if step.range.end as isize <= at as isize - shift {
                at = at.saturating_add_signed(-shift);
            }
        }
        let count = |text: &str| {
            let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
            words.filter(|it| *it == edit.old).count()
        };
        let hunk = of.hunks.iter().find(|it| it.range.contains(&at));
        if hunk.is_some_and(|it| count(&it.text) < count(&of.old[it.range.clone()])) {
            return Some(Fate::Replaced);
        }
        let pending = (0..of.steps.len()).filter(|it| !self.made[file].contains(it));
        let mut pending = pending.map(|it| &of.steps[it]);
        let is_back = pending.any(|it| count(&it.text) > count(&of.old[it.range.clone()]));
        let is_back = is_back && !edit.old.is_empty();
        Some(if is_back { Fate::Returned } else { Fate::Left })
    }

    /// Makes a change and returns the offset after it.
    fn make(&mut self, commit: &Commit, file: usize, at: usize) -> usize {
        let step = &commit.files[file].steps[at];
        let range = self.now(&commit.files[file], file, step);
        let open = &mut self.open[file];
        let position = |offset: usize| open.document.position(offset, Encoding::Utf8);
        let ends = position(range.start)..position(range.end);
        let change = Change { range: Some(ends), text: step.text.clone() };
        let version = open.document.version + 1;
        open.change(&[change], version, Encoding::Utf8, &self.engine.core.shared);
        self.made[file].insert(at);
        range.start + step.text.len()
    }

    /// The current position of a change.
    fn now(&self, of: &File, file: usize, step: &Step) -> Range<usize> {
        let before = self.made[file].iter().map(|it| &of.steps[*it]);
        let before = before.filter(|it| it.range.end <= step.range.start);
        let grown: isize = before.map(|it| it.text.len() as isize - it.range.len() as isize).sum();
        let moved = |at: usize| at.saturating_add_signed(grown);
        moved(step.range.start)..moved(step.range.end)
    }

    /// The changes of the commit that an edit makes, unless they were made already; empty if it makes another.
    fn right(
        &self,
        commit: &Commit,
        file: usize,
        range: &Range<usize>,
        new: &str,
    ) -> Vec<(usize, usize)> {
        let of = &commit.files[file];
        let text = self.open[file].document.rope.to_string();
        // The baseline may predict a change of what another one has removed.
        if text.get(range.clone()).is_none() {
            return Vec::new();
        }
        let is_open = |it: &usize| !self.made[file].contains(it) && !of.steps[*it].is_whole;
        let open: Vec<usize> = (0..of.steps.len()).filter(is_open).collect();
        // Several parts of one change.
        let runs = (1..=PARTS).flat_map(|count| open.windows(count));
        let mut found = runs.filter(|run| {
            let ranges: Vec<_> = run.iter().map(|it| self.now(of, file, &of.steps[*it])).collect();
            let starts = ranges.iter().map(|it| it.start);
            let ends = ranges.iter().map(|it| it.end);
            let start = starts.min().unwrap_or_default().min(range.start);
            let end = ends.max().unwrap_or_default().max(range.end);
            let is_valid = text.get(start..end).is_some();
            if !is_valid || end - start > AROUND || !ranges.is_sorted_by_key(|it| it.start) {
                return false;
            }
            let (mut made, mut at) = (String::new(), start);
            for (it, step) in ranges.iter().zip(*run) {
                let Some(before) = text.get(at..it.start.max(at)) else { return false };
                made += before;
                made += &of.steps[*step].text;
                at = it.end;
            }
            made += text.get(at..end).unwrap_or_default();
            let shown = [&text[start..range.start], new, &text[range.end..end]].concat();
            let plain = |it: &str| it.split_whitespace().collect::<String>();
            plain(&made) == plain(&shown)
        });
        found.next().map_or_else(Vec::new, |run| run.iter().map(|at| (file, *at)).collect())
    }
}

/// A change with its line before the commit.
fn print_missed(commit: &Commit, (file, at): (usize, usize)) {
    let File { path, old, steps, .. } = &commit.files[file];
    let Step { range, text, .. } = &steps[at];
    let start = old[..range.start].rfind('\n').map_or(0, |it| it + 1);
    let end = old[range.end..].find('\n').map_or(old.len(), |it| range.end + it);
    let (line, old) = (old[..start].matches('\n').count() + 1, &old[range.clone()]);
    let (id, shown) = (&commit.id[..10], commit.files[file].old[start..end].trim());
    // A broken pipe ends the list.
    _ = writeln!(std::io::stdout(), "{id} {path}:{line} missed {old:?} -> {text:?} in {shown:?}");
}
