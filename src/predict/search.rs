//! One query from start to end: predicts lines, copies a line, rates them.

use std::time::{Duration, Instant};

use crate::predict::confidence::{Beside, Guess, Setting, Witness, WordFeatures};
use crate::predict::copy::Copy;
use crate::predict::cursor::{Constraint, Cursor};
use crate::predict::gains::Gains;
use crate::predict::imports::ImportedName;
use crate::predict::line::{LineChoice, PredictedLine};
use crate::predict::mixture::Mixture;
use crate::predict::scratch::{Scratch, ScratchStep};
use crate::predict::surroundings::{StandingWeight, Surroundings};
use crate::predict::weights::{Evidence, Sample};
use crate::predict::{PredictOptions, PredictQuery, Prediction, confidence, copy, imports};
use crate::workspace::tokens::base::MAX_ORDER;
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Tokens that halve the confidence: with this many tokens read, confidences are halved. They were fitted on
/// whole repositories and are too high in the first file of a new one.
const DOUBT: f32 = 50.0;
/// Tokens; in a shorter document, a name that is not in it means nothing.
const SHORT: usize = 200;
/// A start of a line that is less likely is not an alternative.
const LEAST_START: f32 = 0.05;
/// Maximum number of alternative lines, and the least confidence in one up to its fork.
const DETOURS: usize = 2;
const LEAST_DETOUR: f32 = 0.02;

/// The state of one query.
struct Search<'a> {
    mixture: Mixture<'a>,
    cursor: &'a Cursor,
    constraint: Constraint<'a>,
    surroundings: Surroundings,
    copy: Option<Copy>,
    import: Option<ImportedName>,
    options: &'a PredictOptions,
    started: Instant,
    /// Factor for the fitted confidences, up to 1.
    trust: f32,
}

/// Suggestions for the position, best first.
pub(super) fn answers(
    query: &PredictQuery<'_>,
    cursor: &Cursor,
    options: &PredictOptions,
    count: usize,
) -> Vec<Prediction> {
    let words = query.snapshot.vocabulary().read();
    Scratch::lent(|scratch| {
        let search = Search::new(query, cursor, options, &words, scratch);
        let line = search.guess(scratch);
        let detours = search.detours(scratch, &line);
        let mut answers = search.judge(scratch, &line, &detours);
        if answers.iter().all(|it| it.text.is_empty()) {
            return Vec::new();
        }
        let starts = line.first().map_or([(Token::UNKNOWN, 0.0); 3], |it| it.candidates);
        for (nth, (_, likely)) in starts.into_iter().enumerate().take(count).skip(1) {
            if likely > LEAST_START {
                let line = search.detour(scratch, &line, 0, nth);
                answers.push(search.suggestion(&line.tokens, line.state.sure.exp()));
            }
        }
        answers
    })
}

/// The features of every rating in a search to the line end, for fitting.
pub(super) fn evidence(
    query: &PredictQuery<'_>,
    cursor: &Cursor,
    truth: &str,
    options: &PredictOptions,
) -> Evidence {
    let words = query.snapshot.vocabulary().read();
    let options =
        PredictOptions { threshold: 0.0, min_chars: 0, deadline: Duration::MAX, ..*options };
    let truth = cursor.rest(truth, &words);
    Scratch::lent(|scratch| {
        let search = Search::new(query, cursor, &options, &words, scratch);
        let line = search.guess(scratch);
        let detours = search.detours(scratch, &line);
        let judged = |it: &PredictedLine| {
            let text = search.text(&it.tokens);
            let guess = search.describe(scratch, it, &text);
            let features = confidence::line_features(&guess, &search.beside(&text));
            (features.to_vec(), whole(&it.tokens, &truth))
        };
        let lines = [&line].into_iter().chain(&detours).map(judged).collect();
        let text = search.text(&line.tokens);
        let guess = search.describe(scratch, &line, &text);
        let copy = search.copy.as_ref().filter(|it| search.text(&it.tokens) != text).map(|it| {
            let standing = search.standing_of_copy(scratch, it);
            let text = search.text(&it.tokens);
            let features = confidence::copy_features(it, &text, standing, &guess);
            (features.to_vec(), whole(&it.tokens, &truth))
        });
        let import =
            search.import.as_ref().filter(|it| search.text(&it.tokens) != text).map(|it| {
                let features = confidence::import_features(it, &search.text(&it.tokens), &guess);
                (features.to_vec(), whole(&it.tokens, &truth))
            });
        Evidence { steps: search.step_evidence(&line, &truth), lines, copy, import }
    })
}

