//! Checks that types cannot express: contradictory rows, names that no provider has.

use std::collections::BTreeSet;

use crate::config::provider::ProviderConfig;
use crate::config::route::Group;
use crate::config::{Config, nearest};
use crate::inference;
use crate::provider::extras::RequestExtras;
use crate::provider::fim::FillFormat;
use crate::provider::next_edit::EditFormat;
use crate::provider::preset::{BUILT_IN, Preset};
use crate::provider::{address, preset};
use crate::syntax::language::Language;

/// Similarity of a language's name to a misspelled one, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The path of an invalid setting, and the reason.
pub(super) type Fault = (Vec<String>, String);

/// Removes invalid providers, and reports unknown names in routes. The remaining providers have unique names,
/// known kinds and URLs.
pub(super) fn settle(config: &mut Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (mut names, mut at) = (BTreeSet::new(), 0);
    config.provider.retain(|it| {
        let path = vec!["provider".to_owned(), at.to_string()];
        at += 1;
        let wrong = match names.insert(it.name.as_str().to_owned()) {
            true => wrong(it),
            false => Some("another [[provider]] row above has this name".to_owned()),
        };
        let doubted = correction(it).filter(|_| wrong.is_none());
        if let Some(reason) = wrong.as_ref().or(doubted.as_ref()) {
            faults.push((path, format!("provider \"{}\": {reason}", it.name)));
        }
        wrong.is_none()
    });
    let providers = config.provider.clone();
    for (list, groups) in config.route.lists() {
        let names = groups.iter().flat_map(Group::names);
        for name in names.filter(|it| !is_known(it, &providers)) {
            let path = vec!["route".to_owned(), list.to_owned()];
            faults.push((path, format!("route.{list}: no provider has the model {name:.60}")));
        }
    }
    let checked = config.actions.check.keys().map(|it| (["actions", "check"], it));
    let switched = config.complete.languages.keys().map(|it| (["complete", "languages"], it));
    for (setting, name) in checked.chain(switched) {
        if let Some(meant) = meant_language(name) {
            let path = setting.iter().map(|it| (*it).to_owned()).chain([name.clone()]).collect();
            let setting = setting.join(".");
            let reason =
                format!("{setting}: no language is called {name:.60?}, did you mean {meant:?}?");
            faults.push((path, reason));
        }
    }
    faults
}

/// The language that a wrong name means: that of an extension, or one with almost this name. An editor knows more
/// languages than the table.
fn meant_language(name: &str) -> Option<&'static str> {
    if Language::named(name).or_else(|| Language::detect(name, None, "")).is_some() {
        return None;
    }
    let small = name.to_lowercase();
    let is_like =
        |it: &Language| strsim::normalized_damerau_levenshtein(&small, it.name()) >= ALIKE;
    let of_extension = Language::all().find(|it| it.extensions().contains(&name));
    Some(of_extension.or_else(|| Language::all().find(is_like))?.name())
}

