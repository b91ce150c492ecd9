//! How sure a comparison is: the files are drawn anew many times, both models on the same draw.

use super::corpus::Random;

const DRAWS: usize = 1000;

/// What two models got right in one file.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pair {
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
}

/// Ours to theirs over all files, with the bounds that hold 95 % of the draws between them.
pub(crate) fn ratio(files: &[Pair]) -> [f64; 3] {
    let draws = draws(files);
    [of(files.iter().copied()), draws[DRAWS / 40], draws[DRAWS - 1 - DRAWS / 40]]
}

/// What 95 % of the draws stay below.
pub(crate) fn at_most(files: &[Pair]) -> f64 {
    draws(files)[DRAWS - 1 - DRAWS / 20]
}

/// The ratio in each draw, the least first.
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
