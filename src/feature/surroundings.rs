//! The prompt context of a place: the text around it and parts of other files.

use std::path::Path;

use tokio::time::Instant;

use crate::context::excerpt::Excerpt;
use crate::context::gather::{ContextBudget, ContextQuery, ContextSources};
use crate::context::{Part, gather};
use crate::feature::Engine;
use crate::feature::document::Place;

/// Larger files are not read for context, in bytes.
const LARGEST: u64 = 400_000;

/// Diagnostics within this many lines of a place are relevant.
const NEAR: usize = 40;

pub(super) struct PromptSurroundings {
    /// The name of the document in the prompt.
    pub(super) path: String,
    pub(super) excerpt: Excerpt,
    /// Most stable first.
    pub(super) parts: Vec<Part>,
    /// The files whose text is in the prompt, sorted.
    pub(super) files: Vec<String>,
}

impl Engine {
    /// Collects the context of a place. Context that is not ready in time is left out.
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
        let diagnostics = open.complaints(place.offset, NEAR).into_iter();
        let diagnostics: Vec<_> = diagnostics.map(|(line, text)| (above + line, text)).collect();
        let edits: Vec<_> = {
            let journal = self.shared.journal.lock();
            journal.edits().filter(|it| self.goes_with(&it.path, own)).cloned().collect()
        };
        // Read before the snapshot, which is then at least as recent.
        let defined = self.shared.index.is_defined();
        let snapshot = self.shared.index.tokens().snapshot();
        let sources = ContextSources {
            symbols: self.shared.index.symbols(),
            chunks: self.shared.index.chunks(),
            tokens: &snapshot,
            defined,
            edits: &edits,
            diagnostics: &diagnostics,
            read: &|path| self.file_with(path, own),
            name: &|path| self.name(path),
            go_on: &|| Instant::now() < ends,
        };
        // Concurrent requests of one document are rare; the second one starts with an empty state.
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

    /// The text of a workspace file that is allowed in a prompt with `other`.
    pub(super) fn file_with(&self, path: &Path, other: Option<&Path>) -> Option<String> {
        self.goes_with(path, other).then(|| self.file(path)).flatten()
    }

    /// Whether a file is allowed in a prompt with `other`: it is not paused, and its privacy policy is not
    /// stricter.
    pub(super) fn goes_with(&self, path: &Path, other: Option<&Path>) -> bool {
        let policy = &self.options(other).policy;
        self.shared.pauses.holds(Some(path)).is_none()
            && policy.clone().and(&self.options(Some(path)).policy) == *policy
    }

    /// The text of a workspace file that the guard allows. For an open document, the indexed text, to which
    /// the offsets of the index refer.
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
