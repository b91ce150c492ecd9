//! The only module that opens connections to models. Connections are pooled. Redirects are not followed, so a
//! key is sent only to the configured host.
//!
//! Streams are requested without compression. If a server compresses anyway, with gzip or deflate, the client
//! decompresses while it reads, so size limits apply to the decompressed data.

mod client;
mod dial;
pub mod file;
pub mod reply;
mod trust;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap,
    HeaderName, HeaderValue,
};
use reqwest::{Client, Method, Request, Response, Url};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout, timeout_at};

use crate::provider::dialect::HttpRequest;
use crate::provider::failure::{FailedRequest, Failure, Phase, class};
use crate::provider::limits::Limits;
use crate::provider::preset::Auth;
use crate::provider::transport::client::Clients;
use crate::provider::transport::dial::Dial;
use crate::provider::transport::reply::ReplyStream;
use crate::provider::{Provider, Target, address, failure, quirks};

/// Limits for reading the body of an error, in bytes and time.
const ERROR_BODY: usize = 64 << 10;
const EXPLAIN: Duration = Duration::from_secs(2);
/// Size limit of a document, in bytes. Some lists of models contain hundreds, each with a long description.
const DOCUMENT: usize = 8 << 20;
/// Time limit for opening a connection.
const CONNECT: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportOptions {
    /// Proxy instead of the system's. Connections to this machine use none.
    pub proxy: Option<String>,
    /// PEM file with certificates to trust in addition to the system's.
    pub ca_file: Option<PathBuf>,
}

/// Time limits of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// End of the whole answer.
    pub total: Instant,
    /// Longest time between two pieces of the answer.
    pub stall: Duration,
}

/// Durations since the start of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Duration of connecting; `None` if a pooled connection was used.
    pub connect: Option<Duration>,
    /// Until the response headers.
    pub headers: Duration,
    /// Until the first text or reasoning.
    pub first: Option<Duration>,
    /// Until the end of the answer.
    pub total: Option<Duration>,
}

#[derive(Debug, Default)]
pub struct Transport {
    clients: Clients,
}

/// Reports a request when it ends, in any way, if it had a connection.
struct Watched<'a, F: Fn(&HttpRequest)> {
    dial: Dial,
    request: &'a HttpRequest,
    sent: F,
}

impl<F: Fn(&HttpRequest)> Drop for Watched<'_, F> {
    fn drop(&mut self) {
        if self.dial.is_connected() {
            (self.sent)(self.request);
        }
    }
}

/// A response whose headers have arrived.
struct Opened {
    response: Response,
    provider: Arc<Provider>,
    limits: Limits,
    started: Instant,
    timing: Timing,
}

impl Transport {
    pub fn new(options: TransportOptions) -> Self {
        Self { clients: Clients::new(options) }
    }

    /// Replaces the system clock. Its difference from the monotonic clock shows whether the machine has
    /// slept.
    pub fn by(mut self, calendar: fn() -> SystemTime) -> Self {
        self.clients.calendar = calendar;
        self
    }

    /// Creates the clients in advance, which takes some milliseconds.
    pub fn warm(&self) {
        _ = self.clients.far();
    }

    /// Opens a connection to a target's host in advance. Sends no key.
    pub async fn connect(&self, target: &Target) {
        let provider = &target.provider;
        let Ok(request) = bare(Method::HEAD, provider, provider.preset.models) else { return };
        let Ok(client) = self.clients.get(provider) else { return };
        // The response is ignored.
        _ = timeout(CONNECT, execute(&client, request, &mut Dial::within(CONNECT))).await;
    }

    /// Sends a request. Resolves when the answer begins. `sent` is called when the request has been handed to a
    /// connection, however it ends.
    ///
    /// # Errors
    ///
    /// If the request fails, the response has an unsuccessful status, or `patience.total` is over.
    pub async fn call(
        &self,
        target: &Target,
        request: &HttpRequest,
        patience: Patience,
        sent: impl Fn(&HttpRequest),
    ) -> Result<ReplyStream, Failure> {
        let provider = &target.provider;
        let opened = async {
            let started = Instant::now();
            let built = post(provider, request).await?;
            let client = self.clients.get(provider)?;
            let mut watched = Watched { dial: Dial::within(CONNECT), request, sent };
            let response = execute(&client, built, &mut watched.dial).await?;
            let (connect, headers) = (watched.dial.took(), started.elapsed());
            drop(watched);
            if !response.status().is_success() {
                let fields = quirks::fields(&request.body);
                let asked = FailedRequest { model: target.model.id.clone(), fields };
                return Err(explained(response, provider, &asked).await);
            }
            check_coding(response.headers())?;
            let clock = its_clock(response.headers());
            let limits = provider.preset.limits.read(response.headers(), clock);
            let timing = Timing { connect, headers, ..Timing::default() };
            Ok(Opened { response, provider: Arc::clone(provider), limits, started, timing })
        };
        let opened = timeout_at(patience.total, opened).await;
        let opened = opened.unwrap_or(Err(Failure::Timeout(Phase::FirstToken)))?;
        Ok(ReplyStream::new(opened, request, patience))
    }

