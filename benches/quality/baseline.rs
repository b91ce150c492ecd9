//! Baselines for the n-gram model: the most frequent word, the longest match, and nested Witten-Bell
//! smoothing. Simple and slow on purpose.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use understudy::workspace::tokens::base::{MAX_ORDER, TokenBase};
use understudy::workspace::tokens::lexer;
use understudy::workspace::tokens::vocabulary::{Token, WordTable};

/// Number of places in the base that are examined for one order.
const SAMPLES: usize = 192;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Word,
    CopyFile,
    CopyWorkspace,
    WittenBell,
}

/// The context of a place.
pub(crate) struct View<'a> {
    words: &'a WordTable,
    base: &'a TokenBase,
    before: Vec<Token>,
    /// Number of tokens before the line.
    lines: usize,
    after: Vec<Token>,
    /// Places of the base that are excluded.
    hidden: Range<u32>,
    /// The partial word with its space; a space alone matches any word.
    typed: String,
    line_start: bool,
    /// Words of the document, weighted by distance.
    near: HashMap<Token, f32>,
}

struct Match {
    order: usize,
    next: Token,
    weight: f32,
    workspace: bool,
}

/// A line up to the minimum confidence, and the logarithm of its probability.
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) log: f32,
    pub(crate) complete: bool,
}

impl<'a> View<'a> {
    /// `before` is the text before the cursor's line; then the lines after it.
    pub(crate) fn new(
        words: &'a WordTable,
        base: &'a TokenBase,
        before: &str,
        after: &str,
    ) -> Self {
        let before = tokens(words, before);
        let mut view = Self {
            words,
            base,
            lines: before.len(),
            before,
            after: tokens(words, after),
            hidden: 0..0,
            typed: String::new(),
            line_start: true,
            near: HashMap::new(),
        };
        view.weigh();
        view
    }

    /// Excludes a file from the base.
    pub(crate) fn without(self, path: &Path) -> Self {
        Self { hidden: self.base.range(path).unwrap_or(0..0), ..self }
    }

    /// Moves the cursor after `head` on its line.
    pub(crate) fn move_behind(&mut self, head: &str) {
        let wordlike = head.bytes().rev().take_while(|it| lexer::is_wordlike(*it)).count();
        let (head, word) = head.split_at(head.len() - wordlike);
        let blank = head.ends_with([' ', '\t']) && !head.trim().is_empty();
        self.before.truncate(self.lines);
        let line = tokens(self.words, head);
        self.before.extend(line.into_iter().filter(|it| *it != Token::LINE_END));
        self.typed = format!("{}{word}", if blank { " " } else { "" });
        self.line_start = head.trim().is_empty() && word.is_empty();
    }

    /// The rest of the line while its total probability is at least `least`.
    pub(crate) fn line(&self, model: Model, least: f32) -> Line {
        if model == Model::Word {
            return self.word();
        }
        let (mut guessed, mut log) = (Vec::new(), 0.0f32);
        while guessed.len() < 48 && guessed.last() != Some(&Token::LINE_END) {
            let Some((token, likely)) = self.next(model, &guessed) else { break };
            log += likely.max(1e-6).ln();
            if log.exp() < least {
                break;
            }
            guessed.push(token);
        }
        // A model without a prediction ranks last.
        let log = if guessed.is_empty() { -20.0 } else { log };
        let complete = guessed.last() == Some(&Token::LINE_END);
        Line { text: self.text(&guessed), log, complete }
    }

    /// The nearest word of the document with the typed prefix, else the most frequent one of the workspace.
    fn word(&self) -> Line {
        let typed = self.typed.trim_start();
        let mut best = (0.0, None);
        if typed.len() >= 2 {
            let spaced = self.typed.starts_with(' ');
            let common = self.base.names_from(self.words, typed, spaced);
            let common = common.map(|it| (it, self.base.count(it) as f32 * 0.001));
            for (token, weight) in
                self.near.iter().map(|(it, near)| (*it, near * 10.0)).chain(common)
            {
                if weight > best.0
                    && self.allows(token, true)
                    && self.spelled(token).len() > self.typed.len()
                {
                    best = (weight, Some(token));
                }
            }
        }
        let text = self.text(best.1.as_slice());
        Line { text, log: 0.0, complete: false }
    }

