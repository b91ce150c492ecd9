//! Fits a text to the rest of the line right of the cursor.
//!
//! An editor that inserts closing brackets and quotes leaves them right of the cursor, and a model can repeat
//! any part of them. The text replaces what it repeats; the rest of the line is kept.

use std::ops::Range;

use crate::prompt::indentation::blanks;
use crate::reply::completion::delimiters::OpenDelimiter;
use crate::syntax::language::{Language, is_prose};
use crate::syntax::region::Region;
use crate::text;

/// Minimum number of letters and digits of an overlap; shorter ones occur by chance.
const LEAST: usize = 5;

/// The text to insert, and how many bytes right of the cursor it replaces. They are on the cursor's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    pub text: String,
    pub covers: usize,
}

/// How a text uses the closers right of the cursor.
enum Covering {
    Some(Fit),
    /// It repeats none.
    None,
    /// It closes the same delimiters with other content: it cannot be shown.
    Never,
}

/// The cursor's line on both sides, and the delimiters that are open there.
#[derive(Clone, Debug)]
pub struct CursorLine {
    head: String,
    right: String,
    open: OpenDelimiter,
}

/// Whether only closers, separators and white space are right of the cursor.
pub fn only_closers(right: &str) -> bool {
    right.chars().all(|it| it.is_whitespace() || ")]}>\"'`;,".contains(it))
}

/// Fits `text` to its line. `None` if nothing remains, or if the text contradicts the rest of the line.
pub fn fit(text: &str, line: &CursorLine) -> Option<Fit> {
    let right = line.right.trim_end();
    let fit = if right.trim().is_empty() {
        Fit { text: text.to_owned(), covers: 0 }
    } else {
        line.fitted(text, right)?
    };
    let text = line.ended(&fit.text, &right[fit.covers..]);
    let is_new = text.trim() != right.trim() && text != right[..fit.covers];
    (!text.trim().is_empty() && is_new).then_some(Fit { text, covers: fit.covers })
}

impl CursorLine {
    /// The line of a cursor between two texts. `language` is a name of the language table or of the editor;
    /// `region` comes from a syntax tree.
    pub fn new(before: &str, after: &str, language: &str, region: Option<Region>) -> Self {
        let head = before.rsplit('\n').next().unwrap_or_default();
        let right = after.split('\n').next().unwrap_or_default();
        let known = Language::named(language).or_else(|| Language::detect(language, None, ""));
        let open = OpenDelimiter::at(known, is_prose(language), before, right, region);
        Self { head: head.to_owned(), right: right.trim_end_matches('\r').to_owned(), open }
    }

    pub fn region(&self) -> Region {
        self.open.region()
    }

    /// Whether the rest of the line is empty.
    pub(super) fn is_end(&self) -> bool {
        self.right.trim().is_empty()
    }

    /// Whether a curly bracket is open.
    pub(super) fn is_bracketed(&self) -> bool {
        self.open.has('}')
    }

    fn fitted(&self, text: &str, right: &str) -> Option<Fit> {
        let said = text.trim_end();
        // A quote outside of a string opens one.
        let opens = right.starts_with(['"', '\'', '`']) && !self.open.is_quoted();
        if (opens || !only_closers(right))
            && let Some(kept) = without_repeated(said, right.trim_start())
        {
            return Some(Fit { text: kept.to_owned(), covers: 0 });
        }
        if right.chars().all(|it| ";,".contains(it)) && said.ends_with(right) {
            return Some(Fit { text: said.to_owned(), covers: right.len() });
        }
        let is_line = self.head.trim().is_empty() && text.len() > said.len() && text.contains('\n');
        let plain = if is_line { text } else { without_overlap(text, right) };
        let plain = Fit { text: plain.to_owned(), covers: 0 };
        let ends = |text: &str, covers: usize| self.open.ends(&[text, &right[covers..]].concat());
        let as_is = ends(said, 0);
        let covering = match self.covering(text, right) {
            Covering::Some(fit) => fit,
            Covering::None => {
                let kept = without_repeated(said, right.trim_start());
                let kept =
                    kept.filter(|it| as_is.is_worse(ends(it, 0)) || self.opens_tag(said, right));
                return Some(kept.map_or(plain, |it| Fit { text: it.to_owned(), covers: 0 }));
            }
            Covering::Never => return None,
        };
        // A quote can open the text to the right instead of closing the cursor's string, and a bracket can
        // close an outer one.
        let covered = ends(covering.text.trim_end(), covering.covers);
        let is_plain = covered.is_worse(as_is) || as_is.is_whole() && covered.is_open();
        Some(if is_plain { plain } else { covering })
    }

    /// Whether a text opens the tag that `>` closes.
    fn opens_tag(&self, text: &str, right: &str) -> bool {
        right.starts_with('>') && !self.open.has('>') && text.contains('<')
    }

