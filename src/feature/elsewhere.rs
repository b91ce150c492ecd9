//! What programs get that are no editor of ours: completions for a text and a cursor, and conversations.
//!
//! Such a program does not say which file a text is from. So it gets what the strictest of the user's folders
//! allows, and nothing while anything is paused.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::feature::document::{OpenDocument, Place};
use crate::feature::{Engine, EngineOptions};
use crate::router::spec::{PrivacyPolicy, Reach};
use crate::syntax::trees::Trees;
use crate::text::Document;

/// Tells documents apart whose programs give them no name.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A text with a hole in it, as another program sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Of the file, as far as the program says it.
    pub path: Option<String>,
    pub prefix: String,
    pub suffix: String,
    /// Other files that the program sends along: name and text.
    pub files: Vec<(String, String)>,
}

/// A document that is forgotten once it is dropped.
pub(super) struct Leaf {
    trees: Arc<Trees>,
    pub(super) place: Place,
}

impl Drop for Leaf {
    fn drop(&mut self) {
        self.place.open.close();
        self.trees.close(&self.place.open.key);
    }
}

impl Engine {
    /// The same for programs that do not say where a text is from.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        let narrowed = || self.narrowed.iter().map(|it| &it.1.policy);
        let policy = narrowed().fold(self.options.policy.clone(), |policy, it| {
            // How far a text may go depends on its folder; here it is the user who sends it.
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

    /// A sheet as a document with a cursor. Names that may hide a file are judged as files are.
    pub(super) fn leaf(&self, sheet: &Sheet) -> Leaf {
        let trees = Arc::clone(&self.shared.trees);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let document = Document::new(&[&*sheet.prefix, &*sheet.suffix].concat(), 0, "");
        let path = sheet.path.as_ref().map(PathBuf::from);
        let open = OpenDocument::new(&format!("http:{number}"), path, document, &trees);
        Leaf { place: open.place(sheet.prefix.len()), trees }
    }

    /// Whether a file of this name may go with a request.
    pub(super) fn may_go_along(&self, name: &str) -> bool {
        self.shared.guard.check(Path::new(name)).is_ok()
    }
}
