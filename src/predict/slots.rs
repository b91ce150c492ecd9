//! Small dense numbers for the tokens of one query, so that data about them is stored in arrays.

use crate::workspace::tokens::vocabulary::Token;

/// Open addressing. Clearing is free: an entry of an earlier round counts as free.
pub(super) struct Slots {
    entries: Vec<Entry>,
    round: u32,
    tokens: Vec<Token>,
}

#[derive(Clone, Copy)]
struct Entry {
    round: u32,
    token: Token,
    slot: u32,
}

const FREE: Entry = Entry { round: 0, token: Token::UNKNOWN, slot: 0 };

impl Slots {
    pub(super) fn new() -> Self {
        Self { entries: vec![FREE; 1 << 10], round: 1, tokens: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.tokens.clear();
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.entries.fill(FREE);
            self.round = 1;
        }
    }

    /// The slot of a token: the number of different tokens before it.
    pub(super) fn slot(&mut self, token: Token) -> usize {
        let at = self.find(token);
        if self.entries[at].round == self.round {
            return self.entries[at].slot as usize;
        }
        let slot = self.tokens.len();
        self.entries[at] = Entry { round: self.round, token, slot: slot as u32 };
        self.tokens.push(token);
        if self.tokens.len() * 2 > self.entries.len() {
            self.grow();
        }
        slot
    }

    /// Whether a token has a slot.
    pub(super) fn holds(&self, token: Token) -> bool {
        self.entries[self.find(token)].round == self.round
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    fn find(&self, token: Token) -> usize {
        let mask = self.entries.len() - 1;
        let mut at = (token.index().wrapping_mul(0x9E37_79B9) >> 8) & mask;
        while self.entries[at].round == self.round && self.entries[at].token != token {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        self.entries = vec![FREE; self.entries.len() * 2];
        for slot in 0..self.tokens.len() {
            let token = self.tokens[slot];
            let at = self.find(token);
            self.entries[at] = Entry { round: self.round, token, slot: slot as u32 };
        }
    }
}