    /// The text extended over the closers that it repeats.
    fn covering(&self, text: &str, right: &str) -> Covering {
        let said = text.trim_end();
        let (mut closers, after) = self.open.closers(said);
        let mut standing = self.open.closers(right).0;
        // Brackets in a string are closed before its quote.
        let quote = closers.iter().position(|it| self.open.closes(&said[it.clone()]));
        if standing.first().is_some_and(|it| self.open.closes(&right[it.clone()])) {
            closers.drain(..quote.unwrap_or(0));
        }
        if let Some(code) = self.open.behind_string()
            && !standing.iter().any(|it| self.open.closes(&right[it.clone()]))
            && closers.first().is_some_and(|it| self.open.closes(&said[it.clone()]))
        {
            // The closing quote is missing on the right, but the closer of the code around it is there.
            closers.remove(0);
            standing = code.closers(right).0;
        }
        let delimiter =
            |text: &str, of: &[Range<usize>], nth: usize| text[of[nth].clone()].to_owned();
        if let Some(first) =
            closers.first().filter(|it| self.open.ends_comment(&said[it.start..it.end], right))
        {
            return Covering::Some(joined(text, first.end, right, 1));
        }
        if after == self.open || closers.is_empty() || standing.is_empty() {
            return Covering::None;
        }
        let is_same =
            |nth: &usize| delimiter(said, &closers, *nth) == delimiter(right, &standing, *nth);
        let piece = |text: &str, of: &[Range<usize>], nth: usize| {
            let start = nth.checked_sub(1).map_or(0, |it| of[it].end).min(of[nth].start);
            text[start..of[nth].start].trim().to_owned()
        };
        let repeats =
            |nth: &usize| piece(said, &closers, *nth).ends_with(&piece(right, &standing, *nth));
        let both = 0..closers.len().min(standing.len());
        let same = both.take_while(|it| is_same(it) && repeats(it)).count();
        match same.checked_sub(1) {
            Some(last) => {
                Covering::Some(joined(text, closers[last].end, right, standing[last].end))
            }
            // The text closes a later closer of the line, so the characters between them do not fit.
            None if is_same(&0) => Covering::Never,
            None => Covering::None,
        }
    }

    /// Whether a text before the first code of a line belongs to that line instead of a line of its own.
    fn is_split(&self, text: &str, blank: &str, rest: &str) -> bool {
        // After a line comment, the rest of the line cannot continue.
        let after = self.open.closers(text).1;
        if self.region() != Region::Code || after.region() == Region::Comment {
            return false;
        }
        // A sentence within a multi-line string ends its line.
        if after.region() == Region::String {
            return after.ends_with_line();
        }
        let is_ended = text.ends_with([';', '}']) && blank.contains('\n');
        blank.starts_with(' ') && !is_ended
            || text.ends_with(['.', '(', '[', '='])
            || rest.starts_with([':', '.', ',', ';', '=', ')', ']', '+', '&', '|'])
            || self.open.ends(text).is_open() && !self.open.closers(rest).0.is_empty()
    }

    /// The text with the white space and line ends that it needs before `rest`, the rest of the line.
    fn ended(&self, text: &str, rest: &str) -> String {
        let body = text.trim_end();
        if rest.trim().is_empty() {
            return body.to_owned();
        }
        let end = &text[body.len()..];
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let indent = blanks(&self.head);
        let is_lines = body.starts_with(['\n', '\r']);
        let closes = rest.starts_with([')', ']', '}']);
        let is_line = self.head.trim().is_empty() && !self.is_split(body, end, rest);
        let (blank, last) = match end.rsplit_once('\n') {
            Some((_, last)) if is_lines || is_line || body.contains('\n') => {
                let is_own = !(last.is_empty() || is_lines && closes);
                (&end[..end.len() - last.len()], if is_own { last } else { indent })
            }
            Some(_) => (&end[..end.find(['\n', '\r']).unwrap_or(0)], ""),
            None if is_lines && closes => (line_end, indent),
            None => (end, ""),
        };
        let has_blank = rest.starts_with(' ') && !blank.contains('\n');
        if has_blank { body.to_owned() } else { [body, blank, last].concat() }
    }
}

/// A text that repeats `right` up to a closer. `end` and `covers` are the positions after that closer.
fn joined(text: &str, end: usize, right: &str, covers: usize) -> Fit {
    let (tail, rest) = (text[end..].trim_end(), right[covers..].trim());
    if rest.is_empty() {
        return Fit { text: text.to_owned(), covers };
    }
    if tail.ends_with(rest) {
        return Fit { text: text.to_owned(), covers: right.len() };
    }
    // The rest of the line already ends the statement.
    if rest.starts_with([';', ',']) && tail.ends_with(['{', ';', ',']) {
        return Fit { text: text[..end].to_owned(), covers };
    }
    Fit { text: without_overlap(text, &right[covers..]).to_owned(), covers }
}

