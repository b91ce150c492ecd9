//! The reasons of a plan and its attempts as text: for `why`, the log and messages.

use std::fmt;
use std::time::Duration;

use crate::models::price::money::Money;
use crate::provider::failure::Failure;
use crate::router::outcome::{AttemptError, FailedAttempt};
use crate::router::plan::{Choice, Pace, Rank, SkipReason};
use crate::usage::record::{CapKind, ReservationError, Whose};

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRouted => f.write_str("not listed in the route of this feature"),
            Self::NoKey => f.write_str("its API key is missing"),
            Self::Searches => f.write_str("answers from a web search and does not complete code"),
            Self::CannotFill => f.write_str("a chat model, and code follows the cursor"),
            Self::Reasons => f.write_str("reasons before every answer, too slow while typing"),
            Self::CannotChat => f.write_str("fills in code only; this feature needs a chat model"),
            Self::Excepted => {
                f.write_str("already requested, or excluded because a second model is wanted")
            }
            Self::NotAllowed => f.write_str("not among the providers this folder allows"),
            Self::Remote => f.write_str("not on this machine, and the file is in no open folder"),
            Self::Trains => f.write_str("its provider trains on what it is sent"),
            Self::MayTrain => {
                f.write_str("it is not known whether its provider trains on requests")
            }
            Self::Cooldown(cause, wait) => write!(f, "{cause}; next try in {}", Span(*wait)),
            Self::Capped(wait) => write!(f, "its cap is reached; next try in {}", Span(*wait)),
            Self::Unpriced => f.write_str("its price is not known, and a limit in dollars applies"),
            Self::TooDear(money) => write!(f, "{money} is above the cost limit of this request"),
            Self::ContextTooShort(context_length) => {
                write!(f, "its context window of {context_length} tokens is too small")
            }
            Self::Starting => f.write_str("the server is starting"),
            Self::CannotStart => f.write_str("the server could not be started"),
            Self::Down(wait) => write!(f, "failed repeatedly; next try in {}", Span(*wait)),
            Self::NoRoom(wait) => {
                write!(f, "its rate limit is reached; next try in {}", Span(*wait))
            }
            Self::LaterGroup => f.write_str("in a later group, and `route.spill` is off"),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.dollars {
            None => f.write_str("price not known")?,
            Some(dollars) => {
                let money = Money::from_dollars(dollars).unwrap_or(Money::MAX);
                write!(f, "{money}")?;
            }
        }
        write!(f, ", {:.2} s, group {}", self.value.seconds, self.group + 1)?;
        if self.value.kept != 1.0 {
            write!(f, ", kept {:.2}x as often as its group", self.value.kept)?;
        }
        f.write_str(match self.pace {
            Pace::Fits => "",
            Pace::Slow => ", slower than the latency limit",
        })?;
        f.write_str(match self.rank {
            Rank::Ordinary => "",
            Rank::Stays => ", answered the previous request here",
            Rank::Probe => ", retried after failures",
        })
    }
}

impl fmt::Display for ReservationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capped { whose, what, until: _ } => {
                let what = match what {
                    CapKind::Money => "dollars",
                    CapKind::Requests => "requests",
                    CapKind::Tokens => "tokens",
                };
                let whose = match whose {
                    Whose::Overall => "for all providers",
                    Whose::Own => "for this provider",
                    Whose::Alike => "for requests ahead of typing",
                };
                write!(f, "the cap of {what} {whose} is reached")
            }
            Self::Unpriced => f.write_str("its price is not known, and a cap in dollars is set"),
            Self::Busy => {
                f.write_str("the ledger did not answer in time, so the caps could not be checked")
            }
        }
    }
}

impl fmt::Display for FailedAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.target.name, self.trouble)
    }
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Down => f.write_str("it failed a moment ago, and another request is retrying it"),
            Self::SameKey => f.write_str("the provider rejected the API key"),
            Self::TooSmall(context_length) => {
                write!(
                    f,
                    "its context window of {context_length} tokens is too small for the prompt"
                )
            }
        }
    }
}

/// The class of a failure, without any text of the provider, which might quote the prompt.
pub fn class(failure: &Failure) -> &'static str {
    match failure {
        Failure::RateLimited { .. } => "rate-limited",
        Failure::Quota { .. } => "quota",
        Failure::Auth { .. } => "auth",
        Failure::Forbidden { .. } => "forbidden",
        Failure::NoKey { .. } => "no-key",
        Failure::KeyPending => "key-pending",
        Failure::ModelGone { .. } => "model-gone",
        Failure::ContextTooLong { .. } => "context-too-long",
        Failure::FieldRejected { .. } => "field-rejected",
        Failure::BadRequest { .. } => "bad-request",
        Failure::Overloaded { .. } => "overloaded",
        Failure::Connect { .. } => "connect",
        Failure::Starting => "starting",
        Failure::Timeout(_) => "timeout",
        // The ledger uses `cut` for a stream that we closed.
        Failure::Cut => "broken-off",
        Failure::Garbled { .. } => "garbled",
        Failure::Empty { .. } => "empty",
        Failure::Repetition => "repetition",
        Failure::Refused { .. } => "refused",
        Failure::Cancelled => "cancelled",
    }
}

/// A duration in its shortest form.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..60 => write!(f, "{} s", seconds.max(1)),
            seconds @ 60..3600 => write!(f, "{} min", seconds.div_ceil(60)),
            seconds => write!(f, "{} h", seconds.div_ceil(3600)),
        }
    }
}
