//! The position of a query: the tokens before and after the cursor, and the constraint on the next word.

use crate::predict::PredictQuery;
use crate::workspace::tokens::lexer;
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Tokens of the document before and after the cursor that are searched: about 4,500 and 2,200 lines.
const BEFORE: usize = 1 << 15;
const AFTER: usize = 1 << 14;

/// The constraint on the next word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constraint<'a> {
    /// Only indentation before the cursor: any word, but not a line end.
    LineStart,
    /// Directly after an operator: any word with or without a space, or a line end.
    Free,
    /// After a space: any word.
    Spaced,
    /// After the start of a word.
    Prefix { text: &'a str, spaced: bool },
}

/// The line up to the cursor.
pub(super) struct Cursor {
    row: usize,
    head: String,
    /// Where the partial word starts in `head`.
    word: usize,
}

impl Cursor {
    /// `None` if the line is longer than `lexer::MAX_LINE`.
    pub(super) fn new(query: &PredictQuery<'_>) -> Option<Self> {
        let rope = query.rope;
        let offset = query.offset.min(rope.len_bytes());
        let row = rope.byte_to_line(offset);
        let line = rope.line(row);
        let column = line.byte_to_char(offset - rope.line_to_byte(row));
        if line.len_bytes() > lexer::MAX_LINE {
            return None;
        }
        let head = line.slice(..column).to_string();
        let typed = head.bytes().rev().take_while(|&it| lexer::is_wordlike(it)).count();
        let word = head.len() - typed;
        Some(Self { row, head, word })
    }

    pub(super) fn constraint(&self) -> Constraint<'_> {
        let before = &self.head[..self.word];
        let text = &self.head[self.word..];
        let blank = before.ends_with([' ', '\t']);
        match (before.trim().is_empty(), text.is_empty()) {
            (true, true) => Constraint::LineStart,
            (indented, false) => Constraint::Prefix { text, spaced: blank && !indented },
            (false, true) if blank => Constraint::Spaced,
            (false, true) => Constraint::Free,
        }
    }

    pub(super) fn row(&self) -> usize {
        self.row
    }

    pub(super) fn head(&self) -> &str {
        &self.head
    }

    /// Whether the line up to the partial word consists of `tokens`.
    pub(super) fn head_is(&self, tokens: &[Token], words: &WordTable) -> bool {
        let head = &self.head[..self.word];
        let lexed = lexer::lex(head).map(|it| words.token(&head[it.start..it.end], it.spaced));
        lexed.eq(tokens.iter().copied())
    }

    /// The tokens from the partial word on, if `rest` completes the cursor's line.
    pub(super) fn rest(&self, rest: &str, words: &WordTable) -> Vec<Token> {
        let line = format!("{}{rest}", self.head);
        let lexed = lexer::lex(&line).filter(|it| it.end > self.word);
        let tokens = lexed.map(|it| words.token(&line[it.start..it.end], it.spaced));
        tokens.chain([Token::LINE_END]).collect()
    }

    /// Fills `before` with the tokens up to the cursor, without the partial word.
    pub(super) fn before(
        &self,
        query: &PredictQuery<'_>,
        words: &WordTable,
        before: &mut Vec<Token>,
    ) {
        let lines = query.buffer.before(self.row);
        before.clear();
        before.extend_from_slice(&lines[lines.len().saturating_sub(BEFORE)..]);
        let head = &self.head[..self.word];
        let tokens = lexer::lex(head).map(|it| words.token(&head[it.start..it.end], it.spaced));
        before.extend(tokens);
    }

    /// The tokens of the lines after the cursor's.
    pub(super) fn after<'a>(&self, query: &PredictQuery<'a>) -> &'a [Token] {
        let lines = query.buffer.after(self.row);
        &lines[..lines.len().min(AFTER)]
    }
}

impl Constraint<'_> {
    pub(super) fn allows(&self, words: &WordTable, token: Token) -> bool {
        match self {
            _ if token == Token::FILE_END || token == Token::UNKNOWN => false,
            Constraint::LineStart => token != Token::LINE_END,
            Constraint::Free => true,
            Constraint::Spaced => token.spaced(),
            Constraint::Prefix { text, spaced } => {
                token.spaced() == *spaced && words.text(token).starts_with(text)
            }
        }
    }

    /// Bytes of the partial word.
    pub(super) fn typed(&self) -> usize {
        match self {
            Constraint::Prefix { text, .. } => text.len(),
            Constraint::LineStart | Constraint::Free | Constraint::Spaced => 0,
        }
    }

    /// The text to insert so that `tokens` follow the cursor, up to the line end.
    pub(super) fn text(&self, words: &WordTable, tokens: &[Token]) -> String {
        let mut text = String::new();
        for &token in tokens.iter().take_while(|it| **it != Token::LINE_END) {
            if token.spaced() {
                text.push(' ');
            }
            text.push_str(words.text(token));
        }
        let present = match self {
            Constraint::LineStart | Constraint::Free => 0,
            Constraint::Spaced => 1,
            Constraint::Prefix { text, spaced } => text.len() + usize::from(*spaced),
        };
        text.split_off(present.min(text.len()))
    }
}
