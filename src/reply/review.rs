//! Parses the answer to a review: findings, each with the code that it quotes and the code to put in its place.
//!
//! The prompt requests a form that small models manage: `LINE: severity: message`, then `-` lines that quote the
//! code and `+` lines that replace it. Bullets, bold text, fences and line numbers in the quoted code are
//! accepted as well.

mod header;
pub mod locate;

use std::str::FromStr;

use crate::reply::edit::fence;
use crate::reply::review::header::Header;
use crate::reply::unseen::hides;

/// The most remarks that are read, and the most characters of a message.
const MOST: usize = 20;
const LONGEST: usize = 600;

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Hint,
    Information,
    Warning,
    Error,
}

/// A finding before its place in the code is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line that it names, from 1.
    pub line: usize,
    pub severity: Severity,
    /// Plain text in one line.
    pub message: String,
    /// Lines of the code; empty if it quotes none.
    pub quoted: String,
    /// The lines to put in their place.
    pub replacement: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remarks {
    /// The answer says that there is nothing to find.
    Nothing,
    /// Empty if the answer does not have the requested form.
    Some(Vec<Remark>),
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Information => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity that a word of a model stands for.
    fn named(word: &str) -> Option<Self> {
        Some(match &*word.to_lowercase() {
            "error" | "bug" | "critical" | "severe" | "high" | "major" => Self::Error,
            "warning" | "warn" | "medium" | "moderate" => Self::Warning,
            "info" | "information" | "note" | "low" | "minor" => Self::Information,
            "hint" | "suggestion" | "style" | "nit" => Self::Hint,
            _ => return None,
        })
    }
}

impl FromStr for Severity {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Hint, Self::Information, Self::Warning, Self::Error];
        let found = all.into_iter().find(|it| it.name() == text);
        found.ok_or("expected error, warning, info or hint")
    }
}

/// The remarks of an answer, without those that say nothing and those whose corrected code is the quoted code.
pub fn read(answer: &str) -> Remarks {
    let mut reader = Reader::default();
    answer.lines().for_each(|it| reader.line(it));
    let mut remarks = reader.finish();
    remarks.retain(|it| !it.message.is_empty());
    let is_empty = remarks.is_empty();
    remarks.retain(|it| !it.corrects_nothing());
    remarks.truncate(MOST);
    match remarks.is_empty() && (!is_empty || says_nothing(answer)) {
        true => Remarks::Nothing,
        false => Remarks::Some(remarks),
    }
}

impl Remark {
    fn corrects_nothing(&self) -> bool {
        let [quoted, new] = [Some(&self.quoted), self.replacement.as_ref()]
            .map(|it| it.map(|it| it.split_whitespace().collect::<String>()));
        new.is_some() && new == quoted
    }
}

/// Whether the first words of an answer are `none`, `no findings` or alike.
fn says_nothing(answer: &str) -> bool {
    let words = answer.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    let words: Vec<String> = words.take(2).map(str::to_lowercase).collect();
    match &*words {
        [first, ..] if first == "none" => true,
        [first, second] => {
            first == "no" && ["findings", "issues", "problems"].contains(&second.as_str())
        }
        _ => false,
    }
}

#[derive(Default)]
struct Reader {
    done: Vec<Remark>,
    current: Option<Remark>,
    /// Whether the current remark is an entry of a list, so that a `-` can begin the next one.
    is_listed: bool,
    /// The lines of an open fence.
    fenced: Option<Vec<String>>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        if fence::mark(text).is_some() {
            match self.fenced.take() {
                Some(fenced) => self.code(&fenced),
                None => self.fenced = Some(Vec::new()),
            }
            return;
        }
        let header = header::parse(text).filter(|it| self.begins(text, it));
        match (header, &mut self.fenced, &mut self.current) {
            (Some(header), ..) => self.begin(text, &header),
            (None, _, None) => {}
            (None, Some(fenced), Some(_)) => fenced.push(line.to_owned()),
            (None, None, Some(_)) if text.starts_with(['-', '+']) => self.marked(text),
            (None, None, Some(remark)) if remark.quoted.is_empty() => say(remark, text),
            (None, None, Some(_)) => {}
        }
    }

    /// Whether a line that looks like the beginning of a remark is one, and not quoted code.
    fn begins(&self, text: &str, header: &Header<'_>) -> bool {
        let is_code = self.fenced.is_some() || text.starts_with('-') && !self.is_listed;
        self.current.is_none() || header.severity.is_some() || !is_code && !text.starts_with('+')
    }

    fn begin(&mut self, text: &str, header: &Header<'_>) {
        if let Some(fenced) = self.fenced.as_mut().map(std::mem::take) {
            self.code(&fenced);
        }
        self.done.extend(self.current.take());
        self.is_listed = text.starts_with('-');
        let mut remark = Remark {
            line: header.line,
            severity: header.severity.unwrap_or(Severity::Information),
            message: String::new(),
            quoted: String::new(),
            replacement: None,
        };
        say(&mut remark, header.message);
        self.current = Some(remark);
    }

    /// A line with a mark: `-` quotes the code, `+` replaces it.
    fn marked(&mut self, line: &str) {
        let Some(remark) = &mut self.current else { return };
        let is_head = line.starts_with("--- a/") || line.starts_with("+++ b/");
        match (line.strip_prefix('-'), line.strip_prefix('+')) {
            (_, _) if is_head => {}
            (Some(code), _) => push(&mut remark.quoted, code),
            (None, Some(code)) => push(remark.replacement.get_or_insert_default(), code),
            (None, None) => {}
        }
    }

    /// The lines of a fence: marked ones, else the quoted code, else what replaces it.
    fn code(&mut self, lines: &[String]) {
        let Some(remark) = &mut self.current else { return };
        let text: String = lines.iter().flat_map(|it| [it.as_str(), "\n"]).collect();
        if lines.iter().any(|it| it.starts_with(['-', '+'])) {
            for line in lines.iter().filter(|it| !it.starts_with("@@")) {
                match line.starts_with(['-', '+']) {
                    true => self.marked(line),
                    false => ["-", "+"].iter().for_each(|it| self.marked(&format!("{it}{line}"))),
                }
            }
        } else if remark.quoted.is_empty() {
            remark.quoted = text;
        } else if remark.replacement.is_none() {
            remark.replacement = Some(text);
        }
    }

    fn finish(mut self) -> Vec<Remark> {
        if let Some(fenced) = self.fenced.take() {
            self.code(&fenced);
        }
        self.done.extend(self.current.take());
        self.done
    }
}

/// Adds a line of code without the space behind its mark.
fn push(code: &mut String, line: &str) {
    *code += line.strip_prefix(' ').unwrap_or(line);
    code.push('\n');
}

/// Adds words to a message, in one line and without control characters.
fn say(remark: &mut Remark, words: &str) {
    let words = words.split_whitespace().filter(|_| remark.message.len() < LONGEST);
    for word in words.collect::<Vec<_>>() {
        let word: String = word.chars().filter(|it| !hides(*it)).take(LONGEST).collect();
        if !remark.message.is_empty() && !word.is_empty() {
            remark.message.push(' ');
        }
        remark.message += &word;
    }
}

#[cfg(test)]
mod tests;
