//! The user's settings: what they are, where they come from, and what is wrong with them.
//!
//! A setting stands here once. Its doc comment is its manual entry and its description in the
//! JSON schema; its type says which values are right; the code that reads it is its only reason
//! to exist. What is wrong in a source is a `Problem`, and everything else in it still applies.

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
use crate::config::route::{CapConfig, LimitConfig, Network, Route, Workspace};
use crate::config::source::{ConfigSources, Origin};
use crate::config::value::{
    DebounceSetting, EagernessSetting, Glob, Hovering, LinesSetting, LogLevel, NextEditSetting,
    Share, TriggerSetting,
};

/// What stands for every provider.
pub const ALL: &str = "*";

/// Understudy's settings. Every one has a default, so no file is needed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub provider: Vec<ProviderConfig>,
    pub route: Route,
    pub limit: LimitConfig,
    pub cap: CapConfig,
    pub network: Network,
    /// The embedded model: suggestions learned from your own workspace, with no key and no network.
    /// `"off"` disables it. `"quiet"` shows a suggestion while you type if its confidence is at
    /// least 0.95 and no other model answers. `"normal"` requires 0.89, and shows a suggestion
    /// before any other model is requested from 0.95. `"eager"` requires 0.8, and 0.89 before any
    /// other model is requested. In measurements `"normal"` saved 31 % of the keys typed, and
    /// `"eager"` 35 % with twice as many wrong suggestions.
    pub embedded: EmbeddedConfig,
    pub complete: CompleteConfig,
    /// Whether hover describes the symbol under the cursor, with a model's explanation.
    pub hover: HoverConfig,
    pub http: HttpConfig,
    /// Whether the next edit is suggested: the change that you just made in some places, at the next one.
    /// `"hint"` also marks that place with a diagnostic of the severity *hint*, for editors that cannot
    /// display the edit: "next diagnostic" jumps there, and a code action applies it.
    /// `complete.languages` and `complete.trigger` apply to it too.
    pub next_edit: NextEditSetting,
    pub action: Vec<ActionConfig>,
    pub index: IndexConfig,
    pub cache: CacheConfig,
    pub log: Log,
    pub workspace: Vec<Workspace>,
    /// Names of the providers that may be asked: `["*"]` is all of them, `[]` none. Where several
    /// sources say it, a provider needs the permission of each.
    pub only: Vec<String>,
    /// The settings under roots whose own file narrows them, nearest root first.
    #[serde(skip)]
    narrowed: Vec<(PathBuf, Config)>,
}

/// The embedded model, which learns from the workspace.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddedConfig {
    /// Whether the embedded model suggests anything.
    pub enabled: bool,
    /// Confidence from which it suggests while you type, from 0 to 1. A higher one shows less, and
    /// less that is wrong: in measurements 0.7 saved 38 % of the keys typed, 0.8 saved 35 % with two
    /// thirds as many wrong suggestions, 0.89 saved 31 % with a third of them.
    pub threshold: Share,
    /// Confidence from which it answers a request of yours, from 0 to 1.
    pub invoked_threshold: Share,
    /// Confidence from which it answers before any other model is asked, from 0 to 1; at 1 it never
    /// does. Below, it answers where no other model does.
    pub preempt: Share,
    /// Tokens of the workspace that are learned at most, at 8 bytes each, and for each 32 of them one
    /// definition, at about 120 bytes. A line of code has about seven tokens. Files near open ones
    /// and files changed last come first.
    pub tokens: u32,
}

/// Suggestions: when, where and how long.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CompleteConfig {
    /// `"automatic"` suggests while you type, `"manual"` only on request.
    pub trigger: TriggerSetting,
    /// Pause in typing before a provider is asked: `"adaptive"` waits only where that saves money, a
    /// number is milliseconds.
    pub debounce: DebounceSetting,
    /// How soon a provider that costs money is asked while you type: `"low"` after a pause of 100 to
    /// 400 ms, `"medium"` after 30 to 150 ms, `"high"` after at most 75 ms. `"high"` also asks models
    /// that cost nothing for the text behind a suggestion before you accept it.
    pub eagerness: EagernessSetting,
    /// Whether the text behind a suggestion is asked for before you accept it. Models that cost
    /// something are asked within `limit.ahead`. Left out, `eagerness` decides.
    pub ahead: Option<bool>,
    /// `"single"` suggests one line, `"multi"` up to ten lines wherever they fit, `"auto"` several
    /// lines where a block begins.
    pub lines: LinesSetting,
    /// Languages without suggestions, by the names your editor has for them: `{ markdown = false }`.
    /// All others have suggestions.
    pub languages: BTreeMap<String, bool>,
}

