//! `workspace/didChangeWatchedFiles`: files changed outside the editor are read again.

use tower_lsp_server::gen_lsp_types::DidChangeWatchedFilesParams;
use tower_lsp_server::gen_lsp_types::FileChangeType;

use crate::server::from_proto;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidChangeWatchedFilesParams) {
    let index = session.state().engine.shared.index.clone();
    for event in &params.changes {
        let Some(path) = from_proto::path(&event.uri) else { continue };
        match event.kind {
            FileChangeType::Deleted => index.removed(&path),
            FileChangeType::Created | FileChangeType::Changed | FileChangeType::Custom(_) => {
                index.changed(&path);
            }
        }
    }
}
