//! A simulated typist of lines of a real file, with human rhythm, pauses and errors, who accepts a correct
//! suggestion after reading it. The typist is the same for every policy: each action depends only on the
//! place and on the text on the screen.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::fixed::Fixed;
use crate::model::{File, hash};
use crate::server::Server;

/// Time to read a suggestion.
const SEEN: Duration = Duration::from_millis(350);
/// A shorter rest is faster to type than to accept.
const WORTH: usize = 3;

/// The source of suggestions.
pub(crate) enum Side {
    Ours(Box<Server>),
    Fixed(Box<Fixed>),
}

/// Result of typing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    pub(crate) keys: u64,
    /// Complete lines that suggestions would create.
    pub(crate) shown: HashSet<String>,
    pub(crate) right: u64,
    pub(crate) accepted: u64,
    /// Characters not typed, minus the accepting keys.
    pub(crate) saved: u64,
    /// Time from the last key to a suggestion that was not on the screen.
    pub(crate) waits: Vec<(String, Duration)>,
}

pub(crate) struct Typist {
    pub(crate) side: Side,
    pub(crate) file: Arc<File>,
    pub(crate) row: usize,
    /// The line so far.
    begun: String,
    /// The suggestion on the screen, and since when.
    screen: Option<(String, Instant)>,
    pub(crate) typed: Typed,
}

impl Typist {
    /// At the end of a line.
    pub(crate) fn new(side: Side, file: Arc<File>, row: usize) -> Self {
        let begun = file.lines[row].clone();
        Self { side, file, row, begun, screen: None, typed: Typed::default() }
    }

    pub(crate) async fn line(&mut self) -> anyhow::Result<()> {
        let line = self.file.lines[self.row + 1].clone();
        let indent = &line[..line.len() - line.trim_start().len()];
        self.enter(indent).await?;
        let mut slip = 0_u32;
        let mut turn = 0_u64;
        while self.begun != line {
            turn += 1;
            let chance = hash((self.row, self.begun.len(), turn));
            let rest = line.strip_prefix(&*self.begun).map(str::to_owned);
            match rest {
                Some(rest) if self.sees(&rest) => self.accept(&rest).await?,
                None if slip >= 2 || chance.is_multiple_of(2) => {
                    self.back().await?;
                    slip = slip.saturating_sub(1);
                }
                Some(_) if chance % 100 >= 3 || turn == 1 => {
                    let next = line[self.begun.len()..].chars().next().unwrap_or_default();
                    self.key(next).await?;
                }
                Some(_) | None => {
                    slip += 1;
                    self.key('q').await?;
                }
            }
            let pause = pause(chance, self.begun.chars().next_back());
            self.watch(pause, &line).await?;
        }
        Ok(())
    }

    /// Whether the complete rest has been on the screen long enough.
    fn sees(&self, rest: &str) -> bool {
        let seen = self.screen.as_ref();
        rest.len() >= WORTH && seen.is_some_and(|it| it.0 == rest && it.1.elapsed() >= SEEN)
    }

    /// Ends the line; the editor indents the next one.
    async fn enter(&mut self, indent: &str) -> anyhow::Result<()> {
        let line = self.file.lines[self.row + 1].clone();
        self.insert(&format!("\n{indent}")).await?;
        let think = Duration::from_millis(200 + hash((self.row, "enter")) % 900);
        self.watch(think, &line).await
    }

    async fn key(&mut self, key: char) -> anyhow::Result<()> {
        let left = self.screen.take().and_then(|(left, since)| {
            let left = left.strip_prefix(key)?.to_owned();
            (!left.is_empty()).then_some((left, since))
        });
        self.insert(&key.to_string()).await?;
        self.screen = left;
        Ok(())
    }

    async fn accept(&mut self, rest: &str) -> anyhow::Result<()> {
        self.typed.accepted += 1;
        self.typed.saved += rest.chars().count() as u64 - 1;
        self.insert(rest).await
    }

    async fn insert(&mut self, text: &str) -> anyhow::Result<()> {
        self.typed.keys += 1;
        self.screen = None;
        match &mut self.side {
            Side::Ours(it) => it.insert(text).await?,
            Side::Fixed(it) => it.typed(self.row, &self.begun),
        }
        match text.strip_prefix('\n') {
            Some(indent) => {
                self.row += 1;
                self.begun = indent.to_owned();
            }
            None => self.begun.push_str(text),
        }
        Ok(())
    }

    async fn back(&mut self) -> anyhow::Result<()> {
        self.typed.keys += 1;
        self.screen = None;
        match &mut self.side {
            Side::Ours(it) => it.delete().await?,
            Side::Fixed(it) => it.typed(self.row, &self.begun),
        }
        self.begun.pop();
        Ok(())
    }

    /// Reads the screen until the next key.
    async fn watch(&mut self, pause: Duration, line: &str) -> anyhow::Result<()> {
        let key = Instant::now();
        let until = key + pause;
        loop {
            let offered = match &mut self.side {
                Side::Ours(it) => it.offered(until).await?,
                Side::Fixed(it) => it.offered(self.row, &self.begun, until).await,
            };
            let Some(offered) = offered else { break };
            if offered.is_empty() {
                self.screen = None;
            } else if self.screen.as_ref().is_none_or(|it| it.0 != offered) {
                let whole = format!("{}{offered}", self.begun);
                let is_right = whole == line;
                let whole = format!("{}:{whole}", self.row);
                self.typed.waits.push((whole.clone(), key.elapsed()));
                if self.typed.shown.insert(whole) {
                    self.typed.right += u64::from(is_right);
                }
                self.screen = Some((offered, Instant::now()));
            }
        }
        sleep_until(until).await;
        Ok(())
    }
}

/// Time until the next key: short within words, sometimes long after them.
fn pause(chance: u64, last: Option<char>) -> Duration {
    let roll = (chance >> 16) % 100;
    let is_word = last.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let millis = match (is_word, roll) {
        (true, 0..97) => 70 + (chance >> 32) % 110,
        (true, _) => 400 + (chance >> 32) % 500,
        (false, 0..70) => 100 + (chance >> 32) % 140,
        (false, 70..92) => 350 + (chance >> 32) % 450,
        (false, _) => 900 + (chance >> 32) % 1600,
    };
    Duration::from_millis(millis)
}
