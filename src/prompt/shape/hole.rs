//! A hole as its reply is measured against, and a reply as far as it came.

use crate::prompt::Extent;
use crate::prompt::Fill;
use crate::prompt::indentation::blanks;
use crate::syntax::language::Language;

/// Bytes of text around the cursor that replies are compared with.
const REACH: usize = 8 * 1024;

/// The place a reply has to fit. Its text is that of the document, secrets and all.
#[derive(Clone, Debug)]
pub struct Hole {
    pub(super) before: String,
    pub(super) after: String,
    pub(super) extent: Extent,
    pub(super) language: Option<Language>,
    pub(super) is_prose: bool,
    /// Texts that end a reply and never are part of one.
    pub(super) control: Vec<String>,
    has_crlf: bool,
}

/// A reply so far. Line ends are LF.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) text: String,
    /// Nothing more will come, or is wanted.
    pub(super) ended: bool,
    /// It was unwrapped: its indentation may have been lost.
    pub(super) was_fenced: bool,
}

impl Hole {
    /// `language` is a name of the table or the editor's; `control` a model's control tokens.
    pub fn new(
        before: &str,
        after: &str,
        language: &str,
        extent: Extent,
        control: &[&str],
    ) -> Self {
        let before = &before[before.ceil_char_boundary(before.len().saturating_sub(REACH))..];
        let after = &after[..after.floor_char_boundary(REACH)];
        Self {
            has_crlf: before.contains("\r\n") || after.contains("\r\n"),
            before: unix(before),
            after: unix(after),
            extent,
            language: Language::named(language).or_else(|| Language::detect(language, None, "")),
            is_prose: crate::syntax::language::is_prose(language),
            control: control.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    /// The hole of a prompt, before its secrets were masked.
    pub fn of(fill: &Fill, control: &[&str]) -> Self {
        Self::new(&fill.prefix, &fill.suffix, &fill.language, fill.extent, control)
    }

    /// The texts around the cursor.
    pub(super) fn around(&self) -> [&str; 2] {
        [&self.before, &self.after]
    }

    /// The cursor's line before the cursor.
    pub(super) fn head(&self) -> &str {
        self.before.rsplit('\n').next().unwrap_or_default()
    }

    /// The cursor's line behind it.
    pub(super) fn right(&self) -> &str {
        self.after.split('\n').next().unwrap_or_default()
    }

    /// The lines above the cursor's that are not blank, nearest first.
    pub(super) fn above(&self) -> impl Iterator<Item = &str> {
        self.before.rsplit('\n').skip(1).filter(|it| !it.trim().is_empty())
    }

    /// The lines below the cursor's that are not blank, nearest first.
    pub(super) fn below(&self) -> impl Iterator<Item = &str> {
        self.after.split('\n').skip(1).filter(|it| !it.trim().is_empty())
    }

    /// A text with the document's line ends.
    pub(super) fn line_ends(&self, text: &str) -> String {
        if self.has_crlf { text.replace('\n', "\r\n") } else { text.to_owned() }
    }
}

impl Draft {
    pub(super) fn new(reply: &str, ended: bool) -> Self {
        Self { text: unix(reply), ended, was_fenced: false }
    }

    /// Ends the text here.
    pub(super) fn cut(&mut self, at: usize) {
        self.text.truncate(at);
        self.ended = true;
    }

    /// The lines of which no more will come, and where they start.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut at = 0;
        self.text.split_inclusive('\n').filter_map(move |it| {
            let start = at;
            at += it.len();
            (it.ends_with('\n') || self.ended).then(|| (start, it.trim_end_matches('\n')))
        })
    }
}

/// Columns a line is indented by.
pub(super) fn width(line: &str) -> usize {
    blanks(line).chars().map(|it| if it == '\t' { 4 } else { 1 }).sum()
}

fn unix(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}
