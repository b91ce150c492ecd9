//! `understudy prices`: the catalogue of models, and the import of newer prices.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;
use std::{fs, io};

use anyhow::Context;
use serde_json::{Value, json};

use crate::cli::Common;
use crate::cli::term::table::{Lean, Table};
use crate::models::catalog;
use crate::models::catalog::{Catalog, CatalogEntry, policy, refresh};
use crate::models::price::money::Rate;
use crate::models::price::{Rates, date};
use crate::{cli, storage};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show only models with this text in their name or their provider's name
    pub name: Option<String>,
    /// Import prices from LiteLLM's model_prices_and_context_window.json
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub refresh: Option<PathBuf>,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    if let Some(file) = &args.refresh {
        return refresh(file, common);
    }
    let catalog = Catalog::load(cli::state_folder().as_deref());
    let wanted = args.name.as_deref().unwrap_or_default().to_lowercase();
    let names = |it: &CatalogEntry| format!("{}/{}", it.kind, it.model).to_lowercase();
    let entries = catalog.entries().into_iter().filter(|it| names(it).contains(&wanted));
    let entries: Vec<CatalogEntry> = entries.collect();
    anyhow::ensure!(!entries.is_empty(), "no known model matches `{wanted}`");
    let mut out = anstream::stdout().lock();
    if common.json {
        let entries: Vec<Value> = entries.iter().map(value).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&entries)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    show(&mut out, &catalog, &entries, SystemTime::now())?;
    Ok(ExitCode::SUCCESS)
}

fn refresh(file: &Path, common: &Common) -> anyhow::Result<ExitCode> {
    let folder =
        cli::state_folder().context("no state folder: neither XDG_STATE_HOME nor HOME is set")?;
    let json = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let origin = file.file_stem().unwrap_or_default().to_string_lossy();
    let table = refresh::table(&json, &origin, date::of(SystemTime::now()))
        .with_context(|| format!("cannot import {}", file.display()))?;
    let path = folder.join(catalog::FILE);
    storage::write(&path, &table).with_context(|| format!("cannot write {}", path.display()))?;
    let count = table.lines().filter(|it| !it.starts_with('#')).count();
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{}", json!({ "path": path, "models": count }))?;
    } else {
        writeln!(out, "{count} models, in {}", path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(
    out: &mut impl Write,
    catalog: &Catalog,
    entries: &[CatalogEntry],
    now: SystemTime,
) -> io::Result<()> {
    let mut table = Table::new(&[
        ("provider", Lean::Left),
        ("model", Lean::Left),
        ("class", Lean::Left),
        ("window", Lean::Right),
        ("input", Lean::Right),
        ("cached", Lean::Right),
        ("output", Lean::Right),
        ("trains", Lean::Left),
        ("keeps", Lean::Left),
        ("", Lean::Left),
    ]);
    for entry in entries {
        let rates = entry.price.as_ref().map(|it| it.rates(0, now));
        let policy = policy::of(&entry.kind, &entry.model);
        let dollars = |it: Option<Rate>| it.map(dollars).unwrap_or_else(|| "-".to_owned());
        table.row(vec![
            entry.kind.clone(),
            entry.model.clone(),
            entry.class.to_string(),
            entry.context_length.map(|it| it.to_string()).unwrap_or_else(|| "-".to_owned()),
            dollars(rates.map(|it| it.input)),
            dollars(rates.and_then(|it| it.cached)),
            dollars(rates.map(|it| it.output)),
            policy.trains.to_string(),
            policy.retains.to_string(),
            remarks(entry, now),
        ]);
    }
    table.write(out)?;
    writeln!(
        out,
        "\nPrices are in US dollars per million tokens, at this hour; - means unknown. Prices of"
    )?;
    for (origin, date) in catalog.origins() {
        writeln!(out, "  {origin}{}", date.map(|it| format!(", {it}")).unwrap_or_default())?;
    }
    Ok(())
}

fn dollars(rate: Rate) -> String {
    format!("${}", rate.dollars_per_million())
}

/// Facts about the prices that the numbers do not show.
fn remarks(entry: &CatalogEntry, now: SystemTime) -> String {
    let mut remarks = Vec::new();
    if let Some(price) = &entry.price {
        let tiers =
            price.tiers.iter().map(|it| format!("more expensive above {} tokens", it.above));
        remarks.extend(tiers);
        if price.off_peak.is_some() {
            let is_off = price.rates(0, now) != price.rates;
            remarks.push(if is_off { "off peak now" } else { "cheaper off peak" }.to_owned());
        }
    }
    if let Some(date) = entry.deprecated {
        let is_gone = date <= date::of(now);
        remarks.push(format!("{} {date}", if is_gone { "retired since" } else { "until" }));
    }
    remarks.join(", ")
}

fn value(entry: &CatalogEntry) -> Value {
    let policy = policy::of(&entry.kind, &entry.model);
    let price = entry.price.as_ref().map(|price| {
        let tiers = price.tiers.iter();
        let tiers = tiers.map(|it| json!({ "above": it.above, "rates": rates(&it.rates) }));
        let off_peak = price.off_peak.as_ref().map(|it| {
            let windows: Vec<String> = it.periods.iter().map(ToString::to_string).collect();
            json!({ "rates": rates(&it.rates), "windows": windows })
        });
        json!({
            "rates": rates(&price.rates),
            "tiers": tiers.collect::<Vec<_>>(),
            "off_peak": off_peak,
            "source": price.source,
            "date": price.date.map(|it| it.to_string()),
        })
    });
    json!({
        "provider": entry.kind,
        "model": entry.model,
        "class": entry.class.to_string(),
        "class_reason": entry.reason,
        "window": entry.context_length,
        "output": entry.output,
        "deprecated": entry.deprecated.map(|it| it.to_string()),
        "price": price,
        "policy": {
            "trains": policy.trains.to_string(),
            "retains": policy.retains.to_string(),
            "note": policy.note,
            "source": policy.source,
            "date": policy.date,
        },
    })
}

/// In dollars per million tokens.
fn rates(rates: &Rates) -> Value {
    let dollars = |it: Option<Rate>| it.map(Rate::dollars_per_million);
    json!({
        "input": rates.input.dollars_per_million(),
        "cached": dollars(rates.cached),
        "written": dollars(rates.written),
        "output": rates.output.dollars_per_million(),
        "reasoning": dollars(rates.reasoning),
    })
}
