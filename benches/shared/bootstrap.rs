//! Confidence of a comparison: resamples the files many times, with both models on the same sample.

use crate::random::Random;

const DRAWS: usize = 1000;

/// Correct answers of two models in a file.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pair {
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
}

/// Ratio of the models over all files, with the bounds of this percentage of the samples.
pub(crate) fn ratio(files: &[Pair], percent: usize) -> [f64; 3] {
    let draws = draws(files);
    let left_out = DRAWS * (100 - percent) / 200;
    [of(files.iter().copied()), draws[left_out], draws[DRAWS - 1 - left_out]]
}

/// The ratio in each sample, ascending.
fn draws(files: &[Pair]) -> Vec<f64> {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let draw = |_| of((0..files.len()).map(|_| files[random.below(files.len())]));
    let mut draws: Vec<f64> = (0..DRAWS).map(draw).collect();
    draws.sort_by(f64::total_cmp);
    draws
}

fn of(files: impl Iterator<Item = Pair>) -> f64 {
    let sum = files.fold(Pair::default(), |sum, it| Pair {
        ours: sum.ours + it.ours,
        theirs: sum.theirs + it.theirs,
    });
    sum.ours / sum.theirs.max(1.0)
}
