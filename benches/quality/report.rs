//! Results, and their figures as JSON to compare runs. `table` prints them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::bootstrap::Pair;
use super::corpus::Kind;
use super::{bootstrap, reliability};

/// The model under test.
pub(crate) const OURS: &str = "understudy";
/// Shares of the positions, most confident first, for which precision is reported.
const COVERAGES: [f64; 4] = [0.1, 0.2, 0.3, 0.5];
/// Length classes of the truth in bytes: a short rest is easier to predict.
const LENGTHS: [(usize, usize); 4] = [(1, 10), (10, 25), (25, 50), (50, usize::MAX)];

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) indexes: Vec<Index>,
    pub(crate) lines: Vec<Row>,
    pub(crate) typed: Vec<Typed>,
    /// HumanEval-Infilling without a workspace.
    pub(crate) cold: Vec<Row>,
    /// Lines of commits, typed in the tree before each.
    pub(crate) history: Vec<Typed>,
    /// Lines added since an older tree, tested in that tree.
    pub(crate) split: Vec<Row>,
}

/// Cost of building a repository's index.
pub(crate) struct Index {
    pub(crate) repo: String,
    pub(crate) lines: usize,
    pub(crate) tokens: usize,
    pub(crate) bytes: usize,
    pub(crate) seconds: f64,
}

/// A model's answer at a position.
pub(crate) struct Row {
    pub(crate) repo: String,
    pub(crate) file: usize,
    /// Extension of the file.
    pub(crate) language: String,
    pub(crate) model: String,
    pub(crate) kind: Kind,
    pub(crate) right: bool,
    /// Ranks the answers of a model; not comparable between models.
    pub(crate) confidence: f32,
    /// For each of the suite's thresholds: whether the shown text is correct; `None` if nothing is shown.
    pub(crate) shown: Vec<Option<bool>>,
    /// Length of the truth in bytes.
    pub(crate) length: usize,
    pub(crate) micros: f64,
}

/// A model typing the files of a repository.
pub(crate) struct Typed {
    pub(crate) repo: String,
    pub(crate) model: String,
    pub(crate) threshold: f32,
    pub(crate) chars: usize,
    pub(crate) keys: usize,
    pub(crate) shown: usize,
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    pub(crate) saved: usize,
    pub(crate) micros: Vec<f64>,
}

impl Typed {
    pub(crate) fn new(repo: &str, model: &str, threshold: f32) -> Self {
        let (repo, model) = (repo.to_owned(), model.to_owned());
        let (chars, keys, shown, right, wrong, saved) = (0, 0, 0, 0, 0, 0);
        Self { repo, model, threshold, chars, keys, shown, right, wrong, saved, micros: Vec::new() }
    }

    pub(crate) fn add(&mut self, other: &Typed) {
        self.chars += other.chars;
        self.keys += other.keys;
        self.shown += other.shown;
        self.right += other.right;
        self.wrong += other.wrong;
        self.saved += other.saved;
        self.micros.extend(&other.micros);
    }

    pub(crate) fn per_thousand(&self, count: usize) -> f64 {
        1000.0 * count as f64 / self.chars.max(1) as f64
    }

    fn json(&self) -> Value {
        json!({
            "repo": self.repo,
            "model": self.model,
            "threshold": (f64::from(self.threshold) * 100.0).round() / 100.0,
            "chars": self.chars,
            "saved_per_1000": self.per_thousand(self.saved),
            "shown_and_right": self.right as f64 / self.shown.max(1) as f64,
            "wrong_per_1000": self.per_thousand(self.wrong),
            "micros_p50": percentile(&self.micros, 0.5),
            "micros_p95": percentile(&self.micros, 0.95),
        })
    }
}

impl Report {
    pub(crate) fn json(&self) -> Value {
        let index = |it: &Index| {
            json!({ "repo": it.repo, "lines": it.lines, "tokens": it.tokens, "bytes": it.bytes,
                "bytes_per_million_lines": it.bytes as f64 * 1e6 / it.lines.max(1) as f64,
                "seconds": it.seconds })
        };
        json!({
            "index": self.indexes.iter().map(index).collect::<Vec<_>>(),
            "rest_of_line": every(&self.lines, line_rows),
            "ratios": every(&self.lines, ratios),
            "typing": every(&self.typed, typed_rows),
            "reliability": every(&self.lines, reliability::rows),
            "cold_start": every(&self.cold, line_rows),
            "cold_start_ratios": every(&self.cold, ratios),
            "history": every(&self.history, typed_rows),
            "temporal_split": every(&self.split, line_rows),
            "temporal_split_ratios": every(&self.split, ratios),
        })
    }
}

/// Results of a repository.
pub(crate) trait Of {
    fn repo(&self) -> &str;
}

impl Of for Row {
    fn repo(&self) -> &str {
        &self.repo
    }
}

impl Of for Typed {
    fn repo(&self) -> &str {
        &self.repo
    }
}

