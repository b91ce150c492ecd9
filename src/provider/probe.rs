//! Finds out whether a target can serve: what `doctor` shows of it.
//!
//! In the order in which things go wrong: the key, the way there, the model, what it can do, and
//! one small call in earnest, since only that proves the rest. What nobody tells is not counted
//! against a target.

mod elsewhere;
pub mod identify;
mod told;

use std::time::Duration;

use tokio::time::Instant;

use crate::models::token_usage::Usage;
use crate::prompt::{CompletionScope, Fill, Prompt, Trigger};
use crate::provider::dialect::{Delta, HttpRequest};
use crate::provider::failure::Failure;
use crate::provider::fim::{FillCapability, FillFormat};
use crate::provider::limits::Limits;
use crate::provider::transport::reply::ReplyStream;
use crate::provider::transport::{Delivery, Patience, Timing, Transport};
use crate::provider::{Target, address, dialect, times};

/// Of the answer to the small call: enough to see how fast tokens come.
const TOKENS: u32 = 16;
/// A server that is there says so within this time.
const GLANCE: Duration = Duration::from_secs(2);

/// What was found out about a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    pub key: ProbeFinding,
    pub reach: ProbeFinding,
    pub model: ProbeFinding,
    pub capability: ProbeFinding,
    pub call: ProbeFinding,
    /// Where the call goes.
    pub url: String,
    /// The base url of the same server at which it answers, where it does not at its own.
    pub elsewhere: Option<String>,
    /// Whether it fills holes in its own way, where that was said or seen.
    pub fills: Option<FillCapability>,
    /// How fast the call was, where it was answered.
    pub speed: Option<Speed>,
    /// What its headers say is left of the provider's limits.
    pub limits: Limits,
}

/// What became of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeFinding {
    /// It is well, and what there is to say of it.
    Good(String),
    /// Nobody says.
    Unsaid(String),
    Bad(Failure),
    /// Not asked, since something before it is not well.
    Skipped,
}

/// How fast an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// From the start to the first token, connecting included.
    pub first: Duration,
    /// Tokens in a thousand seconds, after the first.
    pub millitokens: Option<u64>,
}

impl ProbeReport {
    /// Whether the target answered, which is what counts.
    pub fn can_serve(&self) -> bool {
        matches!(self.call, ProbeFinding::Good(_))
    }

    /// One small call in earnest, as ghost text makes them.
    async fn call(&mut self, transport: &Transport, target: &Target, within: Duration) {
        match answer(transport, target, within).await {
            Ok((reply, pieces)) => {
                self.speed = speed(reply.timing(), reply.usage(), pieces);
                self.limits = reply.limits;
                self.call = ProbeFinding::Good(self.speed.map_or("answers".to_owned(), words));
            }
            Err(failure) => self.call = ProbeFinding::Bad(failure),
        }
    }

    fn skipped(target: &Target) -> Self {
        let path = dialect::encode(target, &Prompt::Fill(hole())).path;
        Self {
            url: address::shown(&address::join(&target.provider.url, &path)),
            elsewhere: None,
            key: ProbeFinding::Skipped,
            reach: ProbeFinding::Skipped,
            model: ProbeFinding::Skipped,
            capability: ProbeFinding::Skipped,
            call: ProbeFinding::Skipped,
            fills: None,
            speed: None,
            limits: Limits::default(),
        }
    }
}

/// Asks all there is to ask, each for as long as `within`.
pub async fn probe(transport: &Transport, target: &Target, within: Duration) -> ProbeReport {
    let mut report = ProbeReport::skipped(target);
    report.key = key(target).await;
    if matches!(report.key, ProbeFinding::Bad(_)) {
        return report;
    }
    let start = Instant::now();
    let listed = list(transport, target, within).await;
    report.reach = reach(&listed, start.elapsed());
    if matches!(report.reach, ProbeFinding::Bad(_)) {
        report.elsewhere = elsewhere::find(transport, target, &report, within).await;
        return report;
    }
    report.model = model(target, &listed);
    (report.capability, report.fills) = capability(transport, target, within).await;
    report.call(transport, target, within).await;
    report.fills = report.fills.or_else(|| seen(target, &report.call));
    if let (Some(FillCapability { fills: false }), Some(otherwise)) =
        (report.fills, target.filled_otherwise())
    {
        report.call(transport, &otherwise, within).await;
    }
    if let ProbeFinding::Bad(failure @ Failure::Auth { .. }) = &report.call {
        report.key = ProbeFinding::Bad(failure.clone());
    }
    report.elsewhere = elsewhere::find(transport, target, &report, within).await;
    report
}

/// Whether somebody answers where a target does, and has loaded what it serves.
pub async fn answers(transport: &Transport, target: &Target) -> bool {
    let asked =
        transport.fetch(target, target.provider.preset.models, None, Instant::now() + GLANCE);
    !matches!(
        asked.await,
        Err(Failure::Connect { .. } | Failure::Timeout(_) | Failure::Overloaded { .. })
    )
}

async fn key(target: &Target) -> ProbeFinding {
    let secret = &target.provider.secret;
    match secret.get().await {
        Ok(Some(_)) => ProbeFinding::Good(format!("from {}", secret.place())),
        Ok(None) => ProbeFinding::Good("none needed".to_owned()),
        Err(failure) => ProbeFinding::Bad(failure),
    }
}

/// The provider's list of models; `None` where it has none.
type Listed = Option<Result<Vec<u8>, Failure>>;

async fn list(transport: &Transport, target: &Target, within: Duration) -> Listed {
    let path = target.provider.preset.models;
    if path.is_empty() {
        return None;
    }
    Some(transport.fetch(target, path, None, Instant::now() + within).await)
}

