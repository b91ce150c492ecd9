//! Keys of earlier versions. They still work, and `understudy config check` names the replacement of each.

use serde_json::{Map, Value};

use crate::config::Config;

/// A key of an earlier version, and what replaces it.
pub(super) struct Old {
    pub(super) key: &'static str,
    by: By,
}

#[derive(Clone, Copy)]
enum By {
    /// A setting, for every value.
    Setting(&'static str),
    /// A setting, and its value that is closest to the old one.
    Level(&'static str, fn(&Value) -> &'static str),
    /// No setting; the behaviour without the key.
    Default(&'static str),
}

/// Sorted by name. The keys of a provider's own `cap` are current: for a model of unknown price, a limit of
/// requests or tokens is the only possible limit.
pub(super) const KEYS: [Old; 21] = [
    Old::new("cache.megabytes", By::Default("the cache takes at most 8 MB")),
    Old::new("cap.requests_per_day", By::Setting("`cap.usd_per_day`")),
    Old::new("cap.tokens_per_day", By::Setting("`cap.usd_per_day`")),
    Old::new("complete.ahead", By::Level("complete.eagerness", ahead)),
    Old::new("complete.debounce", By::Level("complete.eagerness", debounce)),
    Old::new("embedded.enabled", By::Level("embedded", enabled)),
    Old::new(
        "embedded.invoked_threshold",
        By::Default("suggestions on request are shown with a confidence of at least 0.5"),
    ),
    Old::new("embedded.preempt", By::Level("embedded", preempt)),
    Old::new("embedded.threshold", By::Level("embedded", threshold)),
    Old::new("embedded.tokens", By::Default("at most 8 million tokens are learned")),
    Old::new("hover.mode", By::Level("hover", mode)),
    Old::new("hover.wait_ms", By::Setting("`hover = true`")),
    Old::new("index.max_file_kb", By::Setting("`index.forbid`")),
    Old::new("index.max_files", By::Setting("`index.forbid`")),
    Old::new("limit.ahead.usd_per_day", By::Setting("`complete.eagerness = \"high\"`")),
    Old::new(
        "limit.complete.first_token_ms",
        By::Default("models that usually need more than 600 ms for the first token are tried last"),
    ),
    Old::new("limit.edit.total_ms", By::Default("an answer may take 60 s")),
    Old::new("limit.hover.usd", By::Setting("`limit.complete.usd`")),
    Old::new("route.a_second", By::Level("route.prefer", a_second)),
    Old::new("route.learn", By::Setting("`route.prefer = \"listed\"`")),
    Old::new(
        "route.spill",
        By::Setting(
            "a single group in `route.complete`, `route.edit`, `route.explain` or `route.next_edit`",
        ),
    ),
];

pub(super) fn find(key: &str) -> Option<&'static Old> {
    KEYS.iter().find(|it| it.key == key)
}

/// Removes the value at a path of tables, and the tables that become empty.
pub(super) fn remove(values: &mut Value, path: &[&str]) {
    let (Some(entries), [name, rest @ ..]) = (values.as_object_mut(), path) else { return };
    if let (Some(inner), false) = (entries.get_mut(*name), rest.is_empty()) {
        remove(inner, rest);
    }
    if rest.is_empty() || entries.get(*name).is_some_and(|it| *it == Value::Object(Map::new())) {
        entries.remove(*name);
    }
}

impl Old {
    const fn new(key: &'static str, by: By) -> Self {
        Self { key, by }
    }

    pub(super) fn path(&self) -> Vec<&'static str> {
        self.key.split('.').collect()
    }

    /// Removes the key from a tree of settings.
    pub(super) fn remove_from(&self, settings: &mut Value) {
        remove(settings, &self.path());
    }

    /// The replacement of the key, for every value.
    pub(super) fn replacement(&self) -> String {
        match self.by {
            By::Setting(setting) => format!("Replaced by {setting}."),
            By::Level(setting, _) => format!("Replaced by `{setting}`."),
            By::Default(default) => format!("Not replaced. Without it, {default}."),
        }
    }

    fn is_default(&self, value: &Value) -> bool {
        let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
        let path = format!("/{}", self.key.replace('.', "/"));
        defaults.pointer(&path).is_some_and(|it| match (it.as_f64(), value.as_f64()) {
            (Some(default), Some(value)) => (default - value).abs() < 1e-6,
            _ => it == value,
        })
    }