/// Why a row is invalid; `None` if it is valid.
fn wrong(row: &ProviderConfig) -> Option<String> {
    let Some(preset) = preset::find(&row.kind) else {
        if let Some(ended) = preset::retired(&row.kind) {
            return Some(ended.to_owned());
        }
        let kinds: serde_json::Map<_, _> =
            preset::all().iter().map(|it| (it.kind.to_owned(), serde_json::Value::Null)).collect();
        let meant = nearest::nearest(&row.kind, &kinds.into());
        let meant = meant.map(|it| format!(", did you mean \"{it}\"?")).unwrap_or_default();
        return Some(format!("unknown kind {:.60?}{meant}", row.kind));
    };
    if row.kind == BUILT_IN
        && let Some(reason) = wrong_engine(row)
    {
        return Some(reason);
    }
    let url = row.url.as_deref().unwrap_or(preset.url);
    if url.is_empty() {
        return Some("`url` is missing".to_owned());
    }
    if !url.contains("://") && !url.trim().is_empty() {
        let is_local = crate::provider::is_loopback(&format!("http://{}", url.trim()));
        let scheme = if is_local { "http" } else { "https" };
        return Some(format!("{url:.60} has no scheme: url = \"{scheme}://{:.60}\"", url.trim()));
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        let meant = correction(row).map(|it| format!(": {it}")).unwrap_or_default();
        return Some(format!("{url:.60} is not a url{meant}"));
    }
    if url.starts_with("http://") && !crate::provider::is_loopback(url) && !row.insecure {
        return Some(
            "http:// is allowed for this machine only; set `insecure = true` to allow another machine".to_owned(),
        );
    }
    if !row.start.is_empty() && !crate::provider::is_loopback(url) {
        return Some("`start` is allowed for a server on this machine only".to_owned());
    }
    if let Err(reason) = RequestExtras::new(&row.headers, &row.body, "") {
        return Some(reason);
    }
    if row.models.is_empty() && !preset.local {
        return Some("`models` is missing".to_owned());
    }
    let mut forms = row.models.iter().filter_map(|it| it.fim.as_deref());
    if let Some(unknown) = forms.find(|it| FillFormat::named(it).is_none()) {
        return Some(format!(
            "fim {unknown:.40?} is not one of {}",
            FillFormat::names().join(", ")
        ));
    }
    let formats = row.models.iter().filter_map(|it| it.next_edit.as_deref());
    formats.into_iter().find_map(|it| wrong_format(it, preset))
}

/// Why a row of the built-in engine is invalid.
fn wrong_engine(row: &ProviderConfig) -> Option<String> {
    if !inference::IS_BUILT_IN {
        return Some(inference::HOW_TO_GET.to_owned());
    }
    if row.url.is_some() || !row.start.is_empty() {
        return Some("the built-in engine has no `url` and no `start`".to_owned());
    }
    row.models.is_empty().then(|| "`models` is missing: `understudy model add` adds one".to_owned())
}

/// Why a format of next edits is invalid for a kind.
fn wrong_format(name: &str, preset: &Preset) -> Option<String> {
    let Some(format) = EditFormat::named(name) else {
        let names = EditFormat::ALL.map(EditFormat::name).join(", ");
        return Some(format!("next_edit {name:.40?} is not one of {names}"));
    };
    let reason =
        format!("a server of kind \"{}\" has no route for next_edit {name:?}", preset.kind);
    (!preset.takes_edits(format)).then_some(reason)
}

/// A mistake in the URL of a row, and the corrected line. The row is kept: if the URL is wrong, its requests
/// fail.
fn correction(row: &ProviderConfig) -> Option<String> {
    let url = row.url.as_deref()?;
    let found = address::correction(url, preset::find(&row.kind)?)?;
    Some(format!("url {url:.200?}: {}; set url = {:?}", found.why, found.url))
}

/// A possible mistake in the URL of a provider. Only a request shows whether it is one.
pub(super) fn doubt(name: &str, kind: &str, url: &str) -> Option<String> {
    let preset = preset::find(kind)?;
    let meant =
        address::doubt(url, preset).filter(|_| address::correction(url, preset).is_none())?;
    Some(format!(
        "provider \"{name:.64}\": most servers answer below /v1; if `understudy doctor` cannot reach this one, \
         set url = {meant:?}"
    ))
}

/// Whether a name in a route is a provider or one of its models. A provider without a list may have any
/// model.
fn is_known(name: &str, providers: &[ProviderConfig]) -> bool {
    let (provider, model) = name.split_once('/').map_or((name, None), |it| (it.0, Some(it.1)));
    let Some(row) = providers.iter().find(|it| it.name.as_str() == provider) else { return false };
    let open = row.models.is_empty();
    model.is_none_or(|model| open || row.models.iter().any(|it| it.id == model))
}
