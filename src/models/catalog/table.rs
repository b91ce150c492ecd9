//! A table of models as text: head lines that start with `#`, then one line per model, sorted, with fields
//! separated by tabs. A lookup is a binary search in the text, so nothing is parsed but the row that is
//! found.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter;

use jiff::civil::Date;

use crate::models::price::money::Rate;
use crate::models::price::period::PricePeriod;
use crate::models::price::{OffPeak, Price, Rates, Tier};

#[derive(Clone, Debug)]
pub struct CatalogTable {
    text: Cow<'static, str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CatalogRow {
    pub kind: String,
    pub model: String,
    pub price: Option<Price>,
    pub context_length: Option<u32>,
    pub output: Option<u32>,
    pub deprecated: Option<Date>,
}

impl CatalogTable {
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into() }
    }

    /// Whether the table has a head and its rows are sorted. `find` relies on both.
    pub fn is_whole(&self) -> bool {
        let keys = || self.body().lines().map(key);
        !self.origin().is_empty() && keys().zip(keys().skip(1)).all(|(a, b)| a < b)
    }

    /// The file that the table was made from.
    pub fn origin(&self) -> &str {
        self.head("#origin\t").next().unwrap_or_default()
    }

    /// The day on which that file was read.
    pub fn date(&self) -> Option<Date> {
        self.head("#date\t").next()?.parse().ok()
    }

    pub fn find(&self, kind: &str, model: &str) -> Option<CatalogRow> {
        self.parse(search(self.body(), (kind, model))?)
    }

    pub fn rows(&self) -> impl Iterator<Item = CatalogRow> {
        self.body().lines().filter_map(|it| self.parse(it))
    }

    fn head<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.text.lines().take_while(|it| it.starts_with('#'));
        lines.filter_map(move |it| it.strip_prefix(name))
    }

    fn body(&self) -> &str {
        let head = self.text.split_inclusive('\n').take_while(|it| it.starts_with('#'));
        &self.text[head.map(str::len).sum()..]
    }

    fn parse(&self, line: &str) -> Option<CatalogRow> {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        let (kind, model) = (field().to_owned(), field().to_owned());
        let (rates, tiers, off_peak) = (rates(field()), tiers(field()), off_peak(field()));
        let (context_length, output) = (field().parse().ok(), field().parse().ok());
        let deprecated = field().parse().ok();
        let source = field().parse().ok().and_then(|it| self.head("#source\t").nth(it));
        let source = source.unwrap_or(self.origin()).to_owned();
        let price = |rates| Price { rates, tiers, off_peak, source, date: self.date() };
        Some(CatalogRow {
            kind,
            model,
            price: rates.map(price),
            context_length,
            output,
            deprecated,
        })
    }
}

impl CatalogRow {
    /// The row as a line without its line feed. `source` is the index of its source in the head.
    pub fn line(&self, source: Option<usize>) -> String {
        let (mut rates, mut tiers, mut off_peak) = (String::new(), Vec::new(), String::new());
        if let Some(price) = &self.price {
            rates = written(&price.rates);
            tiers = price
                .tiers
                .iter()
                .map(|it| format!("{}:{}", it.above, written(&it.rates)))
                .collect();
            if let Some(it) = &price.off_peak {
                let periods = it.periods.iter().map(PricePeriod::to_string);
                let fields: Vec<String> = iter::once(written(&it.rates)).chain(periods).collect();
                off_peak = fields.join(" ");
            }
        }
        let number = |it: Option<u32>| it.map(|it| it.to_string()).unwrap_or_default();
        let fields = [
            self.kind.clone(),
            self.model.clone(),
            rates,
            tiers.join(" "),
            off_peak,
            number(self.context_length),
            number(self.output),
            self.deprecated.map(|it| it.to_string()).unwrap_or_default(),
            source.map(|it| it.to_string()).unwrap_or_default(),
        ];
        fields.join("\t").trim_end().to_owned()
    }
}

