//! What every feature needs: the settings of a path, the configured models, and the files that may be read.

use std::path::{Path, PathBuf};

use crate::feature::document::OpenDocument;
use crate::feature::models::Models;
use crate::feature::{EngineOptions, SharedState};
use crate::router::spec::{PrivacyPolicy, Reach};

/// Larger files are not read for a prompt, in bytes.
const LARGEST: u64 = 400_000;

/// The settings of one engine and the state that they apply to. Its features share it.
#[derive(Clone)]
pub struct Core {
    pub shared: SharedState,
    /// Options of files outside the roots.
    pub(super) outside: EngineOptions,
    /// Options of roots and folders that have narrower settings of their own.
    pub(super) narrowed: Vec<(PathBuf, EngineOptions)>,
    /// The open folders. File names in prompts are relative to them.
    pub(super) roots: Vec<PathBuf>,
    /// The configured models; `None` without a provider.
    pub models: Option<Models>,
    /// Counts reloads of the settings. A cached answer is valid for one generation.
    pub generation: u64,
}

impl Core {
    /// The settings of the innermost root that contains the file.
    pub fn options(&self, path: Option<&Path>) -> &EngineOptions {
        let path = path.unwrap_or(Path::new(""));
        let roots = self.narrowed.iter().filter(|(root, _)| path.starts_with(root));
        let innermost = roots.max_by_key(|(root, _)| root.components().count());
        innermost.map_or(&self.outside, |(_, options)| options)
    }

    pub(super) fn options_of(&self, open: &OpenDocument) -> &EngineOptions {
        self.options(open.path.as_deref())
    }

    /// The policies of all folders combined, for text that the user's own program sends from an unknown file.
    pub(super) fn strictest_policy(&self) -> PrivacyPolicy {
        let anywhere = |it: &PrivacyPolicy| PrivacyPolicy { reach: Reach::Anywhere, ..it.clone() };
        let folders = self.narrowed.iter().map(|it| anywhere(&it.1.policy));
        folders.fold(anywhere(&self.outside.policy), |all, it| all.and(&it))
    }

    /// A file's name in prompts: relative to its innermost root, with `/`.
    pub(super) fn name(&self, path: &Path) -> String {
        let within = self.roots.iter().filter_map(|it| path.strip_prefix(it).ok());
        let shortest = within.min_by_key(|it| it.components().count());
        let name = shortest.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
        name.to_string_lossy().replace('\\', "/")
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

    /// The text of a workspace file that is allowed in a prompt with `other`.
    pub(super) fn file_with(&self, path: &Path, other: Option<&Path>) -> Option<String> {
        self.goes_with(path, other).then(|| self.file(path)).flatten()
    }

    /// Whether a file is allowed in a prompt with `other`.
    pub(super) fn goes_with(&self, path: &Path, other: Option<&Path>) -> bool {
        self.is_covered(path, &self.options(other).policy)
    }

    /// Whether a file is not paused and every recipient that `policy` allows may receive it.
    pub(super) fn is_covered(&self, path: &Path, policy: &PrivacyPolicy) -> bool {
        self.shared.pauses.holds(Some(path)).is_none()
            && policy.clone().and(&self.options(Some(path)).policy) == *policy
    }
}
