//! Parses what servers report about their models.

use serde_json::Value;

use crate::provider::fim::FillCapability;

/// The names in a list of models; `None` if the body is no such list.
pub(super) fn models(body: &[u8]) -> Option<Vec<String>> {
    let list: Value = serde_json::from_slice(body).ok()?;
    let lists = [&list["data"], &list["models"], &list];
    let models = lists.into_iter().find_map(Value::as_array)?;
    let name = |model: &Value| {
        let names = [&model["id"], &model["model"], &model["name"], model];
        names.into_iter().find_map(Value::as_str).map(str::to_owned)
    };
    Some(models.iter().filter_map(name).collect())
}

/// Whether a list contains a model. Names in the list can have a prefix, or a tag at the end.
pub(super) fn has(models: &[String], id: &str) -> bool {
    // A routing hint after a colon is not part of the name in the list.
    let plain = id.split_once(':').map_or(id, |it| it.0);
    models.iter().any(|it| {
        let it = it.strip_prefix("models/").unwrap_or(it);
        it == id || it.strip_suffix(":latest") == Some(id) || it == plain && it.contains('/')
    })
}

/// The most similar name in a list; `None` if none is similar.
pub(super) fn nearest<'a>(models: &'a [String], id: &str) -> Option<&'a str> {
    let alike = models.iter().map(|it| (strsim::jaro_winkler(it, id), it));
    let nearest = alike.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (nearest.0 > 0.8).then_some(nearest.1.as_str())
}

/// The capabilities of a model on a local server for display, and whether it fills holes, if reported.
pub(super) fn capabilities(body: &[u8]) -> Option<(String, Option<FillCapability>)> {
    let told: Value = serde_json::from_slice(body).ok()?;
    if let Some(capabilities) = told["capabilities"].as_array() {
        let words: Vec<&str> = capabilities.iter().filter_map(Value::as_str).collect();
        let fills = words.contains(&"insert");
        return Some((words.join(", "), Some(FillCapability { fills })));
    }
    let settings = &told["default_generation_settings"];
    let windows = [&settings["n_ctx"], &told["n_ctx"]];
    let window = windows.into_iter().find_map(Value::as_u64)?;
    let slots = told["total_slots"].as_u64().map_or(String::new(), |it| format!(", {it} slots"));
    Some((format!("{window} tokens{slots}"), None))
}

/// What runs the model of the built-in engine.
pub(super) fn device(body: &[u8]) -> Option<String> {
    let told: Value = serde_json::from_slice(body).ok()?;
    told["device"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, id: &str) -> Option<bool> {
        Some(has(&models(body.as_bytes())?, id))
    }

    #[test]
    fn a_model_is_found_in_any_list() {
        for (body, id) in [
            (r#"{"object":"list","data":[{"id":"gpt"},{"id":"o"}]}"#, "gpt"),
            (r#"{"models":[{"name":"models/gemini-flash","version":"1"}]}"#, "gemini-flash"),
            (r#"{"models":[{"name":"qwen:latest","model":"qwen:latest"}]}"#, "qwen"),
            (r#"{"models":[{"name":"qwen:7b","model":"qwen:7b"}]}"#, "qwen:7b"),
            (r#"[{"id":"a/b"}]"#, "a/b:floor"),
            (r#"["x"]"#, "x"),
        ] {
            assert_eq!(found(body, id), Some(true), "{body}");
            assert_eq!(found(body, "other"), Some(false), "{body}");
        }
        for body in ["", "<html>", "{}", r#"{"data":3}"#] {
            assert_eq!(found(body, "x"), None, "{body}");
        }
        assert_eq!(found(r#"{"models":[{"name":"qwen:7b"}]}"#, "qwen:1b"), Some(false));
    }

    #[test]
    fn a_similar_name_is_suggested() {
        let models = ["codestral-2508".to_owned(), "gpt".to_owned()];
        assert_eq!(nearest(&models, "codestral-2507"), Some("codestral-2508"));
        assert_eq!(nearest(&models, "zzz"), None);
    }

    #[test]
    fn capabilities_are_read_from_ollama_and_llama_cpp() {
        let ollama = br#"{"capabilities":["completion","insert"]}"#;
        let said = capabilities(ollama).unwrap();
        assert_eq!(said, ("completion, insert".to_owned(), Some(FillCapability { fills: true })));
        let llama = br#"{"default_generation_settings":{"n_ctx":8192},"total_slots":4}"#;
        assert_eq!(capabilities(llama).unwrap(), ("8192 tokens, 4 slots".to_owned(), None));
        assert_eq!(capabilities(b"{}"), None);
    }
}
