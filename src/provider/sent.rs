//! What was sent of late, word for word, in memory alone: the ledger keeps that it was, and no text.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// So many requests are kept, and so many bytes of them.
const MANY: usize = 20;
const BYTES: usize = 1 << 20;

/// A request as it left, secrets masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPrompt {
    pub at: SystemTime,
    /// `provider/model`.
    pub target: Arc<str>,
    /// Where it went, without its key.
    pub url: String,
    pub body: String,
}

/// The newest requests of a server. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<Mutex<VecDeque<SentPrompt>>>);

impl Recent {
    pub(super) fn push(&self, sent: SentPrompt) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_front(sent);
        let mut bytes = 0;
        let kept = all.iter().take(MANY).take_while(|it| {
            bytes += it.body.len();
            bytes <= BYTES
        });
        let kept = kept.count();
        all.truncate(kept);
    }

    /// Newest first.
    pub fn all(&self) -> Vec<SentPrompt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_within_bounds() {
        let recent = Recent::default();
        let sent = |body: String| SentPrompt {
            at: SystemTime::UNIX_EPOCH,
            target: "a/b".into(),
            url: "https://example.org".to_owned(),
            body,
        };
        (0..30).for_each(|it| recent.push(sent(it.to_string())));
        let bodies: Vec<String> = recent.all().into_iter().map(|it| it.body).collect();
        assert_eq!((bodies.len(), &*bodies[0], &*bodies[MANY - 1]), (MANY, "29", "10"));
        recent.push(sent("x".repeat(BYTES - 1)));
        assert_eq!(recent.all().len(), 1);
        recent.push(sent("x".repeat(BYTES + 1)));
        assert_eq!(recent.all(), []);
    }
}
