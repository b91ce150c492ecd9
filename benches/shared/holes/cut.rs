//! Cuts holes into documents.

use understudy::syntax::language::Language;

use crate::holes::Outcome;
use crate::holes::files::File;
use crate::random::Random;

/// Maximum lines of a hole, as in a request.
const LINES: usize = 9;

/// A kind of hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Up to a closing bracket of the line, which stays after the cursor.
    BeforeBracket,
    /// To the end of the line; an editor has closed the delimiters open at the cursor.
    Paired,
    /// Up to the closing quote of a string.
    InString,
    /// Up to a later word or sign of the line.
    BeforeCode,
    RestOfLine,
    /// A line with the cursor in its indentation.
    Line,
    /// A line with the cursor at the margin.
    Margin,
    /// A statement with its block.
    Block,
    /// A new line before the next one.
    FrontOfLine,
    Comment,
    /// The lines inside a bracket pair; its closing bracket is after the cursor.
    InsidePair,
}

/// A hole with its true text.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) language: Language,
    pub(crate) cut: Cut,
    pub(crate) before: String,
    pub(crate) truth: String,
    /// The text after the cursor, with brackets from the editor.
    pub(crate) after: String,
    /// Length of these brackets in bytes.
    typed: usize,
}

impl Cut {
    pub(crate) const ALL: [Self; 11] = [
        Self::BeforeBracket,
        Self::Paired,
        Self::InString,
        Self::BeforeCode,
        Self::RestOfLine,
        Self::Line,
        Self::Margin,
        Self::Block,
        Self::FrontOfLine,
        Self::Comment,
        Self::InsidePair,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BeforeBracket => "before a bracket",
            Self::Paired => "in a typed pair",
            Self::InString => "in a string",
            Self::BeforeCode => "before code",
            Self::RestOfLine => "rest of a line",
            Self::Line => "line",
            Self::Margin => "line at margin",
            Self::Block => "block",
            Self::FrontOfLine => "in front of a line",
            Self::Comment => "comment",
            Self::InsidePair => "in a pair",
        }
    }

    /// A hole of this kind at a random place of a file, if the place has one.
    pub(crate) fn place(self, file: &File, random: &mut Random) -> Option<Place> {
        let lines: Vec<&str> = file.text.split_inclusive('\n').collect();
        let nth = random.below(lines.len());
        let start: usize = lines[..nth].iter().map(|it| it.len()).sum();
        let line = lines[nth].trim_end();
        let indent = line.len() - line.trim_start().len();
        if line.len() < indent + 4 || !line.is_ascii() {
            return None;
        }
        let (from, to, typed) = match self {
            Self::BeforeBracket | Self::InString | Self::BeforeCode => {
                let (from, to) = self.within(line, indent, random)?;
                (start + from, start + to, String::new())
            }
            Self::RestOfLine => {
                let from = indent + 1 + random.below(line.len() - indent - 1);
                (start + from, start + line.len(), String::new())
            }
            Self::Paired => {
                let from = indent + 1 + random.below(line.len() - indent - 1);
                (start + from, start + line.len(), typed_ahead(&line[..from], &line[from..])?)
            }
            Self::Line => (start + indent, start + line.len(), String::new()),
            Self::Margin => (start, start + line.len(), String::new()),
            Self::Block => {
                let last = statement(&lines, nth)?;
                let end: usize = lines[..last].iter().map(|it| it.len()).sum();
                (start + indent, file.text[..end].trim_end().len(), String::new())
            }
            Self::FrontOfLine => {
                let next = lines.get(nth + 1)?;
                let same = next.len() - next.trim_start().len() == indent;
                let is_word = next.trim_start().starts_with(|it: char| it.is_alphanumeric());
                let end = start + lines[nth].len() + indent;
                (same && is_word && !next.trim().is_empty()).then_some((
                    start + indent,
                    end,
                    String::new(),
                ))?
            }
            Self::Comment => {
                let marker = file.language.line_comment()?;
                let text = indent
                    + line[indent..]
                        .strip_prefix(marker)?
                        .len()
                        .checked_sub(8)
                        .map(|_| marker.len())?;
                let from = text + 1 + random.below(line.len() - text - 2);
                (start + from, start + line.len(), String::new())
            }
            Self::InsidePair => {
                let last = statement(&lines, nth)?;
                let close = lines.get(last - 1)?;
                let bracket = close.trim_start().starts_with(['}', ']', ')']);
                let opens = line.ends_with(['{', '[', '(']);
                let end: usize = lines[..last - 1].iter().map(|it| it.len()).sum();
                let column = close.len() - close.trim_start().len();
                (bracket && opens && last > nth + 2 && column == indent).then_some((
                    start + line.len(),
                    end + column,
                    String::new(),
                ))?
            }
        };
        let truth = file.text.get(from..to)?;
        let place = Place {
            path: format!("{}:{}", file.path, nth + 1),
            language: file.language,
            cut: self,
            before: file.text[..from].to_owned(),
            truth: truth.to_owned(),
            after: [typed.as_str(), &file.text[to..]].concat(),
            typed: typed.len(),
        };
        let is_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
        // The text after a hole starts with a separate word.
        let splits = is_word(truth.chars().last()) && is_word(file.text[to..].chars().next());
        // Text that closes a pair and opens one again leaves a closer, as the editor would.
        let is_again = !typed.is_empty()
            && typed_ahead(&file.text[..to][start..], &typed).is_some_and(|it| it == typed);
        let is_typed = truth.trim() == typed || is_again;
        (!truth.trim().is_empty() && !splits && !is_typed).then_some(place)
    }

    /// A piece of a line that ends before `end`.
    fn within(self, line: &str, indent: usize, random: &mut Random) -> Option<(usize, usize)> {
        let from = indent + random.below(line.len() - indent);
        let ends: Vec<usize> = match self {
            Self::InString => {
                let quote = line[..from].rfind(['"', '\''])?;
                let char = line[quote..].chars().next()?;
                let is_open = line[..=quote].matches(char).count() % 2 == 1;
                let end = line[from..].find(char).map(|it| from + it)?;
                if is_open && quote < from { vec![end] } else { Vec::new() }
            }
            Self::BeforeBracket => {
                let depth = |it: &str| {
                    it.chars().fold(0i32, |depth, it| match it {
                        '(' | '[' | '{' => depth + 1,
                        ')' | ']' | '}' => depth - 1,
                        _ => depth,
                    })
                };
                let closers = line.match_indices([')', ']', '}']).map(|it| it.0);
                closers.filter(|it| *it > from && depth(&line[from..*it]) == 0).take(1).collect()
            }
            _ => {
                let starts = |it: &usize| {
                    let (a, b) = (line.as_bytes()[*it - 1], line.as_bytes()[*it]);
                    let is_word = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
                    !(b.is_ascii_whitespace() || is_word(a) && is_word(b))
                        && (is_word(b) || is_word(a) || a == b' ')
                };
                (from + 1..line.len()).filter(starts).collect()
            }
        };
        let to = *ends.get(random.below(ends.len().max(1)))?;
        (to > from).then_some((from, to))
    }
}

