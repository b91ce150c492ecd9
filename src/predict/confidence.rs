//! How likely a suggestion is right: logistic models over what the search saw. `quality --fit` fits
//! their weights on repositories that no figure is reported on (TRAIN of `benches/corpus`).

use std::cmp::Ordering;

use crate::predict::brackets::Brackets;
use crate::predict::copy::Copy;
use crate::predict::cursor::Constraint;
use crate::predict::scratch::Step;
use crate::predict::surroundings::Standing;
use crate::workspace::tokens::vocabulary::Token;

const STEP: [f32; 34] = [
    -1.4651, 0.4878, 0.2801, -1.2749, 0.1212, 0.2708, 0.0957, 0.6975, -0.1147, 1.1788, -0.3046,
    -0.4035, -0.3259, 0.3353, 0.1167, 0.9510, -0.5373, 0.2268, 0.5751, -0.4789, -2.9892, 0.2580,
    -0.5313, 0.5596, 0.1202, -0.3734, -3.3608, 3.9417, -1.2472, -0.1850, 0.8034, -2.1732, -1.7687,
    0.0160,
];
const LINE: [f32; 30] = [
    -4.0895, 1.0419, -0.7295, -0.2468, -0.3444, 0.3833, -0.1465, -0.2969, -0.0102, 0.2677, 6.5885,
    0.1203, 0.0237, -0.1287, -0.2906, -0.0425, -2.3537, 0.0158, 0.1790, -0.2785, 0.0100, -1.0459,
    -0.3920, -1.7765, -0.5967, -0.2760, -0.9411, 0.1262, 0.1270, -0.4070,
];
const COPY: [f32; 22] = [
    -0.3111, 2.5292, -1.5992, 1.9000, 0.0317, -1.2261, -0.0119, -2.8567, -0.0469, -1.3363, -1.0328,
    0.0165, 0.5829, 1.2212, -0.1362, -1.9821, -0.7252, -0.6871, -2.1427, 0.3667, -0.2983, -0.2484,
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
    /// What the copied line says that agrees with all before: the same, or something else.
    pub(super) witness: Option<Witness>,
    /// How deep the line stands beside the one above, where this is its first word.
    pub(super) depth: Option<Ordering>,
    pub(super) closes: bool,
    /// How the line stands that this ends.
    pub(super) standing: Standing,
}

/// A copied line that says the same so far.
#[derive(Clone, Copy)]
pub(super) struct Witness {
    pub(super) confirms: bool,
    /// Tokens before the line that are the same.
    pub(super) exact: usize,
}

/// How a whole line stands where it is written.
#[derive(Clone, Copy, Default)]
pub(super) struct Setting {
    pub(super) standing: Standing,
    /// It starts with a closer though it stands as deep as the line above, or the other way round.
    pub(super) misplaced: bool,
    /// How many tokens of its end, and before, elsewhere lead to the line below: in the document and in
    /// the workspace.
    pub(super) onward: [usize; 2],
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
    /// The logarithm of its probability.
    pub(super) likely: f32,
    pub(super) detour: bool,
    pub(super) setting: Setting,
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
pub(super) fn copy(copy: &Copy, text: &str, standing: (bool, Setting), guess: &Guess<'_>) -> f32 {
    logistic(COPY, copy_features(copy, text, standing, guess))
}

pub(super) fn step_features(word: &Word<'_>) -> [f32; STEP.len()] {
    let Word { step, constraint, identifier, brackets: [before, behind], .. } = word;
    let [(token, first), (_, second), _] = step.candidates;
    let [file, workspace] = step.orders.map(|it| it as f32);
    // Counts of samples: fractions of one are none.
    let [file_support, workspace_support] = step.support.map(|it| it.floor().ln_1p());
    let ends = token == Token::LINE_END;
    let Word { witness, standing, .. } = word;
    let says = |what| witness.is_some_and(|it| it.confirms == what);
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
        flag(says(true)),
        witness.map_or(0.0, |it| (it.exact as f32).ln_1p()) * flag(says(true)),
        flag(says(false)),
        witness.map_or(0.0, |it| (it.exact as f32).ln_1p()) * flag(says(false)),
        flag(word.closes && word.depth.is_some_and(Ordering::is_ge)),
        flag(word.closes && word.depth == Some(Ordering::Less)),
        flag(!word.closes && word.depth == Some(Ordering::Less)),
        flag(word.depth == Some(Ordering::Greater)),
        flag(ends && standing.even),
        flag(ends && standing.uneven),
        flag(ends && standing.unopened),
        flag(ends && standing.hollow),
    ]
}

pub(super) fn line_features(
    guess: &Guess<'_>,
    copy: Option<&Copy>,
    agrees: bool,
) -> [f32; LINE.len()] {
    let length = |it: fn(&Copy) -> usize| copy.map_or(0.0, |copy| it(copy) as f32).ln_1p();
    let [file, workspace] = guess.first_orders.map(|it| it as f32 / 8.0);
    let [even, uneven, unopened, hollow, misplaced, file_onward, workspace_onward, no_onward] =
        setting(&guess.setting);
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
        guess.likely,
        flag(guess.detour),
        even,
        uneven,
        unopened,
        hollow,
        misplaced,
        file_onward,
        workspace_onward,
        no_onward,
    ]
}

pub(super) fn copy_features(
    copy: &Copy,
    text: &str,
    standing: (bool, Setting),
    guess: &Guess<'_>,
) -> [f32; COPY.len()] {
    let (repeats, its) = standing;
    let [even, uneven, unopened, hollow, misplaced, file_onward, workspace_onward, no_onward] =
        setting(&its);
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
        even,
        uneven,
        unopened,
        hollow,
        misplaced,
        file_onward,
        workspace_onward,
        no_onward,
    ]
}

fn setting(it: &Setting) -> [f32; 8] {
    let Standing { even, uneven, unopened, hollow } = it.standing;
    let [even, uneven, unopened, hollow] = [even, uneven, unopened, hollow].map(flag);
    let [file, workspace] = it.onward.map(|it| (it as f32).ln_1p());
    let none = flag(it.onward.iter().all(|it| *it <= 1));
    [even, uneven, unopened, hollow, flag(it.misplaced), file, workspace, none]
}

fn logistic<const N: usize>(weights: [f32; N], features: [f32; N]) -> f32 {
    let sum: f32 = weights.iter().zip(features).map(|(weight, it)| weight * it).sum();
    1.0 / (1.0 + (-sum).exp())
}

fn flag(it: bool) -> f32 {
    f32::from(u8::from(it))
}
