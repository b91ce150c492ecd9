//! The loop between an editor and the service: frames in, calls, frames out.
//!
//! Each message is handled in order of arrival and polled once at once, so a notification has changed the
//! state before the next message is read. Work that is unfinished by then continues as its own task. Only
//! `exit` and the end of the stream end the loop.

use std::any::Any;
use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp_server::{ClientSocket, LanguageServer, LspService};
use tower_service::Service;

use crate::server::ext;
use crate::server::frames::Frames;

/// An editor that accepts no bytes for this time is gone.
const STUCK: Duration = Duration::from_secs(1);
const WAITS: u32 = 4;

const INLINE_COMPLETION: &str = "textDocument/inlineCompletion";
const OPTIONS: &str = "formattingOptions";

/// How a connection ended, for the exit code that LSP requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// After `shutdown`.
    Asked,
    /// Without it: the stream ended or could not be written to, or `exit` was sent without `shutdown`.
    Lost,
}

/// Serves one editor until the connection ends. Unfinished work is then dropped.
pub async fn run<I, O, S>(
    input: I,
    output: O,
    service: LspService<S>,
    socket: ClientSocket,
) -> ConnectionEnd
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
    S: LanguageServer,
{
    let (requests, responses) = socket.split();
    let (outbox, messages) = mpsc::unbounded_channel();
    let mut writer = pin!(write(output, messages, requests));
    let reader = Reader { service, responses, outbox, tasks: JoinSet::new(), shut_down: false };
    tokio::select! {
        end = reader.read(input) => {
            // The outbox is closed with the reader: the writer ends once it is empty.
            writer.await;
            end
        }
        () = &mut writer => ConnectionEnd::Lost,
    }
}

struct Reader<S, R> {
    service: LspService<S>,
    responses: R,
    outbox: mpsc::UnboundedSender<Vec<u8>>,
    /// Calls that were unfinished after their first poll. Dropping the set aborts them.
    tasks: JoinSet<()>,
    shut_down: bool,
}

impl<S, R> Reader<S, R>
where
    S: LanguageServer,
    R: futures::Sink<Response> + Unpin,
{
    async fn read<I: AsyncRead + Unpin>(mut self, mut input: I) -> ConnectionEnd {
        let mut frames = Frames::default();
        loop {
            while let Some(frame) = frames.next() {
                match frame {
                    Ok(body) => {
                        if self.message(&body).await.is_break() {
                            return self.end();
                        }
                    }
                    Err(fault) => {
                        tracing::warn!(%fault, "skipped");
                        self.send(&Response::from_error(Id::Null, parse_error(&fault)));
                    }
                }
            }
            frames.buffer().reserve(16 << 10);
            match input.read_buf(frames.buffer()).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return self.end(),
            }
        }
    }

    fn end(&self) -> ConnectionEnd {
        if self.shut_down { ConnectionEnd::Asked } else { ConnectionEnd::Lost }
    }

    async fn message(&mut self, body: &[u8]) -> ControlFlow<()> {
        while self.tasks.try_join_next().is_some() {}
        match Message::parse(body) {
            Ok(Message::Request(request)) => return self.request(request).await,
            // This sink fails only if the service has exited.
            Ok(Message::Response(response)) => _ = self.responses.send(response).await,
            Err(fault) => self.send(&fault),
        }
        ControlFlow::Continue(())
    }

    async fn request(&mut self, request: Request) -> ControlFlow<()> {
        let request = formatted(filled(request));
        let exit = request.method() == "exit";
        self.shut_down |= request.method() == "shutdown";
        let id = request.id().cloned();
        if let (Some(id), true) = (&id, request.method().starts_with("$/")) {
            // The service ignores unknown methods of this kind, but a request always needs a response.
            self.send(&Response::from_error(id.clone(), Error::method_not_found()));
            return ControlFlow::Continue(());
        }
        let called = catch_unwind(AssertUnwindSafe(|| self.service.call(request)));
        let answered = match called {
            Err(panic) => panicked(id, &*panic),
            Ok(call) => {
                let mut answer = answer(id, call).boxed();
                match poll_fn(|cx| Poll::Ready(answer.poll_unpin(cx))).await {
                    Poll::Ready(response) => response,
                    Poll::Pending => {
                        self.leave(answer);
                        None
                    }
                }
            }
        };
        if let Some(response) = answered {
            self.send(&response);
        }
        if exit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Continues a call as its own task.
    fn leave(&mut self, answer: BoxFuture<'static, Option<Response>>) {
        let outbox = self.outbox.clone();
        self.tasks.spawn(async move {
            // A closed outbox means that the connection has ended.
            _ = answer.await.map(|it| outbox.send(encode(&it)));
        });
    }

    fn send(&self, response: &Response) {
        // A closed outbox means that the connection has ended and the loop is about to end.
        _ = self.outbox.send(encode(response));
    }
}

