//! How a change of code is asked for and read back.
//!
//! A short text is answered whole, a long one as blocks that say what to search for and what to put
//! in its place: the size of the text alone decides. One parser reads both, since models answer in
//! the form they like best.

mod apply;
mod bare;
mod fence;
mod indent;

use std::collections::BTreeSet;
use std::fmt;

use crate::prompt::unseen;

/// Up to so many bytes a text is answered whole.
const WHOLE: usize = 3 << 10;
/// An answer may be so many times as long as what it replaces, and so many bytes more.
const GROWTH: usize = 6;
const ROOM: usize = 16 << 10;

/// A shorter word is no name, and fewer names say nothing.
const SHORTEST: usize = 4;
const FEW: usize = 4;
/// Words that code of any kind has.
const KEYWORDS: [&str; 20] = [
    "break", "case", "class", "const", "else", "export", "false", "from", "func", "function",
    "import", "public", "return", "self", "static", "struct", "this", "true", "void", "while",
];

/// How an answer is to spell a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// All of the new text in one fence.
    Whole,
    /// Blocks of search and replace.
    Blocks,
}

/// Why an answer changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    Empty,
    /// It has no code in it.
    Prose,
    /// It has several codes, and nothing says which is meant.
    Several(usize),
    /// A fence or a block is not closed.
    Half,
    TooLong(usize),
    /// A block searches for what is not there, or stands there more than once; counted from 1.
    NotFound(usize),
    Ambiguous(usize),
    /// The new text is the old one.
    Unchanged,
    /// It brings a character that nobody would see.
    Unseen(char),
}

impl Form {
    /// The form for a text of so many bytes.
    pub fn of(bytes: usize) -> Self {
        if bytes <= WHOLE { Self::Whole } else { Self::Blocks }
    }

    /// What a model is told of it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Whole => {
                "Answer with the complete new text of the selection in a single fenced code block, \
                 and nothing else: no explanation, nothing left out, nothing from outside the \
                 selection."
            }
            Self::Blocks => {
                "Answer only with blocks of this form, one for each place that changes:\n\
                 <<<<<<< SEARCH\n\
                 lines of the selection, copied exactly\n\
                 =======\n\
                 the lines to put in their place\n\
                 >>>>>>> REPLACE\n\
                 Copy enough lines that each search text stands in the selection exactly once. \
                 No explanation."
            }
        }
    }
}

/// The new text that `answer` gives `old`, in the indentation and with the line ends of `old`.
pub fn read(answer: &str, old: &str) -> Result<String, Unusable> {
    let answer = answer.replace("\r\n", "\n");
    if answer.trim().is_empty() {
        return Err(Unusable::Empty);
    }
    if answer.len() > old.len() * GROWTH + ROOM {
        return Err(Unusable::TooLong(answer.len()));
    }
    let plain = old.replace("\r\n", "\n");
    let new = match apply::blocks(&answer)? {
        Some(blocks) => apply::apply(&blocks, &plain)?,
        None => whole(&answer, &plain)?,
    };
    if new == plain {
        return Err(Unusable::Unchanged);
    }
    if new.trim().is_empty() {
        return Err(Unusable::Empty);
    }
    if let Some(it) = unseen::brought(&new, [old]) {
        return Err(Unusable::Unseen(it));
    }
    Ok(if old.contains("\r\n") { new.replace('\n', "\r\n") } else { new })
}

/// The text that takes the place of all of `old`. Small models show what was there before they say
/// what is to be there, and leave out the fence.
fn whole(answer: &str, old: &str) -> Result<String, Unusable> {
    let fitted = |it: &String| indent::like(old, it);
    let pieces: Vec<String> = fence::pieces(answer)?.iter().map(fitted).collect();
    let changed: Vec<String> = pieces.iter().filter(|it| *it != old).cloned().collect();
    match (pieces.is_empty(), changed.is_empty()) {
        (true, _) => bare::code(answer, old).as_ref().map(fitted).ok_or(Unusable::Prose),
        (false, true) => Err(Unusable::Unchanged),
        (false, false) => fence::only(changed),
    }
}

/// Whether a new text is about what the old one is about, so that it is no other file's: it keeps an
/// eighth of its names at least. A text of few names says nothing.
pub fn is_about(new: &str, old: &str) -> bool {
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
        let name = |it: &&str| it.len() >= SHORTEST && !KEYWORDS.contains(it);
        words.filter(name).map(str::to_owned).collect()
    };
    let (new, old) = (names(new), names(old));
    old.len() < FEW || old.intersection(&new).count() * 8 >= old.len()
}

/// The one piece of code that `answer` gives, with line ends of one character.
pub fn code(answer: &str) -> Result<String, Unusable> {
    let answer = answer.replace("\r\n", "\n");
    if answer.trim().is_empty() {
        return Err(Unusable::Empty);
    }
    if answer.len() > ROOM {
        return Err(Unusable::TooLong(answer.len()));
    }
    let code = fence::only(fence::pieces(&answer)?)?;
    match unseen::brought(&code, []) {
        Some(it) => Err(Unusable::Unseen(it)),
        None => Ok(code),
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the answer is empty"),
            Self::Prose => f.write_str("the answer has no code in it"),
            Self::Several(count) => {
                write!(f, "the answer holds {count} pieces of code and does not say which is meant")
            }
            Self::Half => f.write_str("the answer breaks off in the middle of its code"),
            Self::TooLong(bytes) => write!(f, "the answer is out of proportion: {bytes} bytes"),
            Self::NotFound(block) => {
                write!(f, "block {block} of the answer changes lines that are not there")
            }
            Self::Ambiguous(block) => {
                write!(f, "block {block} of the answer fits more than one place")
            }
            Self::Unchanged => f.write_str("the answer changes nothing"),
            Self::Unseen(it) => {
                let it = u32::from(*it);
                write!(f, "the answer holds the character U+{it:04X}, which nobody would see")
            }
        }
    }
}

impl std::error::Error for Unusable {}

#[cfg(test)]
mod tests;
