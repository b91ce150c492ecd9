//! The only file that opens a socket to a model. Connections are pooled and kept. No redirect is
//! followed, so a key goes to its own host and no other.
//!
//! Streams are requested uncompressed. Whatever is compressed all the same, gzip or deflate, is unpacked
//! by the client while it is read, so the limits on sizes hold for what it unpacks to.

mod client;
mod dial;
pub mod reply;
mod trust;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap,
    HeaderName, HeaderValue,
};
use reqwest::{Body, Method, Request, Response, Url};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout, timeout_at};

use crate::provider::dialect::HttpRequest;
use crate::provider::failure::{FailedRequest, Failure, Phase};
use crate::provider::limits::Limits;
use crate::provider::preset::Auth;
use crate::provider::transport::client::Clients;
use crate::provider::transport::dial::Dial;
use crate::provider::transport::reply::ReplyStream;
use crate::provider::{Provider, Target, address, failure, quirks};

/// A body that explains an error is read so far, in bytes, and for so long.
const ERROR_BODY: usize = 64 << 10;
const EXPLAIN: Duration = Duration::from_secs(2);
/// A list of models is read so far; some list hundreds, with a page about each.
const DOCUMENT: usize = 8 << 20;
/// No connection takes longer.
const CONNECT: Duration = Duration::from_secs(5);

/// How the network is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportOptions {
    /// In place of what the system says. This machine is reached without any.
    pub proxy: Option<String>,
    /// Certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// When an attempt is given up.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For all of the answer.
    pub total: Instant,
    /// Between two pieces of it.
    pub stall: Duration,
}

/// How long an attempt took, from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Connecting; `None` where a connection was waiting.
    pub connect: Option<Duration>,
    /// Until the answer's headers.
    pub headers: Duration,
    /// Until the first text or thought.
    pub first: Option<Duration>,
    /// Until the answer's end.
    pub total: Option<Duration>,
}

/// Sends requests.
#[derive(Debug, Default)]
pub struct Transport {
    clients: Clients,
}

/// Bytes of request bodies that were given to a connection, counted as soon as one is open. Clones count
/// together.
#[derive(Clone, Debug, Default)]
pub struct Delivery(Arc<AtomicU64>);

impl Delivery {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Counts a request once it ends, however it ends, if it had a connection.
struct Counted<'a> {
    delivery: &'a Delivery,
    dial: Dial,
    bytes: u64,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if self.dial.is_connected() {
            self.delivery.add(self.bytes);
        }
    }
}

/// An answer whose headers have come.
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

    /// The same by another calendar: it tells, beside the clock, whether the machine has slept.
    pub fn by(mut self, calendar: fn() -> SystemTime) -> Self {
        self.clients.calendar = calendar;
        self
    }

    /// Makes the clients, which takes some milliseconds, so that no request need wait for it.
    pub fn warm(&self) {
        _ = self.clients.far();
    }

    /// Opens a connection to a target's host before it is needed. Shows no key.
    pub async fn connect(&self, target: &Target) {
        let provider = &target.provider;
        let Ok(request) = bare(Method::HEAD, provider, provider.preset.models) else { return };
        // What it answers does not matter.
        _ = timeout(CONNECT, self.send(provider, request, &Delivery::default())).await;
    }

    /// Sends a request to a target. Resolves once its answer has begun.
    pub async fn call(
        &self,
        target: &Target,
        request: &HttpRequest,
        patience: Patience,
        delivery: &Delivery,
    ) -> Result<ReplyStream, Failure> {
        let opened = timeout_at(patience.total, self.open(target, request, delivery)).await;
        let opened = opened.map_err(|_| Failure::Timeout(Phase::FirstToken))??;
        Ok(ReplyStream::new(opened, request, patience))
    }

    async fn open(
        &self,
        target: &Target,
        request: &HttpRequest,
        delivery: &Delivery,
    ) -> Result<Opened, Failure> {
        let (provider, model) = (&target.provider, target.model.id.as_str());
        let started = Instant::now();
        let mut built = bare(Method::POST, provider, &request.path)?;
        built.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        add(&mut built, &request.headers)?;
        *built.body_mut() = Some(request.body.clone().into());
        authorize(&mut built, provider).await?;
        let (response, connect) = self.send(provider, built, delivery).await?;
        let headers = started.elapsed();
        if !response.status().is_success() {
            let asked =
                FailedRequest { model: model.to_owned(), fields: quirks::fields(&request.body) };
            return Err(explained(response, provider, &asked).await);
        }
        if let Some(coding) = unknown_coding(response.headers()) {
            let reason = format!("compressed as {coding}, which was not requested");
            return Err(Failure::Garbled { reason: failure::clean(&reason) });
        }
        let limits = provider.preset.limits.read(response.headers(), its_clock(response.headers()));
        let timing = Timing { connect, headers, ..Timing::default() };
        Ok(Opened { response, provider: Arc::clone(provider), limits, started, timing })
    }

    /// A document of the provider's own: its list of models, what it can do. `None` for `body` gets it.
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
            let (response, _) = self.send(provider, built, &Delivery::default()).await?;
            match response.status().is_success() {
                true => document(response).await,
                false => Err(explained(response, provider, &FailedRequest::default()).await),
            }
        };
        timeout_at(total, fetched).await.unwrap_or(Err(Failure::Timeout(Phase::Total)))
    }

    /// Sends a request, and once more if the connection it was put on turns out to be dead: nobody
    /// has heard it. Also says how long connecting took, where that was needed.
    async fn send(
        &self,
        provider: &Provider,
        request: Request,
        delivery: &Delivery,
    ) -> Result<(Response, Option<Duration>), Failure> {
        let client = self.clients.get(provider)?;
        let mut again = request.try_clone();
        let mut request = request;
        let bytes = request.body().and_then(Body::as_bytes).map_or(0, |it| it.len() as u64);
        let mut counted = Counted { delivery, dial: Dial::within(CONNECT), bytes };
        loop {
            let dial = Dial::within(CONNECT);
            counted.dial = dial.clone();
            let error = match dial.watch(client.execute(request)).await {
                Ok(response) => return Ok((response, dial.took())),
                Err(error) => error,
            };
            match again.take().filter(|_| dial.was_waiting() && client::is_dead(&error)) {
                Some(once_more) => request = once_more,
                None => return Err(client::failure_of(&error, &dial)),
            }
        }
    }
}

