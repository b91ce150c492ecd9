//! A hole as a short chat prompt while the user types: little text around the cursor, few rules and a short
//! reply, for low latency and cost.

use crate::prompt::fill::{CLOSE, OPEN};
use crate::prompt::{Chat, CompletionScope, Fill, Role, Turn, fill};

/// How much of a hole is sent, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptLimits {
    pub prefix: usize,
    pub suffix: usize,
    /// Snippets of other files, edits and diagnostics.
    pub parts: usize,
}

/// The limits for a chat model while the user types. With the rules below, a prompt has at most 1,700 tokens:
/// a model at $1 per million tokens, the most expensive in the small class, stays below the default
/// `limit.complete.usd` of $0.002.
pub const BRIEF: PromptLimits = PromptLimits { prefix: 2304, suffix: 768, parts: 1024 };

/// The limits for any model whose usual prompt costs more than the limit: about 30 lines before the cursor
/// and 8 after it.
pub const SMALLEST: PromptLimits = PromptLimits { prefix: 1024, suffix: 256, parts: 0 };

/// Limit for the reply, in tokens: about ten lines.
const MOST: u32 = 128;

pub(super) const TASK: &str = "\
Complete code in an editor while its user types. HOLE marks the cursor: <after> is the text behind it, \
<before> the text before it. Answer with <fill>, the missing text, </fill> and nothing else: no words, no \
Markdown. Begin exactly at the cursor and repeat nothing that is given. If nothing is missing, answer \
<fill></fill>.";

impl PromptLimits {
    pub const fn bytes(self) -> usize {
        self.prefix + self.suffix + self.parts
    }
}

impl Fill {
    /// The same hole with the text around it limited.
    #[must_use]
    pub fn within(&self, limits: PromptLimits) -> Self {
        let mut fill = self.clone();
        fill.shrink(limits);
        fill
    }

    pub(super) fn as_brief_chat(&self) -> Chat {
        let fill = self.within(BRIEF);
        let hole = fill.hole();
        let [before, after, text] = fill::example(&fill.language);
        let example = fill::question(&hole, before, after);
        let task = TASK.replace("HOLE", &hole);
        let length = match fill.extent {
            CompletionScope::Line => "the rest of the line only".to_owned(),
            CompletionScope::Lines(count) => format!("at most {count} lines"),
        };
        let question = fill::question(&hole, &fill.prefix, &fill.suffix);
        let head =
            format!("File: {} ({}), indentation: {}\n", fill.path, fill.language, fill.step());
        Chat {
            system: format!("{task}\nExample:\n{example}\n{OPEN}{text}{CLOSE}\n"),
            parts: fill.parts,
            turns: vec![Turn {
                role: Role::User,
                text: format!("{head}Length: {length}\n{question}"),
            }],
            max_tokens: fill.max_tokens.min(MOST),
            stop: vec![CLOSE.to_owned()],
            thinks: false,
            exact: false,
        }
    }

    /// The hole as a chat prompt with a started reply, for APIs where the model continues it. The reply
    /// starts at the cursor, so a line end can stop it.
    pub fn as_begun_chat(&self) -> Chat {
        let mut chat = self.as_chat();
        chat.turns.push(Turn { role: Role::Assistant, text: OPEN.to_owned() });
        if self.extent == CompletionScope::Line {
            chat.stop.push("\n".to_owned());
        }
        chat
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::context::{Part, PartKind};
    use crate::prompt::Trigger;

    fn fill(prefix: &str, suffix: &str, parts: Vec<Part>) -> Fill {
        Fill {
            path: "a.py".to_owned(),
            language: "python".to_owned(),
            parts,
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            extent: CompletionScope::Line,
            max_tokens: 256,
            trigger: Trigger::Automatic,
            draft: None,
            typed: String::new(),
        }
    }

    #[test]
    fn automatic_completions_have_a_short_prompt() {
        let chat = fill("def f():\n    return ", "\n", Vec::new()).as_chat();
        expect![[r#"
            File: a.py (python), indentation: 4 spaces
            Length: the rest of the line only
            <after>
            <<<HOLE>>>

            </after>
            <before>
            def f():
                return <<<HOLE>>>
            </before>"#]]
        .assert_eq(&chat.turns[0].text);
        assert_eq!((chat.max_tokens, chat.stop), (MOST, vec![CLOSE.to_owned()]));
        assert!(chat.system.len() < 700, "{}", chat.system.len());
        assert!(chat.system.contains("<<<HOLE>>> marks the cursor"), "{}", chat.system);
    }

    #[test]
    fn a_large_file_makes_no_larger_prompt() {
        let part = |rank, count: usize| Part {
            kind: PartKind::Snippet,
            path: "b.py".to_owned(),
            text: "y = 2\n".repeat(count),
            rank,
        };
        let fill = fill(
            &"x = 1\n".repeat(5000),
            &"z = 3\n".repeat(5000),
            vec![part(1, 150), part(2, 150)],
        );
        let chat = fill.as_chat();
        assert_eq!(chat.parts.iter().map(|it| it.rank).collect::<Vec<_>>(), [2]);
        let text = &chat.turns[0].text;
        assert!(text.len() < BRIEF.prefix + BRIEF.suffix + 200, "{}", text.len());
        assert!(text.contains("x = 1\n<<<HOLE>>>\n</before>"));
        let smallest = fill.within(SMALLEST);
        assert!(smallest.prefix.len() <= SMALLEST.prefix && smallest.suffix.len() <= 256);
        assert_eq!(smallest.parts, []);
    }

    #[test]
    fn a_started_reply_stops_at_the_end_of_the_line() {
        let chat = fill("x = ", "\n", Vec::new()).as_begun_chat();
        assert_eq!(chat.turns[1], Turn { role: Role::Assistant, text: OPEN.to_owned() });
        assert_eq!(chat.stop, [CLOSE, "\n"]);
        let lines = Fill { extent: CompletionScope::Lines(9), ..fill("", "", Vec::new()) };
        assert_eq!(lines.as_begun_chat().stop, [CLOSE]);
    }
}
