//! Recent edits and cursor positions, newest first, in memory only.
//!
//! Continuous typing is one edit: an edit that touches the previous one, in the same file and soon after it,
//! is merged into it. Files that the guard refuses are not recorded.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ropey::RopeSlice;

use crate::text::Edit;
use crate::workspace::guard::Guard;

/// Maximum numbers of entries.
const EDITS: usize = 64;
const VISITS: usize = 64;

/// Bytes; the texts of a longer edit are not kept.
const MAX_TEXT: usize = 4_096;

/// The longest pause between two edits that are merged.
const PAUSE: Duration = Duration::from_secs(5);

/// Lines; a visit this near to the last one in the same file replaces it.
const NEARBY: usize = 20;

pub struct Journal {
    guard: Arc<Guard>,
    edits: VecDeque<Edited>,
    visits: VecDeque<Visited>,
}

/// One edit. Positions are those right after it; later edits may have moved them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    pub path: Arc<Path>,
    pub at: Instant,
    /// The first line that it touched, from zero.
    pub line: usize,
    /// The removed and the inserted text; `None` if they are too long to keep.
    pub texts: Option<JournalTexts>,
    start: usize,
    end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalTexts {
    pub removed: String,
    pub inserted: String,
}

/// A position of the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visited {
    pub path: Arc<Path>,
    pub at: Instant,
    /// From zero.
    pub line: usize,
}

impl Journal {
    pub fn new(guard: Arc<Guard>) -> Self {
        Self { guard, edits: VecDeque::new(), visits: VecDeque::new() }
    }

    /// Records an edit that replaced `removed` with `inserted`.
    pub fn edited(
        &mut self,
        path: &Arc<Path>,
        edit: &Edit,
        removed: RopeSlice<'_>,
        inserted: &str,
        now: Instant,
    ) {
        if self.guard.check(path).is_err() {
            return self.forget(path);
        }
        let fits = removed.len_bytes().max(inserted.len()) <= MAX_TEXT;
        let texts = || JournalTexts { removed: removed.to_string(), inserted: inserted.to_owned() };
        let edited = Edited {
            path: path.clone(),
            at: now,
            line: edit.start_point.row,
            texts: fits.then(texts),
            start: edit.start,
            end: edit.new_end,
        };
        if let Some(joined) = self.edits.front().and_then(|it| it.joined(&edited, edit)) {
            self.edits.pop_front();
            self.edits.push_front(joined);
        } else {
            self.edits.truncate(EDITS - 1);
            self.edits.push_front(edited);
        }
    }

    /// Records the position of the cursor.
    pub fn visited(&mut self, path: &Arc<Path>, line: usize, now: Instant) {
        if self.guard.check(path).is_err() {
            return self.forget(path);
        }
        self.visits.retain(|it| it.path != *path || it.line.abs_diff(line) > NEARBY);
        self.visits.truncate(VISITS - 1);
        self.visits.push_front(Visited { path: path.clone(), at: now, line });
    }

    /// Edits, newest first.
    pub fn edits(&self) -> impl Iterator<Item = &Edited> {
        self.edits.iter()
    }

    /// Visits, newest first.
    pub fn visits(&self) -> impl Iterator<Item = &Visited> {
        self.visits.iter()
    }

    /// The time since the file was last edited or visited; `None` if it is not recorded.
    pub fn age(&self, path: &Path, now: Instant) -> Option<Duration> {
        let edit = self.edits.iter().find(|it| *it.path == *path).map(|it| it.at);
        let visit = self.visits.iter().find(|it| *it.path == *path).map(|it| it.at);
        edit.max(visit).map(|it| now.saturating_duration_since(it))
    }

    /// Removes all entries of a file.
    pub fn forget(&mut self, path: &Path) {
        self.edits.retain(|it| *it.path != *path);
        self.visits.retain(|it| *it.path != *path);
    }
}

impl Edited {
    /// Both edits as one, if `next` (made by `edit`) touches this one soon after it.
    fn joined(&self, next: &Self, edit: &Edit) -> Option<Self> {
        let soon = next.at.saturating_duration_since(self.at) <= PAUSE;
        let touches = edit.start <= self.end && edit.old_end >= self.start;
        if self.path != next.path || !soon || !touches {
            return None;
        }
        let texts = self.texts.as_ref()?.then(next.texts.as_ref()?, self.start, edit)?;
        let start = self.start.min(edit.start);
        Some(Self {
            path: next.path.clone(),
            at: next.at,
            line: self.line.min(next.line),
            start,
            end: start + texts.inserted.len(),
            texts: Some(texts),
        })
    }
}

impl JournalTexts {
    /// These texts, whose insertion starts at `start`, merged with a later edit that touches them.
    fn then(&self, next: &Self, start: usize, edit: &Edit) -> Option<Self> {
        let before = start.saturating_sub(edit.start);
        let past = edit.old_end.saturating_sub(start + self.inserted.len());
        // The middle of the removed text is part of `self.inserted`: it is not part of the original text.
        let outer =
            next.removed.get(..before).zip(next.removed.get(next.removed.len() - past..))?;
        let kept_before = self.inserted.get(..edit.start.saturating_sub(start))?;
        let kept_after =
            self.inserted.get(edit.old_end.saturating_sub(start)..).unwrap_or_default();
        let texts = Self {
            removed: [outer.0, &self.removed, outer.1].concat(),
            inserted: [kept_before, &next.inserted, kept_after].concat(),
        };
        (texts.removed.len().max(texts.inserted.len()) <= MAX_TEXT).then_some(texts)
    }
}

#[cfg(test)]
mod tests;
