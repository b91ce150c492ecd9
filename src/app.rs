//! Engines built from the settings, for the server and the command line; the log.
//!
//! `pool` builds the model pool, `engine` everything else. Nothing here decides anything about a request.

pub mod engine;
pub mod log;
pub mod pool;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::config::route::Group;
use crate::config::source::UserFile;
use crate::config::{Config, Problem};
use crate::feature::models::Models;
use crate::feature::{Engine, SharedState};
use crate::router::pool::Candidate;

/// What a process takes from its environment.
#[derive(Clone, Default)]
pub struct Environment {
    pub config: UserFile,
    /// A folder of queries that overlay the built-in ones.
    pub queries: Option<PathBuf>,
    /// Called with the settings after each load.
    pub on_config: Option<OnConfig>,
    /// Replaces the usual deadlines of the n-gram model and of gathering context.
    pub deadline: Option<Duration>,
    /// Environment variables: keys, the home folder.
    pub variables: Option<Variables>,
    /// The state folder, for the ledger and pauses; without it, both are kept in memory.
    pub state: Option<PathBuf>,
    /// The path of this program, which runs local model servers. Without it, none is started.
    pub program: Option<PathBuf>,
    /// The only provider that receives requests, if the user named one.
    pub only: Option<String>,
}

/// Receives the settings: the log, whose level is one of them.
pub type OnConfig = Arc<dyn Fn(&Config) + Send + Sync>;

/// Looks up an environment variable.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The engine for these roots, for the command line. Indexing starts at once.
pub fn engine(environment: &Environment, roots: Vec<PathBuf>) -> Arc<Engine> {
    let (config, shared) = commanded(environment, &roots);
    let models = engine::models(environment, &config, None);
    engine::engine(shared, environment, &config, &roots, models, 0)
}

/// Settings and shared state of the command line's engines.
fn commanded(environment: &Environment, roots: &[PathBuf]) -> (Config, SharedState) {
    let (config, problems) = engine::load(environment, roots, &Value::Null);
    for problem in problems {
        tracing::warn!(%problem, "settings");
    }
    let shared = engine::shared(environment, &config, roots, |_| {});
    // A command is an explicit request: pauses apply to editors only.
    (config, SharedState { pauses: Arc::default(), ..shared })
}

/// The engines of `benchmark`.
pub struct BenchmarkEngines {
    /// Each model that completes while the user types, and an engine that uses this model only. They share
    /// one index.
    pub engines: Vec<(Arc<str>, Arc<Engine>)>,
    /// Models that search the web or always reason first, unless `route.complete` names them.
    pub others: Vec<Arc<str>>,
}

/// One engine per configured model, for the command line.
pub fn benchmark_engines(environment: &Environment, roots: &[PathBuf]) -> BenchmarkEngines {
    let (config, shared) = commanded(environment, roots);
    let candidates = engine::models(environment, &config, None)
        .map(|it| it.router.inspect(|pool| pool.candidates.clone()))
        .unwrap_or_default();
    let completes = |it: &&Arc<Candidate>| it.fills || it.chats && !it.searches && !it.reasons;
    let (complete, others): (Vec<_>, Vec<_>) = candidates.iter().partition(completes);
    let engines = complete.into_iter().map(|candidate| {
        let mut config = config.clone();
        config.route.complete = vec![Group::One(candidate.name().to_string())];
        let models = engine::models(environment, &config, None);
        let engine = engine::engine(shared.clone(), environment, &config, roots, models, 0);
        (Arc::clone(candidate.name()), engine)
    });
    let others = others.iter().map(|it| Arc::clone(it.name())).collect();
    BenchmarkEngines { engines: engines.collect(), others }
}

/// The configured models and the problems of the settings, for the command line.
pub fn models(environment: &Environment) -> (Option<Models>, Vec<Problem>) {
    let (config, problems) = engine::load(environment, &[], &Value::Null);
    (engine::models(environment, &config, None), problems)
}
