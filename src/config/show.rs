//! The settings that hold, as a config file that says who set each.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::config;
use crate::config::Problem;
use crate::config::apply::Effective;
use crate::config::source::Origin;
use crate::config::source::Sources;

/// How wide a setting is at most before its comment, in columns.
const COMMENTS: usize = 35;

/// The settings that hold, and who set those that are not at their default.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub config: Value,
    /// By dotted key: `config.toml:3`, `editor`.
    pub origins: BTreeMap<String, String>,
    pub problems: Vec<Problem>,
    /// What may be wrong, and may be right.
    #[serde(skip)]
    pub doubts: Vec<Problem>,
}

/// What holds in a workspace of one root, or in none.
pub fn shown(sources: &Sources) -> Shown {
    let (_, problems) = config::load(sources);
    let user = Effective::of_user(sources);
    let narrowed = sources.roots.first().and_then(|root| user.narrowed(root));
    let effective = narrowed.unwrap_or(user);

    let origins = effective.origins.iter().chain(&effective.rows).map(|(path, (origin, line))| {
        let line = line.map(|it| format!(":{it}")).unwrap_or_default();
        (path.join("."), format!("{origin}{line}"))
    });
    let origins = origins.collect();
    let doubts = effective.doubts();
    let (config, _) = effective.into_config();
    let config = serde_json::to_value(config).expect("keys are strings");
    Shown { origins, config, problems, doubts }
}

impl Shown {
    /// A config file of its own that says the same.
    pub fn to_toml(&self) -> String {
        let Value::Object(groups) = &self.config else { return String::new() };
        // Settings that stand alone come first: behind a group they would be the group's.
        let (alone, grouped): (Vec<_>, Vec<_>) =
            groups.iter().partition(|(name, _)| *name == "only");
        let groups = alone.into_iter().chain(grouped);
        let groups =
            groups.map(|(name, group)| self.group(name, group)).filter(|it| !it.is_empty());
        groups.collect::<Vec<_>>().join("\n")
    }

    fn group(&self, name: &str, group: &Value) -> String {
        let rows = match group {
            Value::Object(settings) => return self.settings(name, settings),
            Value::Array(rows) if rows.iter().all(Value::is_object) => rows,
            value => return self.setting(name, name, value),
        };
        let rows = rows.iter().enumerate().map(|(at, row)| {
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
        let said = self.origins.iter().filter(|(it, _)| *it == key || it.starts_with(&below));
        let mut said: Vec<&str> = said.map(|(_, origin)| origin.as_str()).collect();
        said.dedup();
        match said.is_empty() {
            true => Origin::Default.to_string(),
            false => said.join(", "),
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

/// What is not set has no spelling in TOML.
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
