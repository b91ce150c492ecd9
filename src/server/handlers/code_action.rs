//! `textDocument/codeAction`: the actions for a place. No request is sent to a model.

use std::ops::{Range, RangeInclusive};

use tower_lsp_server::gen_lsp_types::{
    CodeAction, CodeActionContext, CodeActionDisabled, CodeActionKind, CodeActionParams,
    CodeActionResponse, CodeActionTag, CodeActionTriggerKind, Command, Diagnostic,
};

use crate::feature::action::ActionText;
use crate::prompt::action;
use crate::prompt::action::{Action, ActionKind, ActionOutput};
use crate::server::client::Abilities;
use crate::server::ext::{Act, ActionChoice, More};
use crate::server::handlers::{next_edit, review};
use crate::server::session::{Menu, Session, Snapshot};
use crate::server::{ext, from_proto, to_proto};

pub(crate) fn run(session: &Session, params: CodeActionParams) -> Option<Vec<CodeActionResponse>> {
    let snap = session.snapshot(&params.text_document.uri)?;
    let mut first = review::fixes(session, &params);
    first.extend(next(session, &snap, &params));
    let actions = actions(session, snap, params);
    match first.is_empty() {
        true => actions,
        false => {
            let first = first.into_iter().map(Into::into);
            Some(first.chain(actions.into_iter().flatten()).collect())
        }
    }
}

/// The next edit, for an invoked menu only, not for an automatic light bulb.
fn next(session: &Session, snap: &Snapshot, params: &CodeActionParams) -> Option<CodeAction> {
    let invoked = params.context.trigger_kind != Some(CodeActionTriggerKind::Automatic);
    let range = session.state().selection(snap, params.range);
    let is_wanted = invoked && wants(&params.context, &CodeActionKind::QuickFix);
    is_wanted.then(|| next_edit::action(session, snap, range.start)).flatten()
}

/// The actions that use a model.
fn actions(
    session: &Session,
    snap: Snapshot,
    params: CodeActionParams,
) -> Option<Vec<CodeActionResponse>> {
    let CodeActionParams { text_document, range, context, .. } = params;
    let (uri, version) = (text_document.uri, snap.open.document.version);
    let abilities = session.state().abilities;
    let bytes = session.state().selection(&snap, range);
    let mark = snap.open.mark(bytes.clone());
    // An editor asks for actions where its cursor rests.
    if bytes.is_empty() {
        snap.engine.completer.rested(&snap.open.place(bytes.start));
    }
    session.offers(Menu { uri: uri.clone(), version, range, mark });
    let invoked = context.trigger_kind != Some(CodeActionTriggerKind::Automatic);
    let expands = invoked && session.expands(&uri, range);
    let mut diagnostics = context.diagnostics.clone();
    // Our own diagnostics are not passed on as a compiler's.
    diagnostics.retain(|it| it.source.as_deref() != Some(to_proto::SOURCE));
    let mut actions = fitting(&snap, &bytes, &diagnostics, abilities);
    actions.retain(|it| invoked || it.kind == ActionKind::Fix);
    actions.retain(|it| wants(&context, &kind(it.kind)));
    let act = |action: &Action| Act {
        uri: uri.clone(),
        version,
        range,
        action: action.name.to_string(),
        instruction: None,
        diagnostics: if action.kind == ActionKind::Fix { diagnostics.clone() } else { Vec::new() },
        formatting: None,
    };
    if let Some(reason) = snap.engine.actions.refusal(&snap.open) {
        let shows = invoked && abilities.disabled_actions && context.only.is_none();
        let first = actions.first().filter(|_| shows)?;
        let item = item(first, act(first), &diagnostics, abilities);
        let disabled = Some(CodeActionDisabled { reason: reason.to_string() });
        return Some(vec![CodeAction { command: None, disabled, ..item }.into()]);
    }
    let (actions, others) = match action::split_menu(actions) {
        (_, others) if expands => (others, Vec::new()),
        split => split,
    };
    let widened = invoked.then(|| snap.engine.actions.widened(&snap.open, &bytes)).flatten();
    let actions: Vec<Action> = actions.into_iter().map(|it| titled(it, widened.as_ref())).collect();
    let items = actions.iter().map(|it| item(it, act(it), &diagnostics, abilities).into());
    let mut items: Vec<CodeActionResponse> = items.collect();
    if !others.is_empty() {
        let others = others.into_iter().map(|it| titled(it, widened.as_ref()));
        let choices = others.map(|it| ActionChoice { title: it.title.to_string(), act: act(&it) });
        items.push(more(choices.collect()).into());
    }
    Some(items)
}

