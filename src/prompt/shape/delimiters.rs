//! What stands open at a place: brackets, strings and comments, by the quotes of the language.
//!
//! The scan uses no grammar, so it works for every language and on half a document. Where a tree says
//! whether the place is in a string, that overrules the scan.

use std::ops::Range;

use crate::syntax::language::Language;
use crate::syntax::region::Region;

/// Languages in which an apostrophe quotes more than one character.
pub(super) const APOSTROPHES: &[&str] = &[
    "bash",
    "css",
    "elixir",
    "html",
    "javascript",
    "lua",
    "php",
    "python",
    "ruby",
    "sql",
    "toml",
    "tsx",
    "typescript",
    "yaml",
];
/// Languages whose double quotes go on over lines.
pub(super) const LONG_QUOTES: &[&str] = &["rust", "bash", "php", "ruby", "elixir", "sql"];
/// Languages in which a name may stand between backticks.
const NAMES: &[&str] = &["kotlin", "scala", "sql", "swift"];
/// What closes a string of unknown quotes: nothing does.
const NEVER: &str = "\0";

/// One thing that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Delimiter {
    /// A bracket, by what closes it.
    Bracket(char),
    /// A string or comment, by what closes it; a line comment by the line's end.
    Words { close: String, region: Region, is_long: bool },
}

impl Delimiter {
    fn is_words(&self) -> bool {
        matches!(self, Self::Words { .. })
    }
}

/// What a piece of a text does to what is open.
enum Step {
    Closes,
    /// It closes what nothing opened.
    Unmatched,
    Other,
}

/// All that is open, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    language: Option<Language>,
    is_prose: bool,
    /// `<` counts as a bracket.
    angles: bool,
    stack: Vec<Delimiter>,
    /// How many of these were open at the start of the cursor's line.
    outer: usize,
}

/// What a text leaves at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    is_quoted: bool,
    /// Brackets that it closes and nobody opened.
    unmatched: usize,
    /// Brackets that it leaves open within what it closes.
    crossed: usize,
    /// Brackets and strings that are open, less those open before the cursor's line.
    depth: isize,
}

impl Ends {
    /// Whether a line that ends so is less probable than one that ends as the other.
    pub(super) fn is_worse(self, other: Self) -> bool {
        let key = |it: Self| (it.is_quoted, it.unmatched, it.crossed);
        key(self) > key(other)
    }

    /// Whether the line closes all that it opens, and no more.
    pub(super) fn is_whole(self) -> bool {
        !self.is_quoted && self.unmatched + self.crossed == 0 && self.depth == 0
    }

    pub(super) fn is_open(self) -> bool {
        self.depth > 0
    }
}

impl Open {
    /// What is open behind `before`. `region` is what a tree says of the place; `right` is the rest of its
    /// line.
    pub(super) fn at(
        language: Option<Language>,
        is_prose: bool,
        before: &str,
        right: &str,
        region: Option<Region>,
    ) -> Self {
        let new = || Self { language, is_prose, angles: false, stack: Vec::new(), outer: 0 };
        let head = before.rsplit('\n').next().unwrap_or_default();
        let mut open = new();
        if !is_prose {
            open.read(&before[..before.len() - head.len()]);
            open.outer = open.stack.len();
        }
        open.read(head);
        match region {
            _ if is_prose => {}
            Some(Region::Code) if open.region() != Region::Code => {
                open = new();
                open.read(head);
                open.leave_words(right);
            }
            Some(region @ (Region::Comment | Region::String)) if open.region() != region => {
                open = Self { is_prose: region == Region::Comment, ..new() };
                open.read(head);
                if region == Region::String && open.region() != region {
                    let quote = right.chars().next().filter(|it| "\"'`".contains(*it));
                    let close = quote.map_or(NEVER.to_owned(), String::from);
                    // It began above this line, so what the line opens is in it.
                    open.stack.insert(0, Delimiter::Words { close, region, is_long: true });
                }
            }
            Some(_) | None => {}
        }
        if open.region() == Region::Comment && !open.ends_before(right) {
            open = Self { is_prose: true, ..new() };
            open.read(head);
        }
        open.open_angles(head, right);
        open
    }

    /// Whether the place is in code, by what is open.
    pub(super) fn region(&self) -> Region {
        let words = self.stack.iter().rev().find_map(|it| match it {
            Delimiter::Words { region, .. } => Some(*region),
            Delimiter::Bracket(_) => None,
        });
        match words {
            _ if self.is_prose => Region::Comment,
            words => words.unwrap_or_default(),
        }
    }

