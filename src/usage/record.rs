//! The rows of the ledger: names, numbers and paths. They contain no source code, no text of an answer, and
//! no message of a provider, which might quote either.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::models::price::money::Money;
use crate::models::token_usage::Usage;

/// One call to one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: CallId,
    /// When it was sent.
    pub at: SystemTime,
    pub provider: String,
    pub model: String,
    /// The feature that sent it: `complete`, `edit`, …
    pub feature: String,
    pub outcome: CallOutcome,
    /// Number of models that were tried before it for the same request.
    pub attempt: u32,
    pub usage: Usage,
    /// `None` if the price is unknown.
    pub money: Option<Money>,
    /// Whether tokens or cost are estimated, not reported by the provider.
    pub estimated: bool,
    pub first_token: Option<Duration>,
    pub total: Duration,
    pub marks: CallMarks,
}

/// Identifies a call. It is created before the call is booked, so that the answer can be marked later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub(super) i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The answer was read to its end.
    Answered,
    /// Understudy ended the call: the text was complete, or no request waited for it any more.
    Cut,
    /// The failure's class, never its message.
    Failed(String),
}

/// What happened to an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallMarks {
    pub shown: bool,
    pub accepted: bool,
    /// Accepted, and still in the document half a minute later.
    pub kept: bool,
}

/// What is known about a call before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    pub provider: String,
    /// The feature that the call will be booked for.
    pub feature: String,
    /// Upper bound; `None` if the price is unknown.
    pub money: Option<Money>,
    pub tokens: u64,
    /// Upper bound of the call's duration. A reservation that is older belongs to a process that died.
    pub lasts: Duration,
}

/// All caps that apply to one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingCaps {
    /// For all providers together.
    pub overall: SpendingCap,
    /// For the call's provider.
    pub own: SpendingCap,
    /// For the calls of a day that are booked for the same feature.
    pub alike: SpendingLimit,
}

/// Limits per calendar day and calendar month, in UTC.
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

/// Why a call is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservationError {
    /// A cap is reached. It ends at `until`.
    Capped { whose: Whose, what: CapKind, until: SystemTime },
    /// The cost is unknown, and a cap in dollars applies.
    Unpriced,
    /// The ledger did not answer in time, so a call with a cap is refused.
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

/// Why a model was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub at: SystemTime,
    pub feature: String,
    /// The target that answered; `None` if no target did.
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

/// A request that left the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRecord {
    pub at: SystemTime,
    /// `provider/model`; `host` is the host behind it.
    pub target: String,
    pub host: String,
    pub feature: String,
    /// Files with text in the prompt, relative to their roots.
    pub files: Vec<String>,
    pub bytes: u64,
}

/// Completion requests in one document that showed nothing, all for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// From `random_id`; a row is replaced by a later one with the same id.
    pub id: i64,
    /// The first and the last of these requests.
    pub first: SystemTime,
    pub last: SystemTime,
    pub count: u32,
    /// Path relative to its root; empty for a document without a file.
    pub document: String,
    pub reason: String,
}

/// A target that gets no requests for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooldown {
    /// A provider, or `provider/model`.
    pub target: String,
    pub since: SystemTime,
    /// `None`: until the settings change.
    pub until: Option<SystemTime>,
    /// Identifies the settings that it was recorded under.
    pub settings: String,
    pub reason: String,
    /// A hash of the rejected key, if that is the reason.
    pub key: Option<String>,
}

impl CallId {
    /// An id that no other window has created.
    pub fn new() -> Self {
        Self(random_id())
    }
}

/// An id of a row that no other window has created.
pub fn random_id() -> i64 {
    // Each `RandomState` has its own keys; across processes they are random.
    (RandomState::new().hash_one(SystemTime::now()) >> 1).cast_signed()
}

impl Default for CallId {
    fn default() -> Self {
        Self::new()
    }
}

impl Call {
    /// `provider/model`, as users write it.
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

    /// Whether a cap in dollars applies.
    pub fn count_money(&self) -> bool {
        let Self { overall, own, alike } = self;
        let limits = [overall.day, overall.month, own.day, own.month, *alike];
        limits.iter().any(|it| it.money.is_some())
    }
}
