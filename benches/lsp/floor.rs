//! The floor: a minimal server. This program starts itself again, forwards each request to the provider over
//! one connection and returns the reply without processing. Time above the floor is spent in the real server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::{env, io};

use serde_json::{Value, json};
use understudy::server::frames::Frames;

use crate::client::Client;
use crate::http::is_whole;

/// Environment variable with the provider's address; selects this mode.
const VARIABLE: &str = "LSP_BENCH_FLOOR";
/// Size of a request like the server's.
const BODY: usize = 8 << 10;

pub(crate) fn start(url: &str) -> io::Result<Client> {
    Client::start(Command::new(env::current_exe()?).env(VARIABLE, url))
}

/// Serves if the program was started in this mode.
pub(crate) fn serve() -> Option<io::Result<()>> {
    let url = env::var(VARIABLE).ok()?;
    let address = url.trim_start_matches("http://").split('/').next()?.to_owned();
    Some(pass_on(&address))
}

fn pass_on(address: &str) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let (mut frames, mut provider) = (Frames::default(), None);
    loop {
        while let Some(frame) = frames.next() {
            let body = frame.map_err(|it| io::Error::other(it.to_string()))?;
            let message: Value = serde_json::from_slice(&body)?;
            let Some(id) = message.get("id") else { continue };
            if message["method"] == "textDocument/inlineCompletion" {
                let provider = match &mut provider {
                    Some(provider) => provider,
                    none => none.insert(connect(address)?),
                };
                ask(provider)?;
            }
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": null }).to_string();
            write!(output, "Content-Length: {}\r\n\r\n{answer}", answer.len())?;
            output.flush()?;
        }
        let mut bytes = [0; 1 << 16];
        match input.read(&mut bytes)? {
            0 => return Ok(()),
            read => frames.buffer().extend_from_slice(&bytes[..read]),
        }
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn ask(provider: &mut TcpStream) -> io::Result<()> {
    let head = format!("POST /v1/completions HTTP/1.1\r\ncontent-length: {BODY}\r\n\r\n");
    provider.write_all(&[head.into_bytes(), vec![b' '; BODY]].concat())?;
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        let mut bytes = [0; 1 << 12];
        let read = provider.read(&mut bytes)?;
        answer.extend_from_slice(&bytes[..read]);
    }
    Ok(())
}
