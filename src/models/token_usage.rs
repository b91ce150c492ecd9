//! The tokens that a request used, in one form for all wire formats.

use std::time::Duration;

use crate::models::price::money::Money;

/// Token counts of one request. Wire formats count differently; each dialect converts to this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of the prompt, including `cached` and `written`.
    pub prompt: u64,
    /// Tokens of the prompt that were read from the provider's cache.
    pub cached: u64,
    /// Tokens of the prompt that were written to the provider's cache.
    pub written: u64,
    /// All tokens of the answer, including `reasoning`.
    pub output: u64,
    pub reasoning: u64,
    /// The cost of the request, if the provider reports it.
    pub cost: Option<Money>,
    /// How long the server read the tokens of the prompt that were not cached, if it reports that.
    pub reading: Option<Duration>,
    /// How long the server wrote the answer, from its first token on, if it reports that.
    pub writing: Option<Duration>,
}

impl Usage {
    /// Merges a later report. Wire formats that report several times report growing numbers.
    pub fn update(&mut self, later: &Self) {
        self.prompt = self.prompt.max(later.prompt);
        self.cached = self.cached.max(later.cached);
        self.written = self.written.max(later.written);
        self.output = self.output.max(later.output);
        self.reasoning = self.reasoning.max(later.reasoning);
        self.cost = self.cost.max(later.cost);
        self.reading = self.reading.max(later.reading);
        self.writing = self.writing.max(later.writing);
    }

    /// Adds reasoning to `output` if the provider counts it separately. The reported `total` shows that; pass
    /// 0 if there is none. xAI includes prompt, answer and reasoning in the total; gateways to Gemini do so
    /// without reporting the reasoning.
    #[must_use]
    pub fn with_total(mut self, total: u64) -> Self {
        let rest = total.saturating_sub(self.prompt).saturating_sub(self.output);
        let is_unnamed = self.reasoning == 0 && self.cached == 0 && self.written == 0;
        self.output += match total {
            0 if self.reasoning > self.output => self.reasoning,
            0 => 0,
            _ if rest == self.reasoning || is_unnamed && self.prompt > 0 => rest,
            _ => 0,
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_counted_once_in_every_format() {
        for ((prompt, output, reasoning, cached, total), expected) in [
            // Part of the output, as OpenAI counts.
            ((100, 50, 30, 0, 150), 50),
            // Separate from the output, as xAI counts.
            ((100, 50, 30, 0, 180), 80),
            ((100, 0, 60, 0, 160), 60),
            // Only the total shows it.
            ((20, 198, 0, 0, 623), 603),
            // No total: more reasoning than output means that it was counted separately.
            ((100, 5, 30, 0, 0), 35),
            ((100, 50, 30, 0, 0), 50),
            // The total counts something else.
            ((100, 50, 30, 0, 200), 50),
            ((100, 50, 0, 80, 230), 50),
            ((0, 50, 0, 0, 230), 50),
            ((100, 50, 30, 0, 10), 50),
        ] {
            let usage = Usage { prompt, cached, output, reasoning, ..Usage::default() };
            assert_eq!(usage.with_total(total).output, expected, "{usage:?} of {total}");
        }
    }
}
