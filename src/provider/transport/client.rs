//! HTTP clients, each with its connection pool: two for this machine, without and with TLS, one for the built-in
//! engine's socket, and one for all other hosts.
//!
//! They are created on first use: loading the system's certificates takes time, and plain HTTP to this
//! machine needs none. The clients for this machine use no proxy, even if the system has one, and resolve
//! `localhost` to 127.0.0.1, then to ::1. They are replaced after the machine has slept: servers have closed
//! their connections meanwhile, often unnoticed, and a request on such a connection would wait until it times
//! out.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, NoProxy, Proxy};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};

use crate::provider::failure::{Failure, Phase};
use crate::provider::preset::BUILT_IN;
use crate::provider::transport::dial::{Dial, DialWatch};
use crate::provider::transport::trust::Trust;
use crate::provider::transport::{TransportOptions, trust};
use crate::provider::{Provider, failure, is_loopback};

const AGENT: &str = concat!("understudy/", env!("CARGO_PKG_VERSION"));

/// Limits for response headers, above what any provider sends.
const HEADERS: usize = 512;
const HEADER_BYTES: u32 = 64 << 10;

/// Interval of keep-alive probes.
const PING: Duration = Duration::from_secs(20);

/// Time that an unused connection is kept. Most providers close theirs earlier.
const KEEP: Duration = Duration::from_secs(300);

/// If the system clock advances by this much more than the monotonic clock, the machine has slept, or its
/// clock was set. The cost of a mistake is a new connection.
const SLEPT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Clients {
    options: TransportOptions,
    pub(super) calendar: fn() -> SystemTime,
    made: Mutex<Made>,
}

#[derive(Debug, Default)]
struct Made {
    clients: Arc<ClientSet>,
    /// Time of the last use by both clocks. The monotonic clock stops while the machine sleeps.
    used: Option<(Instant, SystemTime)>,
}

#[derive(Debug, Default)]
struct ClientSet {
    near: OnceLock<Result<Client, Failure>>,
    /// For the built-in engine. All providers of a process share its socket.
    built_in: OnceLock<Result<Client, Failure>>,
    near_tls: OnceLock<Result<Client, Failure>>,
    far: OnceLock<Result<Client, Failure>>,
}

impl Default for Clients {
    fn default() -> Self {
        Self::new(TransportOptions::default())
    }
}

impl Clients {
    pub(super) fn new(options: TransportOptions) -> Self {
        Self { options, calendar: SystemTime::now, made: Mutex::default() }
    }

    /// The client for a provider. Creating it takes some milliseconds.
    pub(super) fn get(&self, provider: &Provider) -> Result<Client, Failure> {
        match &provider.socket {
            Some(socket) => self.clients().built_in.get_or_init(|| built_in(socket)).clone(),
            None if provider.preset.kind == BUILT_IN => {
                let reason = "the engine needs a state folder: set HOME or XDG_STATE_HOME";
                Err(Failure::Connect { reason: reason.to_owned() })
            }
            None => self.at(&provider.url),
        }
    }

    /// The client for a url.
    pub(super) fn at(&self, url: &str) -> Result<Client, Failure> {
        match (is_loopback(url), url.starts_with("https://")) {
            (true, false) => self.clients().near.get_or_init(near).clone(),
            (true, true) => self.clients().near_tls.get_or_init(|| near_tls(&self.options)).clone(),
            (false, _) => self.far(),
        }
    }

    pub(super) fn far(&self) -> Result<Client, Failure> {
        self.clients().far.get_or_init(|| far(&self.options)).clone()
    }

    fn clients(&self) -> Arc<ClientSet> {
        let (clock, calendar) = (Instant::now(), (self.calendar)());
        let mut made = self.made.lock();
        let has_slept = made.used.is_some_and(|(then, date)| {
            let passed = calendar.duration_since(date).unwrap_or_default();
            passed.saturating_sub(clock - then) > SLEPT
        });
        if has_slept {
            tracing::debug!("the machine has slept: connections are replaced");
            made.clients = Arc::default();
        }
        made.used = Some((clock, calendar));
        Arc::clone(&made.clients)
    }
}

/// For this machine, without TLS.
fn near() -> Result<Client, Failure> {
    finish(at_home(), trusting_none()?)
}

