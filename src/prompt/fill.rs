//! A hole as a chat prompt, for models without fill-in-the-middle training.

pub mod brief;

use crate::context::{Part, PartKind};
use crate::prompt::indentation::Indentation;
use crate::prompt::{Chat, CompletionScope, Fill, Role, Trigger, Turn};

/// Tags around the reply, so that clients and models keep its leading white space.
pub(crate) const OPEN: &str = "<fill>";
pub(crate) const CLOSE: &str = "</fill>";

const TASK: &str = "\
You complete code in an editor while its user types. You are given the text after the cursor and then \
the text before it; HOLE marks the cursor. Write what belongs in the hole, character by character as it \
would stand in the file.
Rules:
- Answer with <fill>, the text, </fill>, and nothing else: no explanation, no Markdown fence.
- Begin exactly at the cursor. Do not repeat what stands before it, not even the start of its line, \
nor what stands after it.
- If the line is half written, finish it. Begin with a line break only if the line is finished.
- Use the names, style, indentation and libraries of the file and of the other files shown.
- Do not open what you do not close, and do not close what is closed after the hole.
- If nothing belongs there, answer <fill></fill>.
";

/// Minimum length in bytes for a match with the task; shorter matches occur by chance.
const LEAST: usize = 8;

/// Whether a reply repeats the prompt: words of the task, or the reply of the example. Small models do this.
pub fn is_repeated(reply: &str, before: &str, language: &str) -> bool {
    let reply = reply.trim();
    let [begun, _, answer] = example(language);
    let tail = begun.rsplit(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
    let is_example = reply == answer && (tail.is_empty() || !before.ends_with(tail));
    let is_long = reply.len() >= LEAST && reply.contains(' ');
    let is_task = is_long && [TASK, brief::TASK].iter().any(|it| it.contains(reply));
    (is_example || is_task) && !before.contains(reply)
}

/// A hole as another program sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalHole {
    /// Path of the file, if the program sends it.
    pub path: Option<String>,
    pub prefix: String,
    pub suffix: String,
    /// Other files that the program sends: path and text.
    pub files: Vec<(String, String)>,
}

impl Fill {
    /// The parts for a text completion model. Notes about code are left out, since such a model would
    /// continue them.
    pub fn files(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|it| it.kind != PartKind::Diagnostic)
    }

    /// The same hole as a conversation, stable text first: the task, the parts, the text after the cursor,
    /// then the line at the cursor. The prompt is short for automatic completions.
    pub fn as_chat(&self) -> Chat {
        match self.trigger {
            Trigger::Automatic => self.as_brief_chat(),
            Trigger::Invoked => self.as_whole_chat(),
        }
    }

    fn as_whole_chat(&self) -> Chat {
        let hole = self.hole();
        let task = TASK.replace("HOLE", &hole);
        let [before, after, fill] = example(&self.language);
        let example = question(&hole, before, after);
        let system =
            format!("{task}\nAn example. Asked:\n{example}\nAnswered:\n{OPEN}{fill}{CLOSE}\n");
        let indentation = self.step();
        let length = match self.extent {
            CompletionScope::Line => "the rest of the line only".to_owned(),
            CompletionScope::Lines(count) => {
                format!("at most {count} lines, to the end of the block at most")
            }
        };
        let text = format!(
            "File: {}\nLanguage: {}\nIndentation: {indentation}\nLength: {length}\n{}",
            self.path,
            self.language,
            question(&hole, &self.prefix, &self.suffix)
        );
        Chat {
            system,
            parts: self.parts.clone(),
            turns: vec![Turn { role: Role::User, text }],
            max_tokens: self.max_tokens,
            stop: vec![CLOSE.to_owned()],
            thinks: false,
            exact: false,
        }
    }

    /// One step of the text's indentation in words.
    fn step(&self) -> String {
        match Indentation::of(&[&*self.prefix, &*self.suffix].concat()) {
            Some(Indentation::Tabs) => "tabs".to_owned(),
            Some(Indentation::Spaces(count)) => format!("{count} spaces"),
            None => "as usual in this language".to_owned(),
        }
    }

    /// A marker that does not occur in the text.
    fn hole(&self) -> String {
        let is_free = |it: &String| !self.prefix.contains(&**it) && !self.suffix.contains(&**it);
        let numbered = (2..).map(|it| format!("<<<HOLE_{it}>>>"));
        let mut all = std::iter::once("<<<HOLE>>>".to_owned()).chain(numbered);
        all.find(is_free).unwrap_or_default()
    }
}

fn question(hole: &str, before: &str, after: &str) -> String {
    format!("<after>\n{hole}{after}\n</after>\n<before>\n{before}{hole}\n</before>")
}

