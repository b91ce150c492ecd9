//! A hole put as a short question while the user types: little text around the cursor, few rules, a
//! short answer, so that a chat model answers soon and at a low price.

use crate::prompt::fill::{CLOSE, OPEN};
use crate::prompt::{Chat, CompletionScope, Fill, Role, Turn, fill};

/// How much of a hole is sent, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptWindow {
    pub prefix: usize,
    pub suffix: usize,
    /// Of other files, edits and diagnostics.
    pub parts: usize,
}

/// What a chat model is sent while the user types. With the rules below this is at most 1,700 tokens:
/// a model at $1 per million tokens, the most expensive one that counts as small, stays below the
/// default `limit.complete.usd` of $0.002.
pub const BRIEF: PromptWindow = PromptWindow { prefix: 2304, suffix: 768, parts: 1024 };

/// What any model is sent where its usual prompt costs more than the limit: some 30 lines before the
/// cursor and 8 behind it.
pub const SMALLEST: PromptWindow = PromptWindow { prefix: 1024, suffix: 256, parts: 0 };

/// Tokens of an answer: ten lines.
const MOST: u32 = 128;

pub(super) const TASK: &str = "\
Complete code in an editor while its user types. HOLE marks the cursor: <after> is the text behind it, \
<before> the text before it. Answer with <fill>, the missing text, </fill> and nothing else: no words, no \
Markdown. Begin exactly at the cursor and repeat nothing that is given. If nothing is missing, answer \
<fill></fill>.";

impl PromptWindow {
    pub const fn bytes(self) -> usize {
        self.prefix + self.suffix + self.parts
    }
}

impl Fill {
    /// The same hole with at most so much around it.
    #[must_use]
    pub fn within(&self, window: PromptWindow) -> Self {
        let mut fill = self.clone();
        fill.shrink(window);
        fill
    }

    /// The hole as a short question.
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
        }
    }

    /// The hole as a question whose answer is begun, for an API that has the model continue it. The answer
    /// starts at the cursor then, so the end of a line can end it.
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
        }
    }

    #[test]
    fn while_the_user_types_the_question_is_short() {
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
    fn a_large_file_makes_no_larger_question() {
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
    fn an_answer_that_is_begun_ends_with_its_line() {
        let chat = fill("x = ", "\n", Vec::new()).as_begun_chat();
        assert_eq!(chat.turns[1], Turn { role: Role::Assistant, text: OPEN.to_owned() });
        assert_eq!(chat.stop, [CLOSE, "\n"]);
        let lines = Fill { extent: CompletionScope::Lines(9), ..fill("", "", Vec::new()) };
        assert_eq!(lines.as_begun_chat().stop, [CLOSE]);
    }
}
