//! Connections to servers as users configure them: compressed answers, `localhost`, self-signed certificates,
//! proxies of the environment, URLs with a wrong path.

use std::fs;
use std::io::Write;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use tempfile::TempDir;
use tokio::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use understudy::provider::Target;
use understudy::provider::dialect::{Delta, Dialect, EmptyAnswer, HttpRequest};
use understudy::provider::failure::Failure;
use understudy::provider::fim::FillFormat;
use understudy::provider::probe::probe;
use understudy::provider::secret::Secret;
use understudy::provider::sse::Framing;
use understudy::provider::transport::{Patience, Transport, TransportOptions};

use crate::support::upstream::script::Script;
use crate::support::upstream::{LONG, Upstream, script};
use crate::support::wire;

const ONE_LINE: &str = "openai/one_line.sse";
const TEXT: &str = "println!(\"grüße ∑ 😀\");";
const MODELS: &str = r#"{"object":"list","data":[{"id":"model"}]}"#;

fn target(kind: &str, url: &str) -> Target {
    wire::target(kind, url, FillFormat::Chat, Secret::none())
}

/// The text of a whole answer.
async fn ask(transport: &Transport, url: &str) -> Result<String, Failure> {
    let request = HttpRequest {
        path: "/chat/completions".to_owned(),
        headers: Vec::new(),
        body: b"{}".to_vec(),
        framing: Framing::Sse,
        dialect: Dialect::OpenAiChat,
        empty: EmptyAnswer::Failure,
    };
    let patience = Patience { total: Instant::now() + LONG, stall: LONG };
    let mut reply =
        transport.call(&target("openai-compatible", url), &request, patience, |_| {}).await?;
    let mut text = String::new();
    while let Some(delta) = reply.next().await? {
        if let Delta::Text(piece) = delta {
            text += &piece;
        }
    }
    Ok(text)
}

async fn answered(script: Script) -> Result<String, Failure> {
    let upstream = Upstream::start([script]);
    ask(&Transport::default(), &upstream.url()).await
}

