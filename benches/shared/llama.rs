//! A client of llama.cpp's server, for recordings.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::Context;
use serde_json::Value;

/// Sends a request to a server on loopback and returns the body of its complete reply.
pub(crate) fn send(server: &str, path: &str, body: &Value) -> anyhow::Result<String> {
    let host = server.trim_start_matches("http://").trim_end_matches('/');
    let body = body.to_string();
    let mut stream = TcpStream::connect(host)?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    anyhow::ensure!(head.starts_with("HTTP/1.1 200"), "{server}{path}: {body}");
    Ok(body.to_owned())
}
