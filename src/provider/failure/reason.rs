//! Makes a provider's text safe to display: short, on one line, without keys.

/// Longest result, in characters.
const LONGEST: usize = 200;

/// Characters that are read. Some providers echo the request.
const READ: usize = 4096;

/// Prefixes of providers' keys.
const KEYS: [&str; 22] = [
    "sk-",
    "sk_",
    "pk-",
    "rk-",
    "gsk_",
    "csk-",
    "xai-",
    "pplx-",
    "hf_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "AIza",
    "ya29.",
    "fw_",
    "r8_",
    "tgp_",
    "nvapi-",
    "key-",
    "eyJ",
];

/// Shorter words with such a prefix are not keys.
const SHORTEST_KEY: usize = 12;

/// Replaces a key.
const HIDDEN: &str = "…";

/// Reduces text to one line of at most 200 characters, without control characters and without anything that
/// looks like a key.
pub(super) fn clean(text: &str) -> String {
    let read: String =
        text.chars().take(READ).map(|it| if is_odd(it) { ' ' } else { it }).collect();
    let words = read.split_whitespace().map(without_keys);
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    match line.char_indices().nth(LONGEST) {
        Some(_) => line.chars().take(LONGEST - 1).chain(['…']).collect(),
        // The caller appends text to the sentence.
        None => line.strip_suffix('.').map_or(line.clone(), str::to_owned),
    }
}

/// Characters that are invisible or change how the following text is displayed.
fn is_odd(it: char) -> bool {
    let is_invisible = matches!(it, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let is_turning = matches!(it, '\u{061c}' | '\u{2028}'..='\u{202e}');
    it.is_control() || is_invisible || is_turning || matches!(it, '\u{e0000}'..='\u{e007f}')
}

fn without_keys(word: &str) -> String {
    let mut clean = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let start = rest.find(is_of_key).unwrap_or(rest.len());
        clean.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|it| !is_of_key(it)).unwrap_or(rest.len());
        let is_key = end >= SHORTEST_KEY && KEYS.iter().any(|it| rest.starts_with(it));
        clean.push_str(if is_key { HIDDEN } else { &rest[..end] });
        rest = &rest[end..];
    }
    clean
}

/// Includes the stars with which providers mask parts of a key.
fn is_of_key(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(clean("  a\n\tb\u{1b}[31mc\u{202e}d\r\n"), "a b [31mc d");
        let long = clean(&"é".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST);
        assert!(long.ends_with('…'));
        assert_eq!(clean(&"e".repeat(LONGEST)), "e".repeat(LONGEST));
        assert_eq!(clean(""), "");
    }

    #[test]
    fn a_reason_contains_no_key() {
        for (text, shown) in [
            (
                "Incorrect API key provided: sk-proj-abc***************xyz9. You can find",
                "Incorrect API key provided: … You can find",
            ),
            ("key=AIzaSyD-1234567890abcdef&x", "key=…&x"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "Bearer …"),
            ("(gsk_0123456789abcdef)", "(…)"),
            (
                "sk-ip the model qwen2.5-coder-32b-instruct",
                "sk-ip the model qwen2.5-coder-32b-instruct",
            ),
        ] {
            assert_eq!(clean(text), shown);
        }
    }
}
