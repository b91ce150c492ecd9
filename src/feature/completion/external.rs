//! Completions for programs that send a text and a cursor. Nothing is answered while any folder is paused,
//! because such a program does not always state which file a text is from. A call ends with its request: a
//! program that disconnects pays for nothing more.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::context::{Part, PartKind};
use crate::feature::completion::request::GatheredContext;
use crate::feature::completion::suggestion::Suggestion;
use crate::feature::completion::{Completer, Unavailable, request};
use crate::feature::document::{OpenDocument, Place};
use crate::feature::eligibility;
use crate::feature::models::Models;
use crate::prompt::Trigger;
use crate::prompt::fill::ExternalHole;
use crate::syntax::trees::Trees;
use crate::text::Document;

/// Most bytes of files that a program sends: the last ones are used.
const FILES: usize = 6 << 10;
/// Rank of such a file among the snippets of the workspace.
const RANK: u32 = 4000;

/// Distinguishes documents without a name.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A document that exists for one request.
pub(in crate::feature) struct TemporaryDocument {
    trees: Arc<Trees>,
    pub(in crate::feature) place: Place,
}

/// A text to insert at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    pub text: String,
    pub by: Arc<str>,
}

impl Completer {
    /// The text for a hole, or why there is none. Dropping the future ends the call.
    pub async fn fill_external(&self, hole: &ExternalHole) -> Result<Insertion, String> {
        let text = [&*hole.prefix, &*hole.suffix].concat();
        let (trees, path) = (&self.core.shared.trees, hole.path.as_deref());
        let temporary = TemporaryDocument::new(trees, path, &text, hole.prefix.len());
        let (place, reason) = (&temporary.place, |it: Unavailable| {
            it.reason(&self.silences.about(&temporary.place.open))
        });
        if let Some(pause) = self.core.shared.pauses.any() {
            return Err(reason(Unavailable::Paused(pause)));
        }
        eligibility::check(&self.core, &place.open).map_err(|it| reason(it.into()))?;
        let trigger = Trigger::Automatic;
        let free = self.free(place, trigger).await;
        let fresh = match self.models_for(place, &free) {
            None => free.alone(place),
            Some(models) => {
                let queried = self.fill_hole(models, place, hole, free.standby()).await;
                free.with(queried)
            }
        };
        let fresh = fresh.map_err(reason)?;
        let fresh = self.probable(place, trigger, fresh).map_err(reason)?;
        let best = fresh.into_iter().next().ok_or_else(|| reason(self.unsure(place)))?;
        insertion(place, best).ok_or_else(|| reason(Unavailable::Unfit))
    }

    /// Queries the models in a call that ends with this request.
    async fn fill_hole(
        &self,
        models: &Models,
        place: &Place,
        hole: &ExternalHole,
        standby: Option<&Suggestion>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        let trigger = Trigger::Automatic;
        let scope = request::scope(&self.core, place, trigger);
        let spec = request::spec(&self.core, place, trigger, scope);
        let mut gathered = GatheredContext::gather(&self.core, place, trigger, scope);
        self.add_files(&mut gathered, hole);
        let state = self.call(models, spec, gathered, standby, None).await;
        self.settle(place, state).map(Vec::from_iter)
    }

    /// Adds files that the program sends, if they are allowed and fit.
    fn add_files(&self, gathered: &mut GatheredContext, hole: &ExternalHole) {
        let mut room = FILES;
        for (name, text) in hole.files.iter().rev() {
            if text.trim().is_empty()
                || text.len() > room
                || self.core.shared.guard.check(Path::new(name)).is_err()
            {
                continue;
            }
            room -= text.len();
            let (kind, path, text) = (PartKind::Snippet, name.clone(), text.clone());
            gathered.fill.parts.push(Part { kind, path, text, rank: RANK });
            gathered.files.push(name.clone());
        }
    }
}

impl TemporaryDocument {
    /// A text with a cursor.
    pub(in crate::feature) fn new(
        trees: &Arc<Trees>,
        path: Option<&str>,
        text: &str,
        cursor: usize,
    ) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (document, path) = (Document::new(text, 0, language(path)), path.map(PathBuf::from));
        let open = OpenDocument::new(&format!("http:{number}"), path, document, trees);
        Self { place: open.place(cursor), trees: Arc::clone(trees) }
    }
}

/// The id of a language that the name does not show: programs send the code of a notebook's cells with the
/// name of the notebook, whose own format is JSON.
fn language(path: Option<&str>) -> &'static str {
    match path {
        Some(path) if path.ends_with(".ipynb") => "python",
        _ => "",
    }
}

impl Drop for TemporaryDocument {
    fn drop(&mut self) {
        self.place.open.close();
        self.trees.close(&self.place.open.key);
    }
}

/// A suggestion as a text to insert at the cursor, without what it repeats of its line. `None` if it would
/// replace more than that.
fn insertion(place: &Place, offer: Suggestion) -> Option<Insertion> {
    let covered = place.open.document.rope.byte_slice(offer.range).to_string();
    let text = offer.text.strip_suffix(&*covered)?.to_owned();
    (!text.is_empty()).then_some(Insertion { text, by: offer.by })
}
