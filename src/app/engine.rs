//! Translates settings into the options of the other modules.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;

use crate::app::{Environment, pool};
use crate::config::source::ConfigSources;
use crate::config::value::TriggerSetting;
use crate::config::{Config, Problem, route, value};
use crate::feature::completion::debounce::{Debounce, Eagerness};
use crate::feature::completion::request::LineMode;
use crate::feature::models::Models;
use crate::feature::pause::Pauses;
use crate::feature::silences::OwnLedger;
use crate::feature::{
    ActionOptions, CheckOptions, CompletionOptions, EmbeddedOptions, Engine, EngineOptions,
    HoverOptions, NextEditOptions, SharedState, UserAction, pause,
};
use crate::inference::files;
use crate::models::catalog::Catalog;
use crate::models::price::money::Money;
use crate::prompt::action::ActionOutput;
use crate::provider::client::ProviderClient;
use crate::provider::local::Supervisor;
use crate::provider::transport::{Transport, TransportOptions};
use crate::router::spec::{Deadline, PrivacyPolicy, Reach, TrainingPolicy};
use crate::syntax::Syntax;
use crate::syntax::trees::Trees;
use crate::usage::Ledger;
use crate::workspace::guard::Guard;
use crate::workspace::index;
use crate::workspace::index::{Index, IndexProgress};
use crate::workspace::journal::Journal;
use crate::{config, usage};

/// Subfolder of the state folder in which windows share the local model servers that they start.
const SERVERS: &str = "servers";
/// Subfolder of the state folder for copies of workspace folders, in which edits are checked.
const COPIES: &str = "copies";

pub(crate) fn load(
    environment: &Environment,
    roots: &[PathBuf],
    editor: &Value,
) -> (Config, Vec<Problem>) {
    let (file, roots, mut editor) = (environment.config.clone(), roots.to_vec(), editor.clone());
    // An empty Lua table arrives as an empty list.
    if editor.as_array().is_some_and(Vec::is_empty) {
        editor = Value::Null;
    }
    let (mut config, problems) = config::load(&ConfigSources { file, roots, editor });
    if let Some(only) = &environment.only {
        config.narrow_to(only);
    }
    if let Some(on_config) = &environment.on_config {
        on_config(&config);
    }
    (config, problems)
}

/// New state for the features to share. Indexing starts at once.
pub(crate) fn shared(
    environment: &Environment,
    config: &Config,
    roots: &[PathBuf],
    tell: impl Fn(IndexProgress) + Send + 'static,
) -> SharedState {
    let queries = environment.queries.as_deref().filter(|it| it.is_dir());
    let (syntax, faults) = Syntax::new(queries);
    for fault in faults {
        tracing::warn!(%fault, "a custom query is ignored");
    }
    let syntax = Arc::new(syntax);
    let trees = Arc::new(Trees::new(Arc::clone(&syntax)));
    let (guard, index) = indexed(config, roots, &syntax, tell);
    let journal = Arc::new(Mutex::new(Journal::new(Arc::clone(&guard))));
    SharedState {
        syntax,
        trees,
        guard,
        index,
        journal,
        explained: Arc::default(),
        threads: Arc::default(),
        next_edits: Arc::default(),
        pauses: Arc::new(Pauses::new(environment.state.as_ref().map(|it| it.join(pause::FILE)))),
        own_ledger: Arc::new(OwnLedger::new(
            environment.state.as_ref().map(|it| it.join(usage::FILE)),
        )),
    }
}

pub(crate) fn engine(
    shared: SharedState,
    environment: &Environment,
    config: &Config,
    roots: &[PathBuf],
    models: Option<Models>,
    generation: u64,
) -> Arc<Engine> {
    let of_root = |it: &PathBuf| (it.clone(), options(environment, config.at(it), Reach::Anywhere));
    let folders = config.workspace.iter().map(|it| {
        let path = home(environment, &it.path);
        let mut narrow = config.at(&path).clone();
        narrow.allow_only(&it.only);
        let inside = roots.iter().any(|root| path.starts_with(root));
        let reach = if inside { Reach::Anywhere } else { Reach::Loopback };
        (path, options(environment, &narrow, reach))
    });
    let narrowed = roots.iter().map(of_root).chain(folders).collect();
    // Code outside of every root is sent only to models on this machine.
    let outside = options(environment, config, Reach::Loopback);
    Arc::new(Engine::new(shared, outside, narrowed, roots.to_vec(), models, generation))
}

