//! The transport against a scripted provider. The paused clock advances when both sides wait.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use tokio::time::Instant;
use understudy::models::token_usage::Usage;
use understudy::provider::Target;
use understudy::provider::dialect::{Delta, Dialect, EmptyAnswer, HttpRequest};
use understudy::provider::failure::{Failure, LimitScope, Phase};
use understudy::provider::fim::FillFormat;
use understudy::provider::probe::{ProbeFinding, probe};
use understudy::provider::secret::{KeySource, Secret};
use understudy::provider::sse::Framing;
use understudy::provider::transport::reply::ReplyStream;
use understudy::provider::transport::{Patience, Transport};

use crate::support::upstream::script::{Script, Step};
use crate::support::upstream::{LONG, Upstream, script};
use crate::support::wire;

const KEY: &str = "planted-key-0123456789";
const TEXT: &str = "println!(\"grüße ∑ 😀\");";
const ONE_LINE: &str = "openai/one_line.sse";

const TOTAL: Duration = Duration::from_secs(30);
const STALL: Duration = Duration::from_secs(8);

fn patience() -> Patience {
    Patience { total: Instant::now() + TOTAL, stall: STALL }
}

fn key() -> Secret {
    Secret::variable("KEY", Some(KEY.to_owned()))
}

fn target_with(kind: &str, url: &str, secret: Secret) -> Target {
    wire::target(kind, url, FillFormat::Chat, secret)
}

fn target(url: &str) -> Target {
    target_with("openai-compatible", url, key())
}

fn request() -> HttpRequest {
    HttpRequest {
        path: "/chat/completions".to_owned(),
        headers: Vec::new(),
        body: br#"{"model":"model"}"#.to_vec(),
        framing: Framing::Sse,
        dialect: Dialect::OpenAiChat,
        empty: EmptyAnswer::NothingToInsert,
    }
}

async fn open(transport: &Transport, target: &Target) -> Result<ReplyStream, Failure> {
    transport.call(target, &request(), patience(), |_| {}).await
}

/// The text and usage of a whole answer.
async fn ask(transport: &Transport, url: &str) -> Result<(String, Usage), Failure> {
    let mut reply = open(transport, &target(url)).await?;
    let mut text = String::new();
    while let Some(delta) = reply.next().await? {
        if let Delta::Text(piece) = delta {
            text += &piece;
        }
    }
    assert!(reply.timing().total >= reply.timing().first);
    Ok((text, reply.usage()))
}

/// The result of a request with this reply.
async fn answered(script: Script) -> Result<String, Failure> {
    let upstream = Upstream::start([script]);
    Ok(ask(&Transport::default(), &upstream.url()).await?.0)
}

