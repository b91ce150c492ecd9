//! An open document with the state stored beside it, and a place in it where a request is made.

use std::collections::BTreeMap;
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
use crate::feature::completion::warming::Warming;
use crate::feature::next_edit::hunk::{Hunks, Manner};
use crate::feature::next_edit::predictor::predicted::Predicted;
use crate::feature::notebook::{Notebook, WholeText};
use crate::feature::silences::Silences;
use crate::predict::buffer::Buffer;
use crate::prompt::Trigger;
use crate::prompt::indentation::Indentation;
use crate::syntax::language::Language;
use crate::syntax::outline::Outline;
use crate::syntax::trees::Trees;
use crate::text::position::Encoding;
use crate::text::{self, Change, Document, Edit};
use crate::usage::record::CallId;

/// The most diagnostics kept per document; the newest stay.
const COMPLAINTS: usize = 20;
/// Most edits that an outline follows until it is read again.
const FOLLOWED: usize = 500;

/// A document that an editor has open. `change` applies the editor's changes, in their order.
#[derive(Clone)]
pub struct OpenDocument {
    /// The editor's URI.
    pub key: Arc<str>,
    /// Its file, if there is one. A cell has the path of its notebook.
    pub path: Option<Arc<Path>>,
    pub language: Option<Language>,
    pub document: Document,
    /// The notebook it is a cell of.
    pub notebook: Option<Notebook>,
    state: Arc<Mutex<DocumentState>>,
}

/// State stored beside a document: changed by each edit, read by each request.
#[derive(Default)]
pub(crate) struct DocumentState {
    /// Counts the edits, since an editor's versions can repeat.
    pub(crate) revision: u64,
    pub(crate) buffer: Arc<Buffer>,
    /// The suggestions on the screen.
    pub(crate) shown: Vec<ShownSuggestion>,
    /// Running and recent calls, newest last.
    pub(crate) flights: Vec<Arc<InFlight>>,
    /// The prefetch behind the suggestion on the screen.
    pub(crate) ahead: Option<Prefetch>,
    /// The reading of the text around the resting cursor.
    pub(crate) warming: Option<Warming>,
    /// Revision and offset of the newest automatic request.
    pub(crate) newest: Option<(u64, usize)>,
    /// The end of a suggestion just accepted.
    pub(crate) accepted: Option<usize>,
    /// Time of the last edit.
    pub(crate) edited: Option<tokio::time::Instant>,
    pub(crate) rhythm: Rhythm,
    /// Suggestions rejected since the last accepted one.
    pub(crate) turned_down: u32,
    /// The editor has closed it, so no request waits for an answer.
    pub(crate) closed: bool,
    /// Notified when a request may be superseded.
    pub(crate) superseded: Arc<Notify>,
    /// Parts of the last prompt, for the next one.
    pub(crate) sticky: Sticky,
    /// Suggestions that are no longer shown: the model, the call, and whether any text was accepted.
    pub(crate) fates: Vec<(Arc<str>, Option<CallId>, bool)>,
    /// Why its requests showed nothing.
    pub(crate) silences: Silences,
    pub(crate) hunks: Hunks,
    /// What the last text declares that was searched for a next edit, and the edits since.
    pub(crate) outline: Option<(Arc<Outline>, Vec<Edit>)>,
    /// What a model has suggested as next edits, and the number of requests for them.
    pub(crate) predicted: Option<Predicted>,
    pub(crate) edit_requests: u64,
    /// Indentation according to the editor.
    pub(crate) indentation: Option<Indentation>,
    /// Diagnostics, each with its line's range.
    complaints: Vec<(TrackedRange, String)>,
    /// Ranges tracked by running actions.
    marks: Vec<Weak<Mutex<Option<Range<usize>>>>>,
}

/// A byte range of a document that moves with edits until one of them touches it.
#[derive(Clone, Debug)]
pub struct TrackedRange(Arc<Mutex<Option<Range<usize>>>>);