/// A request without key and body, to where it may go.
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

/// Puts the key where the provider looks for it.
async fn authorize(request: &mut Request, provider: &Provider) -> Result<(), Failure> {
    let Some(key) = provider.secret.get().await? else { return Ok(()) };
    let key = key.expose_secret();
    let (name, value) = match provider.preset.auth {
        Auth::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
        Auth::Header(name) => (HeaderName::from_static(name), key.to_owned()),
    };
    let reason = || format!("{} contains characters that no key has", provider.secret.place());
    let value = HeaderValue::from_str(&value);
    let mut value = value.map_err(|_| Failure::NoKey { reason: reason() })?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

/// Code and keys would go to another machine for everybody on the way to read.
fn plain_elsewhere(provider: &Provider) -> bool {
    !provider.url.starts_with("https://") && !provider.is_loopback() && !provider.insecure
}

/// Why an answer is none, in its own words as far as they come in time.
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
    // Some repeat the request.
    let body = provider.secret.hide(&String::from_utf8_lossy(&body));
    failure::of_response(status, &headers, body.as_bytes(), asked, its_clock(&headers))
}

/// Now, as the provider has it: it says by its own clock when it may be asked again, and ours may have been
/// set to anything.
fn its_clock(headers: &HeaderMap) -> SystemTime {
    let date = headers.get(DATE).and_then(|it| httpdate::parse_http_date(it.to_str().ok()?).ok());
    date.unwrap_or_else(SystemTime::now)
}

/// How an answer is compressed, where the client did not unpack it. Some servers name an encoding of
/// characters here, or none.
fn unknown_coding(headers: &HeaderMap) -> Option<String> {
    const PLAIN: [&str; 5] = ["", "identity", "none", "utf-8", "utf8"];
    let codings = headers.get_all(CONTENT_ENCODING).iter();
    let codings = codings.map(|it| String::from_utf8_lossy(it.as_bytes()).to_ascii_lowercase());
    let codings: Vec<String> = codings.collect();
    let all = codings.iter().flat_map(|it| it.split(',')).map(str::trim);
    all.into_iter().find(|it| !PLAIN.contains(it)).map(str::to_owned)
}

async fn document(mut response: Response) -> Result<Vec<u8>, Failure> {
    if let Some(coding) = unknown_coding(response.headers()) {
        return Err(Failure::Garbled {
            reason: failure::clean(&format!("compressed as {coding}")),
        });
    }
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
        let (name, url, secret) = ("x".to_owned(), url.to_owned(), Secret::none());
        Provider { name, preset, url, insecure, secret }
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_said() {
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
    fn a_version_behind_a_url_stays_behind_the_path() {
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
    fn what_is_taken_for_this_machine_is_asked_as_this_machine() {
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