#[tokio::test(start_paused = true)]
async fn a_streamed_answer_has_its_text_and_usage() {
    let upstream = Upstream::cassette(ONE_LINE);
    let (text, usage) = ask(&Transport::default(), &upstream.url()).await.unwrap();
    assert_eq!(text, TEXT);
    assert_eq!(usage, Usage { prompt: 120, cached: 64, output: 9, ..Usage::default() });
    let request = &upstream.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/chat/completions"));
    assert_eq!(request.header("authorization"), Some(&*format!("Bearer {KEY}")));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.body, br#"{"model":"model"}"#);
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_split_at_any_byte() {
    let (_, stream) = script::cassette(ONE_LINE);
    for at in 0..=stream.len() {
        let (head, tail) = stream.as_bytes().split_at(at);
        let script = Script::stream(head).then(Step::Bytes(tail.into()));
        assert_eq!(answered(script).await.unwrap(), TEXT, "split at {at}");
    }
    let bytewise = Script::cassette(ONE_LINE).in_pieces(1);
    assert_eq!(answered(bytewise).await.unwrap(), TEXT);
    let whole = Script::cassette("openai/one_line.json");
    assert_eq!(answered(whole.clone()).await.unwrap(), TEXT);
    assert_eq!(answered(whole.in_pieces(7)).await.unwrap(), TEXT);
    assert_eq!(answered(Script::stream(stream.trim_end())).await.unwrap(), TEXT);
}

#[tokio::test(start_paused = true)]
async fn a_truncated_answer_is_a_failure() {
    let (_, stream) = script::cassette(ONE_LINE);
    // After the finish reason, the end marker of the dialect is optional.
    let finish = stream.find("\"stop\"").unwrap();
    let end = finish + stream[finish..].find("\n\n").unwrap() + 2;
    for at in 0..end {
        for step in [None, Some(Step::Cut)] {
            // If the body ends cleanly, complete JSON needs no blank line after it.
            if step.is_none() && at >= end - 2 {
                continue;
            }
            let mut script = Script::stream(&stream.as_bytes()[..at]);
            script.steps.extend(step);
            assert_eq!(answered(script).await, Err(Failure::Cut), "cut at {at}");
        }
    }
    let short = Script::stream(&stream.as_bytes()[..90]).framed(script::Framing::Length(9999));
    assert_eq!(answered(short.then(Step::Cut)).await, Err(Failure::Cut));
    let whole = script::cassette("openai/one_line.json").1;
    let cut = Script::json(200, &whole[..whole.len() / 2]);
    assert_eq!(answered(cut).await, Err(Failure::Cut));
}

#[tokio::test(start_paused = true)]
async fn a_failed_reply_yields_nothing_more() {
    let upstream = Upstream::start([Script::cassette("openai/error_inside.sse")]);
    let transport = Transport::default();
    let target = target(&upstream.url());
    let mut reply = open(&transport, &target).await.unwrap();
    assert_eq!(reply.next().await, Ok(Some(Delta::Text("println!(".to_owned()))));
    assert!(matches!(reply.next().await, Err(Failure::Overloaded { .. })));
    assert_eq!(reply.next().await, Err(Failure::Cut));
}

#[tokio::test(start_paused = true)]
async fn each_timeout_names_its_phase() {
    let (_, stream) = script::cassette(ONE_LINE);
    let second = stream.match_indices("\n\n").nth(1).unwrap().0;
    let head = &stream[..second + 2];
    let timeout = |phase| Err(Failure::Timeout(phase));
    let slow = |wait| {
        let script = Script::stream("").then(Step::Wait(wait));
        script.then(Step::Bytes(stream.clone().into()))
    };
    let silent = Script { is_silent: true, ..Script::status(200) }.then(Step::Stall);
    assert_eq!(answered(silent).await, timeout(Phase::FirstToken));
    assert_eq!(answered(slow(TOTAL)).await, timeout(Phase::FirstToken));
    assert_eq!(answered(slow(TOTAL / 2)).await.unwrap(), TEXT);
    let stall = Script::stream(head).then(Step::Stall);
    assert_eq!(answered(stall).await, timeout(Phase::Stall));
    // Keep-alive comments are no tokens.
    let alive = Script::stream(head).then(Step::Endless(b": alive\n\n".to_vec()));
    assert!(matches!(answered(alive).await, Err(Failure::Garbled { .. })));
    let pings = (0..60)
        .flat_map(|_| [Step::Wait(Duration::from_secs(1)), Step::Bytes(b": ping\n\n".to_vec())]);
    let mut pinging = Script::stream(head);
    pinging.steps.extend(pings);
    assert_eq!(answered(pinging).await, timeout(Phase::Stall));
    let endlessly = Script::new(200, vec![Step::Bytes(head.into()); 40]);
    let slowly = endlessly.paced(Duration::from_secs(1));
    assert_eq!(answered(slowly).await, timeout(Phase::Total));
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_a_connect_failure() {
    let upstream = Upstream::status(200);
    let url = upstream.url();
    drop(upstream);
    tokio::task::yield_now().await;
    let failure = ask(&Transport::default(), &url).await.unwrap_err();
    assert!(matches!(failure, Failure::Connect { .. }), "{failure}");
    assert!(failure.to_string().contains("refused"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn redirects_errors_and_responses_without_content_are_failures() {
    for status in (300..600).filter(|it| *it != 304) {
        let failure = answered(Script::status(status)).await.unwrap_err();
        let expected = match status {
            300..=399 | 407 => matches!(failure, Failure::Connect { .. }),
            401 | 403 => matches!(failure, Failure::Auth { .. }),
            402 => matches!(failure, Failure::Quota { .. }),
            404 | 405 | 410 | 501 => matches!(failure, Failure::ModelGone { .. }),
            413 => matches!(failure, Failure::ContextTooLong { .. }),
            429 => matches!(failure, Failure::RateLimited { .. }),
            408 | 504 => matches!(failure, Failure::Timeout(_)),
            409 | 425 | 498 | 500.. => matches!(failure, Failure::Overloaded { .. }),
            _ => matches!(failure, Failure::BadRequest { .. }),
        };
        assert!(expected, "{status}: {failure:?}");
    }
    for status in [204, 206, 304] {
        assert!(answered(Script::status(status)).await.is_err(), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_has_its_wait_and_a_reply_has_the_remaining_limit() {
    let limited =
        Script::json(429, r#"{"error":{"message":"tokens per min","code":"rate_limit_exceeded"}}"#);
    let failure = answered(limited.header("retry-after-ms", "1500")).await.unwrap_err();
    let retry = Some(Duration::from_millis(1500));
    assert_eq!(failure, Failure::RateLimited { retry, scope: LimitScope::Minute });

    let script = Script::cassette(ONE_LINE)
        .header("x-ratelimit-remaining-requests", "7")
        .header("x-ratelimit-reset-requests", "6m0s");
    let upstream = Upstream::start([script]);
    let target = target(&upstream.url());
    let transport = Transport::default();
    let reply = open(&transport, &target).await.unwrap();
    let requests = reply.limits.requests.unwrap();
    assert_eq!((requests.remaining, requests.reset), (7, Duration::from_mins(6)));
}

#[tokio::test(start_paused = true)]
async fn invalid_replies_are_garbled_and_endless_ones_are_stopped() {
    let garbled = |result: Result<String, Failure>| {
        assert!(matches!(result, Err(Failure::Garbled { .. })), "{result:?}");
    };
    garbled(
        answered(Script::raw(vec![Step::Bytes(b"\x00\xff\x13 garbage\r\n\r\n".to_vec())])).await,
    );
    garbled(answered(Script::stream("data: {no json}\n\n")).await);
    garbled(answered(Script::stream("data: \u{0}\n\ndata: [DONE]\n\n")).await);
    // 50 MB as one event, as many events, as one value, and as comments.
    let much = |piece: Vec<u8>| {
        let count = (50 << 20) / piece.len();
        Script::new(200, vec![Step::Bytes(piece); count])
    };
    garbled(answered(much(vec![b'x'; 64 << 10])).await);
    garbled(answered(much(format!(": {}\n", "x".repeat(64 << 10)).into_bytes())).await);
    let event = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "x".repeat(9000)
    );
    garbled(answered(much(event.into_bytes())).await);
    garbled(answered(much([b"{".as_slice(), &[b' '; 64 << 10]].concat())).await);
    let flood = (0..700).fold(Script::stream(""), |it, at| it.header(&format!("x-{at}"), "y"));
    garbled(answered(flood).await);
    let compressed = Script::stream([0x1f, 0x8b, 8, 0]).header("content-encoding", "br");
    garbled(answered(compressed).await);
}

#[tokio::test(start_paused = true)]
async fn an_endless_error_body_does_not_delay_the_failure() {
    let endless = Script::new(503, vec![Step::Endless(vec![b'x'; 64 << 10])]);
    assert!(matches!(answered(endless).await, Err(Failure::Overloaded { .. })));
    let stalled = Script::new(429, vec![Step::Bytes(b"{".to_vec()), Step::Stall]);
    assert!(matches!(answered(stalled).await, Err(Failure::RateLimited { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let thief = Upstream::cassette(ONE_LINE);
    for status in [301, 302, 303, 307, 308] {
        let script = Script::status(status).header("location", &thief.url());
        let failure = answered(script).await.unwrap_err();
        assert!(matches!(failure, Failure::Connect { .. }), "{failure:?}");
    }
    assert_eq!(thief.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_echoes_the_request_shows_no_key() {
    for status in [200, 400, 401, 403, 404, 429, 500] {
        let echo = Script::new(status, vec![Step::Echo]);
        let padded = |count: usize| {
            let text = format!("{}{KEY}", "x ".repeat(count));
            Script::json(status, &format!("{{\"error\":{{\"message\":\"{text}\"}}}}"))
        };
        for script in [echo, padded(0), padded(80), padded(95), padded(98)] {
            let failure = answered(script).await.unwrap_err();
            for shown in [format!("{failure}"), format!("{failure:?}")] {
                assert!(!shown.contains("planted-key"), "{shown}");
            }
        }
    }
    let target = target("http://127.0.0.1:1");
    assert!(!format!("{target:?} {:?}", Transport::default()).contains(KEY));
}

#[tokio::test(start_paused = true)]
async fn plain_http_connects_to_this_machine_only() {
    for url in ["http://192.0.2.1", "http://localhost.example:80", "ftp://127.0.0.1", "nonsense"] {
        let failure = ask(&Transport::default(), url).await.unwrap_err();
        assert!(matches!(failure, Failure::Connect { .. }), "{url}: {failure:?}");
    }
    let upstream = Upstream::cassette(ONE_LINE);
    let target = target(&upstream.url());
    let paths = ["@192.0.2.1/models", ".example/models", ":1/models", "models"];
    for path in paths {
        let total = Instant::now() + LONG;
        Transport::default().fetch(&target, path, None, total).await.unwrap();
    }
    let asked = upstream.requests().into_iter().map(|it| it.path);
    assert_eq!(asked.collect::<Vec<_>>(), paths.map(|it| format!("/{it}")));
}

#[tokio::test(start_paused = true)]
async fn without_a_key_no_request_is_sent() {
    let upstream = Upstream::cassette(ONE_LINE);
    let keyless = target_with("openai-compatible", &upstream.url(), Secret::variable("KEY", None));
    let failure = open(&Transport::default(), &keyless).await.unwrap_err();
    assert!(failure.to_string().ends_with("the variable KEY contains no key"), "{failure}");
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn a_key_file_is_read_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, KEY).unwrap();
    let upstream = Upstream::cassette(ONE_LINE);
    let secret = Secret::at(KeySource::File(path.clone()));
    let target = target_with("openai-compatible", &upstream.url(), secret);
    let transport = Transport::default();
    for _ in 0..2 {
        open(&transport, &target).await.unwrap();
        let _ = fs::remove_file(&path);
    }
    let shown = format!("Bearer {KEY}");
    assert!(upstream.requests().iter().all(|it| it.header("authorization") == Some(&shown)));
}

#[tokio::test(start_paused = true)]
async fn connections_are_reused_and_can_be_opened_ahead() {
    let upstream = Upstream::cassette(ONE_LINE);
    let transport = Transport::default();
    transport.connect(&target(&upstream.url())).await;
    let head = &upstream.requests()[0];
    assert_eq!((head.method.as_str(), head.header("authorization")), ("HEAD", None));
    for _ in 0..3 {
        assert_eq!(ask(&transport, &upstream.url()).await.unwrap().0, TEXT);
        // The rest of the body is read after the answer.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((upstream.hits(), upstream.connections()), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn a_closed_idle_connection_is_no_failure() {
    let upstream = Upstream::start([
        Script::cassette(ONE_LINE),
        Script::raw(Vec::new()),
        Script::cassette(ONE_LINE),
    ]);
    let transport = Transport::default();
    for _ in 0..2 {
        assert_eq!(ask(&transport, &upstream.url()).await.unwrap().0, TEXT);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((upstream.hits(), upstream.connections()), (3, 2));
    // Closed while the connection was idle.
    upstream.hang_up();
    assert_eq!(ask(&transport, &upstream.url()).await.unwrap().0, TEXT);
}

#[tokio::test(start_paused = true)]
async fn a_request_on_a_new_connection_that_closes_is_not_retried() {
    let upstream = Upstream::start([Script::raw(Vec::new())]);
    let failure = ask(&Transport::default(), &upstream.url()).await.unwrap_err();
    assert!(matches!(failure, Failure::Connect { .. }), "{failure:?}");
    assert_eq!(upstream.hits(), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_reply_disconnects_and_draining_it_returns_its_usage() {
    let (_, stream) = script::cassette(ONE_LINE);
    let upstream = Upstream::start([
        Script::stream(&stream.as_bytes()[..500]).then(Step::Stall),
        Script::cassette(ONE_LINE).paced(Duration::from_millis(100)),
    ]);
    let transport = Transport::default();
    let target = target(&upstream.url());
    let ask = || open(&transport, &target);
    let mut reply = ask().await.unwrap();
    assert!(!reply.is_multiplexed());
    reply.next().await.unwrap();
    drop(reply);
    upstream.hung_up(1).await;

    let mut reply = ask().await.unwrap();
    reply.next().await.unwrap();
    let usage = reply.drain(Duration::from_secs(2)).await.unwrap();
    assert_eq!((usage.prompt, usage.output), (120, 9));
    let mut reply = ask().await.unwrap();
    reply.next().await.unwrap();
    let late = reply.drain(Duration::from_millis(150)).await;
    assert_eq!(late, Err(Failure::Timeout(Phase::Total)));
}

#[tokio::test(start_paused = true)]
async fn a_reply_has_the_times_of_its_phases() {
    let upstream = Upstream::start([Script::cassette(ONE_LINE).paced(Duration::from_millis(100))]);
    let transport = Transport::default();
    let target = target(&upstream.url());
    let mut reply = open(&transport, &target).await.unwrap();
    while reply.next().await.unwrap().is_some() {}
    let timing = reply.timing();
    let ms = Duration::from_millis;
    assert!(timing.connect.unwrap() < ms(100) && timing.headers < ms(100), "{timing:?}");
    assert!((ms(200)..ms(300)).contains(&timing.first.unwrap()), "{timing:?}");
    assert!((ms(700)..ms(800)).contains(&timing.total.unwrap()), "{timing:?}");
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_a_working_target_reports_success() {
    let models = r#"{"data":[{"id":"model"},{"id":"other"}]}"#;
    let answer = Script::cassette(ONE_LINE).paced(Duration::from_millis(100));
    let upstream = Upstream::start([Script::json(200, models), answer]);
    let report = probe(&Transport::default(), &target(&upstream.url()), LONG).await;
    assert!(report.can_serve(), "{report:?}");
    assert_eq!(report.key, ProbeFinding::Good("from the variable KEY".to_owned()));
    assert_eq!(report.model, ProbeFinding::Good("one of 2".to_owned()));
    let ProbeFinding::Good(call) = &report.call else { panic!("{report:?}") };
    // Eight tokens in half a second after the first.
    assert!(call.starts_with("first token after 20"), "{call}");
    assert!(call.ends_with(", 16 tokens a second"), "{call}");
}

#[tokio::test(start_paused = true)]
async fn a_probe_reports_the_first_failing_step() {
    let upstream = Upstream::status(200);
    let target = target(&upstream.url());
    let keyless = target_with("openai-compatible", &upstream.url(), Secret::variable("KEY", None));
    let report = probe(&Transport::default(), &keyless, LONG).await;
    assert!(matches!(report.key, ProbeFinding::Bad(Failure::NoKey { .. })), "{report:?}");
    assert_eq!((report.reach, upstream.hits()), (ProbeFinding::Skipped, 0));

    drop(upstream);
    tokio::task::yield_now().await;
    let report = probe(&Transport::default(), &target, LONG).await;
    assert!(matches!(report.reach, ProbeFinding::Bad(Failure::Connect { .. })), "{report:?}");
    assert_eq!(report.call, ProbeFinding::Skipped);

    let upstream = Upstream::status(401);
    let report = probe(&Transport::default(), &self::target(&upstream.url()), LONG).await;
    assert!(matches!(report.key, ProbeFinding::Bad(Failure::Auth { .. })), "{report:?}");
    assert!(matches!(report.reach, ProbeFinding::Good(_)) && !report.can_serve(), "{report:?}");

    let models = Script::json(200, r#"{"data":[{"id":"model-2"}]}"#);
    let gone = Script::json(404, r#"{"error":{"code":"model_not_found","message":"no model"}}"#);
    let upstream = Upstream::start([models, gone]);
    let report = probe(&Transport::default(), &self::target(&upstream.url()), LONG).await;
    let ProbeFinding::Bad(failure) = &report.model else { panic!("{report:?}") };
    assert!(failure.to_string().ends_with("did you mean model-2?"), "{failure}");
}

/// How far the wall clock of the next test is ahead, in seconds.
static AHEAD: AtomicU64 = AtomicU64::new(0);

fn calendar() -> SystemTime {
    SystemTime::UNIX_EPOCH + LONG + Duration::from_secs(AHEAD.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn a_connection_from_before_a_suspend_is_not_reused() {
    let upstream = Upstream::cassette(ONE_LINE);
    let transport = Transport::default().by(calendar);
    let asked = async || {
        assert_eq!(ask(&transport, &upstream.url()).await.unwrap().0, TEXT);
        // The rest of the body is read after the answer.
        tokio::time::sleep(Duration::from_millis(1)).await;
        upstream.connections()
    };
    assert_eq!([asked().await, asked().await], [1, 1]);
    // The wall clock advanced by a night, the monotonic clock did not.
    AHEAD.store(8 * 3600, Ordering::Relaxed);
    assert_eq!([asked().await, asked().await], [2, 2]);
    // A clock that was set back does not indicate a suspend.
    AHEAD.store(0, Ordering::Relaxed);
    assert_eq!(asked().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_retry_date_is_relative_to_the_providers_clock() {
    // The provider's clock is in 2001; the local clock may have any time.
    let limited = Script::status(429)
        .header("date", "Tue, 09 Jan 2001 10:00:00 GMT")
        .header("retry-after", "Tue, 09 Jan 2001 10:00:07 GMT");
    let retry = Some(Duration::from_secs(7));
    match answered(limited).await.unwrap_err() {
        Failure::RateLimited { retry: said, .. } => assert_eq!(said, retry),
        other => panic!("{other:?}"),
    }
}
