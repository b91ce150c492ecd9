//! `textDocument/diagnostic`: the findings of reviews and the place of the next edit. Editors that accept
//! `textDocument/publishDiagnostics` receive them as soon as they change; only other editors request them.

use std::ops::Range;

use tokio::time::timeout;
use tower_lsp_server::gen_lsp_types as lsp;

use crate::reply::review::Severity;
use crate::server::client::PATIENCE;
use crate::server::session::{Session, Snapshot};
use crate::server::to_proto;

pub(crate) fn run(
    session: &Session,
    params: &lsp::DocumentDiagnosticParams,
) -> lsp::DocumentDiagnosticReport {
    let found = diagnostics(session, &params.text_document.uri);
    let items = found.map(|it| it.1).unwrap_or_default();
    lsp::RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: lsp::FullDocumentDiagnosticReport {
            result_id: None,
            items,
        },
    }
    .into()
}

/// Publishes the diagnostics of a document; none for a closed one. Editors that request diagnostics are told to
/// request them again.
pub(crate) async fn publish(session: &Session, uri: lsp::Uri) {
    let abilities = session.state().abilities;
    if abilities.pulls_diagnostics {
        if abilities.refreshes_diagnostics {
            let refreshed = session.client.workspace_diagnostic_refresh();
            // If the editor refuses, it requests them at the next change.
            _ = timeout(PATIENCE, refreshed).await;
        }
        return;
    }
    let (version, found) = diagnostics(session, &uri).unzip();
    let found = found.unwrap_or_default();
    session.client.publish_diagnostics(uri, found, version).await;
}

/// The version of a document and its diagnostics; `None` for a closed one.
fn diagnostics(session: &Session, uri: &lsp::Uri) -> Option<(i32, Vec<lsp::Diagnostic>)> {
    // Under the lock that changes take, so that the document and the ranges match.
    let state = session.state();
    let snap = &state.snapshot(uri)?;
    let rope = &snap.open.document.rope;
    let findings = state.findings.get(&*snap.open.key).into_iter().flatten();
    let findings = findings.filter_map(|it| {
        let finding = &it.finding;
        Some(diagnostic(snap, &finding.range(rope)?, finding.severity, &finding.message))
    });
    let next = state.hinted.iter().filter(|it| it.0.as_ref() == &*snap.open.key);
    let next = next.filter_map(|(_, (mark, message))| {
        let (start, document) = (mark.range()?.start, &snap.open.document);
        let line = rope.byte_to_line(start);
        let end = rope.line_to_byte(line) + document.line(line).len_bytes();
        Some(diagnostic(snap, &(start..end), Severity::Hint, message))
    });
    Some((snap.open.document.version, findings.chain(next).collect()))
}

pub(super) fn diagnostic(
    snap: &Snapshot,
    range: &Range<usize>,
    severity: Severity,
    message: &str,
) -> lsp::Diagnostic {
    lsp::Diagnostic {
        range: to_proto::range(snap, range),
        severity: Some(match severity {
            Severity::Hint => lsp::DiagnosticSeverity::Hint,
            Severity::Information => lsp::DiagnosticSeverity::Information,
            Severity::Warning => lsp::DiagnosticSeverity::Warning,
            Severity::Error => lsp::DiagnosticSeverity::Error,
        }),
        source: Some(to_proto::SOURCE.to_owned()),
        message: message.to_owned().into(),
        ..Default::default()
    }
}
