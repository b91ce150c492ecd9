//! `shutdown`: what was booked reaches the disk before the editor says `exit`.

use crate::server::session::Session;

pub(crate) async fn run(session: &Session) {
    let models = session.state().engine.models.clone();
    if let Some(models) = models {
        models.router.ledger().settled().await;
    }
}
