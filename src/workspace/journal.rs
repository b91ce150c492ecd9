//! What was done of late: edits and visits, newest first, in memory only.
//!
//! Typing is one edit, not one a key: an edit that touches the one before it, in the same file and
//! soon after, becomes part of it. What the guard refuses is not noted.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ropey::RopeSlice;

use crate::text::Edit;
use crate::workspace::guard::Guard;

/// Remembered at most.
const EDITS: usize = 64;
const VISITS: usize = 64;

/// Longer texts than this, in bytes, are not kept: the edit is, without them.
const MAX_TEXT: usize = 4_096;

/// An edit this soon after another may be part of it.
const PAUSE: Duration = Duration::from_secs(5);

/// A visit this many lines away from the last one in the same file is the same visit.
const NEARBY: usize = 20;

/// Recent edits and visits.
pub struct Journal {
    guard: Arc<Guard>,
    edits: VecDeque<Edited>,
    visits: VecDeque<Visited>,
}

/// One edit. Places are those of the text right after it; later edits may have moved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    pub path: Arc<Path>,
    pub at: Instant,
    /// The first line it touched, from zero.
    pub line: usize,
    /// What stood there and what stands there now; none if it is too long to keep.
    pub texts: Option<JournalTexts>,
    start: usize,
    end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalTexts {
    pub removed: String,
    pub inserted: String,
}

/// A place where the cursor was.
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

    /// Notes an edit: `removed` stood in its range before, `inserted` stands there now.
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

    /// Notes where the cursor is.
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

    /// How long ago the file was last edited or visited, if it is remembered.
    pub fn age(&self, path: &Path, now: Instant) -> Option<Duration> {
        let edit = self.edits.iter().find(|it| *it.path == *path).map(|it| it.at);
        let visit = self.visits.iter().find(|it| *it.path == *path).map(|it| it.at);
        edit.max(visit).map(|it| now.saturating_duration_since(it))
    }

    /// Forgets all that was done in a file.
    pub fn forget(&mut self, path: &Path) {
        self.edits.retain(|it| *it.path != *path);
        self.visits.retain(|it| *it.path != *path);
    }
}

impl Edited {
    /// Both as one edit, if `next` (which `edit` made) goes on where this one stood.
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
    /// These, whose insertion starts at `start`, and what an edit that touches them did after.
    fn then(&self, next: &Self, start: usize, edit: &Edit) -> Option<Self> {
        let before = start.saturating_sub(edit.start);
        let past = edit.old_end.saturating_sub(start + self.inserted.len());
        // Of what went now, the middle was put in by these: it never stood in the text they met.
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
