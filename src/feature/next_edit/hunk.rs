//! The lines that were edited in a document. Each hunk stores the old text of its lines and follows later
//! edits, so intermediate states while typing leave no trace.
//!
//! Only the lines of a new hunk are read here. Examples are computed on request.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use ropey::Rope;

use crate::feature::next_edit::rewrite;
use crate::feature::next_edit::rewrite::Rewrite;
use crate::text::Edit;

/// Hunks stored per document, and for how long.
const KEPT: usize = 64;
const AGE: Duration = Duration::from_secs(15 * 60);
/// A hunk that was not edited for this long is finished: the next edit of its lines starts another.
const PAUSE: Duration = Duration::from_secs(60);
/// The same for a hunk that is too large to be compared.
const LARGE_PAUSE: Duration = Duration::from_secs(5);
/// Most lines and bytes of a hunk that is compared.
const LINES: usize = 40;
const BYTES: usize = 4096;
/// Earlier texts of a hunk that are remembered to recognise an undo.
const STATES: usize = 128;
/// Lines of context on each side of a hunk.
const AROUND: usize = 6;

/// The hunks of one document.
#[derive(Debug, Default)]
pub(crate) struct Hunks {
    /// In no order; they do not touch.
    live: Vec<Hunk>,
    /// Hunks whose lines were edited again after a pause, oldest first.
    past: VecDeque<Past>,
    latest: Option<Latest>,
}

/// The origin of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Typed,
    /// Several places at once: a formatter, several cursors, search and replace.
    Bulk,
}

impl Manner {
    /// The origin of the edits in one message: typing stays in one place.
    pub(crate) fn of(edits: &[Edit]) -> Self {
        let mut rows: Option<Range<usize>> = None;
        for edit in edits {
            let first = edit.start_point.row.min(edit.new_end_point.row);
            let edited = first..edit.new_end_point.row;
            let near = |it: &Range<usize>| {
                edited.start <= it.end + 1 && it.start <= edit.old_end_point.row + 1
            };
            if rows.as_ref().is_some_and(|it| !near(it)) {
                return Self::Bulk;
            }
            let rows_before = rows.unwrap_or(edited.clone());
            rows = Some(rows_before.start.min(edited.start)..rows_before.end.max(edited.end));
        }
        Self::Typed
    }
}

#[derive(Debug)]
struct Hunk {
    /// The current lines.
    lines: Range<usize>,
    /// The old text; `None` if it is too long.
    old: Option<String>,
    at: Instant,
    /// Hashes of earlier texts, newest last.
    states: VecDeque<u64>,
    /// The hash of the text before the first of several undos.
    undone: Option<u64>,
}

#[derive(Debug)]
struct Past {
    at: Instant,
    sides: [String; 2],
    /// Before and after.
    texts: [String; 2],
}

/// The last edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Latest {
    pub(crate) at: Instant,
    /// Its end in bytes.
    pub(crate) offset: usize,
    /// It inserted at most one character.
    pub(crate) is_key: bool,
}

/// Lines before and after an edit.
#[derive(Clone, Debug)]
pub(crate) struct ChangedLines {
    pub(crate) at: Instant,
    /// The current lines; `None` if unknown.
    pub(crate) lines: Option<Range<usize>>,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// A rewrite that the user made.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(super) rewrite: Rewrite,
    /// The current range of its new lexemes; `None` if unknown.
    pub(super) place: Option<Range<usize>>,
    pub(super) at: Instant,
}

