//! `understudy benchmark`: compares the configured models on lines of the user's own git history.
//!
//! Each place is a file as of one of the last commits, with the rest of one added line hidden. Each model has
//! its own engine and gets the prompt that an editor's request would send: masked, guarded, post-processed,
//! booked and within its caps. Context from other files has their current text.

mod figures;
mod history;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, io};

use futures::future::join_all;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::app;
use crate::cli::benchmark::figures::Figures;
use crate::cli::benchmark::history::HiddenLine;
use crate::cli::term::consent;
use crate::cli::term::table::{Lean, Table};
use crate::cli::{Common, asking};
use crate::feature::completion::benchmark::{self, Take};
use crate::feature::document::{OpenDocument, Place};
use crate::feature::{Engine, eligibility};
use crate::models::price::money::Money;
use crate::text::Document;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of places to complete
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub places: u16,
    /// Send the requests without asking for confirmation
    #[arg(long)]
    pub yes: bool,
    /// Write the resulting routes to the config file
    #[arg(long)]
    pub write: bool,
    /// Use only this provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
}

/// A model to be measured.
struct Soloist {
    model: Arc<str>,
    engine: Arc<Engine>,
    /// Highest cost of all places, `None` if the price is unknown; or why the model is skipped.
    quote: Result<Option<Money>, String>,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let top = history::top(&env::current_dir()?)?;
    let runtime = asking::runtime()?;
    let entered = runtime.enter();
    let start = app::Environment { only: args.provider.clone(), ..common.start() };
    let benchmark_engines = app::benchmark_engines(&start, std::slice::from_ref(&top));
    let Some((_, first)) = benchmark_engines.engines.first().cloned() else {
        anyhow::bail!("no completion model is set up: run `understudy setup`");
    };
    runtime.block_on(join_all(
        benchmark_engines
            .engines
            .iter()
            .filter_map(|it| it.1.core.models.as_ref())
            .map(|it| it.ready()),
    ));
    first.core.shared.index.settle();
    let hidden = history::places(&top, args.places.into(), |it| {
        eligibility::check(&first.core, &place(&first, &top, it, "trial").open).is_ok()
    })?;
    anyhow::ensure!(!hidden.is_empty(), "no usable line of code in the last commits");
    let places: Vec<Place> = hidden
        .iter()
        .enumerate()
        .map(|(at, it)| place(&first, &top, it, &format!("place {at}")))
        .collect();
    let engines = benchmark_engines.engines.into_iter();
    let heard: Vec<Soloist> = engines
        .map(|(model, engine)| {
            let quotes = places.iter().map(|it| benchmark::quote(&engine.core, it));
            let quote = quotes.collect::<Result<Vec<_>, _>>();
            let quote = quote.map(|it| it.into_iter().sum::<Option<Money>>());
            Soloist { model, engine, quote }
        })
        .collect();
    drop(entered);
    if !common.json {
        tell(&mut anstream::stdout().lock(), &hidden, &heard, &benchmark_engines.others)?;
    }
    if !heard.iter().any(|it| it.quote.is_ok())
        || !(args.yes || !common.json && consent::agrees("Send the requests?")?)
    {
        return nothing_sent(common, &hidden, &heard);
    }
    let figures = runtime.block_on(listen(&heard, &places, &hidden, common));
    report(args, common, &hidden, &heard, &figures)
}

/// A file with a hole, as an editor has it open with the cursor in the hole.
fn place(engine: &Engine, top: &Path, hidden: &HiddenLine, key: &str) -> Place {
    let trees = &engine.core.shared.trees;
    let document = Document::new(&hidden.text, 0, "");
    let open = OpenDocument::new(key, Some(top.join(&hidden.path)), document, trees);
    trees.settle(key);
    let offset = open.document.rope.line_to_byte(hidden.row) + hidden.column;
    open.place(offset)
}

