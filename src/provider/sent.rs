//! The last requests with their full text, in memory only. The ledger stores no text.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;

/// Limits of the number and the total size of the requests.
const MANY: usize = 20;
const BYTES: usize = 1 << 20;

/// A request as it was sent, with secrets masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPrompt {
    pub at: SystemTime,
    pub target: Arc<str>,
    /// Without the key.
    pub url: String,
    pub body: String,
}

/// The last requests. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<Mutex<VecDeque<SentPrompt>>>);

impl Recent {
    pub(super) fn push(&self, sent: SentPrompt) {
        let mut all = self.0.lock();
        all.push_front(sent);
        let mut bytes = 0;
        let kept = all.iter().take(MANY).take_while(|it| {
            bytes += it.body.len();
            bytes <= BYTES
        });
        let kept = kept.count();
        all.truncate(kept);
    }

    pub fn all(&self) -> Vec<SentPrompt> {
        self.0.lock().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_requests_are_kept_within_both_limits() {
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
