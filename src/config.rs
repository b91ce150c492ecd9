//! The user's settings: their types, their sources and their problems.
//!
//! Each setting is defined once. Its doc comment is its manual entry and its description in the JSON schema,
//! and its type determines the valid values. An invalid part of a source is a `Problem`; the rest of the
//! source still applies.

pub mod action;
mod apply;
mod check;
pub mod edit;
pub mod folders;
pub mod http;
mod nearest;
mod node;
mod old;
pub mod provider;
pub mod route;
pub mod schema;
mod short;
pub mod show;
pub mod source;
#[cfg(test)]
mod tests;
pub mod value;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::action::ActionConfig;
use crate::config::apply::Effective;
use crate::config::folders::{FolderVariables, Platform};
use crate::config::http::HttpConfig;
use crate::config::provider::ProviderConfig;
use crate::config::route::{CapConfig, LimitConfig, ModelSource, Network, Route, Workspace};
use crate::config::source::{ConfigSources, Origin};
use crate::config::value::{
    DebounceSetting, EagernessSetting, Glob, Hovering, LinesSetting, LogLevel, NextEditSetting,
    ReviewSetting, Share, TriggerSetting,
};

/// Stands for all providers.
pub const ALL: &str = "*";

/// Understudy's settings. All have defaults, so no file is required.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub provider: Vec<ProviderConfig>,
    pub route: Route,
    pub limit: LimitConfig,
    pub cap: CapConfig,
    pub network: Network,
    /// The built-in model: suggestions learned from your workspace, without a key or network access. `"off"`
    /// disables it. `"quiet"` suggests while you type from a confidence of 0.95, if no other model answers.
    /// `"normal"` suggests from 0.89, and from 0.95 without requesting another model. `"eager"` suggests from
    /// 0.8, and from 0.89 without requesting another model. In measurements, `"normal"` saved 31 % of the
    /// keys typed; `"eager"` saved 35 %, with twice as many wrong suggestions.
    pub embedded: EmbeddedConfig,
    pub complete: CompleteConfig,
    /// Whether hover describes the symbol under the cursor, with a model's explanation.
    pub hover: HoverConfig,
    pub http: HttpConfig,
    pub model: ModelSource,
    /// Whether the next edit is suggested: after you make the same change in some places, that change at the
    /// next place. `"hint"` also marks the place with a diagnostic of the severity *hint*, for editors that
    /// cannot display the edit: "next diagnostic" jumps there, and a code action applies it.
    /// `complete.languages` and `complete.trigger` apply to it too.
    pub next_edit: NextEditSetting,
    pub action: Vec<ActionConfig>,
    pub actions: ActionsConfig,
    pub index: IndexConfig,
    pub cache: CacheConfig,
    pub log: Log,
    pub workspace: Vec<Workspace>,
    /// Names of the providers that may receive requests: `["*"]` allows all, `[]` none. If several sources
    /// set it, a provider must be allowed by each.
    pub only: Vec<String>,
    /// The settings of roots with a file of their own, deepest root first.
    #[serde(skip)]
    narrowed: Vec<(PathBuf, Config)>,
}

/// The built-in model, which learns from the workspace.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddedConfig {
    /// Whether the built-in model makes suggestions.
    pub enabled: bool,
    /// Lowest confidence of suggestions while you type, from 0 to 1. A higher value shows fewer suggestions,
    /// and fewer wrong ones: in measurements 0.7 saved 38 % of the keys typed; 0.8 saved 35 %, with two
    /// thirds of the wrong suggestions; 0.89 saved 31 %, with a third of them.
    pub threshold: Share,
    /// Lowest confidence of suggestions on request, from 0 to 1.
    pub invoked_threshold: Share,
    /// Confidence from which it answers without requesting another model, from 0 to 1; 1 disables that. Below
    /// this value, it answers if no other model does.
    pub preempt: Share,
    /// Highest number of tokens of the workspace that are learned. Each token takes 8 bytes, and one
    /// definition per 32 tokens about 120 bytes. A line of code has about seven tokens. Files near open files
    /// and recently changed files come first.
    pub tokens: u32,
}

