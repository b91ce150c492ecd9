//! The only file that opens a socket to a model. One client serves all: connections are pooled and
//! kept, nothing is unpacked, no redirect is followed, so a key goes to its own host and no other.

pub mod reply;

use std::collections::HashSet;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

use reqwest::Certificate;
use reqwest::Client;
use reqwest::ClientBuilder;
use reqwest::Proxy;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderValue;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::provider::Target;
use crate::provider::dialect::HttpRequest;
use crate::provider::failure;
use crate::provider::failure::Failure;
use crate::provider::failure::Phase;
use crate::provider::preset::Auth;
use crate::provider::transport::reply::Reply;

/// A body that explains an error is read so far, in bytes.
const ERROR_BODY: usize = 64 << 10;
const CONNECT: Duration = Duration::from_secs(5);
const KEEP: Duration = Duration::from_secs(300);

/// How the network is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Beside what the system says.
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

/// Sends requests.
#[derive(Debug, Default)]
pub struct Transport {
    options: Options,
    client: OnceLock<Result<Client, String>>,
    /// Where an answer came from before: a connection there may be an old one that has died.
    known: Mutex<HashSet<String>>,
}

impl Transport {
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Makes the client, which takes some milliseconds, so that no request need wait for it.
    pub fn warm(&self) {
        _ = self.client();
    }

    /// Opens a connection to a target's host before it is needed.
    pub async fn connect(&self, target: &Target) {
        let Ok(client) = self.client() else { return };
        if plain_elsewhere(target) {
            return;
        }
        let request = client.head(&target.provider.url).timeout(CONNECT);
        // What it answers does not matter.
        _ = request.send().await;
    }