/// Hover over the symbol under the cursor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HoverConfig {
    /// `"off"` shows nothing; `"auto"`, `"on"` and `"cached"` are old names for on.
    pub mode: Hovering,
    /// An old setting without effect: hover never waits for a model.
    pub wait_ms: u32,
}

/// Files of the workspace that are read and learned.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IndexConfig {
    /// Whether files are read that are not open in the editor.
    pub enabled: bool,
    /// Patterns of files that are never read, learned, sent or completed in, in addition to those
    /// that `.gitignore`, `.ignore`, `.understudyignore` and the built-in rules hide: `["secret/**",
    /// "*.sql"]`. Lists of several sources add up.
    pub forbid: Vec<Glob>,
    /// Size above which a file is left out, in units of 1000 bytes.
    pub max_file_kb: u32,
    /// Files that are read at most.
    pub max_files: u32,
}

/// Suggestions kept to be shown again without a request.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Memory they may take, in units of a million bytes; 0 keeps none.
    pub megabytes: u32,
}

/// The log file; `understudy log` shows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Detail of the log: `"off"`, `"error"`, `"warn"`, `"info"`, `"debug"` or `"trace"`. Only
    /// `"trace"` may hold text of your files. The variable `UNDERSTUDY_LOG` takes precedence.
    pub level: LogLevel,
}

/// What is wrong in a source of settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, or what else the settings came from.
    pub source: String,
    /// The line in it, from 1.
    pub line: Option<usize>,
    pub message: String,
}

/// The user's config file, whether it exists or not; `None` without a home.
pub fn path(env: FolderVariables<'_>) -> Option<PathBuf> {
    Some(folders::config(Platform::HERE, env)?.join("config.toml"))
}

/// The settings of all sources together, and what is wrong in them.
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

/// The settings of one file's bytes, whatever they are. Never panics: fuzzing enters here.
pub fn parse(bytes: &[u8]) -> (Config, Vec<Problem>) {
    let mut effective = Effective::default();
    effective.lay_bytes(&Origin::User("config.toml".into()), bytes);
    effective.into_config()
}

impl Config {
    /// The settings that hold for a file: those of its root where that root narrows them.
    pub fn at(&self, path: &Path) -> &Self {
        let narrowed = self.narrowed.iter().find(|(root, _)| path.starts_with(root));
        narrowed.map_or(self, |(_, config)| config)
    }

    /// Leaves those providers of `only` that were allowed before.
    pub fn allow_only(&mut self, only: &[String]) {
        match self.only.iter().any(|it| it == ALL) {
            true => self.only = only.to_vec(),
            false => self.only.retain(|it| only.contains(it)),
        }
    }

    /// The same here and in every root: nobody but `provider` is asked.
    pub fn narrow_to(&mut self, provider: &str) {
        let only = [provider.to_owned()];
        self.allow_only(&only);
        self.narrowed.iter_mut().for_each(|(_, it)| it.allow_only(&only));
    }

    /// The globs anybody forbids. A root's own are among them: elsewhere they only hide more.
    pub fn forbidden(&self) -> Vec<String> {
        let all = std::iter::once(self).chain(self.narrowed.iter().map(|(_, config)| config));
        let globs: BTreeSet<&str> = all.flat_map(|it| &it.index.forbid).map(Glob::as_str).collect();
        globs.into_iter().map(str::to_owned).collect()
    }
}

impl CompleteConfig {
    /// Whether the text behind a suggestion is asked for before the suggestion is accepted.
    pub fn looks_ahead(&self) -> bool {
        self.ahead.unwrap_or(self.eagerness == EagernessSetting::High)
    }

    /// Whether suggestions are made in a language, by the name the editor gives it.
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
            next_edit: NextEditSetting::default(),
            action: Vec::new(),
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
