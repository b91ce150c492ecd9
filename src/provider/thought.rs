//! Separates reasoning from the answer: some servers send it as text between tags.

use std::mem;

use crate::provider::dialect::Delta;

/// Opening and closing tags of reasoning.
const TAGS: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
];

/// Removes reasoning from the start of an answer, wherever the stream is split.
#[derive(Clone, Debug)]
pub struct Thoughts {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Text that can still become an opening tag.
    Start(String),
    /// Inside reasoning. `tail` can be the start of the closing tag `end`.
    Thinking {
        end: &'static str,
        tail: String,
    },
    /// White space after reasoning is dropped.
    Behind,
    Text,
}

impl Thoughts {
    /// For an answer in a chat. Other answers are not checked: code can start with such a tag.
    pub fn of_chat() -> Self {
        Self { state: State::Start(String::new()) }
    }

    pub fn none() -> Self {
        Self { state: State::Text }
    }

    /// Adds a piece of the answer. Returns the text and the reasoning in it.
    pub fn push(&mut self, text: String) -> Vec<Delta> {
        match &mut self.state {
            State::Text => vec![Delta::Text(text)],
            State::Start(held) => {
                held.push_str(&text);
                let held = mem::take(held);
                self.start(held)
            }
            State::Thinking { end, tail } => {
                let (end, tail) = (*end, mem::take(tail));
                self.think(end, &tail, &text)
            }
            State::Behind => match text.trim_start() {
                "" => Vec::new(),
                text => {
                    self.state = State::Text;
                    vec![Delta::Text(text.to_owned())]
                }
            },
        }
    }

    /// Returns text that was held back, at the end of the answer.
    pub fn finish(&mut self) -> Option<Delta> {
        match mem::replace(&mut self.state, State::Text) {
            State::Start(held) if !held.is_empty() => Some(Delta::Text(held)),
            State::Start(_) | State::Thinking { .. } | State::Behind | State::Text => None,
        }
    }

    fn start(&mut self, held: String) -> Vec<Delta> {
        let begun = held.trim_start();
        if let Some((tag, end)) = TAGS.into_iter().find(|it| begun.starts_with(it.0)) {
            return self.think(end, "", &begun[tag.len()..]);
        }
        if TAGS.iter().any(|it| it.0.starts_with(begun)) {
            self.state = State::Start(held);
            return Vec::new();
        }
        self.state = State::Text;
        vec![Delta::Text(held)]
    }

    /// Adds a piece of reasoning behind `tail`, up to its closing tag.
    fn think(&mut self, end: &'static str, tail: &str, piece: &str) -> Vec<Delta> {
        let text = format!("{tail}{piece}");
        match text.split_once(end) {
            Some((_, rest)) => {
                self.state = State::Behind;
                let thought = piece[..piece.len() - rest.len()].to_owned();
                let mut deltas = vec![Delta::Thought(thought)];
                deltas.extend(self.push(rest.to_owned()));
                deltas
            }
            None => {
                let from = text.floor_char_boundary(text.len().saturating_sub(end.len()));
                self.state = State::Thinking { end, tail: text[from..].to_owned() };
                vec![Delta::Thought(piece.to_owned())]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits an answer that arrives in these pieces. Returns its text and whether it contained reasoning.
    fn split(pieces: &[&str]) -> (String, bool) {
        let mut thoughts = Thoughts::of_chat();
        let mut deltas: Vec<Delta> =
            pieces.iter().flat_map(|it| thoughts.push((*it).to_owned())).collect();
        deltas.extend(thoughts.finish());
        let text = deltas.iter().filter_map(|it| match it {
            Delta::Text(text) => Some(text.as_str()),
            _ => None,
        });
        (text.collect(), deltas.iter().any(|it| matches!(it, Delta::Thought(_))))
    }

    #[test]
    fn reasoning_at_the_start_is_removed_wherever_it_is_split() {
        for (answer, text, has_thought) in [
            ("<think>\nOkay\n</think>\n\n<fill>é(x)</fill>", "<fill>é(x)</fill>", true),
            ("\n <thinking>é</thinking>x", "x", true),
            ("<think>\nOkay, let me see", "", true),
            ("<think></think>", "", true),
            ("<th>a</th>", "<th>a</th>", false),
            ("a <think> b </think>", "a <think> b </think>", false),
            ("<thi", "<thi", false),
            ("", "", false),
        ] {
            assert_eq!(split(&[answer]), (text.to_owned(), has_thought), "{answer}");
            let letters: Vec<String> = answer.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            assert_eq!(split(&letters), (text.to_owned(), has_thought), "{answer}");
        }
        let mut none = Thoughts::none();
        assert_eq!(none.push("<think>".to_owned()), [Delta::Text("<think>".to_owned())]);
    }
}
