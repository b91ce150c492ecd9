//! The JSON schema of the settings, generated from their types and doc comments, and what it says
//! of one setting in words.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::config::Config;

/// The schema of a config file; editors complete and check TOML by it.
pub fn schema() -> Schema {
    let inline = SchemaSettings::draft07().with(|it| it.inline_subschemas = true);
    inline.into_generator().into_root_schema_for::<Config>()
}

/// Which values a setting takes: `true or false`, `a number from 0 to 1`.
pub(super) fn expected(path: &[String]) -> String {
    let root = schema().to_value();
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
