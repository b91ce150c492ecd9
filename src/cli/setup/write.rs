//! The offers as rows of the config file, with a comment for every line.

use std::collections::BTreeSet;
use std::time::SystemTime;

use anyhow::Context;
use toml_edit::{DocumentMut, Item, Value};

use crate::cli::setup::offer::{ExcludedOffer, OfferState, SetupOffer};
use crate::cli::setup::{costs, tell};
use crate::config::Config;
use crate::config::edit::with_line_ends;
use crate::models::catalog::Catalog;
use crate::models::price::date;

/// Column of the comments, if the line leaves room.
const MARGIN: usize = 40;
/// Highest width of a line. Only a long name may exceed it.
const WIDTH: usize = 98;

/// The cap in dollars per day that is written if the user has set none.
const CAP: &str = "2.0";

/// The user's decisions about providers that may train.
pub(super) struct Decided<'a> {
    pub(super) excluded: &'a [ExcludedOffer],
    /// Names of the allowed providers.
    pub(super) allowed: &'a BTreeSet<String>,
}

/// Rows for the providers that the file does not have.
pub(super) fn rows(
    offers: &[SetupOffer],
    config: &Config,
    catalog: &Catalog,
    decided: &Decided<'_>,
) -> String {
    let new: Vec<&SetupOffer> = offers.iter().filter(|it| it.state == OfferState::New).collect();
    let mut text: String = new.iter().map(|it| row(it, catalog, decided)).collect();
    let is_paid = |it: &&&SetupOffer| {
        let mut prices =
            it.found.models.iter().filter_map(|m| catalog.find(it.found.kind, m)?.price);
        !it.found.is_local && prices.next().is_some()
    };
    if new.iter().any(|it| is_paid(&it)) && config.cap == Config::default().cap {
        text.push_str("\n# Spending limit for all providers together.\n[cap]\n");
        line(
            &mut text,
            &format!("usd_per_day = {CAP}"),
            "dollars; above it, only free and local models answer",
        );
    }
    let today = date::of(SystemTime::now());
    match text.is_empty() {
        true => text,
        false => format!(
            "# Written by `understudy setup` on {today}. `understudy config show` lists all settings.\n{text}"
        ),
    }
}

/// The file with the rows appended.
pub(super) fn joined(text: &str, rows: &str) -> String {
    match (text.trim_end(), rows) {
        (_, "") => text.to_owned(),
        ("", rows) => rows.to_owned(),
        (text, rows) => format!("{text}\n\n{rows}"),
    }
}

/// The comment behind the policy of a provider that is not used.
const NOT_USED: &str =
    "# Therefore it is not used. To allow it, remove the `#` from the next line:";
const ALLOWED: &str = "training = \"allow\"";

/// Sets `training = "allow"` in the rows with these names.
pub(super) fn allowing(text: &str, names: &BTreeSet<String>) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse().context("the config file is not TOML")?;
    let is_named =
        |name: Option<&Item>| name.and_then(Item::as_str).is_some_and(|it| names.contains(it));
    match document.get_mut("provider") {
        Some(Item::ArrayOfTables(rows)) => {
            let rows = rows.iter_mut().filter(|it| is_named(it.get("name")));
            rows.for_each(|it| it["training"] = Item::Value("allow".into()));
        }
        Some(Item::Value(Value::Array(rows))) => {
            for row in rows.iter_mut().filter_map(Value::as_inline_table_mut) {
                let name = row.get("name").and_then(Value::as_str);
                if name.is_some_and(|it| names.contains(it)) {
                    row.insert("training", "allow".into());
                }
            }
        }
        Some(_) | None => {}
    }
    Ok(with_line_ends(text, without_refusal(&document.to_string())))
}

/// Removes our comments on how to allow a provider from rows that allow it.
fn without_refusal(text: &str) -> String {
    let (mut is_allowed, mut kept) = (false, String::with_capacity(text.len()));
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_end();
        is_allowed = (is_allowed && !trimmed.starts_with('[')) || trimmed.starts_with(ALLOWED);
        if is_allowed && trimmed == NOT_USED {
            _ = lines.next_if(|it| it.strip_prefix("# ").is_some_and(|it| it.starts_with(ALLOWED)));
            continue;
        }
        kept.push_str(line);
    }
    kept
}