/// The actions that fit a range. Its diagnostics are recorded.
fn fitting(
    snap: &Snapshot,
    range: &Range<usize>,
    diagnostics: &[Diagnostic],
    abilities: Abilities,
) -> Vec<Action> {
    let reported: Vec<_> = diagnostics.iter().map(from_proto::diagnostic).collect();
    let complaints = reported.iter().map(|it| (it.line.saturating_sub(1), it.message.clone()));
    snap.open.complained(range, complaints);
    let words = if abilities.input { ActionText::Asked } else { ActionText::InComments };
    snap.engine.actions.fitting(&snap.open, range, &reported, words)
}

/// The action with the lines in its title that an edit is widened to.
fn titled(mut action: Action, widened: Option<&RangeInclusive<usize>>) -> Action {
    if let Some(lines) = widened.filter(|_| action.gives == ActionOutput::Edit) {
        let (first, last) = (lines.start(), lines.end());
        action.title = format!("{} (widened to lines {first}-{last})", action.title).into();
    }
    action
}

fn item(action: &Action, act: Act, diagnostics: &[Diagnostic], abilities: Abilities) -> CodeAction {
    let of = if action.kind == ActionKind::Fix { diagnostics } else { &[] };
    let title = match of.first() {
        Some(it) => format!("Understudy: {}: {:.60}", action.title, from_proto::message(it)),
        None => format!("Understudy: {}", action.title),
    };
    // An editor that can ask the user for text does that first.
    let command = if action.takes_words() && abilities.input { ext::INPUT } else { ext::ACT };
    CodeAction {
        title: title.clone(),
        kind: Some(kind(action.kind)),
        diagnostics: (!of.is_empty()).then(|| of.to_vec()),
        command: Some(Command {
            title,
            tooltip: None,
            command: command.to_owned(),
            arguments: serde_json::to_value(act).ok().map(|it| vec![it]),
        }),
        tags: abilities.action_tags.then(|| vec![CodeActionTag::LLMGenerated]),
        ..Default::default()
    }
}

fn more(actions: Vec<ActionChoice>) -> CodeAction {
    let title = "Understudy: More…".to_owned();
    CodeAction {
        title: title.clone(),
        kind: Some(CodeActionKind::Refactor),
        command: Some(Command {
            title,
            tooltip: None,
            command: ext::MORE.to_owned(),
            arguments: serde_json::to_value(More { actions }).ok().map(|it| vec![it]),
        }),
        ..Default::default()
    }
}

fn kind(kind: ActionKind) -> CodeActionKind {
    match kind {
        ActionKind::Fix => CodeActionKind::QuickFix,
        ActionKind::Extract => CodeActionKind::RefactorExtract,
        ActionKind::Rewrite => CodeActionKind::RefactorRewrite,
        ActionKind::Refactor | ActionKind::Ask => CodeActionKind::Refactor,
    }
}

/// Whether the editor wants actions of this kind.
pub(super) fn wants(context: &CodeActionContext, kind: &CodeActionKind) -> bool {
    context.only.as_ref().is_none_or(|only| only.iter().any(|it| holds(it, kind)))
}

/// Whether a kind belongs to another: `refactor` contains `refactor.rewrite`.
fn holds(outer: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let [outer, kind] = [outer, kind].map(|it| {
        let name = serde_json::to_value(it).ok();
        name.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
    });
    outer.is_empty()
        || kind.strip_prefix(&*outer).is_some_and(|it| it.is_empty() || it.starts_with('.'))
}
