//! An open document with what is kept beside it, and a place in it where something is asked.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::context::gather::Sticky;
use crate::feature::SharedState;
use crate::feature::completion::debounce::Rhythm;
use crate::feature::completion::in_flight::InFlight;
use crate::feature::completion::prefetch::Prefetch;
use crate::feature::completion::shown::ShownSuggestion;
use crate::feature::next_edit::hunk::{Hunks, Manner};
use crate::feature::notebook::{Notebook, WholeText};
use crate::feature::silences::Silences;
use crate::predict::buffer::Buffer;
use crate::prompt::indentation::Indentation;
use crate::syntax::language::Language;
use crate::syntax::trees::Trees;
use crate::text::position::Encoding;
use crate::text::{self, Change, Document, Edit};
use crate::usage::record::CallId;

/// So many complaints are kept of a document: the newest.
const COMPLAINTS: usize = 20;

/// A document an editor has open. Its editor's changes go in here, one after the other.
#[derive(Clone)]
pub struct OpenDocument {
    /// The editor's name for it, a uri.
    pub key: Arc<str>,
    /// The file behind it, if there is one: a notebook's for its cells.
    pub path: Option<Arc<Path>>,
    pub language: Option<Language>,
    pub document: Document,
    /// The notebook it is a cell of.
    pub notebook: Option<Notebook>,
    state: Arc<Mutex<DocumentState>>,
}

/// What is kept beside a document: changed with each edit, read by each request.
#[derive(Default)]
pub(crate) struct DocumentState {
    /// Counts the edits; the editor's versions may repeat.
    pub(crate) revision: u64,
    pub(crate) buffer: Arc<Buffer>,
    /// The suggestions on the screen.
    pub(crate) shown: Vec<ShownSuggestion>,
    /// The calls for it that are on their way or have just come, newest last.
    pub(crate) flights: Vec<Arc<InFlight>>,
    /// What is asked for behind the suggestion on the screen.
    pub(crate) ahead: Option<Prefetch>,
    /// Where the newest automatic request stands.
    pub(crate) newest: Option<(u64, usize)>,
    /// The end of a suggestion just accepted.
    pub(crate) accepted: Option<usize>,
    /// When it was edited last.
    pub(crate) edited: Option<tokio::time::Instant>,
    /// How its user types.
    pub(crate) rhythm: Rhythm,
    /// Suggestions turned down since the last that was taken.
    pub(crate) turned_down: u32,
    /// Its editor has closed it: nobody waits for an answer any more.
    pub(crate) closed: bool,
    /// Woken when a request is overtaken.
    pub(crate) overtaken: Arc<Notify>,
    /// What the last prompt of it was made of.
    pub(crate) sticky: Sticky,
    /// Whose suggestions are over, and whether any of them was taken.
    pub(crate) fates: Vec<(Arc<str>, Option<CallId>, bool)>,
    /// Why its requests showed nothing.
    pub(crate) silences: Silences,
    /// What was edited in it.
    pub(crate) hunks: Hunks,
    /// How its editor would indent it.
    pub(crate) indentation: Option<Indentation>,
    /// What was complained of, and of which lines.
    complaints: Vec<(TrackedRange, String)>,
    /// What running actions are about.
    marks: Vec<Weak<Mutex<Option<Range<usize>>>>>,
}

/// A range of a document, in bytes, that moves along with its edits until one of them touches it.
#[derive(Clone, Debug)]
pub struct TrackedRange(Arc<Mutex<Option<Range<usize>>>>);

/// A document as it was when something was asked, and the cursor.
#[derive(Clone)]
pub struct Place {
    pub open: OpenDocument,
    pub revision: u64,
    /// Bytes from the document's start.
    pub offset: usize,
}

impl OpenDocument {
    pub fn new(key: &str, path: Option<PathBuf>, document: Document, trees: &Trees) -> Self {
        let first_line = document.line(0).to_string();
        let language = Language::detect(&document.language, path.as_deref(), &first_line);
        if let Some(language) = language {
            trees.open(key, language, &document.rope);
        }
        let (path, state) = (path.map(Arc::from), Arc::default());
        Self { key: key.into(), path, language, document, notebook: None, state }
    }