/// Whether a line, with or without its line end, is the true one.
fn whole(tokens: &[Token], truth: &[Token]) -> bool {
    let text = |it: &[Token]| it.strip_suffix(&[Token::LINE_END]).map(<[Token]>::to_vec);
    text(truth) == Some(text(tokens).unwrap_or_else(|| tokens.to_vec()))
}

impl<'a> Search<'a> {
    fn new(
        query: &PredictQuery<'a>,
        cursor: &'a Cursor,
        options: &'a PredictOptions,
        words: &'a WordTable,
        scratch: &mut Scratch,
    ) -> Self {
        let started = Instant::now();
        let after = cursor.after(query);
        cursor.before(query, words, &mut scratch.context);
        let known = scratch.context.len();
        scratch.start(after, |it| copy::shape(words, query.snapshot.base(), it));
        let mixture = Mixture {
            words,
            base: query.snapshot.base(),
            hidden: query.snapshot.hidden(query.path),
            changed: query.snapshot.changed(query.path).collect(),
            after,
            known,
        };
        let read = (known + after.len() + query.snapshot.tokens()) as f32;
        let trust = read / (read + DOUBT);
        let constraint = cursor.constraint();
        let surroundings = Surroundings::of(query.rope, cursor.row(), cursor.head());
        let [above, below] = scratch.rows(known, after);
        let copy = match options.without.contains(Gains::COPY) {
            true => None,
            false => copy::line(words, above, below, &constraint),
        };
        let late = started.elapsed() >= options.deadline;
        let import = match late || options.without.contains(Gains::IMPORTS) {
            true => None,
            false => imports::best(&mixture, scratch, &constraint, query.path),
        };
        Self { mixture, cursor, constraint, surroundings, copy, import, options, started, trust }
    }

    /// The most likely line, up to where its confidence falls below the threshold.
    fn guess(&self, scratch: &mut Scratch) -> PredictedLine {
        let mut line = PredictedLine::new(self.cursor.head());
        self.walk(scratch, &mut line);
        line
    }

    /// Whole lines that fork from the prediction where it was least confident.
    fn detours(&self, scratch: &mut Scratch, line: &PredictedLine) -> Vec<PredictedLine> {
        if self.options.without.contains(Gains::DETOURS) {
            return Vec::new();
        }
        let least = self.threshold().max(LEAST_DETOUR).ln();
        let forks = line.forks().into_iter().take_while(|it| it.1 >= least).take(DETOURS);
        let lines = forks.map(|(at, _)| self.detour(scratch, line, at, 1));
        lines.filter(PredictedLine::is_complete).collect()
    }

    /// The line that takes candidate `nth` at token `at`.
    fn detour(
        &self,
        scratch: &mut Scratch,
        line: &PredictedLine,
        at: usize,
        nth: usize,
    ) -> PredictedLine {
        let mut line = line.up_to(at);
        self.take(&mut line, nth);
        self.walk(scratch, &mut line);
        line
    }

    /// Extends a line by the most likely words while its confidence reaches the threshold.
    fn walk(&self, scratch: &mut Scratch, line: &mut PredictedLine) {
        let threshold = self.threshold().max(f32::MIN_POSITIVE).ln();
        scratch.context.truncate(self.mixture.known);
        scratch.context.extend_from_slice(&line.tokens);
        line.tried = line.state.sure;
        while line.is_open() && self.started.elapsed() < self.options.deadline {
            let constraint =
                if line.tokens.is_empty() { self.constraint } else { Constraint::Free };
            let Some(step) = self.mixture.step(scratch, &constraint) else { break };
            let confidence =
                confidence::step(self.options.weights, &self.word(line, &step, &constraint));
            line.choices.push(LineChoice { state: line.state, step, confidence });
            line.tried = line.state.sure + confidence.ln();
            if line.tried < threshold {
                break;
            }
            self.take(line, 0);
            scratch.context.push(step.candidates[0].0);
        }
    }

