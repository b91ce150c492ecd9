//! Why an attempt failed, and what that says about asking somebody else.

use std::time::Duration;

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Too many requests or tokens for now.
    RateLimited {
        retry: Option<Duration>,
        scope: Scope,
    },
    /// A quota, a cap or the credit is used up.
    Quota {
        retry: Option<Duration>,
        reason: String,
    },
    /// The key is missing, wrong, or may not do this.
    Auth {
        reason: String,
    },
    /// There is no such model, or no longer.
    ModelGone {
        reason: String,
    },
    ContextTooLong {
        reason: String,
    },
    BadRequest {
        status: u16,
        reason: String,
    },
    Overloaded {
        retry: Option<Duration>,
        reason: String,
    },
    /// Nobody could be reached.
    Connect {
        reason: String,
    },
    Timeout(Phase),
    /// The stream ended before its end.
    Cut,
    /// What came is no answer of its format.
    Garbled {
        reason: String,
    },
    /// The model, or a filter before it, would not answer.
    Refused {
        reason: String,
    },
    Cancelled,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Minute,
    Day,
    Unknown,
}

/// What was waited for when time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    Connect,
    FirstToken,
    Total,
    /// Between two tokens.
    Stall,
}

/// What a failure says about asking on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Ask the next; whether the one that failed is to blame.
    Next { blame: bool },
    /// Ask the next, and this one no more for so long.
    Park(Option<Duration>),
    /// Ask the next, and this one no more until the settings change.
    ParkUntilReload,
    /// Ask one with a larger window.
    Larger,
    /// Nobody would answer this.
    GiveUp,
}
