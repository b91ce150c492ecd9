//! Engines built from a user's settings, for the server and for the command line, and the log.
//!
//! `pool` reads the models, `engine` the rest. Nothing here decides anything about a request.

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

/// Where a server finds what is its user's own.
#[derive(Clone, Default)]
pub struct Environment {
    pub config: UserFile,
    /// A folder of queries laid over ours.
    pub queries: Option<PathBuf>,
    /// Called with the settings whenever they were loaded.
    pub on_config: Option<OnConfig>,
    /// How long the embedded model may look for a word and context be gathered, if not as usual.
    pub deadline: Option<Duration>,
    /// The environment's variables: keys, the home folder.
    pub variables: Option<Variables>,
    /// Where what is spent is kept; nothing is kept without.
    pub state: Option<PathBuf>,
    /// This program, which servers of its user's own are started by; none is started without.
    pub program: Option<PathBuf>,
    /// The one provider that may be asked, where its user named it.
    pub only: Option<String>,
}

/// One who wants to know the settings: the log, whose level is one of them.
pub type OnConfig = Arc<dyn Fn(&Config) + Send + Sync>;

/// Looks a variable of the environment up.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The features a server of these folders has, for the command line. Their index fills at once.
pub fn engine(environment: &Environment, roots: Vec<PathBuf>) -> Arc<Engine> {
    let (config, shared) = commanded(environment, &roots);
    let models = engine::models(environment, &config, None);
    engine::engine(shared, environment, &config, &roots, models, 0)
}

/// What engines of the command line are made from.
fn commanded(environment: &Environment, roots: &[PathBuf]) -> (Config, SharedState) {
    let (config, problems) = engine::load(environment, roots, &Value::Null);
    for problem in problems {
        tracing::warn!(%problem, "settings");
    }
    let shared = engine::shared(environment, &config, roots, |_| {});
    // Who types a command means it: what is paused is what happens in editors.
    (config, SharedState { pauses: Arc::default(), ..shared })
}

/// Those who may be heard one by one.
pub struct BenchmarkEngines {
    /// Each model that completes while its user types, and an engine that asks nobody else. They share one index.
    pub engines: Vec<(Arc<str>, Arc<Engine>)>,
    /// Those that search the web or always reason first, and that no route has complete.
    pub others: Vec<Arc<str>>,
}

/// Everybody configured, to be asked for ghost text one by one, for the command line.
pub fn benchmark_engines(environment: &Environment, roots: &[PathBuf]) -> BenchmarkEngines {
    let (config, shared) = commanded(environment, roots);
    let candidates = engine::models(environment, &config, None)
        .map(|it| it.router.inspect(|pool| pool.candidates.clone()))
        .unwrap_or_default();
    let completes = |it: &Arc<Candidate>| it.fills || it.chats && !it.searches && !it.reasons;
    let (complete, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(completes);
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

/// The models a user has set up, and what is wrong with the settings, for the command line.
pub fn models(environment: &Environment) -> (Option<Models>, Vec<Problem>) {
    let (config, problems) = engine::load(environment, &[], &Value::Null);
    (engine::models(environment, &config, None), problems)
}
