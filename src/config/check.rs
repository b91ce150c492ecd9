//! What types cannot say: rows that contradict each other, names that nothing bears.

use crate::config::Config;

/// A setting that does not hold, by the path of where it stands, and why.
pub(super) type Fault = (Vec<String>, String);

/// Takes out what cannot hold. What is left may be relied on: providers have names of their own,
/// and a table that says who is asked names only models there are.
pub(super) fn settle(config: &mut Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut names = Vec::new();
    let mut at = 0;
    config.provider.retain(|it| {
        let path = vec!["provider".to_owned(), at.to_string()];
        at += 1;
        let known = names.contains(&it.name);
        names.push(it.name.clone());
        if known {
            faults.push((path, format!("provider.name: {} is taken by a row above", it.name)));
        }
        !known
    });
    faults
}
