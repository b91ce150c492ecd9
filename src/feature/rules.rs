//! The project's rule files in prompts of actions, questions, reviews and commit messages. They are workspace
//! text under the same privacy policies as other files and grant no permissions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task;

use crate::context::{CHOSEN, Part, PartKind};
use crate::feature::core::Core;
use crate::prompt::Chat;
use crate::router::spec::PrivacyPolicy;
use crate::workspace::rules;
use crate::workspace::rules::{RuleTexts, Rules};

/// The rule files of the open folders.
#[derive(Clone)]
pub(super) struct ProjectRules {
    core: Arc<Core>,
    texts: Arc<RuleTexts>,
}

impl ProjectRules {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core), texts: Arc::default() }
    }

    /// Adds the rules nearest to `folder` to a prompt, and their paths to `files`. Skips files with a
    /// stricter policy than `policy`. Files are read outside the LSP message loop.
    pub(super) async fn add(
        &self,
        (chat, files): (&mut Chat, &mut Vec<String>),
        folder: Option<&Path>,
        policy: &PrivacyPolicy,
    ) {
        let Some(folder) = folder else { return };
        let parts = self.nearest(folder, policy).await.into_iter().map(|it| Part {
            kind: PartKind::Rules,
            path: self.core.name(&it.path),
            text: it.text,
            rank: CHOSEN,
        });
        let parts: Vec<Part> = parts.collect();
        files.extend(parts.iter().map(|it| it.path.clone()));
        files.sort_unstable();
        files.dedup();
        chat.parts.splice(..0, parts);
    }

    async fn nearest(&self, folder: &Path, policy: &PrivacyPolicy) -> Vec<Rules> {
        let roots = self.core.roots.iter().filter(|it| folder.starts_with(it));
        let Some(root) = roots.max_by_key(|it| it.components().count()) else { return Vec::new() };
        let (folder, root) = (folder.to_owned(), root.clone());
        let guard = Arc::clone(&self.core.shared.guard);
        let found = task::spawn_blocking(move || rules::candidates(&folder, &root, &guard)).await;
        let groups = found.unwrap_or_default().into_iter().map(|mut group| {
            group.retain(|it| self.core.is_covered(it, policy));
            group
        });
        let groups: Vec<Vec<PathBuf>> = groups.collect();
        let texts = Arc::clone(&self.texts);
        let read = task::spawn_blocking(move || {
            let mut read = groups.iter().map(|it| texts.read(it));
            read.find(|it| !it.is_empty()).unwrap_or_default()
        });
        read.await.unwrap_or_default()
    }
}
