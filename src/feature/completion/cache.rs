//! Cached answers, so that no request is paid for twice.
//!
//! `CompletionCache` finds an answer by the text around the cursor. `shown` handles the suggestions on the
//! screen, `in_flight` the running calls. None of them keeps a prediction of the n-gram model longer than it
//! is shown: predicting again is as cheap as a lookup.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use parking_lot::Mutex;
use ropey::Rope;

use crate::feature::completion::in_flight::{InFlightState, ReceivedText};
use crate::feature::document::Place;
use crate::reply::certainty::Certainty;

/// Maximum age of an answer. The workspace has probably changed after that.
const MAX_AGE: Duration = Duration::from_secs(600);
/// Bytes before and after the cursor that identify a place.
const PREFIX: usize = 4 << 10;
const SUFFIX: usize = 1 << 10;

/// A place in a text under one configuration, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey(u64);

impl CacheKey {
    /// The key of a cursor in a document.
    pub(super) fn of(place: &Place, generation: u64) -> Self {
        let open = &place.open;
        let path = open.path.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        let whole = open.whole();
        let offset = whole.start + place.offset;
        Self::new(open.language_name(), &path, generation, &whole.rope, offset)
    }

    /// `generation` counts the configurations. An answer is valid under its own configuration only.
    pub fn new(language: &str, path: &str, generation: u64, rope: &Rope, offset: usize) -> Self {
        let mut hasher = DefaultHasher::new();
        (language, path, generation).hash(&mut hasher);
        let start = offset.saturating_sub(PREFIX);
        let end = (offset + SUFFIX).min(rope.len_bytes());
        for range in [start..offset, offset..end] {
            hasher.write_usize(range.len());
            hash_bytes(rope, range, &mut hasher);
        }
        Self(hasher.finish())
    }
}

/// Hashes bytes, not chunks: equal texts can have different chunks.
fn hash_bytes(rope: &Rope, range: std::ops::Range<usize>, hasher: &mut impl Hasher) {
    let (chunks, mut at, ..) = rope.chunks_at_byte(range.start);
    for chunk in chunks {
        let from = range.start.max(at) - at;
        let to = (range.end - at).min(chunk.len());
        for byte in &chunk.as_bytes()[from..to] {
            hasher.write_u8(*byte);
        }
        at += chunk.len();
        if at >= range.end {
            return;
        }
    }
}

/// A text and the model that returned it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CachedCompletion {
    pub text: String,
    pub certainty: Certainty,
    pub by: Arc<str>,
}

/// Evicts the least recently used answers, and every answer after ten minutes. Bounded by bytes.
#[derive(Debug)]
pub struct CompletionCache {
    entries: LruCache<CacheKey, (CachedCompletion, Instant)>,
    bytes: usize,
    limit: usize,
}

impl CompletionCache {
    /// A cache of at most `limit` bytes, including the entries' own size.
    pub fn new(limit: usize) -> Self {
        Self { entries: LruCache::unbounded(), bytes: 0, limit }
    }

    pub fn get(&mut self, key: CacheKey, now: Instant) -> Option<CachedCompletion> {
        let (_, put) = self.entries.peek(&key)?;
        if now.duration_since(*put) >= MAX_AGE {
            self.remove(key);
            return None;
        }
        self.entries.get(&key).map(|(cached, _)| cached.clone())
    }

    pub fn put(&mut self, key: CacheKey, cached: CachedCompletion, now: Instant) {
        self.remove(key);
        self.bytes += weight(&cached);
        self.entries.put(key, (cached, now));
        while self.bytes > self.limit {
            let Some((_, (oldest, _))) = self.entries.pop_lru() else { return };
            self.bytes -= weight(&oldest);
        }
    }

    fn remove(&mut self, key: CacheKey) {
        if let Some((cached, _)) = self.entries.pop(&key) {
            self.bytes -= weight(&cached);
        }
    }
}

/// Caches the result of a call.
pub(super) fn store(cache: &Mutex<CompletionCache>, key: CacheKey, state: &InFlightState) {
    let cached = match state {
        InFlightState::Received(ReceivedText { text, certainty, by, .. }) => CachedCompletion {
            text: text.clone(),
            certainty: certainty.clone(),
            by: Arc::clone(by),
        },
        // A model that inserts nothing here is not queried again while the text is unchanged.
        InFlightState::Nothing => CachedCompletion::default(),
        InFlightState::Receiving(_) | InFlightState::Failed(_) | InFlightState::Dropped => return,
    };
    cache.lock().put(key, cached, Instant::now());
}

fn weight(cached: &CachedCompletion) -> usize {
    size_of::<(CacheKey, CachedCompletion, Instant)>()
        + cached.text.len()
        + cached.certainty.bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached(text: &str) -> CachedCompletion {
        CachedCompletion { text: text.into(), by: "home/qwen".into(), ..Default::default() }
    }

    fn key(text: &str, offset: usize) -> CacheKey {
        CacheKey::new("rust", "a.rs", 0, &Rope::from_str(text), offset)
    }

    #[test]
    fn a_key_depends_on_prefix_suffix_language_file_and_configuration() {
        let rope = Rope::from_str("let a = 1;\n");
        let here = CacheKey::new("rust", "a.rs", 0, &rope, 4);
        assert_eq!(here, key("let a = 1;\n", 4));
        assert_ne!(here, key("let a = 1;\n", 5));
        assert_ne!(here, key("let a = 2;\n", 4));
        assert_ne!(here, CacheKey::new("rust", "b.rs", 0, &rope, 4));
        assert_ne!(here, CacheKey::new("python", "a.rs", 0, &rope, 4));
        assert_ne!(here, CacheKey::new("rust", "a.rs", 1, &rope, 4));
    }

    #[test]
    fn text_far_from_the_cursor_does_not_matter() {
        let near = format!("{}{}", "p".repeat(PREFIX), "s".repeat(SUFFIX));
        let key = |far: &str| {
            let text = format!("{far}{near}{far}");
            CacheKey::new("", "", 0, &Rope::from_str(&text), far.len() + PREFIX)
        };
        assert_eq!(key("abc"), key(&"x".repeat(9000)));
    }

    #[test]
    fn answers_expire_after_ten_minutes() {
        let (mut cache, now) = (CompletionCache::new(1 << 20), Instant::now());
        cache.put(key("a", 0), cached("b"), now);
        let nearly = now + MAX_AGE - Duration::from_millis(1);
        assert_eq!(cache.get(key("a", 0), nearly), Some(cached("b")));
        assert_eq!(cache.get(key("a", 0), now + MAX_AGE), None);
        assert_eq!(cache.bytes, 0);
    }

    #[test]
    fn a_full_cache_evicts_the_least_recently_used_answer() {
        let now = Instant::now();
        let mut cache = CompletionCache::new(3 * weight(&cached("x")));
        for text in ["a", "b", "c"] {
            cache.put(key(text, 0), cached(text), now);
        }
        cache.get(key("a", 0), now);
        cache.put(key("d", 0), cached("d"), now);
        let found = ["a", "b", "c", "d"].map(|it| cache.get(key(it, 0), now).is_some());
        assert_eq!(found, [true, false, true, true]);
    }
}
