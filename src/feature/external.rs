//! Requests of programs other than editors: completions for a text and a cursor, and conversations.
//!
//! Such a program does not state which file a text is from. The strictest policy of the user's folders
//! therefore applies, and nothing is answered while any folder is paused.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::feature::document::{OpenDocument, Place};
use crate::feature::{Engine, EngineOptions};
use crate::prompt::fill::ExternalHole;
use crate::router::spec::{PrivacyPolicy, Reach};
use crate::syntax::trees::Trees;
use crate::text::Document;

/// Distinguishes documents without a name.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A document that exists for one request.
pub(super) struct TemporaryDocument {
    trees: Arc<Trees>,
    pub(super) place: Place,
}

impl Drop for TemporaryDocument {
    fn drop(&mut self) {
        self.place.open.close();
        self.trees.close(&self.place.open.key);
    }
}

impl Engine {
    /// This engine for programs that do not state where a text is from.
    #[must_use]
    pub fn for_other_programs(&self) -> Self {
        let narrowed = || self.narrowed.iter().map(|it| &it.1.policy);
        let policy = narrowed().fold(self.options.policy.clone(), |policy, it| {
            // The reach of a folder's text does not apply: here the user's own program sends the text.
            policy.and(&PrivacyPolicy { reach: Reach::Anywhere, ..it.clone() })
        });
        let options = EngineOptions {
            policy: PrivacyPolicy { reach: Reach::Anywhere, ..policy },
            ..self.options.clone()
        };
        Self::new(
            self.shared.clone(),
            options,
            self.narrowed.clone(),
            self.roots.clone(),
            self.models.clone(),
            self.generation,
        )
    }

    /// A hole as a document with a cursor. The guard checks its path.
    pub(super) fn temporary(&self, hole: &ExternalHole) -> TemporaryDocument {
        let trees = Arc::clone(&self.shared.trees);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let document = Document::new(&[&*hole.prefix, &*hole.suffix].concat(), 0, "");
        let path = hole.path.as_ref().map(PathBuf::from);
        let open = OpenDocument::new(&format!("http:{number}"), path, document, &trees);
        TemporaryDocument { place: open.place(hole.prefix.len()), trees }
    }

    /// Whether the guard allows a file of this name in a request.
    pub(super) fn is_readable_name(&self, name: &str) -> bool {
        self.shared.guard.check(Path::new(name)).is_ok()
    }
}
