//! Refused requests: without the token, from a web page, with a foreign host name, and from clients that are
//! slow on purpose. No provider receives any of them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use crate::http::client::{self, Request};
use crate::http::{HANG, Station, infilled, until};
use crate::support::stage::{END, text_event};
use crate::support::upstream::script::{Script, Step};

const CHAT: &str = "/v1/chat/completions";

fn body() -> Value {
    json!({ "messages": [{ "role": "user", "content": "hi" }] })
}

async fn station() -> Station {
    Station::new("openai-compatible", "m", vec![Script::stream(text_event("hello") + END)]).await
}

/// Checks that a request gets this status and that no provider received a request.
async fn check(station: &Station, request: Request, status: u16) {
    let answer = request.send(station.port).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.header("access-control-allow-origin").is_none());
    assert!(!answer.body.contains(&station.token));
    assert_eq!(station.hits(), [0]);
}

#[tokio::test]
async fn a_request_without_the_token_is_refused() {
    let station = station().await;
    let bare = || Request::post(CHAT, &body()).host(station.port);
    check(&station, bare(), 401).await;
    for wrong in [
        "Bearer ",
        "Bearer 0",
        &format!("Bearer {}0", station.token),
        &format!("Basic {}", station.token),
    ] {
        check(&station, bare().header("authorization", wrong), 401).await;
    }
    for path in ["/v1/models", "/health", "/props", "/v1/models/p0/m", "/nothing"] {
        check(&station, Request::get(path).host(station.port), 401).await;
    }
    let other = Request::post(&format!("/t/{}/v1/chat/completions", "0".repeat(64)), &body());
    check(&station, other.host(station.port), 401).await;
    // The error has the format of the path's API.
    let denied = Request::post("/v1/messages", &body()).host(station.port).send(station.port).await;
    let denied: Value = serde_json::from_str(&denied.body).unwrap();
    assert_eq!([&denied["type"], &denied["error"]["type"]], ["error", "authentication_error"]);
    // The token is accepted in the path and in either header.
    let in_path = Request::post(&format!("/t/{}{CHAT}", station.token), &body()).host(station.port);
    let as_key = bare().header("x-api-key", &station.token);
    for (hits, request) in [in_path, as_key].into_iter().enumerate() {
        assert_eq!(request.send(station.port).await.status, 200);
        assert_eq!(station.hits(), [hits + 1]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_token_and_the_listener_is_on_loopback() {
    use std::os::unix::fs::PermissionsExt;
    let station = station().await;
    let folder = station.folder.path().join("state/http");
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(&folder).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    assert_eq!(station.token.len(), 64);
    // The listener does not accept connections on another loopback address.
    let elsewhere = std::net::Ipv4Addr::new(127, 0, 0, 2);
    assert!(tokio::net::TcpStream::connect((elsewhere, station.port)).await.is_err());
}

#[tokio::test]
async fn a_web_page_is_refused_even_with_the_token() {
    let station = station().await;
    let request = || station.request(CHAT, &body());
    for origin in
        ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:3000", "file://"]
    {
        check(&station, request().header("origin", origin), 403).await;
    }
    check(&station, request().header("sec-fetch-site", "cross-site"), 403).await;
    // Requests that a page can send without a preflight, and the preflight itself.
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        check(&station, request().instead("content-type", kind), 415).await;
    }
    let preflight = Request::bytes("OPTIONS", CHAT, Vec::new())
        .host(station.port)
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST");
    check(&station, preflight, 403).await;
}

#[tokio::test]
async fn a_listed_origin_is_accepted() {
    let settings = "[http]\nenabled = true\nport = 0\norigins = [\"app://editor\"]\n";
    let station = Station::with_http(settings, Script::stream(text_event("hello") + END)).await;
    let request = station.request(CHAT, &body()).header("origin", "app://editor");
    let answer = request.send(station.port).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    let other = station.request(CHAT, &body()).header("origin", "app://editor.evil");
    assert_eq!(other.send(station.port).await.status, 403);
}

#[tokio::test]
async fn a_web_page_is_refused_even_if_no_token_is_required() {
    let settings = "[http]\nenabled = true\nport = 0\nrequire_token = false\n";
    let station = Station::with_http(settings, Script::stream(text_event("hello") + END)).await;
    let bare = || Request::post(CHAT, &body()).host(station.port);
    check(&station, bare().header("origin", "https://evil.example"), 403).await;
    check(&station, bare().instead("host", "evil.example"), 421).await;
    check(&station, bare().instead("content-type", "text/plain"), 415).await;
    assert_eq!(bare().send(station.port).await.status, 200);
}

#[tokio::test]
async fn a_request_with_another_host_header_is_refused() {
    let station = station().await;
    let port = station.port;
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port ^ 1),
        format!("127.0.0.1.evil.example:{port}"),
    ] {
        check(&station, station.request(CHAT, &body()).instead("host", &host), 421).await;
    }
    let second = station.request(CHAT, &body()).header("host", "evil.example");
    check(&station, second, 421).await;
    let absolute = format!("http://evil.example:{port}{CHAT}");
    check(&station, station.request(&absolute, &body()), 421).await;
    for host in [format!("localhost:{port}"), format!("[::1]:{port}")] {
        let request = station.request(CHAT, &body()).instead("host", &host);
        assert_eq!(request.send(port).await.status, 200);
    }
}

