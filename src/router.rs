//! Routing: which models may answer a request, in which order. Nothing here knows a wire format.
//!
//! `plan` decides, from the candidates of the `pool` and their `health`. It is pure, and so are `value`,
//! `breaker`, `headroom`, `latency`, `reading`, `deadline` and `hedge`. `run` acts: `Router::answer` calls one
//! candidate after another. A `recorder` records each call in the ledger exactly once, however the call ends.

mod afford;
pub mod breaker;
pub mod deadline;
pub mod headroom;
pub mod health;
pub mod hedge;
pub mod latency;
pub mod outcome;
pub mod plan;
pub mod pool;
pub mod reading;
pub mod reason;
pub mod recorder;
pub mod run;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod value;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::{Mutex, MutexGuard};

use crate::prompt::Prompt;
use crate::provider::client::ModelClient;
use crate::router::health::{CooldownCause, TimeSpan};
use crate::router::outcome::MissedModel;
use crate::router::plan::Plan;
use crate::router::pool::{Candidate, ModelPool};
use crate::router::spec::RequestSpec;
use crate::router::value::Now;
use crate::usage::record::Cooldown;
use crate::usage::{Ledger, report};

/// Maximum age of what is known of other processes' cooldowns and spending.
const FRESH: Duration = Duration::from_secs(15);

/// Maximum delay until a row of this process is in the ledger.
const SETTLED: Duration = Duration::from_secs(5);

/// Period of the calls that are learned from at startup.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Answers requests. Clones are the same router.
#[derive(Clone)]
pub struct Router {
    shared: Arc<RouterState>,
}

/// What all requests share.
pub(crate) struct RouterState {
    pool: Mutex<ModelPool>,
    client: Box<dyn ModelClient>,
    ledger: Ledger,
    refreshed: Mutex<Option<Instant>>,
    /// What keys are hashed with, so that the ledger's hashes tell nothing of them.
    salt: OnceLock<Vec<u8>>,
}

/// What came of showing an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Kept,
    NotKept,
}

impl Router {
    pub fn new(pool: ModelPool, client: Box<dyn ModelClient>, ledger: Ledger) -> Self {
        let (pool, refreshed) = (Mutex::new(pool), Mutex::new(None));
        let salt = OnceLock::new();
        Self { shared: Arc::new(RouterState { pool, client, ledger, refreshed, salt }) }
    }

    /// A router of new settings: it knows what this one learned, and asks those again whose key was rejected.
    pub fn reloaded(&self, mut pool: ModelPool, client: Box<dyn ModelClient>) -> Self {
        let old = self.shared.pool();
        pool.inherit(&old);
        for (candidate, health) in old.candidates.iter().zip(&old.health) {
            if health.cooldown.is_some_and(|it| it.cause == CooldownCause::Key) {
                self.shared.ledger.end_cooldown(candidate.name().to_string());
            }
        }
        drop(old);
        Self::new(pool, client, self.shared.ledger.clone())
    }

    /// Who would be asked now, and why the others would not.
    pub fn plan(&self, spec: &RequestSpec) -> Plan {
        plan::plan(spec, &self.shared.pool_now(), now())
    }

    /// The same with a prompt that is there.
    pub fn plan_with(&self, spec: &RequestSpec, prompt: &Prompt) -> Plan {
        self.shared.plan_with(spec, prompt, now())
    }

    /// The models that would not be asked now, and why.
    pub fn skipped(&self, spec: &RequestSpec) -> Vec<MissedModel> {
        outcome::skipped(&self.plan(spec)).collect()
    }

    /// Looks at the pool: for `doctor` and the status.
    pub fn inspect<T>(&self, look: impl FnOnce(&ModelPool) -> T) -> T {
        look(&self.shared.pool_now())
    }

    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    /// A target has just answered, though not to a request: its cooldown ends, and its breaker closes.
    pub fn recovered(&self, target: &str) {
        let mut pool = self.shared.pool();
        let Some(candidate) = pool.find(target) else { return };
        let recovered = Arc::clone(&pool.candidates[candidate]);
        self.shared.accept_key(&mut pool, recovered.provider());
        let health = &mut pool.health[candidate];
        health.breaker.on_success();
        health.trouble = None;
        health.cooldown = None;
        self.shared.ledger.end_cooldown(target.to_owned());
    }

    /// An answer was shown, and this became of it.
    pub fn judged(&self, target: &str, fate: Fate) {
        let mut pool = self.shared.pool();
        let Some(candidate) = pool.find(target) else { return };
        let kept = &mut pool.health[candidate].kept;
        kept.shown += 1;
        match fate {
            Fate::Kept => kept.kept += 1,
            Fate::NotKept => {}
        }
    }

    /// Learns from the calls before this window was opened: whose answers were kept, and how fast local models
    /// read.
    pub async fn remember(&self) {
        let Some(since) = now().calendar.checked_sub(REMEMBERED) else { return };
        let calls = self.shared.ledger.calls(since).await;
        let mut pool = self.shared.pool();
        for ((target, _), line) in report::standings(&calls) {
            let Some(candidate) = pool.find(&target) else { continue };
            let kept = &mut pool.health[candidate].kept;
            kept.shown += line.shown;
            kept.kept += line.kept;
        }
        for call in &calls {
            let Some(candidate) = pool.find(&call.target()) else { continue };
            if let Some((tokens, time)) = report::read(call) {
                pool.health[candidate].reading.on_first_token(tokens, time);
            }
        }
    }