/// Missing parameters become null: the service distinguishes methods with and without parameters.
fn filled(request: Request) -> Request {
    if !ext::MAY_LACK_PARAMS.contains(&request.method()) || request.params().is_some() {
        return request;
    }
    let (method, id, _) = request.into_parts();
    let filled = Request::build(method).params(Value::Null);
    id.into_iter().fold(filled, |it, id| it.id(id)).finish()
}

/// A completion request with formatting options gets its own method name: the library's type has no field for
/// them.
fn formatted(request: Request) -> Request {
    let has_options = |it: &Request| it.params().is_some_and(|it| it.get(OPTIONS).is_some());
    if request.method() != INLINE_COMPLETION || !has_options(&request) {
        return request;
    }
    let (_, id, params) = request.into_parts();
    let formatted =
        Request::build(ext::FORMATTED_INLINE_COMPLETION).params(params.unwrap_or_default());
    id.into_iter().fold(formatted, |it, id| it.id(id)).finish()
}

/// The response of a call. A panic becomes an error.
async fn answer<E>(
    id: Option<Id>,
    call: impl Future<Output = Result<Option<Response>, E>>,
) -> Option<Response> {
    match AssertUnwindSafe(call).catch_unwind().await {
        // A call fails only if the service has exited.
        Ok(response) => response.ok().flatten(),
        Err(panic) => panicked(id, &*panic),
    }
}

enum Message {
    Request(Request),
    Response(Response),
}

/// The part of a message that a response needs. The rest may be nested too deeply to parse.
#[derive(Default, Deserialize)]
struct Head {
    #[serde(default)]
    id: Id,
}

impl Message {
    /// An invalid message gets an error response with its id, if it has one.
    fn parse(body: &[u8]) -> Result<Self, Response> {
        match serde_json::from_slice::<Request>(body) {
            Ok(request) if !request.method().is_empty() => return Ok(Self::Request(request)),
            Ok(_) | Err(_) => {}
        }
        let value: Value = serde_json::from_slice(body).map_err(|it| {
            let head = serde_json::from_slice::<Head>(body).unwrap_or_default();
            Response::from_error(head.id, parse_error(&it))
        })?;
        let id = value.get("id").and_then(|it| serde_json::from_value(it.clone()).ok());
        serde_json::from_value(value)
            .map(Self::Response)
            .map_err(|_| Response::from_error(id.unwrap_or_default(), Error::invalid_request()))
    }
}

fn parse_error(fault: &dyn std::fmt::Display) -> Error {
    Error { message: format!("parse error: {fault}").into(), ..Error::parse_error() }
}

fn panicked(id: Option<Id>, panic: &(dyn Any + Send)) -> Option<Response> {
    // The message may quote source text: only its length is logged.
    let length = panic.downcast_ref::<String>().map_or(0, String::len);
    tracing::error!(length, "a handler panicked");
    let error = Error { message: "the server failed on this request".into(), ..internal() };
    id.map(|id| Response::from_error(id, error))
}

fn internal() -> Error {
    Error::new(ErrorCode::InternalError)
}

fn encode(message: &impl Serialize) -> Vec<u8> {
    let body = serde_json::to_vec(message).expect("messages have string keys only");
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend(body);
    frame
}

/// Writes responses and our own requests until both have ended or the editor accepts no more. What was sent
/// before a response is written before it: eglot ignores messages that follow a response it waits for.
async fn write<O: AsyncWrite + Unpin>(
    mut output: O,
    mut messages: mpsc::UnboundedReceiver<Vec<u8>>,
    requests: impl futures::Stream<Item = Request> + Unpin,
) {
    let mut requests = requests.fuse();
    loop {
        let frame = tokio::select! {
            biased;
            Some(request) = requests.next() => encode(&request),
            message = messages.recv() => match message {
                Some(frame) => frame,
                None => return,
            },
        };
        let sent = async {
            output.write_all(&frame).await?;
            output.flush().await
        };
        if !arrives(sent).await {
            return;
        }
    }
}

/// Whether the editor accepts a message in time. The wait is split into several short ones, so that time in
/// which this process itself was stopped, as by a debugger, counts as one of them only.
async fn arrives(sent: impl Future<Output = io::Result<()>>) -> bool {
    let mut sent = pin!(sent);
    for _ in 0..WAITS {
        if let Ok(sent) = tokio::time::timeout(STUCK / WAITS, &mut sent).await {
            return sent.is_ok();
        }
    }
    false
}

#[cfg(test)]
mod tests;
