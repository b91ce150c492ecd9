//! `notebookDocument/didOpen`, `didChange` and `didClose`: the cells of a notebook and their order. Each cell
//! is a document, and changes to it are applied as to any document.

use std::sync::Arc;

use ropey::Rope;
use tower_lsp_server::gen_lsp_types as lsp;
use tower_lsp_server::gen_lsp_types::{
    DidChangeNotebookDocumentParams, DidCloseNotebookDocumentParams, DidOpenNotebookDocumentParams,
    NotebookCellKind, NotebookDocumentCellChangeStructure,
};

use crate::feature::notebook::{CellKind, Notebook, NotebookCell};
use crate::server::handlers::{did_change, did_close, did_open};
use crate::server::session::Session;

pub(crate) fn open(session: &Session, params: DidOpenNotebookDocumentParams) {
    let book = params.notebook_document;
    let notebook = Notebook::ordered(book.cells.iter().map(cell).collect());
    session.state().notebooks.insert(book.uri.to_string(), notebook);
    for item in params.cell_text_documents {
        did_open::open(session, item);
    }
}

pub(crate) fn change(session: &Session, params: DidChangeNotebookDocumentParams) {
    let uri = params.notebook_document.uri;
    let Some(notebook) = session.state().notebooks.get(uri.as_ref()).cloned() else { return };
    let Some(cells) = params.change.cells else { return };
    if let Some(structure) = cells.structure {
        restructure(session, &notebook, structure);
    }
    for it in cells.data.iter().flatten() {
        notebook.set_kind(it.document.as_ref(), kind(it.kind));
    }
    for it in cells.text_content.into_iter().flatten() {
        did_change::change(session, it.document, it.changes);
    }
}

pub(crate) fn close(session: &Session, params: &DidCloseNotebookDocumentParams) {
    session.state().notebooks.remove(params.notebook_document.uri.as_ref());
    for it in &params.cell_text_documents {
        did_close::close(session, &it.uri);
    }
}

/// Adds, removes and moves cells. A cell that moves is removed and added again, and keeps its document.
fn restructure(
    session: &Session,
    notebook: &Notebook,
    structure: NotebookDocumentCellChangeStructure,
) {
    let array = structure.array;
    let new = array.cells.iter().flatten().map(cell).collect();
    notebook.splice(array.start as usize, array.delete_count as usize, new);
    for it in structure.did_close.iter().flatten() {
        did_close::close(session, &it.uri);
    }
    for item in structure.did_open.into_iter().flatten() {
        did_open::open(session, item);
    }
    for it in array.cells.iter().flatten() {
        let open = session.state().documents.get(it.document.as_ref()).cloned();
        if let Some(open) = open {
            notebook.put(&open.key, open.language_name(), &open.document.rope);
        }
    }
}

fn cell(it: &lsp::NotebookCell) -> NotebookCell {
    let key = it.document.as_ref().into();
    NotebookCell { key, kind: kind(it.kind), language: Arc::default(), rope: Rope::new() }
}

fn kind(kind: NotebookCellKind) -> CellKind {
    match kind {
        NotebookCellKind::Markup => CellKind::Markup,
        NotebookCellKind::Code | NotebookCellKind::Custom(_) => CellKind::Code,
    }
}
