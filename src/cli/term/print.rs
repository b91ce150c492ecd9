//! Prints suggestions to a terminal or as JSON: one for `complete`, many for `demo`.
//!
//! The underline shows the same as the colours.

use std::io;
use std::io::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::{Serialize, Serializer};
use unicode_width::UnicodeWidthStr;

use crate::cli::term::place::FilePosition;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const RIGHT: Style = AnsiColor::Green.on_default();
const WRONG: Style = AnsiColor::Red.on_default();

/// The result of a completion at one place.
#[derive(Clone, Debug, Serialize)]
pub struct PrintedAnswer {
    #[serde(flatten)]
    pub place: FilePosition,
    /// The line left of the cursor, and right of it.
    pub before: String,
    pub after: String,
    pub suggestion: Option<PrintedSuggestion>,
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub elapsed: Duration,
}

#[derive(Clone, Debug, Serialize)]
pub struct PrintedSuggestion {
    pub text: String,
    /// Probability that it is exactly right, if the model reports one.
    pub confidence: Option<f32>,
    /// The model that answered.
    pub by: String,
}

/// An answer, with the actual text of the file.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    #[serde(flatten)]
    pub answer: PrintedAnswer,
    pub truth: String,
    pub verdict: PrintedVerdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PrintedVerdict {
    Right,
    Wrong,
    Silent,
}

impl Trial {
    /// A suggestion is right if it is the rest of the line or its beginning. White space may differ.
    pub fn new(answer: PrintedAnswer, truth: String) -> Self {
        let verdict = match &answer.suggestion {
            None => PrintedVerdict::Silent,
            Some(it) if begins(&truth, &it.text) => PrintedVerdict::Right,
            Some(_) => PrintedVerdict::Wrong,
        };
        Self { answer, truth, verdict }
    }
}

/// Whether `truth` begins with `text`. Runs of white space count as one.
fn begins(truth: &str, text: &str) -> bool {
    let [truth, text] = [truth, text].map(|it| {
        let mut folded: Vec<char> = it.chars().collect();
        folded.dedup_by(|a, b| a.is_whitespace() && b.is_whitespace());
        folded
    });
    truth.starts_with(&text)
}

/// Prints an answer: the completed line, the model, its confidence and the time.
pub fn answer(out: &mut impl Write, answer: &PrintedAnswer) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", answer.place)?;
    let Some(suggestion) = &answer.suggestion else {
        return writeln!(out, "no suggestion, {}", time(answer.elapsed));
    };
    line(out, answer, suggestion, DIM)?;
    let sure = suggestion.confidence.map(|it| format!(", {:.0} % sure", it * 100.0));
    let sure = sure.unwrap_or_default();
    writeln!(out, "{}{sure}, {}", suggestion.by, time(answer.elapsed))
}

/// Prints a trial: its verdict, its line, and the actual text if the suggestion is wrong.
pub fn trial(out: &mut impl Write, trial: &Trial) -> io::Result<()> {
    let (word, style) = match trial.verdict {
        PrintedVerdict::Right => ("right", RIGHT),
        PrintedVerdict::Wrong => ("wrong", WRONG),
        PrintedVerdict::Silent => ("silent", DIM),
    };
    let answer = &trial.answer;
    let time = time(answer.elapsed);
    writeln!(out, "{style}{word:6}{style:#} {time:>9}  {BOLD}{}{BOLD:#}", answer.place)?;
    let (before, truth) = (answer.before.trim_start(), trial.truth.trim_end());
    match (trial.verdict, &answer.suggestion) {
        (PrintedVerdict::Right, Some(suggestion)) => {
            // The rest of the line is printed too, so that the line can be read.
            let left = truth.strip_prefix(&suggestion.text).unwrap_or_default();
            let answer = PrintedAnswer { after: format!("{DIM}{left}{DIM:#}"), ..answer.clone() };
            line(out, &answer, suggestion, style)
        }
        (PrintedVerdict::Wrong, Some(suggestion)) => {
            line(out, answer, suggestion, style)?;
            writeln!(out, "    {before}{truth}  {DIM}is the actual text{DIM:#}")
        }
        (_, _) => writeln!(out, "    {before}{DIM}{truth}{DIM:#}"),
    }
}

