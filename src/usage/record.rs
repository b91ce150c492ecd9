//! What the ledger keeps. Names, numbers and paths: no text of anybody's code, no text of an
//! answer, and no word of a provider's that might quote either.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::models::price::money::Money;
use crate::models::token_usage::Usage;

/// One call to one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: CallId,
    /// When it was asked.
    pub at: SystemTime,
    pub provider: String,
    pub model: String,
    /// What it was asked for: `complete`, `edit`, …
    pub feature: String,
    pub outcome: CallOutcome,
    /// How many were asked before it for the same request.
    pub attempt: u32,
    pub usage: Usage,
    /// `None` where the price is not known.
    pub money: Option<Money>,
    /// Whether tokens or money are reckoned rather than reported.
    pub estimated: bool,
    pub first_token: Option<Duration>,
    pub total: Duration,
    pub marks: CallMarks,
}

/// A call's name, made before it is booked, so that what becomes of its answer finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub(super) i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// Read to its end.
    Answered,
    /// Cut by us: enough was said, or nobody waits any more.
    Cut,
    /// The failure's class, never its message.
    Failed(String),
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallMarks {
    pub shown: bool,
    pub accepted: bool,
    /// Accepted, and still there half a minute later.
    pub kept: bool,
}

/// What is known of a call before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    pub provider: String,
    /// As its call will be booked.
    pub feature: String,
    /// At most; `None` where the price is not known.
    pub money: Option<Money>,
    pub tokens: u64,
    /// How long the call takes at most. What is reserved longer is a dead process's.
    pub lasts: Duration,
}

/// What may be spent: all a user set that touches one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingCaps {
    /// On all providers together.
    pub overall: SpendingCap,
    /// On the one that is to be asked.
    pub own: SpendingCap,
    /// On a day's calls that are booked for the same as this one.
    pub alike: SpendingLimit,
}

/// Limits of a day and of a month, both of the calendar in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingCap {
    pub day: SpendingLimit,
    pub month: SpendingLimit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingLimit {
    pub money: Option<Money>,
    pub requests: Option<u64>,
    pub tokens: Option<u64>,
}

/// Why a call may not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservationError {
    /// A cap is reached, and holds until then.
    Capped { whose: Whose, what: CapKind, until: SystemTime },
    /// Nobody knows what it would cost, and a cap in dollars holds.
    Unpriced,
    /// The ledger did not answer in time: nothing that has a cap may be asked.
    Busy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Overall,
    Own,
    Alike,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapKind {
    Money,
    Requests,
    Tokens,
}

/// Why who was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub at: SystemTime,
    pub feature: String,
    /// Who answered; `None` where nobody did.
    pub chosen: Option<String>,
    /// Every target, in the order of the plan.
    pub candidates: Vec<CandidateRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateRecord {
    /// `provider/model`.
    pub target: String,
    pub reason: String,
}

/// What left the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRecord {
    pub at: SystemTime,
    /// `provider/model`, and the host behind it.
    pub target: String,
    pub host: String,
    pub feature: String,
    /// Files whose text was in it, as paths from their roots.
    pub files: Vec<String>,
    pub bytes: u64,
}

/// Requests for ghost text in one document that showed nothing, all for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// From `random_id`; a row is replaced by a later one with the same id.
    pub id: i64,
    /// The first and the last of these requests.
    pub first: SystemTime,
    pub last: SystemTime,
    pub count: u32,
    /// The path from its root, empty for a document without a file.
    pub document: String,
    pub reason: String,
}

/// Who is not asked for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooldown {
    /// A provider, or `provider/model`.
    pub target: String,
    pub since: SystemTime,
    /// `None`: until the settings it was made under change.
    pub until: Option<SystemTime>,
    /// What stands for those settings.
    pub settings: String,
    pub reason: String,
    /// A hash of the key that was rejected, where that is why.
    pub key: Option<String>,
}

impl CallId {
    /// One that no other window has made.
    pub fn new() -> Self {
        Self(random_id())
    }
}

/// A row's number that no other window has made.
pub fn random_id() -> i64 {
    // Each `RandomState` has keys of its own; two windows' keys are the system's randomness.
    (RandomState::new().hash_one(SystemTime::now()) >> 1).cast_signed()
}

impl Default for CallId {
    fn default() -> Self {
        Self::new()
    }
}

impl Call {
    /// As a person names who was asked.
    pub fn target(&self) -> String {
        format!("{}/{}", self.provider, self.model)
    }
}

impl CallOutcome {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Answered => "answered",
            Self::Cut => "cut",
            Self::Failed(class) => class,
        }
    }

    pub(super) fn parse(text: String) -> Self {
        match text.as_str() {
            "answered" => Self::Answered,
            "cut" => Self::Cut,
            _ => Self::Failed(text),
        }
    }
}

impl SpendingCaps {
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a cap in dollars holds.
    pub fn count_money(&self) -> bool {
        let Self { overall, own, alike } = self;
        let limits = [overall.day, overall.month, own.day, own.month, *alike];
        limits.iter().any(|it| it.money.is_some())
    }
}