/// Whoever says no has been reached.
fn reach(listed: &Listed, took: Duration) -> ProbeFinding {
    match listed {
        None => ProbeFinding::Unsaid("seen by its call".to_owned()),
        Some(Err(failure @ (Failure::Connect { .. } | Failure::Timeout(_)))) => {
            ProbeFinding::Bad(failure.clone())
        }
        Some(_) => ProbeFinding::Good(format!("answers in {} ms", took.as_millis())),
    }
}

fn model(target: &Target, listed: &Listed) -> ProbeFinding {
    let unsaid = || ProbeFinding::Unsaid("no list of models".to_owned());
    match listed {
        None | Some(Err(Failure::ModelGone { .. } | Failure::BadRequest { .. })) => unsaid(),
        Some(Err(failure)) => ProbeFinding::Bad(failure.clone()),
        Some(Ok(body)) => match told::models(body) {
            None => unsaid(),
            Some(models) if told::has(&models, &target.model.id) => {
                ProbeFinding::Good(format!("one of {}", models.len()))
            }
            // It serves what it was started with, whatever it is called.
            Some(models) if models.len() == 1 && target.provider.preset.serves_one => {
                ProbeFinding::Good(format!("the only model, {}", models[0]))
            }
            Some(models) => {
                let near = told::nearest(&models, &target.model.id);
                let near = near.map_or(String::new(), |it| format!(", did you mean {it}?"));
                let reason = format!("not among its {} models{near}", models.len());
                ProbeFinding::Bad(Failure::ModelGone { reason })
            }
        },
    }
}

/// What servers that people run themselves say of a model.
async fn capability(
    transport: &Transport,
    target: &Target,
    within: Duration,
) -> (ProbeFinding, Option<FillCapability>) {
    let total = Instant::now() + within;
    let unsaid = || (ProbeFinding::Unsaid("not reported".to_owned()), None);
    let asked = match target.provider.preset.kind {
        "ollama" => {
            let body = serde_json::json!({ "model": target.model.id }).to_string().into_bytes();
            transport.fetch(target, "/api/show", Some(body), total).await
        }
        "llama-cpp" => transport.fetch(target, "/props", None, total).await,
        _ => return unsaid(),
    };
    match asked {
        Ok(body) => match told::capabilities(&body) {
            Some((words, fills)) => (ProbeFinding::Good(words), fills),
            None => unsaid(),
        },
        // Older servers do not know the question.
        Err(Failure::ModelGone { .. } | Failure::BadRequest { .. }) => unsaid(),
        Err(failure) => (ProbeFinding::Bad(failure), None),
    }
}

/// What the call shows of a target that was asked to fill in its own way.
fn seen(target: &Target, call: &ProbeFinding) -> Option<FillCapability> {
    if !matches!(target.model.form, FillFormat::Suffix | FillFormat::Infill) {
        return None;
    }
    match call {
        ProbeFinding::Good(_) => Some(FillCapability { fills: true }),
        ProbeFinding::Bad(Failure::ModelGone { .. }) => Some(FillCapability { fills: false }),
        ProbeFinding::Bad(_) | ProbeFinding::Unsaid(_) | ProbeFinding::Skipped => None,
    }
}

/// The whole answer to a small hole, and in how many pieces it came.
async fn answer(
    transport: &Transport,
    target: &Target,
    within: Duration,
) -> Result<(ReplyStream, u64), Failure> {
    let request = dialect::encode(target, &Prompt::Fill(hole()));
    read(transport, target, &request, within).await
}

/// A small hole.
fn hole() -> Fill {
    Fill {
        path: "probe.py".to_owned(),
        language: "python".to_owned(),
        parts: Vec::new(),
        prefix: "def add(a, b):\n    ".to_owned(),
        suffix: "\n\nprint(add(1, 2))\n".to_owned(),
        extent: CompletionScope::Lines(2),
        max_tokens: TOKENS,
        trigger: Trigger::Invoked,
    }
}

async fn read(
    transport: &Transport,
    target: &Target,
    request: &HttpRequest,
    within: Duration,
) -> Result<(ReplyStream, u64), Failure> {
    let patience = Patience { total: Instant::now() + within, stall: within };
    let mut reply = transport.call(target, request, patience, &Delivery::default()).await?;
    let mut pieces = 0;
    loop {
        let delta = match reply.next().await {
            Ok(Some(delta)) => delta,
            // So few tokens are no test of a model that reasons first: it has answered.
            Ok(None) | Err(Failure::Empty { .. }) => break,
            Err(failure) => return Err(failure),
        };
        pieces += u64::from(matches!(delta, Delta::Text(_) | Delta::Thought(_)));
    }
    Ok((reply, pieces))
}

/// Tokens are those the provider counted, or else a token a piece.
fn speed(timing: Timing, usage: Usage, pieces: u64) -> Option<Speed> {
    let (first, total) = (timing.first?, timing.total?);
    let tokens = if usage.output > 0 { usage.output } else { pieces };
    let micros = u64::try_from((total - first).as_micros()).ok().filter(|it| *it > 0);
    let behind = tokens.checked_sub(1).filter(|it| *it > 0);
    let millitokens = micros.zip(behind).map(|(micros, it)| it * 1_000_000_000 / micros);
    Some(Speed { first, millitokens })
}

/// `first token after 41 ms, 132 tokens a second`.
fn words(speed: Speed) -> String {
    let first = match speed.first {
        first if first < Duration::from_secs(10) => format!("{} ms", first.as_millis()),
        first => times::words(first),
    };
    match speed.millitokens {
        Some(it) => format!("first token after {first}, {} tokens a second", it.div_ceil(1000)),
        None => format!("first token after {first}"),
    }
}
