//! Checks of every target: its key, whether it is reachable, whether it has the model, and one small real
//! request.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use crate::feature::models::Models;
use crate::models::catalog::policy;
use crate::models::catalog::policy::PolicyAnswer;
use crate::provider::fim::{FillCapability, FillFormat};
use crate::provider::local::{LocalServer, Readiness};
use crate::provider::probe::ProbeFinding;
use crate::provider::{Target, probe};
use crate::router::pool::Candidate;
use crate::router::reading::Reading;
use crate::router::spec::Feature;
use crate::usage::record::{Call, CallOutcome};
use crate::usage::report;
use crate::usage::report::{GroupBy, ReportLine};

/// Longest wait for a target.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Interval of checks whether a server has started.
const POLL: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Serialize)]
pub struct DoctorFinding {
    pub target: String,
    /// Where the key is stored.
    pub key: String,
    /// The format of its fill-in-the-middle requests.
    pub fills: String,
    /// The URL that requests are sent to.
    pub url: String,
    /// The base URL at which its server answers, if that is not the configured one.
    pub url_that_works: Option<String>,
    /// Why it did not answer; `None` if it did.
    pub trouble: Option<String>,
    pub first_token_ms: Option<u64>,
    pub tokens_per_second: Option<f64>,
    /// Tokens of a prompt that a local model reads per second, as far as they are not cached.
    pub reads_per_second: Option<f64>,
    /// The share of the prompts that came from a cache, and the median time of a suggestion, in the last 24 hours.
    pub cached_share: Option<f64>,
    pub suggestion_ms: Option<u64>,
    /// What runs a built-in model: the name of a GPU, or `the processor`.
    pub device: Option<String>,
    /// Why the router excludes it now.
    pub out: Option<String>,
    /// Its assumed capability, which selects features where no route is set.
    pub class: String,
    /// US dollars per million tokens at this hour, if known.
    pub input: Option<f64>,
    pub output: Option<f64>,
    /// Whether the provider trains on requests, and whether it retains them.
    pub trains: String,
    pub keeps: String,
    /// The remaining rate limits that its provider reports.
    pub requests_left: Option<u64>,
    pub tokens_left: Option<u64>,
    /// Calls of all windows in the last 24 hours.
    pub calls: u64,
    pub failed: u64,
    pub dollars: f64,
}

/// The period in which calls are counted.
const DAY: Duration = Duration::from_hours(24);

/// Checks every target concurrently.
pub async fn examine(models: &Models) -> Vec<DoctorFinding> {
    examine_some(models, &mut |_| true).await
}

/// Checks the targets that `is_wanted` accepts. Results are in the order of the settings.
pub async fn examine_some(
    models: &Models,
    is_wanted: &mut dyn FnMut(&Candidate) -> bool,
) -> Vec<DoctorFinding> {
    let since = SystemTime::now().checked_sub(DAY).unwrap_or(SystemTime::UNIX_EPOCH);
    let calls = models.router.ledger().calls(since).await;
    let lines = report::lines(&calls, GroupBy::Model);
    let candidates = models.router.inspect(|pool| pool.candidates.clone());
    let wanted = candidates.iter().zip(models.standings()).filter(|it| is_wanted(it.0));
    let all = wanted.map(|(candidate, standing)| {
        let target = &candidate.target;
        let line =
            lines.iter().find(|it| *it.name == **candidate.name()).cloned().unwrap_or_default();
        let calls = &calls;
        async move {
            let known = used(calls, candidate, known(candidate, target, &line));
            let finding = check(models, target, known).await;
            // A failed start is reported as `trouble`. A target that answers leaves its cooldown.
            if finding.trouble.is_none() {
                models.router.recovered(&target.name);
            }
            DoctorFinding { out: standing.out.filter(|_| finding.trouble.is_some()), ..finding }
        }
    });
    futures::future::join_all(all).await
}

/// The part of a finding that needs no request.
fn known(candidate: &Candidate, target: &Target, line: &ReportLine) -> DoctorFinding {
    let rates = candidate.price.as_ref().map(|it| it.rates(0, SystemTime::now()));
    let retains = match candidate.is_local {
        true => PolicyAnswer::No,
        false => policy::of(target.provider.preset.kind, &target.model.id).retains,
    };
    DoctorFinding {
        target: target.name.to_string(),
        key: target.provider.secret.place(),
        fills: form(target),
        url: target.provider.url.clone(),
        url_that_works: None,
        trouble: None,
        first_token_ms: None,
        tokens_per_second: None,
        reads_per_second: None,
        cached_share: line.cached_share(),
        suggestion_ms: None,
        device: None,
        out: None,
        class: candidate.class.to_string(),
        input: rates.map(|it| it.input.dollars_per_million()),
        output: rates.map(|it| it.output.dollars_per_million()),
        trains: candidate.trains.to_string(),
        keeps: retains.to_string(),
        requests_left: None,
        tokens_left: None,
        calls: line.requests,
        failed: line.failed,
        dollars: line.money.dollars(),
    }
}

