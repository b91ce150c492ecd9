//! A document as its editor has it, with random edits. Columns are counted in UTF-16.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::soak::provider::ANSWERED;

/// Lines at the top that are never edited, so that each cursor has lines above it.
const FIXED: usize = 4;
const MOST_LINES: usize = 90;

pub(crate) struct Mirror {
    pub(crate) uri: String,
    pub(crate) version: i32,
    pub(crate) lines: Vec<String>,
    /// Texts that were requested after a line with this text.
    offered: HashMap<String, Vec<String>>,
}

/// A pseudorandom generator with the same sequence in each run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

impl Mirror {
    pub(crate) fn new(number: usize) -> Self {
        let mut text = "// One of \u{1F600}\u{1F600} documents.\nuse std::fmt;\n\n\n".to_owned();
        for at in 0..6 {
            text += &format!(
                "fn measure_{number}_{at}(input: &[f64], weight: f64) -> f64 {{\n    \
                 let total = input.iter().sum::<f64>(); // \u{e9}\u{1F600}\n    total * weight\n}}\n\n"
            );
        }
        let lines = text.lines().map(str::to_owned).collect();
        Self { uri: format!("untitled:soak-{number}"), version: 0, lines, offered: HashMap::new() }
    }

    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }

    pub(crate) fn end(&self, line: usize) -> (u32, u32) {
        (line as u32, utf16(&self.lines[line]) as u32)
    }

    /// The line and the one above it, which determine the correct answer.
    pub(crate) fn before(&self, line: usize) -> String {
        format!("{}\n{}", self.lines[line - 1], self.lines[line])
    }

    /// All texts that may be suggested after a line; `text` is the current one.
    pub(crate) fn offered(&mut self, line: usize, text: String) -> Vec<String> {
        let offered = self.offered.entry(self.lines[line].clone()).or_default();
        if !offered.contains(&text) {
            offered.push(text);
        }
        offered.clone()
    }

    pub(crate) fn around(&self, line: usize) -> Value {
        let (start, end) =
            (line.saturating_sub(2).max(FIXED), (line + 2).min(self.lines.len() - 1));
        json!({ "start": { "line": start, "character": 0 }, "end": { "line": end, "character": 0 } })
    }

    /// Edits a random line. Returns the notification and the line of the cursor.
    pub(crate) fn edit(&mut self, random: &mut Random) -> (Value, usize) {
        let line = FIXED + random.below(self.lines.len() - FIXED);
        let end = utf16(&self.lines[line]);
        let (range, text, cursor) = match random.below(20) {
            0..12 => ((line, end, line, end), word(random), line),
            12..15 => ((line, end, line, end), format!("\n    {}", word(random)), line + 1),
            15..17 if self.lines.len() > FIXED + 20 => {
                ((line - 1, utf16(&self.lines[line - 1]), line, end), word(random), line - 1)
            }
            17..19 => ((line, 0, line, end), format!("    let \u{1F600} = {}", word(random)), line),
            _ => ((line, end, line, end), " \u{e9}\u{1F600}".to_owned(), line),
        };
        // The fixed lines keep their text.
        let (range, cursor) = match range.0 < FIXED {
            true => ((line, end, line, end), line + text.matches('\n').count()),
            false => (range, cursor),
        };
        let mut changes = vec![self.change(range, &text)];
        while self.lines.len() > MOST_LINES {
            let last = self.lines.len() - 1;
            let (before, end) = (utf16(&self.lines[last - 1]), utf16(&self.lines[last]));
            changes.push(self.change((last - 1, before, last, end), ""));
        }
        (self.did_change(changes), cursor.min(self.lines.len() - 1))
    }

    /// Applies the server's edits, last to first.
    pub(crate) fn apply(&mut self, edits: &[Value]) -> Value {
        let place = |it: &Value| {
            let number = |key: &str| it[key].as_u64().expect("a position") as usize;
            (number("line"), number("character"))
        };
        let changes = edits.iter().rev().map(|edit| {
            let (start, end) = (place(&edit["range"]["start"]), place(&edit["range"]["end"]));
            assert!(start.0 >= FIXED, "an edit outside the requested lines: {edit}");
            let text = edit["newText"].as_str().expect("a text");
            self.change((start.0, start.1, end.0, end.1), text)
        });
        let changes = changes.collect();
        self.did_change(changes)
    }

    fn did_change(&mut self, changes: Vec<Value>) -> Value {
        self.version += 1;
        let id = json!({ "uri": self.uri, "version": self.version });
        json!({ "textDocument": id, "contentChanges": changes })
    }

    fn change(
        &mut self,
        (top, left, bottom, right): (usize, usize, usize, usize),
        text: &str,
    ) -> Value {
        // A position may name the end of the text as the line after the last.
        let (bottom_line, right_byte) = match self.lines.get(bottom) {
            Some(line) => (bottom, byte(line, right)),
            None => (self.lines.len() - 1, self.lines[self.lines.len() - 1].len()),
        };
        let head = self.lines[top][..byte(&self.lines[top], left)].to_owned();
        let joined = head + text + &self.lines[bottom_line][right_byte..];
        let new = joined.split('\n').map(str::to_owned);
        self.lines.splice(top..=bottom_line, new);
        json!({ "text": text, "range": {
            "start": { "line": top, "character": left },
            "end": { "line": bottom, "character": right },
        } })
    }
}

fn word(random: &mut Random) -> String {
    const WORDS: [&str; 10] =
        ["input", ".iter()", "(weight", "total", ")", " + ", "mean", ";", " {", "}"];
    let word = WORDS[random.below(WORDS.len())];
    assert!(!word.contains(ANSWERED), "random edits must not match an answer");
    word.to_owned()
}

fn utf16(line: &str) -> usize {
    line.encode_utf16().count()
}

fn byte(line: &str, column: usize) -> usize {
    let mut units = 0;
    for (at, char) in line.char_indices() {
        if units >= column {
            return at;
        }
        units += char.len_utf16();
    }
    line.len()
}
