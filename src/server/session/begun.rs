//! The first state of a session, made beside the answer to `initialize`: that promises what a server
//! can do, whatever its settings say, and an editor waits for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;

use serde_json::Value;
use tokio::sync::mpsc;

use crate::server::Start;
use crate::server::client::Abilities;
use crate::server::session::Event;
use crate::server::session::State;
use crate::server::session::teller;
use crate::server::settings;

/// The state, made once: by a thread of its own, or by whoever needs it before.
pub(crate) struct Begun {
    given: OnceLock<Given>,
    state: OnceLock<Mutex<State>>,
}

/// What it is made from.
struct Given {
    start: Start,
    abilities: Abilities,
    roots: Vec<PathBuf>,
    editor: Value,
    events: mpsc::UnboundedSender<Event>,
}

impl Begun {
    /// Nothing yet: there was no `initialize`.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { given: OnceLock::new(), state: OnceLock::new() })
    }

    /// Begins to make the state. The service calls `initialize` once only.
    pub(crate) fn begin(
        self: &Arc<Self>,
        start: &Start,
        abilities: Abilities,
        (roots, editor): (Vec<PathBuf>, Value),
        events: mpsc::UnboundedSender<Event>,
    ) {
        _ = self.given.set(Given { start: start.clone(), abilities, roots, editor, events });
        let begun = Arc::clone(self);
        tokio::task::spawn_blocking(move || _ = begun.state());
    }

    /// What the editor's glue says under this name in its initialization options.
    pub(crate) fn said(&self, name: &str) -> Option<&str> {
        self.given.get()?.editor.get(name)?.as_str()
    }

    pub(crate) fn state(&self) -> &Mutex<State> {
        self.state.get_or_init(|| {
            let given = self.given.get();
            given.expect("the service lets nothing through before initialize").state()
        })
    }
}

impl Given {
    fn state(&self) -> Mutex<State> {
        let Self { start, abilities, roots, editor, events } = self;
        let (config, problems) = settings::load(start, roots, editor);
        let shared = settings::shared(start, &config, roots, teller(events.clone()));
        let models = settings::models(start, &config, None);
        let engine = settings::engine(shared, start, &config, roots, models, 0);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "serving");
        // Without its reader the session is over.
        _ = events.send(Event::Settings(problems));
        Mutex::new(State::new(*abilities, config, engine, roots.clone(), editor.clone()))
    }
}
