//! One query from start to end: guess the line, copy a line, judge both.

use std::cell::RefCell;
use std::time::Duration;
use std::time::Instant;

use crate::predict::Options;
use crate::predict::Query;
use crate::predict::Suggestion;
use crate::predict::brackets::Brackets;
use crate::predict::confidence;
use crate::predict::confidence::Guess;
use crate::predict::confidence::Word;
use crate::predict::copy;
use crate::predict::copy::Copy;
use crate::predict::cursor::Constraint;
use crate::predict::cursor::Cursor;
use crate::predict::evidence::Evidence;
use crate::predict::evidence::Sample;
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
/// Tokens of a document that is too short to tell its own names from strange ones.
const SHORT: usize = 200;
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
    cursor: &'a Cursor,
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
    /// The logarithm of the least confidence in one of its steps.
    least: f32,
    /// Names that the document does not hold.
    strangers: usize,
    brackets: Brackets,
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

/// What the judgements of a search to the line's end rest on.
pub(super) fn evidence(query: &Query<'_>, cursor: &Cursor, truth: &str) -> Evidence {
    let words = query.snapshot.vocabulary().read();
    let options = Options { threshold: 0.0, min_chars: 0, deadline: Duration::MAX };
    let truth = cursor.rest(truth, &words);
    SCRATCH.with_borrow_mut(|scratch| {
        let search = Search::new(query, cursor, &options, &words, scratch);
        let line = search.guess(scratch, None);
        let copy = search.copy(scratch);
        let steps = search.step_evidence(scratch, &line, &truth);
        let text = search.text(&line.tokens);
        let guess = search.describe(&line, &text);
        let agrees = copy.as_ref().is_some_and(|it| search.text(&it.tokens) == text);
        let features = confidence::line_features(&guess, copy.as_ref(), agrees).to_vec();
        let copied = copy.filter(|_| !agrees).map(|it| {
            let (text, repeats) = (search.text(&it.tokens), search.repeats(&it.tokens));
            let right = whole(&it.tokens, &truth);
            (confidence::copy_features(&it, &text, repeats, &guess).to_vec(), right)
        });
        Evidence { steps, line: Some((features, whole(&line.tokens, &truth))), copy: copied }
    })
}