async fn fetched(script: Script) -> Result<Vec<u8>, Failure> {
    let upstream = Upstream::start([script]);
    let target = target("openai-compatible", &upstream.url());
    Transport::default().fetch(&target, "/models", None, Instant::now() + LONG).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;

/// Content encodings and their compressors.
const CODINGS: [(&str, Compress); 2] = [("gzip", gzip), ("deflate", deflate)];

#[tokio::test(start_paused = true)]
async fn names_for_no_compression_are_accepted_and_unknown_encodings_are_refused() {
    for name in ["identity", "none", "utf-8", "UTF-8", "Identity", "", "identity, none"] {
        let script = Script::cassette(ONE_LINE).header("content-encoding", name);
        assert_eq!(answered(script).await.unwrap(), TEXT, "{name}");
        let models = Script::json(200, MODELS).header("content-encoding", name);
        assert_eq!(fetched(models).await.unwrap(), MODELS.as_bytes(), "{name}");
    }
    for name in ["br", "zstd", "identity, br"] {
        let script = Script::stream([1, 2, 3]).header("content-encoding", name);
        let failure = answered(script).await.unwrap_err();
        assert!(matches!(failure, Failure::Garbled { .. }), "{name}: {failure:?}");
        let coding = name.rsplit(' ').next().unwrap();
        assert!(failure.to_string().contains(coding), "{name}: {failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn compressed_answers_model_lists_and_errors_are_unpacked() {
    let (_, stream) = script::cassette(ONE_LINE);
    let limited = r#"{"error":{"message":"Please try again in 20s","code":"rate_limit_exceeded"}}"#;
    for (name, compress) in CODINGS {
        let stream = Script::stream(compress(stream.as_bytes()));
        let pieces = stream.clone().header("content-encoding", name).in_pieces(7);
        assert_eq!(answered(pieces).await.unwrap(), TEXT, "{name}");
        let whole = stream.header("content-encoding", name);
        assert_eq!(answered(whole).await.unwrap(), TEXT, "{name}");

        let packed = |status, body: &str| {
            let step = script::Step::Bytes(compress(body.as_bytes()));
            Script::new(status, vec![step]).header("content-encoding", name)
        };
        assert_eq!(fetched(packed(200, MODELS)).await.unwrap(), MODELS.as_bytes(), "{name}");
        let failure = answered(packed(429, limited)).await.unwrap_err();
        let retry = match failure {
            Failure::RateLimited { retry, .. } => retry,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(retry, Some(Duration::from_secs(20)), "{name}");
    }
}

/// 64 MB of blanks compress to some 64 kB: the limit applies to the unpacked body, too.
#[tokio::test(start_paused = true)]
async fn a_decompression_bomb_is_refused() {
    let large = vec![b' '; 64 << 20];
    for (name, compress) in CODINGS {
        let bomb = compress(&large);
        assert!(bomb.len() < 100_000, "{name}: {}", bomb.len());
        let script = |status| {
            let step = script::Step::Bytes(bomb.clone());
            Script::new(status, vec![step]).header("content-encoding", name)
        };
        let answer = answered(script(200)).await;
        assert!(matches!(answer, Err(Failure::Garbled { .. })), "{name}: {answer:?}");
        let list = fetched(script(200)).await;
        assert!(matches!(list, Err(Failure::Garbled { .. })), "{name}: {list:?}");
        let explained = answered(script(503)).await;
        assert!(matches!(explained, Err(Failure::Overloaded { .. })), "{name}: {explained:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_damaged_compressed_body_is_a_failure() {
    let (_, stream) = script::cassette(ONE_LINE);
    for (name, compress) in CODINGS {
        let damaged = Script::stream(b"data: plain text\n\n".as_slice());
        let answer = answered(damaged.header("content-encoding", name)).await;
        assert!(matches!(answer, Err(Failure::Garbled { .. })), "{name}: {answer:?}");
        let packed = compress(stream.as_bytes());
        let short = Script::stream(&packed[..packed.len() / 2]);
        let answer = answered(short.header("content-encoding", name)).await;
        assert!(
            matches!(answer, Err(Failure::Cut | Failure::Garbled { .. })),
            "{name}: {answer:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn streams_are_requested_uncompressed_and_model_lists_compressed() {
    let upstream = Upstream::start([Script::cassette(ONE_LINE), Script::json(200, MODELS)]);
    let transport = Transport::default();
    ask(&transport, &upstream.url()).await.unwrap();
    let it = target("openai-compatible", &upstream.url());
    transport.fetch(&it, "/models", None, Instant::now() + LONG).await.unwrap();
    let requests = upstream.requests();
    let accepted = requests.iter().map(|it| it.header("accept-encoding"));
    assert_eq!(accepted.collect::<Vec<_>>(), [Some("identity"), Some("gzip,deflate")]);
}

#[tokio::test(start_paused = true)]
async fn localhost_works_with_ipv4_and_ipv6() {
    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    let mut servers = vec![Upstream::cassette(ONE_LINE)];
    // Some containers have no IPv6.
    if std::net::TcpListener::bind(six).is_ok() {
        servers.push(Upstream::at(six, [Script::cassette(ONE_LINE)]));
    }
    for upstream in servers {
        let url = upstream.url();
        let port = url.rsplit(':').next().unwrap().to_owned();
        let local = format!("http://localhost:{port}");
        assert_eq!(ask(&Transport::default(), &local).await.unwrap(), TEXT, "{url}");
        drop(upstream);
        tokio::task::yield_now().await;
        let failure = ask(&Transport::default(), &local).await.unwrap_err();
        assert!(failure.to_string().to_lowercase().contains("refused"), "{url}: {failure}");
    }
}

/// A file of `tests/fixtures/tls`.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// Accepts TLS in front of an upstream, and returns the port.
async fn tls_front(upstream: &Upstream, certificate: &str) -> u16 {
    let chain = CertificateDer::from_pem_file(fixture(&format!("{certificate}.pem"))).unwrap();
    let key = PrivatePkcs8KeyDer::from(fs::read(fixture(&format!("{certificate}.key"))).unwrap());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let inside = upstream.url().trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((outer, _)) = listener.accept().await {
            let (acceptor, inside) = (acceptor.clone(), inside.clone());
            tokio::spawn(async move {
                let Ok(mut outer) = acceptor.accept(outer).await else { return };
                let mut inner = TcpStream::connect(inside).await.expect("it listens");
                // The end of either connection ends both.
                _ = io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    port
}

/// The result of a request to a server that presents one certificate while the client trusts another.
async fn trusting(host: &str, presented: &str, trusted: Option<&str>) -> Result<String, Failure> {
    let upstream = Upstream::cassette(ONE_LINE);
    let port = tls_front(&upstream, presented).await;
    let ca_file = trusted.map(|it| fixture(&format!("{it}.pem")));
    let transport = Transport::new(TransportOptions { ca_file, ..TransportOptions::default() });
    ask(&transport, &format!("https://{host}:{port}")).await
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_listed_is_trusted() {
    for (host, certificate) in [
        ("localhost", "bare"),
        ("127.0.0.1", "bare"),
        ("localhost", "named"),
        ("127.0.0.1", "named"),
    ] {
        let answer = trusting(host, certificate, Some(certificate)).await;
        assert_eq!(answer.unwrap(), TEXT, "{host} {certificate}");
    }
}

#[tokio::test]
async fn an_untrusted_certificate_is_reported_with_the_fix() {
    for (presented, trusted, why) in [
        ("bare", None, "network.ca_file"),
        ("bare", Some("named"), "network.ca_file"),
        ("elsewhere", Some("elsewhere"), "for another host than localhost"),
        ("old", Some("old"), "out of date"),
    ] {
        let failure = trusting("localhost", presented, trusted).await.unwrap_err();
        assert!(matches!(failure, Failure::Connect { .. }), "{presented}: {failure:?}");
        let said = failure.to_string();
        assert!(said.contains(why), "{presented}: {said}");
        let makes = "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost \
                     -addext subjectAltName=DNS:localhost";
        assert_eq!(said.contains(makes), presented != "old", "{presented}: {said}");
    }
}

/// Runs the program in a home of its own, with unreachable proxies in its environment.
fn run(config: &str, args: &[&str]) -> (Option<i32>, String) {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("config/understudy");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), config).unwrap();
    let nowhere = "http://127.0.0.1:1";
    let output = Command::new(env!("CARGO_BIN_EXE_understudy"))
        .args(args)
        .current_dir(home.path())
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_STATE_HOME", home.path().join("state"))
        .envs(
            ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"]
                .map(|it| (it, nowhere)),
        )
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn row(kind: &str, url: &str) -> String {
    format!("[[provider]]\nname = 'it'\nkind = '{kind}'\nurl = '{url}'\nmodels = ['model']\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_of_the_environment_are_not_used_for_this_machine() {
    let upstream = Upstream::start([Script::json(200, MODELS), Script::cassette(ONE_LINE)]);
    let port = tls_front(&upstream, "bare").await;
    for host in ["localhost", "127.0.0.1"] {
        let config = format!(
            "network.ca_file = '{}'\n{}",
            fixture("bare.pem").display(),
            row("openai-compatible", &format!("https://{host}:{port}/v1")),
        );
        let (code, said) = run(&config, &["doctor"]);
        assert_eq!(code, Some(0), "{host}: {said}");
    }
    assert!(upstream.hits() > 0);
}

/// A server that answers below one path only, and returns a page for every other path.
fn below(path: &'static str, status: u16) -> Upstream {
    Upstream::deciding(move |request| {
        let is_right = |route: &str| request.path == format!("{path}{route}");
        match () {
            () if is_right("/models") || is_right("/api/tags") => Script::json(200, MODELS),
            () if is_right("/chat/completions") => Script::cassette(ONE_LINE),
            () if is_right("/api/chat") => Script::cassette("ollama_chat/one_line.ndjson"),
            () => Script::new(status, vec![script::Step::Bytes(b"<html>Not here</html>".to_vec())])
                .header("content-type", "text/html"),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_wrong_url_path_is_detected_and_the_right_url_is_suggested() {
    for status in [200, 404, 405] {
        for (kind, served, given) in [
            ("openai-compatible", "/v1", ""),
            ("openai-compatible", "", "/v1"),
            ("openai-compatible", "/v1", "/v1/v1"),
            ("openai-compatible", "/v1", "/v1/chat/completions"),
            ("openai-compatible", "/api/v1", "/api"),
            ("openai-compatible", "/v1", "/v1/models"),
            ("openrouter", "/api/v1", ""),
            ("ollama", "", "/v1"),
            ("ollama", "", "/api/chat"),
        ] {
            let upstream = below(served, status);
            let target = target(kind, &format!("{}{given}", upstream.url()));
            let report = probe(&Transport::default(), &target, LONG).await;
            let context = format!("{kind} {served:?} {given:?} {status}: {report:?}");
            assert!(!report.can_serve(), "{context}");
            assert!(report.url.starts_with(&target.provider.url), "{context}");
            let meant = format!("{}{served}", upstream.url());
            assert_eq!(report.elsewhere, Some(meant), "{context}");
        }
    }
    // No URL is suggested if none works.
    let upstream = Upstream::status(404);
    let target = target("openai-compatible", &upstream.url());
    assert_eq!(probe(&Transport::default(), &target, LONG).await.elsewhere, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_prints_what_it_requested_and_which_url_works() {
    let upstream = below("/v1", 404);
    let url = upstream.url();
    let (code, said) = run(&row("openai-compatible", &url), &["doctor"]);
    assert_eq!(code, Some(1), "{said}");
    for part in [format!("requested {url}/chat/completions"), format!("set url = \"{url}/v1\"")] {
        assert!(said.contains(&part), "{part}\n{said}");
    }
}

#[test]
fn config_check_prints_the_correct_url() {
    for (kind, url, code, line) in [
        ("openai-compatible", "https://h.example/v1/chat/completions", 1, "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/v1", 1, "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1 ", 1, "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1#k", 1, "https://h.example/v1"),
        ("openai-compatible", "https://api.openai.com", 1, "https://api.openai.com/v1"),
        ("ollama", "http://localhost:11434/api/generate", 1, "http://localhost:11434"),
        ("anthropic", "https://h.example/v1/messages", 1, "https://h.example/v1"),
        // Possibly correct.
        ("openai-compatible", "http://127.0.0.1:4000", 0, "http://127.0.0.1:4000/v1"),
    ] {
        let (found, said) = run(&row(kind, url), &["config", "check"]);
        assert_eq!(found, Some(code), "{url}: {said}");
        assert!(said.contains(&format!("url = \"{line}\"")), "{url}: {said}");
        assert!(said.contains("config.toml:1: provider \"it\": "), "{url}: {said}");
    }
    let (code, said) =
        run(&row("openai-compatible", "http://127.0.0.1:4000/v1"), &["config", "check"]);
    assert!(code == Some(0) && said.contains("no problems found"), "{said}");
}
