//! What a request requires of a model.

use std::sync::Arc;
use std::time::Duration;

use crate::models::price::money::Money;
use crate::prompt::fill::brief::BRIEF;
use crate::router::pool::Candidate;

/// The feature's name for a prefetch, in the ledger and in reports.
pub const AHEAD: &str = "ahead";

/// Bytes of a short question besides the text it is about: rules, an example, wire fields.
const QUESTION: u64 = 1536;

#[derive(Clone, Debug)]
pub struct RequestSpec {
    pub feature: Feature,
    pub wants: Capability,
    pub size: RequestSize,
    /// Identifies the document, whose last target may have a warm cache.
    pub document: u64,
    pub policy: PrivacyPolicy,
    pub deadline: Deadline,
    /// The most that this request may cost.
    pub usd: Option<Money>,
    /// For a prefetch: the most that all of them may cost per day.
    pub ahead: Option<Money>,
    /// Models that must not be used: another request of the same user action uses them.
    pub except: Vec<Arc<str>>,
}

impl RequestSpec {
    /// The feature's name in the ledger.
    pub fn name(&self) -> &'static str {
        match self.ahead {
            Some(_) => AHEAD,
            None => self.feature.name(),
        }
    }

    /// Whether a candidate receives a short question: its prompt is too small and changes too much for a
    /// provider's cache, which starts at 512 to 1,024 tokens.
    pub fn is_brief(&self, candidate: &Candidate) -> bool {
        match self.wants {
            Capability::Fill | Capability::FillOrBrief => !candidate.fills,
            Capability::FillOrChat | Capability::Chat | Capability::NextEdit => false,
        }
    }

    /// An upper bound of the bytes that a candidate would receive, before the prompt exists.
    pub fn bytes_for(&self, candidate: &Candidate) -> u64 {
        match self.is_brief(candidate) {
            true => self.size.bytes.min(BRIEF.bytes() as u64 + QUESTION),
            false => self.size.bytes,
        }
    }

    /// How long to wait for the ledger's reservation.
    pub fn patience(&self) -> Duration {
        match (self.feature, self.ahead) {
            (Feature::Complete, None) => Duration::from_millis(100),
            // No user waits for a prefetch, and other requests take seconds.
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
    NextEdit,
}

/// What a model must be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Fill in the middle: completions while the user types, with code after the cursor.
    Fill,
    /// Fill a hole, or ask a short question: ghost text while the user types at the end of a line.
    FillOrBrief,
    /// Fill a hole, or ask a question: ghost text that the user requested.
    FillOrChat,
    Chat,
    /// Suggest the next edit.
    NextEdit,
}

/// The size of a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestSize {
    /// Of the prompt. Models count tokens differently.
    pub bytes: u64,
    /// The share of the prompt that this document's next request will start with too.
    pub stable: f64,
    /// Most tokens of the answer.
    pub max_output: u32,
    /// Usual tokens of the answer, if known better than from the feature's history.
    pub output: Option<u32>,
}

/// Which models are allowed to see the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivacyPolicy {
    /// Providers by name; `None` allows all.
    pub only: Option<Vec<Arc<str>>>,
    pub reach: Reach,
    pub training: TrainingPolicy,
}

impl PrivacyPolicy {
    /// The policy of a text made of two texts.
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

/// Where the text may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    Anywhere,
    /// This machine only: the text is from outside every workspace folder.
    Loopback,
}

/// Whether providers that train on requests are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrainingPolicy {
    #[default]
    Never,
    Allow,
}

/// How long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// A slower candidate is tried later.
    pub first_token: Option<Duration>,
    /// Ends the request.
    pub total: Duration,
    /// How long a free model may take instead if nothing else can answer.
    pub patience: Duration,
}

impl Feature {
    pub const ALL: [Self; 5] =
        [Self::Complete, Self::Edit, Self::Explain, Self::Hover, Self::NextEdit];

    /// As in settings, the ledger and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Edit => "edit",
            Self::Explain => "explain",
            Self::Hover => "hover",
            Self::NextEdit => "next_edit",
        }
    }

    /// Assumed tokens of an answer before any was measured.
    pub fn usual_output(self) -> f64 {
        match self {
            Self::Complete => 30.0,
            Self::Edit => 500.0,
            Self::Explain => 300.0,
            Self::Hover => 120.0,
            Self::NextEdit => 250.0,
        }
    }

    /// The default deadline.
    pub fn deadline(self) -> Deadline {
        let (first_token, total, patience) = match self {
            // It ends once the user types something else.
            Self::Complete => (Some(Duration::from_millis(600)), 2500, 30_000),
            Self::NextEdit => (None, 6000, 0),
            // Its progress is shown, and the user can cancel it.
            Self::Edit | Self::Explain => (None, 60_000, 300_000),
            // Its answer is for a later hover.
            Self::Hover => (None, 60_000, 0),
        };
        let [total, patience] = [total, patience].map(Duration::from_millis);
        Deadline { first_token, total, patience }
    }
}
