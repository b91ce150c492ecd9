//! A look at every target: its key, whether it is reached, whether it has the model, and one real
//! tiny request.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::feature::models::Models;
use crate::prompt::Chat;
use crate::prompt::Extent;
use crate::prompt::Fill;
use crate::prompt::Prompt;
use crate::prompt::Role;
use crate::prompt::Turn;
use crate::provider::Target;
use crate::provider::dialect;
use crate::provider::dialect::Delta;
use crate::provider::failure::Failure;
use crate::provider::fim::Form;
use crate::provider::transport::Patience;

/// How long a patient is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const TOKENS: u32 = 16;

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

async fn one(models: &Models, target: &Target) -> Finding {
    let finding = Finding {
        target: target.name.to_string(),
        key: target.provider.secret.place(),
        fills: form(target.model.form),
        trouble: None,
        first_token_ms: None,
        tokens_per_second: None,
        out: None,
    };
    match answer(models, target).await {
        Ok((first, pace)) => Finding {
            first_token_ms: first.map(|it| it.as_millis() as u64),
            tokens_per_second: pace,
            ..finding
        },
        Err(failure) => Finding { trouble: Some(failure.to_string()), ..finding },
    }
}

/// Has it say a few words: how long the first took, and how fast the rest came.
async fn answer(
    models: &Models,
    target: &Target,
) -> Result<(Option<Duration>, Option<f64>), Failure> {
    let request = dialect::encode(target, &prompt(target));
    let patience = Patience { total: Instant::now() + PATIENCE, stall: PATIENCE };
    let mut reply = models.wire.transport.ask(target, &request, patience).await?;
    let (mut bytes, mut reported, started) = (0, 0, Instant::now());
    while let Some(delta) = reply.next().await? {
        match delta {
            Delta::Text(text) => bytes += text.len(),
            Delta::Thought(thought) => bytes += thought,
            Delta::Usage(usage) => reported = reported.max(usage.output),
            Delta::Finish(_) | Delta::End => {}
        }
    }
    let tokens = if reported > 0 { reported as f64 } else { bytes as f64 / 3.5 };
    let seconds = started.elapsed().as_secs_f64();
    let pace = (tokens > 1.0 && seconds > 0.0).then(|| tokens / seconds);
    Ok((reply.first(), pace))
}

/// Nothing of the user's own.
fn prompt(target: &Target) -> Prompt {
    match target.model.form {
        Form::Chat => Prompt::Chat(Chat {
            system: "Answer with one word.".to_owned(),
            parts: Vec::new(),
            turns: vec![Turn { role: Role::User, text: "Say ready.".to_owned() }],
            max_tokens: TOKENS,
            stop: Vec::new(),
        }),
        Form::Suffix | Form::Infill | Form::Raw(_) | Form::Wrapped(_) => Prompt::Fill(Fill {
            path: "example.py".to_owned(),
            language: "python".to_owned(),
            parts: Vec::new(),
            prefix: "def add(a, b):\n    return ".to_owned(),
            suffix: "\n".to_owned(),
            extent: Extent::Line,
            max_tokens: TOKENS,
        }),
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
