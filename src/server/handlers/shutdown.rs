//! `shutdown`: booked rows are written to the disk before the editor sends `exit`.

use std::sync::Arc;

use crate::server::session::Session;

pub(crate) async fn run(session: &Session) {
    let (engine, models) = {
        let state = session.state();
        state.documents.values().for_each(|it| state.engine.completer.silences.write_counts(it));
        (Arc::clone(&state.engine), state.engine.core.models.clone())
    };
    engine.completer.silences.settled().await;
    if let Some(models) = models {
        models.router.ledger().settled().await;
    }
}
