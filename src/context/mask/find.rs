//! Finds the secrets of a text.
//!
//! One pass over a text finds the anchors of all rules. The patterns of an anchor's rules are tried at its
//! position.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use crate::context::mask::chance;
use crate::context::mask::rules::vendors::VENDORS;
use crate::context::mask::rules::{Proof, RULES, SecretPattern};

/// The end of a private key whose beginning is missing.
const KEY_END: &str = "PRIVATE KEY-----";

/// The ranges of the secrets in a text, in order, without overlaps.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    // Anchors are ASCII; one anchor may begin inside another.
    while let Some(anchor) = SHAPES.anchors.find(Input::new(text).range(at..)) {
        let start = anchor.start();
        let last = found.last().map_or(0, |it| it.end);
        let secret = match SHAPES.rules.get(anchor.pattern().as_usize()) {
            Some(rules) => {
                rules.iter().find_map(|it| matched(*it, text, start)).filter(|it| it.start >= last)
            }
            None => cut_key(text, start, last),
        };
        at = secret.as_ref().map_or(start + 1, |it| it.end.max(start + 1));
        found.extend(secret);
    }
    // Digits after a secret would be read as part of its placeholder's number.
    for at in 0..found.len() {
        let most = found.get(at + 1).map_or(text.len(), |it| it.start);
        let behind = &text[found[at].end..most];
        found[at].end += behind.bytes().take_while(u8::is_ascii_digit).count();
    }
    found
}

struct Shapes {
    /// Finds the longest anchor at a position; `KEY_END` is the last one. It takes 60 kB, where a regular
    /// expression of all anchors takes 1.5 MB.
    anchors: AhoCorasick,
    /// By anchor: its rules, then those of its own prefixes.
    rules: Vec<Vec<usize>>,
    /// By rule; compiled when the rule's anchor is first found, since most never are.
    patterns: Vec<OnceLock<Regex>>,
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let mut anchors: Vec<&'static str> = rules().flat_map(|it| it.anchors).copied().collect();
    anchors.sort_unstable();
    anchors.dedup();
    let rules = anchors.iter().map(|it| started_by(it)).collect();
    anchors.push(KEY_END);
    let patterns = self::rules().map(|_| OnceLock::new()).collect();
    Shapes { anchors: searcher(&anchors), rules, patterns }
});

fn started_by(anchor: &str) -> Vec<usize> {
    let numbers = |holds: &dyn Fn(&SecretPattern) -> bool| -> Vec<usize> {
        rules().enumerate().filter(|it| holds(it.1)).map(|it| it.0).collect()
    };
    let is_own = |it: &SecretPattern| it.anchors.contains(&anchor);
    let own = numbers(&is_own);
    let prefixes =
        numbers(&|rule| !is_own(rule) && rule.anchors.iter().any(|it| anchor.starts_with(it)));
    [own, prefixes].concat()
}

fn searcher(anchors: &[&str]) -> AhoCorasick {
    let builder = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(anchors);
    builder.expect("some hundred short anchors are within the limits")
}

/// Every rule, in the order of its number: shapes of vendors are more certain than names.
pub(super) fn rules() -> impl Iterator<Item = &'static SecretPattern> {
    VENDORS.iter().chain(RULES)
}

fn rule(number: usize) -> &'static SecretPattern {
    VENDORS.get(number).unwrap_or_else(|| &RULES[number - VENDORS.len()])
}

/// A pattern of bytes: one of characters takes twenty times the memory, for classes such as `[^"]{3,100}`.
fn compile(pattern: &str) -> Regex {
    let built = RegexBuilder::new(pattern).unicode(false).build();
    built.expect("every pattern is compiled by a test")
}

/// The range that the rule masks at an anchor.
pub(super) fn matched(number: usize, text: &str, start: usize) -> Option<Range<usize>> {
    let rule = rule(number);
    if matches!(rule.proof, Proof::Shape | Proof::Random) && !is_apart(&text[..start]) {
        return None;
    }
    let pattern = SHAPES.patterns[number].get_or_init(|| compile(rule.pattern));
    let captures = pattern.captures(&text.as_bytes()[start..])?;
    let found = captures.get(1).or_else(|| captures.get(0))?;
    // A group starts after ASCII. It can end inside a character, where its length is limited.
    let mut end = text.ceil_char_boundary(start + found.end());
    let secret = &text[start + found.start()..end];
    let holds = match rule.proof {
        Proof::Anywhere | Proof::Shape => true,
        Proof::Behind => return behind(text, start, end),
        Proof::Random => chance::is_random(secret),
        Proof::Named => chance::is_random(secret),
        Proof::Password if text[start..].starts_with("://") => chance::is_filled(secret),
        Proof::Password => chance::is_password(secret),
        Proof::Connection => is_connection(text, start) && chance::is_filled(secret),
    };
    // A key that is longer than any known one is masked to its end.
    if number < VENDORS.len() {
        let is_of_key = |it: &u8| it.is_ascii_alphanumeric() || *it == b'_';
        end += text.as_bytes()[end..].iter().take_while(|it| is_of_key(it)).count();
    }
    holds.then(|| start + found.start()..end)
}

/// Whether a word can begin after a text: after a character that is not a letter or digit, or after an
/// escape like `\n`.
fn is_apart(before: &str) -> bool {
    let mut chars = before.chars().rev();
    match chars.next() {
        Some('n' | 'r' | 't') if chars.next() == Some('\\') => true,
        Some(last) => !last.is_alphanumeric() && last != '_',
        None => true,
    }
}

/// The secret that ends at `end` and whose last part, from `start`, is known.
fn behind(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let is_of_key = |it: &u8| it.is_ascii_alphanumeric() || *it == b'_';
    let length = text.as_bytes()[..start].iter().rev().take_while(|it| is_of_key(it)).count();
    let mut secret = start - length..start;
    let is_escape =
        text[..secret.start].ends_with('\\') && text[secret.start..].starts_with(['n', 'r', 't']);
    secret.start += usize::from(is_escape);
    (length >= 30 && chance::is_random(&text[secret.clone()])).then_some(secret.start..end)
}

/// Whether the line up to `end` contains the name of a server to connect to.
fn is_connection(text: &str, end: usize) -> bool {
    let start = text[..end].rfind('\n').map_or(0, |it| it + 1);
    let line = text[start..end].to_ascii_lowercase();
    ["server=", "data source=", "host=", "user id=", "uid="].iter().any(|it| line.contains(it))
}

/// A private key that began before the text: the lines before its end that contain nothing else.
fn cut_key(text: &str, end: usize, from: usize) -> Option<Range<usize>> {
    let end = end + KEY_END.len();
    let body =
        |it: &str| it.trim().bytes().all(|it| it.is_ascii_alphanumeric() || b"+/=\\".contains(&it));
    let mut start = text[..end].rfind('\n').map_or(0, |it| it + 1).max(from);
    if !text[start..end].trim_start().starts_with("-----END ") {
        return None;
    }
    while start > from {
        let line = text[from..start - 1].rfind('\n').map_or(from, |it| from + it + 1);
        if !body(&text[line..start - 1]) || text[line..start - 1].trim().is_empty() {
            break;
        }
        start = line;
    }
    Some(start..end)
}
