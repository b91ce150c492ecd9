//! The status of a conversation that no model answered. Programs repeat a request after 429 and 5xx, some of
//! them for minutes and without a message. Only what may succeed within a minute has such a status, and
//! `Retry-After` states the time.

use std::time::Duration;

use http::StatusCode;

use crate::feature::relay::RelayError;
use crate::http::error::ApiError;
use crate::provider::failure::Failure;
use crate::router::health::CooldownCause;
use crate::router::outcome::{AttemptError, MissReason};
use crate::router::plan::SkipReason;
use crate::usage::record::ReservationError;

/// The longest time that a program is asked to wait.
const LONGEST: Duration = Duration::from_mins(1);
/// The time after a failure that states none.
const SOON: Duration = Duration::from_secs(2);

/// What ends a failure, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Remedy {
    /// The program corrects the request.
    Correct,
    /// The program repeats the request after this time.
    Repeat(Duration, StatusCode),
    /// The user raises a limit or pays.
    Pay,
    /// The user configures another model.
    Replace,
    /// The user changes a setting, or comes back later.
    Settle,
}

impl From<&RelayError> for ApiError {
    fn from(failed: &RelayError) -> Self {
        let remedy = match failed {
            RelayError::NoneSupports(_) => Remedy::Correct,
            RelayError::TooExpensive(_) => Remedy::Pay,
            RelayError::NoModels => Remedy::Replace,
            RelayError::Paused(_) => Remedy::Settle,
            RelayError::NoneUsable(missed) => best(missed.iter().map(|it| match &it.cause {
                MissReason::Skipped(why) => of_skip(*why),
                MissReason::Tried(trouble) => of_attempt(trouble),
            })),
            RelayError::Failed(tried) => best(tried.iter().map(|it| of_attempt(&it.trouble))),
        };
        remedy.error(failed.to_string())
    }
}

impl Remedy {
    fn repeat(after: Duration, status: StatusCode) -> Self {
        if after <= LONGEST { Self::Repeat(after, status) } else { Self::Settle }
    }

    fn error(self, message: String) -> ApiError {
        match self {
            Self::Correct => ApiError::invalid(message),
            Self::Repeat(after, status) => ApiError::temporary(status, message, after),
            Self::Pay => ApiError::new(StatusCode::PAYMENT_REQUIRED, "billing_error", message),
            Self::Replace => ApiError::new(StatusCode::NOT_FOUND, "not_found_error", message),
            Self::Settle => ApiError::new(StatusCode::FORBIDDEN, "permission_error", message),
        }
    }
}

fn best(remedies: impl Iterator<Item = Remedy>) -> Remedy {
    remedies.min().unwrap_or(Remedy::Settle)
}

fn of_skip(why: SkipReason) -> Remedy {
    match why {
        SkipReason::ContextTooShort(_) => Remedy::Correct,
        SkipReason::Cooldown(CooldownCause::RateLimit, wait) | SkipReason::NoRoom(wait) => {
            Remedy::repeat(wait, StatusCode::TOO_MANY_REQUESTS)
        }
        SkipReason::Cooldown(CooldownCause::Overload, wait) | SkipReason::Down(wait) => {
            Remedy::repeat(wait, StatusCode::SERVICE_UNAVAILABLE)
        }
        SkipReason::Starting => Remedy::repeat(SOON, StatusCode::SERVICE_UNAVAILABLE),
        SkipReason::Cooldown(CooldownCause::Quota, _)
        | SkipReason::Capped(_)
        | SkipReason::Unpriced
        | SkipReason::TooDear(_) => Remedy::Pay,
        SkipReason::NotRouted
        | SkipReason::NoKey
        | SkipReason::CannotFill
        | SkipReason::Reasons
        | SkipReason::Searches
        | SkipReason::CannotChat
        | SkipReason::Excepted
        | SkipReason::NotAllowed
        | SkipReason::Remote
        | SkipReason::Trains
        | SkipReason::MayTrain
        | SkipReason::Cooldown(CooldownCause::Key, _)
        | SkipReason::CannotStart
        | SkipReason::LaterGroup => Remedy::Settle,
    }
}

