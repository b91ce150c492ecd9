//! A fixed pause and a cache of exact matches, as plain plugins have them: asks the same model when
//! nothing was typed for so long, cancels when something is, and keeps what was answered.

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
    /// When it will ask, or has asked.
    asks: Option<Instant>,
    running: bool,
    /// The whole lines it was told.
    pub(crate) told: HashSet<String>,
}

impl Fixed {
    pub(crate) fn new(file: Arc<File>, pause: Duration) -> Self {
        let (used, cache, told) = Default::default();
        Self { pause, file, used, cache, asks: None, running: false, told }
    }

    /// Somebody typed, and `begun` stood there before.
    pub(crate) fn typed(&mut self, row: usize, begun: &str) {
        if let Some(asks) = self.asks.take().filter(|_| self.running) {
            // What was said until now is paid for.
            self.used.output += self.file.reply(row, begun).said_by(asks.elapsed());
        }
        self.running = false;
        self.asks = Some(Instant::now() + self.pause);
    }

    /// What is suggested behind `begun`, before `until`.
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
