//! Finds the right base url on the same server, if the configured one has a wrong path.

use std::time::Duration;

use tokio::time::Instant;

use crate::prompt::Prompt;
use crate::provider::failure::Failure;
use crate::provider::failure::class::REDIRECTS;
use crate::provider::probe::{ProbeFinding, ProbeReport, told};
use crate::provider::transport::Transport;
use crate::provider::{Target, address, dialect, probe};

/// Tries other base urls, if the result indicates a wrong path. Returns the first that works.
pub(super) async fn find(
    transport: &Transport,
    target: &Target,
    report: &ProbeReport,
    within: Duration,
) -> Option<String> {
    if ![&report.reach, &report.call].into_iter().any(is_of_path) {
        return None;
    }
    // A server with a list of models has the right path: only the model is missing.
    let has_list = matches!(
        report.model,
        ProbeFinding::Good(_) | ProbeFinding::Bad(Failure::ModelGone { .. })
    );
    let provider = &target.provider;
    for variant in address::variants(&provider.url, provider.preset) {
        if calls(transport, target, &variant, within).await
            || !has_list && lists(transport, target, &variant, within).await
        {
            return Some(variant);
        }
    }
    None
}

/// Whether a failure is typical of a wrong path, such as an unknown route or a web page.
fn is_of_path(found: &ProbeFinding) -> bool {
    match found {
        ProbeFinding::Bad(Failure::Connect { reason }) => reason.starts_with(REDIRECTS),
        ProbeFinding::Bad(failure) => matches!(
            failure,
            Failure::ModelGone { .. }
                | Failure::BadRequest { .. }
                | Failure::Refused { .. }
                | Failure::Garbled { .. }
                | Failure::Cut
        ),
        ProbeFinding::Good(_) | ProbeFinding::Unsaid(_) | ProbeFinding::Skipped => false,
    }
}

/// Whether a small completion is answered there, or rejected only because of its key or a limit.
async fn calls(transport: &Transport, target: &Target, variant: &str, within: Duration) -> bool {
    let mut request = dialect::encode(target, &Prompt::Fill(probe::hole()));
    let Some(path) = address::path_to(&target.provider.url, variant, &request.path) else {
        return false;
    };
    request.path = path;
    matches!(
        probe::read(transport, target, &request, within).await,
        Ok(_) | Err(Failure::Auth { .. } | Failure::RateLimited { .. } | Failure::Quota { .. })
    )
}

/// Whether the list of models is there.
async fn lists(transport: &Transport, target: &Target, variant: &str, within: Duration) -> bool {
    let provider = &target.provider;
    let path = address::path_to(&provider.url, variant, provider.preset.models);
    let Some(path) = path.filter(|_| !provider.preset.models.is_empty()) else { return false };
    let body = transport.fetch(target, &path, None, Instant::now() + within).await;
    body.is_ok_and(|it| told::models(&it).is_some())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::HeaderMap;

    use super::*;
    use crate::provider::failure::{FailedRequest, class};

    #[test]
    fn a_redirect_indicates_a_wrong_path() {
        let (headers, asked) = (HeaderMap::new(), FailedRequest::default());
        let failure = class::of_response(301, &headers, b"", &asked, SystemTime::UNIX_EPOCH);
        assert!(is_of_path(&ProbeFinding::Bad(failure)));
    }
}
