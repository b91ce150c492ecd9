//! Finds the providers that this machine can use: keys in the environment, servers on this machine.

use std::env;
use std::time::Duration;

use futures::{StreamExt, stream};
use serde::Serialize;

use crate::cli::setup::Size;
use crate::config::Config;
use crate::config::provider::ProviderConfig;
use crate::provider::probe::identify;
use crate::provider::probe::identify::{Server, USUAL};
use crate::provider::transport::Transport;
use crate::provider::{fim, preset, transport};

/// How long to wait for a local server's reply.
const GLANCE: Duration = Duration::from_secs(2);
/// Highest number of models that are listed per server.
const MANY: usize = 6;

/// A provider that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FoundServer {
    pub(super) kind: &'static str,
    /// The variable of its key, or the URL of its server.
    pub(super) place: String,
    /// Its URL, if it is not the usual one of its kind.
    pub(super) url: Option<String>,
    /// The variable of its key.
    pub(super) key: Option<&'static str>,
    pub(super) models: Vec<String>,
    /// The command that starts it.
    pub(super) start: Vec<String>,
    pub(super) is_local: bool,
    /// What its first start downloads, with the size.
    pub(super) downloads: Option<String>,
}

/// Providers with a key in the environment, and servers at a usual port or at one of `more`.
pub(super) async fn all(more: &[String]) -> Vec<FoundServer> {
    let mut found: Vec<FoundServer> = preset::all().iter().filter_map(with_key).collect();
    // OpenAI's other API has the same key: one row is enough.
    found.retain(|it| it.kind != "openai-responses");
    let transport = Transport::new(transport::TransportOptions { proxy: None, ca_file: None });
    let mut addresses = USUAL.to_vec();
    for it in more.iter().map(|it| it.trim_end_matches('/')) {
        if !addresses.contains(&it) {
            addresses.push(it);
        }
    }
    let count = addresses.len();
    let servers = stream::iter(addresses)
        .map(|it| identify::identify(&transport, it, GLANCE))
        .buffered(count);
    let servers: Vec<Option<Server>> = servers.collect().await;
    found.extend(servers.into_iter().flatten().map(served));
    found
}

fn with_key(preset: &'static preset::Preset) -> Option<FoundServer> {
    let key = Some(preset.key).filter(|it| !it.is_empty())?;
    let is_set = env::var(key).is_ok_and(|it| !it.trim().is_empty());
    if !is_set {
        return None;
    }
    Some(FoundServer {
        kind: preset.kind,
        place: key.to_owned(),
        url: None,
        key: Some(key),
        models: preset.suggested().iter().flat_map(|it| it.models()).map(str::to_owned).collect(),
        start: Vec::new(),
        is_local: false,
        downloads: None,
    })
}

fn served(server: Server) -> FoundServer {
    let Server { kind, url, models } = server;
    let preset = preset::find(kind).filter(|it| it.url == url);
    let serves_one = preset::find(kind).is_some_and(|it| it.serves_one);
    let mut models: Vec<String> = match serves_one {
        true => Vec::new(),
        false => models.into_iter().filter(|it| !it.contains("embed")).collect(),
    };
    // Models that fill in the middle come first.
    models.sort_by_key(|it| fim::family(it).is_none());
    models.truncate(MANY);
    FoundServer {
        kind,
        place: url.clone(),
        url: preset.is_none().then_some(url),
        key: None,
        models,
        start: Vec::new(),
        is_local: true,
        downloads: None,
    }
}

/// A server of llama.cpp that is started on demand.
pub(super) fn managed(program: &str, size: Size) -> FoundServer {
    let (name, weighs) = match size {
        Size::Small => ("1.5b", "1.6 GB"),
        Size::Medium => ("3b", "3.3 GB"),
        Size::Large => ("7b", "8.1 GB"),
    };
    let licence = match size {
        Size::Medium => " (licensed for research only; 1.5b and 7b are not)",
        Size::Small | Size::Large => "",
    };
    let words = [program, &format!("--fim-qwen-{name}-default"), "--port", "8012"];
    FoundServer {
        kind: "llama-cpp",
        place: format!("{program} on your PATH"),
        url: Some("http://127.0.0.1:8012".to_owned()),
        key: None,
        models: Vec::new(),
        start: words.map(str::to_owned).to_vec(),
        is_local: true,
        downloads: Some(format!(
            "Qwen2.5-Coder {name}{licence}, about {weighs}, from huggingface.co"
        )),
    }
}

impl FoundServer {
    /// Its row in the settings, if there is one.
    pub(super) fn row<'a>(&self, config: &'a Config) -> Option<&'a ProviderConfig> {
        let usual = |kind: &str| preset::find(kind).map_or("", |it| it.url);
        let url = self.url.as_deref().unwrap_or(usual(self.kind));
        config.provider.iter().find(|row| {
            let at = row.url.as_deref().unwrap_or(usual(&row.kind)).trim_end_matches('/');
            row.kind == self.kind && (!self.is_local || at == url)
        })
    }

    /// What the user has to know about it, besides its price.
    pub(super) fn note(&self) -> Option<String> {
        if let Some(downloads) = &self.downloads {
            let words = self.start.join(" ");
            return Some(format!("`{words}` downloads {downloads} when it is first started."));
        }
        let key = self.key.filter(|_| self.models.is_empty())?;
        let kind = self.kind;
        let needs = match preset::find(kind).is_some_and(|it| it.url.is_empty()) {
            true => "`url` and `models`",
            false => "`models`",
        };
        Some(format!("{key} is set. {kind} needs a [[provider]] row of yours that names {needs}."))
    }
}
