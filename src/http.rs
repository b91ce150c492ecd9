//! The local HTTP endpoint for programs that get no suggestions from a language server: the APIs of OpenAI,
//! Anthropic and llama.cpp. The same engine answers, under the same limits as for an editor.
//!
//! `access` controls access, `owner` decides which of the user's processes listens, `connection` moves bytes
//! under time limits, `routes` lists the paths. Each other file translates one API and contains no prompt
//! and no price.

pub mod access;
pub mod assemble;
mod completions;
mod connection;
mod conversations;
mod error;
mod infill;
mod models;
mod next_edits;
pub mod owner;
mod reply;
mod routes;
mod surrogates;
pub mod token;
mod unanswered;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::config;
use crate::feature::Engine;
use crate::models::price::money::Money;

/// Requests that are answered at the same time.
const REQUESTS: usize = 16;

/// The endpoint's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Listening {
    pub port: u16,
    pub require_token: bool,
    pub origins: Vec<String>,
    /// The most that the next answer of a conversation may cost.
    pub ask_above: Option<Money>,
    /// The folder of the token, the lock and the state.
    pub folder: PathBuf,
}

/// The endpoint of one process. Dropping it closes it.
#[derive(Default)]
pub struct Endpoint {
    running: Mutex<Option<Running>>,
}

struct Running {
    listening: Listening,
    gateway: Arc<Gateway>,
    task: JoinHandle<()>,
}

/// What answers every request.
pub(crate) struct Gateway {
    engine: ArcSwap<Engine>,
    ask_above: Option<Money>,
    permits: Arc<Semaphore>,
}

impl Listening {
    /// The endpoint in the settings; `None` if it is off, or if there is no folder for its files.
    pub fn of(http: &config::http::HttpConfig, state: Option<&Path>) -> Option<Self> {
        http.enabled.then(|| Self::forced(http, state)).flatten()
    }

    /// The same, enabled or not.
    pub fn forced(http: &config::http::HttpConfig, state: Option<&Path>) -> Option<Self> {
        Some(Self {
            port: http.port,
            require_token: http.require_token,
            origins: http.origins.clone(),
            ask_above: Money::from_dollars(http.ask_above_usd.get()),
            folder: state?.join(owner::FOLDER),
        })
    }
}

impl Endpoint {
    /// Serves as `listening` states from now on, with `engine`; closes the endpoint if `listening` is
    /// `None`. Call it within a runtime.
    pub fn follow(&self, listening: Option<Listening>, engine: &Engine) {
        let mut running = self.running.lock();
        let Some(listening) = listening else {
            *running = None;
            return;
        };
        let engine = Arc::new(engine.for_other_programs());
        if let Some(running) = running.as_ref().filter(|it| it.listening == listening) {
            running.gateway.engine.store(engine);
            return;
        }
        // The old endpoint closes first, because its port may be the new one.
        *running = None;
        let gateway = Arc::new(Gateway {
            engine: ArcSwap::new(engine),
            ask_above: listening.ask_above,
            permits: Arc::new(Semaphore::new(REQUESTS)),
        });
        let task = tokio::spawn(owner::serve(listening.clone(), Arc::clone(&gateway)));
        *running = Some(Running { listening, gateway, task });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