    fn next(&self, model: Model, guessed: &[Token]) -> Option<(Token, f32)> {
        let matches = self.matches(model, guessed);
        let odds = match model {
            Model::Word | Model::CopyFile | Model::CopyWorkspace => vote(&matches),
            Model::WittenBell => self.witten_bell(&matches, guessed.is_empty()),
        };
        odds.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    fn witten_bell(&self, matches: &[Match], first: bool) -> HashMap<Token, f32> {
        let mut odds = self.priors(matches, first);
        for order in 1..=matches.iter().map(|it| it.order).max().unwrap_or(0) {
            for workspace in [true, false] {
                let mut counts: HashMap<Token, f32> = HashMap::new();
                for it in matches.iter().filter(|it| it.order >= order && it.workspace == workspace)
                {
                    *counts.entry(it.next).or_default() += it.weight;
                }
                let total: f32 = counts.values().sum();
                let share = 1.0 / (total + counts.len() as f32);
                if total > 0.0 {
                    odds.values_mut().for_each(|it| *it *= counts.len() as f32 * share);
                    counts
                        .iter()
                        .for_each(|(it, count)| *odds.entry(*it).or_default() += share * count);
                }
            }
        }
        odds
    }

    fn priors(&self, matches: &[Match], first: bool) -> HashMap<Token, f32> {
        let near = |it: &Token| self.near.get(it).copied().unwrap_or(0.0);
        let mut odds = HashMap::new();
        for it in matches {
            let unseen = if it.workspace { 0.02 } else { 0.05 };
            odds.entry(it.next).or_insert_with(|| near(&it.next) + unseen);
        }
        let mut unseen = odds.values().sum::<f32>() + 1.0;
        if first && !self.typed.trim().is_empty() {
            unseen = 0.0;
            let spaced = self.typed.starts_with(' ');
            for it in self.base.names_from(self.words, self.typed.trim_start(), spaced).take(400) {
                *odds.entry(it).or_insert_with(|| near(&it)) += self.base.count(it) as f32 * 0.01;
            }
            for (it, near) in self.near.iter().filter(|it| self.allows(*it.0, true)) {
                odds.entry(*it).or_insert(*near);
            }
        }
        let total = (odds.values().sum::<f32>() + unseen).max(f32::MIN_POSITIVE);
        odds.values_mut().for_each(|it| *it /= total);
        odds
    }

    fn matches(&self, model: Model, guessed: &[Token]) -> Vec<Match> {
        let mut context = self.before.clone();
        context.extend(guessed);
        let (first, known) = (guessed.is_empty(), self.before.len());
        let mut matches = Vec::new();
        let mut take = |next: Token, order, weight, workspace| {
            if self.allows(next, first) {
                matches.push(Match { order, next, weight, workspace });
            }
        };
        let sides = [(&self.before, true), (&self.after, false)];
        for (row, before) in sides {
            for at in 0..row.len().saturating_sub(1) {
                let order = alike(&row[..=at], &context);
                if order > 0 {
                    let distance = if before { known - at } else { at + 20 } as f32;
                    take(row[at + 1], order, file_weight(model, distance), false);
                }
            }
        }
        if model != Model::CopyFile {
            let mut ranges = Vec::new();
            self.base.ranges(&context, &mut ranges);
            for (order, range) in ranges.iter().enumerate() {
                let longer = ranges.get(order + 1).cloned().unwrap_or(range.end..range.end);
                let step = ((range.len() - longer.len()) / SAMPLES).max(1);
                for at in (range.start..longer.start).chain(longer.end..range.end).step_by(step) {
                    let next = self.base.place(at) + 1;
                    if self.hidden.contains(&next) {
                        continue;
                    }
                    if let Some(next) = self.base.token(next) {
                        take(next, order + 1, step as f32, true);
                    }
                }
            }
        }
        matches
    }

    fn allows(&self, token: Token, first: bool) -> bool {
        match token {
            Token::FILE_END | Token::UNKNOWN => false,
            _ if !first => true,
            _ if self.typed.is_empty() => !(self.line_start && token == Token::LINE_END),
            _ => token != Token::LINE_END && self.spelled(token).starts_with(&self.typed),
        }
    }

    fn weigh(&mut self) {
        let count = self.before.len();
        let before = self.before.iter().enumerate().map(|(at, it)| (*it, 1.0, count - at));
        let after = self.after.iter().enumerate().map(|(at, it)| (*it, 0.7, at));
        for (token, share, distance) in before.chain(after) {
            if token != Token::LINE_END {
                let near = share / (1.0 + distance as f32 / 200.0) + 0.02;
                *self.near.entry(token).or_default() += near;
            }
        }
    }

    fn spelled(&self, token: Token) -> String {
        format!("{}{}", if token.spaced() { " " } else { "" }, self.words.text(token))
    }

    fn text(&self, tokens: &[Token]) -> String {
        let line = tokens.iter().take_while(|it| **it != Token::LINE_END);
        let text: String = line.map(|it| self.spelled(*it)).collect();
        text.strip_prefix(&self.typed).unwrap_or(&text).to_owned()
    }
}

/// Shares of the votes of the longest matches, discounted more for shorter matches.
fn vote(matches: &[Match]) -> HashMap<Token, f32> {
    let longest = matches.iter().map(|it| it.order).max().unwrap_or(0);
    let mut votes: HashMap<Token, f32> = HashMap::new();
    for it in matches.iter().filter(|it| it.order == longest) {
        *votes.entry(it.next).or_default() += it.weight;
    }
    let all = votes.values().sum::<f32>() + 0.5;
    votes.values_mut().for_each(|it| *it *= (1.0 - 0.8f32.powi(longest as i32)) / all);
    votes
}

fn file_weight(model: Model, distance: f32) -> f32 {
    match model {
        Model::Word | Model::CopyFile | Model::CopyWorkspace => {
            1.0 + 1.0 / (1.0 + distance / 2000.0)
        }
        Model::WittenBell => 0.5 + 1.0 / (1.0 + distance / 3000.0),
    }
}

/// Number of tokens at the end of `row` that match the context.
fn alike(row: &[Token], context: &[Token]) -> usize {
    let pairs = row.iter().rev().zip(context.iter().rev());
    pairs.take(MAX_ORDER).take_while(|(a, b)| a == b).count()
}

fn tokens(words: &WordTable, text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for line in text.split(['\n', '\r']) {
        let before = tokens.len();
        tokens.extend(lexer::lex(line).map(|it| words.token(&line[it.start..it.end], it.spaced)));
        if tokens.len() > before {
            tokens.push(Token::LINE_END);
        }
    }
    tokens
}
