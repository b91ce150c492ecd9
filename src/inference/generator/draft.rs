//! Guesses the next tokens, to be verified by the model in one batch: from the guess that came with the request, else
//! from earlier tokens, since code repeats itself. A batch of a few tokens takes little longer than one token. Only what
//! the model would have chosen itself is kept; where two tokens are almost equally probable, the rounding of a batch may
//! choose the other one.

/// Tokens that must agree before a draft follows them.
const AGREEING: usize = 3;
/// Fewest and most tokens of a draft.
const LENGTH: (usize, usize) = (2, 12);

#[derive(Debug)]
pub(super) struct Drafting {
    /// A guess of the whole answer.
    given: Vec<i32>,
    /// Where the answer starts.
    start: usize,
    /// How long drafts are: longer after one that was right.
    length: usize,
}

impl Drafting {
    /// For an answer that starts behind so many tokens.
    pub(super) fn new(given: Vec<i32>, start: usize) -> Self {
        Self { given, start, length: 2 * LENGTH.0 }
    }

    /// The rest of the given guess while the answer agrees with it, else what followed the last tokens when they last
    /// occurred; at most `most` tokens.
    pub(super) fn propose<'a>(&'a self, tokens: &'a [i32], most: usize) -> &'a [i32] {
        match self.given.strip_prefix(&tokens[self.start..]) {
            Some(rest) if !rest.is_empty() => &rest[..rest.len().min(self.length).min(most)],
            Some(_) | None => self.repeated(tokens, most),
        }
    }

    fn repeated<'a>(&self, tokens: &'a [i32], most: usize) -> &'a [i32] {
        let Some(start) = tokens.len().checked_sub(AGREEING) else { return &[] };
        let (earlier, last) = (&tokens[..tokens.len() - 1], &tokens[start..]);
        let Some(at) = earlier.windows(AGREEING).rposition(|it| it == last) else { return &[] };
        let draft = &tokens[at + AGREEING..];
        &draft[..draft.len().min(self.length).min(most)]
    }

    /// So many tokens of a draft were right.
    pub(super) fn on_verified(&mut self, right: usize, length: usize) {
        let longer = if right == length { 2 * self.length } else { right.max(LENGTH.0) };
        self.length = longer.min(LENGTH.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draft_is_what_followed_the_same_tokens_last() {
        let drafting = Drafting::new(Vec::new(), 0);
        assert_eq!(drafting.propose(&[1, 2, 3, 4, 5, 9, 1, 2, 3, 6, 7, 1, 2, 3], 9), [6, 7, 1, 2]);
        assert_eq!(drafting.propose(&[1, 2, 3, 4, 5, 1, 2, 3], 1), [4]);
        assert_eq!(drafting.propose(&[1, 1, 1, 1], 9), [1]);
        assert!(drafting.propose(&[1, 2, 3, 4], 9).is_empty());
        assert!(drafting.propose(&[1, 2], 9).is_empty());
    }

    #[test]
    fn a_given_guess_comes_first_while_the_answer_agrees_with_it() {
        let drafting = Drafting::new(vec![7, 8, 9], 3);
        assert_eq!(drafting.propose(&[1, 2, 3, 7], 9), [8, 9]);
        assert_eq!(drafting.propose(&[1, 2, 3, 7], 1), [8]);
        assert!(drafting.propose(&[1, 2, 3, 6], 9).is_empty());
        let drafting = Drafting::new(vec![1, 2, 3, 5], 4);
        assert_eq!(drafting.propose(&[1, 2, 3, 4, 1, 2, 3], 9), [5]);
        assert_eq!(drafting.propose(&[0, 2, 3, 4, 1, 2, 3, 5, 2, 3, 4], 9), [1, 2, 3, 5]);
    }

    #[test]
    fn right_drafts_become_longer_and_wrong_ones_shorter() {
        let mut drafting = Drafting::new(Vec::new(), 0);
        let tokens: Vec<i32> = (0..30).chain([5, 6, 7]).collect();
        let length = |it: &Drafting| it.propose(&tokens, 99).len();
        assert_eq!(length(&drafting), 4);
        drafting.on_verified(4, 4);
        assert_eq!(length(&drafting), 8);
        drafting.on_verified(8, 8);
        assert_eq!(length(&drafting), 12);
        drafting.on_verified(3, 12);
        assert_eq!(length(&drafting), 3);
        drafting.on_verified(0, 3);
        assert_eq!(length(&drafting), 2);
    }
}