/// The text before a hole, the text after it and the reply, in `language` or in a similar one.
fn example(language: &str) -> [&'static str; 3] {
    match language {
        "python" => [
            "def mean(values):\n    if not values:\n        ret",
            "\n    return sum(values) / len(values)\n",
            "urn 0.0",
        ],
        "ruby" => [
            "def mean(values)\n  return ",
            "\n  values.sum / values.length\nend\n",
            "0.0 if values.empty?",
        ],
        "rust" => [
            "fn mean(values: &[f64]) -> Option<f64> {\n    if values.is_",
            "\n    Some(values.iter().sum::<f64>() / values.len() as f64)\n}\n",
            "empty() {\n        return None;\n    }",
        ],
        "go" => [
            "func mean(values []float64) float64 {\n\tif len(values) ",
            "\n\treturn sum(values) / float64(len(values))\n}\n",
            "== 0 {\n\t\treturn 0\n\t}",
        ],
        "java" | "c-sharp" | "kotlin" | "scala" | "swift" => [
            "class Stats {\n    int total(int[] values) {\n        int total = 0;\n        for (int value : ",
            "\n        return total;\n    }\n}\n",
            "values) {\n            total += value;\n        }",
        ],
        "c" | "cpp" | "zig" => [
            "double mean(const double *values, int count) {\n    double sum = 0;\n    for (int i = 0; ",
            "\n    return sum / count;\n}\n",
            "i < count; i++) {\n        sum += values[i];\n    }",
        ],
        "bash" => ["for file in *.txt; do\n  ", "\ndone\n", "wc -l \"$file\""],
        "lua" => [
            "local function mean(values)\n  local sum = 0\n  for _, value in ",
            "\n  return sum / #values\nend\n",
            "ipairs(values) do\n    sum = sum + value\n  end",
        ],
        "php" => [
            "<?php\nfunction mean(array $values): float {\n    return ",
            ";\n}\n",
            "array_sum($values) / count($values)",
        ],
        "haskell" | "ocaml" | "ocaml-interface" | "elixir" => {
            ["mean xs = sum xs / ", "\n", "fromIntegral (length xs)"]
        }
        "html" | "markdown" => ["<ul>\n  <li>One</li>\n  <li>", "\n</ul>\n", "Two</li>"],
        "css" => [".card {\n  padding: 1rem;\n  border-", "\n}\n", "radius: 4px;"],
        "json" | "yaml" | "toml" | "sql" => {
            ["{\n  \"name\": \"app\",\n  \"ver", "\n}\n", "sion\": \"1.0.0\""]
        }
        _ => [
            "function mean(values) {\n  if (values.length ",
            "\n  return sum(values) / values.length;\n}\n",
            "=== 0) {\n    return 0;\n  }",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(prefix: &str, suffix: &str) -> Fill {
        Fill {
            path: "src/a.go".to_owned(),
            language: "go".to_owned(),
            parts: Vec::new(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            extent: CompletionScope::Line,
            max_tokens: 64,
            trigger: Trigger::Invoked,
            draft: None,
            typed: String::new(),
        }
    }

    #[test]
    fn a_prompt_contains_the_place_the_language_and_the_indentation() {
        let chat = fill("func f() {\n\tg(", ")\n}\n").as_chat();
        expect_test::expect![[r#"
            File: src/a.go
            Language: go
            Indentation: tabs
            Length: the rest of the line only
            <after>
            <<<HOLE>>>)
            }

            </after>
            <before>
            func f() {
            	g(<<<HOLE>>>
            </before>"#]]
        .assert_eq(&chat.turns[0].text);
        assert_eq!(chat.stop, ["</fill>"]);
        assert!(chat.system.contains("\t\treturn 0\n\t}</fill>"), "{}", chat.system);
    }

    #[test]
    fn the_marker_does_not_occur_in_the_text() {
        let chat = fill("<<<HOLE>>>", "").as_chat();
        assert!(chat.turns[0].text.contains("<<<HOLE>>><<<HOLE_2>>>"), "{:?}", chat.turns);
    }

    #[test]
    fn prompts_share_a_prefix_while_the_user_types() {
        let head = |prefix| fill(prefix, "\n}\n").as_chat();
        let (one, two) = (head("func f() {\n\tg"), head("func f() {\n\tg("));
        let shared = "<before>\nfunc f() {\n\tg";
        let at = one.turns[0].text.find(shared).expect("the prompt contains it") + shared.len();
        assert_eq!(one.system, two.system);
        assert_eq!(one.turns[0].text[..at], two.turns[0].text[..at]);
    }
}
