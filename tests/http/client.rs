//! An HTTP/1.1 client that can also send invalid or slow requests.

use std::fmt::Write;
use std::net::Ipv4Addr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::http::HANG;

/// A request with its literal headers.
#[derive(Clone)]
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self { head: format!("GET {path} HTTP/1.1\r\nconnection: close\r\n"), body: Vec::new() }
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::bytes("POST", path, body.to_string().into_bytes())
            .header("content-type", "application/json")
    }

    pub(crate) fn bytes(method: &str, path: &str, body: Vec<u8>) -> Self {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n"
        );
        Self { head, body }
    }

    pub(crate) fn host(self, port: u16) -> Self {
        self.header("host", &format!("127.0.0.1:{port}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        write!(self.head, "{name}: {value}\r\n").unwrap();
        self
    }

    /// Replaces the header of this name.
    pub(crate) fn instead(mut self, name: &str, value: &str) -> Self {
        let is_other = |it: &&str| !it.starts_with(&format!("{name}:"));
        self.head = self.head.split_inclusive("\r\n").filter(is_other).collect();
        self.header(name, value)
    }

    /// The connection after the request was written.
    pub(crate) async fn start(&self, port: u16) -> TcpStream {
        let mut stream = connect(port).await;
        stream.write_all(format!("{}\r\n", self.head).as_bytes()).await.unwrap();
        // The server may refuse a request by its head without reading the body.
        _ = stream.write_all(&self.body).await;
        stream
    }

    pub(crate) async fn send(&self, port: u16) -> Answer {
        let mut stream = self.start(port).await;
        answer(&mut stream).await
    }
}

pub(crate) async fn connect(port: u16) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap()
}

pub(crate) async fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let read = timeout(HANG, stream.read_to_end(&mut bytes)).await.expect("it ends");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{read:?}: {text:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|it| it.split_once(": "));
    let headers: Vec<_> =
        headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let is_chunked = headers.iter().any(|it| it.0 == "transfer-encoding");
    let body = if is_chunked { unchunked(body) } else { body.to_owned() };
    Answer { status, headers, body }
}

fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, behind)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        body.push_str(&behind[..size]);
        rest = &behind[size + 2..];
    }
    body
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|it| panic!("{it}: {}", self.body))
    }

    /// The data of all events except `[DONE]`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let data = self.body.lines().filter_map(|it| it.strip_prefix("data: "));
        data.filter(|it| *it != "[DONE]").map(|it| serde_json::from_str(it).unwrap()).collect()
    }
}
