//! `textDocument/didOpen`: from now on the editor's text is authoritative, not the file's.

use tower_lsp_server::gen_lsp_types::{DidOpenTextDocumentParams, TextDocumentItem};

use crate::feature::document::OpenDocument;
use crate::feature::notebook;
use crate::feature::notebook::Notebook;
use crate::server::from_proto;
use crate::server::session::{Session, SessionState};
use crate::text::Document;

pub(crate) fn run(session: &Session, params: DidOpenTextDocumentParams) {
    open(session, params.text_document);
}

/// Opens a document, which may be a notebook's cell.
pub(crate) fn open(session: &Session, item: TextDocumentItem) {
    if !from_proto::is_ours(&item.uri) {
        return;
    }
    let document = Document::new(&item.text, item.version, item.language_id.as_str());
    let mut state = session.state();
    let key = item.uri.as_ref();
    let (notebook, path) = cell(&mut state, key);
    let path = from_proto::path(&item.uri).or(path);
    let mut open = OpenDocument::new(key, path, document, &state.engine.core.shared.trees);
    if let Some(notebook) = notebook {
        open = open.cell(notebook);
    }
    let (engine, place) = (state.engine.clone(), open.place(0));
    if let Some(before) = state.documents.insert(item.uri.to_string(), open) {
        before.close();
    }
    drop(state);
    session.turn_to(item.uri.as_ref());
    // At the first request, the document should be parsed and the models ready.
    if let Some(models) = engine.core.models.clone() {
        tokio::spawn(async move { models.ready().await });
    }
    tokio::task::spawn_blocking(move || engine.completer.prepare(&place));
}

/// The notebook of a cell: the one that the editor opened, else the one that the cell's name contains. Also
/// its file, if the editor opened the notebook.
fn cell(state: &mut SessionState, key: &str) -> (Option<Notebook>, Option<std::path::PathBuf>) {
    if let Some((uri, notebook)) = state.notebooks.iter().find(|it| it.1.holds(key)) {
        return (Some(notebook.clone()), from_proto::path(&uri.clone().into()));
    }
    let name = notebook::name(key);
    (name.map(|it| state.notebooks.entry(it.to_owned()).or_default().clone()), None)
}
