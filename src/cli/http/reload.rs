//! `understudy http serve` follows its settings, as a server does for an editor.

use std::fs;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::app::{Environment, engine};
use crate::feature::Engine;
use crate::http::{Endpoint, Listening};

/// Time between two looks at the settings file.
const LOOK: Duration = Duration::from_secs(1);

/// Applies the settings whenever their file changes, until the future is dropped.
pub(super) async fn follow(
    environment: &Environment,
    mut engine: Arc<Engine>,
    endpoint: &Endpoint,
) {
    let Some(file) = environment.config.path() else { return pending().await };
    let modified = || fs::metadata(file).and_then(|it| it.modified()).ok();
    let (mut seen, mut config) = (modified(), engine::load(environment, &[], &Value::Null).0);
    loop {
        tokio::time::sleep(LOOK).await;
        let now = modified();
        if now == seen {
            continue;
        }
        seen = now;
        let (new, problems) = engine::load(environment, &[], &Value::Null);
        for problem in problems {
            tracing::warn!(%problem, "settings");
        }
        engine = engine::reloaded(environment, &engine, [&config, &new], &[], |_| {});
        endpoint.follow(Listening::forced(&new.http, environment.state.as_deref()), &engine);
        config = new;
    }
}
