//! A request to the router, the events while it runs, and its outcome.

use std::sync::Arc;

use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::provider::failure::Failure;
use crate::provider::{Target, sse};
use crate::reply::repetition::RepetitionWatch;
use crate::router::plan::{Choice, Plan, SkipReason};
use crate::router::pool::Candidate;
use crate::router::reason;
use crate::router::recorder::CallTotal;
use crate::router::spec::RequestSpec;
use crate::usage::record::{CandidateRecord, ReservationError};

pub struct RouterRequest {
    pub spec: RequestSpec,
    pub prompt: Arc<Prompt>,
    /// Sent instead if `prompt` costs more than the limit with every model.
    pub smaller: Option<SmallerPrompt>,
    /// Files whose text is in the prompt, for `understudy sent`.
    pub files: Vec<String>,
    /// The answer if no candidate answers.
    pub standby: Option<Standby>,
    /// Fails an attempt whose reasoning repeats itself; `None` for an answer that another program reads.
    pub reasoning: Option<RepetitionWatch>,
    pub sink: EventSink,
}

/// A shorter prompt for the same place.
#[derive(Clone, Debug)]
pub struct SmallerPrompt {
    pub prompt: Arc<Prompt>,
    /// The most bytes of text that it contains, in a large document.
    pub most: u64,
}

/// The n-gram model's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Standby {
    pub text: String,
    pub confidence: f32,
}

/// Receives the events of a request, and returns whether more is wanted.
pub type EventSink = Box<dyn FnMut(StreamEvent<'_>) -> Flow + Send>;

/// An event while a request runs.
#[derive(Clone, Copy, Debug)]
pub enum StreamEvent<'a> {
    /// An answer has begun.
    Started {
        target: &'a Target,
    },
    Delta(&'a str),
    /// The natural logarithm of the probability of the next delta, as its model reports it.
    LogProb(f32),
    /// A piece of an answer for another program, as received. Its text follows.
    Relayed(&'a sse::SseEvent),
    /// The cost of all attempts so far, where prices are known. Sent from time to time.
    Spent(Money),
    /// The answer failed midway. Text received so far is void.
    Reset {
        failed: &'a FailedAttempt,
    },
    /// The answer is complete.
    Done,
}

/// Whether more is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    On,
    Stop,
}

/// The outcome of a request.
#[derive(Clone, Debug)]
pub struct RequestOutcome {
    /// `None` if all candidates failed and there was no standby.
    pub answer: Option<ModelAnswer>,
    /// Failed attempts in their order.
    pub tried: Vec<FailedAttempt>,
    /// Every candidate with its reason, as `understudy why` shows it.
    pub candidates: Vec<CandidateRecord>,
    /// Why each model did not answer, if no model did.
    pub missed: Vec<MissedModel>,
}

impl RequestOutcome {
    /// The outcome of a plan whose candidates gave `answer`, or the standby if they gave none.
    pub(super) fn new(
        plan: &Plan,
        tried: Vec<FailedAttempt>,
        answer: Option<ModelAnswer>,
        standby: Option<Standby>,
    ) -> Self {
        let missed = if answer.is_some() { Vec::new() } else { missed(plan, &tried) };
        let answer = answer.or_else(|| {
            let text = standby.as_ref()?.text.clone();
            Some(ModelAnswer { text, by: AnsweredBy::Standby, total: None, is_cut: false })
        });
        let candidates = candidates(plan, &tried, answer.as_ref(), standby.as_ref());
        Self { answer, tried, candidates, missed }
    }
}

/// A model that did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedModel {
    /// `provider/model`.
    pub target: Arc<str>,
    pub cause: MissReason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// The plan left it out.
    Skipped(SkipReason),
    /// Its attempt failed.
    Tried(AttemptError),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelAnswer {
    pub text: String,
    pub by: AnsweredBy,
    /// Usage; `None` for the standby. An estimate if the answer is still being read to its end.
    pub total: Option<CallTotal>,
    /// The answer reached `max_output` before its end.
    pub is_cut: bool,
}

/// The source of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    Target(Arc<str>),
    Standby,
}