fn of_attempt(trouble: &AttemptError) -> Remedy {
    match trouble {
        AttemptError::Failed(failure) => of_failure(failure),
        AttemptError::Refused(ReservationError::Busy) | AttemptError::Down => {
            Remedy::repeat(SOON, StatusCode::SERVICE_UNAVAILABLE)
        }
        AttemptError::Refused(ReservationError::Capped { .. } | ReservationError::Unpriced) => {
            Remedy::Pay
        }
        AttemptError::SameKey => Remedy::Settle,
        AttemptError::TooSmall(_) => Remedy::Correct,
    }
}

fn of_failure(failure: &Failure) -> Remedy {
    match failure {
        Failure::BadRequest { .. }
        | Failure::FieldRejected { .. }
        | Failure::ContextTooLong { .. }
        | Failure::Refused { .. } => Remedy::Correct,
        Failure::RateLimited { retry, .. } => {
            Remedy::repeat(retry.unwrap_or(SOON), StatusCode::TOO_MANY_REQUESTS)
        }
        Failure::Overloaded { retry, .. } => {
            Remedy::repeat(retry.unwrap_or(SOON), StatusCode::SERVICE_UNAVAILABLE)
        }
        Failure::Timeout(_) => Remedy::repeat(SOON, StatusCode::GATEWAY_TIMEOUT),
        Failure::Connect { .. }
        | Failure::KeyPending
        | Failure::Starting
        | Failure::Cut
        | Failure::Garbled { .. }
        | Failure::Empty { .. }
        | Failure::Repetition
        | Failure::Cancelled => Remedy::repeat(SOON, StatusCode::BAD_GATEWAY),
        Failure::Quota { .. } => Remedy::Pay,
        Failure::ModelGone { .. } => Remedy::Replace,
        Failure::Auth { .. } | Failure::Forbidden { .. } | Failure::NoKey { .. } => Remedy::Settle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::failure::LimitScope;
    use crate::router::outcome::MissedModel;

    #[track_caller]
    fn check(causes: &[MissReason], expected: (u16, Option<u64>)) {
        let missed = |it: &MissReason| MissedModel { target: "p/m".into(), cause: it.clone() };
        let error = ApiError::from(&RelayError::NoneUsable(causes.iter().map(missed).collect()));
        assert_eq!((error.status.as_u16(), error.retry), expected, "{causes:?}");
    }

    fn skipped(why: SkipReason) -> MissReason {
        MissReason::Skipped(why)
    }

    fn failed(failure: Failure) -> MissReason {
        MissReason::Tried(AttemptError::Failed(failure))
    }

    fn limited(seconds: u64) -> MissReason {
        let retry = Some(Duration::from_secs(seconds));
        failed(Failure::RateLimited { retry, scope: LimitScope::Unknown })
    }

    #[test]
    fn a_program_repeats_only_what_may_succeed_within_a_minute() {
        let (soon, late) = (Duration::from_millis(7_400), Duration::from_mins(2));
        check(&[skipped(SkipReason::Cooldown(CooldownCause::RateLimit, soon))], (429, Some(8)));
        check(&[skipped(SkipReason::Cooldown(CooldownCause::RateLimit, late))], (403, None));
        check(&[skipped(SkipReason::Cooldown(CooldownCause::Key, soon))], (403, None));
        check(&[skipped(SkipReason::Capped(soon))], (402, None));
        check(&[skipped(SkipReason::Down(Duration::ZERO))], (503, Some(1)));
        check(&[limited(7)], (429, Some(7)));
        check(&[limited(61)], (403, None));
        check(&[failed(Failure::Cut)], (502, Some(2)));
        check(&[failed(Failure::Auth { reason: String::new() })], (403, None));
        check(&[failed(Failure::ModelGone { reason: String::new() })], (404, None));
        check(&[], (403, None));
    }

    #[test]
    fn the_best_remedy_of_all_models_counts() {
        let bad = failed(Failure::BadRequest { status: 400, reason: String::new() });
        let gone = failed(Failure::ModelGone { reason: String::new() });
        check(&[gone.clone(), limited(9), limited(7)], (429, Some(7)));
        check(&[gone.clone(), skipped(SkipReason::NoKey)], (404, None));
        check(&[limited(7), bad, gone], (400, None));
    }
}