fn row(offer: &SetupOffer, catalog: &Catalog, decided: &Decided<'_>) -> String {
    let (found, name) = (&offer.found, &offer.name);
    let quoted = |it: &str| Value::from(it).to_string();
    let list = |it: &[String]| Value::from_iter(it.iter().map(String::as_str)).to_string();
    let mut text = match found.key {
        Some(key) => format!("\n# {}: its key was found in {key}.\n[[provider]]\n", found.kind),
        None if found.start.is_empty() => {
            format!("\n# {}: a server at {}.\n[[provider]]\n", found.kind, found.place)
        }
        None => format!("\n# {}: {}.\n[[provider]]\n", found.kind, found.place),
    };
    line(&mut text, &format!("name = {}", quoted(name)), "name in settings, status and reports");
    line(&mut text, &format!("kind = {}", quoted(found.kind)), "sets protocol, address and prices");
    if let Some(url) = &found.url {
        line(&mut text, &format!("url = {}", quoted(url)), "address of the server");
    }
    if let Some(key) = found.key {
        let comment = "environment variable with the key";
        line(&mut text, &format!("key = {{ env = {} }}", quoted(key)), comment);
    }
    if !found.start.is_empty() {
        let comment = "starts it on demand; it stops after ten idle minutes";
        line(&mut text, &format!("start = {}", list(&found.start)), comment);
    }
    if !found.models.is_empty() {
        text.push_str("models = [\n");
        for (model, use_) in found.models.iter().zip(costs::uses(offer, catalog)) {
            let comment = format!("{}{}", use_.words(), rates(offer, model, catalog));
            line(&mut text, &format!("    {},", quoted(model)), &comment);
        }
        text.push_str("]\n");
    }
    text.push_str(&consent(offer, decided));
    text
}

/// The price of a model, if it is known.
fn rates(offer: &SetupOffer, model: &str, catalog: &Catalog) -> String {
    if offer.found.is_local {
        return ", free".to_owned();
    }
    let price = catalog.find(offer.found.kind, model).and_then(|it| it.price);
    price.map_or_else(String::new, |it| {
        let [input, output] = [it.rates.input, it.rates.output].map(|it| it.dollars_per_million());
        format!("; ${input} in, ${output} out per million tokens")
    })
}

/// The line that allows a provider that may train on requests, or a comment that contains the line.
fn consent(offer: &SetupOffer, decided: &Decided<'_>) -> String {
    let Some(known) = decided.excluded.iter().find(|it| it.name == offer.name) else {
        return String::new();
    };
    let known = comment(&capitalised(&known.policy.training()));
    match decided.allowed.contains(&offer.name) {
        true => {
            let mut text = known;
            line(&mut text, "training = \"allow\"", "you allowed requests to it");
            text
        }
        false => format!("{known}{NOT_USED}\n# {ALLOWED}\n"),
    }
}

/// A line with its comment: behind it if there is room, else above it.
fn line(text: &mut String, code: &str, comment: &str) {
    let column = code.chars().count().max(MARGIN - 2);
    match column + 4 + comment.chars().count() <= WIDTH {
        true => text.push_str(&format!("{code:column$}  # {comment}\n")),
        false => {
            let indent: String = code.chars().take_while(|it| *it == ' ').collect();
            text.push_str(&format!("{indent}# {comment}\n{code}\n"));
        }
    }
}

/// A sentence as lines of a comment.
fn comment(sentence: &str) -> String {
    let wrapped = tell::wrapped(sentence, WIDTH - 2);
    wrapped.iter().map(|it| format!("# {it}\n")).collect()
}

fn capitalised(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowing_a_provider_changes_only_its_row() {
        let names = BTreeSet::from(["b".to_owned()]);
        let tables = "# mine\n[[provider]]\nname = \"a\"\nkind = \"xai\"\n\n[[provider]] # second\n\
                      name = \"b\"  # its name\nkind = \"mistral\"\n\n[cap]\nusd_per_day = 2.0\n";
        assert_eq!(
            allowing(tables, &names).unwrap(),
            tables.replace("\"mistral\"\n", "\"mistral\"\ntraining = \"allow\"\n")
        );
        let inline = "provider = [{ name = \"b\", kind = \"mistral\" }]\n";
        assert!(allowing(inline, &names).unwrap().contains("training = \"allow\""));
        let commented = tables.replace(
            "\"mistral\"\n",
            &format!("\"mistral\"\n# It may train.\n{NOT_USED}\n# {ALLOWED}\n"),
        );
        let allowed = allowing(&commented, &names).unwrap();
        assert_eq!(allowed.matches("training").count(), 1, "{allowed}");
        assert!(!allowed.contains("not used") && allowed.contains("# It may train."), "{allowed}");
        let windows = tables.replace('\n', "\r\n");
        let expected = "\"mistral\"\r\ntraining = \"allow\"\r\n";
        assert!(allowing(&windows, &names).unwrap().contains(expected));
        let refused = tables.replace("\"mistral\"\n", "\"mistral\"\ntraining = \"never\"\n");
        assert!(allowing(&refused, &names).unwrap().contains("training = \"allow\""));
    }

    #[test]
    fn a_comment_is_placed_behind_its_line_or_above_it() {
        let mut text = String::new();
        line(&mut text, "a = 1", "one");
        line(&mut text, &format!("    \"{}\",", "x".repeat(80)), "two words");
        let expected =
            format!("{:38}  # one\n    # two words\n    \"{}\",\n", "a = 1", "x".repeat(80));
        assert_eq!(text, expected);
    }
}
