//! What a request used, in one form for all wires.

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
}

impl Usage {
    /// Takes over what `later` says: wires that count in several events count up.
    pub fn update(&mut self, later: &Self) {
        self.prompt = self.prompt.max(later.prompt);
        self.cached = self.cached.max(later.cached);
        self.written = self.written.max(later.written);
        self.output = self.output.max(later.output);
        self.reasoning = self.reasoning.max(later.reasoning);
    }
}
