//! A failed attempt: it is recorded, and candidates that would fail for the same reason are dropped.

use crate::provider::failure::Failure;
use crate::router::outcome::{AttemptError, FailedAttempt};
use crate::router::plan::Choice;
use crate::router::run::Run;

impl Run {
    /// Records a failure, and drops the candidates that would fail for the same reason.
    pub(super) fn fail(&mut self, failed: FailedAttempt) {
        let dropped = match &failed.trouble {
            AttemptError::Failed(Failure::Cancelled) => {
                self.remaining.clear();
                Vec::new()
            }
            // The other models of a provider have the same key.
            AttemptError::Failed(Failure::Auth { .. }) => self.drop_if(|it| {
                let is_same = it.candidate.provider() == failed.target.provider.name;
                is_same.then_some(AttemptError::SameKey)
            }),
            AttemptError::Failed(Failure::ContextTooLong { .. }) => self.drop_too_small(),
            AttemptError::Failed(_)
            | AttemptError::Refused(_)
            | AttemptError::Down
            | AttemptError::SameKey
            | AttemptError::TooSmall(_) => Vec::new(),
        };
        self.tried.push(failed);
        self.tried.extend(dropped);
    }

    /// Drops candidates whose context window is too small even for the trimmed prompt.
    fn drop_too_small(&mut self) -> Vec<FailedAttempt> {
        let (least, output) = (self.prompt.least_bytes(), u64::from(self.spec.size.max_output));
        self.drop_if(|it| {
            let tokens = (least as f64 / it.terms.bytes_per_token).ceil() as u64;
            let context_length = it.terms.context_length?;
            (tokens + output > u64::from(context_length))
                .then_some(AttemptError::TooSmall(context_length))
        })
    }

    fn drop_if(&mut self, why: impl Fn(&Choice) -> Option<AttemptError>) -> Vec<FailedAttempt> {
        let mut dropped = Vec::new();
        self.remaining.retain(|it| {
            let error = why(it);
            let is_kept = error.is_none();
            dropped.extend(error.map(|error| FailedAttempt::new(it, error)));
            is_kept
        });
        dropped
    }
}
