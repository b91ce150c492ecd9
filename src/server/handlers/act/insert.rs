//! Inserts text into another file. The user did not name that file, so confirmation is required first.

use std::path::Path;

use tower_lsp_server::gen_lsp_types as lsp;

use crate::feature::action::verify::CheckNote;
use crate::reply::suite::Insertions;
use crate::server::handlers::answer::AnswerPublisher;
use crate::server::handlers::job::agrees;
use crate::server::session::Session;
use crate::server::to_proto;
use crate::server::to_proto::ANNOTATION;
use crate::text::uri::Family;
use crate::text::{self, Document, uri};

pub(super) async fn run(
    session: &Session,
    (path, text): (&Path, Option<&str>),
    insertions: &Insertions,
    publisher: &AnswerPublisher<'_>,
    note: Option<&CheckNote>,
) -> Result<(), String> {
    let abilities = session.state().abilities;
    let name = shown(session, path);
    let exists = path.exists();
    let asks = abilities.confirms || abilities.offers;
    if !asks || !abilities.versions || !exists && !abilities.creates {
        // If the text cannot be added, the user can still read and copy it.
        let text: String = insertions.iter().map(|it| &*it.1).collect();
        publisher.show(&format!("For `{name}`:\n\n````\n{text}````\n")).await;
        return Ok(());
    }
    let question = match exists {
        true => format!("Add to {name}?"),
        false => format!("Create {name}?"),
    };
    let said = note.map(|it| format!(" ({it})")).unwrap_or_default();
    if !abilities.confirms && !agrees(session, format!("{question}{said}")).await {
        return Ok(());
    }
    let review = abilities.confirms.then(|| to_proto::confirmation(question, note));
    let edit = edit(session, (path, text), insertions, review)?;
    let applied = session.client.apply_edit(edit).await.map_err(|it| it.message.into_owned())?;
    match applied.applied {
        true if !exists && abilities.hides_created => {
            let note = format!("Understudy: the tests are in the new file {name}");
            session.client.show_message(lsp::MessageType::Info, note).await;
            Ok(())
        }
        true => Ok(()),
        false => Err(applied.failure_reason.unwrap_or_else(|| format!("{name} was not changed"))),
    }
}

/// The path of a file, relative to its innermost root.
fn shown(session: &Session, path: &Path) -> String {
    let state = session.state();
    let within = state.roots.iter().filter_map(|it| path.strip_prefix(it).ok());
    let shortest = within.min_by_key(|it| it.components().count());
    shortest.unwrap_or(path).display().to_string()
}

/// # Errors
/// Returns an error if the file is no longer the text that the offsets refer to.
fn edit(
    session: &Session,
    (path, text): (&Path, Option<&str>),
    insertions: &Insertions,
    review: Option<lsp::ChangeAnnotation>,
) -> Result<lsp::WorkspaceEdit, String> {
    let uri: lsp::Uri = uri::from_path(&path.to_string_lossy(), Family::HERE).into();
    let state = session.state();
    let (open, encoding) = (state.documents.get(uri.as_ref()).cloned(), state.abilities.encoding);
    drop(state);
    let version = open.as_ref().map(|it| it.document.version);
    let there = open.map(|it| it.document).or_else(|| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(Document::new(&text, 0, ""))
    });
    if there.as_ref().zip(text).is_some_and(|(there, text)| there.rope != text) {
        let path = path.display();
        return Err(format!("{path} changed while the model answered: nothing was inserted"));
    }
    let first = there.as_ref().map(|it| it.rope.line(0).to_string()).unwrap_or_default();
    let annotation = review.as_ref().map(|_| ANNOTATION.to_owned());
    let edits = insertions.iter().map(|(at, text)| -> lsp::Edit {
        let at = there.as_ref().map_or_else(Default::default, |it| {
            it.position((*at).min(it.rope.len_bytes()), encoding)
        });
        let at = lsp::Position { line: at.line, character: at.character };
        let new_text = text::with_line_ends_of(&first, text);
        let text_edit = lsp::TextEdit { range: lsp::Range { start: at, end: at }, new_text };
        match &annotation {
            Some(id) => lsp::AnnotatedTextEdit { annotation_id: id.clone(), text_edit }.into(),
            None => text_edit.into(),
        }
    });
    let edits = edits.collect();
    let mut changes: Vec<lsp::DocumentChange> = Vec::new();
    if there.is_none() {
        let create =
            lsp::CreateFile { uri: uri.clone(), options: None, annotation_id: annotation.clone() };
        changes.push(create.into());
    }
    let text_document = lsp::OptionalVersionedTextDocumentIdentifier {
        version,
        text_document_identifier: lsp::TextDocumentIdentifier { uri },
    };
    changes.push(lsp::TextDocumentEdit { text_document, edits }.into());
    Ok(lsp::WorkspaceEdit {
        document_changes: Some(changes),
        change_annotations: review.map(to_proto::annotations),
        ..Default::default()
    })
}