/// Removes the rest of the line from the end of a text that repeats all of it.
fn without_repeated<'a>(text: &'a str, right: &str) -> Option<&'a str> {
    let kept = text.strip_suffix(right)?;
    let is_word = |it: Option<char>| it.is_some_and(text::is_word);
    (!is_word(kept.chars().last()) || !is_word(right.chars().next())).then_some(kept)
}

/// Removes the first words right of the cursor from the end of a text.
fn without_overlap<'a>(text: &'a str, right: &str) -> &'a str {
    let (said, start) = (text.trim_end(), right.trim_start());
    let is_word = |it: Option<char>| it.is_some_and(text::is_word);
    let parts = |a: &str, b: &str| is_word(a.chars().last()) && is_word(b.chars().next());
    let ends =
        start.char_indices().map(|it| it.0).skip(1).filter(|it| said.ends_with(&start[..*it]));
    let found = ends.filter(|it| {
        let (same, kept) = (&start[..*it], &said[..said.len() - it]);
        let letters = same.chars().filter(|it| it.is_alphanumeric()).count();
        // Of a word that occurs twice, one occurrence can be intended as a third.
        let is_twice = start[*it..].trim_start().starts_with(same);
        letters >= LEAST && !is_twice && !parts(same, &start[*it..]) && !parts(kept, same)
    });
    match found.last() {
        Some(length) => &said[..said.len() - length],
        None if said.ends_with([',', ';']) && start.starts_with(&said[said.len() - 1..]) => {
            &said[..said.len() - 1]
        }
        None => text,
    }
}

