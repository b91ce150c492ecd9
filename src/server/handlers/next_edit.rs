//! `textDocument/copilotInlineEdit` and `understudy/nextEdit`: the next place for the change that was just
//! made, else an edit that a model suggests. The result is always a list, never null: some clients access it unchecked.

use serde_json::Value;
use tokio::time::timeout;
use tower_lsp_server::gen_lsp_types::{
    CodeAction, CodeActionKind, Command, ShowDocumentParams, Uri,
};

use crate::feature::document::OpenDocument;
use crate::feature::next_edit::rename::NameConflict;
use crate::feature::next_edit::{
    NextEdit, NextEditKind, NextEditTrigger, RenamedDefinition, SearchScope,
};
use crate::server::client::PATIENCE;
use crate::server::ext::next_edit::{
    AskNextEdit, Conflict, EditKind, InlineEdit, Known, NextEdits, Renamed, Versioned,
};
use crate::server::handlers::diagnostic;
use crate::server::session::{Session, Snapshot};
use crate::server::{ext, to_proto};

/// The source of an edit that needs no model.
const HISTORY: &str = "history";
/// Characters of a text in a menu.
const BRIEF: usize = 30;

/// For Copilot's clients: an edit of the requested document.
pub(crate) async fn copilot(session: &Session, params: AskNextEdit) -> NextEdits {
    let edit = find(session, &params, SearchScope::Document).await;
    let edits = edit.into_iter().map(|it| InlineEdit { known: None, ..it });
    NextEdits { edits: edits.collect(), conflict: None }
}

/// For clients that can jump to another document first.
pub(crate) async fn run(session: &Session, params: AskNextEdit) -> NextEdits {
    let edit = find(session, &params, SearchScope::OpenDocuments).await;
    let conflict = if edit.is_none() { conflict(session, &params) } else { None };
    NextEdits { edits: edit.into_iter().collect(), conflict }
}

fn conflict(session: &Session, params: &AskNextEdit) -> Option<Conflict> {
    let snap = session.snapshot(&params.text_document.text_document_identifier.uri)?;
    if snap.open.document.version != params.text_document.version {
        return None;
    }
    let (place, others) = (snap.place(params.position), others(session, &snap));
    let NameConflict { definition, new, line, file } =
        snap.engine.next_edits.conflict(&place, &others)?;
    let (line, old) = (line + 1, &definition.old);
    let file = file.map(|it| format!("{it}, ")).unwrap_or_default();
    let message = format!(
        "`{new}` is already declared in {file}line {line}: uses of `{old}` are not renamed"
    );
    Some(Conflict { definition: renamed(&others, &snap, &definition)?, message })
}

async fn find(session: &Session, params: &AskNextEdit, scope: SearchScope) -> Option<InlineEdit> {
    let uri = &params.text_document.text_document_identifier.uri;
    let snap = session.snapshot(uri)?;
    if snap.open.document.version != params.text_document.version {
        return None;
    }
    let invoked = params.context.as_ref().and_then(|it| it.trigger_kind) == Some(1);
    let asked = if invoked { NextEditTrigger::Invoked } else { NextEditTrigger::Automatic };
    let (place, others) = (snap.place(params.position), others(session, &snap));
    let predictor = &snap.engine.edit_predictor;
    // In the order of arrival, so before the first `.await`.
    let number = predictor.begin(&place);
    snap.engine.completer.rested(&place);
    // The loop continues with the next message while this request computes in its own task.
    tokio::task::yield_now().await;
    let is_newest = || predictor.newest(&place) == number;
    if !is_newest() {
        return None;
    }
    let found = snap.engine.next_edits.find_complete(&place, &others, scope, asked).await;
    let edit = match found {
        _ if !is_newest() => return None,
        Some(edit) => edit,
        None => predictor.predict(&place, &others, asked, number).await?,
    };
    let is_stale = session.snapshot(uri)?.open.document.version != snap.open.document.version;
    if is_stale {
        return None;
    }
    let target = of(&others, &snap, &edit.document)?;
    let definition = edit.definition.as_ref().and_then(|it| renamed(&others, &snap, it));
    Some(inline_edit(&target, edit, definition))
}

fn renamed(
    others: &[OpenDocument],
    snap: &Snapshot,
    definition: &RenamedDefinition,
) -> Option<Renamed> {
    let RenamedDefinition { document, version, range, old } = definition;
    let target = of(others, snap, document)?;
    Some(Renamed {
        text_document: Versioned { uri: (**document).to_owned().into(), version: *version },
        range: to_proto::range(&target, range),
        old_name: old.clone(),
    })
}

/// The other open documents, the most recently used first.
pub(super) fn others(session: &Session, snap: &Snapshot) -> Vec<OpenDocument> {
    let state = session.state();
    let others = state.documents.values().filter(|it| it.key != snap.open.key);
    let mut others: Vec<OpenDocument> = others.cloned().collect();
    drop(state);
    others.sort_by_key(|it| (snap.engine.next_edits.since(it), it.key.clone()));
    others
}

/// The open document with a key.
pub(super) fn of(others: &[OpenDocument], snap: &Snapshot, key: &str) -> Option<Snapshot> {
    let all = std::iter::once(&snap.open).chain(others);
    let open = all.into_iter().find(|it| *it.key == *key)?.clone();
    Some(Snapshot { engine: snap.engine.clone(), open, encoding: snap.encoding })
}