/// Prints the places, and the highest possible cost per model.
fn tell(
    out: &mut impl Write,
    hidden: &[HiddenLine],
    heard: &[Soloist],
    others: &[Arc<str>],
) -> anyhow::Result<()> {
    let commits: BTreeSet<&str> = hidden.iter().map(|it| &*it.commit).collect();
    let files: BTreeSet<&str> = hidden.iter().map(|it| &*it.path).collect();
    writeln!(
        out,
        "{} in {} of {}. Highest possible cost:\n",
        counted(hidden.len(), "place"),
        counted(files.len(), "file"),
        counted(commits.len(), "commit"),
    )?;
    let mut table =
        Table::new(&[("model", Lean::Left), ("at most", Lean::Right), ("", Lean::Left)]);
    for it in heard {
        let (money, remark) = match &it.quote {
            Ok(Some(money)) => (money.to_string(), String::new()),
            Ok(None) => ("unknown".to_owned(), "its price is unknown".to_owned()),
            Err(why) => ("-".to_owned(), format!("skipped: {why}")),
        };
        table.row(vec![it.model.to_string(), money, remark]);
    }
    for it in others {
        let remark = "skipped: it searches the web or always reasons first, and `route.complete` does not \
                      name it";
        table.row(vec![it.to_string(), "-".to_owned(), remark.to_owned()]);
    }
    table.write(out)?;
    let (sum, is_whole) = at_most(heard);
    let rest = if is_whole { "" } else { " plus the models of unknown price" };
    writeln!(out, "\nIn total at most {sum}{rest}.")?;
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The highest possible cost, and whether it includes all models.
fn at_most(heard: &[Soloist]) -> (Money, bool) {
    let quotes = || heard.iter().filter_map(|it| it.quote.as_ref().ok());
    (quotes().copied().flatten().sum(), quotes().all(Option::is_some))
}

fn nothing_sent(
    common: &Common,
    hidden: &[HiddenLine],
    heard: &[Soloist],
) -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{:#}", value(hidden, heard))?;
    } else if heard.iter().any(|it| it.quote.is_ok()) {
        writeln!(out, "No requests sent. Use `--yes` to run.")?;
    } else {
        writeln!(out, "No requests sent: every model was skipped.")?;
    }
    Ok(ExitCode::FAILURE)
}

/// Requests every place from every model: models of one provider in sequence, providers in parallel.
async fn listen(
    heard: &[Soloist],
    places: &[Place],
    hidden: &[HiddenLine],
    common: &Common,
) -> Vec<Figures> {
    let mut providers: BTreeMap<&str, Vec<&Soloist>> = BTreeMap::new();
    for it in heard.iter().filter(|it| it.quote.is_ok()) {
        let provider = it.model.split_once('/').map_or(&*it.model, |it| it.0);
        providers.entry(provider).or_default().push(it);
    }
    let asked = providers.values().map(Vec::len).sum::<usize>() * places.len();
    let bar = match common.json || !io::stderr().is_terminal() {
        true => ProgressBar::hidden(),
        false => ProgressBar::new(asked as u64),
    };
    let all = providers.into_values().map(async |models| {
        let mut figures = Vec::new();
        for it in models {
            if let Some(models) = &it.engine.core.models {
                benchmark::warm_up(models).await;
            }
            let mut takes: Vec<Take> = Vec::new();
            for place in places {
                takes.push(benchmark::sample(&it.engine.core, place).await);
                bar.inc(1);
            }
            let truths = hidden.iter().map(|it| &*it.truth);
            let models = it.engine.core.models.as_ref();
            let rates = models.and_then(|models| benchmark::rates(models, &it.model));
            figures.push(Figures::of(Arc::clone(&it.model), &takes, rates, truths));
            if let Some(models) = &it.engine.core.models {
                models.router.ledger().settled().await;
            }
        }
        figures
    });
    let mut figures: Vec<Figures> = join_all(all).await.into_iter().flatten().collect();
    bar.finish_and_clear();
    figures.sort_by(|a, b| b.kept.cmp(&a.kept).then_with(|| a.model.cmp(&b.model)));
    figures
}