    /// Appends a candidate of the last step to a line.
    fn take(&self, line: &mut PredictedLine, nth: usize) {
        let Some(choice) = line.choices.last() else { return };
        let (token, likely) = choice.step.candidates[nth];
        let Some(sure) = (if nth == 0 { Some(choice.confidence) } else { choice.other(nth) })
        else {
            return;
        };
        let state = &mut line.state;
        state.sure += sure.ln();
        state.least = state.least.min(sure.ln());
        state.likely += likely.max(1e-6).ln();
        state.strangers += usize::from(nth == 0 && self.stranger(&choice.step));
        state.brackets = state.brackets.behind(self.mixture.words.text(token));
        state.agrees &= self.confirms(line.tokens.len(), token);
        line.tokens.push(token);
    }

    /// Whether the copied line has the same token.
    fn confirms(&self, at: usize, token: Token) -> bool {
        self.copy.as_ref().is_some_and(|it| it.tokens.get(at) == Some(&token))
    }

    fn word<'b>(
        &self,
        line: &PredictedLine,
        step: &'b ScratchStep,
        constraint: &'b Constraint<'b>,
    ) -> WordFeatures<'b> {
        let (token, words) = (step.candidates[0].0, self.mixture.words);
        let without = self.options.without;
        let witness = self.copy.as_ref().filter(|_| line.state.agrees);
        let witness = witness.filter(|_| !without.contains(Gains::WITNESS)).map(|it| Witness {
            confirms: self.confirms(line.tokens.len(), token),
            exact: it.exact,
        });
        let standing = match token {
            Token::LINE_END => self.standing(&line.tokens),
            _ => StandingWeight::default(),
        };
        WordFeatures {
            step,
            constraint,
            identifier: words.is_identifier(token),
            stranger: self.stranger(step),
            count: self.mixture.base.count(token),
            brackets: [line.state.brackets, line.state.brackets.behind(words.text(token))],
            steps: line.tokens.len(),
            witness,
            standing,
        }
    }

    /// Whether the most likely token is a name that is not in the document. Always false in a short document.
    fn stranger(&self, step: &ScratchStep) -> bool {
        let read = self.mixture.known + self.mixture.after.len();
        let name = self.mixture.words.is_identifier(step.candidates[0].0);
        let enabled = !self.options.without.contains(Gains::NAMES);
        enabled && name && step.recency == 0.0 && read >= SHORT
    }

    /// The bracket balance of the line if `rest` completes it.
    fn standing(&self, rest: &[Token]) -> StandingWeight {
        if self.options.without.contains(Gains::BRACKETS) {
            return StandingWeight::default();
        }
        self.surroundings.standing(&[self.cursor.head(), &self.text(rest)].concat())
    }

    fn setting(&self, scratch: &Scratch, rest: &[Token]) -> Setting {
        Setting { standing: self.standing(rest), onward: self.onward(scratch, rest) }
    }

    /// How many tokens before the next line also precede it elsewhere.
    fn onward(&self, scratch: &Scratch, rest: &[Token]) -> [usize; 2] {
        let Some(&below) = self.mixture.after.first() else { return [0, 0] };
        if self.options.without.contains(Gains::ONWARD) {
            return [0, 0];
        }
        let known = &scratch.context[..self.mixture.known];
        let rest = rest.strip_suffix(&[Token::LINE_END]).unwrap_or(rest);
        let tail = &known[known.len().saturating_sub(MAX_ORDER)..];
        let context = [tail, rest, &[Token::LINE_END, below]].concat();
        self.mixture.longest(known, &context)
    }

    fn step_evidence(&self, line: &PredictedLine, truth: &[Token]) -> Vec<Sample> {
        let mut samples = Vec::new();
        let mut walked = PredictedLine::new(self.cursor.head());
        for (at, (&token, choice)) in line.tokens.iter().zip(&line.choices).enumerate() {
            let constraint = if at == 0 { self.constraint } else { Constraint::Free };
            let right = truth.get(at) == Some(&token);
            let features =
                confidence::step_features(&self.word(&walked, &choice.step, &constraint));
            samples.push((features.to_vec(), right));
            if !right {
                break;
            }
            walked.choices.push(*choice);
            self.take(&mut walked, 0);
        }
        samples
    }

    fn copied(&self) -> Option<String> {
        self.copy.as_ref().map(|it| self.text(&it.tokens))
    }

    fn standing_of_copy(&self, scratch: &Scratch, copy: &Copy) -> (bool, Setting) {
        (self.repeats(&copy.tokens), self.setting(scratch, &copy.tokens))
    }

    /// The other candidates for the line that `text` completes.
    fn beside(&self, text: &str) -> Beside<'_> {
        let (copy, import) = (self.copy.as_ref(), self.import.as_ref());
        let is_same = |it: &[Token]| self.text(it) == text;
        let agrees = copy.is_some_and(|it| is_same(&it.tokens));
        let imported = import.is_some_and(|it| is_same(&it.tokens));
        Beside { copy, agrees, import, imported }
    }

    /// The lines and the copy that reach the threshold, best first.
    fn judge(
        &self,
        scratch: &Scratch,
        line: &PredictedLine,
        detours: &[PredictedLine],
    ) -> Vec<Prediction> {
        let copied = self.copied();
        let mut whole = Vec::new();
        for it in [line].into_iter().chain(detours).filter(|it| it.is_complete()) {
            let text = self.text(&it.tokens);
            let guess = self.describe(scratch, it, &text);
            let sure = confidence::line(self.options.weights, &guess, &self.beside(&text));
            whole.push(self.suggestion(&it.tokens, sure));
        }
        let text = self.text(&line.tokens);
        if let (Some(copy), Some(copied)) = (&self.copy, copied)
            && whole.iter().all(|it| it.text != copied)
        {
            let guess = self.describe(scratch, line, &text);
            let standing = self.standing_of_copy(scratch, copy);
            let sure = confidence::copy(self.options.weights, copy, &copied, standing, &guess);
            if sure >= self.threshold() {
                whole.push(self.suggestion(&copy.tokens, sure));
            }
        }
        if let Some(import) = &self.import {
            let imported = self.text(&import.tokens);
            let guess = self.describe(scratch, line, &text);
            let sure = confidence::import(self.options.weights, import, &imported, &guess);
            if sure >= self.threshold() && whole.iter().all(|it| it.text != imported) {
                whole.push(self.suggestion(&import.tokens, sure));
            }
        }
        whole.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        if !line.is_complete() {
            whole.push(self.suggestion(&line.tokens, line.state.sure.exp()));
        }
        whole
    }

    fn describe<'b>(&self, scratch: &Scratch, line: &PredictedLine, text: &'b str) -> Guess<'b> {
        Guess {
            text,
            steps: line.tokens.len(),
            complete: line.is_complete(),
            log: line.tried,
            least: line.state.least.min(line.tried - line.state.sure),
            strangers: line.state.strangers,
            brackets: line.state.brackets,
            repeats: self.repeats(&line.tokens),
            likely: line.state.likely,
            detour: line.detour,
            setting: self.setting(scratch, &line.tokens),
            first_orders: line.first().map_or([0, 0], |it| it.orders),
            line_start: self.constraint == Constraint::LineStart,
            typed: self.constraint.typed(),
        }
    }

    /// Whether the line below is identical to the cursor's line with `rest`.
    fn repeats(&self, rest: &[Token]) -> bool {
        let below = self.mixture.after.split(|it| *it == Token::LINE_END);
        let Some(below) = below.into_iter().find(|it| !it.is_empty()) else { return false };
        let rest = rest.strip_suffix(&[Token::LINE_END]).unwrap_or(rest);
        let (typed, behind) = below.split_at(below.len().saturating_sub(rest.len()));
        !rest.is_empty() && behind == rest && self.cursor.head_is(typed, self.mixture.words)
    }

    fn suggestion(&self, tokens: &[Token], confidence: f32) -> Prediction {
        Prediction {
            text: self.text(tokens),
            confidence: confidence * self.trust,
            line_complete: tokens.last() == Some(&Token::LINE_END),
        }
    }

    fn text(&self, tokens: &[Token]) -> String {
        self.constraint.text(self.mixture.words, tokens)
    }

    /// The threshold for confidences before they are multiplied by `trust`.
    fn threshold(&self) -> f32 {
        self.options.threshold / self.trust
    }
}
