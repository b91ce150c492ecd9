//! Methods of Copilot's clients beyond the standard, so that these clients work unchanged:
//! <https://www.npmjs.com/package/@github/copilot-language-server>. There are no accounts: every user counts
//! as signed in.

use std::time::Duration;

use crate::server::ext::legacy::{StatusNotification, StatusOfOld};
use crate::server::ext::{
    Account, AnswerKind, CopilotStatus, DidChangeStatus, DidFocus, Status, StatusState,
};
use crate::server::session::Session;

const USER: &str = "understudy";

/// The answers to `checkStatus`, `signIn` and `signOut`.
pub(crate) const SIGNED_IN: Account = Account { status: "OK", user: USER };
pub(crate) const ALREADY: Account = Account { status: "AlreadySignedIn", user: USER };
pub(crate) const SIGNED_OUT: Account = Account { status: "NotSignedIn", user: USER };

/// How long a client may take to be ready for the response to its request. Jupyter's client writes the
/// request before it registers a handler: a response within a fraction of a millisecond was lost.
const READY: Duration = Duration::from_millis(10);

/// Waits until a client that may do so is ready for its response.
pub(crate) async fn settle(session: &Session) {
    let is_hasty = session.state().abilities.unnamed;
    if is_hasty {
        tokio::time::sleep(READY).await;
    }
}

/// `textDocument/didFocus`: changes in the previous document are learned.
pub(crate) fn focus(session: &Session, params: &DidFocus) {
    if let Some(document) = &params.text_document {
        session.turn_to(document.uri.as_ref());
    }
}

/// `didChangeStatus`, and `statusNotification` for older clients: the content of `understudy/status`.
pub(crate) async fn tell(session: &Session, status: &Status) {
    let is_any_unavailable = status.providers.iter().any(|it| !it.up);
    let kind = match status.state {
        StatusState::Degraded => AnswerKind::Warning,
        StatusState::Embedded if is_any_unavailable => AnswerKind::Warning,
        StatusState::Embedded | StatusState::Ok | StatusState::Paused | StatusState::Blocked => {
            AnswerKind::Normal
        }
    };
    let message = || status.message.clone();
    let status_of_old = StatusOfOld { status: kind, message: message() };
    session.client.send_notification::<StatusNotification>(status_of_old).await;
    let status = CopilotStatus { busy: false, message: message(), kind };
    session.client.send_notification::<DidChangeStatus>(status).await;
}
