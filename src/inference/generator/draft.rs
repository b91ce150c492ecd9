//! Guesses the next tokens, to be verified by the model in one batch: from the guess that came with the request, else
//! from earlier tokens, since code repeats itself. Only what the model would have chosen itself is kept; where two tokens
//! are almost equally probable, the rounding of a batch may choose the other one.
//!
//! A processor needs several times as long for a batch as for one token, so a wrong guess costs time. A draft is as long
//! as is expected to be fastest, by how often drafts like it were right and how long their batches took.

use std::time::Duration;

/// Tokens that must agree before earlier text is copied.
const AGREEING: usize = 3;
/// Most tokens of a draft.
const MOST: usize = 23;
/// A draft must be expected to write this many times as fast as no draft.
const WORTHWHILE: f64 = 1.15;
/// From so many agreeing tokens on, the next class of drafts begins.
const CLASSES: [usize; 3] = [6, 12, 24];
/// Shares of right tokens that are assumed for the classes of given and of copied drafts. Given ones: a little below
/// those of right guesses in `benches/draft` (.96 to .99), since guesses can be wrong. Copied ones: how often the same
/// word follows equal words in 120 files of httpx, rich, hyper, clap and undici.
const ASSUMED: [[f64; CLASSES.len() + 1]; 2] = [[0.90, 0.96, 0.98, 0.99], [0.60, 0.75, 0.85, 0.94]];
/// How many tokens the assumption counts as.
const ASSUMED_TOKENS: f64 = 20.0;
/// More tokens than this fade, so that a share follows the code that is written now.
const REMEMBERED: f64 = 400.0;
/// Time that a batch takes beyond that of one token, in times of one token: at once, and for each of its tokens.
/// Measured on two cores of a Zen 3; another machine's is learned as a multiple.
const EXCESS: (f64, f64) = (0.5, 0.31);
/// Part of a new measurement of time.
const NEW: f64 = 0.1;
/// Part by which what was learned of batches fades with each single token: a machine that was busy for a moment gets
/// drafts again.
const FADE: f64 = 0.01;

/// Where a draft comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DraftSource {
    Given,
    Copied,
}

/// What probably comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenDraft {
    /// The tokens to verify, and one more.
    expected: Vec<i32>,
    source: DraftSource,
    /// Index of its class.
    class: usize,
    /// Tokens to verify.
    length: usize,
}

/// What the drafts of one answer are taken from.
#[derive(Debug)]
pub(super) struct Drafting {
    /// A guess of the whole answer.
    given: Vec<i32>,
    /// Where the answer starts.
    start: usize,
}

/// How drafts did so far.
#[derive(Debug)]
pub(super) struct DraftRecord {
    /// Right and verified tokens of each source and class.
    verified: [[(f64, f64); CLASSES.len() + 1]; 2],
    /// Seconds for a single token, if known.
    single: Option<f64>,
    /// Multiple of the assumed excess time of a batch.
    excess: f64,
}

impl Drafting {
    /// For an answer that starts behind so many tokens.
    pub(super) fn new(given: Vec<i32>, start: usize) -> Self {
        Self { given, start }
    }

    /// The rest of the given guess while the answer agrees with it, else what followed the last tokens where most of the
    /// text before agrees; at most `most` tokens, and only if that is expected to save time.
    pub(super) fn propose(
        &self,
        tokens: &[i32],
        most: usize,
        record: &DraftRecord,
    ) -> Option<TokenDraft> {
        let written = &tokens[self.start..];
        let given = self.given.strip_prefix(written).filter(|it| !it.is_empty());
        let (rest, source, agreeing) = match given {
            Some(rest) => (rest, DraftSource::Given, written.len()),
            None => {
                let (at, agreeing) = repeated(tokens)?;
                (&tokens[at..], DraftSource::Copied, agreeing)
            }
        };
        let class = CLASSES.iter().filter(|it| agreeing >= **it).count();
        let length = record.length(source, class, rest.len().min(most));
        let expected = rest[..rest.len().min(length + 1)].to_vec();
        Some(TokenDraft { expected, source, class, length })
    }
}

impl TokenDraft {
    /// The tokens to verify; none if they are not expected to save time.
    pub(super) fn tokens(&self) -> &[i32] {
        &self.expected[..self.length]
    }
}

/// Where the continuation of the last tokens begins at an earlier place, the one with the most agreeing tokens before it,
/// and their number.
fn repeated(tokens: &[i32]) -> Option<(usize, usize)> {
    let last = tokens.len().checked_sub(AGREEING)?;
    let agreeing = |end: usize| {
        let pairs = tokens[..end].iter().rev().zip(tokens.iter().rev());
        pairs.take(CLASSES[CLASSES.len() - 1]).take_while(|(a, b)| a == b).count()
    };
    let ends =
        (AGREEING..tokens.len()).filter(|end| tokens[end - AGREEING..*end] == tokens[last..]);
    ends.map(|it| (it, agreeing(it))).max_by_key(|(end, agreeing)| (*agreeing, *end))
}

impl DraftRecord {
    pub(super) fn new() -> Self {
        let assumed = |share: f64| (share * ASSUMED_TOKENS, ASSUMED_TOKENS);
        Self { verified: ASSUMED.map(|it| it.map(assumed)), single: None, excess: 1.0 }
    }

