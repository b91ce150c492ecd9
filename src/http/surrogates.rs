//! Programs in JavaScript cut a text between the two halves of a UTF-16 pair, such as an emoji, and write the
//! half as an escape. JSON parsers reject it; here the character U+FFFD replaces it.

/// A JSON text whose half pairs are replaced.
pub(super) fn replaced(json: &str) -> String {
    if !json.contains("\\ud") && !json.contains("\\uD") {
        return json.to_owned();
    }
    let mut written = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        written += before;
        let length = length(escape);
        let (escape, behind) = escape.split_at(length);
        let is_half = length == ESCAPE && unit(escape).is_some_and(is_surrogate);
        written += if is_half { "\\ufffd" } else { escape };
        rest = behind;
    }
    written + rest
}

/// Bytes of `\u` with four digits.
const ESCAPE: usize = 6;

/// The bytes of the escape at the start of a text; a whole pair is one.
fn length(text: &str) -> usize {
    let high = unit(text).is_some_and(|it| (0xd800..0xdc00).contains(&it));
    let low = || text.get(ESCAPE..).and_then(unit).is_some_and(|it| (0xdc00..0xe000).contains(&it));
    match unit(text) {
        Some(_) if high && low() => 2 * ESCAPE,
        Some(_) => ESCAPE,
        None => text.chars().take(2).map(char::len_utf8).sum(),
    }
}

/// The value of the escape `\u` with four digits at the start of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|it| it.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

fn is_surrogate(unit: u16) -> bool {
    (0xd800..0xe000).contains(&unit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn half_pairs_are_replaced() {
        for (given, expected) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\u00e9\"é\u""#, r#""\u00e9\"é\u""#),
            ("\\", "\\"),
        ] {
            assert_eq!(replaced(given), expected);
        }
    }

    proptest! {
        #[test]
        fn valid_json_is_unchanged(text in any::<String>()) {
            let json = Value::from(text).to_string();
            prop_assert_eq!(replaced(&json), json);
        }

        #[test]
        fn any_escapes_are_valid_afterwards(units in prop::collection::vec(any::<u16>(), 0..20)) {
            let escapes: String = units.iter().map(|it| format!("\\u{it:04x}")).collect();
            let json = replaced(&format!("\"{escapes}\""));
            let text: String = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(text, String::from_utf16_lossy(&units));
        }
    }
}