    /// Fetches a document such as the list of models: with GET, or with POST if there is a `body`.
    ///
    /// # Errors
    ///
    /// If the request fails, the response has an unsuccessful status or is too long, or `total` is over.
    pub async fn fetch(
        &self,
        target: &Target,
        path: &str,
        body: Option<Vec<u8>>,
        total: Instant,
    ) -> Result<Vec<u8>, Failure> {
        let fetched = async {
            let provider = &target.provider;
            let method = if body.is_some() { Method::POST } else { Method::GET };
            let mut built = bare(method, provider, path)?;
            *built.body_mut() = body.map(Into::into);
            add(&mut built, &provider.preset.chat.map_or(Vec::new(), |it| it.0.headers()))?;
            authorize(&mut built, provider).await?;
            let client = self.clients.get(provider)?;
            let response = execute(&client, built, &mut Dial::within(CONNECT)).await?;
            match response.status().is_success() {
                true => document(response).await,
                false => Err(explained(response, provider, &FailedRequest::default()).await),
            }
        };
        timeout_at(total, fetched).await.unwrap_or(Err(Failure::Timeout(Phase::Total)))
    }
}

/// Sends a request, and once more if its pooled connection turns out to be dead, since the server cannot have
/// received it. `dial` observes the connection that was used last.
async fn execute(
    client: &Client,
    mut request: Request,
    dial: &mut Dial,
) -> Result<Response, Failure> {
    let mut again = request.try_clone();
    loop {
        let error = match dial.watch(client.execute(request)).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        match again.take().filter(|_| dial.was_waiting() && client::is_dead(&error)) {
            Some(once_more) => request = once_more,
            None => return Err(client::failure_of(&error, dial)),
        }
        *dial = Dial::within(CONNECT);
    }
}

/// Builds the request for a prompt, with its key.
async fn post(provider: &Provider, request: &HttpRequest) -> Result<Request, Failure> {
    let mut built = bare(Method::POST, provider, &request.path)?;
    built.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    add(&mut built, &request.headers)?;
    *built.body_mut() = Some(request.body.clone().into());
    authorize(&mut built, provider).await?;
    Ok(built)
}

/// Builds a request without key and body. Refuses plain HTTP to another machine unless the settings allow it.
fn bare(method: Method, provider: &Provider, path: &str) -> Result<Request, Failure> {
    if plain_elsewhere(provider) {
        let reason = "http:// is for this machine only, unless `insecure = true`".to_owned();
        return Err(Failure::Connect { reason });
    }
    let url = Url::parse(&address::join(&provider.url, path));
    let url = url.map_err(|it| Failure::Connect { reason: format!("invalid url: {it}") })?;
    let mut request = Request::new(method, url);
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
    headers.extend(provider.extras.headers().clone());
    Ok(request)
}