    /// The length that is expected to be fastest; 0 if no draft is.
    fn length(&self, source: DraftSource, class: usize, most: usize) -> usize {
        let (right, all) = self.verified[source as usize][class];
        let share = right / all;
        let speed = |length: usize| {
            let written: f64 = (0..=length).map(|it| share.powi(it as i32)).sum();
            written / (1.0 + self.excess * excess(length + 1))
        };
        let best = (1..=most.min(MOST)).max_by(|a, b| speed(*a).total_cmp(&speed(*b)));
        best.filter(|it| speed(*it) >= WORTHWHILE).unwrap_or(0)
    }

    /// What followed in place of a draft, at most one token more than it has.
    pub(super) fn on_written(&mut self, draft: &TokenDraft, tokens: &[i32]) {
        let right = draft.expected.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        let verified = (right + 1).min(draft.expected.len()).min(tokens.len());
        let (sum, all) = &mut self.verified[draft.source as usize][draft.class];
        *sum += right as f64;
        *all += verified as f64;
        if *all > REMEMBERED {
            (*sum, *all) = (*sum / 2.0, *all / 2.0);
        }
    }

    /// A batch of so many tokens took this time.
    pub(super) fn on_batch(&mut self, tokens: usize, time: Duration) {
        let seconds = time.as_secs_f64();
        match self.single {
            _ if tokens == 1 => {
                let single = self.single.unwrap_or(seconds);
                self.single = Some(single + NEW * (seconds - single));
                self.excess += FADE * (1.0 - self.excess);
            }
            Some(single) => {
                let multiple = ((seconds / single - 1.0) / excess(tokens)).max(0.0);
                self.excess += NEW * (multiple - self.excess);
            }
            None => {}
        }
    }
}

/// Assumed time of a batch beyond that of one token.
fn excess(tokens: usize) -> f64 {
    EXCESS.0 + EXCESS.1 * tokens as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn propose(given: &[i32], start: usize, tokens: &[i32]) -> Option<Vec<i32>> {
        let mut record = DraftRecord::new();
        // A machine on which drafts cost nothing.
        record.excess = 0.0;
        let draft = Drafting::new(given.to_vec(), start).propose(tokens, 9, &record);
        draft.map(|it| it.tokens().to_vec())
    }

    /// The length of a copied draft of the first class.
    fn length(record: &DraftRecord) -> usize {
        let tokens: Vec<i32> = (0..40).chain([5, 6, 7]).collect();
        let draft = Drafting::new(Vec::new(), tokens.len()).propose(&tokens, 99, record);
        draft.unwrap().length
    }

    #[test]
    fn what_followed_the_same_tokens_is_copied_from_the_place_that_agrees_most() {
        let copied = |tokens: &[i32]| propose(&[], tokens.len(), tokens);
        assert_eq!(copied(&[1, 2, 3, 4, 5, 9, 1, 2, 3, 6, 7, 1, 2, 3]), Some(vec![6, 7, 1, 2, 3]));
        assert_eq!(copied(&[8, 1, 2, 3, 4, 5, 9, 1, 2, 3, 6, 8, 1, 2, 3]).unwrap()[..2], [4, 5]);
        assert_eq!(copied(&[1, 1, 1, 1]), Some(vec![1]));
        assert_eq!(copied(&[1, 2, 3, 4]), None);
        assert_eq!(copied(&[1, 2]), None);
    }

    #[test]
    fn a_given_guess_comes_first_while_the_answer_agrees_with_it() {
        assert_eq!(propose(&[7, 8, 9], 3, &[1, 2, 3, 7]), Some(vec![8, 9]));
        assert_eq!(propose(&[7, 8, 9], 3, &[1, 2, 3, 6]), None);
        assert_eq!(propose(&[1, 2, 3, 5], 4, &[1, 2, 3, 4, 1, 2, 3]), Some(vec![5]));
        let copied = propose(&[1, 2, 3, 5], 8, &[0, 2, 3, 4, 1, 2, 3, 5, 2, 3, 4]).unwrap();
        assert_eq!(copied[..4], [1, 2, 3, 5]);
    }

    #[test]
    fn drafts_are_long_where_they_were_right_and_stop_where_they_were_wrong() {
        let mut record = DraftRecord::new();
        let draft =
            TokenDraft { expected: vec![1; 9], source: DraftSource::Copied, class: 0, length: 8 };
        for _ in 0..20 {
            record.on_written(&draft, &[1; 9]);
        }
        assert!(length(&record) > 12, "{}", length(&record));
        for _ in 0..80 {
            record.on_written(&draft, &[2]);
        }
        assert_eq!(length(&record), 0);
        // What would have been right is learned without verifying it.
        let draft = TokenDraft { expected: vec![1], length: 0, ..draft };
        for _ in 0..400 {
            record.on_written(&draft, &[1]);
        }
        assert!(length(&record) > 4, "{}", length(&record));
    }

    #[test]
    fn drafts_are_longer_where_a_batch_takes_little_longer_than_one_token() {
        let mut record = DraftRecord::new();
        record.verified[DraftSource::Copied as usize][0] = (17.0, 20.0);
        let on_processor = length(&record);
        assert!((1..12).contains(&on_processor), "{on_processor}");
        record.on_batch(1, Duration::from_millis(10));
        for _ in 0..40 {
            record.on_batch(8, Duration::from_millis(11));
        }
        assert!(length(&record) > on_processor + 4, "{on_processor} {}", length(&record));
        for _ in 0..80 {
            record.on_batch(8, Duration::from_millis(200));
        }
        assert_eq!(length(&record), 0);
        for _ in 0..500 {
            record.on_batch(1, Duration::from_millis(10));
        }
        assert_eq!(length(&record), on_processor, "the machine may be idle again");
    }
}
