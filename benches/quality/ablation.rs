//! What each of the model's gains is worth: the same positions and lines with it left out.

use serde_json::Value;
use serde_json::json;
use understudy::predict::Options;
use understudy::predict::gains::Gains;
use understudy::workspace::tokens::Tokens;

use super::corpus::Corpus;
use super::report;
use super::report::OURS;
use super::report::Row;
use super::report::Typed;
use super::rest_of_line;
use super::typing;

/// One repository without one gain.
pub(crate) struct Without {
    name: &'static str,
    lines: Vec<Row>,
    typed: Typed,
}

pub(crate) fn run(
    corpus: &Corpus,
    tokens: &Tokens,
    positions: usize,
    lines: usize,
) -> Vec<Without> {
    let threshold = Options::default().threshold;
    let all = [(Gains::NONE, "nothing")].into_iter().chain(Gains::ALL);
    let without = |(without, name)| Without {
        name,
        lines: rest_of_line::run_without(corpus, tokens, positions, without),
        typed: typing::run_without(corpus, tokens, lines, threshold, without),
    };
    all.map(without).collect()
}

/// All repositories together, by what was left out.
pub(crate) fn rows(all: Vec<Without>) -> Vec<Value> {
    let mut groups: Vec<(&str, Vec<Row>, Vec<Typed>)> = Vec::new();
    for it in all {
        match groups.iter_mut().find(|group| group.0 == it.name) {
            Some(group) => {
                group.1.extend(it.lines);
                group.2.push(it.typed);
            }
            None => groups.push((it.name, it.lines, vec![it.typed])),
        }
    }
    let row = |(name, lines, typed): (&str, Vec<Row>, Vec<Typed>)| {
        let right = lines.iter().filter(|it| it.model == OURS && it.right).count();
        let exact = right as f64 / lines.len().max(1) as f64;
        let typed = report::typed_rows(&typed, "all").into_iter().next().unwrap_or_default();
        json!({ "without": name, "exact": exact, "saved_per_1000": typed["saved_per_1000"],
            "wrong_per_1000": typed["wrong_per_1000"] })
    };
    groups.into_iter().map(row).collect()
}
