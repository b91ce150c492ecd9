//! Who gets nothing: another user's process, a web page, a page that reached us by DNS, one that is slow on
//! purpose. No provider hears of any of them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use crate::http::client::{self, Request};
use crate::http::{HANG, Station, infilled, until};
use crate::support::stage::{END, said};
use crate::support::upstream::script::{Script, Step};

const CHAT: &str = "/v1/chat/completions";

fn body() -> Value {
    json!({ "messages": [{ "role": "user", "content": "hi" }] })
}

async fn station() -> Station {
    Station::new("openai-compatible", "m", vec![Script::stream(said("hello") + END)]).await
}

/// A request is refused with this status, and no provider was asked.
async fn check(station: &Station, request: Request, status: u16) {
    let answer = request.send(station.port).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.header("access-control-allow-origin").is_none());
    assert!(!answer.body.contains(&station.token));
    assert_eq!(station.hits(), [0]);
}

#[tokio::test]
async fn a_process_of_another_user_has_no_token_and_gets_nothing() {
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
    // The token is accepted in each of its places.
    let in_path = Request::post(&format!("/t/{}{CHAT}", station.token), &body()).host(station.port);
    let as_key = bare().header("x-api-key", &station.token);
    for (hits, request) in [in_path, as_key].into_iter().enumerate() {
        assert_eq!(request.send(station.port).await.status, 200);
        assert_eq!(station.hits(), [hits + 1]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_token_is_its_owners_alone_and_the_listener_is_on_loopback() {
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
    // Another address of this very machine is not listened on.
    let elsewhere = std::net::Ipv4Addr::new(127, 0, 0, 2);
    assert!(tokio::net::TcpStream::connect((elsewhere, station.port)).await.is_err());
}

#[tokio::test]
async fn a_web_page_gets_nothing_even_with_the_token() {
    let station = station().await;
    let request = || station.request(CHAT, &body());
    for origin in
        ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:3000", "file://"]
    {
        check(&station, request().header("origin", origin), 403).await;
    }
    check(&station, request().header("sec-fetch-site", "cross-site"), 403).await;
    // What a page may send without being asked: a form, and a question whether it may send more.
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
async fn an_origin_that_is_listed_may_ask() {
    let settings = "[http]\nenabled = true\nport = 0\norigins = [\"app://editor\"]\n";
    let station = Station::with_http(settings, Script::stream(said("hello") + END)).await;
    let request = station.request(CHAT, &body()).header("origin", "app://editor");
    let answer = request.send(station.port).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    let other = station.request(CHAT, &body()).header("origin", "app://editor.evil");
    assert_eq!(other.send(station.port).await.status, 403);
}

#[tokio::test]
async fn without_a_required_token_a_web_page_still_gets_nothing() {
    let settings = "[http]\nenabled = true\nport = 0\nrequire_token = false\n";
    let station = Station::with_http(settings, Script::stream(said("hello") + END)).await;
    let bare = || Request::post(CHAT, &body()).host(station.port);
    check(&station, bare().header("origin", "https://evil.example"), 403).await;
    check(&station, bare().instead("host", "evil.example"), 421).await;
    check(&station, bare().instead("content-type", "text/plain"), 415).await;
    assert_eq!(bare().send(station.port).await.status, 200);
}

#[tokio::test]
async fn a_page_that_reached_this_machine_by_dns_gets_nothing() {
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
async fn a_body_beyond_the_limit_is_not_read() {
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
async fn seventeen_requests_at_a_time_are_one_too_many() {
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
    // The place is free once the endpoint has noticed.
    let again = request.start(station.port).await;
    drop((again, held));
}

/// Waits for the end of a connection whose program does nothing more, and says how long that took by the
/// stopped clock.
async fn ends(mut stream: tokio::net::TcpStream) -> (Duration, String) {
    let (start, mut bytes) = (Instant::now(), Vec::new());
    let read = timeout(HANG, stream.read_to_end(&mut bytes)).await.expect("it is closed");
    _ = read;
    (start.elapsed(), String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_program_that_is_slow_on_purpose_is_left() {
    let station = station().await;
    tokio::time::pause();
    let limit = Duration::from_secs(31);
    // It says nothing, or half a head.
    let silent = client::connect(station.port).await;
    assert!(ends(silent).await.0 <= limit);
    let mut half = client::connect(station.port).await;
    half.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.").await.unwrap();
    assert!(ends(half).await.0 <= limit);
    // It promises a body and does not send it.
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
async fn a_program_that_reads_nothing_is_left_and_its_call_ended() {
    // More than all buffers between the two hold.
    let endless = Script::stream("").then(Step::Endless(said(&"x".repeat(4096)).into_bytes()));
    let station = Station::new("openai-compatible", "m", vec![endless]).await;
    let mut question = body();
    question["stream"] = json!(true);
    let stream = station.request(CHAT, &question).start(station.port).await;
    until(|| (station.hits() == [1]).then_some(())).await;
    tokio::time::pause();
    // The stopped clock goes on only where everybody waits.
    let started = std::time::Instant::now();
    while station.upstreams[0].hang_ups() == 0 {
        assert!(started.elapsed() < HANG, "the call goes on");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    drop(stream);
}

#[tokio::test]
async fn what_was_asked_is_no_longer_answered_once_the_endpoint_is_off() {
    let station = Station::new("llama-cpp", "m", vec![infilled("x")]).await;
    let port = station.port;
    assert_eq!(station.get("/health").await.status, 200);
    station.turn_off();
    until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_err().then_some(())).await;
}