/// Binary search for the line with the key `wanted`. Each step moves to the start of the line in the middle.
fn search<'a>(body: &'a str, wanted: (&str, &str)) -> Option<&'a str> {
    let (mut low, mut high) = (0, body.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let bytes = body.as_bytes();
        let start =
            bytes[low..middle].iter().rposition(|it| *it == b'\n').map_or(low, |it| low + it + 1);
        let end =
            bytes[start..high].iter().position(|it| *it == b'\n').map_or(high, |it| start + it);
        let line = &body[start..end];
        match key(line).cmp(&wanted) {
            Ordering::Equal => return Some(line),
            Ordering::Less => low = (end + 1).min(high),
            Ordering::Greater => high = start,
        }
    }
    None
}

fn key(line: &str) -> (&str, &str) {
    let mut fields = line.split('\t');
    (fields.next().unwrap_or_default(), fields.next().unwrap_or_default())
}

/// Parses `input/cached/written/output/reasoning` in dollars per million tokens. An empty part is unknown.
fn rates(text: &str) -> Option<Rates> {
    let mut parts = text.split('/').map(|it| Rate::per_million(it.parse().ok()?));
    let (input, cached, written, output) =
        (parts.next()??, parts.next()?, parts.next()?, parts.next()??);
    Some(Rates { input, cached, written, output, reasoning: parts.next().flatten() })
}

fn written(rates: &Rates) -> String {
    let rate =
        |it: Option<Rate>| it.map(|it| it.dollars_per_million().to_string()).unwrap_or_default();
    let Rates { input, cached, written, output, reasoning } = *rates;
    let all = [Some(input), cached, written, Some(output), reasoning].map(rate).join("/");
    all.strip_suffix('/').unwrap_or(&all).to_owned()
}

fn tiers(text: &str) -> Vec<Tier> {
    let tier = |it: &str| {
        let (above, of) = it.split_once(':')?;
        Some(Tier { above: above.parse().ok()?, rates: rates(of)? })
    };
    text.split(' ').filter_map(tier).collect()
}

fn off_peak(text: &str) -> Option<OffPeak> {
    let mut parts = text.split(' ');
    let rates = rates(parts.next()?)?;
    let period = |it: &str| {
        let (hours, days) = it.split_once('@')?;
        let (days, zone) = days.split_once('@').unwrap_or((days, "UTC"));
        PricePeriod::parse(hours, days, zone)
    };
    Some(OffPeak { rates, periods: parts.filter_map(period).collect() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_malformed_table_is_searched_without_a_panic(text in "[#a\t\n0-9./:@é-]{0,80}", key in "[a0]{0,2}") {
            let table = CatalogTable::new(text);
            table.find(&key, &key);
            table.rows().for_each(|it| drop(it.line(None)));
            table.is_whole();
        }
    }

    #[test]
    fn a_row_is_written_as_it_was_read() {
        let head = "#origin\tx\n#date\t2026-11-25\n#source\ta\n#source\tb\n";
        for line in [
            "a\tb",
            "a\tb\t3/0.3/3.75/15",
            "a\tb\t0.05///0.4/4",
            "a\tb\t1///2\t\t0.5///1 00:00-00:00@67@America/New_York",
            "a\tb\t3/0.3//15\t200000:6/0.6//22.5 400000:7///8\t1///2 10:00-00:00@12345 00:00-00:00@67\t1000\t20\t2027-01-01\t1",
        ] {
            let table = CatalogTable::new(format!("{head}{line}\n"));
            let row = table.find("a", "b").unwrap();
            let source = line.ends_with("\t1").then_some(1);
            assert_eq!(row.line(source), line);
            if let Some(price) = row.price {
                assert_eq!(price.source, if source.is_some() { "b" } else { "x" });
            }
        }
    }

    #[test]
    fn a_row_is_found_at_any_position() {
        for count in 0..20 {
            let keys: Vec<String> = (0..count).map(|it| format!("k{it:02}")).collect();
            let lines: String =
                keys.iter().map(|it| format!("{it}\tm\t1///{}\n", it.len())).collect();
            for end in [lines.len(), lines.len().saturating_sub(1)] {
                let table = CatalogTable::new(format!("#origin\tx\n{}", &lines[..end]));
                assert!(table.is_whole());
                for key in &keys {
                    assert_eq!(table.find(key, "m").unwrap().kind, *key);
                }
                assert_eq!(table.find("k", "m"), None);
                assert_eq!(table.find("z", "m"), None);
            }
        }
    }
}
