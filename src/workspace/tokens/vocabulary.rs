//! Every word ever seen, stored once: the base, changed files and open documents refer to words by number.
//!
//! It only grows, up to its limit; a word that does not fit is `Token::UNKNOWN`. A reader holds the lock for
//! one query, a writer for one word, so neither waits long.

use std::hash::Hasher;

use parking_lot::{RwLock, RwLockReadGuard};
use rustc_hash::FxHasher;

use crate::workspace::tokens::{lexer, packed};

/// Bytes; longer words are data, not code.
const MAX_WORD: usize = 128;
/// Bytes per word in the limit of the text. The mean word of code has eight.
const MEAN_WORD: usize = 16;

/// A word in a line: its number, and whether a space precedes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u32);

/// Words by number and numbers by word. Their texts are concatenated in one string.
#[derive(Clone)]
pub struct WordTable {
    text: String,
    ends: Vec<u32>,
    identifiers: Vec<bool>,
    /// Open addressing, a power of two long: 0 is free, otherwise a word's number plus one.
    slots: Vec<u32>,
    limit: usize,
}

pub struct Vocabulary {
    words: RwLock<WordTable>,
}

impl Token {
    pub const LINE_END: Self = Self::new(0, false);
    pub const FILE_END: Self = Self::new(1, false);
    /// A word without a number: never suggested.
    pub const UNKNOWN: Self = Self::new(2, false);

    pub const fn new(word: u32, spaced: bool) -> Self {
        Self(word << 1 | spaced as u32)
    }

    /// The token whose `index` this is.
    pub(super) const fn from_number(number: u32) -> Self {
        Self(number)
    }

    pub(super) const fn number(self) -> u32 {
        self.0
    }

    pub const fn word(self) -> u32 {
        self.0 >> 1
    }

    pub const fn spaced(self) -> bool {
        self.0 & 1 == 1
    }

    /// For tables by token: dense from zero, below `WordTable::tokens`.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Vocabulary {
    /// An empty vocabulary of at most `limit` words.
    pub fn new(limit: usize) -> Self {
        let mut words = WordTable {
            text: String::new(),
            ends: Vec::new(),
            identifiers: Vec::new(),
            slots: vec![0; 1024],
            limit: limit.clamp(64, packed::LIMIT / 2),
        };
        for reserved in ["\n", "\u{1}", "\u{2}"] {
            words.intern(reserved);
        }
        Self { words: RwLock::new(words) }
    }

    /// The words for one query. Never take two read locks at once: a writer may wait in between.
    pub fn read(&self) -> RwLockReadGuard<'_, WordTable> {
        self.words.read()
    }

    /// Appends a line's tokens and `LINE_END`; nothing for a blank line.
    pub fn line(&self, line: &str, tokens: &mut Vec<Token>) {
        let before = tokens.len();
        let mut words = self.read();
        for span in lexer::lex(line) {
            let text = &line[span.start..span.end];
            let word = match words.find(text) {
                Some(word) => word,
                None => {
                    drop(words);
                    let word = self.intern(text);
                    words = self.read();
                    word
                }
            };
            tokens.push(Token::new(word, span.spaced));
        }
        if line.len() > lexer::MAX_LINE {
            tokens.push(Token::UNKNOWN);
        }
        if tokens.len() > before {
            tokens.push(Token::LINE_END);
        }
    }

    /// Appends the tokens of all lines of a text with any kind of line ends.
    pub fn lines(&self, text: &str, tokens: &mut Vec<Token>) {
        text.split(['\n', '\r']).for_each(|line| self.line(line, tokens));
    }

    fn intern(&self, text: &str) -> u32 {
        self.words.write().intern(text)
    }
}

impl WordTable {
    /// The word of a token, without its space.
    pub fn text(&self, token: Token) -> &str {
        self.word(token.word())
    }

