//! The report as an HTML page: one file with its plots in it, which loads nothing.

mod plot;

use std::time::SystemTime;

use crate::cli::term::moment;
use crate::cli::usage;
use crate::cli::usage::html::plot::{Form, Plot};
use crate::cli::usage::{Usage, before, count, money, percent, spread};
use crate::models::price::money::Money;
use crate::usage::report::ReportLine;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8886; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 90rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.sums { display: flex; flex-wrap: wrap; gap: 2rem; }
.sums b { display: block; font-size: 1.6rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; } th { vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
.legend { display: flex; flex-wrap: wrap; gap: 1.2rem; list-style: none; padding: 0; }
.legend svg { vertical-align: -1px; margin-right: .4rem; }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; max-width: 100%; overflow-x: auto; } figcaption { font-weight: 600; }
text { font: 11px system-ui, sans-serif; fill: currentColor; }
line { stroke: var(--line); }
.p0 { fill: #0072b2; } .p1 { fill: #e69f00; } .p2 { fill: #009e73; } .p3 { fill: #cc79a7; }
.p4 { fill: #56b4e9; } .p5 { fill: #d55e00; } .p6 { fill: #b8a700; } .p7 { fill: #999999; }
";

const PLOTS: [Plot; 4] = [
    Plot {
        title: "Cost per day, USD",
        form: Form::Stacked,
        step: 0.0,
        value: |it| Some(it.money.dollars()),
        label: |it| Money::from_picodollars((it * 1e12).round() as u64).to_string(),
    },
    Plot {
        title: "Requests per day",
        form: Form::Stacked,
        step: 1.0,
        value: |it| Some(it.requests as f64),
        label: whole,
    },
    Plot {
        title: "Prompt tokens per day",
        form: Form::Stacked,
        step: 1.0,
        value: |it| Some(it.usage.prompt as f64),
        label: whole,
    },
    Plot {
        title: "Median time to first token per day, ms",
        form: Form::Dots,
        step: 1.0,
        value: |it| it.first_token.p50.map(|it| it.as_millis() as f64),
        label: |it| format!("{it:.0}"),
    },
];

pub(super) fn page(usage: &Usage, now: SystemTime) -> String {
    let plots: String = PLOTS.iter().map(|it| it.draw(usage)).collect();
    let tables: String = usage.tables().iter().map(|(_, name, of)| table(name, of)).collect();
    let marks = usage::marks(&usage.total).into_iter();
    let marks: String = marks.map(|it| format!("<br>{}", escape(&it))).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Understudy: usage</title>\
         <style>{STYLE}</style></head><body>\n<h1>Understudy usage: last {} days</h1>\n\
         <p>From {} to {} (UTC). Times are the median and the 95th percentile.{marks}</p>\n\
         {}{}<div class=\"plots\">\n{plots}</div>\n{tables}</body></html>\n",
        usage.days,
        minute(before(now, usage.days)),
        minute(now),
        sums(usage),
        plot::legend(usage),
    )
}

/// `2026-11-29 08:53`.
fn minute(at: SystemTime) -> String {
    moment::utc(at).replace('T', " ").chars().take("2026-11-29 08:53".len()).collect()
}

/// `300k` where a table has `300.0k`.
fn whole(value: f64) -> String {
    count(value as u64).replace(".0", "")
}

fn sums(usage: &Usage) -> String {
    let total = &usage.total;
    let sums = [
        ("spent today", usage.today.money.to_string()),
        ("spent this month", usage.month.money.to_string()),
        ("requests", total.requests.to_string()),
        ("failed requests", total.failed.to_string()),
        ("failovers", total.failovers.to_string()),
        ("prompt tokens read from a cache", percent(total.cached_share())),
        ("shown suggestions accepted", percent(total.acceptance())),
    ];
    let sums = sums.map(|(name, sum)| format!("<div><b>{}</b>{name}</div>", escape(&sum)));
    format!("<div class=\"sums\">{}</div>\n", sums.concat())
}

fn table(name: &str, lines: &[ReportLine]) -> String {
    let head = [
        name,
        "cost",
        "requests",
        "failed",
        "failovers",
        "prompt tokens",
        "from cache",
        "output tokens",
        "first token, ms",
        "whole answer, ms",
        "accepted",
    ];
    let head: String = head.iter().map(|it| format!("<th>{it}</th>")).collect();
    let rows: String = lines.iter().map(row).collect();
    format!("<h2>By {name}</h2>\n<div class=\"wide\"><table><tr>{head}</tr>{rows}</table></div>\n")
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
