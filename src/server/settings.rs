//! From the user's settings to what the floors take.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use crate::config;
use crate::config::Config;
use crate::config::Problem;
use crate::config::fleet;
use crate::config::route;
use crate::config::source::Sources;
use crate::config::value;
use crate::config::value::Trigger;
use crate::feature::Complete;
use crate::feature::Edit;
use crate::feature::Embedded;
use crate::feature::Engine;
use crate::feature::Hover;
use crate::feature::Options;
use crate::feature::Shared;
use crate::feature::UserAction;
use crate::feature::completion::debounce::Debounce;
use crate::feature::completion::debounce::Eagerness;
use crate::feature::completion::fill::Lines;
use crate::feature::models::Models;
use crate::feature::pause;
use crate::feature::pause::Pauses;
use crate::feature::silences::OwnLedger;
use crate::feature::wire::Wire;
use crate::prompt::action::Gives;
use crate::provider::catalog::Catalog;
use crate::provider::local::Keeper;
use crate::provider::price::money::Money;
use crate::provider::transport;
use crate::provider::transport::Transport;
use crate::router::ledger;
use crate::router::ledger::Ledger;
use crate::router::need::Deadline;
use crate::router::need::Policy;
use crate::router::need::Reach;
use crate::router::need::Training;
use crate::server::Start;
use crate::server::client;
use crate::syntax::Syntax;
use crate::syntax::trees::Trees;
use crate::workspace::guard::Guard;
use crate::workspace::index;
use crate::workspace::index::Index;
use crate::workspace::index::Progress;
use crate::workspace::journal::Journal;

/// The folder, in that of the state, of what stands between windows and the servers they start.
const SERVERS: &str = "servers";

pub(crate) fn load(start: &Start, roots: &[PathBuf], editor: &Value) -> (Config, Vec<Problem>) {
    let (file, roots, mut editor) = (start.config.clone(), roots.to_vec(), editor.clone());
    // An empty table of Lua's arrives as an empty list.
    if editor.as_array().is_some_and(Vec::is_empty) {
        editor = Value::Null;
    }
    // What the glue can do stands beside the settings: `Abilities` has read it.
    if let Some(options) = editor.as_object_mut() {
        let said = client::OF_GLUE.iter().chain(&client::OF_COPILOT);
        said.for_each(|it| _ = options.remove(*it));
    }
    let (mut config, problems) = config::load(&Sources { file, roots, editor });
    if let Some(only) = &start.only {
        config.narrow_to(only);
    }
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
        tracing::warn!(%fault, "a custom query is ignored");
    }
    let syntax = Arc::new(syntax);
    let trees = Arc::new(Trees::new(Arc::clone(&syntax)));
    let (guard, index) = indexed(config, roots, &syntax, tell);
    let journal = Arc::new(Mutex::new(Journal::new(Arc::clone(&guard))));
    Shared {
        syntax,
        trees,
        guard,
        index,
        journal,
        explained: Arc::default(),
        threads: Arc::default(),
        next_edits: Arc::default(),
        pauses: Arc::new(Pauses::new(start.state.as_ref().map(|it| it.join(pause::FILE)))),
        own_ledger: Arc::new(OwnLedger::new(start.state.as_ref().map(|it| it.join(ledger::FILE)))),
    }
}

pub(crate) fn engine(
    shared: Shared,
    start: &Start,
    config: &Config,
    roots: &[PathBuf],
    models: Option<Models>,
    generation: u64,
) -> Arc<Engine> {
    let of_root = |it: &PathBuf| (it.clone(), options(start, config.at(it), Reach::Anywhere));
    let folders = config.workspace.iter().map(|it| {
        let path = home(start, &it.path);
        let mut narrow = config.at(&path).clone();
        narrow.allow_only(&it.only);
        let inside = roots.iter().any(|root| path.starts_with(root));
        let reach = if inside { Reach::Anywhere } else { Reach::Loopback };
        (path, options(start, &narrow, reach))
    });
    let narrowed = roots.iter().map(of_root).chain(folders).collect();
    // What is outside of every root stays on this machine.
    let outside = options(start, config, Reach::Loopback);
    Arc::new(Engine::new(shared, outside, narrowed, roots.to_vec(), models, generation))
}

/// Everybody who may be asked; nobody where no provider is set up. `old` are those until now.
pub(crate) fn models(start: &Start, config: &Config, old: Option<&Models>) -> Option<Models> {
    if config.provider.is_empty() {
        return None;
    }
    let catalog = Catalog::load(start.state.as_deref());
    let variable = |name: &str| start.variables.as_ref().and_then(|it| it(name));
    let (fleet, targets) = fleet::build(config, &catalog, &variable);
    let transport = Transport::new(transport::Options {
        proxy: config.network.proxy.clone(),
        ca_file: config.network.ca_file.as_deref().map(|it| home(start, it)),
    });
    let keeper = start.program.clone().zip(start.state.as_ref());
    let keeper = keeper.map(|(program, state)| Keeper { program, folder: state.join(SERVERS) });
    let wire = Wire::new(transport, targets, fleet::locals(config, keeper.as_ref()));
    Some(match old {
        Some(old) => old.reloaded(fleet, wire),
        None => {
            let state = start.state.as_deref();
            let ledger = match state {
                Some(state) => Ledger::open(state.join(ledger::FILE)),
                None => Ledger::in_memory(),
            };
            Models::new(fleet, wire, ledger)
        }
    })
}