/// Adds what the calls show of the model's speed.
fn used(calls: &[Call], candidate: &Candidate, known: DoctorFinding) -> DoctorFinding {
    let own: Vec<&Call> = calls.iter().filter(|it| it.target() == known.target).collect();
    let mut reading = Reading::default();
    for (tokens, time) in own.iter().filter_map(|it| report::read(it)) {
        reading.on_first_token(tokens, time);
    }
    let is_suggestion = |it: &&&Call| {
        let is_answered = matches!(it.outcome, CallOutcome::Answered | CallOutcome::Cut);
        is_answered && it.first_token.is_some() && it.feature == Feature::Complete.name()
    };
    let mut times: Vec<Duration> = own.iter().filter(is_suggestion).map(|it| it.total).collect();
    times.sort_unstable();
    DoctorFinding {
        reads_per_second: reading.rate().filter(|_| candidate.is_local),
        suggestion_ms: times.get(times.len() / 2).map(|it| it.as_millis() as u64),
        ..known
    }
}

/// Starts a local server if necessary and waits until it is ready or has failed. Returns why it is not ready.
pub(super) async fn started(models: &Models, target: &Target) -> Option<String> {
    let local = models.client.local(target)?;
    if !probe::answers(&models.client.transport, target).await {
        models.client.start(local, target);
    }
    match settled(local).await {
        Readiness::Starting => Some("the server is starting: see `understudy log`".to_owned()),
        Readiness::Ready | Readiness::CannotStart | Readiness::KeyPending => local.trouble(),
    }
}

/// Waits for the local servers that are starting. Returns whether one of them is ready now.
pub async fn await_starting(models: &Models) -> bool {
    let candidates = models.router.inspect(|pool| pool.candidates.clone());
    let mut is_any = false;
    for local in candidates.iter().filter_map(|it| models.client.local(&it.target)) {
        let starts = local.readiness() == Readiness::Starting;
        is_any |= starts && settled(local).await == Readiness::Ready;
    }
    is_any
}

/// The state of a local server once it has started or failed to, or after `TIMEOUT`.
async fn settled(local: &LocalServer) -> Readiness {
    let ends = Instant::now() + TIMEOUT;
    while local.readiness() == Readiness::Starting && Instant::now() < ends {
        tokio::time::sleep(POLL).await;
    }
    local.readiness()
}

async fn check(models: &Models, target: &Target, known: DoctorFinding) -> DoctorFinding {
    let not_started = started(models, target).await;
    let report = probe::probe(&models.client.transport, target, TIMEOUT).await;
    let steps = [&report.key, &report.reach, &report.model, &report.call];
    // Used only if the request failed: a target may answer although its model list lacks the model.
    let bad = steps.into_iter().find_map(|it| match it {
        ProbeFinding::Bad(failure) => Some(failure.to_string()),
        ProbeFinding::Good(_) | ProbeFinding::Unsaid(_) | ProbeFinding::Skipped => None,
    });
    let speed = report.speed;
    let cannot = report.fills == Some(FillCapability { fills: false });
    let otherwise = target.filled_otherwise().filter(|_| cannot);
    DoctorFinding {
        fills: form(otherwise.as_ref().unwrap_or(target)),
        trouble: if report.can_serve() {
            None
        } else {
            not_started.or(bad).or_else(|| Some("no request was sent".to_owned()))
        },
        first_token_ms: speed.map(|it| it.first.as_millis() as u64),
        tokens_per_second: speed.and_then(|it| it.millitokens).map(|it| it as f64 / 1000.0),
        url: report.url,
        url_that_works: report.elsewhere,
        device: probe::device(&models.client.transport, target).await,
        requests_left: report.limits.requests.map(|it| it.remaining),
        tokens_left: report.limits.tokens.map(|it| it.remaining),
        ..known
    }
}

/// How a model is asked for completions and, if it was trained for them, for next edits.
fn form(target: &Target) -> String {
    let fill = match target.model.form {
        FillFormat::Suffix => "suffix field".to_owned(),
        FillFormat::Infill => "infill endpoint".to_owned(),
        FillFormat::Raw(family) => format!("{} markers", family.name),
        FillFormat::Wrapped(family) => format!("{} markers in a chat", family.name),
        FillFormat::Chat => "chat".to_owned(),
    };
    match target.model.edits.filter(|it| it.is_native()) {
        Some(format) => format!("{fill}, {} next edits", format.name()),
        None => fill,
    }
}
