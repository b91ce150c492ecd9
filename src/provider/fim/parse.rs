//! Parses a prompt with a family's markers back into its hole, so that a model of any family can fill it.

use crate::prompt::fill::ExternalHole;
use crate::provider::fim::family::{FAMILIES, FimFamily, FimOrder};

/// Separators between files.
const SEPARATORS: [&str; 4] = ["<|file_sep|>", "<file_sep>", "<|file_separator|>", "<filename>"];
/// Precedes the name of a file in Mistral's prompts.
const PLUS: &str = "+++++ ";
/// The hole of a prompt that contains all markers of a family in the right order; `None` for any other text.
pub fn parse(prompt: &str) -> Option<ExternalHole> {
    FAMILIES.iter().find_map(|family| of_family(family, prompt))
}

fn of_family(family: &FimFamily, prompt: &str) -> Option<ExternalHole> {
    // In one family the spaces around a marker belong to it, but not every client sends them.
    let [prefix, suffix, middle] = [family.prefix, family.suffix, family.middle].map(str::trim);
    let first = match family.order {
        FimOrder::PrefixFirst => prefix,
        FimOrder::SuffixFirst => suffix,
    };
    let (head, body) = prompt.split_once(first)?;
    // Text after the last marker is the start of the answer.
    let (body, begun) = match middle {
        "" => (body, ""),
        middle => body.rsplit_once(middle)?,
    };
    let (mut before, after) = match family.order {
        FimOrder::PrefixFirst => body.rsplit_once(suffix)?,
        FimOrder::SuffixFirst => body.split_once(prefix).map(|(after, before)| (before, after))?,
    };
    let mut after = after;
    if family.prefix.ends_with(' ') {
        before = before.strip_prefix(' ').unwrap_or(before);
        before = before.strip_suffix(' ').unwrap_or(before);
        after = after.strip_suffix(' ').unwrap_or(after);
    }
    let mut hole = ExternalHole { suffix: after.to_owned(), ..ExternalHole::default() };
    read_files(head, &mut hole);
    before = read_plus(before, &mut hole);
    hole.prefix = [before, begun].concat();
    Some(hole)
}

/// Reads the files before the markers. The last one contains the hole.
fn read_files(head: &str, hole: &mut ExternalHole) {
    let Some(separator) = SEPARATORS.iter().find(|it| head.contains(**it)) else { return };
    let files = head.split(separator).skip(1);
    let files = files.map(|it| it.split_once('\n').unwrap_or((it, "")));
    hole.files =
        files.map(|(path, text)| (path.trim().to_owned(), text.trim_end().to_owned())).collect();
    take_path(hole);
}

/// Reads the files at the start of the prefix, each after its name, and returns the rest of the prefix.
fn read_plus<'a>(before: &'a str, hole: &mut ExternalHole) -> &'a str {
    if !before.starts_with(PLUS) {
        return before;
    }
    let mut files: Vec<&str> = before.split("\n\n+++++ ").collect();
    let last = files.pop().unwrap_or_default();
    let whole = |it: &'a str| it.strip_prefix(PLUS).unwrap_or(it);
    let (path, rest) = whole(last).split_once('\n').unwrap_or((whole(last), ""));
    let parts = files.into_iter().filter_map(|it| whole(it).split_once('\n'));
    hole.files = parts.map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    hole.path = Some(path.to_owned());
    rest
}

