//! The engine's process: answers `/infill` and `/completion` requests over a socket that only the user can open. No port is opened.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures::stream;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep};

use crate::inference::Device;
use crate::inference::generator::{
    AnswerEnd, GenerationError, GenerationEvent, GenerationRequest, Generator, Receiver,
};

/// Largest request in bytes.
const REQUEST: usize = 4 << 20;

/// Time without a request after which the process ends. The supervisor stops it earlier; this ends an engine that has
/// lost its supervisor.
const IDLE: Duration = Duration::from_mins(15);

struct EngineService {
    generator: Generator,
    folder: PathBuf,
    used: Mutex<Instant>,
}

/// Serves until nothing is requested any more. `folder` contains the downloaded models; `model` is loaded at once.
///
/// # Errors
///
/// If the socket cannot be opened.
pub async fn run(
    socket: &Path,
    folder: PathBuf,
    model: Option<String>,
    device: Device,
) -> io::Result<()> {
    let (generator, used) = (Generator::start(device)?, Mutex::new(Instant::now()));
    let service = Arc::new(EngineService { generator, folder, used });
    let _loading = model.map(|model| {
        let first =
            GenerationRequest { model, prompt: Some("\n".to_owned()), ..Default::default() };
        service.generator.generate(first, &service.folder)
    });
    let on_connection = |stream| drop(tokio::spawn(connection(stream, Arc::clone(&service))));
    tokio::select! {
        ended = listen(socket, on_connection) => ended,
        () = service.unused() => Ok(()),
    }
}

#[cfg(unix)]
async fn listen(socket: &Path, on_connection: impl Fn(tokio::net::UnixStream)) -> io::Result<()> {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use crate::storage;
    if let Some(folder) = socket.parent() {
        storage::folder().recursive(true).create(folder)?;
    }
    // A process that was killed leaves its socket. The supervisor runs one engine at a time.
    _ = fs::remove_file(socket);
    let listener = tokio::net::UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
    loop {
        on_connection(listener.accept().await?.0);
    }
}

#[cfg(windows)]
async fn listen(
    socket: &Path,
    on_connection: impl Fn(tokio::net::windows::named_pipe::NamedPipeServer),
) -> io::Result<()> {
    use tokio::net::windows::named_pipe::ServerOptions;
    let mut pipe = ServerOptions::new().first_pipe_instance(true).create(socket)?;
    loop {
        pipe.connect().await?;
        let next = ServerOptions::new().create(socket)?;
        on_connection(std::mem::replace(&mut pipe, next));
    }
}

/// Serves one client. When it leaves, its requests are dropped.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Arc<EngineService>,
) {
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.answer(request).await) }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await {
        tracing::debug!(%error, "a connection ended");
    }
}

impl EngineService {
    /// Returns once nothing was requested for `IDLE`.
    async fn unused(&self) {
        loop {
            let Some(left) = IDLE.checked_sub(self.used.lock().elapsed()) else { return };
            sleep(left.max(Duration::from_secs(1))).await;
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response {
        *self.used.lock() = Instant::now();
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/infill" | "/completion") => self.generate(request.into_body()).await,
            // Clients look whether the engine answers.
            (&Method::GET | &Method::HEAD, _) => {
                let device = self.generator.runs_on();
                answer(StatusCode::OK, &json!({ "status": "ok", "device": device }))
            }
            _ => error(StatusCode::NOT_FOUND, "unknown route"),
        }
    }

    async fn generate(&self, body: Incoming) -> Response {
        let body = match Limited::new(body, REQUEST).collect().await {
            Ok(body) => body.to_bytes(),
            Err(wrong) => return error(StatusCode::BAD_REQUEST, &wrong.to_string()),
        };
        let request: GenerationRequest = match serde_json::from_slice(&body) {
            Ok(request) => request,
            Err(wrong) => return error(StatusCode::BAD_REQUEST, &wrong.to_string()),
        };
        let mut events = self.generator.generate(request, &self.folder);
        match events.recv().await {
            Some(Ok(first)) => streamed(first, events),
            Some(Err(failure)) => error(status(&failure), &failure.to_string()),
            None => error(StatusCode::INTERNAL_SERVER_ERROR, "the generator has ended"),
        }
    }
}

/// An answer as server-sent events.
fn streamed(first: GenerationEvent, rest: Receiver) -> Response {
    let rest = stream::unfold(rest, |mut rest| async { Some((rest.recv().await?, rest)) });
    let events = stream::StreamExt::chain(stream::iter([Ok(first)]), rest);
    let chunks = stream::StreamExt::map(events, |event| {
        let data = match event {
            Ok(event) => written(&event),
            Err(failure) => json!({ "error": { "message": failure.to_string(), "code": 500 } }),
        };
        Ok::<_, Infallible>(Bytes::from(format!("data: {data}\n\n")))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let kind = header::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An event in the words of llama.cpp's server.
fn written(event: &GenerationEvent) -> Value {
    let times = event.times;
    let millis = |it: Duration| it.as_secs_f64() * 1000.0;
    let log_probs: Vec<Value> = event.log_probs.iter().map(|it| json!({ "logprob": it })).collect();
    let mut data = json!({
        "content": event.text,
        "stop": event.end.is_some(),
        "tokens_evaluated": times.cached + times.read,
        "tokens_predicted": times.written,
        "completion_probabilities": log_probs,
        "timings": {
            "cache_n": times.cached,
            "prompt_n": times.read,
            "prompt_ms": millis(times.reading),
            "predicted_n": times.written,
            "predicted_ms": millis(times.writing),
        },
    });
    if let Some(end) = event.end {
        data["stop_type"] = match end {
            AnswerEnd::Complete => "eos".into(),
            AnswerEnd::StopText => "word".into(),
            AnswerEnd::Length => "limit".into(),
        };
    }
    data
}

fn status(failure: &GenerationError) -> StatusCode {
    match failure {
        GenerationError::NoModel { .. } => StatusCode::NOT_FOUND,
        GenerationError::NoFill => StatusCode::NOT_IMPLEMENTED,
        GenerationError::TooLong(_) => StatusCode::BAD_REQUEST,
        GenerationError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        GenerationError::Library(_) | GenerationError::Failed(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    answer(status, &json!({ "error": { "code": status.as_u16(), "message": message } }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