    /// The same as a cell of a notebook.
    pub fn cell(mut self, notebook: Notebook) -> Self {
        notebook.put(&self.key, self.language_name(), &self.document.rope);
        self.notebook = Some(notebook);
        self
    }

    /// Its text, for a cell between those of its notebook's other cells.
    pub fn whole(&self) -> WholeText {
        let rope = &self.document.rope;
        match &self.notebook {
            Some(notebook) => notebook.whole(&self.key, self.language_name(), rope),
            None => WholeText { rope: rope.clone(), start: 0 },
        }
    }

    /// Applies an editor's changes in their order. Nothing is parsed or read here.
    pub fn change(
        &mut self,
        changes: &[Change],
        version: i32,
        encoding: Encoding,
        shared: &SharedState,
    ) {
        let mut edits = Vec::with_capacity(changes.len());
        let mut texts = Vec::with_capacity(changes.len());
        let state = Arc::clone(&self.state);
        let mut state = state.lock();
        for change in changes {
            let before = self.document.rope.clone();
            let edit = self.document.apply(change, encoding);
            state.edited(&edit, &self.document);
            if let Some(path) = &self.path {
                let removed = before.byte_slice(edit.start..edit.old_end);
                let mut journal = shared.journal.lock();
                journal.edited(path, &edit, removed, &change.text, Instant::now());
            }
            texts.push([before, self.document.rope.clone()]);
            edits.push(edit);
        }
        let manner = Manner::of(&edits);
        for ([before, after], edit) in texts.iter().zip(&edits) {
            state.hunks.edited([before, after], edit, manner, Instant::now());
        }
        self.document.version = version;
        if let Some(notebook) = &self.notebook {
            notebook.put(&self.key, self.language_name(), &self.document.rope);
        }
        shared.next_edits.changed(&self.key, &edits, &self.document.rope);
        shared.trees.edited(&self.key, &edits, &self.document.rope);
    }

    /// Ends the requests that are on their way for it.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.flights.clear();
        state.ahead = None;
        state.overtaken.notify_waiters();
    }

    /// The place of a request that arrives now.
    pub fn place(&self, offset: usize) -> Place {
        let revision = self.state().revision;
        Place { open: self.clone(), revision, offset }
    }

    /// Follows a range of the text as it is now.
    pub fn mark(&self, range: Range<usize>) -> TrackedRange {
        let mark = Arc::new(Mutex::new(Some(range)));
        let mut state = self.state();
        state.marks.retain(|it| it.strong_count() > 0);
        state.marks.push(Arc::downgrade(&mark));
        TrackedRange(mark)
    }

    /// Notes what its editor says is wrong with a range: nothing else is, there.
    pub fn complained(&self, range: &Range<usize>, said: impl Iterator<Item = (usize, String)>) {
        let rope = &self.document.rope;
        let near = |at: usize| rope.line_to_byte(rope.byte_to_line(at.min(rope.len_bytes())));
        let (from, to) = (near(range.start), range.end);
        let new: Vec<_> = said
            .filter(|(line, _)| *line < rope.len_lines())
            .take(COMPLAINTS)
            .map(|(line, message)| {
                let start = rope.line_to_byte(line);
                let text = rope.line(line).to_string();
                (self.mark(start..start + text.trim_end().len()), message)
            })
            .collect();
        let mut state = self.state();
        state
            .complaints
            .retain(|(mark, _)| mark.range().is_some_and(|it| it.start < from || it.start > to));
        state.complaints.extend(new);
        let many = state.complaints.len().saturating_sub(COMPLAINTS);
        state.complaints.drain(..many);
    }

    /// What is wrong within so many lines of a place, by line: lines that were edited since may be right.
    pub(crate) fn complaints(&self, offset: usize, within: usize) -> Vec<(usize, String)> {
        let rope = &self.document.rope;
        let line = rope.byte_to_line(offset);
        let complaints = self.state().complaints.clone();
        let near = complaints.into_iter().filter_map(|(mark, message)| {
            let at = rope.byte_to_line(mark.range()?.start.min(rope.len_bytes()));
            (at.abs_diff(line) <= within).then_some((at, message))
        });
        let mut near: Vec<_> = near.collect();
        near.sort();
        near.dedup();
        near
    }

    /// The file's language, else the editor's name for it.
    pub fn language_name(&self) -> &str {
        match self.language {
            Some(language) => language.name(),
            None => &self.document.language,
        }
    }

    /// A number that stands for it.
    pub(crate) fn number(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        hasher.finish()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, DocumentState> {
        self.state.lock()
    }
}