/// For the built-in engine.
fn built_in(socket: &Path) -> Result<Client, Failure> {
    #[cfg(unix)]
    let client = at_home().unix_socket(socket);
    #[cfg(windows)]
    let client = at_home().windows_named_pipe(socket);
    finish(client, trusting_none()?)
}

/// For this machine, with TLS.
fn near_tls(options: &TransportOptions) -> Result<Client, Failure> {
    finish(at_home(), trusting(options)?)
}

/// Without a proxy. Uses both loopback addresses: on some machines `localhost` has only one, and some servers
/// listen on only one.
fn at_home() -> ClientBuilder {
    let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let addresses = addresses.map(|it| SocketAddr::new(it, 0));
    Client::builder().no_proxy().resolve_to_addrs("localhost", &addresses)
}

fn far(options: &TransportOptions) -> Result<Client, Failure> {
    let mut client = Client::builder();
    if let Some(url) = &options.proxy {
        let proxy = Proxy::all(url).map_err(|it| refuse("network.proxy", &it))?;
        let near = NoProxy::from_string("localhost,127.0.0.0/8,::1");
        client = client.proxy(proxy.no_proxy(near));
    }
    finish(client, trusting(options)?)
}

/// TLS without certificates, for connections that use none.
fn trusting_none() -> Result<ClientConfig, Failure> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// TLS with the certificates of the system and of the settings.
fn trusting(options: &TransportOptions) -> Result<ClientConfig, Failure> {
    let trust = Arc::new(Trust::new(options.ca_file.as_deref(), crypto())?);
    let tls = builder()?.dangerous().with_custom_certificate_verifier(trust);
    Ok(tls.with_no_client_auth())
}

fn crypto() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Failure> {
    let builder = ClientConfig::builder_with_provider(crypto());
    builder.with_safe_default_protocol_versions().map_err(|it| refuse("TLS", &it))
}

fn finish(client: ClientBuilder, mut tls: ClientConfig) -> Result<Client, Failure> {
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = client
        .tls_backend_preconfigured(tls)
        .user_agent(AGENT)
        .redirect(Policy::none())
        .referer(false)
        .connector_layer(DialWatch)
        .pool_idle_timeout(KEEP)
        .tcp_keepalive(PING)
        .tcp_nodelay(true)
        .http1_max_headers(HEADERS)
        .http2_max_header_list_size(HEADER_BYTES)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PING)
        .http2_adaptive_window(true);
    client.build().map_err(|it| refuse("the HTTP client", &it))
}

pub(super) fn refuse(what: &str, error: &dyn Error) -> Failure {
    Failure::Connect { reason: failure::clean(&format!("{what}: {}", root(error))) }
}

/// The innermost error. The outer ones contain urls.
fn root(error: &dyn Error) -> String {
    let mut root = error;
    while let Some(deeper) = root.source() {
        root = deeper;
    }
    root.to_string()
}

/// Whether the connection broke before a response, rather than that it could not be opened.
pub(super) fn is_dead(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout() && !is_garbled(error)
}

/// Whether the response is not HTTP, or its headers are too large.
fn is_garbled(error: &reqwest::Error) -> bool {
    let text = root(error);
    text.contains("invalid HTTP") || text.contains("too large")
}

pub(super) fn failure_of(error: &reqwest::Error, dial: &Dial) -> Failure {
    let reason = trust::advice(error)
        .or_else(|| refused_at_home(error))
        .unwrap_or_else(|| failure::clean(&root(error)));
    if dial.is_too_late() {
        return Failure::Timeout(Phase::Connect);
    }
    if is_garbled(error) {
        return Failure::Garbled { reason };
    }
    Failure::Connect { reason }
}

/// `localhost` is tried at ::1 last. The error of a machine without that address is misleading, so it is
/// replaced.
fn refused_at_home(error: &reqwest::Error) -> Option<String> {
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::AddrNotAvailable) {
            return Some("connection refused".to_owned());
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_network_setting_that_caused_it() {
        let why = |options: TransportOptions| Clients::new(options).far().unwrap_err().to_string();
        let no_file = TransportOptions {
            ca_file: Some("/no/such.pem".into()),
            ..TransportOptions::default()
        };
        assert!(why(no_file).contains("network.ca_file /no/such.pem"));
        let no_proxy =
            TransportOptions { proxy: Some("::".to_owned()), ..TransportOptions::default() };
        assert!(why(no_proxy).contains("network.proxy"));
        assert!(Clients::default().far().is_ok());
    }
}
