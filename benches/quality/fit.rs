//! Fits the weights of `predict/weights.rs`: logistic regressions by Newton's method with slight shrinkage
//! (Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 4.4.1).

use ropey::Rope;
use understudy::predict::buffer::Buffer;
use understudy::predict::gains::Gains;
use understudy::predict::weights::{FITTED, Sample, Weights};
use understudy::predict::{PredictOptions, PredictQuery, weights};
use understudy::workspace::tokens::Tokens;

use super::corpus::Corpus;

const ROUNDS: usize = 25;
const RIDGE: f64 = 1.0;

/// A repository and its index.
pub(crate) struct Read {
    pub(crate) corpus: Corpus,
    pub(crate) tokens: Tokens,
}

/// Features of the searches at all positions.
#[derive(Default)]
struct Samples {
    steps: Vec<Sample>,
    lines: Vec<Sample>,
    copies: Vec<Sample>,
    imports: Vec<Sample>,
}

/// Weights for a model without some features. The weights for lines depend on the confidence in their words,
/// so those for words are fitted first.
pub(crate) fn weights<'a>(
    all: impl Iterator<Item = &'a Read> + Clone,
    count: usize,
    without: Gains,
) -> &'static Weights {
    let start = PredictOptions { without, ..PredictOptions::default() };
    let samples = gather(all.clone(), count, &start);
    let steps = Weights { step: row(&samples.steps), ..FITTED.clone() };
    // Leaked, since the server's weights are a constant.
    let weights: &'static Weights = Box::leak(Box::new(steps));
    let samples = gather(all, count, &PredictOptions { weights, ..start });
    let whole = Weights {
        line: row(&samples.lines),
        copy: row(&samples.copies),
        import: row(&samples.imports),
        ..weights.clone()
    };
    Box::leak(Box::new(whole))
}

/// The weights in source form.
pub(crate) fn constant(weights: &Weights) -> String {
    let rows = [
        ("step", &weights.step[..]),
        ("line", &weights.line),
        ("copy", &weights.copy),
        ("import", &weights.import),
    ];
    let row = |(name, row): (&str, &[f32])| {
        let numbers: Vec<String> = row.iter().map(|it| format!("{it:.4}")).collect();
        format!("    {name}: [{}],\n", numbers.join(", "))
    };
    format!("pub static FITTED: Weights = Weights {{\n{}}};\n", rows.map(row).concat())
}

fn row<const N: usize>(samples: &[Sample]) -> [f32; N] {
    let fitted = fit(samples);
    std::array::from_fn(|it| fitted.get(it).map_or(0.0, |it| *it as f32))
}

/// Queries each position twice: with and without the lines below.
fn gather<'a>(
    all: impl Iterator<Item = &'a Read>,
    count: usize,
    options: &PredictOptions,
) -> Samples {
    let mut samples = Samples::default();
    for Read { corpus, tokens } in all {
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
                    let query =
                        PredictQuery { snapshot: &snapshot, buffer, rope: &rope, offset, path };
                    let found = weights::evidence(&query, &position.truth, options);
                    let Some(found) = found else { continue };
                    samples.steps.extend(found.steps);
                    samples.lines.extend(found.lines);
                    samples.copies.extend(found.copy);
                    samples.imports.extend(found.import);
                }
            }
        }
    }
    samples
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

/// Stores the solution of `matrix * x = vector` in `vector`. The matrix is positive definite.
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
