//! Facts about models that need no request: price, class, context window, end of life, and the data policy of
//! the provider.
//!
//! Prices come from LiteLLM. `refresh` reduces them to our presets; the result is committed as a sorted table
//! that is searched as text, so a lookup parses one row and startup parses nothing. A table that the user
//! refreshed takes precedence over the built-in one; `own.tsv` comes last and holds prices that both lack.
//! Classes and data policies are rows of our own. A fact without a row is unknown and is never guessed.

pub mod class;
pub mod policy;
pub mod refresh;
pub mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::civil::Date;

use crate::models::catalog::class::ModelClass;
use crate::models::catalog::table::{CatalogRow, CatalogTable};
use crate::models::price::Price;

pub const FILE: &str = "prices.tsv";

/// Made by `catalog/generate`; its head names the source and the date.
const BUILT_IN: &str = include_str!("catalog/prices.tsv");

/// Prices that the table above lacks, written by hand.
const OWN: &str = include_str!("catalog/own.tsv");

/// All tables, in order of precedence.
#[derive(Clone, Debug)]
pub struct Catalog {
    tables: Vec<CatalogTable>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CatalogEntry {
    /// The provider's kind, which is the name of its preset, and the provider's name for the model.
    pub kind: String,
    pub model: String,
    pub price: Option<Price>,
    pub class: ModelClass,
    /// Why it has this class, for display.
    pub reason: &'static str,
    /// Context window in tokens.
    pub context_length: Option<u32>,
    /// Longest answer in tokens.
    pub output: Option<u32>,
    /// The day on which the provider removes the model.
    pub deprecated: Option<Date>,
}

/// The user's settings for a model. They override all tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    pub price: Option<Price>,
    pub class: Option<ModelClass>,
    pub context_length: Option<u32>,
}

impl Catalog {
    pub fn built_in() -> Self {
        Self { tables: vec![CatalogTable::new(BUILT_IN), CatalogTable::new(OWN)] }
    }

    /// The built-in tables, preceded by the one that was refreshed into `folder`, if there is any. A
    /// refreshed table that cannot be read is ignored.
    pub fn load(folder: Option<&Path>) -> Self {
        let mut catalog = Self::built_in();
        let refreshed = folder.and_then(|it| fs::read_to_string(it.join(FILE)).ok());
        if let Some(table) = refreshed.map(CatalogTable::new).filter(|it| it.is_whole()) {
            catalog.tables.insert(0, table);
        }
        catalog
    }

    /// The entry of a model. The name must match exactly. A row with a price wins over one without.
    pub fn find(&self, kind: &str, model: &str) -> Option<CatalogEntry> {
        let rows: Vec<CatalogRow> =
            self.tables.iter().filter_map(|it| it.find(kind, model)).collect();
        let priced = rows.iter().find(|it| it.price.is_some());
        Some(entry(priced.or(rows.first())?.clone()))
    }

    /// The entry of a model with the user's settings applied. Facts without a row stay unknown.
    pub fn resolve(&self, kind: &str, model: &str, own: &Own) -> CatalogEntry {
        let mut entry = self.find(kind, model).unwrap_or_else(|| unknown(kind, model));
        entry.price = own.price.clone().or(entry.price);
        entry.context_length = own.context_length.or(entry.context_length);
        if let Some(class) = own.class {
            (entry.class, entry.reason) = (class, "set in your config");
        }
        entry
    }

    /// All entries, sorted by kind and model.
    pub fn entries(&self) -> Vec<CatalogEntry> {
        let mut rows: BTreeMap<(String, String), CatalogRow> = BTreeMap::new();
        for row in self.tables.iter().flat_map(CatalogTable::rows) {
            let known = rows.entry((row.kind.clone(), row.model.clone())).or_insert(row.clone());
            if known.price.is_none() && row.price.is_some() {
                *known = row;
            }
        }
        rows.into_values().map(entry).collect()
    }

    /// The origin of each table and its date, in order of precedence.
    pub fn origins(&self) -> impl Iterator<Item = (&str, Option<Date>)> {
        self.tables.iter().map(|it| (it.origin(), it.date()))
    }
}

/// The entry of a model without a row. Its class can still follow from its name.
fn unknown(kind: &str, model: &str) -> CatalogEntry {
    entry(CatalogRow {
        kind: kind.to_owned(),
        model: model.to_owned(),
        price: None,
        context_length: None,
        output: None,
        deprecated: None,
    })
}

