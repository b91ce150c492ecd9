//! The settings that hold, as a config file that says who set each.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

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
}

/// What holds in a workspace of one root, or in none.
pub fn shown(sources: &Sources) -> Shown {
    let user = Effective::of_user(sources);
    let mut problems = user.problems.clone();
    let narrowed = sources.roots.first().and_then(|root| user.narrowed(root));
    problems.extend(narrowed.iter().flat_map(|it| it.problems.clone()));
    let effective = narrowed.unwrap_or(user);

    let origins = effective.origins.iter().map(|(path, (origin, line))| {
        let line = line.map(|it| format!(":{it}")).unwrap_or_default();
        (path.join("."), format!("{origin}{line}"))
    });
    Shown { origins: origins.collect(), config: effective.values, problems }
}

impl Shown {
    /// A config file of its own that says the same.
    pub fn to_toml(&self) -> String {
        let Value::Object(groups) = &self.config else { return String::new() };
        let groups = groups.iter().map(|(name, group)| self.group(name, group));
        groups.collect::<Vec<_>>().join("\n")
    }

    fn group(&self, name: &str, group: &Value) -> String {
        let mut text = format!("[{name}]\n");
        for (key, value) in group.as_object().into_iter().flatten() {
            let setting = format!("{key} = {}", inline(value));
            text += &format!("{setting:COMMENTS$} # {}\n", self.origin(&format!("{name}.{key}")));
        }
        text
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
    match value {
        Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
        value => {
            toml::Value::try_from(value).map_or_else(|_| value.to_string(), |it| it.to_string())
        }
    }
}