    /// Whether a token is a name or a keyword: it starts with a letter or `_`.
    pub fn is_identifier(&self, token: Token) -> bool {
        self.identifiers[token.word() as usize]
    }

    /// The token of a known text, else `Token::UNKNOWN`.
    pub fn token(&self, text: &str, spaced: bool) -> Token {
        self.find(text).map_or(Token::UNKNOWN, |word| Token::new(word, spaced))
    }

    /// One more than the highest `Token::index`.
    pub fn tokens(&self) -> usize {
        self.ends.len() * 2
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.text.capacity()
            + self.identifiers.capacity()
            + 4 * (self.ends.capacity() + self.slots.capacity())
    }

    pub(super) fn word(&self, word: u32) -> &str {
        let word = word as usize;
        let start = if word == 0 { 0 } else { self.ends[word - 1] };
        &self.text[start as usize..self.ends[word] as usize]
    }

    fn find(&self, text: &str) -> Option<u32> {
        match self.slots[self.slot(text)] {
            0 => None,
            taken => Some(taken - 1),
        }
    }

    fn intern(&mut self, text: &str) -> u32 {
        let slot = self.slot(text);
        if self.slots[slot] > 0 {
            return self.slots[slot] - 1;
        }
        let full = self.ends.len() >= self.limit || self.text.len() > self.limit * MEAN_WORD;
        if text.len() > MAX_WORD || full {
            return Token::UNKNOWN.word();
        }
        let word = self.ends.len() as u32;
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        self.identifiers.push(text.starts_with(|it: char| it.is_alphabetic() || it == '_'));
        self.slots[slot] = word + 1;
        if self.ends.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        word
    }

    /// The slot of a text, or the free slot for it. Terminates, since a quarter of the slots is free.
    fn slot(&self, text: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(text) as usize & mask;
        while self.slots[slot] > 0 && self.word(self.slots[slot] - 1) != text {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for word in 0..self.ends.len() as u32 {
            let slot = self.slot(self.word(word));
            self.slots[slot] = word + 1;
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(vocabulary: &Vocabulary, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        vocabulary.lines(text, &mut tokens);
        tokens
    }

    fn text(vocabulary: &Vocabulary, tokens: &[Token]) -> String {
        let words = vocabulary.read();
        tokens
            .iter()
            .map(|&it| if it.spaced() { " " } else { "" }.to_owned() + words.text(it))
            .collect()
    }

    #[test]
    fn tokens_reproduce_the_text_without_indentation_and_blank_lines() {
        let vocabulary = Vocabulary::new(1000);
        let read = tokens(&vocabulary, "fn a() {\r\n\r\n    b + c\r}\n");
        assert_eq!(text(&vocabulary, &read), "fn a() {\nb + c\n}\n");
    }

    #[test]
    fn a_word_has_one_number_with_and_without_a_space() {
        let vocabulary = Vocabulary::new(100_000);
        let many: String = (0..5000).map(|it| format!("word{it} ")).collect::<Vec<_>>().join("\n");
        assert_eq!(tokens(&vocabulary, &many), tokens(&vocabulary, &many));
        let pair = tokens(&vocabulary, "x x");
        assert_eq!(pair[0].word(), pair[1].word());
        assert_ne!(pair[0], pair[1]);
    }

    #[test]
    fn a_full_vocabulary_accepts_no_new_words() {
        let vocabulary = Vocabulary::new(64);
        let many: String = (0..100).map(|it| format!("w{it}\n")).collect();
        assert_eq!(tokens(&vocabulary, &many)[198], Token::UNKNOWN);
    }

    #[test]
    fn words_longer_than_any_name_are_unknown() {
        let vocabulary = Vocabulary::new(1000);
        assert_eq!(tokens(&vocabulary, &"a".repeat(MAX_WORD + 1))[0], Token::UNKNOWN);
        assert!(tokens(&vocabulary, &"a ".repeat(lexer::MAX_LINE)).contains(&Token::UNKNOWN));
    }
}
