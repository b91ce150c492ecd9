//! `understudy.sent`: the last requests that left this machine, for the user to read.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::server::ext::SentRequest;
use crate::server::session::Session;

pub(crate) fn run(session: &Session) -> Value {
    let engine = Arc::clone(&session.state().engine);
    let all = engine.core.models.as_ref().map(|it| it.client.recent.all()).unwrap_or_default();
    let requests = all.into_iter().map(|it| SentRequest {
        at: it.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        provider: it.target.to_string(),
        url: it.url,
        text: it.body,
    });
    serde_json::to_value(requests.collect::<Vec<_>>()).unwrap_or_default()
}
