//! The prompt context of a place: the text around it and parts of other files.

use std::path::Path;

use tokio::time::Instant;

use crate::context::excerpt::Excerpt;
use crate::context::gather::{ContextBudget, ContextQuery, ContextSources};
use crate::context::{Part, gather};
use crate::feature::core::Core;
use crate::feature::document::Place;

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

impl PromptSurroundings {
    /// Collects the context of a place. Context that is not ready in time is left out.
    pub(super) fn gather(core: &Core, place: &Place) -> Self {
        let open = &place.open;
        let own = open.path.as_deref();
        let ends = Instant::now() + core.options_of(open).gather;
        let tree = core.shared.trees.newest(&open.key);
        let whole = open.whole();
        let cells = open.notebook.as_ref().map_or_else(Vec::new, |it| it.others(&open.key));
        let cells: Vec<_> = cells.iter().filter_map(|it| core.shared.trees.newest(it)).collect();
        let query = ContextQuery {
            path: open.path.as_deref().unwrap_or(Path::new("")),
            rope: &whole.rope,
            offset: whole.start + place.offset,
            syntax: &core.shared.syntax,
            tree: tree.as_ref(),
            start: whole.start,
            cells: &cells,
        };
        let above = whole.rope.byte_to_line(whole.start);
        let diagnostics = open.complaints(place.offset, NEAR).into_iter();
        let diagnostics: Vec<_> = diagnostics.map(|(line, text)| (above + line, text)).collect();
        let edits: Vec<_> = {
            let journal = core.shared.journal.lock();
            journal.edits().filter(|it| core.goes_with(&it.path, own)).cloned().collect()
        };
        // Read before the snapshot, which is then at least as recent.
        let defined = core.shared.index.is_defined();
        let snapshot = core.shared.index.tokens().snapshot();
        let sources = ContextSources {
            symbols: core.shared.index.symbols(),
            chunks: core.shared.index.chunks(),
            tokens: &snapshot,
            defined,
            edits: &edits,
            diagnostics: &diagnostics,
            read: &|path| core.file_with(path, own),
            name: &|path| core.name(path),
            go_on: &|| Instant::now() < ends,
        };
        // Concurrent requests of one document are rare; the second one starts with an empty state.
        let mut sticky = std::mem::take(&mut place.open.state().sticky);
        let (excerpt, parts) =
            gather::gather(&query, &sources, &mut sticky, ContextBudget::default());
        place.open.state().sticky = sticky;
        let path = core.name(query.path);
        let files = std::iter::once(&path).chain(parts.iter().map(|it| &it.path));
        let mut files: Vec<String> = files.cloned().collect();
        files.sort_unstable();
        files.dedup();
        Self { path, excerpt, parts, files }
    }
}
