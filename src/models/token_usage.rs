//! What a request used, in one form for all wires.

use crate::models::price::money::Money;

/// Tokens of one request. Each wire counts in its own way; its dialect turns that into this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt, those from a cache and those written to one among them.
    pub prompt: u64,
    /// Of the prompt, those read from the provider's cache.
    pub cached: u64,
    /// Of the prompt, those written to the provider's cache.
    pub written: u64,
    /// Of the answer, those of its reasoning among them.
    pub output: u64,
    pub reasoning: u64,
    /// What the provider says that the request cost, where it does.
    pub cost: Option<Money>,
}

impl Usage {
    /// Takes over what `later` says: wires that count in several events count up.
    pub fn update(&mut self, later: &Self) {
        self.prompt = self.prompt.max(later.prompt);
        self.cached = self.cached.max(later.cached);
        self.written = self.written.max(later.written);
        self.output = self.output.max(later.output);
        self.reasoning = self.reasoning.max(later.reasoning);
        self.cost = self.cost.max(later.cost);
    }

    /// The same, with reasoning that the provider counts beside the answer added to `output`. A
    /// reported `total` (zero where there is none) shows that: xAI counts prompt, answer and
    /// reasoning in it, and gateways to Gemini do so without naming the reasoning at all.
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
    fn reasoning_is_billed_once_wherever_it_is_counted() {
        for ((prompt, output, reasoning, cached, total), expected) in [
            // Part of the answer, as OpenAI counts.
            ((100, 50, 30, 0, 150), 50),
            // Beside it, as xAI counts.
            ((100, 50, 30, 0, 180), 80),
            ((100, 0, 60, 0, 160), 60),
            // Only the total shows it.
            ((20, 198, 0, 0, 623), 603),
            // No total: more reasoning than answer was counted beside it.
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
