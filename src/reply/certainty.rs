//! The probability that a model's text is right, from the probabilities of its tokens.

use crate::predict::Prediction;
use crate::text::is_word;

/// The tokens of a text with the probabilities that their model reports. Empty if it reports none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certainty {
    /// Where each token ends, in bytes of the text, and the logarithm of its probability.
    tokens: Vec<(usize, f32)>,
    /// Some text came without a probability.
    is_broken: bool,
}

/// Weights of the logistic regression in [`Certainty::probability`]: a constant, the sum of the logarithms of
/// the probabilities, and the lowest of them. Fitted with `benches/real --rows` to 673 lines that
/// Qwen2.5-Coder-0.5B completed in httpx, rich, pip and undici. Fitted to four fifths of the files, it separates
/// right from wrong ones in the others with an area under the curve of .86.
const WEIGHTS: [f32; 3] = [1.53, 1.04, 1.14];

/// Weights in [`agreed`]: the model's log-odds, and the n-gram model's confidence if both agree, and if they
/// differ. Fitted to the same lines; the area under the curve becomes .89.
const AGREEMENT: [f32; 3] = [0.86, 2.64, -1.32];

/// The beginning of an improbable text is shown if it is right with this probability. In the same lines, two thirds of
/// such beginnings were right.
const SURE: f32 = 0.5;
/// Shorter beginnings are not worth showing, in characters.
const SHORTEST: usize = 4;

impl Certainty {
    /// A piece of the text came with the logarithm of its probability.
    pub fn push(&mut self, piece: &str, log_prob: Option<f32>) {
        let end = self.tokens.last().map_or(0, |it| it.0) + piece.len();
        self.tokens.push((end, log_prob.unwrap_or_default()));
        self.is_broken |= log_prob.is_none();
    }

    /// Its size on the heap, in bytes.
    pub fn bytes(&self) -> usize {
        self.tokens.capacity() * size_of::<(usize, f32)>()
    }

    /// The certainty of `text`, which was made of the reply with this certainty: of its place there.
    #[must_use]
    pub fn of_part(&self, reply: &str, text: &str) -> Self {
        let line = text.trim().lines().next().unwrap_or_default();
        // Text that was changed to fit the document starts where the reply does.
        let text = &text[text.len() - text.trim_start().len()..];
        let start = reply.find(line).unwrap_or_default();
        self.part(start, text.len())
    }

    /// The certainty of what is left of a text after its first bytes were typed.
    #[must_use]
    pub fn rest(&self, typed: usize) -> Self {
        self.part(typed, usize::MAX)
    }

    fn part(&self, start: usize, length: usize) -> Self {
        let end = start.saturating_add(length);
        let mut before = 0;
        let tokens = self.tokens.iter().filter(|it| {
            let begin = std::mem::replace(&mut before, it.0);
            begin < end && it.0 > start
        });
        let tokens = tokens.map(|it| (it.0 - start, it.1)).collect();
        Self { tokens, is_broken: self.is_broken }
    }

    /// The probability that the first line of `text` is what the user means; `None` if the model reported no
    /// probabilities.
    pub fn probability(&self, text: &str) -> Option<f32> {
        if self.is_broken || self.tokens.is_empty() {
            return None;
        }
        self.beginnings(text).last().map(|it| it.1)
    }

    /// The longest beginning of the first line of `text` that ends with a word and is probably right: its length in
    /// bytes, and its probability.
    pub fn sure_beginning(&self, text: &str) -> Option<(usize, f32)> {
        if self.is_broken {
            return None;
        }
        let is_whole_word = |end: usize| {
            let (before, behind) = text.split_at(end);
            let ends = before.chars().next_back().is_some_and(is_word);
            !(ends && behind.starts_with(is_word))
        };
        let is_long = |end: usize| text[..end].trim().chars().count() >= SHORTEST;
        let beginnings = self.beginnings(text).filter(|(end, it)| {
            *it >= SURE && text.is_char_boundary(*end) && is_whole_word(*end) && is_long(*end)
        });
        let (end, probability) = beginnings.last()?;
        Some((text[..end].trim_end().len(), probability))
    }

