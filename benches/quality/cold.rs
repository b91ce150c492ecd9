//! Single files without a workspace: the single-line tasks of HumanEval-Infilling.

use std::path::Path;

use serde::Deserialize;
use understudy::workspace::tokens::Tokens;

use super::corpus::Kind;
use super::report::Row;
use super::rest_of_line::Place;
use super::{corpus, rest_of_line};

/// Thresholds at which shown text is evaluated.
pub(crate) const THRESHOLDS: [f32; 3] = [0.3, 0.5, 0.7];

/// A line of the benchmark's file (github.com/openai/human-eval-infilling).
#[derive(Deserialize)]
struct Task {
    prompt: String,
    canonical_solution: String,
    suffix: String,
}

/// A row per model and task. The file has one JSON object per line.
pub(crate) fn run(file: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (number, line) in std::fs::read_to_string(file)?.lines().enumerate() {
        let task: Task = serde_json::from_str(line)?;
        let solution = task.canonical_solution.trim();
        let (indent, _) = task
            .canonical_solution
            .split_at(task.canonical_solution.len() - task.canonical_solution.trim_start().len());
        let place = Place {
            repo: "HumanEval-Infilling",
            file: number,
            path: Path::new("task.py"),
            before: &[task.prompt.as_str(), indent].concat(),
            after: &["\n", task.suffix.as_str()].concat(),
            kind: Kind::LineStart,
            truth: &corpus::normal(solution),
        };
        if !place.truth.is_empty() {
            // A new vocabulary per task, without words of earlier tasks.
            rows.extend(rest_of_line::ask(&Tokens::new(1 << 16), &place, &THRESHOLDS));
        }
    }
    Ok(rows)
}
