//! `understudy.explain`: a model explains the symbol at a position. The answer is shown as that of the
//! action, and the next hover contains it.

use tower_lsp_server::gen_lsp_types::{ProgressToken, Range};

use crate::feature::action::EXPLAIN;
use crate::server::ext::{Act, Explain};
use crate::server::handlers::act;
use crate::server::session::Session;

pub(crate) async fn run(session: &Session, explain: Explain, token: Option<ProgressToken>) {
    let Explain { uri, position } = explain;
    let act = Act {
        version: session.snapshot(&uri).map_or(0, |it| it.open.document.version),
        uri,
        range: Range { start: position, end: position },
        action: EXPLAIN.to_owned(),
        instruction: None,
        diagnostics: Vec::new(),
        formatting: None,
    };
    act::run(session, act, token).await;
}