/// A path as users write it: `~` is their own folder.
fn home(start: &Start, path: &str) -> PathBuf {
    let home = || start.variables.as_ref().and_then(|it| it("HOME"));
    match path.strip_prefix('~').map(|it| it.trim_start_matches('/')) {
        Some(rest) => home().map_or_else(|| path.into(), |home| PathBuf::from(home).join(rest)),
        None => path.into(),
    }
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
    let models = models(start, new, engine.models.as_ref());
    self::engine(shared, start, new, roots, models, engine.generation() + 1)
}

fn indexed(
    config: &Config,
    roots: &[PathBuf],
    syntax: &Arc<Syntax>,
    tell: impl Fn(Progress) + Send + 'static,
) -> (Arc<Guard>, Arc<Index>) {
    let guard = Guard::new(roots.to_vec(), &config.forbidden()).or_else(|it| {
        tracing::error!(%it, "all files are excluded until this is fixed");
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

fn options(start: &Start, config: &Config, reach: Reach) -> Options {
    let limit = &config.limit.complete;
    let millis = |it: u32| Duration::from_millis(it.into());
    let usual = Options::default();
    Options {
        automatic: config.complete.trigger == Trigger::Automatic,
        languages: config.complete.languages.clone(),
        embedded: Embedded {
            enabled: config.embedded.enabled,
            automatic: config.embedded.threshold.get() as f32,
            invoked: config.embedded.invoked_threshold.get() as f32,
            preempt: preempt(config.embedded.preempt.get() as f32),
            deadline: start.deadline.unwrap_or(usual.embedded.deadline),
        },
        gather: start.deadline.unwrap_or(usual.gather),
        complete: Complete {
            deadline: Deadline {
                first_token: Some(millis(limit.first_token_ms)),
                total: millis(limit.total_ms),
            },
            usd: Money::from_dollars(limit.usd.get()),
        },
        edit: Edit {
            deadline: Deadline { first_token: None, total: millis(config.limit.edit.total_ms) },
            ask_above: Money::from_dollars(config.limit.edit.ask_above_usd.get()),
        },
        hover: Hover {
            on: config.hover.mode != value::Hovering::Off,
            usd: Money::from_dollars(config.limit.of_hover().get()),
        },
        next_edit: config.next_edit != value::NextEditing::Switch(false),
        actions: config.action.iter().map(action).collect(),
        lines: match config.complete.lines {
            value::Lines::Auto => Lines::Auto,
            value::Lines::Single => Lines::Single,
            value::Lines::Multi => Lines::Multi,
        },
        debounce: match config.complete.debounce {
            value::Debounce::By(value::Adaptive::Adaptive) => Debounce::Adaptive,
            value::Debounce::Fixed(millis) => Debounce::Fixed(Duration::from_millis(millis.into())),
        },
        eagerness: match config.complete.eagerness {
            value::Eagerness::Low => Eagerness::Low,
            value::Eagerness::Medium => Eagerness::Medium,
            value::Eagerness::High => Eagerness::High,
        },
        ahead: config
            .complete
            .looks_ahead()
            .then(|| Money::from_dollars(config.limit.ahead.usd_per_day.get()).unwrap_or_default()),
        policy: Policy {
            only: only(config),
            reach,
            training: match config.route.training {
                route::Training::Never => Training::Never,
                route::Training::Allow => Training::Allow,
            },
        },
        cache: config.cache.megabytes as usize * 1_000_000,
    }
}

fn action(row: &config::action::Action) -> UserAction {
    UserAction {
        name: row.name.clone(),
        title: row.title.clone(),
        instruction: row.instruction.clone(),
        gives: match row.gives {
            config::action::Gives::Edit => Gives::Edit,
            config::action::Gives::Answer => Gives::Answer,
        },
        languages: row.languages.clone(),
    }
}

/// Nobody is ever surer than sure.
fn preempt(share: f32) -> f32 {
    if share >= 1.0 { f32::INFINITY } else { share }
}

/// The providers that may be asked; `None` where all may.
fn only(config: &Config) -> Option<Vec<Arc<str>>> {
    let all = config.only.iter().any(|it| it == config::ALL);
    (!all).then(|| config.only.iter().map(|it| it.as_str().into()).collect())
}
