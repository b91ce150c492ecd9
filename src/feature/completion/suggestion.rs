//! A suggestion: a text at the cursor, who wrote it, and how probable it is.

use std::ops::Range;
use std::sync::Arc;

use crate::feature::completion::in_flight::ReceivedText;
use crate::feature::document::Place;
use crate::prompt::Trigger;
use crate::reply::certainty::Certainty;
use crate::reply::completion::fit::Fit;
use crate::usage::record::CallId;

/// `Suggestion::by` of the n-gram model.
pub(super) const EMBEDDED: &str = "embedded";
/// The most suggestions for an invoked request.
pub(super) const MOST: usize = 3;

/// A text that replaces `range` (bytes). The range is empty at the cursor, or covers what the text repeats of
/// its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub text: String,
    pub range: Range<usize>,
    pub by: Arc<str>,
    /// Probability that this is exactly what the user means, if known.
    pub confidence: Option<f32>,
    /// Where its sure beginning ends, in bytes, and how probable that is.
    pub beginning: Option<(usize, f32)>,
    /// The call that returned it, if any.
    pub call: Option<CallId>,
    /// Whether its model is still writing the rest.
    pub goes_on: bool,
}

impl Suggestion {
    pub(super) fn fitted(place: &Place, fit: Fit, by: Arc<str>, confidence: Option<f32>) -> Self {
        let range = place.offset..place.offset + fit.covers;
        Self { text: fit.text, range, by, confidence, beginning: None, call: None, goes_on: false }
    }

    pub(super) fn received(place: &Place, received: ReceivedText) -> Self {
        let ReceivedText { text, certainty, covers, by, call } = received;
        let fit = Fit { text, covers };
        Self { call, ..Self::fitted(place, fit, by, None).rated(&certainty) }
    }

    pub(super) fn begun(place: &Place, received: ReceivedText) -> Self {
        Self { goes_on: true, ..Self::received(place, received) }
    }

    /// With the probability that its model reported.
    pub(super) fn rated(mut self, certainty: &Certainty) -> Self {
        self.confidence = certainty.probability(&self.text);
        self.beginning = certainty.sure_beginning(&self.text);
        self
    }

    /// The part that is probable enough to be shown unasked.
    pub(super) fn probable(mut self, least: f32) -> Option<Self> {
        // The n-gram model has thresholds of its own.
        if &*self.by == EMBEDDED || self.confidence.is_none_or(|it| it >= least) {
            return Some(self);
        }
        let (end, confidence) = self.beginning.filter(|_| self.range.is_empty())?;
        self.text.truncate(end);
        self.confidence = Some(confidence);
        Some(self)
    }
}

/// The first suggestion, or the first few different ones for an invoked request.
pub(super) fn distinct(
    offers: impl Iterator<Item = Suggestion>,
    trigger: Trigger,
) -> Vec<Suggestion> {
    let most = match trigger {
        Trigger::Automatic => 1,
        Trigger::Invoked => MOST,
    };
    let mut distinct: Vec<Suggestion> = Vec::with_capacity(most);
    for offer in offers {
        if distinct.len() < most && distinct.iter().all(|it| it.text != offer.text) {
            distinct.push(offer);
        }
    }
    distinct
}
