//! What is asked of the router, what is heard while it works, and what comes of it.

use std::sync::Arc;

use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::provider::failure::Failure;
use crate::provider::{Target, sse};
use crate::router::plan::{Choice, Plan, SkipReason};
use crate::router::pool::Candidate;
use crate::router::reason;
use crate::router::recorder::CallTotal;
use crate::router::spec::RequestSpec;
use crate::usage::record::{CandidateRecord, ReservationError};

/// A request.
pub struct RouterRequest {
    pub spec: RequestSpec,
    pub prompt: Arc<Prompt>,
    /// What is sent instead where that costs more than the request may with every model.
    pub smaller: Option<SmallerPrompt>,
    /// Files whose text is in the prompt, for `sent`.
    pub files: Vec<String>,
    /// What answers when nobody else does.
    pub standby: Option<Standby>,
    pub sink: EventSink,
}

/// A prompt in fewer words.
#[derive(Clone, Debug)]
pub struct SmallerPrompt {
    pub prompt: Arc<Prompt>,
    /// Bytes of text that it holds at most, in a large document.
    pub most: u64,
}

/// What the embedded model says.
#[derive(Clone, Debug, PartialEq)]
pub struct Standby {
    pub text: String,
    pub confidence: f32,
}

/// Hears what happens, and says whether it has enough.
pub type EventSink = Box<dyn FnMut(StreamEvent<'_>) -> Flow + Send>;

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum StreamEvent<'a> {
    /// An answer begins.
    Started {
        target: &'a Target,
    },
    Delta(&'a str),
    /// A piece of an answer to another program, as it came. What it says follows.
    Relayed(&'a sse::SseEvent),
    /// What all attempts have come to by now, as far as prices are known: said now and then.
    Spent(Money),
    /// The answer failed midway: what was heard of it is void.
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

/// What came of a request.
#[derive(Clone, Debug)]
pub struct RequestOutcome {
    /// `None` where all failed and nothing stood by.
    pub answer: Option<ModelAnswer>,
    /// Who failed and why, in the order they were asked.
    pub tried: Vec<FailedAttempt>,
    /// Every target with its reason, as `why` shows them.
    pub candidates: Vec<CandidateRecord>,
    /// Why each model did not answer, where no model did.
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

/// A model that did not answer, and why.
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
    /// It was to answer and did not.
    Tried(AttemptError),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelAnswer {
    pub text: String,
    pub by: AnsweredBy,
    /// What it used; of the standby nothing. Of an answer that is still read to its end, what is
    /// reckoned.
    pub total: Option<CallTotal>,
    /// The model used up `max_output` before it was done.
    pub is_cut: bool,
}

/// Who answered.
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

/// One that was to answer and did not.
#[derive(Clone, Debug)]
pub struct FailedAttempt {
    /// Its place in the pool.
    pub index: usize,
    pub target: Arc<Target>,
    pub trouble: AttemptError,
}

impl FailedAttempt {
    pub(super) fn new(choice: &Choice, trouble: AttemptError) -> Self {
        Self { index: choice.index, target: Arc::clone(&choice.candidate.target), trouble }
    }
}

/// Why it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptError {
    Failed(Failure),
    /// It was not asked: a cap.
    Refused(ReservationError),
    /// It was not asked: another request does already, to see whether it is back.
    Down,
    /// It was not asked: its provider rejected the key that it has too.
    SameKey,
    /// It was not asked: its window of so many tokens does not hold the prompt.
    TooSmall(u32),
}

/// Why each model did not answer: those that were asked first.
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

/// Every target of a plan with its reason, and what became of it.
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

/// What became of one who was to be asked.
fn fate(choice: &Choice, tried: &[FailedAttempt], answer: Option<&ModelAnswer>) -> String {
    if let Some(it) = tried.iter().find(|it| it.index == choice.index) {
        return match &it.trouble {
            AttemptError::Failed(failure) => format!("failed ({})", reason::class(failure)),
            AttemptError::Refused(refusal) => format!("skipped ({refusal})"),
            AttemptError::Down => "skipped (another request is retrying it)".to_owned(),
            AttemptError::SameKey => "skipped (the provider rejected the API key)".to_owned(),
            AttemptError::TooSmall(window) => {
                format!("skipped (its window of {window} tokens is too small for the prompt)")
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
