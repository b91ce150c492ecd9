//! The client's end of a connection, for `demo`, tests and benches.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::server::frames::Frames;

/// Sends and receives whole messages over a pair of streams.
pub struct ClientConnection<R, W> {
    pub output: R,
    pub input: W,
    frames: Frames,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> ClientConnection<R, W> {
    /// `output` is the stream that the server writes, `input` the one that it reads.
    pub fn new(output: R, input: W) -> Self {
        Self { output, input, frames: Frames::default() }
    }

    pub async fn send(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.input.write_all(frame.as_bytes()).await?;
        self.input.flush().await
    }

    /// The next message; `None` once the server has closed its end.
    pub async fn receive(&mut self) -> io::Result<Option<Value>> {
        loop {
            match self.frames.next() {
                Some(Ok(body)) => return Ok(Some(serde_json::from_slice(&body)?)),
                Some(Err(fault)) => return Err(io::Error::other(fault.to_string())),
                None if self.output.read_buf(self.frames.buffer()).await? == 0 => return Ok(None),
                None => {}
            }
        }
    }
}