/// Whether a line, with its end or without, is the true one.
fn whole(tokens: &[Token], truth: &[Token]) -> bool {
    let text = |it: &[Token]| it.strip_suffix(&[Token::LINE_END]).map(<[Token]>::to_vec);
    text(truth) == Some(text(tokens).unwrap_or_else(|| tokens.to_vec()))
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
        Self { mixture, cursor, constraint: cursor.constraint(), options, started, trust }
    }

    /// The likeliest line, as far as it is sure enough; behind `start` if that is given.
    fn guess(&self, scratch: &mut Scratch, start: Option<Token>) -> Line {
        let threshold = self.threshold().max(f32::MIN_POSITIVE).ln();
        let mut line = Line::new(self.cursor.head());
        scratch.context.truncate(self.mixture.known);
        if let Some(start) = start {
            line.take(start, self.mixture.words, scratch);
        }
        while line.open() && self.started.elapsed() < self.options.deadline {
            let constraint =
                if line.tokens.is_empty() { self.constraint } else { Constraint::Free };
            let Some(step) = self.mixture.step(scratch, &constraint) else { break };
            line.first.get_or_insert(step);
            let sure = confidence::step(&self.word(&line, &step, &constraint)).ln();
            line.tried = line.sure + sure;
            line.least = line.least.min(sure);
            if line.tried < threshold {
                break;
            }
            line.sure = line.tried;
            let token = step.candidates[0].0;
            line.strangers += usize::from(self.stranger(&step));
            line.take(token, self.mixture.words, scratch);
        }
        line
    }

    fn word<'b>(&self, line: &Line, step: &'b Step, constraint: &'b Constraint<'b>) -> Word<'b> {
        let token = step.candidates[0].0;
        let words = self.mixture.words;
        Word {
            step,
            constraint,
            identifier: words.is_identifier(token),
            stranger: self.stranger(step),
            count: self.mixture.base.count(token),
            brackets: [line.brackets, line.brackets.behind(words.text(token))],
            steps: line.tokens.len(),
        }
    }

    /// Whether the likeliest is a name that the document does not hold, which tells nothing of a short one.
    fn stranger(&self, step: &Step) -> bool {
        let read = self.mixture.known + self.mixture.after.len();
        let name = self.mixture.words.is_identifier(step.candidates[0].0);
        name && step.recency == 0.0 && read >= SHORT
    }

    /// Walks `line` again, as far as it is true.
    fn step_evidence(&self, scratch: &mut Scratch, line: &Line, truth: &[Token]) -> Vec<Sample> {
        let mut samples = Vec::new();
        let mut walked = Line::new(self.cursor.head());
        scratch.context.truncate(self.mixture.known);
        for (at, &token) in line.tokens.iter().enumerate() {
            let constraint = if at == 0 { self.constraint } else { Constraint::Free };
            let Some(step) = self.mixture.step(scratch, &constraint) else { break };
            let right = truth.get(at) == Some(&token);
            let features = confidence::step_features(&self.word(&walked, &step, &constraint));
            samples.push((features.to_vec(), right));
            if !right {
                break;
            }
            walked.take(token, self.mixture.words, scratch);
        }
        samples
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
        let guess = self.describe(line, &text);
        let confidence = match guess.complete {
            true => confidence::line(&guess, copy, agrees),
            false => line.sure.exp(),
        };
        let mut answers = vec![self.suggestion(&line.tokens, confidence)];
        if let (Some(copy), Some(text), false) = (copy, copied, agrees) {
            let sure = confidence::copy(copy, &text, self.repeats(&copy.tokens), &guess);
            let better = !guess.complete || sure > confidence;
            if sure >= self.threshold() {
                answers.insert(usize::from(!better), self.suggestion(&copy.tokens, sure));
            }
        }
        answers
    }

    fn describe<'b>(&self, line: &Line, text: &'b str) -> Guess<'b> {
        Guess {
            text,
            steps: line.tokens.len(),
            complete: line.tokens.last() == Some(&Token::LINE_END),
            log: line.tried,
            least: line.least,
            strangers: line.strangers,
            brackets: line.brackets,
            repeats: self.repeats(&line.tokens),
            first_orders: line.first.map_or([0, 0], |it| it.orders),
            line_start: self.constraint == Constraint::LineStart,
            typed: self.constraint.typed(),
        }
    }

    /// Whether the line below the cursor's would say the same as the cursor's with `rest`.
    fn repeats(&self, rest: &[Token]) -> bool {
        let below = self.mixture.after.split(|it| *it == Token::LINE_END);
        let Some(below) = below.into_iter().find(|it| !it.is_empty()) else { return false };
        let rest = rest.strip_suffix(&[Token::LINE_END]).unwrap_or(rest);
        let (typed, behind) = below.split_at(below.len().saturating_sub(rest.len()));
        !rest.is_empty() && behind == rest && self.cursor.head_is(typed, self.mixture.words)
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
    fn new(head: &str) -> Self {
        Self {
            tokens: Vec::new(),
            sure: 0.0,
            tried: NOTHING,
            least: 0.0,
            strangers: 0,
            brackets: Brackets::default().behind(head),
            first: None,
        }
    }

    fn open(&self) -> bool {
        self.tokens.len() < MAX_STEPS && self.tokens.last() != Some(&Token::LINE_END)
    }

    fn take(&mut self, token: Token, words: &Words, scratch: &mut Scratch) {
        self.brackets = self.brackets.behind(words.text(token));
        self.tokens.push(token);
        scratch.context.push(token);
    }
}