impl AnsweredBy {
    /// As the ledger stores it: `provider/model`, or `embedded`.
    pub fn name(&self) -> &str {
        match self {
            Self::Target(name) => name,
            Self::Standby => "embedded",
        }
    }
}

/// An attempt that failed.
#[derive(Clone, Debug)]
pub struct FailedAttempt {
    /// Its index in the pool.
    pub index: usize,
    pub target: Arc<Target>,
    pub trouble: AttemptError,
}

impl FailedAttempt {
    pub(super) fn new(choice: &Choice, trouble: AttemptError) -> Self {
        Self { index: choice.index, target: Arc::clone(&choice.candidate.target), trouble }
    }
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptError {
    Failed(Failure),
    /// Not sent: a spending cap.
    Refused(ReservationError),
    /// Not sent: another request is already the probe.
    Down,
    /// Not sent: the provider rejected the same key.
    SameKey,
    /// Not sent: its context window of this many tokens does not hold the prompt.
    TooSmall(u32),
}

/// Why each model did not answer; attempts first.
fn missed(plan: &Plan, tried: &[FailedAttempt]) -> Vec<MissedModel> {
    let tried = tried.iter().map(|it| MissedModel {
        target: Arc::clone(&it.target.name),
        cause: MissReason::Tried(it.trouble.clone()),
    });
    tried.chain(skipped(plan)).collect()
}

/// The models that a plan leaves out.
pub(super) fn skipped(plan: &Plan) -> impl Iterator<Item = MissedModel> {
    let skipped = plan.skipped.iter();
    skipped.map(|it| MissedModel {
        target: Arc::clone(it.candidate.name()),
        cause: MissReason::Skipped(it.why),
    })
}

/// Every candidate of a plan with its reason and result.
fn candidates(
    plan: &Plan,
    tried: &[FailedAttempt],
    answer: Option<&ModelAnswer>,
    standby: Option<&Standby>,
) -> Vec<CandidateRecord> {
    let named = |candidate: &Candidate, reason: String| CandidateRecord {
        target: candidate.name().to_string(),
        reason,
    };
    let mut candidates: Vec<CandidateRecord> = Vec::new();
    for choice in &plan.order {
        let fate = fate(choice, tried, answer);
        candidates.push(named(&choice.candidate, format!("{fate}: {choice}")));
    }
    candidates.extend(plan.skipped.iter().map(|it| named(&it.candidate, it.why.to_string())));
    candidates.extend(standby.map(|it| CandidateRecord {
        target: "embedded".to_owned(),
        reason: match answer {
            Some(ModelAnswer { by: AnsweredBy::Standby, .. }) => {
                format!(
                    "answered with {:.0} % confidence: no provider answered",
                    it.confidence * 100.0
                )
            }
            Some(_) | None => {
                format!("ready with {:.0} % confidence, not used", it.confidence * 100.0)
            }
        },
    }));
    candidates
}

/// The result of a planned candidate.
fn fate(choice: &Choice, tried: &[FailedAttempt], answer: Option<&ModelAnswer>) -> String {
    if let Some(it) = tried.iter().find(|it| it.index == choice.index) {
        return match &it.trouble {
            AttemptError::Failed(failure) => format!("failed ({})", reason::class(failure)),
            AttemptError::Refused(refusal) => format!("skipped ({refusal})"),
            AttemptError::Down => "skipped (another request is retrying it)".to_owned(),
            AttemptError::SameKey => "skipped (the provider rejected the API key)".to_owned(),
            AttemptError::TooSmall(context_length) => {
                format!(
                    "skipped (its context window of {context_length} tokens is too small for the prompt)"
                )
            }
        };
    }
    match answer {
        Some(ModelAnswer { by: AnsweredBy::Target(by), total, .. })
            if by == choice.candidate.name() =>
        {
            match total {
                Some(total) => format!("answered in {:.2} s", total.time.as_secs_f64()),
                None => "answered".to_owned(),
            }
        }
        Some(ModelAnswer { by: AnsweredBy::Target(_), .. }) => {
            "not tried: another model answered".to_owned()
        }
        Some(ModelAnswer { by: AnsweredBy::Standby, .. }) | None => {
            "not tried (the time limit of the request was reached)".to_owned()
        }
    }
}
