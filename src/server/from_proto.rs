//! Translates LSP types into our own.

use std::ops::Range;
use std::path::PathBuf;

use tower_lsp_server::gen_lsp_types as lsp;

use crate::prompt::action::Diagnostic;
use crate::text::position::Position;
use crate::text::uri::Family;
use crate::text::{Change, uri};

/// Schemes of documents that the user does not edit: versions from git, output, web pages.
const VIEWS: [&str; 14] = [
    "git",
    "gitfs",
    "gitlens",
    "git-graph",
    "output",
    "debug",
    "log",
    "search-editor",
    "walkthrough",
    "comment",
    "data",
    "http",
    "https",
    "javascript",
];

/// Whether completion is offered in documents with this URI.
pub(crate) fn is_ours(uri: &lsp::Uri) -> bool {
    uri::scheme(uri.as_ref()).is_some_and(|it| !VIEWS.contains(&it.as_str()))
}

/// The path that stands for a document: a notebook's file for its cells; a path outside of this machine's
/// folders for a document of another machine or of the editor itself; `None` for a document without a name.
pub(crate) fn path(uri: &lsp::Uri) -> Option<PathBuf> {
    file(uri).or_else(|| uri::foreign_path(uri.as_ref()).map(PathBuf::from))
}

/// The file on this machine that a URI names: a notebook's file for its cells.
pub(crate) fn file(uri: &lsp::Uri) -> Option<PathBuf> {
    let (scheme, rest) = uri.as_ref().split_once(':')?;
    let path = match scheme.to_ascii_lowercase().as_str() {
        "file" => uri::to_path(uri.as_ref(), Family::HERE),
        "vscode-notebook-cell" if rest.starts_with("//") => {
            uri::to_path(&format!("file:{rest}"), Family::HERE)
        }
        "vscode-notebook-cell" => uri::to_path(&format!("file://{rest}"), Family::HERE),
        _ => None,
    };
    path.map(PathBuf::from)
}

pub(crate) fn position(position: lsp::Position) -> Position {
    Position { line: position.line, character: position.character }
}

pub(crate) fn range(range: lsp::Range) -> Range<Position> {
    position(range.start)..position(range.end)
}

/// A diagnostic, with its line counted from 1.
pub(crate) fn diagnostic(it: &lsp::Diagnostic) -> Diagnostic {
    let related = it.related_information.iter().flatten().map(|it| {
        let line = it.location.range.start.line + 1;
        let name = it.location.uri.as_ref().rsplit('/').next().unwrap_or_default().to_owned();
        format!("{name}:{line}: {}", it.message)
    });
    Diagnostic {
        line: it.range.start.line as usize + 1,
        source: it.source.clone(),
        code: it.code.as_ref().map(|it| match it {
            lsp::Code::Int(code) => code.to_string(),
            lsp::Code::String(code) => code.clone(),
        }),
        message: message(it).to_owned(),
        related: related.collect(),
    }
}

/// The message of a diagnostic.
pub(crate) fn message(it: &lsp::Diagnostic) -> &str {
    match &it.message {
        lsp::Message::String(message) => message,
        lsp::Message::MarkupContent(message) => &message.value,
    }
}

pub(crate) fn change(event: lsp::TextDocumentContentChangeEvent) -> Change {
    match event {
        lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(it) => {
            Change { range: Some(range(it.range)), text: it.text }
        }
        lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(it) => {
            Change { range: None, text: it.text }
        }
    }
}