    /// The ends of the tokens in the first line of `text`, each with the probability of the text up to it.
    fn beginnings(&self, text: &str) -> impl Iterator<Item = (usize, f32)> {
        let skipped = text.len() - text.trim_start().len();
        let line = text.trim_start().find('\n').map_or(text.len(), |it| skipped + it);
        let (mut before, mut sum, mut least) = (0, 0.0, 0.0f32);
        let tokens =
            self.tokens.iter().take_while(move |it| std::mem::replace(&mut before, it.0) < line);
        tokens.map(move |(end, log_prob)| {
            sum += log_prob;
            least = least.min(*log_prob);
            let features = [1.0, sum, least];
            let score: f32 = WEIGHTS.iter().zip(features).map(|(weight, it)| weight * it).sum();
            (*end.min(&line), logistic(score))
        })
    }
}

/// The probability of a model's first line once the n-gram model has also been asked: lines on which both agree are
/// right more often.
pub fn agreed(probability: f32, text: &str, guess: &Prediction) -> f32 {
    let (text, guessed) = (text.trim(), guess.text.trim());
    let line = text.lines().next().unwrap_or_default();
    let agrees = line.starts_with(guessed) || guessed.starts_with(line);
    let odds = (probability / (1.0 - probability)).ln().clamp(-20.0, 20.0);
    let weight = if agrees { AGREEMENT[1] } else { AGREEMENT[2] };
    logistic(AGREEMENT[0] * odds + weight * guess.confidence)
}

fn logistic(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pieces: &[(&str, f32)]) -> (String, Certainty) {
        let mut certainty = Certainty::default();
        pieces.iter().for_each(|(piece, log_prob)| certainty.push(piece, Some(*log_prob)));
        (pieces.iter().map(|it| it.0).collect(), certainty)
    }

    #[test]
    fn the_probability_of_a_line_depends_on_its_tokens_alone() {
        let (sure, certainty) = of(&[("return", -0.01), (" x", -0.05), ("\n", -0.1), ("y", -9.0)]);
        assert!(certainty.probability(&sure).is_some_and(|it| it > 0.6));
        let (unsure, certainty) = of(&[("return", -0.01), (" x", -2.0)]);
        assert!(certainty.probability(&unsure).is_some_and(|it| it < 0.1));
        assert_eq!(Certainty::default().probability("x"), None);
        let mut certainty = Certainty::default();
        certainty.push("a", Some(-0.1));
        certainty.push("b", None);
        assert_eq!(certainty.probability("ab"), None);
    }

    #[test]
    fn what_was_typed_or_cut_off_no_longer_counts() {
        let (text, certainty) = of(&[("self", -3.0), (".value", -0.1), (" junk", -5.0)]);
        let rest = certainty.of_part(&text, "self.value").rest(4);
        assert_eq!(rest, of(&[(".value", -0.1)]).1);
        assert!(rest.probability(".value") > certainty.probability("self.value"));
        // A half-typed token counts as a whole.
        assert_eq!(certainty.rest(6).probability("alue"), rest.probability("alue"));
        let (reply, certainty) = of(&[("\n", -0.5), ("    x", -0.2), (" = 1", -0.3)]);
        assert_eq!(certainty.of_part(&reply, "    x = 1"), of(&[("x", -0.2), (" = 1", -0.3)]).1);
    }

    #[test]
    fn the_sure_beginning_of_an_improbable_text_ends_with_a_word() {
        let (text, certainty) =
            of(&[("self", -0.01), (".col", -0.05), ("or", -0.05), (".red", -3.0), ("\n", 0.0)]);
        assert!(certainty.probability(&text).is_some_and(|it| it < 0.1));
        let (end, probability) = certainty.sure_beginning(&text).unwrap();
        assert_eq!(&text[..end], "self.color");
        assert!(probability > 0.6);
        let (text, certainty) = of(&[("self.col", -0.05), ("ors", -3.0)]);
        assert_eq!(certainty.sure_beginning(&text), None);
        let (text, certainty) = of(&[("a ", -0.05), ("longer", -3.0)]);
        assert_eq!(certainty.sure_beginning(&text), None);
    }

    #[test]
    fn agreement_raises_a_probability_and_a_different_text_lowers_it() {
        let guess = |text: &str, confidence| Prediction {
            text: text.into(),
            confidence,
            line_complete: true,
        };
        let of = |probability, it: &Prediction| agreed(probability, "self.value\nx", it);
        assert!(of(0.4, &guess("self.value", 0.8)) > 0.7);
        assert!(of(0.4, &guess(" self.val", 0.8)) > 0.7);
        assert!(of(0.4, &guess("other", 0.8)) < 0.3);
        assert!(of(0.4, &guess("other", 0.1)) > of(0.4, &guess("other", 0.8)));
        assert!(of(1.0, &guess("other", 0.1)).is_finite() && of(0.0, &guess("x", 0.1)).is_finite());
    }
}
