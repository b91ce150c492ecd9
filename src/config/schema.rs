//! The JSON schema of the settings, generated from their types and doc comments, and the values that a
//! setting accepts, in words.
//!
//! Keys of earlier versions are valid and marked as deprecated.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::config::short::{SHORTS, Short};
use crate::config::{Config, old, short};

/// The schema of a config file. Editors complete and check TOML with it.
pub fn schema() -> Schema {
    let mut root = of_types();
    for old in &old::KEYS {
        deprecate(&mut root, &old.path(), &old.replacement());
    }
    for short in &SHORTS {
        let group = &mut root["properties"][short.name];
        *group = either(short, group.take());
    }
    root.try_into().expect("it was a schema before")
}

/// The schema without keys of earlier versions, for the manual and the editors' settings pages.
pub fn documented() -> Value {
    let mut root = schema().to_value();
    prune(&mut root);
    root
}

/// The schema of the types, with old keys.
fn of_types() -> Value {
    let inline = SchemaSettings::draft07().with(|it| it.inline_subschemas = true);
    inline.into_generator().into_root_schema_for::<Config>().to_value()
}

/// Marks the key at a path as deprecated, and removes it from the defaults of the groups around it.
fn deprecate(group: &mut Value, path: &[&str], replacement: &str) {
    let [name, rest @ ..] = path else {
        group["deprecated"] = true.into();
        let about = group["description"].as_str().unwrap_or_default();
        group["description"] = format!("{replacement} {about}").trim_end().into();
        return;
    };
    deprecate(&mut group["properties"][*name], rest, replacement);
    if let Some(defaults) = group.get_mut("default") {
        old::remove(defaults, path);
    }
}

/// The one-word form of a group, or the table of its old keys.
fn either(short: &Short, mut table: Value) -> Value {
    let about = table["description"].take();
    table["deprecated"] = true.into();
    table["description"] = "Keys of earlier versions.".into();
    old::remove(&mut table, &["default"]);
    let mut either = json!({ "description": about, "anyOf": [words(short), table] });
    if let Some(word) = short.usual() {
        either["default"] = word;
    }
    either
}

/// The schema of the one-word form of a group.
fn words(short: &Short) -> Value {
    let words = short.words();
    match words.iter().all(Value::is_boolean) {
        true => json!({ "type": "boolean" }),
        false => json!({ "type": "string", "enum": words }),
    }
}

/// Removes deprecated keys. A single alternative that is left replaces its `anyOf`.
fn prune(schema: &mut Value) {
    let Some(entries) = schema.as_object_mut() else { return };
    if let Some(properties) = entries.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(prune);
        properties.retain(|_, it| it["deprecated"] != true && !is_empty_group(it));
    }
    let Some(choices) = entries.get_mut("anyOf").and_then(Value::as_array_mut) else { return };
    choices.retain(|it| it["deprecated"] != true);
    if let [Value::Object(only)] = &choices[..] {
        let only = only.clone();
        entries.remove("anyOf");
        entries.extend(only);
    }
}

/// Whether all keys of a group were removed.
fn is_empty_group(schema: &Value) -> bool {
    schema["properties"].as_object().is_some_and(serde_json::Map::is_empty)
}

/// The values that a setting accepts: `true or false`, `a number from 0 to 1`.
pub(super) fn expected(path: &[String]) -> String {
    if let Some(short) = short::find(path) {
        return in_words(&words(short));
    }
    let root = of_types();
    let setting = path.iter().try_fold(&root, |it, key| {
        it.get("properties").and_then(|all| all.get(key)).or_else(|| it.get("additionalProperties"))
    });
    setting.map_or_else(|| "another value".to_owned(), in_words)
}

fn in_words(schema: &Value) -> String {
    if let Some(variants) = schema["enum"].as_array() {
        let variants: Vec<String> = variants.iter().map(Value::to_string).collect();
        return format!("one of {}", variants.join(", "));
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("boolean"), _) => "true or false".to_owned(),
        (Some("integer"), _) => format!("a whole number{}", range(schema)),
        (Some("number"), _) => format!("a number{}", range(schema)),
        (Some("string"), Some("glob")) => "a pattern of paths".to_owned(),
        (Some("string"), _) => "a string".to_owned(),
        (None, _) if schema["anyOf"].is_array() => {
            let choices = schema["anyOf"].as_array().into_iter().flatten().map(in_words);
            choices.collect::<Vec<_>>().join(", or ")
        }
        (Some("array"), _) => format!("a list, each item {}", in_words(&schema["items"])),
        (Some("object"), _) => "a table".to_owned(),
        _ => "another value".to_owned(),
    }
}

fn range(schema: &Value) -> String {
    let maximum = match schema["format"].as_str() {
        Some("uint32") => Some(u32::MAX.into()),
        _ => schema["maximum"].as_number().cloned(),
    };
    match (schema["minimum"].as_number(), maximum) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        _ => String::new(),
    }
}