fn inline_edit(target: &Snapshot, edit: NextEdit, definition: Option<Renamed>) -> InlineEdit {
    InlineEdit {
        text_document: Versioned { uri: (*edit.document).to_owned().into(), version: edit.version },
        range: to_proto::range(target, &edit.range),
        command: accept(edit.id),
        known: Some(Known {
            kind: match edit.kind {
                NextEditKind::Repeat => EditKind::Repeat,
                NextEditKind::Rename => EditKind::Rename,
                NextEditKind::Parameter => EditKind::Parameter,
                NextEditKind::Model => EditKind::Model,
            },
            source: edit.by.as_deref().unwrap_or(HISTORY).to_owned(),
            confidence: edit.confidence,
            definition,
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

/// The next edit as an entry of a menu, for editors that cannot show it in the text. The title contains place
/// and change; choosing it applies the edit and moves the cursor there.
pub(super) fn action(session: &Session, snap: &Snapshot, offset: usize) -> Option<CodeAction> {
    let others = others(session, snap);
    let place = snap.open.place(offset);
    let edit = snap
        .engine
        .next_edits
        .find(&place, &others, SearchScope::OpenDocuments, NextEditTrigger::Listed)
        .or_else(|| snap.engine.edit_predictor.predicted(&place, &others))?;
    let target = of(&others, snap, &edit.document)?;
    let title = title(snap, &target, &edit);
    let at = to_proto::range(&target, &(edit.range.start..edit.range.start));
    let shown = ShowDocumentParams {
        uri: (*edit.document).to_owned().into(),
        external: None,
        take_focus: Some(true),
        selection: Some(at),
    };
    let versions = session.state().abilities.versions;
    let replacement = (edit.range.clone(), edit.text.clone());
    let mut command = accept(edit.id);
    command.arguments.get_or_insert_default().extend(serde_json::to_value(shown));
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QuickFix),
        edit: Some(to_proto::document_edit(&target, &[replacement], versions, None)),
        command: Some(command),
        ..Default::default()
    })
}

fn title(snap: &Snapshot, target: &Snapshot, edit: &NextEdit) -> String {
    let line = target.open.document.rope.byte_to_line(edit.range.start) + 1;
    let file = target.open.path.as_ref().filter(|_| target.open.key != snap.open.key);
    let file = file.and_then(|it| Some(format!(" of {}", it.file_name()?.to_string_lossy())));
    let file = file.unwrap_or_default();
    let [old, new] = [&edit.old, &edit.text].map(|it| brief(it));
    match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("Next edit: line {line}{file}, add `{new}`"),
        (_, true) => format!("Next edit: line {line}{file}, remove `{old}`"),
        _ => format!("Next edit: line {line}{file}, `{old}` → `{new}`"),
    }
}

/// A text, cut for one line of a menu.
fn brief(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(BRIEF) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Shows the place of the next edit as a hint after an edit, and removes the last hint. Does nothing if the
/// document was edited again.
pub(crate) async fn hint(session: &Session, uri: Uri, version: i32) {
    let current = || session.snapshot(&uri).filter(|it| it.open.document.version == version);
    let Some(snap) = current() else { return };
    let (others, trigger) = (others(session, &snap), NextEditTrigger::Listed);
    let scope = SearchScope::OpenDocuments;
    let place = snap.open.edited_place().unwrap_or_else(|| snap.open.place(0));
    let predictor = &snap.engine.edit_predictor;
    // A request of the client supersedes the hint, and not the other way round.
    let number = predictor.newest(&place);
    let edit = snap.engine.next_edits.find_complete(&place, &others, scope, trigger).await;
    if current().is_none() {
        return;
    }
    let is_found = edit.is_some();
    show_hint(session, &snap, &others, edit).await;
    let Some(place) = snap.open.edited_place().filter(|_| !is_found) else { return };
    let edit = predictor.predict(&place, &others, trigger, number).await;
    if edit.is_some() && current().is_some() {
        show_hint(session, &snap, &others, edit).await;
    }
}

/// Replaces the last hint.
async fn show_hint(
    session: &Session,
    snap: &Snapshot,
    others: &[OpenDocument],
    edit: Option<NextEdit>,
) {
    let new = edit.and_then(|edit| {
        let target = of(others, snap, &edit.document)?;
        let message = title(&target, &target, &edit);
        let mark = target.open.mark(edit.range.clone());
        Some(((*edit.document).to_owned().into(), (mark, message)))
    });
    let old = std::mem::replace(&mut session.state().hinted, new.clone());
    let [old, new] = [old, new].map(|it| it.map(|it| it.0));
    if let Some(old) = old.filter(|it| new.as_ref() != Some(it)) {
        diagnostic::publish(session, old).await;
    }
    if let Some(new) = new {
        diagnostic::publish(session, new).await;
    }
}

/// `understudy.nextEdit.accept`: the edit was applied. Clients that do not send this are supported too. If
/// the edit was chosen in a menu, its place is shown.
pub(crate) async fn accepted(session: &Session, arguments: Vec<Value>) {
    let mut arguments = arguments.into_iter();
    let Some(Value::String(id)) = arguments.next() else { return };
    let engine = session.state().engine.clone();
    engine.core.shared.next_edits.accept(&id);
    engine.edit_predictor.report_fates();
    let shown = arguments.next().and_then(|it| serde_json::from_value(it).ok());
    if let Some(shown) = shown.filter(|_| session.state().abilities.shows_documents) {
        // If the editor does not go there, the edit is applied nevertheless.
        _ = timeout(PATIENCE, session.client.show_document(shown)).await;
    }
}

/// `understudy.nextEdit.reject`: the user rejects the edit.
pub(crate) fn rejected(session: &Session, id: &Value) {
    let engine = session.state().engine.clone();
    id.as_str().inspect(|it| engine.core.shared.next_edits.reject(it));
}
