//! `shutdown`: booked rows are written to the disk before the editor sends `exit`.

use std::sync::Arc;

use crate::server::session::Session;

pub(crate) async fn run(session: &Session) {
    let (engine, models) = {
        let state = session.state();
        state.documents.values().for_each(|it| state.engine.write_silences(it));
        (Arc::clone(&state.engine), state.engine.models.clone())
    };
    engine.silences_settled().await;
    if let Some(models) = models {
        models.router.ledger().settled().await;
    }
}
