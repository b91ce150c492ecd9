//! From the user's settings to what the floors take.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use serde_json::Value;

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
use crate::server::client;
use crate::syntax::Syntax;
use crate::syntax::trees::Trees;
use crate::workspace::guard::Guard;
use crate::workspace::index;
use crate::workspace::index::Index;
use crate::workspace::index::Progress;
use crate::workspace::journal::Journal;

pub(crate) fn load(start: &Start, roots: &[PathBuf], editor: &Value) -> (Config, Vec<Problem>) {
    let (file, roots, mut editor) = (start.config.clone(), roots.to_vec(), editor.clone());
    // An empty table of Lua's arrives as an empty list.
    if editor.as_array().is_some_and(Vec::is_empty) {
        editor = Value::Null;
    }
    // What the glue can do stands beside the settings: `Abilities` has read it.
    if let Some(options) = editor.as_object_mut() {
        options.remove(client::GHOST_TEXT);
    }
    let (config, problems) = config::load(&Sources { file, roots, editor });
    if let Some(on_config) = &start.on_config {
        on_config(&config);
    }
    (config, problems)
}

/// What the features share, made anew: the index begins to fill at once.
pub(crate) fn shared(
    start: &Start,
    config: &Config,
    roots: &[PathBuf],
    tell: impl Fn(Progress) + Send + 'static,
) -> Shared {
    let queries = start.queries.as_deref().filter(|it| it.is_dir());
    let (syntax, faults) = Syntax::new(queries);
    for fault in faults {
        tracing::warn!(%fault, "a query of the user's is not used");
    }
    let syntax = Arc::new(syntax);
    let trees = Arc::new(Trees::new(Arc::clone(&syntax)));
    let (guard, index) = indexed(config, roots, &syntax, tell);
    let journal = Arc::new(Mutex::new(Journal::new(Arc::clone(&guard))));
    Shared { syntax, trees, guard, index, journal }
}

pub(crate) fn engine(
    shared: Shared,
    start: &Start,
    config: &Config,
    roots: &[PathBuf],
    generation: u64,
) -> Arc<Engine> {
    let of_root = |it: &PathBuf| (it.clone(), options(start, config.at(it)));
    let narrowed = roots.iter().map(of_root).collect();
    Arc::new(Engine::new(shared, options(start, config), narrowed, generation))
}

/// The engine under changed settings: what the change from `old` to `new` does not concern is kept.
pub(crate) fn reloaded(
    start: &Start,
    engine: &Engine,
    [old, new]: [&Config; 2],
    roots: &[PathBuf],
    tell: impl Fn(Progress) + Send + 'static,
) -> Arc<Engine> {
    let mut shared = engine.shared.clone();
    if old.index != new.index
        || old.forbidden() != new.forbidden()
        || old.embedded.tokens != new.embedded.tokens
    {
        (shared.guard, shared.index) = indexed(new, roots, &shared.syntax, tell);
        shared.journal = Arc::new(Mutex::new(Journal::new(Arc::clone(&shared.guard))));
    } else if walked(old, roots) != walked(new, roots) {
        shared.index.set_roots(walked(new, roots));
    }
    self::engine(shared, start, new, roots, engine.generation() + 1)
}

fn indexed(
    config: &Config,
    roots: &[PathBuf],
    syntax: &Arc<Syntax>,
    tell: impl Fn(Progress) + Send + 'static,
) -> (Arc<Guard>, Arc<Index>) {
    let guard = Guard::new(roots.to_vec(), &config.forbidden()).or_else(|it| {
        tracing::error!(%it, "no file is looked at until this is mended");
        Guard::new(roots.to_vec(), &["**".to_owned()])
    });
    let guard = Arc::new(guard.expect("`**` is a glob"));
    let options = index::Options {
        max_file_bytes: u64::from(config.index.max_file_kb) * 1000,
        max_files: config.index.max_files as usize,
        ..index::Options::with_tokens(config.embedded.tokens as usize)
    };
    let walked = walked(config, roots);
    let index = Index::start(walked, Arc::clone(&guard), Arc::clone(syntax), options, tell);
    (guard, Arc::new(index))
}

/// The folders whose files are read.
pub(crate) fn walked(config: &Config, roots: &[PathBuf]) -> Vec<PathBuf> {
    roots.iter().filter(|it| config.at(it).index.enabled).cloned().collect()
}

fn options(start: &Start, config: &Config) -> Options {
    Options {
        automatic: config.complete.trigger == Trigger::Automatic,
        languages: config.complete.languages.clone(),
        embedded: Embedded {
            enabled: config.embedded.enabled,
            automatic: config.embedded.threshold.get() as f32,
            invoked: config.embedded.invoked_threshold.get() as f32,
            deadline: start.deadline,
        },
        cache: config.cache.megabytes as usize * 1_000_000,
    }
}