/// Suggestions: when, where and how long.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CompleteConfig {
    /// `"automatic"` suggests while you type, `"manual"` only on request.
    pub trigger: TriggerSetting,
    /// Pause in typing before a request: `"adaptive"` waits only if that saves money; a number is
    /// milliseconds.
    pub debounce: DebounceSetting,
    /// How soon a request goes to a paid provider while you type: `"low"` after a pause of 100 to 400 ms,
    /// `"medium"` after 30 to 150 ms, `"high"` after at most 75 ms. It also sets the least probability of a
    /// suggestion that is shown while you type, if the model reports probabilities: 50, 30 or 0 %. With `"high"`, free models are also
    /// requested to continue a suggestion before you accept it.
    pub eagerness: EagernessSetting,
    /// Whether the text that follows a suggestion is requested before you accept it. `limit.ahead` limits
    /// what paid models may cost. If it is left out, `eagerness` decides.
    pub ahead: Option<bool>,
    /// `"single"` suggests one line, `"multi"` up to ten lines where they fit, `"auto"` several lines where a
    /// block begins.
    pub lines: LinesSetting,
    /// Languages without suggestions, by their names in your editor: `{ markdown = false }`. All others have
    /// suggestions.
    pub languages: BTreeMap<String, bool>,
}

/// Code actions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ActionsConfig {
    /// Which edits the editor shows for confirmation before it applies them, if it can: `"auto"` those of more
    /// than 30 lines and those that could not be checked completely, `"always"` all, `"never"` none.
    pub review: ReviewSetting,
    /// Commands that check an edit before it is offered, by language: `check.rust = ["cargo", "check", "--tests"]`,
    /// `check.python = ["pytest", "-q"]`; `check.typescript` is used for `.tsx` files, too. They run without a shell, in a
    /// copy of the workspace folder that has the edit, without the files that git ignores (at most 20,000 files and 256 MB);
    /// `{file}` is the edited file, and `{root}` the folder itself, for packages that are installed there:
    /// `["{root}/.venv/bin/pytest", "-q"]`. If a command fails only with the edit, the model is told why and asked once more.
    /// Generated tests that fail are left out. A command that runs longer than a minute checks nothing. *Document* is not
    /// checked: it changes no code. After an edit of Rust or Go, an editor that can ask offers the usual command once;
    /// `check.rust = []` refuses it.
    pub check: BTreeMap<String, Vec<String>>,
}

/// Hover over the symbol under the cursor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HoverConfig {
    /// `"off"` shows nothing. `"auto"`, `"on"` and `"cached"` are old names for on.
    pub mode: Hovering,
    /// Without effect: hover never waits for a model.
    pub wait_ms: u32,
}

/// Files of the workspace that are read and learned.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IndexConfig {
    /// Whether files that are not open in the editor are read.
    pub enabled: bool,
    /// Patterns of files that are never read, learned, sent or completed in, in addition to the files that
    /// `.gitignore`, `.ignore`, `.understudyignore` and the built-in rules exclude: `["secret/**", "*.sql"]`.
    /// The lists of several sources are combined.
    pub forbid: Vec<Glob>,
    /// Size above which a file is left out, in units of 1000 bytes.
    pub max_file_kb: u32,
    /// Highest number of files that are read.
    pub max_files: u32,
}

/// Suggestions that are stored, to be shown again without a request.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Highest memory use, in units of a million bytes; 0 stores none.
    pub megabytes: u32,
}

/// The log file; `understudy log` shows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Detail of the log: `"off"`, `"error"`, `"warn"`, `"info"`, `"debug"` or `"trace"`. Only `"trace"` may
    /// contain text of your files. The variable `UNDERSTUDY_LOG` takes precedence.
    pub level: LogLevel,
}

/// A problem in a source of settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, or the name of another source.
    pub source: String,
    /// The line in the source, from 1.
    pub line: Option<usize>,
    pub message: String,
}

/// The path of the user's config file, whether it exists or not; `None` without a home folder.
pub fn path(env: FolderVariables<'_>) -> Option<PathBuf> {
    Some(folders::config(Platform::HERE, env)?.join("config.toml"))
}