fn entry(row: CatalogRow) -> CatalogEntry {
    let (class, reason) = class::of(&row.model, row.price.as_ref());
    CatalogEntry {
        kind: row.kind,
        model: row.model,
        price: row.price,
        class,
        reason,
        context_length: row.context_length,
        output: row.output,
        deprecated: row.deprecated,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use jiff::civil::date;
    use tempfile::TempDir;

    use super::*;
    use crate::models::price::money::Rate;
    use crate::models::token_usage::Usage;

    #[test]
    fn every_row_of_the_built_in_table_is_found_by_its_key() {
        let catalog = Catalog::built_in();
        let entries = catalog.entries();
        assert!(entries.len() > 900, "{}", entries.len());
        for entry in &entries {
            assert_eq!(catalog.find(&entry.kind, &entry.model).as_ref(), Some(entry));
        }
        let own = CatalogTable::new(OWN);
        assert!(own.is_whole() && own.date().is_some());
        let lacking =
            |it: &CatalogRow| CatalogTable::new(BUILT_IN).find(&it.kind, &it.model).is_none();
        let lines = BUILT_IN.lines().filter(|it| !it.starts_with('#')).count();
        assert_eq!(entries.len(), lines + own.rows().filter(lacking).count());
        assert!(BUILT_IN.len() < 150_000, "{}", BUILT_IN.len());
    }

    #[test]
    fn no_price_of_the_table_is_zero() {
        for entry in Catalog::built_in().entries() {
            let Some(price) = entry.price else { continue };
            assert!(!price.is_free(), "{}/{}", entry.kind, entry.model);
            assert!(!price.source.is_empty() && price.date.is_some());
        }
    }

    #[test]
    fn the_table_keeps_its_licence() {
        let head: String = BUILT_IN.lines().take_while(|it| it.starts_with('#')).collect();
        assert!(head.contains("MIT License") && head.contains("Copyright (c) 2023 Berri AI"));
        let (origin, date) =
            (CatalogTable::new(BUILT_IN).origin().to_owned(), CatalogTable::new(BUILT_IN).date());
        assert!(origin.starts_with("litellm-") && date.is_some(), "{origin} {date:?}");
    }

    #[test]
    fn a_similar_name_is_unknown() {
        let catalog = Catalog::built_in();
        assert!(catalog.find("deepseek", "deepseek-v4-flash").is_some());
        for (kind, model) in [
            ("deepseek", "deepseek-v4-flas"),
            ("deepseek", "deepseek-v4-flash-2"),
            ("deepsee", "deepseek-v4-flash"),
            ("", ""),
            ("zzz", "zzz"),
            ("#", "origin"),
        ] {
            assert_eq!(catalog.find(kind, model), None, "{kind}/{model}");
        }
    }

    #[test]
    fn deepseek_costs_half_at_night_and_on_sunday() {
        let price =
            Catalog::built_in().find("deepseek", "deepseek-v4-flash").unwrap().price.unwrap();
        let usage =
            Usage { prompt: 1_000_000, cached: 500_000, output: 100_000, ..Usage::default() };
        // Monday 2026-11-23, 08:00 UTC.
        let peak = UNIX_EPOCH + Duration::from_secs(1_795_420_800);
        let hours = |it: u64| peak + Duration::from_secs(it * 3600);
        assert_eq!(price.cost(&usage, peak).to_string(), "$0.273");
        assert_eq!(price.cost(&usage, hours(3)).to_string(), "$0.137");
        assert_eq!(price.cost(&usage, hours(6 * 24)).to_string(), "$0.137");
    }

    #[test]
    fn the_user_s_settings_override_the_table() {
        let catalog = Catalog::built_in();
        let price = Price::of_user(0.3, 1.2, Some(0.03), None);
        let own =
            Own { price: price.clone(), class: Some(ModelClass::Small), context_length: Some(9) };
        let entry = catalog.resolve("deepseek", "deepseek-v4-flash", &own);
        assert_eq!(
            (entry.price, entry.class, entry.context_length),
            (price, ModelClass::Small, Some(9))
        );
        assert_eq!(entry.output, Some(393_216), "an unset value comes from the table");
        let entry = catalog.resolve("vllm", "qwen2.5-coder-7b", &Own::default());
        assert_eq!(
            (entry.price, entry.class, entry.context_length),
            (None, ModelClass::Small, None)
        );
    }

    #[test]
    fn a_model_without_a_published_price_has_none() {
        // LiteLLM writes zero for an endpoint that was free while it was new.
        assert_eq!(Catalog::built_in().find("codestral", "codestral-2405").unwrap().price, None);
    }

    #[test]
    fn own_rows_hold_only_prices_that_the_table_lacks() {
        let catalog = Catalog::built_in();
        for row in CatalogTable::new(OWN).rows() {
            let theirs = CatalogTable::new(BUILT_IN).find(&row.kind, &row.model);
            assert!(theirs.is_none_or(|it| it.price.is_none()), "{}: drop our row", row.model);
            let price = catalog.find(&row.kind, &row.model).unwrap().price.unwrap();
            assert!(price.source.starts_with("https://"), "{}", row.model);
        }
    }

    #[test]
    fn a_refreshed_table_wins_and_a_broken_one_changes_nothing() {
        let folder = TempDir::new().unwrap();
        let json = br#"{
            "deepseek/deepseek-v4-flash": {"litellm_provider": "deepseek", "mode": "chat",
                "input_cost_per_token": 9e-07, "output_cost_per_token": 1e-06},
            "mistral/of-tomorrow": {"litellm_provider": "mistral", "mode": "chat"}
        }"#;
        let table = refresh::table(json, "tomorrow", date(1970, 1, 1)).unwrap();
        fs::write(folder.path().join(FILE), table).unwrap();
        let catalog = Catalog::load(Some(folder.path()));
        let price = |catalog: &Catalog| {
            catalog.find("deepseek", "deepseek-v4-flash").unwrap().price.unwrap()
        };
        assert_eq!(price(&catalog).rates.input, Rate::from_picodollars(900_000));
        assert!(catalog.find("mistral", "of-tomorrow").is_some());
        assert!(catalog.find("deepseek", "deepseek-v4-pro").is_some());
        assert_eq!(catalog.origins().next(), Some(("tomorrow", Some(date(1970, 1, 1)))));

        for broken in [&b"\xff\xfe"[..], b"", b"no table\n", b"b\tz\nb\ta\n"] {
            fs::write(folder.path().join(FILE), broken).unwrap();
            let catalog = Catalog::load(Some(folder.path()));
            assert_eq!(price(&catalog).rates.input, Rate::from_picodollars(300_000));
        }
    }
}