impl DocumentState {
    pub(in crate::feature) fn edited(&mut self, edit: &Edit, document: &Document) {
        self.revision += 1;
        let now = tokio::time::Instant::now();
        if let Some(before) = self.edited.replace(now) {
            self.rhythm.key(now - before);
        }
        self.overtaken.notify_waiters();
        Arc::make_mut(&mut self.buffer).edited(edit);
        self.keep_shown(|it| it.follow(edit));
        self.flights.retain(|it| it.edited(edit, &document.rope));
        self.marks.retain(|it| it.upgrade().is_some_and(|it| follow(&it, edit)));
        self.accepted = None;
        for shown in &mut self.shown {
            if shown.take(&document.rope, edit) {
                self.accepted = Some(edit.new_end);
            }
        }
        let is_along = |it: &ShownSuggestion| it.left(&document.rope, edit.new_end).is_some();
        if self.accepted.is_none() && !self.shown.iter().any(is_along) {
            self.ahead = None;
        }
    }

    /// Drops the suggestions that are over, noting what became of them.
    pub(crate) fn keep_shown(&mut self, mut keep: impl FnMut(&mut ShownSuggestion) -> bool) {
        let (fates, turned_down) = (&mut self.fates, &mut self.turned_down);
        self.shown.retain_mut(|it| {
            let kept = keep(it);
            if !kept {
                fates.push((it.by.clone(), it.call, it.accepted > 0));
                *turned_down = if it.accepted > 0 { 0 } else { *turned_down + 1 };
                let (by, seen) = (&*it.by, it.seen);
                tracing::info!(by, seen, accepted = it.accepted, offered = it.offered(), "shown");
            }
            kept
        });
    }
}

impl Place {
    /// Whether only blanks stand before the cursor on its line.
    pub fn at_line_start(&self) -> bool {
        let rope = &self.open.document.rope;
        let start = rope.line_to_byte(rope.byte_to_line(self.offset));
        rope.byte_slice(start..self.offset).chars().all(char::is_whitespace)
    }

    /// Whether the cursor stands behind a character of a word.
    pub fn after_word(&self) -> bool {
        let rope = &self.open.document.rope;
        let char = rope.byte_to_char(self.offset);
        char > 0 && text::is_word(rope.char(char - 1))
    }

    /// Whether a statement or a block has just ended before the cursor, and nothing follows.
    pub fn is_said(&self) -> bool {
        let rope = &self.open.document.rope;
        let line = rope.line(rope.byte_to_line(self.offset)).to_string();
        let column = self.offset - rope.line_to_byte(rope.byte_to_line(self.offset));
        let (head, right) = line.split_at_checked(column).unwrap_or_default();
        head.trim_end().ends_with([';', '}']) && right.trim().is_empty()
    }

    /// This place as if `text` stood in place of `range`, the cursor behind it.
    pub(crate) fn with(&self, range: Range<usize>, text: &str) -> Self {
        let mut open = self.open.clone();
        let mut state = DocumentState::default();
        if let held = self.open.state()
            && held.revision == self.revision
        {
            state.buffer = Arc::clone(&held.buffer);
            state.sticky = held.sticky.clone();
        }
        let edit = open.document.replace(range, text);
        Arc::make_mut(&mut state.buffer).edited(&edit);
        open.state = Arc::new(Mutex::new(state));
        Self { open, revision: 0, offset: edit.new_end }
    }
}

impl TrackedRange {
    /// Where it is now; `None` once somebody has changed what it holds.
    pub fn range(&self) -> Option<Range<usize>> {
        self.0.lock().clone()
    }
}

/// Moves a mark along with an edit; says whether there is something left to follow.
fn follow(mark: &Mutex<Option<Range<usize>>>, edit: &Edit) -> bool {
    let mut mark = mark.lock();
    *mark = mark.take().and_then(|it| match edit {
        _ if edit.start >= it.end && edit.start > it.start => Some(it),
        _ if edit.old_end <= it.start => {
            let moved = |offset: usize| offset - edit.old_end + edit.new_end;
            Some(moved(it.start)..moved(it.end))
        }
        _ => None,
    });
    mark.is_some()
}
