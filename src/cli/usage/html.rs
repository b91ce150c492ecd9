//! The same as a page: one file, with its plots in it, that asks nobody for anything.

use std::time::SystemTime;

use crate::cli::term::moment;
use crate::cli::usage::{Usage, count, money, percent, spread};
use crate::usage::report::ReportLine;

const STYLE: &str = "
:root { color-scheme: light dark; --bar: #2f6fab; --line: #8886; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.sums { display: flex; flex-wrap: wrap; gap: 2rem; }
.sums b { display: block; font-size: 1.6rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } rect { fill: var(--bar); }
text { font: 11px system-ui, sans-serif; fill: currentColor; }
.axis { stroke: var(--line); }
";

/// In units of a plot.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
const BASE: f64 = 155.0;

/// What a plot shows of a line: its height, and how that is written.
type Measure = fn(&ReportLine) -> (f64, String);

pub(super) fn page(usage: &Usage, now: SystemTime) -> String {
    let days = &usage.by_day;
    let plots: [(&str, Measure); 4] = [
        ("Dollars per day", |it| (it.money.dollars(), money(it))),
        ("Requests per day", |it| (it.requests as f64, it.requests.to_string())),
        ("Prompt tokens per day", |it| (it.usage.prompt as f64, count(it.usage.prompt))),
        ("Median time to first token per day, ms", |it| {
            let millis = it.first_token.p50.unwrap_or_default().as_millis();
            (millis as f64, millis.to_string())
        }),
    ];
    let plots: String = plots.iter().map(|(title, of)| plot(title, days, *of)).collect();
    let tables: String = usage.tables().iter().map(|(_, name, of)| table(name, of)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Understudy: usage</title>\
         <style>{STYLE}</style></head><body>\n<h1>Understudy: the last {} days</h1>\n\
         <p>As of {}. Days are in UTC; ~ marks an estimate, ? a sum without requests of unknown price.</p>\n\
         {}{plots}{tables}</body></html>\n",
        usage.days,
        moment::utc(now),
        sums(usage),
    )
}

fn sums(usage: &Usage) -> String {
    let total = &usage.total;
    let sums = [
        ("today", usage.today.money.to_string()),
        ("this month", usage.month.money.to_string()),
        ("requests", total.requests.to_string()),
        ("failed", total.failed.to_string()),
        ("failovers", total.failovers.to_string()),
        ("of prompt tokens from caches", percent(total.cached_share())),
        ("of shown suggestions accepted", percent(total.acceptance())),
    ];
    let sums = sums.map(|(name, sum)| format!("<div><b>{}</b>{name}</div>", escape(&sum)));
    format!("<div class=\"sums\">{}</div>\n", sums.concat())
}

/// A bar a day, with the first, the last and the highest named.
fn plot(title: &str, days: &[ReportLine], of: Measure) -> String {
    let values: Vec<(f64, String)> = days.iter().map(of).collect();
    let most = values.iter().map(|(value, _)| *value).fold(0.0, f64::max);
    if most <= 0.0 {
        return String::new();
    }
    let step = WIDTH / days.len() as f64;
    let mut bars = String::new();
    for (at, (day, (value, shown))) in days.iter().zip(&values).enumerate() {
        let height = value / most * (BASE - 20.0);
        let (x, y, width) = (at as f64 * step + step * 0.1, BASE - height, step * 0.8);
        bars.push_str(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
             <title>{}: {}</title></rect>",
            escape(&day.name),
            escape(shown),
        ));
    }
    let highest = values.iter().find(|(value, _)| *value >= most).map(|(_, shown)| shown.as_str());
    let name = |it: Option<&ReportLine>| it.map(|it| escape(&it.name)).unwrap_or_default();
    format!(
        "<h2>{title}</h2>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\
         {bars}<line class=\"axis\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{BASE}\" y2=\"{BASE}\"/>\
         <text x=\"0\" y=\"12\">{}</text><text x=\"0\" y=\"{y}\">{}</text>\
         <text x=\"{WIDTH}\" y=\"{y}\" text-anchor=\"end\">{}</text></svg>\n",
        escape(highest.unwrap_or_default()),
        name(days.first()),
        name(days.last()),
        y = HEIGHT - 8.0,
    )
}

fn table(name: &str, lines: &[ReportLine]) -> String {
    let head = [
        name,
        "spent",
        "requests",
        "failed",
        "failovers",
        "prompt",
        "cached",
        "output",
        "first token",
        "answer",
        "accepted",
    ];
    let head: String = head.iter().map(|it| format!("<th>{it}</th>")).collect();
    let rows: String = lines.iter().map(row).collect();
    format!("<h2>By {name}</h2>\n<table><tr>{head}</tr>{rows}</table>\n")
}

fn row(line: &ReportLine) -> String {
    let cells = [
        line.name.clone(),
        money(line),
        line.requests.to_string(),
        line.failed.to_string(),
        line.failovers.to_string(),
        count(line.usage.prompt),
        percent(line.cached_share()),
        count(line.usage.output),
        spread(line.first_token),
        spread(line.total),
        percent(line.acceptance()),
    ];
    let cells = cells.map(|it| format!("<td>{}</td>", escape(&it)));
    format!("<tr>{}</tr>\n", cells.concat())
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