    /// What is open around the string that the place is in.
    pub(super) fn behind_string(&self) -> Option<Self> {
        let start = self.words().filter(|it| {
            matches!(&self.stack[*it], Delimiter::Words { region: Region::String, .. })
        })?;
        Some(Self { stack: self.stack[..start].to_vec(), ..self.clone() })
    }

    /// Whether this closes the string or comment that the place is in.
    pub(super) fn closes(&self, quote: &str) -> bool {
        let innermost = self.words().map(|it| &self.stack[it]);
        matches!(innermost, Some(Delimiter::Words { close, .. }) if close == quote)
    }

    /// Whether `closer` ends the comment that the place is in, and its last character stands there already,
    /// as one that an editor typed.
    pub(super) fn ends_comment(&self, closer: &str, right: &str) -> bool {
        let last = closer.chars().last().filter(|_| closer.len() > 1);
        self.region() == Region::Comment
            && self.closes(closer)
            && last.is_some_and(|it| right.starts_with(it))
    }

    /// Where `text`, put here, closes what is open already. Brackets nobody opened count too.
    pub(super) fn closers(&self, text: &str) -> (Vec<Range<usize>>, Self) {
        let mut after = self.clone();
        let closers = after.read(text);
        (closers, after)
    }

    /// Whether the place is in a string, be it one that a sentence quotes.
    pub(super) fn is_quoted(&self) -> bool {
        self.behind_string().is_some()
    }

    /// Whether the place is in a string that its line has to close.
    pub(super) fn ends_with_line(&self) -> bool {
        let innermost = self.words().map(|it| &self.stack[it]);
        matches!(innermost, Some(Delimiter::Words { region: Region::String, is_long: false, .. }))
    }

    /// Whether a bracket is open that this one closes.
    pub(super) fn has(&self, closer: char) -> bool {
        self.stack.contains(&Delimiter::Bracket(closer))
    }

    /// Whether what stands right of the place ends the comment that it is in, or its last character does.
    fn ends_before(&self, right: &str) -> bool {
        let Some(Delimiter::Words { close, .. }) = self.words().map(|it| &self.stack[it]) else {
            return false;
        };
        let last = close.chars().last().filter(|it| *it != '\n');
        right.contains(close.as_str()) || last.is_some_and(|it| right.trim_start().starts_with(it))
    }

    /// Drops the string that the scan is in: the tree has code there. Not where a string quotes code and goes
    /// on behind the cursor, nor where the tree does not know the language.
    fn leave_words(&mut self, right: &str) {
        let name = self.language.map_or("", Language::name);
        let is_closed = self.clone().read(right).iter().any(|it| self.closes(&right[it.clone()]));
        let is_foreign = matches!(name, "html" | "markdown" | "yaml");
        // A tree takes a quoted name for code.
        let is_name = NAMES.contains(&name) && self.closes("`");
        if !is_foreign && !is_name && (!is_closed || self.ends(right).is_quoted) {
            self.stack.retain(|it| matches!(it, Delimiter::Bracket(_)));
        }
    }

    /// How a line ends with `text` at its end.
    pub(super) fn ends(&self, text: &str) -> Ends {
        let mut after = self.clone();
        let (mut at, mut unmatched, mut crossed) = (0, 0, 0);
        while at < text.len() {
            let depth = after.stack.len();
            let (length, step) = after.step(text, at);
            unmatched += usize::from(matches!(step, Step::Unmatched));
            crossed += depth.saturating_sub(after.stack.len() + 1);
            at += length;
        }
        let depth = after.stack.len() as isize - self.outer as isize;
        Ends { is_quoted: after.is_quoted(), unmatched, crossed, depth }
    }

    /// A generic's or a tag's `<`, where its `>` stands behind the cursor.
    fn open_angles(&mut self, head: &str, right: &str) {
        let is_closed = right.starts_with('>') && !right.starts_with(">=");
        let is_open = head.rfind('<').is_some_and(|it| !head[it..].contains('>'));
        if is_closed && is_open && self.region() == Region::Code {
            self.angles = true;
            self.stack.push(Delimiter::Bracket('>'));
        }
    }