/// The completed line with the suggestion marked in it.
fn line(
    out: &mut impl Write,
    answer: &PrintedAnswer,
    suggestion: &PrintedSuggestion,
    style: Style,
) -> io::Result<()> {
    let (before, text) = (answer.before.trim_start(), &suggestion.text);
    writeln!(out, "    {before}{style}{text}{style:#}{}", answer.after)?;
    let first = text.lines().next().unwrap_or_default();
    let mark = "~".repeat(first.width());
    writeln!(out, "    {:indent$}{style}{mark}{style:#}", "", indent = before.width())
}

fn time(elapsed: Duration) -> String {
    format!("{:.2} ms", elapsed.as_secs_f64() * 1000.0)
}

fn milliseconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use anstream::StripStream;
    use expect_test::{Expect, expect};

    use super::*;

    fn suggested(before: &str, suggestion: Option<&str>) -> PrintedAnswer {
        let (text, by) = (suggestion.map(str::to_owned), "embedded".to_owned());
        PrintedAnswer {
            place: FilePosition { path: PathBuf::from("src/client.py"), line: 12, column: 9 },
            before: before.to_owned(),
            after: String::new(),
            suggestion: text.map(|text| PrintedSuggestion { text, confidence: Some(0.914), by }),
            elapsed: Duration::from_micros(312),
        }
    }

    fn check(print: impl FnOnce(&mut Vec<u8>) -> io::Result<()>, expect: Expect) {
        let mut styled = Vec::new();
        print(&mut styled).unwrap();
        let mut plain = StripStream::new(Vec::new());
        plain.write_all(&styled).unwrap();
        expect.assert_eq(&String::from_utf8(plain.into_inner()).unwrap());
    }

    #[test]
    fn an_answer_shows_its_line_the_model_its_confidence_and_the_time() {
        let asked = suggested("        self.timeout = ", Some("timeout or self._default"));
        check(
            |out| answer(out, &PrintedAnswer { after: ")".to_owned(), ..asked }),
            expect![[r#"
            src/client.py:12:9
                self.timeout = timeout or self._default)
                               ~~~~~~~~~~~~~~~~~~~~~~~~
            embedded, 91 % sure, 0.31 ms
        "#]],
        );
        check(
            |out| answer(out, &suggested("名前 = ", Some("値 + 1"))),
            expect![[r#"
            src/client.py:12:9
                名前 = 値 + 1
                       ~~~~~~
            embedded, 91 % sure, 0.31 ms
        "#]],
        );
        check(
            |out| answer(out, &suggested("x = ", None)),
            expect![[r#"
            src/client.py:12:9
            no suggestion, 0.31 ms
        "#]],
        );
    }

    #[test]
    fn a_trial_shows_the_actual_text() {
        let line = "        self.timeout = ";
        let tried = |suggestion: Option<&str>, truth: &str| {
            Trial::new(suggested(line, suggestion), truth.to_owned())
        };
        check(
            |out| trial(out, &tried(Some("a +  b"), "a + b\n")),
            expect![[r#"
            right    0.31 ms  src/client.py:12:9
                self.timeout = a +  b
                               ~~~~~~
        "#]],
        );
        check(
            |out| trial(out, &tried(Some("a + b"), "a - b\n")),
            expect![[r#"
                wrong    0.31 ms  src/client.py:12:9
                    self.timeout = a + b
                                   ~~~~~
                    self.timeout = a - b  is the actual text
            "#]],
        );
        check(
            |out| trial(out, &tried(None, "a - b\n")),
            expect![[r#"
                silent   0.31 ms  src/client.py:12:9
                    self.timeout = a - b
            "#]],
        );
    }

    #[test]
    fn json_contains_the_same_data() {
        let trial = Trial::new(suggested("x = ", Some("y")), "y".to_owned());
        expect![[r#"
            {
              "path": "src/client.py",
              "line": 12,
              "column": 9,
              "before": "x = ",
              "after": "",
              "suggestion": {
                "text": "y",
                "confidence": 0.914,
                "by": "embedded"
              },
              "milliseconds": 0.312,
              "truth": "y",
              "verdict": "right"
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&trial).unwrap());
    }
}
