//! `understudy/status`: who serves, who is out, what today cost; asked for, or told when it changes.

use std::sync::Arc;

use tower_lsp_server::gen_lsp_types::MessageType;

use crate::feature::Engine;
use crate::server::ext::ProviderStatus;
use crate::server::ext::State;
use crate::server::ext::Status;
use crate::server::ext::StatusChanged;
use crate::server::handlers::copilot;
use crate::server::session::Event;
use crate::server::session::Session;

pub(crate) async fn run(session: &Session) -> Status {
    let engine = Arc::clone(&session.state().engine);
    status(&engine).await
}

/// What happened to the models while a request was answered is told once the answer is out.
pub(crate) fn after(session: &Session, engine: &Engine) {
    let Some(models) = &engine.models else { return };
    let news = models.news();
    if !news.is_empty() {
        session.tell(Event::News(news));
    }
    if models.has_changed() {
        session.tell(Event::Status);
    }
}

/// One message for everything that is new.
pub(crate) async fn tell_news(session: &Session, news: Vec<String>) {
    session.client.show_message(MessageType::Warning, news.join("\n")).await;
}

/// Only clients that announced it are told: to others it would be noise in a log.
pub(crate) async fn tell(session: &Session) {
    let abilities = session.state().abilities;
    if abilities.copilot {
        copilot::tell(session, run(session).await).await;
    }
    if abilities.status {
        let status = run(session).await;
        session.client.send_notification::<StatusChanged>(status).await;
    }
}

async fn status(engine: &Engine) -> Status {
    let Some(models) = &engine.models else {
        return Status {
            state: State::Embedded,
            message: "the model built in answers: no provider is set up".to_owned(),
            serving: None,
            providers: Vec::new(),
            spent_today: None,
        };
    };
    let standings = models.standings();
    let providers: Vec<ProviderStatus> = standings
        .iter()
        .map(|it| ProviderStatus {
            name: it.name.to_string(),
            up: it.out.is_none(),
            reason: it.out.clone(),
        })
        .collect();
    let out: Vec<&ProviderStatus> = providers.iter().filter(|it| !it.up).collect();
    let (state, message) = match out.len() {
        0 => (State::Ok, "all providers are up".to_owned()),
        all if all == providers.len() => {
            (State::Embedded, "no provider is up: the model built in answers".to_owned())
        }
        _ => {
            let names: Vec<&str> = out.iter().map(|it| it.name.as_str()).collect();
            (State::Degraded, format!("{} out: the others answer", names.join(", ")))
        }
    };
    Status {
        state,
        message,
        serving: models.serving().map(|it| it.to_string()),
        providers,
        spent_today: Some(models.spent_today().await.dollars()),
    }
}
