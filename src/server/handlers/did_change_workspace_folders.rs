//! `workspace/didChangeWorkspaceFolders`: folders are added and removed, and the index follows.

use std::path::PathBuf;

use tower_lsp_server::gen_lsp_types::{DidChangeWorkspaceFoldersParams, WorkspaceFolder};

use crate::app::engine;
use crate::server::from_proto;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidChangeWorkspaceFoldersParams) {
    let (added, removed) = (paths(&params.event.added), paths(&params.event.removed));
    let mut state = session.state();
    state.roots.retain(|it| !removed.contains(it) && !added.contains(it));
    state.roots.extend(added);
    drop(state);
    // A new folder may have its own settings.
    session.reload(None);
    let state = session.state();
    state.engine.core.shared.index.set_roots(engine::walked(&state.config, &state.roots));
    drop(state);
    session.watch();
}

fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders.iter().filter_map(|it| from_proto::file(&it.uri)).collect()
}
