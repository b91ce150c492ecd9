//! Baseline: a fixed debounce and an exact-match cache, as in simple plugins. Requests the same model after a
//! fixed pause in typing, cancels on the next key, and caches replies.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::model::{File, Used};

pub(crate) struct Fixed {
    pause: Duration,
    file: Arc<File>,
    pub(crate) used: Used,
    cache: HashMap<(usize, String), String>,
    /// When the request is or was sent.
    asks: Option<Instant>,
    running: bool,
    /// Cached complete lines.
    pub(crate) told: HashSet<String>,
}

impl Fixed {
    pub(crate) fn new(file: Arc<File>, pause: Duration) -> Self {
        let (used, cache, told) = Default::default();
        Self { pause, file, used, cache, asks: None, running: false, told }
    }

    /// A key was typed after `begun`.
    pub(crate) fn typed(&mut self, row: usize, begun: &str) {
        if let Some(asks) = self.asks.take().filter(|_| self.running) {
            // Tokens received so far are paid for.
            self.used.output += self.file.reply(row, begun).said_by(asks.elapsed());
        }
        self.running = false;
        self.asks = Some(Instant::now() + self.pause);
    }

    /// The suggestion after `begun`, before `until`.
    pub(crate) async fn offered(
        &mut self,
        row: usize,
        begun: &str,
        until: Instant,
    ) -> Option<String> {
        let asks = self.asks.filter(|it| *it < until)?;
        sleep_until(asks).await;
        if let Some(known) = self.cache.get(&(row, begun.to_owned())) {
            self.asks = None;
            return Some(known.clone());
        }
        let reply = self.file.reply(row, begun);
        if !self.running {
            self.running = true;
            self.used.calls += 1;
        }
        let ends = asks + reply.takes();
        if ends >= until {
            return None;
        }
        sleep_until(ends).await;
        self.used.output += reply.tokens.len() as u64;
        let answer = reply.tokens.concat();
        self.told.insert(format!("{row}:{begun}{answer}"));
        self.cache.insert((row, begun.to_owned()), answer.clone());
        (self.asks, self.running) = (None, false);
        Some(answer)
    }
}
