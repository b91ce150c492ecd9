//! The settings in effect, as a config file with the origin of each.
//!
//! Keys of earlier versions are shown only if a source sets them and no newer setting means the same.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::config;
use crate::config::apply::Effective;
use crate::config::short::SHORTS;
use crate::config::source::{ConfigSources, Origin};
use crate::config::{Config, Problem, old};

/// Width of a setting before its comment, in columns.
const COMMENTS: usize = 35;
/// Settings that are lists of tables.
const ROWS: [&str; 3] = ["action", "provider", "workspace"];

/// The settings in effect, and the origins of those that are not at their default.
#[derive(Debug, Serialize)]
pub struct ShownConfig {
    pub config: Value,
    /// By dotted key: `config.toml:3`, `editor`.
    pub origins: BTreeMap<String, String>,
    pub problems: Vec<Problem>,
    /// Possible mistakes, which only a request can confirm.
    #[serde(skip)]
    pub doubts: Vec<Problem>,
    /// Replacements of the old keys in the sources.
    pub notes: Vec<Problem>,
}

/// The settings in effect in the first root, or without a workspace.
pub fn shown(sources: &ConfigSources) -> ShownConfig {
    let (_, problems) = config::load(sources);
    let user = Effective::of_user(sources);
    let narrowed = sources.roots.first().and_then(|root| user.narrowed(root));
    let effective = narrowed.unwrap_or(user);

    let origins = effective.origins.iter().chain(&effective.rows).map(|(path, (origin, line))| {
        let line = line.map(|it| format!(":{it}")).unwrap_or_default();
        (path.join("."), format!("{origin}{line}"))
    });
    let origins = origins.collect();
    let (doubts, notes) = (effective.doubts(), effective.notes.clone());
    let (config, _) = effective.into_config();
    let config = serde_json::to_value(config).expect("keys are strings");
    let mut shown = ShownConfig { origins, config, problems, doubts, notes };
    shown.shorten();
    shown
}

impl ShownConfig {
    /// Removes old keys that no source sets, and replaces a group of them by its word if one means the same.
    fn shorten(&mut self) {
        let full = self.config.clone();
        let usual = serde_json::to_value(Config::default()).expect("keys are strings");
        for old in &old::KEYS {
            if !self.origins.contains_key(old.key) {
                old.remove_from(&mut self.config);
            }
        }
        for short in &SHORTS {
            let (group, usual) = (&full[short.name], &usual[short.name]);
            let Some(word) = short.word(group) else { continue };
            let sets = short.keys(&word).unwrap_or_default();
            let keys = group.as_object().into_iter().flatten();
            let mut others = keys.filter(|(key, _)| !sets.contains_key(*key));
            if others.all(|(key, value)| usual[key] == *value) {
                self.config[short.name] = word;
                self.join_origins(short.name, &sets);
            }
        }
    }

    /// Replaces the origins of a group's keys by an origin of its word.
    fn join_origins(&mut self, group: &str, sets: &Map<String, Value>) {
        let prefix = format!("{group}.");
        let is_set = |key: &str| key.strip_prefix(&prefix).is_some_and(|it| sets.contains_key(it));
        let mut found: Vec<String> = Vec::new();
        self.origins.retain(|key, origin| {
            if is_set(key) && !found.contains(origin) {
                found.push(origin.clone());
            }
            !key.starts_with(&prefix)
        });
        if !found.is_empty() {
            self.origins.insert(group.to_owned(), found.join(", "));
        }
    }

    /// A config file with these settings.
    pub fn to_toml(&self) -> String {
        let Value::Object(groups) = &self.config else { return String::new() };
        // Top-level settings come first: behind the header of a group they would belong to the group.
        let is_group = |name: &str, it: &Value| it.is_object() || ROWS.contains(&name);
        let (grouped, alone): (Vec<_>, Vec<_>) =
            groups.iter().partition(|(name, it)| is_group(name, it));
        let alone: String =
            alone.into_iter().map(|(name, it)| self.setting(name, name, it)).collect();
        let grouped = grouped.into_iter().map(|(name, group)| self.group(name, group));
        let parts = std::iter::once(alone).chain(grouped).filter(|it| !it.is_empty());
        parts.collect::<Vec<_>>().join("\n")
    }

    fn group(&self, name: &str, group: &Value) -> String {
        if let Value::Object(settings) = group {
            return self.settings(name, settings);
        }
        let rows = group.as_array().into_iter().flatten().enumerate().map(|(at, row)| {
            let origin = self.origin(&format!("{name}.{at}"));
            let settings = row.as_object().into_iter().flatten();
            let settings = settings.map(|(key, value)| format!("{key} = {}\n", inline(value)));
            format!("[[{name}]] # {origin}\n{}", settings.collect::<String>())
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    fn settings(&self, name: &str, settings: &Map<String, Value>) -> String {
        let settings = settings.iter().filter(|(_, value)| !value.is_null());
        let lines = settings.map(|(key, it)| self.setting(key, &format!("{name}.{key}"), it));
        let lines: String = lines.collect();
        if lines.is_empty() { lines } else { format!("[{name}]\n{lines}") }
    }

    fn setting(&self, key: &str, path: &str, value: &Value) -> String {
        let setting = format!("{key} = {}", inline(value));
        format!("{setting:COMMENTS$} # {}\n", self.origin(path))
    }

    /// A table of settings may have several origins.
    fn origin(&self, key: &str) -> String {
        let below = format!("{key}.");
        let found = self.origins.iter().filter(|(it, _)| *it == key || it.starts_with(&below));
        let mut found: Vec<&str> = found.map(|(_, origin)| origin.as_str()).collect();
        found.dedup();
        match found.is_empty() {
            true => Origin::Default.to_string(),
            false => found.join(", "),
        }
    }
}

fn inline(value: &Value) -> String {
    match &without_nulls(value) {
        Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
        value => {
            toml::Value::try_from(value).map_or_else(|_| value.to_string(), |it| it.to_string())
        }
    }
}

/// TOML has no null, so values that are not set are left out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let set = entries.iter().filter(|(_, it)| !it.is_null());
            Value::Object(set.map(|(key, it)| (key.clone(), without_nulls(it))).collect())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        value => value.clone(),
    }
}