#[tokio::test]
async fn a_body_above_the_limit_is_not_read() {
    let station = station().await;
    let large = json!({ "messages": [{ "role": "user", "content": "x".repeat(5 << 20) }] });
    check(&station, station.request(CHAT, &large), 413).await;
    let claimed = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: 99999999999\r\n\r\n{{}}",
        station.port, station.token
    );
    let mut stream = client::connect(station.port).await;
    stream.write_all(claimed.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = client::answer(&mut stream).await;
    assert!([400, 413].contains(&answer.status), "{answer:?}");
    let fits = json!({ "messages": [{ "role": "user", "content": "x".repeat(3 << 20) }] });
    assert_eq!(station.post(CHAT, &fits).await.status, 200);
}

#[tokio::test]
async fn the_seventeenth_concurrent_request_is_refused() {
    let stalled = Script::new(200, vec![Step::Stall]);
    let station = Station::new("openai-compatible", "m", vec![stalled]).await;
    let request = station.request(CHAT, &body());
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(request.start(station.port).await);
    }
    until(|| (station.hits() == [16]).then_some(())).await;
    let refused = request.send(station.port).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(station.get("/health").await.status, 200);
    held.pop();
    // The slot is free once the endpoint has noticed the disconnect.
    let again = request.start(station.port).await;
    drop((again, held));
}

/// Waits until the server closes an idle connection. Returns the time on the paused clock and the received
/// text.
async fn ends(mut stream: tokio::net::TcpStream) -> (Duration, String) {
    let (start, mut bytes) = (Instant::now(), Vec::new());
    let read = timeout(HANG, stream.read_to_end(&mut bytes)).await.expect("it is closed");
    _ = read;
    (start.elapsed(), String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_slow_client_is_disconnected() {
    let station = station().await;
    tokio::time::pause();
    let limit = Duration::from_secs(31);
    // No request, or half of the head.
    let silent = client::connect(station.port).await;
    assert!(ends(silent).await.0 <= limit);
    let mut half = client::connect(station.port).await;
    half.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.").await.unwrap();
    assert!(ends(half).await.0 <= limit);
    // An announced body that never arrives.
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{",
        station.port, station.token
    );
    let mut body = client::connect(station.port).await;
    body.write_all(head.as_bytes()).await.unwrap();
    let (took, said) = ends(body).await;
    assert!(took <= limit && said.starts_with("HTTP/1.1 408 "), "{took:?}: {said}");
    assert_eq!(station.hits(), [0]);
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_disconnected_and_its_call_ended() {
    // More than all buffers between client and server hold.
    let endless =
        Script::stream("").then(Step::Endless(text_event(&"x".repeat(4096)).into_bytes()));
    let station = Station::new("openai-compatible", "m", vec![endless]).await;
    let mut question = body();
    question["stream"] = json!(true);
    let stream = station.request(CHAT, &question).start(station.port).await;
    until(|| (station.hits() == [1]).then_some(())).await;
    tokio::time::pause();
    // The paused clock advances only while all tasks wait.
    let started = std::time::Instant::now();
    while station.upstreams[0].hang_ups() == 0 {
        assert!(started.elapsed() < HANG, "the call did not end");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    drop(stream);
}

#[tokio::test]
async fn a_disabled_endpoint_stops_listening() {
    let station = Station::new("llama-cpp", "m", vec![infilled("x")]).await;
    let port = station.port;
    assert_eq!(station.get("/health").await.status, 200);
    station.turn_off();
    until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_err().then_some(())).await;
}
