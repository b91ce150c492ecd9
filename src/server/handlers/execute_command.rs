//! `workspace/executeCommand`: runs a command of ours.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tower_lsp_server::gen_lsp_types::{ExecuteCommandParams, MessageActionItem, MessageType};
use tower_lsp_server::jsonrpc::{Error, Result};

use crate::server::ext;
use crate::server::ext::More;
use crate::server::handlers::{act, ask, explain, next_edit, pause, review, sent};
use crate::server::session::Session;

/// The message in an editor without a choice in messages.
const AGAIN: &str = "Understudy: open the code actions again here to see the other actions";

/// The question above the other actions. Helix cuts their titles to its width.
const WHICH: &str = "Understudy: which of the other actions for these lines?";

pub(crate) async fn run(session: &Session, params: ExecuteCommandParams) -> Result<Option<Value>> {
    let token = params.work_done_progress_params.work_done_token;
    let arguments = params.arguments.unwrap_or_default();
    match &*params.command {
        ext::ACT => act::run(session, argument(arguments)?, token).await,
        ext::ASK => ask::run(session, argument(arguments)?, token).await,
        ext::EXPLAIN => explain::run(session, argument(arguments)?, token).await,
        ext::PAUSE => pause::run(session, argument(arguments)?).await?,
        ext::RESUME => pause::end(session, argument(arguments)?).await?,
        ext::SENT => return Ok(Some(sent::run(session))),
        ext::NEXT_EDIT_ACCEPT => next_edit::accepted(session, arguments).await,
        ext::NEXT_EDIT_REJECT => next_edit::rejected(session, &argument(arguments)?),
        ext::APPLY_FINDING => review::apply(session, argument(arguments)?).await,
        ext::DISMISS_FINDINGS => review::dismiss(session, argument(arguments)?).await,
        ext::MORE => {
            if let Some(chosen) = choose(session, argument(arguments)?).await {
                act::run(session, chosen, token).await;
            }
        }
        other => return Err(Error::invalid_params(format!("unknown command {other:.60}"))),
    }
    Ok(None)
}

fn argument<T: DeserializeOwned>(arguments: Vec<Value>) -> Result<T> {
    let first = arguments.into_iter().next().unwrap_or_default();
    serde_json::from_value(first)
        .map_err(|it| Error::invalid_params(format!("the command's argument: {it}")))
}

/// The user's choice. In an editor without a choice in messages, the next menu contains the actions instead.
async fn choose(session: &Session, more: More) -> Option<ext::Act> {
    if !session.state().abilities.offers {
        let act = more.actions.into_iter().next()?.act;
        session.expand(act.uri, act.range);
        session.client.show_message(MessageType::Info, AGAIN).await;
        return None;
    }
    let item = |title: &str| MessageActionItem { title: title.to_owned(), ..Default::default() };
    let items = more.actions.iter().map(|it| item(&it.title)).collect();
    let answer = session.client.show_message_request(MessageType::Info, WHICH, Some(items));
    let chosen = answer.await.ok()??;
    more.actions.into_iter().find(|it| it.title == chosen.title).map(|it| it.act)
}