    fn read(&mut self, text: &str) -> Vec<Range<usize>> {
        let (mut at, mut floor, mut closers) = (0, self.stack.len(), Vec::new());
        while at < text.len() {
            let (length, step) = self.step(text, at);
            match step {
                Step::Unmatched => closers.push(at..at + length),
                Step::Closes if self.stack.len() < floor => closers.push(at..at + length),
                Step::Closes | Step::Other => {}
            }
            floor = floor.min(self.stack.len());
            at += length;
        }
        closers
    }

    /// Reads one piece: its length, and what it does.
    fn step(&mut self, text: &str, at: usize) -> (usize, Step) {
        match self.words() {
            Some(start) => self.in_words(text, at, start),
            None => self.in_code(text, at),
        }
    }

    /// The place in the stack of the string or comment that the end of the text is in.
    fn words(&self) -> Option<usize> {
        self.stack.iter().rposition(Delimiter::is_words)
    }

    /// Reads one piece within a string or comment: its length, and what it does.
    fn in_words(&mut self, text: &str, at: usize, start: usize) -> (usize, Step) {
        let rest = &text[at..];
        let char = rest.chars().next().unwrap_or_default();
        // A string within a string ends with the outer one.
        let closed = self.stack.iter().position(
            |it| matches!(it, Delimiter::Words { close, .. } if rest.starts_with(close.as_str())),
        );
        if let Some((at, Delimiter::Words { close, .. })) =
            closed.and_then(|it| Some((it, self.stack.get(it)?)))
        {
            let length = close.len();
            let step = if close == "\n" { Step::Other } else { Step::Closes };
            self.stack.truncate(at);
            return (length, step);
        }
        let Some(Delimiter::Words { close, region, is_long }) = self.stack.get(start) else {
            return (rest.len(), Step::Other);
        };
        if char == '\n' && !is_long {
            self.stack.truncate(start);
            return (1, Step::Other);
        }
        // Swift quotes code so.
        if rest.starts_with("\\(") && self.language.is_some_and(|it| it.name() == "swift") {
            self.stack.push(Delimiter::Bracket(')'));
            return (2, Step::Other);
        }
        if char == '\\' && *region == Region::String && close.len() == 1 {
            let next = rest[1..].chars().next().filter(|it| *it != '\n');
            return (1 + next.map_or(0, char::len_utf8), Step::Other);
        }
        let is_local = self.stack.len() > start + 1;
        // What a string quotes by the other quote; an apostrophe quotes nothing.
        let is_outermost = !self.stack[..start].iter().any(|it| it.is_words());
        if matches!(char, '"' | '`') && is_outermost && *region == Region::String {
            self.stack.push(string(&char.to_string(), false));
            return (1, Step::Other);
        }
        match char {
            '(' | '[' | '{' => self.stack.push(Delimiter::Bracket(closer(char))),
            // Only what this string opened is closed in it.
            ')' | ']' | '}' if is_local && self.stack.last() == Some(&Delimiter::Bracket(char)) => {
                self.stack.pop();
                return (1, Step::Closes);
            }
            _ => {}
        }
        (char.len_utf8(), Step::Other)
    }

    /// Reads one piece of code: its length, and what it does.
    fn in_code(&mut self, text: &str, at: usize) -> (usize, Step) {
        let rest = &text[at..];
        let char = rest.chars().next().unwrap_or_default();
        let length = char.len_utf8();
        let opened = match self.is_prose {
            true => "\"`".contains(char).then(|| (1, string(&char.to_string(), false))),
            false => self.opens_words(text, at),
        };
        if let Some((opener, words)) = opened {
            self.stack.push(words);
            return (opener, Step::Other);
        }
        let is_arrow = text[..at].ends_with(['-', '=', ' ']);
        match char {
            '(' | '[' | '{' => self.stack.push(Delimiter::Bracket(closer(char))),
            '<' if self.angles => self.stack.push(Delimiter::Bracket('>')),
            '>' if self.angles
                && !is_arrow
                && self.stack.last() == Some(&Delimiter::Bracket('>')) =>
            {
                self.stack.pop();
                return (length, Step::Closes);
            }
            ')' | ']' | '}' => {
                let opener = self.stack.iter().rposition(|it| *it == Delimiter::Bracket(char));
                let Some(opener) = opener else { return (length, Step::Unmatched) };
                self.stack.truncate(opener);
                return (length, Step::Closes);
            }
            '\'' if !self.is_prose => return (literal(rest), Step::Other),
            _ => {}
        }
        (length, Step::Other)
    }

