//! Distinguishes random characters from words and names.

/// Whether a text looks random: neither words nor a name made of words.
pub(super) fn is_random(text: &str) -> bool {
    // Parts between dots are names, except for the longest one.
    let text = text.split('.').max_by_key(|it| it.len()).unwrap_or_default();
    let bytes: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    if bytes.len() < 16 || entropy(&bytes) < 3.0 {
        return false;
    }
    let digits = bytes.iter().filter(|it| it.is_ascii_digit()).count();
    if digits < 2 || digits == bytes.len() {
        return false;
    }
    // Names change the kind of character at the ends of words, random texts anywhere.
    let turns = |it: &[u8]| {
        let starts_word = it[0].is_ascii_uppercase() && it[1].is_ascii_lowercase();
        kind(it[0]) != kind(it[1]) && !starts_word
    };
    let changes = bytes.windows(2).filter(|it| turns(it)).count();
    let hex = bytes.iter().all(u8::is_ascii_hexdigit);
    let few = if hex { 25 } else { 28 };
    changes * 100 >= bytes.len() * few
}

/// Whether a text is a password rather than a word, an expression or a stand-in.
pub(super) fn is_password(text: &str) -> bool {
    const STAND_INS: &[&str] =
        &["xxx", "***", "...", "pass", "changeme", "example", "secret", "test"];
    let lower = text.to_ascii_lowercase();
    let bare = lower.trim_end_matches(|it: char| it.is_ascii_digit() || it == '!');
    let is_stand_in = STAND_INS.contains(&bare)
        || bare.ends_with("password")
        || lower.starts_with("your")
        || text.starts_with('%')
        || text.starts_with(':') && !text[1..].contains(|it: char| it.is_ascii_digit());
    let has = |is: fn(&u8) -> bool| text.bytes().any(|it| is(&it));
    let marks = |it: &u8| b"!@#$%^&*+?~|=".contains(it);
    !is_stand_in
        && has(u8::is_ascii_alphabetic)
        && (has(u8::is_ascii_digit) || has(marks))
        && !text.contains(['(', ')', '[', ']'])
        && text.split('.').count() < 3
}

/// Whether a text is neither a variable nor a word nor a stand-in, at a place that certainly holds a
/// password.
pub(super) fn is_filled(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let stand_in = ["pass", "pw", "pwd", "xxx", "***", "secret", "example"];
    !stand_in.contains(&lower.as_str())
        && !lower.starts_with("pass")
        && !text.starts_with(['%', '$', '*', ':'])
        && !lower.starts_with("your")
}

fn kind(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    }
}

/// Shannon entropy, in bits a byte.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0usize; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let all = bytes.len() as f64;
    let shares = counts.iter().filter(|it| **it > 0).map(|it| *it as f64 / all);
    shares.map(|it| -it * it.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_random_and_keys_are() {
        for text in [
            "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
            "q7Zt2LmX9vKp4RwB8nYc",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYz9LKEY1234",
        ] {
            assert!(is_random(text), "{text}");
        }
        for text in [
            "SomeLongTypeNameOfAThing2With1Digits",
            "authorization_header_name_v2",
            "application/vnd.github.v3",
            "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
            "00000000000000000000000",
            "1234567890123456789012",
            "the-quick-brown-fox-jumps-over-13-dogs",
            "",
        ] {
            assert!(!is_random(text), "{text}");
        }
    }

    #[test]
    fn words_are_not_passwords() {
        for text in ["hunter2", "S3cr3t!pass", "correct-horse-7"] {
            assert!(is_password(text), "{text}");
        }
        for text in [
            "password",
            "Password",
            "new_password2",
            "your-password1",
            "%s",
            "changeme",
            "a.hashers.Sha1",
        ] {
            assert!(!is_password(text), "{text}");
        }
    }
}