/// The configured models; `None` if no provider is configured. `old` are the models before a reload.
pub(crate) fn models(
    environment: &Environment,
    config: &Config,
    old: Option<&Models>,
) -> Option<Models> {
    if config.provider.is_empty() {
        return None;
    }
    let catalog = Catalog::load(environment.state.as_deref());
    let variable = |name: &str| environment.variables.as_ref().and_then(|it| it(name));
    let supervisor = environment.program.clone().zip(environment.state.as_ref());
    let supervisor = supervisor.map(|(program, state)| Supervisor {
        program,
        folder: state.join(SERVERS),
        models: state.join(files::FOLDER),
    });
    let pool = pool::build(config, &catalog, &variable, supervisor.as_ref());
    let transport = transport(environment, config);
    let client = ProviderClient::new(transport, pool::locals(config, supervisor.as_ref()));
    Some(match old {
        Some(old) => old.reloaded(pool, client),
        None => {
            let state = environment.state.as_deref();
            let ledger = match state {
                Some(state) => Ledger::open(state.join(usage::FILE)),
                None => Ledger::in_memory(),
            };
            Models::new(pool, client, ledger)
        }
    })
}

/// Connections as the settings require them.
pub(crate) fn transport(environment: &Environment, config: &Config) -> Transport {
    Transport::new(TransportOptions {
        proxy: config.network.proxy.clone(),
        ca_file: config.network.ca_file.as_deref().map(|it| home(environment, it)),
    })
}

/// A path from the settings; `~` is the user's home folder.
fn home(environment: &Environment, path: &str) -> PathBuf {
    let home = || environment.variables.as_ref().and_then(|it| it("HOME"));
    match path.strip_prefix('~').map(|it| it.trim_start_matches('/')) {
        Some(rest) => home().map_or_else(|| path.into(), |home| PathBuf::from(home).join(rest)),
        None => path.into(),
    }
}

/// The engine for changed settings. State that the change from `old` to `new` does not affect is kept.
pub(crate) fn reloaded(
    environment: &Environment,
    engine: &Engine,
    [old, new]: [&Config; 2],
    roots: &[PathBuf],
    tell: impl Fn(IndexProgress) + Send + 'static,
) -> Arc<Engine> {
    let mut shared = engine.core.shared.clone();
    if old.index != new.index
        || old.forbidden() != new.forbidden()
        || old.embedded.tokens != new.embedded.tokens
    {
        (shared.guard, shared.index) = indexed(new, roots, &shared.syntax, tell);
        shared.journal = Arc::new(Mutex::new(Journal::new(Arc::clone(&shared.guard))));
    } else if walked(old, roots) != walked(new, roots) {
        shared.index.set_roots(walked(new, roots));
    }
    let models = models(environment, new, engine.core.models.as_ref());
    self::engine(shared, environment, new, roots, models, engine.core.generation + 1)
}

fn indexed(
    config: &Config,
    roots: &[PathBuf],
    syntax: &Arc<Syntax>,
    tell: impl Fn(IndexProgress) + Send + 'static,
) -> (Arc<Guard>, Arc<Index>) {
    let guard = Guard::new(roots.to_vec(), &config.forbidden()).or_else(|it| {
        tracing::error!(%it, "all files are excluded until this is fixed");
        Guard::new(roots.to_vec(), &["**".to_owned()])
    });
    let guard = Arc::new(guard.expect("`**` is a glob"));
    let options = index::IndexOptions {
        max_file_bytes: u64::from(config.index.max_file_kb) * 1000,
        max_files: config.index.max_files as usize,
        ..index::IndexOptions::with_tokens(config.embedded.tokens as usize)
    };
    let walked = walked(config, roots);
    let index = Index::start(walked, Arc::clone(&guard), Arc::clone(syntax), options, tell);
    (guard, Arc::new(index))
}

/// Roots with files that are indexed.
pub(crate) fn walked(config: &Config, roots: &[PathBuf]) -> Vec<PathBuf> {
    roots.iter().filter(|it| config.at(it).index.enabled).cloned().collect()
}

