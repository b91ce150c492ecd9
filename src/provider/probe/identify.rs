//! Identifies the server at a local address.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::provider::fim::FillFormat;
use crate::provider::probe::told;
use crate::provider::secret::Secret;
use crate::provider::transport::Transport;
use crate::provider::{Provider, Target, TargetModel, preset};

/// Usual addresses of local servers: Ollama, llama.cpp with its default port and with that of its presets for
/// code, vLLM, LM Studio.
pub const USUAL: [&str; 5] = [
    "http://127.0.0.1:11434",
    "http://127.0.0.1:8080",
    "http://127.0.0.1:8012",
    "http://127.0.0.1:8000",
    "http://127.0.0.1:1234",
];

/// LM Studio does not identify itself, so its default port does.
const LM_STUDIO: &str = ":1234";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The name of a preset.
    pub kind: &'static str,
    /// Base url for this kind.
    pub url: String,
    /// Names of its models.
    pub models: Vec<String>,
}

/// The server at an address without a path; `None` if no server lists its models there.
pub async fn identify(transport: &Transport, address: &str, within: Duration) -> Option<Server> {
    let ends = Instant::now() + within;
    // llama.cpp also answers Ollama's route, but identifies itself.
    let (body, is_ollama) = match list(transport, "ollama", address, ends).await {
        Some(body) => (body, true),
        None => (list(transport, "llama-cpp", address, ends).await?, false),
    };
    let (models, below) = (told::models(&body)?, format!("{address}/v1"));
    let (kind, url) = match owner(&body).as_deref() {
        Some("llamacpp") => ("llama-cpp", address.to_owned()),
        _ if is_ollama => ("ollama", address.to_owned()),
        Some("vllm") => ("vllm", below),
        _ if address.ends_with(LM_STUDIO) => ("lm-studio", below),
        _ => ("openai-compatible", below),
    };
    Some(Server { kind, url, models })
}

/// The list of models at an address, requested as for this kind of server.
async fn list(transport: &Transport, kind: &str, address: &str, ends: Instant) -> Option<Vec<u8>> {
    let preset = preset::find(kind)?;
    let provider = Provider::new(preset, address, Secret::none());
    let model = TargetModel {
        id: String::new(),
        form: FillFormat::Chat,
        edits: None,
        context_length: None,
    };
    let target = Target { name: kind.into(), provider: provider.into(), model };
    let body = transport.fetch(&target, preset.models, None, ends).await.ok()?;
    told::models(&body).map(|_| body)
}

/// The owner of the first model in a list. Some servers put their own name there.
fn owner(body: &[u8]) -> Option<String> {
    let list: Value = serde_json::from_slice(body).ok()?;
    list["data"][0]["owned_by"].as_str().map(str::to_owned)
}