/// Closers for the brackets that `text` leaves open, innermost first.
pub(super) fn closers(text: &str) -> String {
    let mut open = Vec::new();
    for it in text.chars() {
        match it {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document's line with a text inserted at its `|`.
    #[track_caller]
    fn check(cases: &[[&str; 4]]) {
        for case @ [language, document, text, expected] in cases {
            let (before, after) = document.split_once('|').expect("a cursor");
            let fit = fit(text, &CursorLine::new(before, after, language, None));
            let line = fit.map(|it| [before, &it.text, &after[it.covers..]].concat());
            assert_eq!(line.as_deref().unwrap_or("-"), *expected, "{case:?}");
        }
    }

    #[test]
    fn a_suggestion_fits_the_rest_of_the_line() {
        check(&[
            ["rust", "f(|", "a, b);", "f(a, b);"],
            ["rust", "f(|)", "a, b);", "f(a, b);"],
            ["rust", "f(|)", "a, b", "f(a, b)"],
            ["rust", "f(|)", "g(a)", "f(g(a))"],
            ["rust", "f(|);", "a, b)", "f(a, b);"],
            ["rust", "f(|);", "a, b)?;", "f(a, b)?;"],
            ["rust", "f(|);", "a) {", "f(a);"],
            ["c", "if (a[|])", "x]) {", "if (a[x]) {"],
            ["rust", "f(|)", ")", "-"],
            ["rust", "|", "   ", "-"],
            ["rust", "f( | )", "é)", "f( é)"],
            ["rust", "f(|b)", "b)", "-"],
            ["rust", "let a: Vec<|>", "u8>", "let a: Vec<u8>"],
            ["rust", "let a: Vec<|>", "Option<u8>", "let a: Vec<Option<u8>>"],
            ["rust", "f(|)(b)", "a", "f(a)(b)"],
            ["rust", "f(|)", "a)(b", "f(a)(b)"],
            ["javascript", "f(|)", "a).b(c, (d) => {", "f(a).b(c, (d) => {"],
            ["html", "{% endif|}", " %}", "{% endif %}"],
            ["html", "it's {|}</p>", "{ a }}", "it's {{ a }}</p>"],
            ["html", "f(|)", "\"form\").g(\"a\", (b) => {", "f(\"form\").g(\"a\", (b) => {"],
        ]);
    }

    #[test]
    fn quotes_are_closers_only_where_they_close() {
        check(&[
            [
                "javascript",
                "let a = require('some-|')",
                "module'",
                "let a = require('some-module')",
            ],
            [
                "rust",
                "println!(\"value |\")",
                "is {}\", value)",
                "println!(\"value is {}\", value)",
            ],
            [
                "python",
                "log.info(\"the val|\")",
                "ue is %s\", x)",
                "log.info(\"the value is %s\", x)",
            ],
            ["lua", "t[\"some key|\"]", " two\"]", "t[\"some key two\"]"],
            ["r", "print(\"|\")", "hello\");", "print(\"hello\");"],
            ["r", "print(|)", "\":)\"", "print(\":)\")"],
            ["python", "print(|)", "\":)\"", "print(\":)\")"],
            ["rust", "[\"a|\"z\",", "b\", \"c\", ", "[\"ab\", \"c\", \"z\","],
            ["html", "<meta char|\">", "set=\"utf-8\">", "<meta charset=\"utf-8\">"],
            ["lua", "require('und|)", "erstudy')", "require('understudy')"],
            ["ocaml", "(* a|)", "b *)", "(* ab *)"],
            ["kotlin", "val a = songs.rem|)", "oveAt(index)", "val a = songs.removeAt(index)"],
            ["html", "|>", "<tbody>", "<tbody>"],
            ["javascript", "this.add( new Mesh( a|);", " ) ", "this.add( new Mesh( a ) );"],
            ["php", "// the \"a|\")", "b\");", "// the \"ab\");"],
            ["markdown", "- `a|`", "b`: c", "- `ab`: c"],
            ["toml", "# \"n|\"", "ormal\" files", "# \"normal\" files"],
            ["swift", "let a = \"\\(b|\"", "c) d\"", "let a = \"\\(bc) d\""],
            ["toml", "a|\"\"\"", " = \"\"\"", "a = \"\"\""],
            ["yaml", "if: a == 'b|'", "c'", "if: a == 'bc'"],
            ["zig", "return |};", "S{ .a = b };", "return S{ .a = b };"],
            ["bash", "\"(a $b|\" \\", "c).", "\"(a $bc).\" \\"],
            ["yaml", "a: \"{{ b|\"", ".c }}", "a: \"{{ b.c }}\""],
            ["markdown", "<img src=\"a|\"", ".svg\"/>", "<img src=\"a.svg\"/>"],
            ["javascript", "d[\"|\"]", "key\"] + 1", "d[\"key\"] + 1"],
            ["javascript", "app.get('/|')", "', (req, res) => {", "app.get('/', (req, res) => {)"],
            ["sql", "ALTER TABLE `a|`", "b` DROP c;", "ALTER TABLE `ab` DROP c;"],
            ["javascript", "app.get('/|", "', (req, res) => {", "app.get('/', (req, res) => {"],
        ]);
    }

    #[test]
    fn the_rest_of_the_line_is_not_repeated() {
        check(&[
            ["python", "if |x > 3:", "not x > 3:", "if not x > 3:"],
            ["python", "f(|, c)", "a,", "f(a, c)"],
            ["python", "f(|value, c)", "a, value", "f(a, value, c)"],
            ["python", "f(|b)", "a, b) + 1", "f(a, b) + 1"],
            ["python", "f(|b)", "a)", "-"],
            ["haskell", "a = |Double Double", "Pair Double ", "a = Pair Double Double Double"],
        ]);
    }

    #[test]
    fn blanks_stay_where_code_follows() {
        check(&[
            ["python", "f(|\"b\")", "a, ", "f(a, \"b\")"],
            ["python", "f(|\"b\")", "a, \n", "f(a, \"b\")"],
            ["python", "if |x > 3:", "not ", "if not x > 3:"],
            ["rust", "f(|b)", "&mut ", "f(&mut b)"],
            ["python", "|import os", "import sys\n", "import sys\nimport os"],
            ["python", "    |b()", "a()\n", "    a()\n    b()"],
            ["python", "    |Or b.", "\"\"\"Do a.\n    ", "    \"\"\"Do a.\n    Or b."],
            ["css", "    |b: c;", "a: d; \n", "    a: d; \n    b: c;"],
            ["javascript", "function f() {|}", "\n  return 1;\n", "function f() {\n  return 1;\n}"],
            ["javascript", "function f() {|}", "\n  return 1;", "function f() {\n  return 1;\n}"],
            ["javascript", "  f(() => {|});", "\n    g();\n", "  f(() => {\n    g();\n  });"],
            ["javascript", "  f([|])", "\n    1,\n", "  f([\n    1,\n  ])"],
            ["python", "a = |", "b  \n", "a = b"],
            ["json", "  |b\",", "\"a\": \"\n", "  \"a\": \"b\","],
            ["python", "a |+ b", "= c ", "a = c + b"],
            ["python", "a| + b", " = c ", "a = c + b"],
        ]);
    }

    #[test]
    fn any_texts_are_fitted_without_a_panic() {
        let pieces = ["", "(", ")", "é", "😀", " ", "\"", ";", "x)", "]})", "<", ">", "'", "\n"];
        for (a, b) in pieces.iter().flat_map(|a| pieces.iter().map(move |b| (a, b))) {
            for right in pieces {
                let after = format!("{right}{b}é");
                let line = CursorLine::new(&format!("f<{a}"), &after, "rust", None);
                if let Some(fit) = fit(&format!("{a}{b}{right}"), &line) {
                    assert!(after.is_char_boundary(fit.covers));
                    assert!(!after[..fit.covers].contains('\n'));
                }
            }
        }
    }
}
