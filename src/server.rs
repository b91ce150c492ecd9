//! LSP: an editor's session over any pair of streams.
//!
//! `connection` moves messages, `backend` names the methods, `handlers` translate one method each
//! between the protocol (`from_proto`, `to_proto`, `ext`) and the features. No prompt, price or
//! retry stands here.

mod backend;
mod client;
pub mod connection;
mod ext;
pub mod frames;
mod from_proto;
mod handlers;
mod offered;
mod session;
mod settings;
mod to_proto;
pub mod wire;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tower_lsp_server::LspService;

use crate::config::Config;
use crate::config::Problem;
use crate::config::route::Group;
use crate::config::source::UserFile;
use crate::feature::Engine;
use crate::feature::Shared;
use crate::feature::models::Models;
use crate::router::fleet::Member;
use crate::server::backend::Backend;
use crate::server::connection::End;
use crate::server::session::Session;

/// Where a server finds what is its user's own.
#[derive(Clone, Default)]
pub struct Start {
    pub config: UserFile,
    /// A folder of queries laid over ours.
    pub queries: Option<PathBuf>,
    /// Called with the settings whenever they were loaded.
    pub on_config: Option<OnConfig>,
    /// How long the embedded model may look for a word and context be gathered, if not as usual.
    pub deadline: Option<Duration>,
    /// The environment's variables: keys, the home folder.
    pub variables: Option<Variables>,
    /// Where what is spent is kept; nothing is kept without.
    pub state: Option<PathBuf>,
    /// This program, which servers of its user's own are started by; none is started without.
    pub program: Option<PathBuf>,
    /// The one provider that may be asked, where its user named it.
    pub only: Option<String>,
}

/// One who wants to know the settings: the log, whose level is one of them.
pub type OnConfig = Arc<dyn Fn(&Config) + Send + Sync>;

/// Looks a variable of the environment up.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The features a server of these folders has, for the command line. Their index fills at once.
pub fn engine(start: &Start, roots: Vec<PathBuf>) -> Arc<Engine> {
    let (config, shared) = commanded(start, &roots);
    let models = settings::models(start, &config, None);
    settings::engine(shared, start, &config, &roots, models, 0)
}

/// What engines of the command line are made from.
fn commanded(start: &Start, roots: &[PathBuf]) -> (Config, Shared) {
    let (config, problems) = settings::load(start, roots, &Value::Null);
    for problem in problems {
        tracing::warn!(%problem, "settings");
    }
    let shared = settings::shared(start, &config, roots, |_| {});
    // Who types a command means it: what is paused is what happens in editors.
    (config, Shared { pauses: Arc::default(), ..shared })
}

/// Those who may be heard one by one.
pub struct Soloists {
    /// Each model that completes while its user types, and an engine that asks nobody else. They share one index.
    pub engines: Vec<(Arc<str>, Arc<Engine>)>,
    /// Those that search the web or always reason first, and that no route has complete.
    pub others: Vec<Arc<str>>,
}

/// Everybody configured, to be asked for ghost text one by one, for the command line.
pub fn soloists(start: &Start, roots: &[PathBuf]) -> Soloists {
    let (config, shared) = commanded(start, roots);
    let members = settings::models(start, &config, None)
        .map(|it| it.router.inspect(|fleet| fleet.members.clone()))
        .unwrap_or_default();
    let completes = |it: &Arc<Member>| it.fills || it.chats && !it.searches && !it.reasons;
    let (complete, others): (Vec<_>, Vec<_>) = members.into_iter().partition(completes);
    let engines = complete.into_iter().map(|member| {
        let mut config = config.clone();
        config.route.complete = vec![Group::One(member.name.to_string())];
        let models = settings::models(start, &config, None);
        let engine = settings::engine(shared.clone(), start, &config, roots, models, 0);
        (Arc::clone(&member.name), engine)
    });
    let others = others.iter().map(|it| Arc::clone(&it.name)).collect();
    Soloists { engines: engines.collect(), others }
}

/// The models a user has set up, and what is wrong with the settings, for the command line.
pub fn models(start: &Start) -> (Option<Models>, Vec<Problem>) {
    let (config, problems) = settings::load(start, &[], &Value::Null);
    (settings::models(start, &config, None), problems)
}

/// Serves one editor until it leaves.
pub async fn run<I, O>(input: I, output: O, start: Start) -> End
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
{
    let (service, socket) = LspService::build(|it| Backend { session: Session::new(it, start) })
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