/// Takes the path from the last file if that has no text: its text follows the markers.
fn take_path(hole: &mut ExternalHole) {
    if hole.files.last().is_some_and(|it| it.1.trim().is_empty()) {
        hole.path = hole.files.pop().map(|it| it.0).filter(|it| !it.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::context::{Part, PartKind};
    use crate::prompt::{CompletionScope, Fill, Trigger};
    use crate::provider::fim;

    #[track_caller]
    fn check(prompt: &str, expected: Option<(&str, &str)>) {
        let hole = parse(prompt).map(|it| (it.prefix, it.suffix));
        let expected = expected.map(|it| (it.0.to_owned(), it.1.to_owned()));
        assert_eq!(hole, expected, "{prompt}");
    }

    #[test]
    fn a_prompt_of_each_family_is_parsed_as_clients_write_it() {
        for prompt in [
            "<|fim_prefix|>a\nb <|fim_suffix|>\nc<|fim_middle|>",
            "<fim_prefix>a\nb <fim_suffix>\nc<fim_middle>",
            "<fim_suffix>\nc<fim_prefix>a\nb <fim_middle>",
            "<PRE> a\nb  <SUF>\nc <MID>",
            "<｜fim▁begin｜>a\nb <｜fim▁hole｜>\nc<｜fim▁end｜>",
            "[SUFFIX]\nc[PREFIX]a\nb ",
            "<|code_prefix|>a\nb <|code_suffix|>\nc<|code_middle|>",
            "<[fim-suffix]>\nc<[fim-prefix]>a\nb <[fim-middle]>",
            "<|fim_prefix|>a\n<|fim_suffix|>\nc<|fim_middle|>b ",
        ] {
            check(prompt, Some(("a\nb ", "\nc")));
        }
    }

    #[test]
    fn a_text_without_all_markers_is_not_parsed() {
        for text in
            ["", "fn main() {", "<|fim_prefix|>a", "<|fim_prefix|>a<|fim_middle|>", "a [SUFFIX] b"]
        {
            check(text, None);
        }
    }

    #[test]
    fn other_files_are_parsed_with_their_paths() {
        let prompt = "<|repo_name|>r\n<|file_sep|>b.py\nx = 1\n<|file_sep|>a.py\n<|fim_prefix|>p<|fim_suffix|>s<|fim_middle|>";
        let hole = parse(prompt).unwrap();
        assert_eq!(hole.path.as_deref(), Some("a.py"));
        assert_eq!(hole.files, [("b.py".to_owned(), "x = 1".to_owned())]);
    }

    fn fill(prefix: &str, suffix: &str, file: Option<&str>) -> Fill {
        let part = file.map(|text| Part {
            kind: PartKind::Snippet,
            path: "lib/b.py".to_owned(),
            text: text.to_owned(),
            rank: 1,
        });
        Fill {
            path: "a.py".to_owned(),
            language: "python".to_owned(),
            parts: part.into_iter().collect(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            extent: CompletionScope::Line,
            max_tokens: 64,
            trigger: Trigger::Automatic,
            draft: None,
            typed: String::new(),
        }
    }

    proptest! {
        #[test]
        fn a_rendered_prompt_parses_back(
            prefix in "[a-z(){}\n é]{0,40}",
            suffix in "[a-z(){}\n é]{0,40}",
            file in proptest::option::of("[a-z]{1,9}"),
        ) {
            for family in FAMILIES {
                let hole = parse(&fim::render(family, &fill(&prefix, &suffix, file.as_deref())));
                let hole = hole.map(|it| (it.prefix, it.suffix, it.files));
                let has_files = family.files != fim::Files::None;
                let files: Vec<_> = file.iter().filter(|_| has_files).map(|it| ("lib/b.py".to_owned(), it.clone())).collect();
                prop_assert_eq!(hole, Some((prefix.clone(), suffix.clone(), files)), "{}", family.name);
            }
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(
            words in prop::collection::vec(prop_oneof![
                Just("<fim_prefix>"), Just("<fim_suffix>"), Just("<fim_middle>"), Just("[SUFFIX]"), Just("[PREFIX]"),
                Just("<PRE>"), Just("<SUF>"), Just("<MID>"), Just("<filename>"), Just("<file_sep>"), Just("+++++ "),
                Just("\n\n"), Just(" "), Just("é"),
            ], 0..20),
        ) {
            let text = words.concat();
            if let Some(hole) = parse(&text) {
                prop_assert!(hole.prefix.len() + hole.suffix.len() <= text.len());
            }
        }
    }
}
