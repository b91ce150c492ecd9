//! A line predicted word by word, with the alternatives at each step.

use crate::predict::brackets::Brackets;
use crate::predict::scratch::ScratchStep;
use crate::workspace::tokens::vocabulary::Token;

/// Maximum number of tokens in a predicted line.
const MAX_STEPS: usize = 40;
/// The logarithm that stands for a probability of 0.
const NOTHING: f32 = -20.0;

/// A line up to where its confidence fell below the threshold.
pub(super) struct PredictedLine {
    pub(super) tokens: Vec<Token>,
    pub(super) state: LineState,
    /// The logarithm of the confidence in `tokens` and the step that was rejected.
    pub(super) tried: f32,
    /// The step of each token.
    pub(super) choices: Vec<LineChoice>,
    /// Whether a token other than the most likely one was chosen.
    pub(super) detour: bool,
}

/// Accumulated values before a token.
#[derive(Clone, Copy)]
pub(super) struct LineState {
    /// The logarithm of the confidence in all tokens.
    pub(super) sure: f32,
    /// The logarithm of the least confidence in one token.
    pub(super) least: f32,
    /// The logarithm of the probability of all tokens.
    pub(super) likely: f32,
    /// Number of names that are not in the document.
    pub(super) strangers: usize,
    pub(super) brackets: Brackets,
    /// Whether the copied line is identical so far.
    pub(super) agrees: bool,
}

/// A step, the state before it, and the confidence in its most likely token.
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

    /// The line up to its token `at`, to continue with another word.
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

    /// Whether it ends with a line end.
    pub(super) fn is_complete(&self) -> bool {
        self.tokens.last() == Some(&Token::LINE_END)
    }

    pub(super) fn first(&self) -> Option<&ScratchStep> {
        self.choices.first().map(|it| &it.step)
    }

    /// The alternatives: the index of a token, and the logarithm of the confidence in the line with its
    /// second candidate there; most likely first.
    pub(super) fn forks(&self) -> Vec<(usize, f32)> {
        let fork = |(at, it): (usize, &LineChoice)| Some((at, it.state.sure + it.other(1)?.ln()));
        let mut forks: Vec<_> = self.choices.iter().enumerate().filter_map(fork).collect();
        forks.sort_by(|a, b| b.1.total_cmp(&a.1));
        forks
    }
}

impl LineChoice {
    /// The confidence in candidate `nth` (not 0): its share of the doubt about the most likely one.
    pub(super) fn other(&self, nth: usize) -> Option<f32> {
        let [(_, first), ..] = self.step.candidates;
        let (token, likely) = self.step.candidates[nth];
        let share = likely / (1.0 - first).max(likely).max(f32::MIN_POSITIVE);
        (token != Token::UNKNOWN).then_some(share * (1.0 - self.confidence).max(1e-3))
    }
}
