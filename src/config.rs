//! The user's settings: what they are, where they come from, and what is wrong with them.
//!
//! A setting stands here once. Its doc comment is its manual entry and its description in the
//! JSON schema; its type says which values are right; the code that reads it is its only reason
//! to exist. What is wrong in a source is a `Problem`, and everything else in it still applies.

pub mod action;
mod apply;
mod check;
pub mod edit;
pub mod fleet;
pub mod folders;
mod nearest;
mod node;
pub mod provider;
pub mod route;
pub mod schema;
pub mod show;
pub mod source;
#[cfg(test)]
mod tests;
pub mod value;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::config::action::Action;
use crate::config::apply::Effective;
use crate::config::folders::Environment;
use crate::config::folders::Platform;
use crate::config::provider::Provider;
use crate::config::route::Cap;
use crate::config::route::Limit;
use crate::config::route::Network;
use crate::config::route::Route;
use crate::config::route::Workspace;
use crate::config::source::Origin;
use crate::config::source::Sources;
use crate::config::value::Debounce;
use crate::config::value::Eagerness;
use crate::config::value::Glob;
use crate::config::value::Hovering;
use crate::config::value::Level;
use crate::config::value::Lines;
use crate::config::value::Share;
use crate::config::value::Trigger;

/// What stands for every provider.
pub const ALL: &str = "*";

/// Understudy's settings. Every one has a default, so no file is needed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub provider: Vec<Provider>,
    pub route: Route,
    pub limit: Limit,
    pub cap: Cap,
    pub network: Network,
    pub embedded: Embedded,
    pub complete: Complete,
    pub hover: Hover,
    pub action: Vec<Action>,
    pub index: Index,
    pub cache: Cache,
    pub log: Log,
    pub workspace: Vec<Workspace>,
    /// Providers that may be asked: `["*"]` is all of them, `[]` none. Several sources allow what
    /// all of them allow.
    pub only: Vec<String>,
    /// The settings under roots whose own file narrows them, nearest root first.
    #[serde(skip)]
    narrowed: Vec<(PathBuf, Config)>,
}

/// The embedded model: ghost text learned from your own workspace, with no key and no network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Embedded {
    /// Whether the embedded model suggests anything.
    pub enabled: bool,
    /// How sure it must be to suggest while you type, from 0 to 1. Higher shows less, and less
    /// that is wrong: in measurements .7 saved 38 % of the keys typed, .8 saved 35 % with two
    /// thirds as many wrong ones, .89 saved 31 % with a third of them.
    pub threshold: Share,
    /// How sure it must be when you ask for a suggestion yourself, from 0 to 1.
    pub invoked_threshold: Share,
    /// How sure it must be to answer before anybody else is asked, from 0 to 1; 1 is never that
    /// sure. Less sure, it answers where nobody else does.
    pub preempt: Share,
    /// How many tokens of your workspace are learned at most, at 8 bytes each, and for each 32 of
    /// them one definition, at about 120 bytes: this is the limit of the memory your files take.
    /// A line of code has about seven. What is nearest to open files and changed last comes first.
    pub tokens: u32,
}

/// When suggestions are made, and where.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Complete {
    /// `"automatic"` suggests while you type, `"manual"` only when you ask.
    pub trigger: Trigger,
    /// How long a pause in typing is waited for before a provider is asked: `"adaptive"` waits
    /// only where that saves money, a number is milliseconds, 0 never waits.
    pub debounce: Debounce,
    /// How soon a provider that costs money is asked where the pause is adaptive: `"high"` shows
    /// suggestions sooner and asks more often, `"low"` waits for longer pauses and costs less.
    pub eagerness: Eagerness,
    /// Whether what follows a suggestion is asked for while you look at it, so that it is there once
    /// you accept. Models that cost something are asked only within `limit.ahead`.
    pub ahead: bool,
    /// `"single"` suggests one line, `"multi"` up to ten wherever it fits, `"auto"` several where a
    /// block begins.
    pub lines: Lines,
    /// Languages to switch off, by the name your editor gives them: `{ markdown = false }`. A
    /// language that is not named here is on.
    pub languages: BTreeMap<String, bool>,
}

/// Explanations of the symbol under the cursor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hover {
    /// `"auto"` shows an explanation that is there and, in editors where a key asks for it, has the
    /// next one written where that is free or cheap; `"on"` does so in every editor and waits for
    /// it; `"cached"` asks nobody; `"off"` shows nothing.
    pub mode: Hovering,
    /// How long `"on"` waits for an explanation, in milliseconds.
    pub wait_ms: u32,
}

/// What is learned from the files of your workspace.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    /// Whether files you have not opened are read at all.
    pub enabled: bool,
    /// Files never read, learned or completed in, beside those that `.gitignore`, `.ignore`,
    /// `.understudyignore` and the built-in rules hide: `["secret/**", "*.sql"]`. Lists of several
    /// sources add up.
    pub forbid: Vec<Glob>,
    /// Larger files are left out, in units of 1000 bytes.
    pub max_file_kb: u32,
    /// How many files are read at most.
    pub max_files: u32,
}

/// Suggestions kept to be shown again without asking anybody.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// How much memory they may take, in units of a million bytes; 0 keeps none.
    pub megabytes: u32,
}

/// The log file; `understudy log` shows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How much is written: `"off"`, `"error"`, `"warn"`, `"info"`, `"debug"` or `"trace"`. Only
    /// `"trace"` may hold text of your files. The variable `UNDERSTUDY_LOG` overrules it.
    pub level: Level,
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
pub fn path(env: Environment<'_>) -> Option<PathBuf> {
    Some(folders::config(Platform::HERE, env)?.join("config.toml"))
}

/// The settings of all sources together, and what is wrong in them.
pub fn load(sources: &Sources) -> (Config, Vec<Problem>) {
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

impl Complete {
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
            limit: Limit::default(),
            cap: Cap::default(),
            network: Network::default(),
            embedded: Embedded::default(),
            complete: Complete::default(),
            hover: Hover::default(),
            action: Vec::new(),
            index: Index::default(),
            cache: Cache::default(),
            log: Log::default(),
            workspace: Vec::new(),
            only: vec![ALL.to_owned()],
            narrowed: Vec::new(),
        }
    }
}

impl Default for Hover {
    fn default() -> Self {
        Self { mode: Hovering::Auto, wait_ms: 0 }
    }
}

impl Default for Embedded {
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

impl Default for Index {
    fn default() -> Self {
        Self { enabled: true, forbid: Vec::new(), max_file_kb: 400, max_files: 100_000 }
    }
}

impl Default for Cache {
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