    /// The replacement of the key if it has this value.
    pub(super) fn note(&self, value: &Value) -> String {
        let key = self.key;
        if self.is_default(value) {
            return format!("`{key}` still works; it has its default value and can be removed");
        }
        match self.by {
            By::Setting(setting) => format!("`{key}` still works; {setting} replaces it"),
            By::Level(setting, level) => {
                format!("`{key}` still works; `{setting} = {}` replaces it", level(value))
            }
            By::Default(default) => {
                format!("`{key}` still works; no setting replaces it: without it, {default}")
            }
        }
    }
}

fn ahead(value: &Value) -> &'static str {
    if value == true { "\"high\"" } else { "\"medium\"" }
}

/// By the longest pause of each level: 75, 150 and 400 ms.
fn debounce(value: &Value) -> &'static str {
    match value.as_u64() {
        Some(..=75) => "\"high\"",
        Some(76..=150) | None => "\"medium\"",
        Some(151..) => "\"low\"",
    }
}

fn enabled(value: &Value) -> &'static str {
    if value == false { "\"off\"" } else { "\"normal\"" }
}

/// Halfway between the values of the levels: 0.95, 0.89 and 0.8.
fn threshold(value: &Value) -> &'static str {
    match value.as_f64() {
        Some(0.92..) => "\"quiet\"",
        Some(0.845..) | None => "\"normal\"",
        Some(_) => "\"eager\"",
    }
}

/// Halfway between the values of the levels: 1, 0.95 and 0.89.
fn preempt(value: &Value) -> &'static str {
    match value.as_f64() {
        Some(0.975..) => "\"quiet\"",
        Some(0.92..) | None => "\"normal\"",
        Some(_) => "\"eager\"",
    }
}

fn mode(value: &Value) -> &'static str {
    if value == "off" { "false" } else { "true" }
}

