//! Single files without a workspace: the single-line tasks of HumanEval-Infilling.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::place::Place;

/// A line of the benchmark's file (github.com/openai/human-eval-infilling).
#[derive(Deserialize)]
struct Task {
    prompt: String,
    canonical_solution: String,
    suffix: String,
}

/// At most `count` places, evenly from all tasks. The file has one JSON object per line.
pub(crate) fn places(file: &Path, root: &Path, count: usize) -> anyhow::Result<Vec<Place>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let lines: Vec<&str> = text.lines().collect();
    let step = lines.len().div_ceil(count.max(1)).max(1);
    let tasks = lines.iter().enumerate().step_by(step);
    tasks
        .map(|(number, line)| Ok(serde_json::from_str::<Task>(line)?.place(root, number)))
        .collect()
}

impl Task {
    fn place(self, root: &Path, number: usize) -> Place {
        let Self { prompt, canonical_solution, suffix } = self;
        let truth = canonical_solution.trim();
        let indent = &canonical_solution[..canonical_solution.find(truth).unwrap_or(0)];
        let before = [&prompt, indent].concat();
        Place {
            path: root.join(format!("task_{number}.py")),
            row: before.matches('\n').count(),
            column: indent.len(),
            offset: before.len(),
            text: [&before, "\n", &suffix].concat(),
            truth: truth.to_owned(),
        }
    }
}
