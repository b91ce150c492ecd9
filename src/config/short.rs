//! Settings of one word that set a group of older keys: `embedded = "eager"`, `hover = false`.
//!
//! The merged settings contain the older keys, so that a source can still change one of them alone.

use serde_json::{Map, Value, json};

use crate::config::value::Share;
use crate::config::{Config, EmbeddedConfig, HoverConfig};

/// A group of older keys, and the words that set them.
pub(super) struct Short {
    pub(super) name: &'static str,
    /// The words with the keys that each sets, in ascending order. The first word means off.
    levels: fn() -> Vec<(Value, Value)>,
}

pub(super) const SHORTS: [Short; 2] =
    [Short { name: "embedded", levels: embedded }, Short { name: "hover", levels: hover }];

/// The one-word form of the group at a path.
pub(super) fn find(path: &[String]) -> Option<&'static Short> {
    let [name] = path else { return None };
    SHORTS.iter().find(|it| it.name == name)
}

impl Short {
    /// The valid words.
    pub(super) fn words(&self) -> Vec<Value> {
        (self.levels)().into_iter().map(|it| it.0).collect()
    }

    /// The keys that a word sets; `None` if the word is invalid.
    pub(super) fn keys(&self, word: &Value) -> Option<Map<String, Value>> {
        match (self.levels)().into_iter().find(|it| it.0 == *word)? {
            (_, Value::Object(keys)) => Some(keys),
            _ => None,
        }
    }

    /// The word that sets a group's keys to these values; `None` if no word does.
    pub(super) fn word(&self, group: &Value) -> Option<Value> {
        let sets = |keys: &Value| {
            let mut keys = keys.as_object().into_iter().flatten();
            keys.all(|(key, value)| group.get(key) == Some(value))
        };
        (self.levels)().into_iter().find(|(_, keys)| sets(keys)).map(|it| it.0)
    }

    /// The word for the defaults.
    pub(super) fn usual(&self) -> Option<Value> {
        let defaults = serde_json::to_value(Config::default()).expect("keys are strings");
        self.word(&defaults[self.name])
    }

    pub(super) fn is_off(&self, word: &Value) -> bool {
        self.words().first() == Some(word)
    }
}

fn embedded() -> Vec<(Value, Value)> {
    let EmbeddedConfig { threshold, invoked_threshold, preempt, .. } = EmbeddedConfig::default();
    let keys = |threshold: Share, preempt: Share| {
        json!({
            "enabled": true,
            "threshold": threshold,
            "invoked_threshold": invoked_threshold,
            "preempt": preempt,
        })
    };
    vec![
        ("off".into(), json!({ "enabled": false })),
        ("quiet".into(), keys(preempt, Share::new(1.0))),
        ("normal".into(), keys(threshold, preempt)),
        ("eager".into(), keys(Share::new(0.8), threshold)),
    ]
}

fn hover() -> Vec<(Value, Value)> {
    let on = serde_json::to_value(HoverConfig::default()).expect("keys are strings");
    vec![(false.into(), json!({ "mode": "off" })), (true.into(), on)]
}

#[cfg(test)]
mod tests {
    use crate::config;
    use crate::config::Config;

    fn check(word: &str, keys: &str) {
        let [word, keys] = [word, keys].map(|it| config::parse(it.as_bytes()));
        assert_eq!(word.1, []);
        assert_eq!(word, keys);
    }

    #[test]
    fn a_word_sets_the_old_keys_of_its_group() {
        check("embedded = 'off'", "embedded.enabled = false");
        check("embedded = 'quiet'", "[embedded]\nthreshold = 0.95\npreempt = 1.0");
        check("embedded = 'normal'", "");
        check("embedded = 'eager'", "[embedded]\nthreshold = 0.8\npreempt = 0.89");
        check("hover = true", "hover.mode = 'auto'");
        check("hover = false", "hover.mode = 'off'");
    }

    #[test]
    fn an_invalid_word_is_reported_with_the_valid_ones() {
        let messages = |text: &str| {
            let (config, problems) = config::parse(text.as_bytes());
            assert_eq!(config, Config::default());
            problems.iter().map(|it| it.message.clone()).collect::<Vec<_>>()
        };
        let expected =
            "embedded must be one of \"off\", \"quiet\", \"normal\", \"eager\", not \"loud\"";
        assert_eq!(messages("embedded = 'loud'"), [expected]);
        assert_eq!(messages("hover = 'auto'"), ["hover must be true or false, not \"auto\""]);
    }

    #[test]
    fn high_eagerness_prefetches_unless_the_old_key_forbids_it() {
        let ahead = |text: &str| config::parse(text.as_bytes()).0.complete.looks_ahead();
        assert!(!ahead("") && !ahead("complete.eagerness = 'low'"));
        assert!(ahead("complete.eagerness = 'high'") && ahead("complete.ahead = true"));
        assert!(!ahead("complete = { eagerness = 'high', ahead = false }"));
    }

    #[test]
    fn a_lower_limit_of_suggestions_applies_to_hover_too() {
        let hover = |text: &str| config::parse(text.as_bytes()).0.limit.of_hover().get();
        assert_eq!([hover(""), hover("limit.complete.usd = 1")], [0.0005, 0.0005]);
        assert_eq!(hover("limit.complete.usd = 0.0001"), 0.0001);
        assert_eq!(hover("[limit]\ncomplete.usd = 0\nhover.usd = 0.01"), 0.01);
    }
}
