//! The right key somebody meant.

use serde_json::Value;

/// How much of a key must agree for it to be offered, from 0 to 1.
const LIKENESS: f64 = 0.6;

/// No key is nearly as long, in bytes.
const LONGEST: usize = 64;

/// The setting whose name is most like `key`, if any is much like it.
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

/// How alike two keys are; the right name in the wrong group is very much so.
fn likeness(key: &str, known: &str) -> f64 {
    let last = |key: &'_ str| key.rsplit('.').next().map(str::to_owned);
    let whole = strsim::normalized_damerau_levenshtein(key, known);
    if last(key) == last(known) { whole.max(0.9) } else { whole }
}

/// All groups and settings by their dotted names.
fn collect(defaults: &Value, group: &str, keys: &mut Vec<String>) {
    let Value::Object(entries) = defaults else { return };
    for (name, value) in entries {
        let key = if group.is_empty() { name.clone() } else { format!("{group}.{name}") };
        collect(value, &key, keys);
        keys.push(key);
    }
}
