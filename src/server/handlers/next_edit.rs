//! `textDocument/copilotInlineEdit` and `understudy/nextEdit`: where the change that was just made is due
//! next. Always a list, never null: some clients read it without a look.

use serde_json::Value;
use tower_lsp_server::gen_lsp_types::Command;

use crate::feature::document::OpenDocument;
use crate::feature::next_edit::Kind;
use crate::feature::next_edit::NextEdit;
use crate::feature::next_edit::Within;
use crate::prompt::Trigger;
use crate::server::ext;
use crate::server::ext::next_edit::AskNextEdit;
use crate::server::ext::next_edit::EditKind;
use crate::server::ext::next_edit::InlineEdit;
use crate::server::ext::next_edit::Known;
use crate::server::ext::next_edit::NextEdits;
use crate::server::ext::next_edit::Versioned;
use crate::server::session::Session;
use crate::server::session::Snapshot;
use crate::server::to_proto;

/// Who suggests what needs no model.
const HISTORY: &str = "history";

/// As Copilot's clients know it: an edit of the document that was asked about.
pub(crate) async fn copilot(session: &Session, params: AskNextEdit) -> NextEdits {
    let edit = find(session, &params, Within::Document).await;
    let edits = edit.into_iter().map(|it| InlineEdit { known: None, ..it });
    NextEdits { edits: edits.collect() }
}

/// The same for clients that jump to another document first.
pub(crate) async fn run(session: &Session, params: AskNextEdit) -> NextEdits {
    let edit = find(session, &params, Within::OpenDocuments).await;
    NextEdits { edits: edit.into_iter().collect() }
}

async fn find(session: &Session, params: &AskNextEdit, within: Within) -> Option<InlineEdit> {
    let uri = &params.text_document.text_document_identifier.uri;
    let snap = session.snapshot(uri)?;
    if snap.open.document.version != params.text_document.version {
        return None;
    }
    let invoked = params.context.as_ref().and_then(|it| it.trigger_kind) == Some(1);
    let trigger = if invoked { Trigger::Invoked } else { Trigger::Automatic };
    let (place, others) = (snap.place(params.position), others(session, &snap));
    // The loop goes on with the next message while a task of this request's own computes.
    tokio::task::yield_now().await;
    let edit = snap.engine.next_edit(&place, &others, within, trigger)?;
    let is_stale = session.snapshot(uri)?.open.document.version != snap.open.document.version;
    if is_stale {
        return None;
    }
    let target = of(&others, &snap, &edit)?;
    Some(inline_edit(&target, edit))
}

/// The other open documents, the one that its user was in last first.
pub(super) fn others(session: &Session, snap: &Snapshot) -> Vec<OpenDocument> {
    let state = session.state();
    let others = state.documents.values().filter(|it| it.key != snap.open.key);
    let mut others: Vec<OpenDocument> = others.cloned().collect();
    drop(state);
    others.sort_by_key(|it| (snap.engine.since(it), it.key.clone()));
    others
}

/// The document of an edit.
pub(super) fn of(others: &[OpenDocument], snap: &Snapshot, edit: &NextEdit) -> Option<Snapshot> {
    let all = std::iter::once(&snap.open).chain(others);
    let open = all.into_iter().find(|it| it.key == edit.document)?.clone();
    Some(Snapshot { engine: snap.engine.clone(), open, encoding: snap.encoding })
}

fn inline_edit(target: &Snapshot, edit: NextEdit) -> InlineEdit {
    InlineEdit {
        text_document: Versioned { uri: (*edit.document).to_owned().into(), version: edit.version },
        range: to_proto::range(target, &edit.range),
        command: accept(edit.id),
        known: Some(Known {
            kind: match edit.kind {
                Kind::Repeat => EditKind::Repeat,
                Kind::Rename => EditKind::Rename,
            },
            source: HISTORY,
            confidence: edit.confidence,
        }),
        text: edit.text,
    }
}

pub(super) fn accept(id: String) -> Command {
    Command {
        title: "Accept next edit".to_owned(),
        tooltip: None,
        command: ext::NEXT_EDIT_ACCEPT.to_owned(),
        arguments: Some(vec![id.into()]),
    }
}

/// `understudy.nextEdit.accept`: the edit was applied. Clients that do not say so are understood too.
pub(crate) fn accepted(session: &Session, id: &Value) {
    let engine = session.state().engine.clone();
    id.as_str().inspect(|it| engine.shared.next_edits.accept(it));
}

/// `understudy.nextEdit.reject`: its user does not want it.
pub(crate) fn rejected(session: &Session, id: &Value) {
    let engine = session.state().engine.clone();
    id.as_str().inspect(|it| engine.shared.next_edits.reject(it));
}
