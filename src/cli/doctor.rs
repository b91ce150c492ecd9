//! `understudy doctor`: sends one small request to every configured model, and reports problems.

use std::io::Write;
use std::process::ExitCode;

use crate::app;
use crate::cli::term::table::{Lean, Table};
use crate::cli::{Common, asking};
use crate::feature::doctor;
use crate::feature::doctor::DoctorFinding;
use crate::models::catalog::class::ModelClass;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let runtime = asking::runtime()?;
    let _entered = runtime.enter();
    let (models, problems) = app::models(&common.start());
    let findings = runtime.block_on(async {
        let Some(models) = &models else { return Vec::new() };
        models.ready().await;
        let findings = doctor::examine(models).await;
        models.router.ledger().settled().await;
        findings
    });
    let mut out = anstream::stdout().lock();
    if common.json {
        let all = serde_json::json!({ "targets": findings, "problems": problems });
        writeln!(out, "{all:#}")?;
    } else {
        for problem in &problems {
            writeln!(out, "{problem}")?;
        }
        show(&mut out, &findings)?;
    }
    let serves = findings.is_empty() || findings.iter().any(|it| it.trouble.is_none());
    Ok(if serves && problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(out: &mut impl Write, findings: &[DoctorFinding]) -> anyhow::Result<()> {
    if findings.is_empty() {
        writeln!(
            out,
            "no provider is set up: only the built-in model answers. Run `understudy setup`."
        )?;
        return Ok(());
    }
    let mut table = Table::new(&[
        ("", Lean::Left),
        ("target", Lean::Left),
        ("first token", Lean::Right),
        ("tokens/s", Lean::Right),
        ("fills", Lean::Left),
        ("key", Lean::Left),
        ("", Lean::Left),
    ]);
    for it in findings {
        let mark = if it.trouble.is_none() { "ok" } else { "no" };
        let first = it.first_token_ms.map(|it| format!("{it} ms")).unwrap_or_default();
        let pace = it.tokens_per_second.map(|it| format!("{it:.0}")).unwrap_or_default();
        let device = it.device.as_ref().map(|it| format!("on {it}"));
        let remark = it.trouble.clone().or_else(|| it.out.clone()).or(device).unwrap_or_default();
        let (target, fills, key) = (it.target.clone(), it.fills.clone(), it.key.clone());
        table.row(vec![mark.to_owned(), target, first, pace, fills, key, remark]);
    }
    table.write(out)?;
    writeln!(out)?;
    show_speed(out, findings)?;
    for it in findings.iter().filter(|it| it.trouble.is_some()) {
        writeln!(out, "{}: requested {}", it.target, it.url)?;
        if let Some(url) = &it.url_that_works {
            writeln!(out, "{}: the server answers at another url: set url = {url:?}", it.target)?;
        }
        writeln!(out)?;
    }
    show_terms(out, findings)
}

/// Prints how long the suggestions of each model took, and why.
fn show_speed(out: &mut impl Write, findings: &[DoctorFinding]) -> anyhow::Result<()> {
    let mut is_any = false;
    for it in findings {
        let Some(millis) = it.suggestion_ms else { continue };
        let reads = it.reads_per_second.map(|it| format!("it reads {it:.0} tokens per second"));
        let cached = it.cached_share.filter(|it| *it > 0.0);
        let cached =
            cached.map(|it| format!("{:.0} % of the prompts came from a cache", it * 100.0));
        let why: Vec<String> = reads.into_iter().chain(cached).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
        let seconds = millis as f64 / 1000.0;
        writeln!(out, "{}: about {seconds:.1} s per suggestion in the last day{why}", it.target)?;
        is_any = true;
    }
    if is_any {
        writeln!(out)?;
    }
    Ok(())
}

/// Prints the conditions of each model: price, data policy, remaining quota, recent use.
fn show_terms(out: &mut impl Write, findings: &[DoctorFinding]) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("target", Lean::Left),
        ("class", Lean::Left),
        ("input", Lean::Right),
        ("output", Lean::Right),
        ("trains", Lean::Left),
        ("keeps", Lean::Left),
        ("left", Lean::Left),
        ("last day", Lean::Left),
    ]);
    for it in findings {
        let dollars = |it: Option<f64>| it.map(|it| format!("${it}")).unwrap_or("-".to_owned());
        let left = [(it.requests_left, "requests"), (it.tokens_left, "tokens")];
        let left = left.iter().filter_map(|(left, of)| Some(format!("{} {of}", (*left)?)));
        let day = match (it.calls, it.failed) {
            (0, _) => "-".to_owned(),
            (calls, failed) => format!("{calls} calls, {failed} failed, ${:.4}", it.dollars),
        };
        table.row(vec![
            it.target.clone(),
            it.class.clone(),
            dollars(it.input),
            dollars(it.output),
            it.trains.clone(),
            it.keeps.clone(),
            left.collect::<Vec<_>>().join(", "),
            day,
        ]);
    }
    table.write(out)?;
    writeln!(out, "\nPrices are in US dollars per million tokens, at this hour; - means unknown.")?;
    if findings.iter().any(|it| it.class == ModelClass::Unknown.to_string()) {
        writeln!(out, "Without a route, a model of unknown class is treated as medium.")?;
    }
    Ok(())
}
