//! How likely a suggestion is right: logistic models over what the search saw. `quality --fit` fits
//! their weights on repositories that no figure is reported on (TRAIN of `benches/corpus`).

use crate::predict::brackets::Brackets;
use crate::predict::copy::Copy;
use crate::predict::cursor::Constraint;
use crate::predict::scratch::Step;
use crate::workspace::tokens::vocabulary::Token;

const STEP: [f32; 22] = [
    -1.3642, 0.5224, 0.3061, -0.7188, -0.0779, 0.3148, 0.0826, 0.8895, -0.1347, 1.1263, -0.4469,
    -0.6299, -0.3235, 0.3101, 0.1769, 1.0893, -0.5294, 0.2306, 0.5508, -0.5413, -2.5685, 0.1696,
];
const LINE: [f32; 20] = [
    1.0909, 1.0098, -1.3093, -0.5358, -0.1379, 0.8694, -0.2103, -0.4710, -0.2996, 0.4384, 1.2321,
    0.4964, 0.2225, -0.1065, -0.3455, -0.4539, -2.4353, 0.0663, 0.0503, -0.2154,
];
const COPY: [f32; 14] = [
    -1.3501, 2.9481, -1.8709, 1.6764, -0.0175, -0.8980, -0.4073, -2.4498, 0.1117, -0.8053, -2.1266,
    0.0682, 0.4639, 0.5124,
];

/// What the likeliest token of a step is, and where it would stand.
pub(super) struct Word<'a> {
    pub(super) step: &'a Step,
    pub(super) constraint: &'a Constraint<'a>,
    pub(super) identifier: bool,
    /// Whether it is a name that the document does not hold.
    pub(super) stranger: bool,
    /// How often it stands in the workspace.
    pub(super) count: u32,
    /// Of the line before it and behind it.
    pub(super) brackets: [Brackets; 2],
    /// Words guessed before it.
    pub(super) steps: usize,
}

/// What is known of a line that was guessed word by word.
pub(super) struct Guess<'a> {
    pub(super) text: &'a str,
    pub(super) steps: usize,
    /// Whether it reached its end.
    pub(super) complete: bool,
    /// The logarithm of the product of its steps' confidences, that of the step it stopped at among them.
    pub(super) log: f32,
    /// The least of them.
    pub(super) least: f32,
    /// Names that the document does not hold.
    pub(super) strangers: usize,
    pub(super) brackets: Brackets,
    /// Whether the line below says the same.
    pub(super) repeats: bool,
    pub(super) first_orders: [usize; 2],
    pub(super) line_start: bool,
    pub(super) typed: usize,
}

/// That the likeliest token of a step is the right one.
pub(super) fn step(word: &Word<'_>) -> f32 {
    logistic(STEP, step_features(word))
}

/// That a guessed line is right to its end, in view of the copy that was found beside it.
pub(super) fn line(guess: &Guess<'_>, copy: Option<&Copy>, agrees: bool) -> f32 {
    logistic(LINE, line_features(guess, copy, agrees))
}

/// That a copied line is right, in view of a guess that says otherwise.
pub(super) fn copy(copy: &Copy, text: &str, repeats: bool, guess: &Guess<'_>) -> f32 {
    logistic(COPY, copy_features(copy, text, repeats, guess))
}

pub(super) fn step_features(word: &Word<'_>) -> [f32; STEP.len()] {
    let Word { step, constraint, identifier, brackets: [before, behind], .. } = word;
    let [(token, first), (_, second), _] = step.candidates;
    let [file, workspace] = step.orders.map(|it| it as f32);
    // Counts of samples: fractions of one are none.
    let [file_support, workspace_support] = step.support.map(|it| it.floor().ln_1p());
    let ends = token == Token::LINE_END;
    [
        1.0,
        (first.max(1e-4) / (1.0 - first).max(1e-4)).ln(),
        second.max(1e-3).ln(),
        file.min(16.0) / 8.0,
        workspace.min(16.0) / 8.0,
        file_support,
        workspace_support,
        flag(ends),
        flag(*identifier),
        constraint.typed().min(6) as f32 / 3.0,
        flag(**constraint == Constraint::LineStart),
        flag(file > 0.0),
        flag(workspace > 0.0),
        file.ln_1p(),
        workspace.ln_1p(),
        first - second,
        flag(word.stranger),
        step.recency.min(4.0),
        (word.count as f32).ln_1p() / 8.0,
        flag(ends && before.open > 0),
        flag(!before.foreign && behind.foreign),
        (word.steps as f32).ln_1p(),
    ]
}

pub(super) fn line_features(
    guess: &Guess<'_>,
    copy: Option<&Copy>,
    agrees: bool,
) -> [f32; LINE.len()] {
    let length = |it: fn(&Copy) -> usize| copy.map_or(0.0, |copy| it(copy) as f32).ln_1p();
    let [file, workspace] = guess.first_orders.map(|it| it as f32 / 8.0);
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
        guess.least,
        flag(guess.strangers > 0),
        (guess.strangers as f32).ln_1p(),
        flag(guess.brackets.open > 0),
        flag(guess.brackets.foreign),
        flag(guess.repeats),
        guess.typed.min(6) as f32 / 3.0,
        flag(guess.typed > 0),
        flag(copy.is_none()),
    ]
}

pub(super) fn copy_features(
    copy: &Copy,
    text: &str,
    repeats: bool,
    guess: &Guess<'_>,
) -> [f32; COPY.len()] {
    [
        1.0,
        (copy.exact as f32).ln_1p(),
        (copy.matched as f32).ln_1p(),
        (copy.renamed as f32).ln_1p(),
        guess.log,
        (text.len() as f32).ln_1p(),
        flag(guess.line_start),
        flag(text.is_empty()),
        guess.least,
        flag(guess.complete),
        flag(repeats),
        guess.typed.min(6) as f32 / 3.0,
        flag(guess.typed > 0),
        copy.exact as f32 / copy.matched.max(1) as f32,
    ]
}

fn logistic<const N: usize>(weights: [f32; N], features: [f32; N]) -> f32 {
    let sum: f32 = weights.iter().zip(features).map(|(weight, it)| weight * it).sum();
    1.0 / (1.0 + (-sum).exp())
}

fn flag(it: bool) -> f32 {
    f32::from(u8::from(it))
}
