//! The findings of reviews: their quick fixes, `understudy.review.apply` and `understudy.review.dismiss`.

use std::ops::Range;

use tower_lsp_server::gen_lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, Command, MessageType, Uri,
};

use crate::feature::action::change::{ActionChange, Replacement};
use crate::feature::action::finding::{Finding, Review};
use crate::server::ext::FindingParams;
use crate::server::handlers::{act, code_action, diagnostic};
use crate::server::session::{Session, Snapshot};
use crate::server::{ext, from_proto, to_proto};

const APPLY: &str = "Understudy: Apply the suggested change";
const DISMISS: &str = "Understudy: Dismiss";
const DISMISS_ALL: &str = "Understudy: Dismiss all";
/// Characters of a message in a menu with several findings.
const BRIEF: usize = 50;

/// A finding that an editor shows.
#[derive(Clone)]
pub(crate) struct ShownFinding {
    id: u64,
    pub(crate) finding: Finding,
}

/// Shows the findings in place of earlier ones in the same lines.
pub(super) async fn show(session: &Session, uri: &Uri, title: &str, review: Review) {
    let found = review.findings.len();
    let shown = replace(session, uri, review);
    diagnostic::publish(session, uri.clone()).await;
    let message = match (found, shown) {
        (0, _) => format!("Understudy: {title}: no findings"),
        (_, 0) => format!("Understudy: {title}: the lines with findings have changed"),
        (_, _) => return,
    };
    session.client.show_message(MessageType::Info, message).await;
}

/// Stores the findings whose lines are unchanged, and returns their number.
fn replace(session: &Session, uri: &Uri, review: Review) -> usize {
    let named = |finding| ShownFinding { id: session.number(), finding };
    let new: Vec<ShownFinding> = review.findings.into_iter().map(named).collect();
    let mut state = session.state();
    let Some(open) = state.documents.get(uri.as_ref()) else { return 0 };
    let rope = open.document.rope.clone();
    let reviewed = review.lines.range().unwrap_or_default();
    let is_outside = |it: &ShownFinding| {
        let range = it.finding.range(&rope);
        range.is_some_and(|it| it.start < reviewed.start || it.end > reviewed.end)
    };
    let all = state.findings.entry(uri.as_ref().to_owned()).or_default();
    all.retain(is_outside);
    let before = all.len();
    all.extend(new.into_iter().filter(|it| it.finding.range(&rope).is_some()));
    all.len() - before
}

/// A finding in the lines for which actions are requested.
struct FindingHere {
    shown: ShownFinding,
    range: Range<usize>,
    /// What its suggestion replaces.
    replacements: Option<Vec<Replacement>>,
}

/// The quick fixes of the findings at a place.
pub(super) fn fixes(session: &Session, params: &CodeActionParams) -> Vec<CodeAction> {
    let is_wanted = code_action::wants(&params.context, &CodeActionKind::QuickFix);
    let Some((snap, here)) = here(session, params).filter(|_| is_wanted) else { return Vec::new() };
    let uri = &params.text_document.uri;
    let mut fixes: Vec<CodeAction> =
        here.iter().flat_map(|it| fixes_of(session, &snap, uri, it, here.len())).collect();
    if !fixes.is_empty() {
        let all = FindingParams { uri: uri.clone(), id: None };
        fixes.push(action(DISMISS_ALL.to_owned(), ext::DISMISS_FINDINGS, &all));
    }
    fixes
}

/// The findings in the lines for which actions are requested.
fn here(session: &Session, params: &CodeActionParams) -> Option<(Snapshot, Vec<FindingHere>)> {
    // Under the lock that changes take, so that the document and the ranges match.
    let state = session.state();
    let snap = state.snapshot(&params.text_document.uri)?;
    let rope = &snap.open.document.rope;
    let lines = |it: &Range<usize>| rope.byte_to_line(it.start)..=rope.byte_to_line(it.end);
    let asked = lines(&snap.range(from_proto::range(params.range)));
    let all = state.findings.get(&*snap.open.key).into_iter().flatten();
    let here = all.filter_map(|shown| {
        let range = shown.finding.range(rope)?;
        let there = lines(&range);
        let is_here = there.start() <= asked.end() && asked.start() <= there.end();
        let replacements = shown.finding.change.as_ref().and_then(ActionChange::replacements);
        is_here.then(|| FindingHere { shown: shown.clone(), range, replacements })
    });
    let here = here.collect();
    drop(state);
    Some((snap, here))
}

/// The quick fixes of one of `count` findings: apply, dismiss.
fn fixes_of(
    session: &Session,
    snap: &Snapshot,
    uri: &Uri,
    here: &FindingHere,
    count: usize,
) -> Vec<CodeAction> {
    let finding = &here.shown.finding;
    let title = |title: &str| match count {
        1 => title.to_owned(),
        _ => format!("{title}: {:.BRIEF$}", finding.message),
    };
    let named = FindingParams { uri: uri.clone(), id: Some(here.shown.id) };
    let dismiss = action(title(DISMISS), ext::DISMISS_FINDINGS, &named);
    let versions = session.state().abilities.versions;
    let apply =
        finding.change.as_ref().zip(here.replacements.as_ref()).map(|(change, replaced)| {
            if act::needs_review(session, change) {
                return action(title(APPLY), ext::APPLY_FINDING, &named);
            }
            let edit = Some(to_proto::document_edit(snap, replaced, versions, None));
            // The finding is dismissed as well: an insertion leaves its lines as they are.
            CodeAction { edit, ..action(title(APPLY), ext::DISMISS_FINDINGS, &named) }
        });
    let reported = diagnostic::diagnostic(snap, &here.range, finding.severity, &finding.message);
    let fixes = apply.into_iter().chain([dismiss]);
    fixes.map(|it| CodeAction { diagnostics: Some(vec![reported.clone()]), ..it }).collect()
}

fn action(title: String, command: &str, named: &FindingParams) -> CodeAction {
    CodeAction {
        kind: Some(CodeActionKind::QuickFix),
        command: Some(Command {
            title: title.clone(),
            tooltip: None,
            command: command.to_owned(),
            arguments: serde_json::to_value(named).ok().map(|it| vec![it]),
        }),
        title,
        ..Default::default()
    }
}

/// `understudy.review.apply`: applies the suggested change of a finding once the user has confirmed it.
pub(super) async fn apply(session: &Session, named: FindingParams) {
    let change = {
        let state = session.state();
        let mut all = state.findings.get(named.uri.as_ref()).into_iter().flatten();
        all.find(|it| named.id == Some(it.id)).and_then(|it| it.finding.change.clone())
    };
    let Some(change) = change else { return };
    match act::apply(session, &named.uri, (APPLY, None), &change).await {
        Ok(true) => dismiss(session, named).await,
        Ok(false) => {}
        Err(reason) => {
            let message = format!("Understudy: {reason}");
            session.client.show_message(MessageType::Warning, message).await;
        }
    }
}

/// `understudy.review.dismiss`: removes one finding of a document, or all of them.
pub(super) async fn dismiss(session: &Session, dismissed: FindingParams) {
    if let Some(all) = session.state().findings.get_mut(dismissed.uri.as_ref()) {
        all.retain(|it| dismissed.id.is_some_and(|id| it.id != id));
    }
    diagnostic::publish(session, dismissed.uri).await;
}
