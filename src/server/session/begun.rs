//! The first state of a session, created in parallel with the response to `initialize`: the response does not
//! depend on the settings, and the editor waits for it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::app::{Environment, engine};
use crate::server::client;
use crate::server::client::Abilities;
use crate::server::session::{SessionEvent, SessionState, forward_progress};

/// The state, created once: by its own thread, or by the first caller that needs it.
pub(crate) struct Begun {
    given: OnceLock<Given>,
    state: OnceLock<Mutex<SessionState>>,
}

/// The inputs of the state.
struct Given {
    environment: Environment,
    abilities: Abilities,
    roots: Vec<PathBuf>,
    editor: Value,
    events: mpsc::UnboundedSender<SessionEvent>,
}

impl Begun {
    /// Empty until `initialize`.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { given: OnceLock::new(), state: OnceLock::new() })
    }

    /// Starts to create the state. The service calls `initialize` only once.
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

    /// The value of an initialization option of the plugin.
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
        let shared = engine::shared(environment, &config, roots, forward_progress(events.clone()));
        let models = engine::models(environment, &config, None);
        let engine = engine::engine(shared, environment, &config, roots, models, 0);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "serving");
        // Without a receiver the session has ended.
        _ = events.send(SessionEvent::Settings(problems));
        Mutex::new(SessionState::new(*abilities, config, engine, roots.clone(), editor.clone()))
    }
}
