//! `understudy usage`: requests, their cost, speed and acceptance, by provider, model, feature and day.

mod html;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use anstyle::Style;
use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;

use crate::cli;
use crate::cli::Common;
use crate::cli::term::moment;
use crate::cli::term::table::{Lean, Table};
use crate::models::price::date;
use crate::usage::caps::SpentTotals;
use crate::usage::reader::Reader;
use crate::usage::report;
use crate::usage::report::{GroupBy, ReportLine, Spread};

const BOLD: Style = Style::new().bold();
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Days that calls are kept, and so the most that a plot shows.
const KEPT: u32 = 90;
/// The longest bar, in columns.
const BAR: usize = 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of days to look back; calls are kept for 90 days
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Show only this table
    #[arg(long, value_enum)]
    pub by: Option<Gather>,
    /// Write an HTML page with plots to this file instead
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// The first column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Gather {
    Provider,
    Model,
    Feature,
    Day,
}

/// The report: sums, tables and the data of the plots.
#[derive(Clone, Debug, Default, Serialize)]
struct Usage {
    days: u32,
    today_dollars: f64,
    month_dollars: f64,
    /// Calls in progress, or cut off by the end of their process.
    pending: usize,
    #[serde(skip)]
    today: SpentTotals,
    #[serde(skip)]
    month: SpentTotals,
    total: ReportLine,
    providers: Vec<ReportLine>,
    models: Vec<ReportLine>,
    features: Vec<ReportLine>,
    by_day: Vec<ReportLine>,
    /// Every day of the period, with or without calls.
    #[serde(skip)]
    dates: Vec<String>,
    /// By day and provider.
    #[serde(skip)]
    daily: BTreeMap<(String, String), ReportLine>,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now();
    let usage = match cli::ledger()? {
        Some(ledger) => gather(&ledger, args.days, now)?,
        None => Usage { days: args.days, ..Usage::default() },
    };
    let mut out = anstream::stdout().lock();
    if let Some(file) = &args.html {
        fs::write(file, html::page(&usage, now))
            .with_context(|| format!("cannot write {}", file.display()))?;
        writeln!(out, "{}", file.display())?;
    } else if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&usage)?)?;
    } else {
        show(&mut out, &usage, args.by)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn gather(ledger: &Reader, days: u32, now: SystemTime) -> anyhow::Result<Usage> {
    let calls = ledger.calls(before(now, days))?;
    let (today, month) = ledger.spent(now, None)?;
    Ok(Usage {
        days,
        today_dollars: today.money.dollars(),
        month_dollars: month.money.dollars(),
        pending: ledger.pending(now)?,
        today,
        month,
        total: report::total(&calls),
        providers: report::lines(&calls, GroupBy::Provider),
        models: report::lines(&calls, GroupBy::Model),
        features: report::lines(&calls, GroupBy::Feature),
        by_day: report::lines(&calls, GroupBy::Day),
        dates: dates(now, days),
        daily: report::daily(&calls),
    })
}

/// The moment so many days ago.
fn before(now: SystemTime, days: u32) -> SystemTime {
    now.checked_sub(DAY * days).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The days from so many days ago until today, at most those that calls are kept.
fn dates(now: SystemTime, days: u32) -> Vec<String> {
    (0..=days.min(KEPT)).rev().map(|it| date::of(before(now, it)).to_string()).collect()
}

fn show(out: &mut impl Write, usage: &Usage, by: Option<Gather>) -> io::Result<()> {
    if usage.total.requests == 0 {
        return writeln!(out, "No requests in the last {} days.", usage.days);
    }
    let (today, month) = (usage.today.money, usage.month.money);
    writeln!(out, "{BOLD}{today}{BOLD:#} today, {BOLD}{month}{BOLD:#} this month (UTC)")?;
    for (gather, name, lines) in usage.tables() {
        if by.is_none_or(|it| it == gather) {
            writeln!(out)?;
            table(name, lines).write(out)?;
        }
    }
    writeln!(out, "\nTimes are the median and the 95th percentile, in milliseconds.")?;
    marks(&usage.total).iter().try_for_each(|it| writeln!(out, "{it}"))
}

impl Usage {
    fn tables(&self) -> [(Gather, &'static str, &[ReportLine]); 4] {
        [
            (Gather::Provider, "provider", &self.providers),
            (Gather::Model, "model", &self.models),
            (Gather::Feature, "feature", &self.features),
            (Gather::Day, "day", &self.by_day),
        ]
    }
}

fn table(name: &'static str, lines: &[ReportLine]) -> Table {
    let mut table = Table::new(&[
        (name, Lean::Left),
        ("spent", Lean::Right),
        ("", Lean::Left),
        ("requests", Lean::Right),
        ("failed", Lean::Right),
        ("failovers", Lean::Right),
        ("prompt", Lean::Right),
        ("cached", Lean::Right),
        ("output", Lean::Right),
        ("first token", Lean::Right),
        ("answer", Lean::Right),
        ("accepted", Lean::Right),
    ]);
    let most = lines.iter().map(weight).fold(0.0, f64::max);
    for line in lines {
        table.row(vec![
            moment::plain(&line.name),
            money(line),
            "█".repeat(length(weight(line), most)),
            line.requests.to_string(),
            line.failed.to_string(),
            line.failovers.to_string(),
            count(line.usage.prompt),
            percent(line.cached_share()),
            count(line.usage.output),
            spread(line.first_token),
            spread(line.total),
            percent(line.acceptance()),
        ]);
    }
    table
}

/// What `~` and `?` mean in a report, where it holds any.
fn marks(total: &ReportLine) -> Vec<String> {
    let ReportLine { requests, estimated, unpriced, .. } = total;
    let mut marks = Vec::new();
    if *estimated > 0 {
        marks.push(format!(
            "~ Includes estimates: {estimated} of {requests} requests ended before their usage was reported."
        ));
    }
    if *unpriced > 0 {
        marks
            .push(format!("? Excludes {unpriced} of {requests} requests, whose price is unknown."));
    }
    marks
}

/// The value that a bar shows.
fn weight(line: &ReportLine) -> f64 {
    line.money.dollars()
}

/// In columns: at least one for any value above zero.
fn length(of: f64, most: f64) -> usize {
    if of <= 0.0 { 0 } else { ((of / most * BAR as f64).round() as usize).max(1) }
}

/// The cost, with `~` if it includes estimates and `?` if it excludes requests of unknown price.
fn money(line: &ReportLine) -> String {
    let (about, more) =
        (if line.estimated > 0 { "~" } else { "" }, if line.unpriced > 0 { "?" } else { "" });
    format!("{about}{}{more}", line.money)
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |it| format!("{:.0} %", it * 100.0))
}

/// `950`, `12.3k`, `4.5M`.
fn count(tokens: u64) -> String {
    match tokens {
        0..10_000 => tokens.to_string(),
        10_000..1_000_000 => format!("{:.1}k", tokens as f64 / 1e3),
        _ => format!("{:.1}M", tokens as f64 / 1e6),
    }
}

fn spread(spread: Spread) -> String {
    match (spread.p50, spread.p95) {
        (Some(p50), Some(p95)) => format!("{}/{}", p50.as_millis(), p95.as_millis()),
        (_, _) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use anstream::StripStream;
    use expect_test::expect;

    use super::*;
    use crate::models::price::money::Money;

    fn line(name: &str, cents: u64) -> ReportLine {
        ReportLine {
            name: name.to_owned(),
            requests: 12,
            failovers: 1,
            money: Money::from_picodollars(cents * 10_000_000_000),
            usage: crate::models::token_usage::Usage {
                prompt: 23_456,
                cached: 20_000,
                output: 999,
                ..Default::default()
            },
            first_token: Spread {
                p50: Some(Duration::from_millis(210)),
                p95: Some(Duration::from_millis(480)),
            },
            shown: 8,
            accepted: 2,
            ..ReportLine::default()
        }
    }

    fn usage() -> Usage {
        let providers = vec![line("deepseek", 40), line("<mistral>", 10), line("home", 0)];
        let total = ReportLine { unpriced: 1, ..line("all", 50) };
        let today = SpentTotals { money: total.money, ..SpentTotals::default() };
        let by_day = vec![line("2026-11-24", 10), line("2026-11-27", 40)];
        let daily = [("2026-11-24", "<mistral>", 10), ("2026-11-27", "deepseek", 40)];
        let daily = daily.map(|(day, provider, cents)| {
            ((day.to_owned(), provider.to_owned()), line(day, cents))
        });
        let (month, dates, daily) = (today, dates(now(), 30), daily.into());
        Usage { days: 30, today, month, total, providers, by_day, dates, daily, ..Usage::default() }
    }

    /// 2026-11-29T08:53:23Z.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_942_403)
    }

    #[test]
    fn bars_show_where_the_money_goes() {
        let mut out = StripStream::new(Vec::new());
        show(&mut out, &usage(), Some(Gather::Provider)).unwrap();
        expect![[r#"
            $0.50 today, $0.50 this month (UTC)

            provider   spent                        requests  failed  failovers  prompt  cached  output  first token  answer  accepted
            deepseek   $0.40  ████████████████████        12       0          1   23.5k    85 %     999      210/480       -      25 %
            <mistral>  $0.10  █████                       12       0          1   23.5k    85 %     999      210/480       -      25 %
            home       $0.00                              12       0          1   23.5k    85 %     999      210/480       -      25 %

            Times are the median and the 95th percentile, in milliseconds.
            ? Excludes 1 of 12 requests, whose price is unknown.
        "#]].assert_eq(&String::from_utf8(out.into_inner()).unwrap());
    }

    #[test]
    fn a_page_is_whole_and_quotes_what_it_is_given() {
        let page = html::page(&usage(), now());
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
        assert!(page.contains("&lt;mistral&gt;") && !page.contains("<mistral>"));
        for outside in ["<script", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    }

    #[test]
    fn a_page_s_plots_have_a_column_for_every_day() {
        let usage = usage();
        assert_eq!((usage.dates.len(), &*usage.dates[0]), (31, "2026-10-30"));
        let page = html::page(&usage, now());
        for label in ["Nov 1<", "Nov 8<", "Nov 15<", "Nov 22<", "Nov 29<"] {
            assert!(page.contains(label), "{label}");
        }
        // Three columns lie between the two days with calls.
        let at = |title: &str| {
            let rect = page.split("<rect ").find(|it| it.contains(title)).unwrap();
            let x = rect.split("x=\"").nth(1).unwrap().split('"').next().unwrap();
            (x.parse::<f64>().unwrap(), rect.contains("width=\"8\""))
        };
        let (first, second) =
            (at("2026-11-24, &lt;mistral&gt;: $0.10"), at("2026-11-27, deepseek: $0.40"));
        assert_eq!((second.0 - first.0, first.1, second.1), (3.0 * 10.0, true, true));
    }
}
