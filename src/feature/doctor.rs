//! A look at every target: its key, whether it is reached, whether it has the model, and one real
//! tiny request.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use crate::feature::models::Models;
use crate::models::catalog::policy;
use crate::models::catalog::policy::PolicyAnswer;
use crate::provider::fim::{FillCapability, FillFormat};
use crate::provider::local::Readiness;
use crate::provider::probe::ProbeFinding;
use crate::provider::{Target, probe};
use crate::router::pool::Candidate;
use crate::usage::report;
use crate::usage::report::{GroupBy, ReportLine};

/// How long a patient is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is seen whether a server has started.
const LOOK: Duration = Duration::from_millis(100);

/// What is found of a target.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorFinding {
    pub target: String,
    /// Where its key is kept.
    pub key: String,
    /// How it fills a hole.
    pub fills: String,
    /// Where it is asked.
    pub url: String,
    /// The base url of its server at which it answers, where it does not at the configured one.
    pub url_that_works: Option<String>,
    /// What kept it from answering; nothing where it did.
    pub trouble: Option<String>,
    /// Until its first token, in milliseconds.
    pub first_token_ms: Option<u64>,
    pub tokens_per_second: Option<f64>,
    /// Why the router would not ask it now.
    pub out: Option<String>,
    /// How able it is taken to be: what it is asked for where no route says.
    pub class: String,
    /// Dollars per million tokens at this hour, where they are known.
    pub input: Option<f64>,
    pub output: Option<f64>,
    /// Whether models learn from what it is sent, and whether that is kept.
    pub trains: String,
    pub keeps: String,
    /// What its provider says is left of its limits.
    pub requests_left: Option<u64>,
    pub tokens_left: Option<u64>,
    /// Of all windows' calls of the last day.
    pub calls: u64,
    pub failed: u64,
    pub dollars: f64,
}

/// How far back calls are counted.
const DAY: Duration = Duration::from_hours(24);

/// Looks at every target, all at once.
pub async fn examine(models: &Models) -> Vec<DoctorFinding> {
    examine_some(models, &mut |_| true).await
}

/// The same for the targets that `is_wanted` takes, in the order of the settings.
pub async fn examine_some(
    models: &Models,
    is_wanted: &mut dyn FnMut(&Candidate) -> bool,
) -> Vec<DoctorFinding> {
    let since = SystemTime::now().checked_sub(DAY).unwrap_or(SystemTime::UNIX_EPOCH);
    let lines = report::lines(&models.router.ledger().calls(since).await, GroupBy::Model);
    let candidates = models.router.inspect(|pool| pool.candidates.clone());
    let wanted = candidates.iter().zip(models.standings()).filter(|it| is_wanted(it.0));
    let all = wanted.map(|(candidate, standing)| {
        let target = &candidate.target;
        let line =
            lines.iter().find(|it| *it.name == **candidate.name()).cloned().unwrap_or_default();
        async move {
            let finding = one(models, target, known(candidate, target, &line)).await;
            // What it could not be started for is said as its trouble; what answers is left alone no longer.
            if finding.trouble.is_none() {
                models.router.recovered(&target.name);
            }
            DoctorFinding { out: standing.out.filter(|_| finding.trouble.is_some()), ..finding }
        }
    });
    futures::future::join_all(all).await
}

/// What is known of it before it is asked.
fn known(candidate: &Candidate, target: &Target, line: &ReportLine) -> DoctorFinding {
    let rates = candidate.price.as_ref().map(|it| it.rates(0, SystemTime::now()));
    let kept = match candidate.is_local {
        true => PolicyAnswer::No,
        false => policy::of(target.provider.preset.kind, &target.model.id).retains,
    };
    DoctorFinding {
        target: target.name.to_string(),
        key: target.provider.secret.place(),
        fills: form(target.model.form),
        url: target.provider.url.clone(),
        url_that_works: None,
        trouble: None,
        first_token_ms: None,
        tokens_per_second: None,
        out: None,
        class: candidate.class.to_string(),
        input: rates.map(|it| it.input.dollars_per_million()),
        output: rates.map(|it| it.output.dollars_per_million()),
        trains: candidate.trains.to_string(),
        keeps: kept.to_string(),
        requests_left: None,
        tokens_left: None,
        calls: line.requests,
        failed: line.failed,
        dollars: line.money.dollars(),
    }
}

/// Has a server of the user's own started, and waits until it answers or it is clear that it will not.
pub(super) async fn started(models: &Models, target: &Target) -> Option<String> {
    let local = models.client.local(target)?;
    if !probe::answers(&models.client.transport, target).await {
        models.client.start(local, target);
    }
    let ends = Instant::now() + PATIENCE;
    while local.readiness() == Readiness::Starting {
        if Instant::now() > ends {
            return Some("the server is starting: see `understudy log`".to_owned());
        }
        tokio::time::sleep(LOOK).await;
    }
    local.trouble()
}

async fn one(models: &Models, target: &Target, known: DoctorFinding) -> DoctorFinding {
    let not_started = started(models, target).await;
    let report = probe::probe(&models.client.transport, target, PATIENCE).await;
    let asked = [&report.key, &report.reach, &report.model, &report.call];
    // What answers is well, whatever its list of models says.
    let bad = asked.into_iter().find_map(|it| match it {
        ProbeFinding::Bad(failure) => Some(failure.to_string()),
        ProbeFinding::Good(_) | ProbeFinding::Unsaid(_) | ProbeFinding::Skipped => None,
    });
    let speed = report.speed;
    let cannot = report.fills == Some(FillCapability { fills: false });
    let otherwise = target.filled_otherwise().filter(|_| cannot);
    DoctorFinding {
        fills: form(otherwise.as_ref().unwrap_or(target).model.form),
        trouble: if report.can_serve() {
            None
        } else {
            not_started.or(bad).or_else(|| Some("no request was sent".to_owned()))
        },
        first_token_ms: speed.map(|it| it.first.as_millis() as u64),
        tokens_per_second: speed.and_then(|it| it.millitokens).map(|it| it as f64 / 1000.0),
        url: report.url,
        url_that_works: report.elsewhere,
        requests_left: report.limits.requests.map(|it| it.remaining),
        tokens_left: report.limits.tokens.map(|it| it.remaining),
        ..known
    }
}

fn form(form: FillFormat) -> String {
    match form {
        FillFormat::Suffix => "suffix field".to_owned(),
        FillFormat::Infill => "infill endpoint".to_owned(),
        FillFormat::Raw(family) => format!("{} markers", family.name),
        FillFormat::Wrapped(family) => format!("{} markers in a chat", family.name),
        FillFormat::Chat => "chat".to_owned(),
    }
}
