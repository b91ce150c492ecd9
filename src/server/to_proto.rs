//! Translates our types into LSP's.

use std::collections::HashMap;
use std::ops::Range;

use tower_lsp_server::gen_lsp_types as lsp;

use crate::feature::action::change::Replacement;
use crate::feature::action::verify::CheckNote;
use crate::feature::completion::CompletionResponse;
use crate::feature::completion::suggestion::Suggestion;
use crate::server::client::Abilities;
use crate::server::ext;
use crate::server::session::Snapshot;
use crate::text;
use crate::text::position::Encoding;

/// Characters that open a popup while the user types, in editors without ghost text. A space is not among
/// them: a popup there takes the return key from the user.
const TRIGGERS: [&str; 5] = [".", ":", "(", "=", ","];

/// Id of the change annotation that requires confirmation.
pub(crate) const ANNOTATION: &str = "understudy";

/// The source of our diagnostics.
pub(crate) const SOURCE: &str = "understudy";

/// The kinds of our code actions.
const KINDS: [lsp::CodeActionKind; 4] = [
    lsp::CodeActionKind::QuickFix,
    lsp::CodeActionKind::Refactor,
    lsp::CodeActionKind::RefactorExtract,
    lsp::CodeActionKind::RefactorRewrite,
];

pub(crate) fn capabilities(abilities: &Abilities) -> lsp::ServerCapabilities {
    lsp::ServerCapabilities {
        position_encoding: Some(match abilities.encoding {
            Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
            Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
            Encoding::Utf32 => lsp::PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(
            lsp::TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(lsp::TextDocumentSyncKind::Incremental),
                save: Some(true.into()),
                ..Default::default()
            }
            .into(),
        ),
        notebook_document_sync: Some(notebooks().into()),
        // `true`, not options: lsp-mode treats an empty object as nothing.
        inline_completion_provider: Some(true.into()),
        completion_provider: (!abilities.ghost_text).then(|| lsp::CompletionOptions {
            trigger_characters: Some(TRIGGERS.map(str::to_owned).into()),
            ..Default::default()
        }),
        hover_provider: Some(true.into()),
        code_action_provider: Some(
            lsp::CodeActionOptions { code_action_kinds: Some(KINDS.into()), ..Default::default() }
                .into(),
        ),
        diagnostic_provider: abilities.pulls_diagnostics.then(|| {
            lsp::DiagnosticOptions {
                identifier: Some(SOURCE.to_owned()),
                inter_file_dependencies: false,
                workspace_diagnostics: false,
                ..Default::default()
            }
            .into()
        }),
        execute_command_provider: Some(lsp::ExecuteCommandOptions {
            commands: ext::COMMANDS.map(str::to_owned).into(),
            ..Default::default()
        }),
        workspace: Some(lsp::WorkspaceOptions {
            workspace_folders: Some(lsp::WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(true.into()),
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// All cells of all notebooks. Text cells are included: they are between the others.
fn notebooks() -> lsp::NotebookDocumentSyncOptions {
    let all =
        lsp::NotebookDocumentFilterWithNotebook { notebook: "*".to_owned().into(), cells: None };
    lsp::NotebookDocumentSyncOptions { notebook_selector: vec![all.into()], save: Some(false) }
}

/// `None` keeps what the editor shows, an empty list hides it: a superseded request must not hide the answer
/// of the newer one.
pub(crate) fn inline_completions(
    snap: &Snapshot,
    answer: &CompletionResponse,
) -> Option<lsp::InlineCompletionResponse> {
    let offers = match answer {
        CompletionResponse::Superseded => return None,
        CompletionResponse::Silent(_) => &[][..],
        CompletionResponse::Offers(offers) => offers,
    };
    let items = offers.iter().map(|it| lsp::InlineCompletionItem {
        insert_text: lsp::InsertText::String(it.text.clone()),
        filter_text: None,
        range: Some(range(snap, &it.range)),
        command: None,
    });
    Some(lsp::InlineCompletionList { items: items.collect() }.into())
}

/// Suggestions as items of a popup. The list is always incomplete, so that the next keystroke sends a
/// request.
pub(crate) fn completions(
    snap: &Snapshot,
    answer: &CompletionResponse,
    abilities: Abilities,
) -> lsp::CompletionResponse {
    let items = match answer {
        CompletionResponse::Superseded | CompletionResponse::Silent(_) => Vec::new(),
        CompletionResponse::Offers(offers) => {
            offers.iter().map(|it| completion(snap, it, abilities)).collect()
        }
    };
    lsp::CompletionList { is_incomplete: true, items, item_defaults: None, apply_kind: None }.into()
}

/// The name of a model without the folders of its file, which some local servers report.
fn without_folders(target: &str) -> String {
    let file = target.split_once('/').filter(|it| it.1.to_lowercase().ends_with(".gguf"));
    let file = file.and_then(|(provider, path)| Some((provider, path.rsplit(['/', '\\']).next()?)));
    file.map_or_else(|| target.to_owned(), |(provider, file)| format!("{provider}/{file}"))
}

/// Editors filter by the word before the cursor, so the item contains and replaces that word.
fn completion(snap: &Snapshot, offer: &Suggestion, abilities: Abilities) -> lsp::CompletionItem {
    let document = &snap.open.document;
    let line = document.rope.byte_to_line(offer.range.start);
    let before =
        document.rope.byte_slice(document.rope.line_to_byte(line)..offer.range.start).to_string();
    let word = before.len() - before.trim_end_matches(text::is_word).len();
    let (added, end) = match abilities.keeps_covered {
        true => (before_covered(snap, offer), offer.range.start),
        false => (&*offer.text, offer.range.end),
    };
    let text = format!("{}{added}", &before[before.len() - word..]);
    let sure = offer.confidence.map(|it| format!(" {:.0} %", it * 100.0)).unwrap_or_default();
    lsp::CompletionItem {
        label: label(&text),
        detail: Some(format!("Understudy: {}{sure}", without_folders(&offer.by))),
        kind: Some(lsp::CompletionItemKind::Text),
        // Sorted behind the items of other servers, and never preselected.
        sort_text: Some("\u{10FFFF}".to_owned()),
        preselect: Some(false),
        filter_text: Some(text.clone()),
        insert_text_format: Some(lsp::InsertTextFormat::PlainText),
        insert_text_mode: Some(lsp::InsertTextMode::AsIs),
        text_edit: Some(
            lsp::TextEdit { range: range(snap, &(offer.range.start - word..end)), new_text: text }
                .into(),
        ),
        ..Default::default()
    }
}

/// The beginning of a suggestion, up to the text that it covers, for an editor that inserts it and keeps that text.
pub(crate) fn before_covered<'a>(snap: &Snapshot, offer: &'a Suggestion) -> &'a str {
    let covered = snap.open.document.rope.byte_slice(offer.range.clone()).to_string();
    let first = &covered[..covered.chars().next().map_or(0, char::len_utf8)];
    match offer.text.rfind(&*covered).or_else(|| offer.text.rfind(first)) {
        Some(end) if !covered.is_empty() => &offer.text[..end],
        Some(_) | None => &offer.text,
    }
}

/// The first non-empty line of a text: editors show a label in one line.
fn label(text: &str) -> String {
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default().trim_end().to_owned();
    if lines.next().is_some() { first + " …" } else { first }
}

/// An edit of the snapshot's version of the document. The editor refuses it if it has another version. With
/// `review` the editor shows it with this label and asks the user first.
pub(crate) fn document_edit(
    snap: &Snapshot,
    replacements: &[Replacement],
    versions: bool,
    review: Option<lsp::ChangeAnnotation>,
) -> lsp::WorkspaceEdit {
    let edits = replacements.iter().map(|it| {
        let (range, text) = before_the_end(snap, it);
        lsp::TextEdit { range: self::range(snap, &range), new_text: text.to_owned() }
    });
    let uri = (*snap.open.key).to_owned().into();
    if !versions {
        let changes = HashMap::from([(uri, edits.collect())]);
        return lsp::WorkspaceEdit { changes: Some(changes), ..Default::default() };
    }
    let text_document = lsp::OptionalVersionedTextDocumentIdentifier {
        version: Some(snap.open.document.version),
        text_document_identifier: lsp::TextDocumentIdentifier { uri },
    };
    let edits = edits.map(|text_edit| match &review {
        Some(_) => {
            lsp::AnnotatedTextEdit { annotation_id: ANNOTATION.to_owned(), text_edit }.into()
        }
        None => text_edit.into(),
    });
    let edit = lsp::TextDocumentEdit { text_document, edits: edits.collect() };
    lsp::WorkspaceEdit {
        document_changes: Some(vec![edit.into()]),
        change_annotations: review.map(annotations),
        ..Default::default()
    }
}

/// The label of a change that the user must confirm, with what a check found.
pub(crate) fn confirmation(label: String, note: Option<&CheckNote>) -> lsp::ChangeAnnotation {
    let description = note.map(CheckNote::to_string);
    lsp::ChangeAnnotation { label, needs_confirmation: Some(true), description }
}

pub(crate) fn annotations(
    annotation: lsp::ChangeAnnotation,
) -> HashMap<String, lsp::ChangeAnnotation> {
    HashMap::from([(ANNOTATION.to_owned(), annotation)])
}

/// A replacement without the document's last line end: editors that do not count it as text have no position
/// behind it.
fn before_the_end<'a>(snap: &Snapshot, (range, text): &'a Replacement) -> (Range<usize>, &'a str) {
    let rope = &snap.open.document.rope;
    let stood = |end: &str| {
        let mut bytes = (range.start..range.end).rev().map(|it| rope.byte(it));
        end.bytes().rev().all(|it| bytes.next() == Some(it))
    };
    let ends = ["\r\n", "\n"].into_iter().find(|it| stood(it) && text.ends_with(it));
    match ends.filter(|_| range.end == rope.len_bytes()) {
        Some(end) => (range.start..range.end - end.len(), &text[..text.len() - end.len()]),
        None => (range.clone(), text),
    }
}

pub(crate) fn range(snap: &Snapshot, range: &Range<usize>) -> lsp::Range {
    let position = |offset| {
        let position = snap.open.document.position(offset, snap.encoding);
        lsp::Position { line: position.line, character: position.character }
    };
    lsp::Range { start: position(range.start), end: position(range.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_file_is_shown_without_its_folders() {
        for (target, expected) in [
            ("local//home/me/models/Qwen.Q4.gguf", "local/Qwen.Q4.gguf"),
            ("local/C:\\models\\qwen.GGUF", "local/qwen.GGUF"),
            ("hub/qwen/qwen3-coder", "hub/qwen/qwen3-coder"),
            ("embedded", "embedded"),
        ] {
            assert_eq!(without_folders(target), expected);
        }
    }
}
