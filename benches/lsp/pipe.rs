//! A server process with a message pipe.

use std::io;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use understudy::server::frames::Frames;

pub(crate) struct Pipe {
    pub(crate) process: Child,
    input: ChildStdin,
    output: ChildStdout,
    frames: Frames,
}

impl Pipe {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { process, input, output, frames: Frames::default() })
    }

    pub(crate) fn send(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.input.write_all(frame.as_bytes())?;
        self.input.flush()
    }

    pub(crate) fn receive(&mut self) -> io::Result<Value> {
        loop {
            if let Some(frame) = self.frames.next() {
                let body = frame.map_err(|it| io::Error::other(it.to_string()))?;
                return Ok(serde_json::from_slice(&body)?);
            }
            let mut bytes = [0; 1 << 16];
            match self.output.read(&mut bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.frames.buffer().extend_from_slice(&bytes[..read]),
            }
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // If the server has exited, the bench has failed already.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