    /// Learns the cooldowns and the spending of other windows.
    pub async fn refresh(&self) {
        self.shared.refresh().await;
    }

    /// Starts `refresh` without waiting for it. The next request sees the result.
    fn refresh_in_background(&self) {
        let now = now().clock;
        let mut refreshed = self.shared.refreshed.lock();
        if refreshed.is_some_and(|it| now.saturating_duration_since(it) < FRESH) {
            return;
        }
        *refreshed = Some(now);
        drop(refreshed);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move { shared.refresh().await });
    }
}

impl RouterState {
    fn pool(&self) -> MutexGuard<'_, ModelPool> {
        self.pool.lock()
    }

    /// The pool, and who of it runs by now.
    fn pool_now(&self) -> MutexGuard<'_, ModelPool> {
        let mut pool = self.pool();
        let ModelPool { candidates, health, .. } = &mut *pool;
        for (candidate, health) in candidates.iter().zip(health) {
            health.readiness = self.client.readiness(&candidate.target);
        }
        pool
    }

    /// A hash of a candidate's key, as far as that is known.
    fn fingerprint(&self, candidate: &Candidate) -> Option<String> {
        self.client.fingerprint(&candidate.target, self.salt.get()?)
    }

    /// A provider's key is valid: the cooldowns that it caused end.
    fn accept_key(&self, pool: &mut ModelPool, provider: &str) {
        let ModelPool { candidates, health, .. } = pool;
        for (candidate, health) in candidates.iter().zip(health) {
            if candidate.provider() == provider && health.on_key_accepted() {
                self.ledger.end_cooldown(candidate.name().to_string());
            }
        }
    }

    async fn refresh(&self) {
        let calendar = now().calendar;
        if self.salt.get().is_none()
            && let Some(salt) = self.ledger.salt().await
        {
            _ = self.salt.set(salt);
        }
        let cooldowns = self.ledger.cooldowns(calendar).await;
        self.refresh_cooldowns(&cooldowns, calendar);
        self.reread_keys().await;
        self.refresh_included(calendar).await;
    }

    /// Takes over the cooldowns of other windows, and ends those that they ended.
    fn refresh_cooldowns(&self, cooldowns: &[Cooldown], calendar: SystemTime) {
        let mut pool = self.pool();
        let ModelPool { candidates, health, .. } = &mut *pool;
        for (candidate, health) in candidates.iter().zip(health) {
            let cooldown = cooldowns.iter().find(|it| *it.target == **candidate.name());
            match cooldown.filter(|it| self.holds(it, candidate)) {
                Some(cooldown) => {
                    let until = cooldown.until.unwrap_or(calendar);
                    health
                        .start_cooldown(TimeSpan { since: cooldown.since, until }, cause(cooldown));
                }
                // A cooldown that started here a moment ago may not be in the ledger yet.
                None => {
                    health.cooldown = health.cooldown.filter(|it| !it.is_older(calendar, SETTLED))
                }
            }
        }
    }

    /// Whether a cooldown is of the settings and the key that a candidate has now.
    fn holds(&self, cooldown: &Cooldown, candidate: &Candidate) -> bool {
        cooldown.until.is_some()
            && cooldown.settings == candidate.settings()
            && (cooldown.key.is_none() || cooldown.key == self.fingerprint(candidate))
    }

    /// Ends the cooldown of a key that was replaced in its file.
    async fn reread_keys(&self) {
        let rejected: Vec<Arc<Candidate>> = {
            let pool = self.pool();
            let all = pool.candidates.iter().zip(&pool.health);
            let rejected =
                all.filter(|(_, it)| it.cooldown.is_some_and(|it| it.cause == CooldownCause::Key));
            rejected.map(|(candidate, _)| Arc::clone(candidate)).collect()
        };
        for candidate in rejected {
            if self.client.reread_key(&candidate.target).await {
                self.accept_key(&mut self.pool(), candidate.provider());
            }
        }
    }

    async fn refresh_included(&self, calendar: SystemTime) {
        let included: Vec<(usize, String)> = {
            let pool = self.pool();
            let candidates = pool.candidates.iter().enumerate();
            let included = candidates.filter(|(_, it)| it.included.is_some());
            included.map(|(index, it)| (index, it.provider().to_owned())).collect()
        };
        for (index, provider) in included {
            let (today, _) = self.ledger.spent(calendar, Some(provider)).await;
            self.pool().health[index].on_spent(today, calendar);
        }
    }
}

/// Why another window started a cooldown.
fn cause(cooldown: &Cooldown) -> CooldownCause {
    match (&cooldown.key, cooldown.reason.as_str()) {
        (Some(_), _) => CooldownCause::Key,
        (None, "rate-limited") => CooldownCause::RateLimit,
        (None, "overloaded") => CooldownCause::Overload,
        (None, _) => CooldownCause::Quota,
    }
}

/// The clock is tokio's, which tests can stop.
fn now() -> Now {
    Now { clock: tokio::time::Instant::now().into_std(), calendar: SystemTime::now() }
}
