//! The first state of a session, made beside the answer to `initialize`: that promises what a server
//! can do, whatever its settings say, and an editor waits for it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tokio::sync::mpsc;

use crate::app::{Environment, engine};
use crate::server::client;
use crate::server::client::Abilities;
use crate::server::session::{SessionEvent, SessionState, teller};

/// The state, made once: by a thread of its own, or by whoever needs it before.
pub(crate) struct Begun {
    given: OnceLock<Given>,
    state: OnceLock<Mutex<SessionState>>,
}

/// What it is made from.
struct Given {
    environment: Environment,
    abilities: Abilities,
    roots: Vec<PathBuf>,
    editor: Value,
    events: mpsc::UnboundedSender<SessionEvent>,
}

impl Begun {
    /// Nothing yet: there was no `initialize`.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { given: OnceLock::new(), state: OnceLock::new() })
    }

    /// Begins to make the state. The service calls `initialize` once only.
    pub(crate) fn begin(
        self: &Arc<Self>,
        environment: &Environment,
        abilities: Abilities,
        (roots, editor): (Vec<PathBuf>, Value),
        events: mpsc::UnboundedSender<SessionEvent>,
    ) {
        _ = self.given.set(Given {
            environment: environment.clone(),
            abilities,
            roots,
            editor,
            events,
        });
        let begun = Arc::clone(self);
        tokio::task::spawn_blocking(move || _ = begun.state());
    }

    /// What the editor's glue says under this name in its initialization options.
    pub(crate) fn said(&self, name: &str) -> Option<&str> {
        self.given.get()?.editor.get(name)?.as_str()
    }

    pub(crate) fn state(&self) -> &Mutex<SessionState> {
        self.state.get_or_init(|| {
            let given = self.given.get();
            given.expect("the service lets nothing through before initialize").state()
        })
    }
}

impl Given {
    fn state(&self) -> Mutex<SessionState> {
        let Self { environment, abilities, roots, editor, events } = self;
        let (config, problems) = engine::load(environment, roots, &client::settings(editor));
        let shared = engine::shared(environment, &config, roots, teller(events.clone()));
        let models = engine::models(environment, &config, None);
        let engine = engine::engine(shared, environment, &config, roots, models, 0);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "serving");
        // Without its reader the session is over.
        _ = events.send(SessionEvent::Settings(problems));
        Mutex::new(SessionState::new(*abilities, config, engine, roots.clone(), editor.clone()))
    }
}
