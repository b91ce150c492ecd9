//! The hole that a reply has to fit, and the reply so far.

use crate::prompt::indentation::{Indentation, blanks};
use crate::prompt::{CompletionScope, Fill};
use crate::reply::completion::brackets::ReplyBrackets;
use crate::reply::completion::control;
use crate::reply::completion::fit::CursorLine;
use crate::syntax::language::Language;
use crate::syntax::region::Region;

/// Bytes of text around the cursor that replies are compared with.
const REACH: usize = 8 * 1024;

/// A document mixes tabs and spaces if one in this many lines is indented the other way.
const MIXED: usize = 5;

/// Lines above and below that show the indentation of the cursor's line.
const BESIDE: usize = 3;

/// The place that a reply has to fit. Its text is unmasked.
#[derive(Clone, Debug)]
pub struct Hole {
    pub(super) before: String,
    pub(super) after: String,
    pub(super) extent: CompletionScope,
    pub(super) language: Option<Language>,
    pub(super) is_prose: bool,
    /// The editor's name of the language, or the table's.
    name: String,
    /// One step of indentation, from the document or from the convention of the language.
    pub(super) unit: Option<Indentation>,
    pub(super) line: CursorLine,
    /// Stop texts that are never part of a reply: the model's own, and those of other models unless the
    /// document contains them.
    pub(super) control: Vec<String>,
    /// Brackets open at the cursor, and brackets of the text after it.
    pub(super) opened: ReplyBrackets,
    pub(super) closed: ReplyBrackets,
    has_crlf: bool,
    /// Whether the comparison covers the complete document.
    is_whole: bool,
}

/// A reply so far. Line ends are LF.
#[derive(Debug)]
pub(super) struct ReplyDraft {
    pub(super) text: String,
    /// No more text is expected or wanted.
    pub(super) ended: bool,
    /// A fence was removed: the indentation can be lost.
    pub(super) was_fenced: bool,
    /// Indentation of the first line in columns, if the cursor's line is empty.
    pub(super) lead: usize,
}

impl Hole {
    /// `language` is a name of the table or of the editor; `control` are the model's control tokens.
    pub fn new(
        before: &str,
        after: &str,
        language: &str,
        extent: CompletionScope,
        control: &[&str],
    ) -> Self {
        let is_whole = before.len() <= REACH && after.len() <= REACH;
        let before = &before[before.ceil_char_boundary(before.len().saturating_sub(REACH))..];
        let after = &after[..after.floor_char_boundary(REACH)];
        let has_crlf = before.contains("\r\n") || after.contains("\r\n");
        let (before, after) = (unix(before), unix(after));
        let unit = Indentation::of_language(&[before.as_str(), &after].concat(), language);
        let known = Language::named(language).or_else(|| Language::detect(language, None, ""));
        Self {
            has_crlf,
            is_whole,
            unit: unit
                .or_else(|| Indentation::of_head(before.rsplit('\n').next().unwrap_or_default()))
                .or_else(|| Indentation::usual(language)),
            line: CursorLine::new(&before, &after, language, None),
            name: language.to_owned(),
            extent,
            language: known,
            opened: ReplyBrackets::of(known, &before),
            closed: ReplyBrackets::of(known, &after),
            is_prose: crate::syntax::language::is_prose(language),
            control: control::tokens(control, &before, &after),
            before,
            after,
        }
    }

    /// The hole of a prompt before masking.
    pub fn of(fill: &Fill, control: &[&str]) -> Self {
        Self::new(&fill.prefix, &fill.suffix, &fill.language, fill.extent, control)
    }

    /// The same hole with a region from a syntax tree.
    pub fn within(mut self, region: Option<Region>) -> Self {
        if region.is_some() {
            self.line = CursorLine::new(&self.before, &self.after, &self.name, region);
        }
        self
    }

    /// The same hole with the editor's or the settings' indentation, for a document that shows none.
    pub fn indented(mut self, told: Option<Indentation>) -> Self {
        self.unit = told.or(self.unit);
        self
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn region(&self) -> Region {
        self.line.region()
    }

    /// Whether the document indents by this many columns at once (a tab counts as four): by its own step, or
    /// by another frequent one.
    pub(super) fn steps_by(&self, columns: usize) -> bool {
        let Some(unit) = self.unit else { return true };
        if columns == unit.width() {
            return true;
        }
        let (own, other) = (self.deeper_by(unit.width()), self.deeper_by(columns));
        other > 1 && other * 4 >= own
    }

    /// Whether a line of the document is this many columns deeper than the line before it.
    pub(super) fn has_step(&self, columns: usize) -> bool {
        self.deeper_by(columns) > 0
    }

    /// Whether the document indents with both tabs and spaces, each in a fair share of lines.
    pub(super) fn mixes_blanks(&self) -> bool {
        let (mut tabs, mut spaces) = (0, 0);
        for line in self.before.lines().chain(self.after.lines()) {
            tabs += usize::from(line.starts_with('\t'));
            spaces += usize::from(line.starts_with("  ") && !line.trim().is_empty());
        }
        tabs.min(spaces) * MIXED > tabs.max(spaces)
    }

    /// Whether a line near the cursor is indented with exactly `lead`.
    pub(super) fn has_beside(&self, lead: &str) -> bool {
        let mut beside = self.above().take(BESIDE).chain(self.below().take(BESIDE));
        !lead.is_empty() && beside.any(|it| blanks(it) == lead)
    }

    fn deeper_by(&self, columns: usize) -> usize {
        let lines = |text: &str| {
            let widths: Vec<usize> =
                text.lines().filter(|it| !it.trim().is_empty()).map(width).collect();
            widths.windows(2).filter(|it| it[1].checked_sub(it[0]) == Some(columns)).count()
        };
        lines(&self.before) + lines(&self.after)
    }

    pub(super) fn around(&self) -> [&str; 2] {
        [&self.before, &self.after]
    }

    /// The cursor's line before the cursor.
    pub(super) fn head(&self) -> &str {
        self.before.rsplit('\n').next().unwrap_or_default()
    }

    /// The cursor's line after the cursor.
    pub(super) fn right(&self) -> &str {
        self.after.split('\n').next().unwrap_or_default()
    }

    /// Lines above the cursor that are not blank, nearest first.
    pub(super) fn above(&self) -> impl Iterator<Item = &str> {
        self.before.rsplit('\n').skip(1).filter(|it| !it.trim().is_empty())
    }

    /// Lines below the cursor that are not blank, nearest first.
    pub(super) fn below(&self) -> impl Iterator<Item = &str> {
        self.after.split('\n').skip(1).filter(|it| !it.trim().is_empty())
    }

    /// Converts a text to the document's line ends.
    pub(super) fn line_ends(&self, text: &str) -> String {
        if self.has_crlf { text.replace('\n', "\r\n") } else { text.to_owned() }
    }
}

impl ReplyDraft {
    pub(super) fn new(reply: &str, ended: bool) -> Self {
        Self { text: unix(reply), ended, was_fenced: false, lead: 0 }
    }

    pub(super) fn cut(&mut self, at: usize) {
        self.text.truncate(at);
        self.ended = true;
    }

    /// Complete lines with their positions.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut at = 0;
        self.text.split_inclusive('\n').filter_map(move |it| {
            let start = at;
            at += it.len();
            (it.ends_with('\n') || self.ended).then(|| (start, it.trim_end_matches('\n')))
        })
    }
}

/// Indentation in columns.
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
