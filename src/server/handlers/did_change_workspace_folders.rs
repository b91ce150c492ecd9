//! `workspace/didChangeWorkspaceFolders`: folders come and go; the index follows.

use tower_lsp_server::gen_lsp_types::DidChangeWorkspaceFoldersParams;

use crate::server::from_proto;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidChangeWorkspaceFoldersParams) {
    let mut state = session.state();
    let paths = |folders: &[_]| folders.iter().filter_map(|it| from_proto::path(&it.uri)).collect();
    let (added, removed): (Vec<_>, Vec<_>) = (paths(&params.event.added), paths(&params.event.removed));
    state.roots.retain(|it| !removed.contains(it) && !added.contains(it));
    state.roots.extend(added);
    state.engine.shared.index.set_roots(state.roots.clone());
}