impl Hunks {
    /// Records an edit that turned `before` into `after`.
    pub(crate) fn edited(
        &mut self,
        [before, after]: [&Rope; 2],
        edit: &Edit,
        manner: Manner,
        now: Instant,
    ) {
        self.latest = None;
        if edit.start == 0 && edit.old_end == before.len_bytes() && edit.old_end > 0 {
            return *self = Self::default();
        }
        let first = edit.start_point.row.min(edit.new_end_point.row);
        let edited = first..edit.old_end_point.row.max(first) + 1;
        let grown = after.len_lines() as isize - before.len_lines() as isize;
        self.retire(before, &edited, now);
        let touches = |it: &Hunk| it.lines.start <= edited.end && edited.start <= it.lines.end;
        let (touched, mut others): (Vec<Hunk>, Vec<Hunk>) =
            std::mem::take(&mut self.live).into_iter().partition(touches);
        let moved = |line: usize| line.saturating_add_signed(grown);
        for it in others.iter_mut().filter(|it| it.lines.start >= edited.end) {
            it.lines = moved(it.lines.start)..moved(it.lines.end);
        }
        self.live = others;
        let manner = if replaces_all([before, after], edit) { Manner::Bulk } else { manner };
        if manner == Manner::Bulk && touched.is_empty() {
            return;
        }
        let start = touched.iter().map(|it| it.lines.start).min().unwrap_or(edited.start);
        let end = touched.iter().map(|it| it.lines.end).max().unwrap_or(edited.end);
        let union = start.min(edited.start)..end.max(edited.end);
        let mut hunk = Hunk::joined(before, touched, union);
        hunk.lines.end = moved(hunk.lines.end).clamp(hunk.lines.start + 1, after.len_lines());
        hunk.at = now;
        let is_undone = hunk.note(after);
        if manner == Manner::Typed && !is_undone {
            let is_key = after.byte_slice(edit.start..edit.new_end).len_chars() <= 1;
            self.latest = Some(Latest { at: now, offset: edit.new_end, is_key });
        }
        self.live.push(hunk);
        self.trim(now);
    }

    /// The last edit, unless it was an undo, changed several places or replaced everything.
    pub(crate) fn latest(&self) -> Option<Latest> {
        self.latest
    }

    /// The lines of all recent edits, in no order.
    pub(crate) fn changes(&self, rope: &Rope, now: Instant) -> Vec<ChangedLines> {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < AGE;
        let live = self.live.iter().filter_map(|it| {
            let (old, new) = (it.old.clone()?, lines(rope, &it.lines));
            Some(ChangedLines { at: it.at, lines: Some(it.lines.clone()), old, new })
        });
        let past = self.past.iter().map(|it| {
            let [old, new] = it.texts.clone();
            ChangedLines { at: it.at, lines: None, old, new }
        });
        live.chain(past).filter(|it| is_recent(it.at)).collect()
    }

    /// All rewrites, in no order.
    pub(crate) fn examples(&self, rope: &Rope, quotes: &str, now: Instant) -> Vec<Example> {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < AGE;
        let live = self.live.iter().filter(|it| is_recent(it.at)).flat_map(|hunk| {
            let old = hunk.old.as_deref().unwrap_or_default();
            let start = hunk.lines.start.saturating_sub(AROUND);
            let texts = [old.to_owned(), lines(rope, &hunk.lines)];
            let offset = rope.line_to_byte(start.min(rope.len_lines()));
            let found = match hunk.old {
                Some(_) => read(&sides(rope, &hunk.lines), &texts, quotes),
                None => Vec::new(),
            };
            found.into_iter().map(move |rewrite| Example {
                place: Some(offset + rewrite.place.start..offset + rewrite.place.end),
                rewrite,
                at: hunk.at,
            })
        });
        let past = self.past.iter().filter(|it| is_recent(it.at)).flat_map(|past| {
            let found = read(&past.sides, &past.texts, quotes).into_iter();
            found.map(|rewrite| Example { rewrite, place: None, at: past.at })
        });
        live.chain(past).collect()
    }

    /// Finishes the hunks that an edit touches after a pause.
    fn retire(&mut self, before: &Rope, edited: &Range<usize>, now: Instant) {
        let is_over = |it: &Hunk| {
            let pause = if it.old.is_some() { PAUSE } else { LARGE_PAUSE };
            it.lines.start <= edited.end
                && edited.start <= it.lines.end
                && now.saturating_duration_since(it.at) > pause
        };
        for hunk in self.live.extract_if(.., |it| is_over(it)) {
            if let Some(old) = hunk.old {
                let texts = [old, lines(before, &hunk.lines)];
                self.past.push_back(Past { at: hunk.at, sides: sides(before, &hunk.lines), texts });
            }
        }
    }

