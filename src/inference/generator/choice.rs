//! Chooses the next token: the most probable one, or the most probable one that continues what the user has
//! begun to type.

/// The texts of all tokens of a vocabulary. Control tokens have none.
pub(super) struct Pieces {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// A chosen token, with the logarithm of its probability among those that were allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TokenChoice {
    pub(super) token: i32,
    pub(super) log_prob: f32,
}

impl Pieces {
    pub(super) fn new(pieces: impl Iterator<Item = Vec<u8>>) -> Self {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for piece in pieces {
            bytes.extend_from_slice(&piece);
            ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        }
        Self { bytes, ends }
    }

    pub(super) fn get(&self, token: i32) -> &[u8] {
        let Ok(at) = usize::try_from(token) else { return &[] };
        let start = at.checked_sub(1).map_or(0, |it| self.ends.get(it).map_or(0, |it| *it));
        let end = self.ends.get(at).copied().unwrap_or(start);
        &self.bytes[start as usize..end as usize]
    }
}

/// The most probable token.
pub(super) fn best(logits: &[f32]) -> TokenChoice {
    best_of(logits, |_| true).unwrap_or(TokenChoice { token: 0, log_prob: 0.0 })
}

/// The most probable token that continues `begun`: its text starts with these bytes, or is a start of them.
/// `None` if there is no such token.
pub(super) fn continuing(logits: &[f32], pieces: &Pieces, begun: &[u8]) -> Option<TokenChoice> {
    best_of(logits, |token| {
        let piece = pieces.get(token);
        !piece.is_empty() && (piece.starts_with(begun) || begun.starts_with(piece))
    })
}

fn best_of(logits: &[f32], is_allowed: impl Fn(i32) -> bool) -> Option<TokenChoice> {
    let allowed = || (0..).zip(logits).filter(|(token, it)| it.is_finite() && is_allowed(*token));
    let (token, most) = allowed().max_by(|a, b| a.1.total_cmp(b.1))?;
    let sum: f32 = allowed().map(|(_, it)| (it - most).exp()).sum();
    Some(TokenChoice { token, log_prob: -sum.ln() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces() -> Pieces {
        let all = ["", "s", "sel", "self", "select", "x"];
        Pieces::new(all.into_iter().map(|it| it.as_bytes().to_vec()))
    }

    #[test]
    fn the_most_probable_token_is_chosen() {
        let choice = best(&[0.0, 1.0, 3.0, 1.0]);
        assert_eq!(choice.token, 2);
        assert!((choice.log_prob.exp() - 0.757).abs() < 0.001, "{choice:?}");
    }

    #[test]
    fn a_begun_word_is_continued() {
        let of = |begun: &str| {
            continuing(&[9.0, 1.0, 2.0, 4.0, 3.0, 8.0], &pieces(), begun.as_bytes())
                .map(|it| it.token)
        };
        assert_eq!(of("sel"), Some(3), "self, rather than the token sel itself");
        assert_eq!(of("sele"), Some(4));
        assert_eq!(of("selfish"), Some(3), "the rest of the word follows");
        assert_eq!(of("y"), None);
    }
}
