//! `initialize`: the editor's capabilities and its workspace folders.

use serde_json::Value;
use tower_lsp_server::gen_lsp_types::{InitializeParams, InitializeResult, ServerInfo};

use crate::server::client::Abilities;
use crate::server::session::Session;
use crate::server::{client, from_proto, to_proto};

pub(crate) fn run(session: &Session, params: &InitializeParams) -> InitializeResult {
    let abilities = Abilities::new(params);
    let roots = client::folders(params).iter().filter_map(from_proto::file).collect();
    let editor = params.initialization_options.clone().unwrap_or(Value::Null);
    session.begin(abilities, roots, editor);
    InitializeResult {
        capabilities: to_proto::capabilities(&abilities),
        server_info: Some(ServerInfo {
            name: "understudy".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    }
}
