//! Fits the weights of `predict/confidence.rs`: logistic regressions by Newton's method, a little drawn
//! towards zero (Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 4.4.1).

use ropey::Rope;
use understudy::predict::Query;
use understudy::predict::buffer::Buffer;
use understudy::predict::evidence;
use understudy::predict::evidence::Sample;
use understudy::workspace::tokens::Tokens;

use super::corpus::Corpus;

const ROUNDS: usize = 25;
const RIDGE: f64 = 1.0;

/// What the searches at all positions rested on.
#[derive(Default)]
pub(crate) struct Samples {
    steps: Vec<Sample>,
    lines: Vec<Sample>,
    copies: Vec<Sample>,
}

impl Samples {
    /// Asks at each position twice: with the lines below in view, and without.
    pub(crate) fn gather(&mut self, corpus: &Corpus, tokens: &Tokens, count: usize) {
        let snapshot = tokens.snapshot();
        for (file, positions) in corpus.positions(count) {
            for position in positions {
                let offset = position.offset;
                let below = file.text.get(position.line_end..).unwrap_or_default();
                for after in [below, ""] {
                    let rope = Rope::from_str(&[&file.text[..offset], after].concat());
                    let mut buffer = Buffer::new();
                    buffer.read(tokens, &rope);
                    let (buffer, path) = (&buffer, Some(file.path.as_path()));
                    let query = Query { snapshot: &snapshot, buffer, rope: &rope, offset, path };
                    let Some(found) = evidence::gather(&query, &position.truth) else { continue };
                    self.steps.extend(found.steps);
                    self.lines.extend(found.lines);
                    self.copies.extend(found.copy);
                }
            }
        }
    }

    /// The constants as they stand in the source. What lines are judged by depends on how their steps
    /// are: fit again until the first row stays as it is.
    pub(crate) fn constants(&self) -> String {
        let (steps, lines, copies) = (&self.steps, &self.lines, &self.copies);
        let all = [("STEP", steps), ("LINE", lines), ("COPY", copies)];
        all.map(|(name, samples)| constant(name, samples)).concat()
    }
}

fn constant(name: &str, samples: &[Sample]) -> String {
    let weights: Vec<String> = fit(samples).iter().map(|it| format!("{it:.4}")).collect();
    let (count, right) = (samples.len(), samples.iter().filter(|it| it.1).count());
    let (width, weights) = (weights.len(), weights.join(", "));
    format!("// {count} samples, {right} right\nconst {name}: [f32; {width}] = [{weights}];\n")
}

fn fit(samples: &[Sample]) -> Vec<f64> {
    let width = samples.first().map_or(0, |it| it.0.len());
    let mut weights = vec![0.0; width];
    for _ in 0..ROUNDS {
        let mut slope: Vec<f64> = weights.iter().map(|it| -RIDGE * it).collect();
        let mut curve = vec![vec![0.0; width]; width];
        (0..width).for_each(|at| curve[at][at] = RIDGE);
        for (features, right) in samples {
            let sum: f64 =
                features.iter().zip(&weights).map(|(it, weight)| f64::from(*it) * weight).sum();
            let sure = 1.0 / (1.0 + (-sum).exp());
            for (row, &feature) in features.iter().enumerate().filter(|it| *it.1 != 0.0) {
                slope[row] += f64::from(feature) * (f64::from(u8::from(*right)) - sure);
                let weight = f64::from(feature) * sure * (1.0 - sure);
                for (cell, &other) in curve[row].iter_mut().zip(features) {
                    *cell += weight * f64::from(other);
                }
            }
        }
        solve(&mut curve, &mut slope);
        weights.iter_mut().zip(&slope).for_each(|(weight, step)| *weight += step);
    }
    weights
}

/// Leaves the solution of `matrix * x = vector` in `vector`. The matrix is positive definite.
fn solve(matrix: &mut [Vec<f64>], vector: &mut [f64]) {
    let width = vector.len();
    for pivot in 0..width {
        for row in pivot + 1..width {
            let share = matrix[row][pivot] / matrix[pivot][pivot];
            let (above, below) = matrix.split_at_mut(row);
            below[0].iter_mut().zip(&above[pivot]).for_each(|(it, up)| *it -= share * up);
            vector[row] -= share * vector[pivot];
        }
    }
    for row in (0..width).rev() {
        let known: f64 = (row + 1..width).map(|it| matrix[row][it] * vector[it]).sum();
        vector[row] = (vector[row] - known) / matrix[row][row];
    }
}