fn options(environment: &Environment, config: &Config, reach: Reach) -> EngineOptions {
    let limit = &config.limit.complete;
    let millis = |it: u32| Duration::from_millis(it.into());
    let usual = EngineOptions::default();
    EngineOptions {
        automatic: config.complete.trigger == TriggerSetting::Automatic,
        languages: config.complete.languages.clone(),
        embedded: embedded(
            &config.embedded,
            environment.deadline.unwrap_or(usual.embedded.deadline),
        ),
        gather: environment.deadline.unwrap_or(usual.gather),
        complete: CompletionOptions {
            deadline: Deadline {
                first_token: Some(millis(limit.first_token_ms)),
                total: millis(limit.total_ms),
                ..usual.complete.deadline
            },
            usd: Money::from_dollars(limit.usd.get()),
        },
        edit: ActionOptions {
            deadline: Deadline { total: millis(config.limit.edit.total_ms), ..usual.edit.deadline },
            ask_above: Money::from_dollars(config.limit.edit.ask_above_usd.get()),
        },
        check: CheckOptions {
            commands: config.actions.check.clone(),
            copies: environment.state.as_ref().map(|it| it.join(COPIES)),
        },
        hover: HoverOptions {
            on: config.hover.mode != value::Hovering::Off,
            usd: Money::from_dollars(config.limit.of_hover().get()),
        },
        next_edit: NextEditOptions {
            on: config.next_edit != value::NextEditSetting::Switch(false),
            usd: Money::from_dollars(config.limit.next_edit.usd.get()),
        },
        actions: config.action.iter().map(action).collect(),
        lines: lines(config.complete.lines),
        debounce: debounce(config.complete.debounce),
        eagerness: eagerness(config.complete.eagerness),
        ahead: config
            .complete
            .looks_ahead()
            .then(|| Money::from_dollars(config.limit.ahead.usd_per_day.get()).unwrap_or_default()),
        policy: PrivacyPolicy {
            only: only(config),
            reach,
            training: match config.route.training {
                route::TrainingSetting::Never => TrainingPolicy::Never,
                route::TrainingSetting::Allow => TrainingPolicy::Allow,
            },
        },
        cache: config.cache.megabytes as usize * 1_000_000,
    }
}

fn embedded(setting: &config::EmbeddedConfig, deadline: Duration) -> EmbeddedOptions {
    EmbeddedOptions {
        enabled: setting.enabled,
        automatic: setting.threshold.get() as f32,
        invoked: setting.invoked_threshold.get() as f32,
        preempt: preempt(setting.preempt.get() as f32),
        deadline,
    }
}

fn lines(setting: value::LinesSetting) -> LineMode {
    match setting {
        value::LinesSetting::Auto => LineMode::Auto,
        value::LinesSetting::Single => LineMode::Single,
        value::LinesSetting::Multi => LineMode::Multi,
    }
}

fn debounce(setting: value::DebounceSetting) -> Debounce {
    match setting {
        value::DebounceSetting::By(value::Adaptive::Adaptive) => Debounce::Adaptive,
        value::DebounceSetting::Fixed(millis) => {
            Debounce::Fixed(Duration::from_millis(millis.into()))
        }
    }
}

fn eagerness(setting: value::EagernessSetting) -> Eagerness {
    match setting {
        value::EagernessSetting::Low => Eagerness::Low,
        value::EagernessSetting::Medium => Eagerness::Medium,
        value::EagernessSetting::High => Eagerness::High,
    }
}

fn action(row: &config::action::ActionConfig) -> UserAction {
    UserAction {
        name: row.name.clone(),
        title: row.title.clone(),
        instruction: row.instruction.clone(),
        gives: match row.gives {
            config::action::OutputSetting::Edit => ActionOutput::Edit,
            config::action::OutputSetting::Answer => ActionOutput::Answer,
        },
        languages: row.languages.clone(),
    }
}

/// At 1 and above, no confidence is sufficient.
fn preempt(share: f32) -> f32 {
    if share >= 1.0 { f32::INFINITY } else { share }
}

/// The providers that are allowed; `None` allows all.
fn only(config: &Config) -> Option<Vec<Arc<str>>> {
    let all = config.only.iter().any(|it| it == config::ALL);
    (!all).then(|| config.only.iter().map(|it| it.as_str().into()).collect())
}