fn report(
    args: &Args,
    common: &Common,
    hidden: &[HiddenLine],
    heard: &[Soloist],
    figures: &[Figures],
) -> anyhow::Result<ExitCode> {
    let models = heard.iter().find_map(|it| it.engine.core.models.as_ref());
    let a_second = models.map_or(0.0, |it| it.router.inspect(|pool| pool.options.a_second));
    let groups = figures::groups(figures, a_second);
    let route = write::route(&groups);
    let mut out = anstream::stdout().lock();
    if !common.json {
        show(&mut out, figures)?;
        match groups.is_empty() {
            true => writeln!(
                out,
                "\nNo model completed a place correctly: there is no route to suggest."
            )?,
            false => writeln!(
                out,
                "\nSuggested route, best first; models with similar results share a group:\n\n{route}"
            )?,
        }
    }
    let written = match args.write && !groups.is_empty() {
        true => Some(write::write(common, &groups)?),
        false => None,
    };
    if common.json {
        let mut all = value(hidden, heard);
        all["asked"] = json!(true);
        all["figures"] = json!(figures);
        all["route"] = json!(route);
        all["written"] = json!(written);
        writeln!(out, "{all:#}")?;
    } else if let Some(file) = written {
        writeln!(out, "Written to {}.", file.display())?;
    } else if !groups.is_empty() {
        writeln!(out, "Use `--write` to write it to your config file.")?;
    }
    let answered = figures.iter().any(|it| it.answered > 0);
    Ok(if answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The places and the models, as JSON.
fn value(hidden: &[HiddenLine], heard: &[Soloist]) -> Value {
    let places = hidden.iter().map(|it| {
        json!({ "commit": it.commit, "path": it.path, "line": it.row + 1, "column": it.column + 1 })
    });
    let models = heard.iter().map(|it| {
        let most = it.quote.as_ref().ok().copied().flatten().map(Money::dollars);
        json!({ "model": *it.model, "usd_at_most": most, "out": it.quote.as_ref().err() })
    });
    let (sum, is_whole) = at_most(heard);
    json!({
        "places": places.collect::<Vec<_>>(),
        "models": models.collect::<Vec<_>>(),
        "usd_at_most": is_whole.then(|| sum.dollars()),
        "asked": false,
    })
}

fn show(out: &mut impl Write, figures: &[Figures]) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("model", Lean::Left),
        ("answered", Lean::Right),
        ("kept", Lean::Right),
        ("exact", Lean::Right),
        ("first token", Lean::Right),
        ("p95", Lean::Right),
        ("total", Lean::Right),
        ("$/1000", Lean::Right),
        ("", Lean::Left),
    ]);
    let millis = |it: Option<u64>| it.map_or_else(|| "-".to_owned(), |it| format!("{it} ms"));
    for it in figures {
        let share = |count: usize| format!("{:.0} %", count as f64 * 100.0 / it.asked as f64);
        let dollars = it.usd_per_1000.and_then(Money::from_dollars);
        table.row(vec![
            it.model.to_string(),
            format!("{}/{}", it.answered, it.asked),
            share(it.kept),
            share(it.exact),
            millis(it.first_token_ms_p50),
            millis(it.first_token_ms_p95),
            millis(it.total_ms_p50),
            dollars.map_or_else(|| "-".to_owned(), |it| it.to_string()),
            it.trouble.clone().unwrap_or_default(),
        ]);
    }
    writeln!(out)?;
    table.write(out)?;
    show_rates(out, figures)?;
    writeln!(
        out,
        "\nKept: the answer is the rest of the hidden line or its beginning. Times are medians. Each place\n\
         is new to a provider's cache, so a request costs more than while typing."
    )?;
    Ok(())
}

/// Prints the speed of each model on this machine. It determines how much of a file its prompts contain.
fn show_rates(out: &mut impl Write, figures: &[Figures]) -> io::Result<()> {
    for it in figures {
        let Some(rates) = it.rates else { continue };
        let reads = rates.reads.map(|it| format!("reads {it:.0}"));
        let writes = rates.writes.map(|it| format!("writes {it:.0}"));
        let known: Vec<String> = reads.into_iter().chain(writes).collect();
        if !known.is_empty() {
            writeln!(out, "\n{} {} tokens per second.", it.model, known.join(" and "))?;
        }
    }
    Ok(())
}
