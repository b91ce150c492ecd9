//! Removes control tokens of models, and tags and markers of the prompt.

use std::ops::Range;

use crate::prompt::fill;
use crate::prompt::fill::{CLOSE, OPEN};
use crate::reply::completion::hole::{Hole, ReplyDraft};
use crate::reply::completion::tokens;
use crate::syntax::region::Region;

/// Minimum length in bytes of a truncated token; shorter matches occur by chance.
const LEAST: usize = 4;
/// Variants of the opening tag, with attributes or in capitals.
const OPENED: [&str; 2] = ["<fill ", "<FILL"];
/// Start of the prompt's hole marker; it ends with `>>>`.
const MARKER: &str = "<<<HOLE";
/// Tags of the prompt, and variants of the closing tag.
const TAGS: [&str; 6] = ["<before>", "</before>", "<after>", "</after>", "</FILL>", "</fill >"];
/// Languages with tags in code.
const TAGGED: [&str; 5] = ["html", "javascript", "php", "tsx", "typescript"];

/// Stop texts for a reply between `before` and `after`: the model's own tokens, and those of other models
/// unless the document contains them.
pub(super) fn tokens(model: &[&str], before: &str, after: &str) -> Vec<String> {
    let own = [OPEN, CLOSE, MARKER].into_iter().chain(TAGS).chain(tokens::TOKENS.iter().copied());
    let own = own.filter(|it| !before.contains(it) && !after.contains(it));
    let known = model.iter().copied().filter(|it| !it.is_empty());
    known.chain(own).map(str::to_owned).collect()
}

/// Removes control tokens, and a reply that repeats the prompt.
pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    strip_tokens(draft, hole);
    let language = hole.language.map_or("", |it| it.name());
    if draft.ended && fill::is_repeated(&draft.text, &hole.before, language) {
        draft.cut(0);
    }
}

/// Drops tokens before the text and cuts the text at the first token after it. A token that the document
/// contains is text.
fn strip_tokens(draft: &mut ReplyDraft, hole: &Hole) {
    let is_quoted = |it: &str| hole.before.contains(it) || hole.after.contains(it);
    let all: Vec<&str> = hole.control.iter().map(String::as_str).collect();
    if let Some(end) = opened(&draft.text).filter(|it| !is_quoted(&draft.text[..*it])) {
        draft.text.drain(..end);
    }
    while let Some(token) = leading(&draft.text, &all, is_quoted) {
        if draft.text[token.clone()] == *CLOSE {
            return draft.cut(0);
        }
        draft.text.drain(..token.end);
    }
    let found = all.iter().filter_map(|it| draft.text.find(it)).min();
    let barred = tokens::barred(&draft.text, is_quoted).map(|it| it.start);
    if let Some(at) = found.into_iter().chain(barred).min() {
        return draft.cut(at);
    }
    if let Some(at) = stray(&draft.text, hole).filter(|_| draft.ended) {
        return draft.cut(at);
    }
    if draft.ended {
        let cut = all.iter().filter_map(|it| cut_off(&draft.text, it)).min();
        let barred = tokens::cut_off(&draft.text).filter(|it| !is_quoted(&draft.text[*it..]));
        if let Some(at) = cut.into_iter().chain(barred).min() {
            draft.text.truncate(at);
        }
    }
}

/// The position of a closing tag at the end, such as `</code>`, without an opening tag in the text or
/// document. Languages with tags are excluded.
fn stray(text: &str, hole: &Hole) -> Option<usize> {
    let said = text.trim_end();
    let at = said.rfind("</")?;
    let name = said[at + 2..].strip_suffix('>')?;
    let is_name = name.starts_with(|it: char| it.is_alphabetic())
        && name.chars().all(|it| it.is_alphanumeric() || "_-".contains(it));
    let has_tags = hole.is_prose || hole.language.is_none_or(|it| TAGGED.contains(&it.name()));
    let open = format!("<{name}");
    let is_open = text.contains(&open) || hole.before.contains(&open);
    let is_stray = is_name && !has_tags && !is_open && hole.region() == Region::Code;
    is_stray.then_some(at)
}

/// The end of a variant of the opening tag at the start of a text.
fn opened(text: &str) -> Option<usize> {
    let lead = text.len() - text.trim_start().len();
    OPENED.iter().find(|it| text[lead..].starts_with(**it))?;
    text.find('>').map(|it| it + 1)
}

/// A token at the start of a text, after white space.
fn leading(text: &str, all: &[&str], is_quoted: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let lead = text.len() - text.trim_start().len();
    let rest = &text[lead..];
    let length = |token: &&str| match *token == MARKER {
        true => rest.find(">>>").map_or(token.len(), |it| it + 3),
        false => token.len(),
    };
    let known = all.iter().find(|it| rest.starts_with(**it)).map(length);
    let barred = || tokens::barred(rest, is_quoted).filter(|it| it.start == 0).map(|it| it.end);
    known.or_else(barred).map(|it| lead..lead + it)
}

/// The position of a token that is truncated by the end of the text.
fn cut_off(text: &str, token: &str) -> Option<usize> {
    let is_long = token.len() > LEAST && token.starts_with('<');
    let lengths = (LEAST..token.len()).rev().filter(|it| is_long && token.is_char_boundary(*it));
    lengths.map(|it| &token[..it]).find(|it| text.ends_with(it)).map(|it| text.len() - it.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    #[test]
    fn control_tokens_are_removed_or_end_the_text() {
        let check = |reply: &str, expected: &str| {
            let hole =
                Hole::new("f(", ")", "rust", CompletionScope::Line, &["<|fim_middle|>", "<EOT>"]);
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &hole);
            assert_eq!(draft.text, expected, "{reply:?}");
        };
        check("<|fim_middle|>a, b<EOT>junk", "a, b");
        check("<fill>a, b</fill> So.", "a, b");
        check("<fill></fill>", "");
        check("<<<HOLE>>>a, b", "a, b");
        check("<<<HOLE_2>>>a, b", "a, b");
        check("a, b</after>", "a, b");
        check("<fill>a, b</before></fill>", "a, b");
        check("<fill lang=\"rust\">a, b</fill>", "a, b");
        check("<FILL>a, b</FILL>", "a, b");
        check("<fill >a, b", "a, b");
        check("<fill>no words, no Markdown.</fill>", "");
        check("empty() {\n        return None;\n    }", "");
        check("no words", "");
        check("no", "no");
        check("a < b", "a < b");
        check("a<|im_end|>", "a");
        check("a</fil", "a");
        for token in ["<end_of_turn>", "<eos>", "<EOT>", "<|eot_id|>", "<|end_of_text|>", "<|end|>"]
        {
            check(&format!("a{token}"), "a");
        }
        for token in ["<|EOT|>", "[/INST]", "<fim_middle>", "<file_sep>", "<｜end▁of▁sentence｜>"]
        {
            check(&format!("a{token}\nb"), "a");
        }
        check("a<|fim_mid", "a");
        check("a <| b |> c", "a <| b |> c");
        check("a <|> b", "a <|> b");
        check("a <", "a <");
        check("a)</fim_middle>", "a)");
        check("a</code>\n", "a");
        check("\"<b>a</b>", "\"<b>a</b>");
    }
}