    fn trim(&mut self, now: Instant) {
        while self.live.len() + self.past.len() > KEPT {
            if self.past.pop_front().is_none() {
                let oldest = (0..self.live.len()).min_by_key(|it| self.live[*it].at);
                oldest.map(|it| self.live.swap_remove(it));
            }
        }
        self.past.retain(|it| now.saturating_duration_since(it.at) < AGE);
    }
}

impl Hunk {
    /// One hunk for the lines `union` of `before`, which include those of all `touched`.
    fn joined(before: &Rope, mut touched: Vec<Self>, union: Range<usize>) -> Self {
        let at = Instant::now();
        if let [only] = &touched[..]
            && only.lines == union
        {
            return touched.remove(0);
        }
        touched.sort_by_key(|it| it.lines.start);
        let mut old = Some(String::new());
        let mut line = union.start;
        let read = |old: &mut Option<String>, range: Range<usize>| match old {
            Some(text) if range.len() <= LINES => text.push_str(&lines(before, &range)),
            Some(_) => *old = None,
            None => {}
        };
        for hunk in &touched {
            read(&mut old, line..hunk.lines.start);
            old = old.zip(hunk.old.as_ref()).map(|(old, more)| old + more);
            line = hunk.lines.end;
        }
        read(&mut old, line..union.end);
        let old = old.filter(|it| it.len() <= BYTES);
        let states = VecDeque::from_iter(old.as_ref().map(|it| hash([it.as_str()].into_iter())));
        Self { lines: union, old, at, states, undone: None }
    }

    /// Records the text after an edit. Returns whether the hunk had this text before, unless a redo restored what was
    /// undone.
    fn note(&mut self, after: &Rope) -> bool {
        if self.lines.len() > LINES {
            self.old = None;
        }
        if self.old.is_none() {
            self.states.clear();
            return false;
        }
        let state = hash(slice(after, &self.lines).chunks());
        let last = self.states.back().copied();
        let is_redone = self.undone == Some(state);
        let is_undone = !is_redone && self.states.contains(&state);
        self.undone = if is_undone { self.undone.or(last) } else { None };
        if self.states.len() == STATES {
            self.states.pop_front();
        }
        self.states.push_back(state);
        is_undone
    }
}

/// Whether one edit of several lines makes the same change more than once.
fn replaces_all([before, after]: [&Rope; 2], edit: &Edit) -> bool {
    let old = edit.start_point.row..edit.old_end_point.row + 1;
    let new = edit.start_point.row..edit.new_end_point.row + 1;
    if old.len().min(new.len()) < 2 || old.len().max(new.len()) > LINES {
        return false;
    }
    let texts = [lines(before, &old), lines(after, &new)];
    let found = read(&[String::new(), String::new()], &texts, "");
    let mut keys: Vec<_> = found.iter().map(Rewrite::key).collect();
    let count = keys.len();
    keys.sort();
    keys.dedup();
    keys.len() < count
}

fn read(sides: &[String; 2], texts: &[String; 2], quotes: &str) -> Vec<Rewrite> {
    let [sides, texts] = [sides, texts].map(|it| [it[0].as_str(), it[1].as_str()]);
    rewrite::rewrites(sides, texts, quotes)
}

/// The lines around a range.
fn sides(rope: &Rope, inner: &Range<usize>) -> [String; 2] {
    let before = inner.start.saturating_sub(AROUND)..inner.start;
    [lines(rope, &before), lines(rope, &(inner.end..inner.end + AROUND))]
}

fn lines(rope: &Rope, range: &Range<usize>) -> String {
    slice(rope, range).to_string()
}

fn slice<'a>(rope: &'a Rope, range: &Range<usize>) -> ropey::RopeSlice<'a> {
    let at = |line: usize| rope.line_to_char(line.min(rope.len_lines()));
    rope.slice(at(range.start)..at(range.end.max(range.start)))
}

/// FNV-1a, which does not depend on the chunks of a rope.
fn hash<'a>(chunks: impl Iterator<Item = &'a str>) -> u64 {
    let bytes = chunks.flat_map(str::bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, it| {
        (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
