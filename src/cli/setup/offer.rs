//! Compares what was found with the settings: the providers that the config file will have, and those that
//! the training policy excludes.

use std::collections::BTreeSet;

use crate::cli::setup::find::FoundServer;
use crate::config::Config;
use crate::config::provider::ProviderConfig;
use crate::config::route::TrainingSetting;
use crate::models::catalog::policy;
use crate::models::catalog::policy::DataPolicy;
use crate::provider;
use crate::provider::preset;

/// A provider that was found, with the name of its existing or new row.
#[derive(Clone, Debug)]
pub(super) struct SetupOffer {
    pub(super) found: FoundServer,
    pub(super) name: String,
    pub(super) state: OfferState,
}

/// What `setup` does with an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfferState {
    /// A row is written.
    New,
    /// The config file has a row.
    Configured,
    /// The user has to write the row: its models or its URL are unknown.
    Incomplete,
}

/// A provider that the training policy excludes, with its data policy.
#[derive(Clone, Debug)]
pub(super) struct ExcludedOffer {
    pub(super) name: String,
    pub(super) policy: DataPolicy,
}

pub(super) fn offers(found: Vec<FoundServer>, config: &Config) -> Vec<SetupOffer> {
    let mut names: Vec<String> = config.provider.iter().map(|it| it.name.to_string()).collect();
    let mut offers = Vec::new();
    for mut found in found {
        if let Some(row) = found.row(config) {
            if !row.models.is_empty() {
                found.models = row.models.iter().map(|it| it.id.clone()).collect();
            }
            offers.push(SetupOffer {
                found,
                name: row.name.to_string(),
                state: OfferState::Configured,
            });
            continue;
        }
        let name = free(&found, &names);
        names.push(name.clone());
        let is_whole = found.is_local || !found.models.is_empty();
        let state = if is_whole { OfferState::New } else { OfferState::Incomplete };
        offers.push(SetupOffer { found, name, state });
    }
    offers
}

/// A name that no other row has.
fn free(found: &FoundServer, names: &[String]) -> String {
    let base = if found.is_local { "home" } else { found.kind };
    let mut all = (1..).map(|it| if it == 1 { base.to_owned() } else { format!("{base}-{it}") });
    all.find(|it| !names.contains(it)).unwrap_or_default()
}

/// Providers, new and configured, that may train on requests and that the user has not allowed.
pub(super) fn excluded(offers: &[SetupOffer], config: &Config) -> Vec<ExcludedOffer> {
    if config.route.training == TrainingSetting::Allow {
        return Vec::new();
    }
    let rows = config.provider.iter().filter(|it| needs_consent(it));
    let rows = rows.filter_map(|row| {
        let models: Vec<&str> = row.models.iter().map(|it| it.id.as_str()).collect();
        Some(ExcludedOffer { name: row.name.to_string(), policy: training(&row.kind, &models)? })
    });
    let new = offers.iter().filter(|it| it.state == OfferState::New && !it.found.is_local);
    let new = new.filter_map(|it| {
        let models: Vec<&str> = it.found.models.iter().map(String::as_str).collect();
        Some(ExcludedOffer { name: it.name.clone(), policy: training(it.found.kind, &models)? })
    });
    rows.chain(new).collect()
}

fn needs_consent(row: &ProviderConfig) -> bool {
    let usual = preset::find(&row.kind);
    let is_local = match &row.url {
        Some(url) => provider::is_loopback(url),
        None => usual.is_some_and(|it| it.local),
    };
    row.training != Some(TrainingSetting::Allow) && !is_local
}

/// The data policy of the first of these models with possible training; `None` if there is no such model.
fn training(kind: &str, models: &[&str]) -> Option<DataPolicy> {
    models.iter().map(|it| policy::of(kind, it)).find(|it| it.trains.may_be())
}

/// Checks the names of `--allow-training`: each must be a provider of the config file or a kind with a key.
pub(super) fn check_names(names: &[String], config: &Config) -> anyhow::Result<()> {
    let rows = config.provider.iter().map(|it| it.name.to_string());
    let kinds = preset::all().iter().filter(|it| !it.key.is_empty()).map(|it| it.kind.to_owned());
    let known: BTreeSet<String> = rows.chain(kinds).collect();
    for name in names {
        let all = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        anyhow::ensure!(
            known.contains(name),
            "--allow-training: unknown provider `{name}`; known are {all}"
        );
    }
    Ok(())
}

/// The providers of `excluded` that `names` contain, by row or by kind.
pub(super) fn named(
    names: &[String],
    excluded: &[ExcludedOffer],
    offers: &[SetupOffer],
    config: &Config,
) -> BTreeSet<String> {
    let kind = |name: &str| {
        let row =
            config.provider.iter().find(|it| it.name.as_str() == name).map(|it| it.kind.as_str());
        row.or_else(|| offers.iter().find(|it| it.name == name).map(|it| it.found.kind))
    };
    let wanted = |it: &&ExcludedOffer| {
        names.iter().any(|name| *name == it.name || Some(name.as_str()) == kind(&it.name))
    };
    excluded.iter().filter(wanted).map(|it| it.name.clone()).collect()
}