/// The merged settings of all sources, and their problems.
pub fn load(sources: &ConfigSources) -> (Config, Vec<Problem>) {
    let user = Effective::of_user(sources);
    let narrowed = sources.roots.iter().filter_map(|root| Some((root, user.narrowed(root)?)));
    let narrowed: Vec<_> = narrowed.map(|(root, it)| (root.clone(), it.into_config())).collect();

    let (mut config, mut problems) = user.into_config();
    for (root, (of_root, of_file)) in narrowed {
        config.narrowed.push((root, of_root));
        let new = of_file.into_iter().filter(|it| !problems.contains(it)).collect::<Vec<_>>();
        problems.extend(new);
    }
    config.narrowed.sort_by_key(|(root, _)| Reverse(root.components().count()));
    (config, problems)
}

/// The settings in the bytes of one file. Never panics: fuzzing starts here.
pub fn parse(bytes: &[u8]) -> (Config, Vec<Problem>) {
    let mut effective = Effective::default();
    effective.lay_bytes(&Origin::User("config.toml".into()), bytes);
    effective.into_config()
}

impl Config {
    /// The settings that apply to a file. A root may narrow them for its files.
    pub fn at(&self, path: &Path) -> &Self {
        let narrowed = self.narrowed.iter().find(|(root, _)| path.starts_with(root));
        narrowed.map_or(self, |(_, config)| config)
    }

    /// Keeps the providers of `only` that were allowed before.
    pub fn allow_only(&mut self, only: &[String]) {
        match self.only.iter().any(|it| it == ALL) {
            true => self.only = only.to_vec(),
            false => self.only.retain(|it| only.contains(it)),
        }
    }

    /// Allows only `provider`, here and in every root.
    pub fn narrow_to(&mut self, provider: &str) {
        let only = [provider.to_owned()];
        self.allow_only(&only);
        self.narrowed.iter_mut().for_each(|(_, it)| it.allow_only(&only));
    }

    /// The globs that any source forbids. Those of a single root apply to all roots, where they only exclude
    /// more.
    pub fn forbidden(&self) -> Vec<String> {
        let all = std::iter::once(self).chain(self.narrowed.iter().map(|(_, config)| config));
        let globs: BTreeSet<&str> = all.flat_map(|it| &it.index.forbid).map(Glob::as_str).collect();
        globs.into_iter().map(str::to_owned).collect()
    }
}

impl CompleteConfig {
    /// Whether the text that follows a suggestion is requested before the suggestion is accepted.
    pub fn looks_ahead(&self) -> bool {
        self.ahead.unwrap_or(self.eagerness == EagernessSetting::High)
    }

    /// Whether suggestions are made in a language, by its name in the editor.
    pub fn speaks(&self, language: &str) -> bool {
        self.languages.get(language).copied().unwrap_or(true)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            provider: Vec::new(),
            route: Route::default(),
            limit: LimitConfig::default(),
            cap: CapConfig::default(),
            network: Network::default(),
            embedded: EmbeddedConfig::default(),
            complete: CompleteConfig::default(),
            hover: HoverConfig::default(),
            http: HttpConfig::default(),
            model: ModelSource::default(),
            next_edit: NextEditSetting::default(),
            action: Vec::new(),
            actions: ActionsConfig::default(),
            index: IndexConfig::default(),
            cache: CacheConfig::default(),
            log: Log::default(),
            workspace: Vec::new(),
            only: vec![ALL.to_owned()],
            narrowed: Vec::new(),
        }
    }
}

impl Default for HoverConfig {
    fn default() -> Self {
        Self { mode: Hovering::Auto, wait_ms: 0 }
    }
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            threshold: Share::new(0.89),
            invoked_threshold: Share::new(0.5),
            preempt: Share::new(0.95),
            tokens: 8_000_000,
        }
    }
}

impl Default for IndexConfig {
    fn default() -> Self {
        Self { enabled: true, forbid: Vec::new(), max_file_kb: 400, max_files: 100_000 }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { megabytes: 8 }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.source, self.message),
            None => write!(f, "{}: {}", self.source, self.message),
        }
    }
}