/// The document at the time of a request, and the cursor.
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

    /// The same document, as a cell of a notebook.
    pub fn cell(mut self, notebook: Notebook) -> Self {
        notebook.put(&self.key, self.language_name(), &self.document.rope);
        self.notebook = Some(notebook);
        self
    }

    /// Its text. The text of a cell includes its notebook's other cells.
    pub fn whole(&self) -> WholeText {
        let rope = &self.document.rope;
        match &self.notebook {
            Some(notebook) => notebook.whole(&self.key, self.language_name(), rope),
            None => WholeText { rope: rope.clone(), start: 0 },
        }
    }

    /// Applies an editor's changes in their order. Nothing is parsed or lexed here.
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
            let (range, text) = self.document.difference(change, encoding);
            let edit = self.document.replace(range, text);
            state.edited(&edit, &self.document);
            if let Some(path) = &self.path {
                let removed = before.byte_slice(edit.start..edit.old_end);
                let mut journal = shared.journal.lock();
                journal.edited(path, &edit, removed, text, Instant::now());
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

    /// Ends the document's requests and calls.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.flights.clear();
        (state.ahead, state.warming) = (None, None);
        state.superseded.notify_waiters();
    }

    /// The place of a request that arrives now.
    pub fn place(&self, offset: usize) -> Place {
        let revision = self.state().revision;
        Place { open: self.clone(), revision, offset }
    }

    /// The place of the last edit; `None` if there is none to continue from.
    pub fn edited_place(&self) -> Option<Place> {
        let latest = self.state().hunks.latest()?;
        Some(self.place(latest.offset))
    }

    /// Tracks a range of the current text.
    pub fn mark(&self, range: Range<usize>) -> TrackedRange {
        let mark = Arc::new(Mutex::new(Some(range)));
        let mut state = self.state();
        state.marks.retain(|it| it.strong_count() > 0);
        state.marks.push(Arc::downgrade(&mark));
        TrackedRange(mark)
    }

    /// Tracks adjacent ranges as one. It is outdated from the start if one of them is, or if text was typed
    /// between them.
    pub fn join(&self, ranges: &[TrackedRange]) -> TrackedRange {
        // Under this lock no edit moves a range.
        let mut state = self.state();
        let ranges: Option<Vec<Range<usize>>> = ranges.iter().map(TrackedRange::range).collect();
        let joined = ranges.and_then(|ranges| {
            let is_adjacent = ranges.windows(2).all(|it| it[0].end == it[1].start);
            Some(ranges.first()?.start..ranges.last()?.end).filter(|_| is_adjacent)
        });
        let mark = Arc::new(Mutex::new(joined));
        state.marks.push(Arc::downgrade(&mark));
        TrackedRange(mark)
    }

    /// Replaces the diagnostics of the lines in `range`. `diagnostics` is all that the editor reports there,
    /// each with its line.
    pub fn complained(
        &self,
        range: &Range<usize>,
        diagnostics: impl Iterator<Item = (usize, String)>,
    ) {
        let rope = &self.document.rope;
        let near = |at: usize| rope.line_to_byte(rope.byte_to_line(at.min(rope.len_bytes())));
        let (from, to) = (near(range.start), range.end);
        let new: Vec<_> = diagnostics
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
        let excess = state.complaints.len().saturating_sub(COMPLAINTS);
        state.complaints.drain(..excess);
    }

    /// Diagnostics within this many lines of `offset`, each with its line. Those of lines edited since are
    /// left out, because the edit may have fixed them.
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

    /// The value for the document's language in a map by names of languages, ours or those of editors.
    pub fn of_language<'m, T>(&self, map: &'m BTreeMap<String, T>) -> Option<&'m T> {
        let is_meant = |name: &str| {
            self.language.is_some() && Language::detect(name, None, "") == self.language
        };
        let names = [&*self.document.language, self.language_name()];
        let other = || map.iter().find(|it| is_meant(it.0)).map(|it| it.1);
        names.iter().find_map(|it| map.get(*it)).or_else(other)
    }

    /// A hash of the key.
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
        self.warming = None;
        if let Some(before) = self.edited.replace(now) {
            self.rhythm.key(now - before);
        }
        self.superseded.notify_waiters();
        Arc::make_mut(&mut self.buffer).edited(edit);
        self.keep_shown(|it| it.follow(edit));
        self.flights.retain(|it| it.edited(edit, &document.rope));
        if let Some((_, since)) = &mut self.outline {
            since.push(*edit);
        }
        self.outline.take_if(|it| it.1.len() > FOLLOWED);
        self.marks.retain(|it| it.upgrade().is_some_and(|it| follow(&it, edit)));
        self.predicted = self.predicted.take().and_then(|it| it.edited(edit, &document.rope));
        self.accepted = None;
        for shown in &mut self.shown {
            if shown.take(&document.rope, edit) {
                self.accepted = Some(edit.new_end);
            }
        }
        let still_fits = |it: &ShownSuggestion| it.left(&document.rope, edit.new_end).is_some();
        if self.accepted.is_none() && !self.shown.iter().any(still_fits) {
            self.ahead = None;
        }
    }

    /// Drops the suggestions that are over, and records whether they were accepted.
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
    /// Whether only whitespace precedes the cursor on its line.
    pub fn at_line_start(&self) -> bool {
        let rope = &self.open.document.rope;
        let start = rope.line_to_byte(rope.byte_to_line(self.offset));
        rope.byte_slice(start..self.offset).chars().all(char::is_whitespace)
    }

    /// Whether the cursor follows a word character.
    pub fn after_word(&self) -> bool {
        let rope = &self.open.document.rope;
        let char = rope.byte_to_char(self.offset);
        char > 0 && text::is_word(rope.char(char - 1))
    }

    /// The cursor's line after the cursor.
    pub fn right(&self) -> String {
        let document = &self.open.document;
        let line = document.rope.byte_to_line(self.offset);
        let column = self.offset - document.rope.line_to_byte(line);
        document.line(line).get_byte_slice(column..).map(|it| it.to_string()).unwrap_or_default()
    }

    /// Whether a statement or block has just ended before the cursor, and nothing follows on the line.
    pub fn is_after_statement(&self) -> bool {
        let rope = &self.open.document.rope;
        let line = rope.line(rope.byte_to_line(self.offset)).to_string();
        let column = self.offset - rope.line_to_byte(rope.byte_to_line(self.offset));
        let (head, right) = line.split_at_checked(column).unwrap_or_default();
        head.trim_end().ends_with([';', '}']) && right.trim().is_empty()
    }

    /// Resolves when a newer request, a change or the closing of the document supersedes a request here.
    pub(crate) async fn superseded(&self, trigger: Trigger) {
        self.until(|| self.is_superseded(trigger)).await;
    }

    /// Resolves when a request, a change or the closing of the document makes this true.
    pub(crate) async fn until(&self, is_so: impl Fn() -> bool) {
        let notify = Arc::clone(&self.open.state().superseded);
        loop {
            let changed = notify.notified();
            if is_so() {
                return;
            }
            changed.await;
        }
    }

    pub(crate) fn is_superseded(&self, trigger: Trigger) -> bool {
        let state = self.open.state();
        let newer = state.revision != self.revision
            || state.newest.is_some_and(|it| it != (self.revision, self.offset));
        state.closed || trigger == Trigger::Automatic && newer
    }

    /// This place as if `text` replaced `range`, with the cursor after it.
    pub(crate) fn with(&self, range: Range<usize>, text: &str) -> Self {
        let mut open = self.open.clone();
        let mut state = DocumentState::default();
        if let current = self.open.state()
            && current.revision == self.revision
        {
            state.buffer = Arc::clone(&current.buffer);
            state.sticky = current.sticky.clone();
        }
        let edit = open.document.replace(range, text);
        Arc::make_mut(&mut state.buffer).edited(&edit);
        open.state = Arc::new(Mutex::new(state));
        Self { open, revision: 0, offset: edit.new_end }
    }
}

impl TrackedRange {
    /// The current range; `None` once an edit has touched it.
    pub fn range(&self) -> Option<Range<usize>> {
        self.0.lock().clone()
    }
}

/// Moves a mark with an edit. Returns whether the mark still exists.
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
