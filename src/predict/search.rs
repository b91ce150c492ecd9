//! One query from start to end: guess the line, copy a line, judge both.

use std::cell::RefCell;
use std::time::Instant;

use crate::predict::Options;
use crate::predict::Query;
use crate::predict::Suggestion;
use crate::predict::confidence;
use crate::predict::confidence::Guess;
use crate::predict::copy;
use crate::predict::copy::Copy;
use crate::predict::cursor::Constraint;
use crate::predict::cursor::Cursor;
use crate::predict::mixture::Mixture;
use crate::predict::scratch::Scratch;
use crate::predict::scratch::Step;
use crate::workspace::tokens::vocabulary::Token;
use crate::workspace::tokens::vocabulary::Words;

/// Tokens of a line that are guessed.
const MAX_STEPS: usize = 40;
/// Tokens of doubt: who has read as few may be believed half, since confidences were fitted on whole
/// repositories and promise too much at the start of the first file of one.
const DOUBT: f32 = 50.0;
/// A start of a line less likely than this is no alternative.
const LEAST_START: f32 = 0.05;
/// The logarithm of what nothing is worth.
const NOTHING: f32 = -20.0;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

/// Everything that holds for one query.
struct Search<'a> {
    mixture: Mixture<'a>,
    constraint: Constraint<'a>,
    options: &'a Options,
    started: Instant,
    /// How far the fitted confidences are to be believed, up to 1.
    trust: f32,
}

/// A line guessed word by word.
struct Line {
    tokens: Vec<Token>,
    /// The logarithm of the confidence in `tokens`, and in them with the step that was too unsure.
    sure: f32,
    tried: f32,
    first: Option<Step>,
}

/// Texts for the place, best first.
pub(super) fn answers(
    query: &Query<'_>,
    cursor: &Cursor,
    options: &Options,
    count: usize,
) -> Vec<Suggestion> {
    let words = query.snapshot.vocabulary().read();
    SCRATCH.with_borrow_mut(|scratch| {
        let search = Search::new(query, cursor, options, &words, scratch);
        let line = search.guess(scratch, None);
        let copy = search.copy(scratch);
        let mut answers = search.judge(&line, copy.as_ref());
        if answers.iter().all(|it| it.text.is_empty()) {
            return Vec::new();
        }
        let starts = line.first.map_or([(Token::UNKNOWN, 0.0); 3], |it| it.candidates);
        let others = starts.into_iter().skip(1).take(count.saturating_sub(1));
        for (start, likely) in others.filter(|it| it.1 > LEAST_START) {
            let line = search.guess(scratch, Some(start));
            answers.push(search.suggestion(&line.tokens, likely * line.sure.exp()));
        }
        answers
    })
}

impl<'a> Search<'a> {
    fn new(
        query: &Query<'a>,
        cursor: &'a Cursor,
        options: &'a Options,
        words: &'a Words,
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
        Self { mixture, constraint: cursor.constraint(), options, started, trust }
    }

    /// The likeliest line, as far as it is sure enough; behind `start` if that is given.
    fn guess(&self, scratch: &mut Scratch, start: Option<Token>) -> Line {
        let threshold = self.threshold().max(f32::MIN_POSITIVE).ln();
        let mut line = Line { tokens: Vec::new(), sure: 0.0, tried: NOTHING, first: None };
        scratch.context.truncate(self.mixture.known);
        if let Some(start) = start {
            line.take(start, scratch);
        }
        while line.open() && self.started.elapsed() < self.options.deadline {
            let constraint =
                if line.tokens.is_empty() { self.constraint } else { Constraint::Free };
            let Some(step) = self.mixture.step(scratch, &constraint) else { break };
            line.first.get_or_insert(step);
            let token = step.candidates[0].0;
            let identifier = self.mixture.words.is_identifier(token);
            line.tried = line.sure + confidence::step(&step, &constraint, identifier).ln();
            if line.tried < threshold {
                break;
            }
            line.sure = line.tried;
            line.take(token, scratch);
        }
        line
    }

    fn copy(&self, scratch: &Scratch) -> Option<Copy> {
        let [before, after] = scratch.rows(self.mixture.known, self.mixture.after);
        copy::line(self.mixture.words, before, after, &self.constraint)
    }

    /// The guess and the copy as far as they are sure enough, the better first.
    fn judge(&self, line: &Line, copy: Option<&Copy>) -> Vec<Suggestion> {
        let text = self.text(&line.tokens);
        let copied = copy.map(|it| self.text(&it.tokens));
        let agrees = !line.tokens.is_empty() && copied.as_ref() == Some(&text);
        let guess = Guess {
            text: &text,
            steps: line.tokens.len(),
            complete: line.tokens.last() == Some(&Token::LINE_END),
            log: line.tried,
            first_orders: line.first.map_or([0, 0], |it| it.orders),
            line_start: self.constraint == Constraint::LineStart,
        };
        let confidence = match guess.complete {
            true => confidence::line(&guess, copy, agrees),
            false => line.sure.exp(),
        };
        let mut answers = vec![self.suggestion(&line.tokens, confidence)];
        if let (Some(copy), Some(text), false) = (copy, copied, agrees) {
            let sure = confidence::copy(copy, &text, &guess);
            let better = !guess.complete || sure > confidence;
            if sure >= self.threshold() {
                answers.insert(usize::from(!better), self.suggestion(&copy.tokens, sure));
            }
        }
        answers
    }

    fn suggestion(&self, tokens: &[Token], confidence: f32) -> Suggestion {
        Suggestion {
            text: self.text(tokens),
            confidence: confidence * self.trust,
            line_complete: tokens.last() == Some(&Token::LINE_END),
        }
    }

    fn text(&self, tokens: &[Token]) -> String {
        self.constraint.text(self.mixture.words, tokens)
    }

    /// What fitted confidences must reach.
    fn threshold(&self) -> f32 {
        self.options.threshold / self.trust
    }
}

impl Line {
    fn open(&self) -> bool {
        self.tokens.len() < MAX_STEPS && self.tokens.last() != Some(&Token::LINE_END)
    }

    fn take(&mut self, token: Token, scratch: &mut Scratch) {
        self.tokens.push(token);
        scratch.context.push(token);
    }
}
