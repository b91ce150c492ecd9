//! The documents of a request, and what is read from each at most once.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use crate::feature::SharedState;
use crate::feature::document::OpenDocument;
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::occurrence::{self, Occurrence};
use crate::feature::next_edit::rewrite::{Rewrite, RuleKey};
use crate::feature::next_edit::{overlap, quotes};
use crate::syntax::definition::Definition;
use crate::syntax::import::Import;
use crate::syntax::outline::Outline;
use crate::syntax::region::Region;
use crate::syntax::scope::ScopeKind;
use crate::syntax::tree::Tree;

/// The documents of a request, the requested one first, and the edits made in them.
pub(super) struct OpenTexts<'a> {
    pub(super) shared: &'a SharedState,
    pub(super) open: Vec<&'a OpenDocument>,
    pub(super) texts: Vec<String>,
    pub(super) examples: Vec<Vec<Example>>,
    pub(super) closed: Vec<Example>,
    trees: Vec<OnceCell<Option<Tree>>>,
    outlines: Vec<OnceCell<Option<Arc<Outline>>>>,
}

impl<'a> OpenTexts<'a> {
    pub(super) fn new(shared: &'a SharedState, open: Vec<&'a OpenDocument>, now: Instant) -> Self {
        let examples = open.iter().map(|it| {
            let state = it.state();
            state.hunks.examples(&it.document.rope, quotes(it), now)
        });
        Self {
            examples: examples.collect(),
            texts: open.iter().map(|it| it.document.rope.to_string()).collect(),
            closed: shared.next_edits.lock().closed().cloned().collect(),
            trees: open.iter().map(|_| OnceCell::new()).collect(),
            outlines: open.iter().map(|_| OnceCell::new()).collect(),
            shared,
            open,
        }
    }

    pub(super) fn line(&self, document: usize, offset: usize) -> usize {
        let rope = &self.open[document].document.rope;
        rope.byte_to_line(offset.min(rope.len_bytes()))
    }

    pub(super) fn tree(&self, document: usize) -> Option<&Tree> {
        let newest = || self.shared.trees.newest(&self.open[document].key);
        self.trees[document].get_or_init(newest).as_ref()
    }

    pub(super) fn definitions(&self, document: usize) -> Option<&[Definition]> {
        Some(&self.outline(document)?.definitions)
    }

    pub(super) fn imports(&self, document: usize) -> Option<&[Import]> {
        Some(&self.outline(document)?.imports)
    }

    /// Whether a document contains a definition with a name.
    pub(super) fn defines(&self, document: usize, name: &str) -> bool {
        memchr::memmem::find(self.texts[document].as_bytes(), name.as_bytes()).is_some()
            && self.definitions(document).unwrap_or_default().iter().any(|it| it.name == name)
    }

    /// The innermost function around `offset` that begins before `start`.
    pub(super) fn function(
        &self,
        document: usize,
        offset: usize,
        start: usize,
    ) -> Option<Range<usize>> {
        let scopes = self.shared.syntax.scopes(self.tree(document)?, offset).into_iter();
        let mut around = scopes.filter(|it| it.kind == ScopeKind::Function).map(|it| it.range);
        around.find(|it| it.start < start)
    }

    /// Whether the name at `start` is in neither a comment nor a string.
    pub(super) fn is_code(&self, document: usize, start: usize) -> bool {
        let tree = self.tree(document);
        tree.is_some_and(|it| self.shared.syntax.region(it, start + 1) == Region::Code)
    }

    /// Places of a document where a rewrite fits and is wanted.
    pub(super) fn sites(
        &self,
        document: usize,
        rewrite: &Rewrite,
        rule: &RuleKey,
    ) -> Vec<Occurrence> {
        let quotes = quotes(self.open[document]);
        let mut sites = occurrence::occurrences(&self.texts[document], rewrite, quotes);
        self.retain_wanted(document, rule, &mut sites, |it| &it.place);
        sites
    }

    /// Removes the places where something was just rewritten, the edit was ignored, or any edit of the line was
    /// rejected.
    pub(super) fn retain_wanted<T>(
        &self,
        document: usize,
        rule: &RuleKey,
        sites: &mut Vec<T>,
        place: impl Fn(&T) -> &Range<usize>,
    ) {
        if sites.is_empty() {
            return;
        }
        let key = &self.open[document].key;
        let (unwanted, rejected) = {
            let memory = self.shared.next_edits.lock();
            (memory.unwanted_at(key, rule), memory.rejected_in(key))
        };
        // A text may contain another use.
        let is_done = |it: &&Example| !(rule.is_of_name() && it.rewrite.is_literal());
        let done = self.examples[document].iter().filter(is_done);
        let done = done.filter_map(|it| it.place.clone());
        let closed: Vec<Range<usize>> = done.chain(unwanted).collect();
        let line = |it: &Range<usize>| self.line(document, it.start);
        let rejected: Vec<usize> = rejected.iter().map(line).collect();
        sites.retain(|it| {
            let place = place(it);
            !closed.iter().any(|closed| overlap(closed, place)) && !rejected.contains(&line(place))
        });
    }

    fn outline(&self, document: usize) -> Option<&Arc<Outline>> {
        let read = || Some(outline(self.shared, self.open[document], self.tree(document)?));
        self.outlines[document].get_or_init(read).as_ref()
    }
}

/// What the text of a document declares, from its tree. The document's state keeps it, so that after an edit little is
/// read.
pub(super) fn outline(shared: &SharedState, open: &OpenDocument, tree: &Tree) -> Arc<Outline> {
    let rope = &open.document.rope;
    // An edit changes the newest tree under the lock of the state.
    let is_newest = || shared.trees.newest(&open.key).is_some_and(|it| it.rope().is_instance(rope));
    let last = {
        let state = open.state();
        state.outline.clone().filter(|_| is_newest() && tree.rope().is_instance(rope))
    };
    if let Some((last, _)) = last.as_ref().filter(|it| it.1.is_empty()) {
        return Arc::clone(last);
    }
    let last = last.as_ref().map(|(last, edits)| (&**last, &**edits));
    let outline = Arc::new(shared.syntax.outline(tree, last));
    let mut state = open.state();
    if !tree.is_behind() && tree.rope().is_instance(rope) && is_newest() {
        state.outline = Some((Arc::clone(&outline), Vec::new()));
    }
    drop(state);
    outline
}