/// Each repository, then all of them if there are several.
pub(crate) fn scopes<T: Of>(rows: &[T]) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for it in rows {
        if !scopes.iter().any(|scope| scope == it.repo()) {
            scopes.push(it.repo().to_owned());
        }
    }
    if scopes.len() > 1 {
        scopes.push("all".to_owned());
    }
    scopes
}

pub(crate) fn within<'a, T: Of>(rows: &'a [T], scope: &str) -> impl Iterator<Item = &'a T> {
    rows.iter().filter(move |it| scope == "all" || it.repo() == scope)
}

fn every<T: Of>(rows: &[T], figures: fn(&[T], &str) -> Vec<Value>) -> Vec<Value> {
    scopes(rows).iter().flat_map(|it| figures(rows, it)).collect()
}

pub(crate) fn line_rows(rows: &[Row], scope: &str) -> Vec<Value> {
    let rows: Vec<&Row> = within(rows, scope).collect();
    let mut models: Vec<&str> = Vec::new();
    for it in &rows {
        if !models.contains(&it.model.as_str()) {
            models.push(&it.model);
        }
    }
    let of = |model: &str| rows.iter().copied().filter(|it| it.model == model).collect();
    models.into_iter().map(|it| line_row(scope, it, of(it))).collect()
}

/// Ratio of exact matches to each other model, with its bounds.
pub(crate) fn ratios(rows: &[Row], scope: &str) -> Vec<Value> {
    let mut files: BTreeMap<&str, BTreeMap<(&str, usize), Pair>> = BTreeMap::new();
    let (ours, theirs): (Vec<&Row>, Vec<&Row>) =
        within(rows, scope).partition(|it| it.model == OURS);
    for it in theirs {
        let files = files.entry(&it.model).or_default();
        files.entry((&it.repo, it.file)).or_default().theirs += right(it);
    }
    for it in ours {
        let pairs = files.values_mut().map(|files| files.entry((&it.repo, it.file)));
        pairs.for_each(|pair| pair.or_default().ours += right(it));
    }
    let ratio =
        |files: BTreeMap<_, Pair>| bootstrap::ratio(&files.into_values().collect::<Vec<_>>(), 95);
    files
        .into_iter()
        .map(|(to, files)| json!({ "repo": scope, "to": to, "ratio": ratio(files) }))
        .collect()
}

pub(crate) fn typed_rows(all: &[Typed], scope: &str) -> Vec<Value> {
    let mut rows: Vec<Typed> = Vec::new();
    for it in within(all, scope) {
        match rows.iter_mut().find(|row| row.model == it.model && row.threshold == it.threshold) {
            Some(row) => row.add(it),
            None => {
                let mut row = Typed::new(scope, &it.model, it.threshold);
                row.add(it);
                rows.push(row);
            }
        }
    }
    rows.iter().map(Typed::json).collect()
}

fn line_row(scope: &str, model: &str, mut rows: Vec<&Row>) -> Value {
    rows.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let micros: Vec<f64> = rows.iter().map(|it| it.micros).collect();
    // `None` where no position is of the kind.
    let exact = |kind: Option<Kind>| {
        let of: Vec<_> = rows.iter().filter(|it| kind.is_none_or(|kind| it.kind == kind)).collect();
        (!of.is_empty()).then(|| share(of.into_iter()))
    };
    let kinds = [Some(Kind::LineStart), Some(Kind::Boundary), Some(Kind::MidIdentifier), None];
    let precision = COVERAGES.map(|it| share(rows.iter().take((rows.len() as f64 * it) as usize)));
    let by_length = LENGTHS
        .map(|(least, most)| share(rows.iter().filter(|it| (least..most).contains(&it.length))));
    let thresholds = rows.iter().map(|it| it.shown.len()).max().unwrap_or(0);
    json!({
        "repo": scope,
        "model": model,
        "shown": (0..thresholds).map(|at| shown(&rows, at)).collect::<Vec<_>>(),
        "positions": rows.len(),
        "exact": kinds.map(exact),
        "precision": precision,
        "by_length": by_length,
        "micros_p50": percentile(&micros, 0.5),
        "micros_p95": percentile(&micros, 0.95),
    })
}

fn share<'a>(rows: impl Iterator<Item = &'a &'a Row>) -> f64 {
    let (mut right, mut all) = (0.0f64, 0.0f64);
    for it in rows {
        right += self::right(it);
        all += 1.0;
    }
    right / all.max(1.0)
}

/// The share of positions where text is shown, and the share of it that is correct.
fn shown(rows: &[&Row], threshold: usize) -> [f64; 2] {
    let shown: Vec<bool> = rows.iter().filter_map(|it| *it.shown.get(threshold)?).collect();
    let right = shown.iter().filter(|it| **it).count() as f64;
    [shown.len() as f64 / rows.len().max(1) as f64, right / shown.len().max(1) as f64]
}

fn right(row: &Row) -> f64 {
    f64::from(u8::from(row.right))
}

fn percentile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get((values.len() as f64 * share) as usize).copied().unwrap_or(0.0)
}
