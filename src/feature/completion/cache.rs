//! Answers kept, so that what was paid for once is not asked again.
//!
//! `CompletionCache` finds an answer by what stands around the cursor; `shown` serves what an editor is
//! already showing while its user types along, `flight` what is on its way. None holds an embedded
//! answer longer than it is shown: asking the embedded model again is as cheap as looking.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use ropey::Rope;

/// An answer older than this is asked anew: the workspace has moved on.
const LIFE: Duration = Duration::from_secs(600);
/// Bytes before and after the cursor that tell one place from another.
const PREFIX: usize = 4 << 10;
const SUFFIX: usize = 1 << 10;

/// A place in a text under one configuration, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey(u64);

impl CacheKey {
    /// `generation` counts the configurations: an answer of another one is another answer.
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

/// Hashes bytes, not chunks: where a rope breaks says nothing about its text.
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

/// A text and who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedCompletion {
    pub text: String,
    pub by: Arc<str>,
}

/// The least recently used answer goes first, and each after ten minutes. Bounded by bytes.
#[derive(Debug)]
pub struct CompletionCache {
    entries: LruCache<CacheKey, (CachedCompletion, Instant)>,
    bytes: usize,
    limit: usize,
}

impl CompletionCache {
    /// A cache of at most `limit` bytes, entries' own size included.
    pub fn new(limit: usize) -> Self {
        Self { entries: LruCache::unbounded(), bytes: 0, limit }
    }

    pub fn get(&mut self, key: CacheKey, now: Instant) -> Option<CachedCompletion> {
        let (_, put) = self.entries.peek(&key)?;
        if now.duration_since(*put) >= LIFE {
            self.remove(key);
            return None;
        }
        self.entries.get(&key).map(|(kept, _)| kept.clone())
    }

    pub fn put(&mut self, key: CacheKey, kept: CachedCompletion, now: Instant) {
        self.remove(key);
        self.bytes += weight(&kept);
        self.entries.put(key, (kept, now));
        while self.bytes > self.limit {
            let Some((_, (oldest, _))) = self.entries.pop_lru() else { return };
            self.bytes -= weight(&oldest);
        }
    }

    fn remove(&mut self, key: CacheKey) {
        if let Some((kept, _)) = self.entries.pop(&key) {
            self.bytes -= weight(&kept);
        }
    }
}

fn weight(kept: &CachedCompletion) -> usize {
    size_of::<(CacheKey, CachedCompletion, Instant)>() + kept.text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> CachedCompletion {
        CachedCompletion { text: text.into(), by: "home/qwen".into() }
    }

    fn key(text: &str, offset: usize) -> CacheKey {
        CacheKey::new("rust", "a.rs", 0, &Rope::from_str(text), offset)
    }

    #[test]
    fn a_place_is_its_prefix_its_suffix_its_file_and_the_configuration() {
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
        cache.put(key("a", 0), kept("b"), now);
        let nearly = now + LIFE - Duration::from_millis(1);
        assert_eq!(cache.get(key("a", 0), nearly), Some(kept("b")));
        assert_eq!(cache.get(key("a", 0), now + LIFE), None);
        assert_eq!(cache.bytes, 0);
    }

    #[test]
    fn the_least_recently_used_goes_when_the_bytes_run_out() {
        let now = Instant::now();
        let mut cache = CompletionCache::new(3 * weight(&kept("x")));
        for text in ["a", "b", "c"] {
            cache.put(key(text, 0), kept(text), now);
        }
        cache.get(key("a", 0), now);
        cache.put(key("d", 0), kept("d"), now);
        let found = ["a", "b", "c", "d"].map(|it| cache.get(key(it, 0), now).is_some());
        assert_eq!(found, [true, false, true, true]);
    }
}
