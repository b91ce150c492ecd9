//! `workspace/didChangeWatchedFiles`: files changed outside the editor are read again.

use std::path::{Path, PathBuf};

use tower_lsp_server::gen_lsp_types::DidChangeWatchedFilesParams;

use crate::config::source::WORKSPACE_FILE;
use crate::server::from_proto;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidChangeWatchedFilesParams) {
    let paths = params.changes.iter().filter_map(|it| from_proto::file(&it.uri));
    changed(session, &paths.collect::<Vec<_>>());
}

/// Reads files or folders that were created, changed or removed, whether the editor or the watcher reports
/// it.
pub(crate) fn changed(session: &Session, paths: &[PathBuf]) {
    let index = session.state().engine.core.shared.index.clone();
    paths.iter().for_each(|it| index.changed(it));
    if paths.iter().any(|it| is_settings(session, it)) {
        session.reload(None);
    }
}

/// Whether settings are read from this file: the user's own, or a workspace's.
pub(crate) fn is_settings(session: &Session, path: &Path) -> bool {
    session.environment.config.path() == Some(path) || path.ends_with(WORKSPACE_FILE)
}
