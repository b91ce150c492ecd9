//! What Copilot's clients say and ask beside the standard, so that they work with us as they are:
//! <https://www.npmjs.com/package/@github/copilot-language-server>. There is no account here, so
//! whoever asks for one has it.

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

/// How long a client may take to be ready for the answer to what it has just asked. Jupyter's writes
/// its question before it notes that it waits: an answer within a fraction of a millisecond was lost.
const READY: Duration = Duration::from_millis(10);

/// Gives a client that may be such a one time to wait for its answer.
pub(crate) async fn settle(session: &Session) {
    let is_hasty = session.state().abilities.unnamed;
    if is_hasty {
        tokio::time::sleep(READY).await;
    }
}

/// `textDocument/didFocus`: what was done in another document is learned by now.
pub(crate) fn focus(session: &Session, params: &DidFocus) {
    if let Some(document) = &params.text_document {
        session.turn_to(document.uri.as_ref());
    }
}

/// `didChangeStatus`, and `statusNotification` for older clients: the same as `understudy/status`.
pub(crate) async fn tell(session: &Session, status: &Status) {
    let anybody_out = status.providers.iter().any(|it| !it.up);
    let kind = match status.state {
        StatusState::Degraded => AnswerKind::Warning,
        StatusState::Embedded if anybody_out => AnswerKind::Warning,
        StatusState::Embedded | StatusState::Ok | StatusState::Paused | StatusState::Blocked => {
            AnswerKind::Normal
        }
    };
    let message = || status.message.clone();
    let status_of_old = StatusOfOld { status: kind, message: message() };
    session.client.send_notification::<StatusNotification>(status_of_old).await;
    let told = CopilotStatus { busy: false, message: message(), kind };
    session.client.send_notification::<DidChangeStatus>(told).await;
}
