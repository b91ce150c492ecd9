//! The table of models: what each is used for, its cost, and the data policy of its provider.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::SystemTime;

use crate::cli::setup::offer::SetupOffer;
use crate::cli::term::table::{Lean, Table};
use crate::models::catalog::class::ModelClass;
use crate::models::catalog::policy::PolicyAnswer;
use crate::models::catalog::{Catalog, Own, policy};
use crate::models::price::Price;
use crate::models::price::money::Money;
use crate::models::token_usage::Usage;
use crate::provider::preset;

/// Tokens of the prompt and the output of a suggestion, in a file that fills the window.
const SUGGESTION: (u64, u64) = (2000, 40);
/// The same for a code action.
const ACTION: (u64, u64) = (4000, 600);
/// Suggestions that are requested in an hour of typing.
const AN_HOUR: u64 = 150;

/// What a model is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Typing,
    Actions,
    Both,
}

impl Use {
    /// The form for a column.
    fn word(self) -> &'static str {
        match self {
            Self::Typing => "typing",
            Self::Actions => "actions",
            Self::Both => "both",
        }
    }

    /// The form for a comment.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Typing => "while typing",
            Self::Actions => "code actions",
            Self::Both => "all uses",
        }
    }
}

/// The use of each model of a provider: as `setup` suggests it, else by class.
pub(super) fn uses(offer: &SetupOffer, catalog: &Catalog) -> Vec<Use> {
    let (kind, models) = (offer.found.kind, &offer.found.models);
    let suggested = preset::find(kind).and_then(preset::Preset::suggested);
    if let ([_, _], Some(suggested)) = (&models[..], suggested)
        && suggested.models() == *models
    {
        return vec![Use::Typing, Use::Actions];
    }
    let of = |model: &String| match catalog.resolve(kind, model, &Own::default()).class {
        ModelClass::Large if models.len() > 1 => Use::Actions,
        ModelClass::Small | ModelClass::Medium | ModelClass::Large | ModelClass::Unknown => {
            Use::Both
        }
    };
    models.iter().map(of).collect()
}

pub(super) fn show(
    out: &mut impl Write,
    offers: &[SetupOffer],
    catalog: &Catalog,
    (excluded, allowed): (&BTreeSet<String>, &BTreeSet<String>),
) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("model", Lean::Left),
        ("use", Lean::Left),
        ("per request", Lean::Right),
        ("per hour", Lean::Right),
        ("data policy", Lean::Left),
    ]);
    for offer in offers {
        let policy = |model: &str| match () {
            () if offer.found.is_local => "stays on this machine",
            () if excluded.contains(&offer.name) => "may train: not used",
            () if allowed.contains(&offer.name) => "may train: allowed",
            () => words(offer.found.kind, model),
        };
        rows(offer, catalog, &policy).into_iter().for_each(|it| table.row(it));
    }
    table.write(out)?;
    let (read, written) = SUGGESTION;
    let (of_action, by_action) = ACTION;
    writeln!(
        out,
        "\nEstimates in dollars: a suggestion reads {read} tokens and writes {written}, an action\n\
         {of_action} and {by_action}; an hour of typing is {AN_HOUR} suggestions. Unknown prices are \"-\"."
    )?;
    if let Some(date) = catalog.origins().next().and_then(|it| it.1) {
        writeln!(out, "Prices are as of {date}; `understudy prices` lists them.")?;
    }
    Ok(())
}

/// One row per model of an offer.
fn rows(
    offer: &SetupOffer,
    catalog: &Catalog,
    policy: &dyn Fn(&str) -> &'static str,
) -> Vec<Vec<String>> {
    let row = |model: &str, use_: Use, (request, hour): (String, String)| {
        let name = format!("{}/{}", offer.name, short(model));
        vec![name, use_.word().to_owned(), request, hour, policy(model).to_owned()]
    };
    let free = || ("$0".to_owned(), "$0".to_owned());
    if offer.found.is_local && offer.found.models.is_empty() {
        return vec![row("(the model it serves)", Use::Both, free())];
    }
    let models = offer.found.models.iter().zip(uses(offer, catalog));
    let rows = models.map(|(model, use_)| {
        let price = catalog.find(offer.found.kind, model).and_then(|it| it.price);
        let costs = if offer.found.is_local { free() } else { costs(price.as_ref(), use_) };
        row(model, use_, costs)
    });
    rows.collect()
}

/// Cost of one request, and of an hour of typing.
fn costs(price: Option<&Price>, use_: Use) -> (String, String) {
    let Some(price) = price else { return ("-".to_owned(), "-".to_owned()) };
    let (prompt, output) = match use_ {
        Use::Typing | Use::Both => SUGGESTION,
        Use::Actions => ACTION,
    };
    let usage = Usage { prompt, output, ..Usage::default() };
    let request = price.cost(&usage, SystemTime::now());
    let hour = Money::from_picodollars(request.picodollars().saturating_mul(AN_HOUR));
    let hour = match use_ {
        Use::Typing | Use::Both => format!("${:.2}", hour.dollars()),
        Use::Actions => String::new(),
    };
    (format!("${:.4}", request.dollars()), hour)
}

/// The last part of a name such as `accounts/fireworks/models/qwen3-coder-30b-a3b-instruct`.
fn short(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

/// The data policy of a provider, in a few words.
fn words(kind: &str, model: &str) -> &'static str {
    let policy = policy::of(kind, model);
    match (policy.trains, policy.retains) {
        (PolicyAnswer::No, PolicyAnswer::No) => "no training, not kept",
        (PolicyAnswer::No, PolicyAnswer::Yes) => "no training, kept",
        (PolicyAnswer::No, PolicyAnswer::Unknown) => "no training",
        (PolicyAnswer::Yes, _) => "trains",
        (PolicyAnswer::Unknown, _) => "may train",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_a_request_depends_on_its_use() {
        let price = Price::of_user(1.0, 10.0, None, None);
        for (use_, expected) in [
            (Use::Typing, ("$0.0024", "$0.36")),
            (Use::Both, ("$0.0024", "$0.36")),
            (Use::Actions, ("$0.0100", "")),
        ] {
            let (request, hour) = costs(price.as_ref(), use_);
            assert_eq!((request.as_str(), hour.as_str()), expected, "{use_:?}");
        }
        assert_eq!(costs(None, Use::Typing), ("-".to_owned(), "-".to_owned()));
    }

    #[test]
    fn every_data_policy_fits_the_table() {
        for it in preset::all() {
            let words = words(it.kind, "m");
            assert!(words.len() <= 21, "{words}");
        }
        assert_eq!(words("cerebras", "m"), "no training, not kept");
        assert_eq!(words("deepinfra", "google/gemini-2.5-pro"), "may train");
    }
}
