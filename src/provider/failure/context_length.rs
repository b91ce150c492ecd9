//! Reads the size of a model's context window from an error message.

use crate::provider::failure::reported::ReportedError;

/// Text that precedes the number, the most specific first: `199000 + 8192 > 200000`,
/// `tokens + max_new_tokens must be <= 4096`, `maximum context length is 8192 tokens`.
const BEFORE: [&str; 21] = [
    ">= n_ctx (",
    "length of only ",
    "window of only ",
    "context length (",
    "context window (",
    " > ",
    "<= ",
    "tokens allowed (",
    "context size (",
    "maximum context length is ",
    "maximum context length of ",
    "maximum prompt length is ",
    "maximum model length of ",
    "context window of ",
    "context length of ",
    "token limit: ",
    "token limit of ",
    "cannot exceed ",
    "limit is ",
    "maximum of ",
    "at most ",
];

/// Plausible sizes of a context window. Smaller numbers count something else.
const SIZES: std::ops::RangeInclusive<u32> = 128..=100_000_000;

/// The window in tokens, prompt and answer together, if the error states it.
pub(super) fn of(told: &ReportedError) -> Option<u32> {
    let said = || {
        let message = told.message.to_lowercase();
        BEFORE.iter().find_map(|it| number(message.split_once(it)?.1))
    };
    told.context_length.or_else(said).filter(|it| SIZES.contains(it))
}

/// The number that a text starts with; commas between digits are ignored.
fn number(text: &str) -> Option<u32> {
    let digits = text.chars().take_while(|it| it.is_ascii_digit() || *it == ',');
    digits.filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_read_from_every_known_message() {
        for (message, context_length) in [
            ("input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000", 200_000),
            ("prompt is too long: 215000 tokens > 200000 maximum", 200_000),
            (
                "This model's maximum prompt length is 131072 but the request contains 537812",
                131_072,
            ),
            (
                "The decoder prompt (length 5001) is longer than the maximum model length of 4096",
                4096,
            ),
            ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000", 4096),
            ("Your request exceeded model token limit: 8192", 8192),
            ("the input length 5000 cannot exceed 4081", 4081),
            ("maximum context length is 8,192 tokens. However", 8192),
            ("exceeds the maximum number of tokens allowed (1048576)", 1_048_576),
            ("the request exceeds the available context size (512 tokens)", 512),
            ("request (600 tokens) exceeds the available context size (512 tokens)", 512),
            ("Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)", 7424),
            ("greater than the context length. Try a context length of only 4096 tokens", 4096),
            ("longer than the model's context length (400 tokens)", 400),
        ] {
            let told = ReportedError { message: message.to_owned(), ..ReportedError::default() };
            assert_eq!(of(&told), Some(context_length), "{message}");
        }
        for message in ["prompt is too long", "at most 4 stop sequences", "at most 99999999999"] {
            let told = ReportedError { message: message.to_owned(), ..ReportedError::default() };
            assert_eq!(of(&told), None, "{message}");
        }
    }
}