    /// What opens a string or comment here, by its length.
    fn opens_words(&self, text: &str, at: usize) -> Option<(usize, Delimiter)> {
        let rest = &text[at..];
        let name = self.language.map_or("", Language::name);
        let words = |close: &str, region, is_long| Delimiter::Words {
            close: close.to_owned(),
            region,
            is_long,
        };
        let line = self.language.and_then(Language::line_comment);
        if let Some(line) = line.filter(|it| rest.starts_with(it)) {
            // A `#` within a word opens nothing in a shell.
            let is_part = name == "bash"
                && !text[..at].is_empty()
                && !text[..at].ends_with([' ', '\t', '\n', ';']);
            return (!is_part).then(|| (line.len(), words("\n", Region::Comment, true)));
        }
        let block = self.language.and_then(Language::block_comment);
        if let Some((open, close)) = block.filter(|it| rest.starts_with(it.0)) {
            return Some((open.len(), words(close, Region::Comment, true)));
        }
        let long = self.language.map_or(&[][..], Language::long_quotes);
        if let Some(long) = long.iter().find(|it| rest.starts_with(**it)) {
            return Some((long.len(), words(long, Region::String, true)));
        }
        let char = rest.chars().next()?;
        let is_word = text[..at].ends_with(|it: char| it.is_alphanumeric());
        let quotes = match char {
            '"' => name != "markdown",
            // In sentences between tags it is none.
            '\'' if matches!(name, "html" | "yaml" | "") => !is_word,
            '\'' => APOSTROPHES.contains(&name),
            '`' => matches!(name, "bash" | "php" | "ruby") || NAMES.contains(&name),
            _ => false,
        };
        if char == '"' && name == "rust" {
            let hashes = text[..at].len() - text[..at].trim_end_matches('#').len();
            let is_raw = hashes > 0 && text[..at - hashes].ends_with('r');
            let close = ["\"", &"#".repeat(if is_raw { hashes } else { 0 })].concat();
            return Some((1, words(&close, Region::String, true)));
        }
        let is_long = LONG_QUOTES.contains(&name) && char == '"' || name == "bash" || name == "php";
        quotes.then(|| (1, words(&char.to_string(), Region::String, is_long)))
    }
}

fn string(close: &str, is_long: bool) -> Delimiter {
    Delimiter::Words { close: close.to_owned(), region: Region::String, is_long }
}

fn closer(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The length of a character's literal, or of an apostrophe that opens none.
fn literal(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    if chars.next().map(|it| it.1) == Some('\\') {
        chars.next();
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of `text` that close what is open behind `before`.
    fn closers<'a>(language: &str, before: &str, text: &'a str) -> Vec<&'a str> {
        let open = Open::at(Language::named(language), false, before, "", None);
        open.closers(text).0.into_iter().map(|it| &text[it]).collect()
    }

    #[test]
    fn what_a_text_closes_is_found_outside_of_its_own_strings() {
        assert_eq!(closers("python", "print(", "\":)\""), [""; 0]);
        assert_eq!(closers("python", "print(\"", "a)\", b);"), ["\"", ")"]);
        assert_eq!(closers("rust", "f(&'a x, '(', ", "b)?;"), [")"]);
        assert_eq!(closers("rust", "f(", "a)(b"), [")"]);
        assert_eq!(closers("javascript", "f(() => {", "\n  g();\n})"), ["}", ")"]);
        assert_eq!(closers("rust", "r#\"a\"", "b\"#)"), ["\"#", ")"]);
        assert_eq!(closers("r", "paste('it", "s')"), ["'", ")"]);
    }

    #[test]
    fn a_place_is_in_words_as_its_quotes_or_its_tree_say() {
        let region = |language: &str, before: &str, tree| {
            Open::at(Language::named(language), false, before, "\")", tree).region()
        };
        assert_eq!(region("python", "x = \"a", None), Region::String);
        assert_eq!(region("python", "x = 1 # it's", None), Region::Comment);
        assert_eq!(region("python", "\"\"\"A\n\nb", None), Region::String);
        assert_eq!(region("rust", "x = \"a", Some(Region::Code)), Region::String);
        let within = Open::at(Language::named("rust"), false, "x = \"a", ");", Some(Region::Code));
        assert_eq!(within.region(), Region::Code);
        assert_eq!(region("rust", "b", Some(Region::String)), Region::String);
        assert_eq!(region("c", "/* a", None), Region::Comment);
    }
}
