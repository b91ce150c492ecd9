//! What a request needs of whoever answers it.

use std::sync::Arc;
use std::time::Duration;

use crate::models::price::money::Money;
use crate::prompt::fill::brief::BRIEF;
use crate::router::pool::Candidate;

/// What is asked for before its user has come to it, as the ledger and people name it.
pub const AHEAD: &str = "ahead";

/// Bytes of a short question beside the text it is about: rules, an example, the fields of the wire.
const QUESTION: u64 = 1536;

/// What a request needs.
#[derive(Clone, Debug)]
pub struct RequestSpec {
    pub feature: Feature,
    pub wants: Capability,
    pub size: RequestSize,
    /// Stands for the document, so that its next request may find its cache warm.
    pub document: u64,
    pub policy: PrivacyPolicy,
    pub deadline: Deadline,
    /// What this one request may cost.
    pub usd: Option<Money>,
    /// For what its user has not come to yet: what all of that may cost a day.
    pub ahead: Option<Money>,
    /// Those of whom nothing is wanted this time: they were asked, or another model is to be.
    pub except: Vec<Arc<str>>,
}

impl RequestSpec {
    /// What it is booked as.
    pub fn name(&self) -> &'static str {
        match self.ahead {
            Some(_) => AHEAD,
            None => self.feature.name(),
        }
    }

    /// Whether a candidate is asked with a short question: its prompt is too small and changes too much
    /// for a provider's cache, which starts at 512 to 1024 tokens.
    pub fn is_brief(&self, candidate: &Candidate) -> bool {
        match self.wants {
            Capability::Fill | Capability::FillOrBrief => !candidate.fills,
            Capability::FillOrChat | Capability::Chat => false,
        }
    }

    /// Bytes that a candidate would be sent at most, before the prompt is there.
    pub fn bytes_for(&self, candidate: &Candidate) -> u64 {
        match self.is_brief(candidate) {
            true => self.size.bytes.min(BRIEF.bytes() as u64 + QUESTION),
            false => self.size.bytes,
        }
    }

    /// How long it waits for the ledger to set aside what it may cost.
    pub fn patience(&self) -> Duration {
        match (self.feature, self.ahead) {
            (Feature::Complete, None) => Duration::from_millis(100),
            // Nobody is waiting for a prefetch, and other requests take seconds anyway.
            _ => Duration::from_secs(1),
        }
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    Complete,
    Edit,
    /// Questions, explanations, commit messages.
    Explain,
    Hover,
}

/// What a target must be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Fill a hole in a way of its own: ghost text while the user types, where code follows the cursor.
    Fill,
    /// Fill a hole, or ask a short question: ghost text while the user types at the end of a line.
    FillOrBrief,
    /// Fill a hole, or ask a question: ghost text that the user requested.
    FillOrChat,
    Chat,
}

/// How much is sent and said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestSize {
    /// Of the prompt; what each model counts as a token is its own.
    pub bytes: u64,
    /// The share of the prompt that this document's next request starts with too.
    pub stable: f64,
    /// Tokens said at most.
    pub max_output: u32,
    /// Tokens said as a rule, where the asker knows better than the feature's past.
    pub output: Option<u32>,
}

/// Who may see the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivacyPolicy {
    /// Providers by name; `None` where all may.
    pub only: Option<Vec<Arc<str>>>,
    pub reach: Reach,
    pub training: TrainingPolicy,
}

impl PrivacyPolicy {
    /// Who may see a text that is made of two.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.only = match (self.only, &other.only) {
            (Some(own), Some(other)) => {
                Some(own.into_iter().filter(|it| other.contains(it)).collect())
            }
            (own, other) => own.or_else(|| other.clone()),
        };
        if other.reach == Reach::Loopback {
            self.reach = Reach::Loopback;
        }
        if other.training == TrainingPolicy::Never {
            self.training = TrainingPolicy::Never;
        }
        self
    }
}

/// How far the text may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    Anywhere,
    /// This machine: the text is from outside every root.
    Loopback,
}

/// Whether those may be asked whose models learn from what they are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrainingPolicy {
    #[default]
    Never,
    Allow,
}

/// How long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Ranks: who is slower is asked later.
    pub first_token: Option<Duration>,
    /// Ends the request.
    pub total: Duration,
}

impl Feature {
    pub const ALL: [Self; 4] = [Self::Complete, Self::Edit, Self::Explain, Self::Hover];

    /// As settings, the ledger and people name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Edit => "edit",
            Self::Explain => "explain",
            Self::Hover => "hover",
        }
    }

    /// Tokens of an answer, as long as none was seen.
    pub fn usual_output(self) -> f64 {
        match self {
            Self::Complete => 30.0,
            Self::Edit => 500.0,
            Self::Explain => 300.0,
            Self::Hover => 120.0,
        }
    }

    /// How long it may take where the settings say nothing.
    pub fn deadline(self) -> Deadline {
        let millis = Duration::from_millis;
        match self {
            Self::Complete => Deadline { first_token: Some(millis(600)), total: millis(2500) },
            Self::Edit | Self::Explain | Self::Hover => {
                Deadline { first_token: None, total: millis(60_000) }
            }
        }
    }
}
