//! From the user's settings to what the floors take.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;

use crate::config;
use crate::config::Config;
use crate::config::Problem;
use crate::config::source::Sources;
use crate::config::value::Trigger;
use crate::feature::Embedded;
use crate::feature::Engine;
use crate::feature::Options;
use crate::feature::Shared;
use crate::server::Start;
use crate::server::session::Event;
use crate::server::session::State;
use crate::syntax::Syntax;
use crate::syntax::trees::Trees;
use crate::workspace::guard::Guard;
use crate::workspace::index;
use crate::workspace::index::Index;

pub(crate) fn load(start: &Start, roots: &[PathBuf], editor: &Value) -> (Config, Vec<Problem>) {
    let sources =
        Sources { file: start.config.clone(), roots: roots.to_vec(), editor: settings_of(editor) };
    config::load(&sources)
}

/// What the features share, made anew: the index begins to fill at once.
pub(crate) fn shared(
    start: &Start,
    config: &Config,
    roots: &[PathBuf],
    events: mpsc::UnboundedSender<Event>,
) -> Shared {
    let (syntax, faults) = Syntax::new(start.queries.as_deref());
    for fault in faults {
        tracing::warn!(%fault, "a query of the user's is not used");
    }
    let syntax = Arc::new(syntax);
    let trees = Arc::new(Trees::new(Arc::clone(&syntax)));
    let (guard, index) = indexed(config, roots, &syntax, events);
    Shared { syntax, trees, guard, index, journal: Arc::default() }
}

pub(crate) fn engine(
    shared: Shared,
    config: &Config,
    roots: &[PathBuf],
    generation: u64,
) -> Arc<Engine> {
    let narrowed = roots.iter().map(|it| (it.clone(), options(config.at(it)))).collect();
    Arc::new(Engine::new(shared, options(config), narrowed, generation))
}
