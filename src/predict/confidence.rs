//! How likely a suggestion is right: logistic models over what the search saw, fitted on repositories
//! that no figure is reported on (the TRAIN list of `benches/corpus`).

use crate::predict::copy::Copy;
use crate::predict::cursor::Constraint;
use crate::predict::scratch::Step;
use crate::workspace::tokens::vocabulary::Token;

const STEP: [f32; 16] = [
    -0.0324, 0.5918, 0.3719, -0.7673, -0.3095, 0.4845, 0.1099, 0.2428, -0.6111, 0.5256, -0.8164,
    -0.4053, -0.6772, 0.3102, 0.331, 0.9084,
];
const LINE: [f32; 11] =
    [0.824, 1.3505, -1.2003, -0.3866, 0.0011, 0.9306, -0.1917, -0.8472, -0.4392, 0.4402, 0.8569];
const COPY: [f32; 9] =
    [-1.1757, 1.3597, -0.2542, 1.9418, 1.4666, 0.2464, -0.9171, -0.8547, -5.7231];

/// What is known of a line that was guessed word by word.
pub(super) struct Guess<'a> {
    pub(super) text: &'a str,
    pub(super) steps: usize,
    /// Whether it reached its end.
    pub(super) complete: bool,
    /// The logarithm of the product of its steps' confidences, that of the step it stopped at among them.
    pub(super) log: f32,
    pub(super) first_orders: [usize; 2],
    pub(super) line_start: bool,
}

/// That the likeliest token of a step is the right one.
pub(super) fn step(step: &Step, constraint: &Constraint<'_>, identifier: bool) -> f32 {
    let [(token, first), (_, second), _] = step.candidates;
    let [file, workspace] = step.orders.map(|it| it as f32);
    // Counts of samples: fractions of one are none.
    let [file_support, workspace_support] = step.support.map(|it| it.floor().ln_1p());
    logistic(
        STEP,
        [
            1.0,
            (first.max(1e-4) / (1.0 - first).max(1e-4)).ln(),
            second.max(1e-3).ln(),
            file.min(16.0) / 8.0,
            workspace.min(16.0) / 8.0,
            file_support,
            workspace_support,
            flag(token == Token::LINE_END),
            flag(identifier),
            constraint.typed().min(6) as f32 / 3.0,
            flag(*constraint == Constraint::LineStart),
            flag(file > 0.0),
            flag(workspace > 0.0),
            file.ln_1p(),
            workspace.ln_1p(),
            first - second,
        ],
    )
}

/// That a guessed line is right to its end, in view of the copy that was found beside it.
pub(super) fn line(guess: &Guess<'_>, copy: Option<&Copy>, agrees: bool) -> f32 {
    let length = |it: fn(&Copy) -> usize| copy.map_or(0.0, |copy| it(copy) as f32).ln_1p();
    let [file, workspace] = guess.first_orders.map(|it| it as f32 / 8.0);
    logistic(
        LINE,
        [
            1.0,
            guess.log,
            flag(agrees),
            (guess.steps as f32).ln_1p(),
            (guess.text.len() as f32).ln_1p(),
            length(|it| it.exact) * flag(agrees),
            length(|it| it.matched) * flag(!agrees),
            flag(guess.line_start),
            file,
            workspace,
            flag(guess.complete),
        ],
    )
}

/// That a copied line is right, in view of a guess that says otherwise.
pub(super) fn copy(copy: &Copy, text: &str, guess: &Guess<'_>) -> f32 {
    logistic(
        COPY,
        [
            1.0,
            (copy.exact as f32).ln_1p(),
            (copy.matched as f32).ln_1p(),
            (copy.renamed as f32).ln_1p(),
            0.0,
            guess.log,
            (text.len() as f32).ln_1p(),
            flag(guess.line_start),
            flag(text.is_empty()),
        ],
    )
}

fn logistic<const N: usize>(weights: [f32; N], features: [f32; N]) -> f32 {
    let sum: f32 = weights.iter().zip(features).map(|(weight, it)| weight * it).sum();
    1.0 / (1.0 + (-sum).exp())
}

fn flag(it: bool) -> f32 {
    f32::from(u8::from(it))
}
