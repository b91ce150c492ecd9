//! A look at every target: its key, whether it is reached, whether it has the model, and one real
//! tiny request.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::feature::models::Models;
use crate::provider::Target;
use crate::provider::fim::Capability;
use crate::provider::fim::Form;
use crate::provider::local::Readiness;
use crate::provider::probe;
use crate::provider::probe::Found;

/// How long a patient is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is seen whether a server has started.
const LOOK: Duration = Duration::from_millis(100);

/// What is found of a target.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub target: String,
    /// Where its key is kept.
    pub key: String,
    /// How it fills a hole.
    pub fills: String,
    /// What kept it from answering; nothing where it did.
    pub trouble: Option<String>,
    /// Until its first token, in milliseconds.
    pub first_token_ms: Option<u64>,
    pub tokens_per_second: Option<f64>,
    /// Why the router would not ask it now.
    pub out: Option<String>,
}

/// Looks at every target, all at once.
pub async fn examine(models: &Models) -> Vec<Finding> {
    let standings = models.standings();
    let all = standings.into_iter().filter_map(|it| {
        let target = models.wire.targets.get(&it.name)?;
        Some(async move { Finding { out: it.out, ..one(models, target).await } })
    });
    futures::future::join_all(all).await
}

/// Has a server of the user's own started, and waits until it answers or it is clear that it will not.
async fn started(models: &Models, target: &Target) -> Option<String> {
    let local = models.wire.local(target)?;
    if !probe::answers(&models.wire.transport, target).await {
        models.wire.start(local, target);
    }
    let ends = Instant::now() + PATIENCE;
    while local.readiness() == Readiness::Starting {
        if Instant::now() > ends {
            return Some("it is being started: `understudy log` shows what it says".to_owned());
        }
        tokio::time::sleep(LOOK).await;
    }
    local.trouble()
}

async fn one(models: &Models, target: &Target) -> Finding {
    let not_started = started(models, target).await;
    let report = probe::probe(&models.wire.transport, target, PATIENCE).await;
    let asked = [&report.key, &report.reach, &report.model, &report.call];
    // What answers is well, whatever its list of models says.
    let bad = asked.into_iter().find_map(|it| match it {
        Found::Bad(failure) => Some(failure.to_string()),
        Found::Good(_) | Found::Unsaid(_) | Found::Skipped => None,
    });
    let speed = report.speed;
    let cannot = report.fills == Some(Capability { fills: false });
    let otherwise = target.filled_otherwise().filter(|_| cannot);
    Finding {
        target: target.name.to_string(),
        key: target.provider.secret.place(),
        fills: form(otherwise.as_ref().unwrap_or(target).model.form),
        trouble: if report.can_serve() {
            None
        } else {
            not_started.or(bad).or_else(|| Some("it was not asked".to_owned()))
        },
        first_token_ms: speed.map(|it| it.first.as_millis() as u64),
        tokens_per_second: speed.and_then(|it| it.millitokens).map(|it| it as f64 / 1000.0),
        out: None,
    }
}

fn form(form: Form) -> String {
    match form {
        Form::Suffix => "by its suffix".to_owned(),
        Form::Infill => "by infill".to_owned(),
        Form::Raw(family) => format!("by {}'s markers", family.name),
        Form::Wrapped(family) => format!("by {}'s markers, in a chat", family.name),
        Form::Chat => "in a chat".to_owned(),
    }
}
