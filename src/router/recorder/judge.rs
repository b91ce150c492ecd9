//! Applies the end of a call to its target: breaker, cooldowns in all windows, learned context windows.

use std::time::{Duration, SystemTime};

use crate::provider::failure::{Failure, LimitScope, Verdict};
use crate::router::health::{CooldownCause, Health, TimeSpan};
use crate::router::pool::{Candidate, ModelPool};
use crate::router::reason;
use crate::router::recorder::{CallEnd, CallRecorder};
use crate::router::value::Now;
use crate::usage::record::Cooldown;

/// Cooldown of a used-up quota without a stated end.
const QUOTA: Duration = Duration::from_hours(1);
/// Longest wait that is believed.
const LONGEST: Duration = Duration::from_hours(24 * 31);

impl CallRecorder {
    /// Updates the breaker and cooldowns.
    pub(super) fn judge(&self, pool: &mut ModelPool, end: CallEnd<'_>, now: Now) {
        let health = &mut pool.health[self.index];
        match end {
            CallEnd::Answered | CallEnd::Enough => self.succeed(pool),
            CallEnd::Cut if self.first.is_some() => self.succeed(pool),
            CallEnd::Cut => health.breaker.on_nothing(now.clock),
            CallEnd::Failed(failure) => {
                health.trouble = Some(failure.to_string());
                self.judge_failure(pool, failure, now);
            }
        }
    }

    /// It answered, so its key is valid.
    fn succeed(&self, pool: &mut ModelPool) {
        let health = &mut pool.health[self.index];
        health.breaker.on_success();
        health.trouble = None;
        self.router.accept_key(pool, self.candidate.provider());
    }

    fn judge_failure(&self, pool: &mut ModelPool, failure: &Failure, now: Now) {
        let health = &mut pool.health[self.index];
        match (failure, failure.verdict()) {
            (Failure::RateLimited { retry, scope }, _) => {
                // A stated wait of zero says nothing.
                let retry = retry.filter(|it| !it.is_zero());
                let retry = retry.or((*scope == LimitScope::Day).then_some(QUOTA));
                health.headroom.close(retry, now.clock);
                health.breaker.on_limit(now.clock);
                // The limit holds in other windows too.
                if let Some(wait) = retry {
                    let until = now.calendar + wait.min(LONGEST);
                    self.share_cooldown(&self.candidate, until, failure, now.calendar);
                }
            }
            (Failure::ContextTooLong { context_length, counted, .. }, _) => {
                if let Some(context_length) = context_length {
                    health.on_too_long(*context_length, now.clock);
                }
                if let Some(counted) = counted {
                    health.on_counted(self.planned, u64::from(*counted));
                }
                health.breaker.on_failure(now.clock);
            }
            (Failure::Overloaded { retry: Some(wait), .. }, _) if !wait.is_zero() => {
                self.start_overload_cooldown(health, *wait, failure, now);
            }
            (_, Verdict::Next { blame: true }) => health.breaker.on_failure(now.clock),
            (_, Verdict::Cooldown(wait)) => {
                health.breaker.on_limit(now.clock);
                let until = now.calendar + wait.unwrap_or(QUOTA).min(LONGEST);
                health
                    .start_cooldown(TimeSpan { since: now.calendar, until }, CooldownCause::Quota);
                self.share_cooldown(&self.candidate, until, failure, now.calendar);
            }
            (_, Verdict::KeyRejected) => {
                health.breaker.on_nothing(now.clock);
                // The key belongs to the provider, so all its models are affected.
                for (candidate, health) in pool.candidates.iter().zip(&mut pool.health) {
                    if candidate.provider() == self.candidate.provider() {
                        let until = health.on_key_rejected(now.calendar);
                        self.share_cooldown(candidate, until, failure, now.calendar);
                    }
                }
            }
            (_, Verdict::Next { blame: false } | Verdict::GiveUp) => {
                health.breaker.on_nothing(now.clock);
            }
        }
    }

    /// Starts a cooldown for the wait that the target stated with an overload error, in all processes.
    fn start_overload_cooldown(
        &self,
        health: &mut Health,
        wait: Duration,
        failure: &Failure,
        now: Now,
    ) {
        let until = now.calendar + wait.min(LONGEST);
        health.breaker.on_failure(now.clock);
        health.start_cooldown(TimeSpan { since: now.calendar, until }, CooldownCause::Overload);
        self.share_cooldown(&self.candidate, until, failure, now.calendar);
    }

    /// Records a cooldown in the ledger, for all processes.
    fn share_cooldown(
        &self,
        candidate: &Candidate,
        until: SystemTime,
        failure: &Failure,
        now: SystemTime,
    ) {
        let reason = reason::class(failure);
        tracing::warn!(target = &**candidate.name(), reason, "a cooldown has started");
        let key = match failure.verdict() {
            Verdict::KeyRejected => self.router.fingerprint(candidate),
            Verdict::Next { .. } | Verdict::Cooldown(_) | Verdict::GiveUp => None,
        };
        self.router.ledger.start_cooldown(Cooldown {
            target: candidate.name().to_string(),
            since: now,
            until: Some(until),
            settings: candidate.settings(),
            reason: reason.to_owned(),
            key,
        });
    }
}
