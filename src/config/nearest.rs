//! The known key that is most similar to a misspelled one.

use serde_json::Value;

/// Lowest similarity of a suggested key, from 0 to 1.
const LIKENESS: f64 = 0.6;

/// Keys that are longer than this, in bytes, are similar to none.
const LONGEST: usize = 64;

/// The most similar setting; `None` if no setting is similar enough.
pub(super) fn nearest(key: &str, defaults: &Value) -> Option<String> {
    if key.len() > LONGEST {
        return None;
    }
    let mut keys = Vec::new();
    collect(defaults, "", &mut keys);
    let likely = keys.into_iter().map(|it| (likeness(key, &it), it));
    let best = likely.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= LIKENESS).then_some(best.1)
}

/// Similarity from 0 to 1. The right name in the wrong group counts as at least 0.9.
fn likeness(key: &str, known: &str) -> f64 {
    let last = |key: &'_ str| key.rsplit('.').next().map(str::to_owned);
    let whole = strsim::normalized_damerau_levenshtein(key, known);
    if last(key) == last(known) { whole.max(0.9) } else { whole }
}

/// Collects the dotted names of all groups and settings.
fn collect(defaults: &Value, group: &str, keys: &mut Vec<String>) {
    let Value::Object(entries) = defaults else { return };
    for (name, value) in entries {
        let key = if group.is_empty() { name.clone() } else { format!("{group}.{name}") };
        collect(value, &key, keys);
        keys.push(key);
    }
}