    /// Asks a target, and gives its answer as soon as it has begun to come.
    pub async fn ask(
        &self,
        target: &Target,
        request: &HttpRequest,
        patience: Patience,
    ) -> Result<Reply, Failure> {
        let started = Instant::now();
        let response = timeout_at(patience.total, self.send(target, request)).await;
        let response = response.map_err(|_| Failure::Timeout(Phase::FirstToken))??;
        let now = SystemTime::now();
        if response.status().is_success() {
            let limits = target.provider.preset.limits.read(response.headers(), now);
            return Ok(Reply::new(response, request, limits, patience, started));
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = timeout_at(patience.total, start_of(response)).await.unwrap_or_default();
        Err(failure::of_response(status, &headers, &body, now))
    }

    /// A document of the provider's own: its list of models, what it can do. `None` for `body` gets it.
    pub async fn fetch(
        &self,
        target: &Target,
        path: &str,
        body: Option<Vec<u8>>,
        total: Instant,
    ) -> Result<Vec<u8>, Failure> {
        let client = self.client().map_err(|reason| Failure::Connect { reason })?;
        if plain_elsewhere(target) {
            return Err(refused());
        }
        let url = format!("{}{path}", target.provider.url);
        let request = match body {
            Some(body) => client.post(&url).header(CONTENT_TYPE, "application/json").body(body),
            None => client.get(&url),
        };
        let fetched = async {
            let response = self.authorized(request, target).await?.send().await;
            let response = response.map_err(|it| failed(&it))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = start_of(response).await;
            match status.is_success() {
                true => Ok(body),
                false => {
                    let now = SystemTime::now();
                    Err(failure::of_response(status.as_u16(), &headers, &body, now))
                }
            }
        };
        timeout_at(total, fetched).await.unwrap_or(Err(Failure::Timeout(Phase::Total)))
    }

    async fn send(&self, target: &Target, request: &HttpRequest) -> Result<Response, Failure> {
        let client = self.client().map_err(|reason| Failure::Connect { reason })?;
        if plain_elsewhere(target) {
            return Err(refused());
        }
        let url = format!("{}{}", target.provider.url, request.path);
        let mut may_be_dead = self.known(&target.provider.url);
        loop {
            let built = client.post(&url).header(CONTENT_TYPE, "application/json");
            let built =
                request.headers.iter().fold(built, |it, (name, value)| it.header(*name, value));
            let built = self.authorized(built.body(request.body.clone()), target).await?;
            match built.send().await {
                Ok(response) => {
                    self.learn(&target.provider.url);
                    return Ok(response);
                }
                // Nobody heard the request: the connection it was put on had been closed.
                Err(error) if may_be_dead && broke_off(&error) => may_be_dead = false,
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    /// Puts the key where the provider looks for it.
    async fn authorized(
        &self,
        request: reqwest::RequestBuilder,
        target: &Target,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let Some(key) = target.provider.secret.get().await? else { return Ok(request) };
        let (name, value) = match target.provider.preset.auth {
            Auth::Bearer => ("authorization", format!("Bearer {key}")),
            Auth::Header(name) => (name, key.to_owned()),
        };
        let value = HeaderValue::from_str(&value).map(|mut it| {
            it.set_sensitive(true);
            it
        });
        let reason = || format!("{} holds what is no key", target.provider.secret.place());
        let value = value.map_err(|_| Failure::Auth { reason: reason() })?;
        Ok(request.header(name, value))
    }

    fn client(&self) -> Result<&Client, String> {
        let client = self.client.get_or_init(|| self.options.client());
        client.as_ref().map_err(Clone::clone)
    }

    fn known(&self, url: &str) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(url)
    }

    fn learn(&self, url: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(url) {
            known.insert(url.to_owned());
        }
    }
}

impl Options {
    fn client(&self) -> Result<Client, String> {
        // Only we install one, and which of two threads does makes no difference.
        _ = rustls::crypto::ring::default_provider().install_default();
        let built = self.builder()?.build();
        // A machine without certificates can still be its own provider.
        let built = built.or_else(|_| Ok(self.builder()?.tls_certs_only([]).build()?));
        built.map_err(|it: Box<dyn Error>| format!("no client for the network: {it}"))
    }

    fn builder(&self) -> Result<ClientBuilder, String> {
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("understudy/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .pool_idle_timeout(KEEP)
            .tcp_keepalive(Duration::from_secs(30))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .http2_keep_alive_while_idle(true)
            .http2_adaptive_window(true);
        if let Some(proxy) = &self.proxy {
            // The local address is never asked for through a proxy.
            let local = reqwest::NoProxy::from_string("localhost,127.0.0.0/8,::1");
            let proxy = Proxy::all(proxy).map_err(|it| format!("network.proxy: {it}"))?;
            builder = builder.proxy(proxy.no_proxy(local));
        }
        if let Some(path) = &self.ca_file {
            let named = |it: String| format!("network.ca_file {}: {it}", path.display());
            let pem = std::fs::read(path).map_err(|it| named(it.to_string()))?;
            let bundle = Certificate::from_pem_bundle(&pem).map_err(|it| named(it.to_string()))?;
            builder = builder.tls_certs_merge(bundle);
        }
        Ok(builder)
    }
}

/// Code and keys would go to another machine for everybody on the way to read.
fn plain_elsewhere(target: &Target) -> bool {
    let provider = &target.provider;
    !provider.url.starts_with("https://") && !provider.is_loopback() && !provider.insecure
}

fn refused() -> Failure {
    let reason = "http:// is for this machine only, unless `insecure = true`".to_owned();
    Failure::BadRequest { status: 0, reason }
}

/// The first bytes of a body, whatever becomes of the rest.
async fn start_of(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ERROR_BODY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == ERROR_BODY {
            break;
        }
    }
    body
}

/// A failure to get any answer. The address is not repeated: it may hold what is secret.
fn failed(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::Timeout(Phase::Connect);
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let reason = match error.source() {
        Some(_) => cause.to_string(),
        None => "the request could not be sent".to_owned(),
    };
    match error.is_connect() {
        true => Failure::Connect { reason },
        false if broke_off(error) => Failure::Cut,
        false => Failure::Connect { reason },
    }
}

/// Whether a connection was closed in the middle.
fn broke_off(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(it) = cause {
        let words = it.to_string();
        let io = it.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let reset = matches!(
            io,
            Some(std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe)
        );
        if reset || words.contains("closed before message completed") || words.contains("GOAWAY") {
            return true;
        }
        cause = it.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::provider::Model;
    use crate::provider::Provider;
    use crate::provider::fim::Form;
    use crate::provider::preset;
    use crate::provider::secret::Secret;

    fn target(url: &str, insecure: bool) -> Target {
        let preset = preset::find("openai-compatible").unwrap();
        let (name, url, secret) = ("x".to_owned(), url.to_owned(), Secret::none());
        let provider = Arc::new(Provider { name, preset, url, insecure, secret });
        let model = Model { id: "m".to_owned(), form: Form::Chat, window: None };
        Target { name: "x/m".into(), provider, model }
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_said() {
        for home in [
            "http://127.0.0.1:8080",
            "http://localhost/v1",
            "http://[::1]:1/v1",
            "http://127.9.9.9",
        ] {
            assert!(!plain_elsewhere(&target(home, false)), "{home}");
        }
        let others = [
            "http://example.org",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org:80",
            "http://127.0.0.1@example.org/",
            "ftp://example.org",
            "http://10.0.0.1",
            "http://[::2]",
        ];
        for other in others {
            assert!(plain_elsewhere(&target(other, false)), "{other}");
            assert!(!plain_elsewhere(&target(other, true)), "{other}");
        }
        assert!(!plain_elsewhere(&target("https://example.org", false)));
    }

    #[test]
    fn what_the_network_needs_and_lacks_is_said() {
        let no_file = Options { ca_file: Some("/no/such.pem".into()), ..Options::default() };
        assert!(no_file.client().unwrap_err().contains("/no/such.pem"));
        let no_proxy = Options { proxy: Some("::".to_owned()), ..Options::default() };
        assert!(no_proxy.client().unwrap_err().contains("network.proxy"));
        assert!(Options::default().client().is_ok());
    }
}
