//! A hole as its reply is measured against, and a reply as far as it came.

use crate::prompt::indentation::{Indentation, blanks};
use crate::prompt::{CompletionScope, Fill};
use crate::reply::completion::brackets::ReplyBrackets;
use crate::reply::completion::control;
use crate::reply::completion::fit::CursorLine;
use crate::syntax::language::Language;
use crate::syntax::region::Region;

/// Bytes of text around the cursor that replies are compared with.
const REACH: usize = 8 * 1024;

/// Of lines that are indented one way, so many for one that is indented the other way are usual.
const MIXED: usize = 5;

/// Lines above and below that show how the cursor's is indented.
const BESIDE: usize = 3;

/// The place a reply has to fit. Its text is that of the document, secrets and all.
#[derive(Clone, Debug)]
pub struct Hole {
    pub(super) before: String,
    pub(super) after: String,
    pub(super) extent: CompletionScope,
    pub(super) language: Option<Language>,
    pub(super) is_prose: bool,
    /// The editor's name for the language, or the table's.
    name: String,
    /// One step of indentation, as the document has it or as is usual in its language.
    pub(super) unit: Option<Indentation>,
    /// The cursor's line.
    pub(super) line: CursorLine,
    /// Texts that end a reply and never are part of one: a model's own, and those of other models that the
    /// document does not contain.
    pub(super) control: Vec<String>,
    /// What is open at the cursor, and what is behind it.
    pub(super) opened: ReplyBrackets,
    pub(super) closed: ReplyBrackets,
    has_crlf: bool,
    /// All of the document is compared with.
    is_whole: bool,
}

/// A reply so far. Line ends are LF.
#[derive(Debug)]
pub(super) struct ReplyDraft {
    pub(super) text: String,
    /// Nothing more will come, or is wanted.
    pub(super) ended: bool,
    /// It was unwrapped: its indentation may have been lost.
    pub(super) was_fenced: bool,
    /// Columns that its first line was indented by, where the cursor's line is empty.
    pub(super) lead: usize,
}

impl Hole {
    /// `language` is a name of the table or the editor's; `control` a model's control tokens.
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

    /// The hole of a prompt, before its secrets were masked.
    pub fn of(fill: &Fill, control: &[&str]) -> Self {
        Self::new(&fill.prefix, &fill.suffix, &fill.language, fill.extent, control)
    }

    /// The same hole in a place of which a tree says what it is in.
    pub fn within(mut self, region: Option<Region>) -> Self {
        if region.is_some() {
            self.line = CursorLine::new(&self.before, &self.after, &self.name, region);
        }
        self
    }

    /// The same hole in a document that shows no indentation, where an editor or its settings say what it is.
    pub fn indented(mut self, told: Option<Indentation>) -> Self {
        self.unit = told.or(self.unit);
        self
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether the cursor is in code, a comment or a string.
    pub(super) fn region(&self) -> Region {
        self.line.region()
    }

    /// Whether the document indents by so many columns at once, a tab being four: by its own step, or by
    /// another one that is frequent.
    pub(super) fn steps_by(&self, columns: usize) -> bool {
        let Some(unit) = self.unit else { return true };
        if columns == unit.width() {
            return true;
        }
        let (own, other) = (self.deeper_by(unit.width()), self.deeper_by(columns));
        other > 1 && other * 4 >= own
    }

    /// Whether a line of the document is so many columns deeper than the one before it.
    pub(super) fn has_step(&self, columns: usize) -> bool {
        self.deeper_by(columns) > 0
    }

    /// Whether the document indents by tabs and by spaces as well, each in a fair share of its lines.
    pub(super) fn mixes_blanks(&self) -> bool {
        let (mut tabs, mut spaces) = (0, 0);
        for line in self.before.lines().chain(self.after.lines()) {
            tabs += usize::from(line.starts_with('\t'));
            spaces += usize::from(line.starts_with("  ") && !line.trim().is_empty());
        }
        tabs.min(spaces) * MIXED > tabs.max(spaces)
    }

    /// Whether a line beside the cursor's starts with these blanks and no more.
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

impl ReplyDraft {
    pub(super) fn new(reply: &str, ended: bool) -> Self {
        Self { text: unix(reply), ended, was_fenced: false, lead: 0 }
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
