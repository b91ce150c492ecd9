//! What of a workspace goes with a place: the text around it and parts of other files.

use std::path::Path;

use tokio::time::Instant;

use crate::context::excerpt::Excerpt;
use crate::context::gather::{ContextBudget, ContextQuery, ContextSources};
use crate::context::{Part, gather};
use crate::feature::Engine;
use crate::feature::document::Place;

/// A larger file is not read for a few lines of it.
const LARGEST: u64 = 400_000;

/// What is wrong this many lines away has to do with a place.
const NEAR: usize = 40;

pub(super) struct PromptSurroundings {
    /// The document's name, as a model is told it.
    pub(super) path: String,
    pub(super) excerpt: Excerpt,
    /// Most stable first.
    pub(super) parts: Vec<Part>,
    /// The files all of it is from, sorted.
    pub(super) files: Vec<String>,
}

impl Engine {
    /// Gathers what goes with a place. What is late is left out.
    pub(super) fn surroundings(&self, place: &Place) -> PromptSurroundings {
        let open = &place.open;
        let own = open.path.as_deref();
        let ends = Instant::now() + self.options(open.path.as_deref()).gather;
        let tree = self.shared.trees.newest(&open.key);
        let whole = open.whole();
        let cells = open.notebook.as_ref().map_or_else(Vec::new, |it| it.others(&open.key));
        let cells: Vec<_> = cells.iter().filter_map(|it| self.shared.trees.newest(it)).collect();
        let query = ContextQuery {
            path: open.path.as_deref().unwrap_or(Path::new("")),
            rope: &whole.rope,
            offset: whole.start + place.offset,
            syntax: &self.shared.syntax,
            tree: tree.as_ref(),
            start: whole.start,
            cells: &cells,
        };
        let above = whole.rope.byte_to_line(whole.start);
        let complaints = open.complaints(place.offset, NEAR).into_iter();
        let complaints: Vec<_> = complaints.map(|(line, said)| (above + line, said)).collect();
        let edits: Vec<_> = {
            let journal = self.shared.journal.lock();
            journal.edits().filter(|it| self.goes_with(&it.path, own)).cloned().collect()
        };
        // Asked first: what is read after is not older.
        let defined = self.shared.index.is_defined();
        let snapshot = self.shared.index.tokens().snapshot();
        let sources = ContextSources {
            symbols: self.shared.index.symbols(),
            chunks: self.shared.index.chunks(),
            tokens: &snapshot,
            defined,
            edits: &edits,
            diagnostics: &complaints,
            read: &|path| self.file_with(path, own),
            name: &|path| self.name(path),
            go_on: &|| Instant::now() < ends,
        };
        // Two requests of one document at once are rare, and the second then gathers for itself.
        let mut sticky = std::mem::take(&mut place.open.state().sticky);
        let (excerpt, parts) =
            gather::gather(&query, &sources, &mut sticky, ContextBudget::default());
        place.open.state().sticky = sticky;
        let path = self.name(query.path);
        let files = std::iter::once(&path).chain(parts.iter().map(|it| &it.path));
        let mut files: Vec<String> = files.cloned().collect();
        files.sort_unstable();
        files.dedup();
        PromptSurroundings { path, excerpt, parts, files }
    }

    /// A file of the workspace that may be seen by all who may see another.
    pub(super) fn file_with(&self, path: &Path, other: Option<&Path>) -> Option<String> {
        self.goes_with(path, other).then(|| self.file(path)).flatten()
    }

    /// Whether a file may be seen by all who may see another: what few may see goes to nobody else along
    /// with what more may, and what is paused to nobody.
    pub(super) fn goes_with(&self, path: &Path, other: Option<&Path>) -> bool {
        let policy = &self.options(other).policy;
        self.shared.pauses.holds(Some(path)).is_none()
            && policy.clone().and(&self.options(Some(path)).policy) == *policy
    }

    /// The text of a file of the workspace that may be seen: an open document's as the index knows it, since
    /// places are looked up there.
    pub(super) fn file(&self, path: &Path) -> Option<String> {
        self.shared.guard.check(path).ok()?;
        if let Some(text) = self.shared.index.text(path) {
            return (text.len_bytes() as u64 <= LARGEST).then(|| text.to_string());
        }
        let metadata = std::fs::metadata(path).ok()?;
        let small = metadata.is_file() && metadata.len() <= LARGEST;
        small.then(|| std::fs::read_to_string(path).ok()).flatten()
    }
}
