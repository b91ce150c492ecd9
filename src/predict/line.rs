//! A line guessed word by word, with what was thought of on the way.

use crate::predict::brackets::Brackets;
use crate::predict::scratch::ScratchStep;
use crate::workspace::tokens::vocabulary::Token;

/// Tokens of a line that are guessed.
const MAX_STEPS: usize = 40;
/// The logarithm of what nothing is worth.
const NOTHING: f32 = -20.0;

/// A line as far as it was sure.
pub(super) struct PredictedLine {
    pub(super) tokens: Vec<Token>,
    pub(super) state: LineState,
    /// The logarithm of the confidence in `tokens` with the step that was too unsure.
    pub(super) tried: f32,
    /// Where each token was chosen.
    pub(super) choices: Vec<LineChoice>,
    /// Whether it took another way than the likeliest.
    pub(super) detour: bool,
}

/// What has added up before a token.
#[derive(Clone, Copy)]
pub(super) struct LineState {
    /// The logarithm of the confidence in all tokens.
    pub(super) sure: f32,
    /// The logarithm of the least confidence in one of them.
    pub(super) least: f32,
    /// The logarithm of the probability of all of them.
    pub(super) likely: f32,
    /// Names that the document does not hold.
    pub(super) strangers: usize,
    pub(super) brackets: Brackets,
    /// Whether the copied line says the same so far.
    pub(super) agrees: bool,
}

/// A step, where it was taken, and the confidence in its likeliest token.
#[derive(Clone, Copy)]
pub(super) struct LineChoice {
    pub(super) state: LineState,
    pub(super) step: ScratchStep,
    pub(super) confidence: f32,
}

impl PredictedLine {
    pub(super) fn new(head: &str) -> Self {
        let brackets = Brackets::default().behind(head);
        let state =
            LineState { sure: 0.0, least: 0.0, likely: 0.0, strangers: 0, brackets, agrees: true };
        let (tokens, choices) = (Vec::new(), Vec::new());
        Self { tokens, state, tried: NOTHING, choices, detour: false }
    }

    /// The line up to its token `at`, to be gone on with by another word.
    pub(super) fn up_to(&self, at: usize) -> Self {
        Self {
            tokens: self.tokens[..at].to_vec(),
            state: self.choices[at].state,
            tried: self.tried,
            choices: self.choices[..=at].to_vec(),
            detour: true,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.tokens.len() < MAX_STEPS && !self.is_complete()
    }

    /// Whether it reached its end.
    pub(super) fn is_complete(&self) -> bool {
        self.tokens.last() == Some(&Token::LINE_END)
    }

    /// The step of its first word, if there was one.
    pub(super) fn first(&self) -> Option<&ScratchStep> {
        self.choices.first().map(|it| &it.step)
    }

    /// Where else it could have gone: the token's place, and the logarithm of the confidence in the line
    /// with the other word there; the likeliest first.
    pub(super) fn forks(&self) -> Vec<(usize, f32)> {
        let fork = |(at, it): (usize, &LineChoice)| Some((at, it.state.sure + it.other(1)?.ln()));
        let mut forks: Vec<_> = self.choices.iter().enumerate().filter_map(fork).collect();
        forks.sort_by(|a, b| b.1.total_cmp(&a.1));
        forks
    }
}

impl LineChoice {
    /// How sure its candidate `nth` (not 0) is: its share of the doubt about the likeliest.
    pub(super) fn other(&self, nth: usize) -> Option<f32> {
        let [(_, first), ..] = self.step.candidates;
        let (token, likely) = self.step.candidates[nth];
        let share = likely / (1.0 - first).max(likely).max(f32::MIN_POSITIVE);
        (token != Token::UNKNOWN).then_some(share * (1.0 - self.confidence).max(1e-3))
    }
}