fn a_second(value: &Value) -> &'static str {
    match value.as_f64() {
        Some(dollars) if dollars > 0.002 => "\"fastest\"",
        Some(_) | None => "\"cheapest\"",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use expect_test::{Expect, expect};
    use serde_json::Value;
    use tempfile::TempDir;

    use crate::config;
    use crate::config::source::{ConfigSources, UserFile};
    use crate::config::{Config, old, show};

    /// Each old key with a value that is not its default, and this value as it is stored.
    const VALUES: [(&str, &str, &str); 21] = [
        ("cache.megabytes", "3", "3"),
        ("cap.requests_per_day", "9", "9"),
        ("cap.tokens_per_day", "9000", "9000"),
        ("complete.ahead", "true", "true"),
        ("complete.debounce", "150", "150"),
        ("embedded.enabled", "false", "false"),
        ("embedded.invoked_threshold", "0.25", "0.25"),
        ("embedded.preempt", "1", "1.0"),
        ("embedded.threshold", "0.75", "0.75"),
        ("embedded.tokens", "5", "5"),
        ("hover.mode", "'cached'", "\"cached\""),
        ("hover.wait_ms", "20", "20"),
        ("index.max_file_kb", "7", "7"),
        ("index.max_files", "8", "8"),
        ("limit.ahead.usd_per_day", "0.5", "0.5"),
        ("limit.complete.first_token_ms", "900", "900"),
        ("limit.edit.total_ms", "90000", "90000"),
        ("limit.hover.usd", "0.25", "0.25"),
        ("route.a_second", "0", "0.0"),
        ("route.learn", "false", "false"),
        ("route.spill", "false", "false"),
    ];

    fn at<'v>(values: &'v Value, key: &str) -> &'v Value {
        key.split('.').fold(values, |it, name| &it[name])
    }

    fn notes(text: &str) -> (Vec<String>, Vec<String>) {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, text).unwrap();
        let file = UserFile::Named(file);
        let shown = show::shown(&ConfigSources { file, ..ConfigSources::default() });
        let messages = |it: &[config::Problem]| {
            let messages = it.iter().map(|it| format!("{}: {}", it.line.unwrap_or(0), it.message));
            messages.collect::<Vec<_>>()
        };
        (messages(&shown.problems), messages(&shown.notes))
    }

    #[test]
    fn an_old_key_still_sets_its_value_and_nothing_else() {
        assert_eq!(old::KEYS.each_ref().map(|it| it.key), VALUES.map(|it| it.0));
        for (key, written, held) in VALUES {
            let (config, problems) = config::parse(format!("{key} = {written}\n").as_bytes());
            assert_eq!(problems, [], "{key}");
            let mut expected = serde_json::to_value(Config::default()).unwrap();
            let config = serde_json::to_value(config).unwrap();
            assert_ne!(at(&config, key), at(&expected, key), "{key}: not its default");
            assert_eq!(at(&config, key).to_string(), held, "{key}");
            let slot = key.split('.').fold(&mut expected, |it, name| &mut it[name]);
            *slot = at(&config, key).clone();
            assert_eq!(config, expected, "{key}");
        }
    }

    #[test]
    fn an_old_key_is_still_validated() {
        for (key, ..) in VALUES {
            let (config, problems) = config::parse(format!("{key} = '!'\n").as_bytes());
            assert_eq!(config, Config::default(), "{key}");
            let [problem] = &problems[..] else { panic!("{key}: {problems:?}") };
            assert!(problem.message.starts_with(&format!("{key} must be ")), "{problem}");
        }
    }

    fn check_note(text: &str, expect: Expect) {
        let (problems, notes) = notes(text);
        assert_eq!(problems, [""; 0]);
        expect.assert_eq(&(notes.join("\n") + "\n"));
    }

    #[test]
    fn each_old_key_names_its_replacement() {
        let text: String =
            VALUES.iter().map(|(key, written, _)| format!("{key} = {written}\n")).collect();
        check_note(
            &text,
            expect![[r#"
                1: `cache.megabytes` still works; no setting replaces it: without it, the cache takes at most 8 MB
                2: `cap.requests_per_day` still works; `cap.usd_per_day` replaces it
                3: `cap.tokens_per_day` still works; `cap.usd_per_day` replaces it
                4: `complete.ahead` still works; `complete.eagerness = "high"` replaces it
                5: `complete.debounce` still works; `complete.eagerness = "medium"` replaces it
                6: `embedded.enabled` still works; `embedded = "off"` replaces it
                7: `embedded.invoked_threshold` still works; no setting replaces it: without it, suggestions on request are shown with a confidence of at least 0.5
                8: `embedded.preempt` still works; `embedded = "quiet"` replaces it
                9: `embedded.threshold` still works; `embedded = "eager"` replaces it
                10: `embedded.tokens` still works; no setting replaces it: without it, at most 8 million tokens are learned
                11: `hover.mode` still works; `hover = true` replaces it
                12: `hover.wait_ms` still works; `hover = true` replaces it
                13: `index.max_file_kb` still works; `index.forbid` replaces it
                14: `index.max_files` still works; `index.forbid` replaces it
                15: `limit.ahead.usd_per_day` still works; `complete.eagerness = "high"` replaces it
                16: `limit.complete.first_token_ms` still works; no setting replaces it: without it, models that usually need more than 600 ms for the first token are tried last
                17: `limit.edit.total_ms` still works; no setting replaces it: without it, an answer may take 60 s
                18: `limit.hover.usd` still works; `limit.complete.usd` replaces it
                19: `route.a_second` still works; `route.prefer = "cheapest"` replaces it
                20: `route.learn` still works; `route.prefer = "listed"` replaces it
                21: `route.spill` still works; a single group in `route.complete`, `route.edit`, `route.explain` or `route.next_edit` replaces it
            "#]],
        );
    }

    #[test]
    fn the_replacement_has_the_closest_value() {
        let text = "[embedded]\nenabled = true\nthreshold = 0.95\npreempt = 0.9\n\
             [complete]\nahead = false\ndebounce = 0\n[hover]\nmode = 'off'\n[route]\na_second = 0.5\n";
        check_note(
            text,
            expect![[r#"
                2: `embedded.enabled` still works; it has its default value and can be removed
                3: `embedded.threshold` still works; `embedded = "quiet"` replaces it
                4: `embedded.preempt` still works; `embedded = "eager"` replaces it
                6: `complete.ahead` still works; `complete.eagerness = "medium"` replaces it
                7: `complete.debounce` still works; `complete.eagerness = "high"` replaces it
                9: `hover.mode` still works; `hover = false` replaces it
                11: `route.a_second` still works; `route.prefer = "fastest"` replaces it
            "#]],
        );
        check_note(
            "complete.debounce = 'adaptive'\n",
            expect![[r#"
                1: `complete.debounce` still works; it has its default value and can be removed
            "#]],
        );
        check_note(
            "complete.debounce = 400\n",
            expect![[r#"
            1: `complete.debounce` still works; `complete.eagerness = "low"` replaces it
        "#]],
        );
    }

    #[test]
    fn current_settings_have_no_notes() {
        let text = "embedded = 'eager'\nhover = false\ncomplete.eagerness = 'high'\n\
             [[provider]]\nname = 'a'\nkind = 'ollama'\ncap = { requests_per_day = 5, tokens_per_day = 9 }\n";
        assert_eq!(notes(text), Default::default());
    }
}
