//! Estimates the probability that a suggestion is right: logistic models with fitted `weights` over features
//! of the search.

use crate::predict::brackets::Brackets;
use crate::predict::copy::Copy;
use crate::predict::cursor::Constraint;
use crate::predict::imports::ImportedName;
use crate::predict::scratch::ScratchStep;
use crate::predict::surroundings::StandingWeight;
use crate::predict::weights::{COPY, IMPORT, LINE, STEP, Weights};
use crate::workspace::tokens::vocabulary::Token;

/// The features of a step's most likely token.
pub(super) struct WordFeatures<'a> {
    pub(super) step: &'a ScratchStep,
    pub(super) constraint: &'a Constraint<'a>,
    pub(super) identifier: bool,
    /// Whether it is a name that is not in the document.
    pub(super) stranger: bool,
    /// How often it occurs in the workspace.
    pub(super) count: u32,
    /// The brackets of the line before the token and after it.
    pub(super) brackets: [Brackets; 2],
    /// Number of words predicted before it.
    pub(super) steps: usize,
    /// The copied line, if it is the same up to this token.
    pub(super) witness: Option<Witness>,
    /// The bracket balance of the line if the token ends it.
    pub(super) standing: StandingWeight,
}

/// A copied line that is the same up to this token.
#[derive(Clone, Copy)]
pub(super) struct Witness {
    pub(super) confirms: bool,
    /// Number of identical tokens before the copied line.
    pub(super) exact: usize,
}

/// How a whole line fits its surroundings.
#[derive(Clone, Copy, Default)]
pub(super) struct Setting {
    pub(super) standing: StandingWeight,
    /// How many tokens before the next line also precede that line elsewhere: in the document and in the
    /// workspace.
    pub(super) onward: [usize; 2],
}

/// The features of a line that was predicted word by word.
pub(super) struct Guess<'a> {
    pub(super) text: &'a str,
    pub(super) steps: usize,
    /// Whether it ends with a line end.
    pub(super) complete: bool,
    /// The logarithm of the product of the confidences of its steps, including the step at which it stopped.
    pub(super) log: f32,
    /// The logarithm of the least confidence of a step.
    pub(super) least: f32,
    /// Number of names that are not in the document.
    pub(super) strangers: usize,
    pub(super) brackets: Brackets,
    /// Whether the next line is identical.
    pub(super) repeats: bool,
    /// The logarithm of its probability.
    pub(super) likely: f32,
    pub(super) detour: bool,
    pub(super) setting: Setting,
    pub(super) first_orders: [usize; 2],
    pub(super) line_start: bool,
    pub(super) typed: usize,
}

/// The other candidates for the line, and whether they are identical to it.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) copy: Option<&'a Copy>,
    pub(super) agrees: bool,
    pub(super) import: Option<&'a ImportedName>,
    pub(super) imported: bool,
}

/// The probability that the most likely token of a step is right.
pub(super) fn step(weights: &Weights, word: &WordFeatures<'_>) -> f32 {
    logistic(&weights.step, step_features(word))
}

/// The probability that a predicted line is right to its end, given the copied line and the import.
pub(super) fn line(weights: &Weights, guess: &Guess<'_>, beside: &Beside<'_>) -> f32 {
    logistic(&weights.line, line_features(guess, beside))
}

/// The probability that a copied line is right, given a prediction that differs.
pub(super) fn copy(
    weights: &Weights,
    copy: &Copy,
    text: &str,
    standing: (bool, Setting),
    guess: &Guess<'_>,
) -> f32 {
    logistic(&weights.copy, copy_features(copy, text, standing, guess))
}

/// The probability that an import is right, given a prediction that differs.
pub(super) fn import(
    weights: &Weights,
    import: &ImportedName,
    text: &str,
    guess: &Guess<'_>,
) -> f32 {
    logistic(&weights.import, import_features(import, text, guess))
}

pub(super) fn step_features(word: &WordFeatures<'_>) -> [f32; STEP] {
    let WordFeatures { step, constraint, identifier, brackets: [before, behind], .. } = word;
    let [(token, first), (_, second), _] = step.candidates;
    let [file, workspace] = step.orders.map(|it| it as f32);
    // Counts of samples: fractions are dropped.
    let [file_support, workspace_support] = step.support.map(|it| it.floor().ln_1p());
    let ends = token == Token::LINE_END;
    let WordFeatures { witness, standing, .. } = word;
    let confirms = |what| witness.is_some_and(|it| it.confirms == what);
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
        flag(confirms(true)),
        witness.map_or(0.0, |it| (it.exact as f32).ln_1p()) * flag(confirms(true)),
        flag(confirms(false)),
        witness.map_or(0.0, |it| (it.exact as f32).ln_1p()) * flag(confirms(false)),
        flag(ends && standing.even),
        flag(ends && standing.uneven),
        flag(ends && standing.unopened),
        flag(ends && standing.hollow),
    ]
}

pub(super) fn line_features(guess: &Guess<'_>, beside: &Beside<'_>) -> [f32; LINE] {
    let Beside { copy, agrees, import, imported } = *beside;
    let imported = flag(imported);
    let length = |it: fn(&Copy) -> usize| copy.map_or(0.0, |copy| it(copy) as f32).ln_1p();
    let [file, workspace] = guess.first_orders.map(|it| it as f32 / 8.0);
    let [even, uneven, unopened, hollow, file_onward, workspace_onward, no_onward] =
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
        file_onward,
        workspace_onward,
        no_onward,
        flag(import.is_some()),
        imported,
        imported * import.map_or(0.0, |it| it.share),
        imported * import.map_or(0.0, |it| flag(it.used)),
    ]
}

pub(super) fn copy_features(
    copy: &Copy,
    text: &str,
    standing: (bool, Setting),
    guess: &Guess<'_>,
) -> [f32; COPY] {
    let (repeats, its) = standing;
    let [even, uneven, unopened, hollow, file_onward, workspace_onward, no_onward] = setting(&its);
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
        file_onward,
        workspace_onward,
        no_onward,
    ]
}

pub(super) fn import_features(
    import: &ImportedName,
    text: &str,
    guess: &Guess<'_>,
) -> [f32; IMPORT] {
    let ImportedName { share, used, ordered, .. } = *import;
    [
        1.0,
        (share.max(1e-3) / (1.0 - share).max(1e-3)).ln(),
        import.count.ln_1p(),
        import.near.ln_1p(),
        flag(used),
        flag(ordered == Some(true)),
        flag(ordered == Some(false)),
        (import.rivals as f32).ln_1p(),
        (import.typed as f32).ln_1p(),
        guess.typed.min(6) as f32 / 3.0,
        flag(guess.typed > 0),
        (text.len() as f32).ln_1p(),
        flag(guess.line_start),
        guess.log,
        guess.least,
        flag(guess.complete),
        share * flag(used),
    ]
}

fn setting(it: &Setting) -> [f32; 7] {
    let StandingWeight { even, uneven, unopened, hollow } = it.standing;
    let [even, uneven, unopened, hollow] = [even, uneven, unopened, hollow].map(flag);
    let [file, workspace] = it.onward.map(|it| (it as f32).ln_1p());
    let none = flag(it.onward.iter().all(|it| *it <= 1));
    [even, uneven, unopened, hollow, file, workspace, none]
}

fn logistic<const N: usize>(weights: &[f32; N], features: [f32; N]) -> f32 {
    let sum: f32 = weights.iter().zip(features).map(|(weight, it)| weight * it).sum();
    1.0 / (1.0 + (-sum).exp())
}

fn flag(it: bool) -> f32 {
    f32::from(u8::from(it))
}
