//! Checks whether a target works, for `doctor`.
//!
//! The checks run in this order: the key, the connection, the model, its capabilities, and one small
//! completion, which proves the rest. Missing information does not count against a target.

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
use crate::provider::preset::BUILT_IN;
use crate::provider::transport::reply::ReplyStream;
use crate::provider::transport::{Patience, Timing, Transport};
use crate::provider::{Target, address, dialect, times};

/// Output limit of the small completion: enough to measure the token rate.
const TOKENS: u32 = 16;
/// Time limit for checking whether a server answers.
const GLANCE: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    pub key: ProbeFinding,
    pub reach: ProbeFinding,
    pub model: ProbeFinding,
    pub capability: ProbeFinding,
    pub call: ProbeFinding,
    /// The url of the completion request, for display.
    pub url: String,
    /// Another base url of the same server that works, if the configured one does not.
    pub elsewhere: Option<String>,
    /// Whether the model fills holes in its own format, if reported or observed.
    pub fills: Option<FillCapability>,
    /// Measured if the completion was answered.
    pub speed: Option<Speed>,
    /// Rate limits in the response headers.
    pub limits: Limits,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeFinding {
    /// Passed, with details for display.
    Good(String),
    /// No information, with details for display.
    Unsaid(String),
    Bad(Failure),
    /// Not checked because an earlier check failed.
    Skipped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// From the start of the request to the first token, including the connection.
    pub first: Duration,
    /// Tokens per 1000 seconds, after the first token.
    pub millitokens: Option<u64>,
}

impl ProbeReport {
    /// Whether the completion was answered; the other checks only explain a failure.
    pub fn can_serve(&self) -> bool {
        matches!(self.call, ProbeFinding::Good(_))
    }

    /// Sends one small completion request, like those for ghost text.
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

/// Runs all checks. `within` is the time limit of each.
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

/// Whether the server of a target answers and has loaded its model.
pub async fn answers(transport: &Transport, target: &Target) -> bool {
    let asked =
        transport.fetch(target, target.provider.preset.models, None, Instant::now() + GLANCE);
    !matches!(
        asked.await,
        Err(Failure::Connect { .. } | Failure::Timeout(_) | Failure::Overloaded { .. })
    )
}

/// What runs the model of a built-in target, for display; `None` if it is not loaded, and for other targets.
pub async fn device(transport: &Transport, target: &Target) -> Option<String> {
    if target.provider.preset.kind != BUILT_IN {
        return None;
    }
    let path = target.provider.preset.models;
    let body = transport.fetch(target, path, None, Instant::now() + GLANCE).await.ok()?;
    told::device(&body)
}

async fn key(target: &Target) -> ProbeFinding {
    let secret = &target.provider.secret;
    match secret.get().await {
        Ok(Some(_)) => ProbeFinding::Good(format!("from {}", secret.place())),
        Ok(None) => ProbeFinding::Good("none needed".to_owned()),
        Err(failure) => ProbeFinding::Bad(failure),
    }
}

/// The provider's list of models; `None` if it has no such list.
type Listed = Option<Result<Vec<u8>, Failure>>;

async fn list(transport: &Transport, target: &Target, within: Duration) -> Listed {
    let path = target.provider.preset.models;
    if path.is_empty() {
        return None;
    }
    Some(transport.fetch(target, path, None, Instant::now() + within).await)
}

/// A rejected request proves that the provider was reached.
fn reach(listed: &Listed, took: Duration) -> ProbeFinding {
    match listed {
        None => ProbeFinding::Unsaid("checked by the completion".to_owned()),
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
            // The server answers with the model it was started with, under any name.
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

/// What a local server reports about a model.
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
        // Older servers do not have this route.
        Err(Failure::ModelGone { .. } | Failure::BadRequest { .. }) => unsaid(),
        Err(failure) => (ProbeFinding::Bad(failure), None),
    }
}

/// What the completion shows about a target with the format `Suffix` or `Infill`.
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

/// Sends a small hole. Returns the complete answer and its number of pieces.
async fn answer(
    transport: &Transport,
    target: &Target,
    within: Duration,
) -> Result<(ReplyStream, u64), Failure> {
    let request = dialect::encode(target, &Prompt::Fill(hole()));
    read(transport, target, &request, within).await
}

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
        draft: None,
        typed: String::new(),
    }
}

async fn read(
    transport: &Transport,
    target: &Target,
    request: &HttpRequest,
    within: Duration,
) -> Result<(ReplyStream, u64), Failure> {
    let patience = Patience { total: Instant::now() + within, stall: within };
    let mut reply = transport.call(target, request, patience, |_| {}).await?;
    let mut pieces = 0;
    loop {
        let delta = match reply.next().await {
            Ok(Some(delta)) => delta,
            // The few tokens can be too few for a model that reasons first. It has answered, so it works.
            Ok(None) | Err(Failure::Empty { .. }) => break,
            Err(failure) => return Err(failure),
        };
        pieces += u64::from(matches!(delta, Delta::Text(_) | Delta::Thought(_)));
    }
    Ok((reply, pieces))
}

/// Uses the provider's token count, or else one token per piece.
fn speed(timing: Timing, usage: Usage, pieces: u64) -> Option<Speed> {
    let (first, total) = (timing.first?, timing.total?);
    let tokens = if usage.output > 0 { usage.output } else { pieces };
    let micros = u64::try_from((total - first).as_micros()).ok().filter(|it| *it > 0);
    let behind = tokens.checked_sub(1).filter(|it| *it > 0);
    let millitokens = micros.zip(behind).map(|(micros, it)| it * 1_000_000_000 / micros);
    Some(Speed { first, millitokens })
}

/// For example `first token after 41 ms, 132 tokens a second`.
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