fn add(request: &mut Request, headers: &[(&'static str, String)]) -> Result<(), Failure> {
    for (name, value) in headers {
        let value = HeaderValue::from_str(value);
        let wrong = |_| Failure::BadRequest { status: 0, reason: format!("header {name}") };
        request.headers_mut().insert(HeaderName::from_static(name), value.map_err(wrong)?);
    }
    Ok(())
}

/// Adds the key in the form that the provider expects.
async fn authorize(request: &mut Request, provider: &Provider) -> Result<(), Failure> {
    let Some(key) = provider.secret.get().await? else { return Ok(()) };
    let key = key.expose_secret();
    let (name, value) = match provider.preset.auth {
        Auth::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
        Auth::Header(name) => (HeaderName::from_static(name), key.to_owned()),
    };
    let reason =
        || format!("{} contains characters that are not allowed in a key", provider.secret.place());
    let value = HeaderValue::from_str(&value);
    let mut value = value.map_err(|_| Failure::NoKey { reason: reason() })?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

/// Whether code and keys would be sent to another machine without encryption, and the settings do not allow
/// it.
fn plain_elsewhere(provider: &Provider) -> bool {
    !provider.url.starts_with("https://") && !provider.is_loopback() && !provider.insecure
}

/// Classifies an unsuccessful response, with as much of its body as arrives in time.
async fn explained(mut response: Response, provider: &Provider, asked: &FailedRequest) -> Failure {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = ERROR_BODY - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == ERROR_BODY {
                break;
            }
        }
    };
    _ = timeout(EXPLAIN, read).await;
    // Some servers repeat the request, including its key.
    let body = provider.secret.hide(&String::from_utf8_lossy(&body));
    class::of_response(status, &headers, body.as_bytes(), asked, its_clock(&headers))
}

/// The current time by the provider's clock, to which its dates relate. The local clock can be wrong.
fn its_clock(headers: &HeaderMap) -> SystemTime {
    let date = headers.get(DATE).and_then(|it| httpdate::parse_http_date(it.to_str().ok()?).ok());
    date.unwrap_or_else(SystemTime::now)
}

/// Refuses a response in a compression that the client did not decompress. Some servers send a character encoding
/// or a word for none in this header.
fn check_coding(headers: &HeaderMap) -> Result<(), Failure> {
    const PLAIN: [&str; 5] = ["", "identity", "none", "utf-8", "utf8"];
    let codings = headers.get_all(CONTENT_ENCODING).iter();
    let codings = codings.map(|it| String::from_utf8_lossy(it.as_bytes()).to_ascii_lowercase());
    let codings: Vec<String> = codings.collect();
    let mut all = codings.iter().flat_map(|it| it.split(',')).map(str::trim);
    let Some(unknown) = all.find(|it| !PLAIN.contains(it)) else { return Ok(()) };
    let reason = format!("compressed as {unknown}, which was not requested");
    Err(Failure::Garbled { reason: failure::clean(&reason) })
}

async fn document(mut response: Response) -> Result<Vec<u8>, Failure> {
    check_coding(response.headers())?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|it| reply::broken(&it))? {
        if body.len() + chunk.len() > DOCUMENT {
            return Err(Failure::Garbled { reason: "it is too long".to_owned() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::preset;
    use crate::provider::secret::Secret;

    fn provider(url: &str, insecure: bool) -> Provider {
        let preset = preset::find("openai-compatible").unwrap();
        Provider { insecure, ..Provider::new(preset, url, Secret::none()) }
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_allowed() {
        for home in [
            "http://127.0.0.1:8080",
            "http://localhost/v1",
            "http://[::1]:1/v1",
            "http://127.9.9.9",
            "http://127.0.0.1\\@example.org/",
        ] {
            assert!(!plain_elsewhere(&provider(home, false)), "{home}");
        }
        let others = [
            "http://example.org",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org:80",
            "http://127.0.0.1@example.org/",
            "http://example.org\\@127.0.0.1/",
            "ftp://example.org",
            "http://10.0.0.1",
            "http://[::2]",
        ];
        for other in others {
            assert!(plain_elsewhere(&provider(other, false)), "{other}");
            assert!(!plain_elsewhere(&provider(other, true)), "{other}");
        }
        assert!(!plain_elsewhere(&provider("https://example.org", false)));
    }

    #[test]
    fn a_query_in_a_base_url_follows_the_path() {
        let check = |url: &str, path: &str, expected: &str| {
            let request = bare(Method::POST, &provider(url, false), path);
            assert_eq!(request.unwrap().url().as_str(), expected);
        };
        let deployment =
            "https://res.openai.azure.com/openai/deployments/mini?api-version=2024-10-21";
        let expected = "https://res.openai.azure.com/openai/deployments/mini/chat/completions\
                        ?api-version=2024-10-21";
        check(deployment, "/chat/completions", expected);
        check("https://a.example/v1/?k=v", "/m?alt=sse", "https://a.example/v1/m?alt=sse&k=v");
        check("https://a.example/v1", "/m", "https://a.example/v1/m");
    }

    #[test]
    fn a_loopback_url_is_requested_from_this_machine() {
        let urls = [
            "http://127.0.0.1",
            "http://localhost:1",
            "http://[::1]",
            "http://127.0.0.1\\@example.org",
            "http://example.org\\@127.0.0.1",
            "http://example.org#@127.0.0.1",
            "http://example.org?@127.0.0.1",
            "http://a:b@localhost",
            "http:\\\\example.org/://127.0.0.1",
        ];
        for url in urls {
            let Ok(request) = bare(Method::GET, &provider(url, false), "@example.org/x") else {
                continue;
            };
            let host = request.url().host_str().unwrap();
            assert!(["127.0.0.1", "localhost", "[::1]"].contains(&host), "{url}: {host}");
        }
    }
}
