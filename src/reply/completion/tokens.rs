//! Special tokens of known model families. A name like `default` or `my-finetune` does not identify the
//! family, so each token ends the reply of any model.

use std::ops::Range;

/// Tokens that do not have the form `<|word|>`.
pub(super) const TOKENS: &[&str] = &[
    "</s>",
    "<eos>",
    "<bos>",
    "<EOT>",
    "<PRE>",
    "<SUF>",
    "<MID>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<fim_prefix>",
    "<fim_middle>",
    "<fim_suffix>",
    "<fim_pad>",
    "<fim-prefix>",
    "<fim-middle>",
    "<fim-suffix>",
    "<file_sep>",
    "<repo_name>",
    "<reponame>",
    "<gh_stars>",
    "<issue_start>",
    "<issue_closed>",
    "<commit_before>",
    "<commit_msg>",
    "<commit_after>",
    "<jupyter_start>",
    "<jupyter_code>",
    "<empty_output>",
    "[INST]",
    "[/INST]",
    "[PREFIX]",
    "[SUFFIX]",
    "[MIDDLE]",
    "<<SYS>>",
    "<</SYS>>",
];

/// Bars in such tokens: DeepSeek uses a wide one.
const BARS: [char; 2] = ['|', '｜'];

/// The first text of the form `<|word|>`, unless `is_quoted`.
pub(super) fn barred(text: &str, is_quoted: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let starts = text.match_indices('<').map(|it| it.0);
    starts
        .filter_map(|it| Some(it..it + barred_length(&text[it..])?))
        .find(|it| !is_quoted(&text[it.clone()]))
}

/// The position of such a token that is truncated after its first letter.
pub(super) fn cut_off(text: &str) -> Option<usize> {
    let start = text.rfind('<')?;
    let word = text[start + 1..].strip_prefix(BARS)?;
    let is_cut = word.starts_with(|it: char| it.is_ascii_alphabetic())
        && word.trim_end_matches(BARS).chars().all(is_part);
    is_cut.then_some(start)
}

fn barred_length(text: &str) -> Option<usize> {
    let word = text.strip_prefix('<')?.strip_prefix(BARS)?;
    let end = word.find(BARS).filter(|it| *it > 0)?;
    let close = word[end..].chars().next()?.len_utf8();
    let is_token = word[..end].chars().all(is_part) && word[end + close..].starts_with('>');
    is_token.then(|| text.len() - word.len() + end + close + 1)
}

fn is_part(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '▁')
}