/// Closers that an editor inserts after a cursor: of brackets and quotes open in `head`, if the rest of the
/// line closes them.
fn typed_ahead(head: &str, rest: &str) -> Option<String> {
    // Editors close all three quotes of a string or none.
    if head.contains("\"\"\"") || rest.starts_with("\"\"") {
        return None;
    }
    let (mut open, mut quote) = (Vec::new(), None);
    for it in head.chars() {
        match (it, quote) {
            (_, Some(open)) if it == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '`', None) => quote = Some(it),
            ('(', None) => open.push(')'),
            ('[', None) => open.push(']'),
            ('{', None) => open.push('}'),
            (')' | ']' | '}', None) => drop(open.pop()),
            _ => {}
        }
    }
    let closers: String = quote.into_iter().chain(open.into_iter().rev()).collect();
    let mut left = closers.chars();
    let mut wanted = left.next()?;
    // Only closers that the rest of the line has too.
    let mut depth = 0i32;
    for it in rest.chars() {
        match it {
            _ if it == wanted && depth == 0 => match left.next() {
                Some(next) => wanted = next,
                None => return Some(closers),
            },
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The position after a line with the deeper lines below it and their closing line.
fn statement(lines: &[&str], from: usize) -> Option<usize> {
    let width = |it: &str| it.len() - it.trim_start().len();
    let mut end = from + 1;
    while lines.get(end).is_some_and(|it| it.trim().is_empty() || width(it) > width(lines[from])) {
        end += 1;
    }
    let closes = lines.get(end).is_some_and(|it| {
        let word = it.trim_start();
        width(it) == width(lines[from])
            && (word.starts_with(['}', ')', ']']) || word.starts_with("</"))
            && !word.trim_end().ends_with(['{', '('])
    });
    let end = if closes { end + 1 } else { end };
    let end = from + lines[from..end].iter().rposition(|it| !it.trim().is_empty())? + 1;
    (end > from + 1 && end - from <= LINES).then_some(end)
}

impl Place {
    pub(crate) fn right(&self) -> &str {
        self.after.split('\n').next().unwrap_or_default()
    }

    pub(crate) fn head(&self) -> &str {
        self.before.rsplit('\n').next().unwrap_or_default()
    }

    /// Lines below the cursor's.
    pub(crate) fn below(&self) -> Vec<&str> {
        self.after.split('\n').skip(1).collect()
    }

    /// Whether an automatic request has no completion here.
    pub(crate) fn needs_invoking(&self) -> bool {
        let right = self.right();
        right.starts_with(|it: char| it.is_alphanumeric() || it == '_')
            || self.cut == Cut::FrontOfLine
    }

    /// Converts the document to CRLF line ends.
    pub(crate) fn with_crlf(&mut self) {
        for it in [&mut self.before, &mut self.truth, &mut self.after] {
            *it = it.replace('\n', "\r\n");
        }
    }

    /// The document with a text inserted, replacing `covers` bytes after the cursor.
    pub(crate) fn outcome(&self, text: &str, covers: usize) -> Outcome {
        let original = [&self.before, &self.truth, &self.after[self.typed..]].concat();
        let document = [&self.before, text, &self.after[covers..]].concat();
        if document == original || same_but_for_blanks(&document, &original) {
            return Outcome::Right;
        }
        let shown = text.trim_end();
        let goes_on = self
            .truth
            .strip_prefix(shown)
            .is_some_and(|it| it.trim_start_matches(' ').starts_with(['\r', '\n']));
        if goes_on && self.right().trim().is_empty() { Outcome::InPart } else { Outcome::Wrong }
    }
}

/// Ignores trailing white space.
fn same_but_for_blanks(a: &str, b: &str) -> bool {
    let lines = |it: &str| {
        it.split('\n')
            .map(|it| {
                it.strip_suffix('\r')
                    .map_or_else(|| it.trim_end().to_owned(), |it| format!("{}\r", it.trim_end()))
            })
            .collect::<Vec<_>>()
    };
    lines(a) == lines(b)
}
