//! Prints the figures of a report as a table.

use std::fmt::{Result, Write};

use serde_json::Value;

use super::report::{OURS, Report, Row, Typed};
use super::{reliability, report};

impl Report {
    pub(crate) fn table(&self) -> String {
        let mut table = String::new();
        self.write(&mut table).expect("a string takes everything");
        table
    }

    fn write(&self, out: &mut String) -> Result {
        for it in &self.indexes {
            let each = it.bytes as f64 / it.lines.max(1) as f64;
            let (megabytes, seconds) = (it.bytes as f64 / 1e6, it.seconds);
            let (repo, lines, tokens) = (&it.repo, it.lines, it.tokens);
            writeln!(
                out,
                "{repo}: {lines} lines, {tokens} tokens, {megabytes:.1} MB ({each:.1} MB a million lines), built in {seconds:.2} s"
            )?;
        }
        for scope in report::scopes(&self.lines) {
            write_lines(out, "rest of line", &self.lines, &scope)?;
            write_reliability(out, &self.lines, &scope)?;
            write_typed(out, "typing", &self.typed, &scope)?;
        }
        for scope in report::scopes(&self.cold) {
            write_lines(out, "cold start", &self.cold, &scope)?;
        }
        for scope in report::scopes(&self.history) {
            write_typed(out, "commits replayed", &self.history, &scope)?;
        }
        for scope in report::scopes(&self.split) {
            write_lines(out, "temporal split", &self.split, &scope)?;
        }
        Ok(())
    }
}

fn write_lines(out: &mut String, suite: &str, rows: &[Row], scope: &str) -> Result {
    let figures = report::line_rows(rows, scope);
    let positions = figures.first().map_or(0, |it| it["positions"].as_u64().unwrap_or(0));
    writeln!(out, "\n{scope}: {suite}, exact match at {positions} positions")?;
    writeln!(
        out,
        "{:<17}{:>6} {:>6} {:>6} {:>6}  {:<23} {:<23} {:>7} {:>7}",
        "", "start", "bound.", "mid", "all", "P@10/20/30/50 %", "by length", "p50 us", "p95 us"
    )?;
    for it in &figures {
        let kind = |it: &Value| it.as_f64().map_or_else(|| "-".to_owned(), |it| format!("{it:.3}"));
        let kinds = it["exact"].as_array().into_iter().flatten();
        let kinds: Vec<_> = kinds.map(|it| format!("{:>6}", kind(it))).collect();
        let (precision, length) = (slashed(&it["precision"]), slashed(&it["by_length"]));
        let [p50, p95] = ["micros_p50", "micros_p95"].map(|key| it[key].as_f64().unwrap_or(0.0));
        writeln!(
            out,
            "{:<17}{}  {precision:<23} {length:<23} {p50:>7.0} {p95:>7.0}",
            text(&it["model"]),
            kinds.join(" ")
        )?;
    }
    for it in figures.iter().filter(|it| it["shown"].as_array().is_some_and(|it| !it.is_empty())) {
        let shown: Vec<_> = it["shown"].as_array().into_iter().flatten().map(slashed).collect();
        writeln!(out, "{:<17}shown/right {}", text(&it["model"]), shown.join("  "))?;
    }
    for it in report::ratios(rows, scope) {
        let bounds: Vec<_> = list(&it["ratio"]).map(|it| format!("{it:.3}")).collect();
        writeln!(out, "{OURS} to {}: {}", text(&it["to"]), bounds.join(", "))?;
    }
    Ok(())
}

fn write_typed(out: &mut String, suite: &str, rows: &[Typed], scope: &str) -> Result {
    writeln!(out, "\n{scope}: {suite}")?;
    writeln!(
        out,
        "{:<17}{:>5} {:>12} {:>12} {:>12} {:>7} {:>7}",
        "", "from", "saved/1000", "shown right", "wrong/1000", "p50 us", "p95 us"
    )?;
    for it in report::typed_rows(rows, scope) {
        let keys = [
            "threshold",
            "saved_per_1000",
            "shown_and_right",
            "wrong_per_1000",
            "micros_p50",
            "micros_p95",
        ];
        let [from, saved, right, wrong, p50, p95] = keys.map(|key| it[key].as_f64().unwrap_or(0.0));
        writeln!(
            out,
            "{:<17}{from:>5.2} {saved:>12.1} {right:>12.3} {wrong:>12.1} {p50:>7.0} {p95:>7.0}",
            text(&it["model"])
        )?;
    }
    Ok(())
}

fn write_reliability(out: &mut String, rows: &[Row], scope: &str) -> Result {
    writeln!(out, "\n{scope}: reliability, actual (of how many) at confidence")?;
    let bins: String =
        reliability::BINS.iter().map(|it| format!("{:>14}", format!("from {it}"))).collect();
    writeln!(out, "{:<17}{bins} {:>8}", "", "off by")?;
    for it in reliability::rows(rows, scope) {
        let bins = it["bins"].as_array().into_iter().flatten();
        let bins: String = bins
            .map(|it| {
                let (actual, count) = (it["actual"].as_f64().unwrap_or(0.0), &it["positions"]);
                format!("{:>14}", format!("{actual:.2} ({count})"))
            })
            .collect();
        let off = it["off_by"].as_f64().unwrap_or(0.0);
        writeln!(out, "{:<17}{bins} {off:>8.3}", text(&it["of"]))?;
    }
    Ok(())
}

fn list(value: &Value) -> impl Iterator<Item = f64> + '_ {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64)
}

fn slashed(value: &Value) -> String {
    list(value).map(|it| format!("{it:.3}")).collect::<Vec<_>>().join("/")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
