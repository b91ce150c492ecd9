//! A suggestion must not say again what already stands right of the cursor.

/// Bytes of `text` to keep in front of `rest`: up to a closer that `rest` brings, or up to where it
/// begins to say what `rest` says.
pub(super) fn kept(text: &str, rest: &str) -> usize {
    let Some(first) = rest.chars().next() else { return text.len() };
    if let Some(opener) = opener(first) {
        return unmatched(text, opener, first).unwrap_or(text.len());
    }
    if let Some(at) = text.rfind(rest) {
        return at;
    }
    let mut starts = text.char_indices().map(|(at, _)| at);
    starts.find(|it| rest.starts_with(&text[*it..])).unwrap_or(text.len())
}

fn opener(closer: char) -> Option<char> {
    match closer {
        ')' => Some('('),
        ']' => Some('['),
        '}' => Some('{'),
        _ => None,
    }
}

/// Where `closer` closes what `text` has not opened.
fn unmatched(text: &str, opener: char, closer: char) -> Option<usize> {
    let mut depth = 0usize;
    for (at, it) in text.char_indices() {
        if it == opener {
            depth += 1;
        } else if it == closer {
            match depth.checked_sub(1) {
                Some(left) => depth = left,
                None => return Some(at),
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_cursor_is_not_said_again() {
        for (text, rest, kept_text) in [
            ("foo);", "", "foo);"),
            ("foo);", ")", "foo"),
            ("foo(x), y)", ");", "foo(x), y"),
            ("foo(x)", ")", "foo(x)"),
            ("name\");", "\")", "name"),
            ("value;", ";", "value"),
            ("self.size(", "size()", "self."),
            ("é + ü", "ü)", "é + "),
        ] {
            assert_eq!(&text[..kept(text, rest)], kept_text, "{text} before {rest}");
        }
    }
}
