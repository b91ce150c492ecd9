//! LSP: an editor's session over any pair of streams.
//!
//! `connection` moves messages, `backend` names the methods, `handlers` translate one method each
//! between the protocol (`from_proto`, `to_proto`, `ext`) and the features. No prompt, price or
//! retry stands here.

mod backend;
pub(crate) mod client;
pub mod connection;
mod ext;
pub mod frames;
mod from_proto;
mod handlers;
mod offered;
mod session;
mod to_proto;
pub mod wire;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp_server::LspService;

use crate::app::Environment;
use crate::server::backend::Backend;
use crate::server::connection::ConnectionEnd;
use crate::server::session::Session;

/// Serves one editor until it leaves.
pub async fn run<I, O>(input: I, output: O, environment: Environment) -> ConnectionEnd
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
{
    let (service, socket) =
        LspService::build(|it| Backend { session: Session::new(it, environment) })
            .custom_method("window/workDoneProgress/cancel", Backend::cancel_progress)
            .custom_method(ext::FORMATTED_INLINE_COMPLETION, Backend::formatted_inline_completion)
            .custom_method(ext::STATUS, Backend::status)
            .custom_method(ext::DID_FOCUS, Backend::did_focus)
            .custom_method(ext::CHECK_STATUS, Backend::check_status)
            .custom_method(ext::SIGN_IN, Backend::sign_in)
            .custom_method(ext::SIGN_OUT, Backend::sign_out)
            .custom_method(ext::PANEL, Backend::panel)
            .custom_method(ext::GET_COMPLETIONS, Backend::get_completions)
            .custom_method(ext::GET_COMPLETIONS_CYCLING, Backend::cycle)
            .custom_method(ext::GET_PANEL_COMPLETIONS, Backend::get_panel)
            .custom_method(ext::NOTIFY_SHOWN, Backend::shown)
            .custom_method(ext::NOTIFY_ACCEPTED, Backend::accepted)
            .custom_method(ext::NOTIFY_REJECTED, Backend::rejected)
            .custom_method(ext::SET_EDITOR_INFO, Backend::set_editor_info)
            .custom_method(ext::GET_VERSION, Backend::version)
            .custom_method(ext::SIGN_IN_INITIATE, Backend::sign_in_initiate)
            .custom_method(ext::SIGN_IN_CONFIRM, Backend::sign_in_confirm)
            .custom_method(ext::DID_SHOW, Backend::did_show)
            .custom_method(ext::INLINE_EDIT, Backend::inline_edit)
            .custom_method(ext::NEXT_EDIT, Backend::next_edit)
            .custom_method(ext::DID_SHOW_INLINE_EDIT, Backend::did_show_inline_edit)
            .custom_method(ext::DID_PARTIALLY_ACCEPT, Backend::did_partially_accept)
            .finish();
    connection::run(input, output, service, socket).await
}
