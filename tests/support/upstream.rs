//! A scripted provider: real sockets, scripted replies, in the process of the test.
//!
//! Its own HTTP/1.1 server of about two hundred lines, because it must also misbehave: cut, stall, lie about
//! lengths, never end. It runs in the runtime of the test, so that a paused clock advances only when all
//! tasks wait.

#[path = "upstream/script.rs"]
pub(crate) mod script;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use self::script::{Ending, Script, Step};

/// A scripted provider. Dropping it closes its listener and all connections.
pub(crate) struct Upstream {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

/// Text that no provider may receive in any test. It is planted where exclusion or masking must hold it back,
/// and every upstream checks all received bytes when it is dropped. Each is split in two, so that no file of
/// the repository contains it.
pub(crate) const PLANTED: [[&str; 2]; 6] = [
    ["planted_and_", "never_to_be_sent"],
    ["AKIA", "Q7WTPLNX5SECRT2V"],
    ["ghp_", "9xKq2VnRt7LmWp4ZsYb8CdFg1HjN3aEu5oQi"],
    ["hunter2-", "Xq9vLw3zRt"],
    [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.",
        "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ],
    ["MIIEpAIBAAKCAQEA7", "planted0bodyOfAPrivateKeyThatIsNone"],
];

/// The planted secrets, joined.
pub(crate) fn planted() -> [String; 6] {
    PLANTED.map(|it| it.concat())
}

/// Chooses the reply to a request where a fixed sequence is not enough.
pub(crate) type Decide = Box<dyn FnMut(&Received) -> Script + Send>;

#[derive(Default)]
struct State {
    /// The replies in turn; the last one repeats.
    scripts: Vec<Script>,
    decide: Option<Decide>,
    requests: Vec<Received>,
    connections: usize,
    /// Connections that the client closed before the end of the reply.
    hang_ups: usize,
    open: Vec<JoinHandle<()>>,
}

/// A received request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The number of its connection, from 1.
    pub(crate) connection: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|it| it.0 == name);
        found.map(|it| it.1.as_str())
    }
}

impl Upstream {
    /// Listens on a free port of loopback. Needs a runtime.
    pub(crate) fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), scripts)
    }

    pub(crate) fn at(address: SocketAddr, scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = std::net::TcpListener::bind(address).expect("loopback has free ports");
        listener.set_nonblocking(true).expect("sockets can be nonblocking");
        let address = listener.local_addr().expect("it is bound");
        let listener = TcpListener::from_std(listener).expect("there is a runtime");
        let scripts = scripts.into_iter().collect();
        let state = Arc::new(Mutex::new(State { scripts, ..State::default() }));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, accepting }
    }

    /// Chooses the reply when a request arrives.
    pub(crate) fn deciding(decide: impl FnMut(&Received) -> Script + Send + 'static) -> Self {
        let upstream = Self::start([]);
        upstream.lock().decide = Some(Box::new(decide));
        upstream
    }

    /// Answers each `POST` with the next of these; the last one repeats.
    pub(crate) fn answers_in_turn(&self, scripts: Vec<Script>) {
        let mut turn = 0;
        let last = scripts.len() - 1;
        self.lock().decide = Some(Box::new(move |request| {
            let script = scripts[turn.min(last)].clone();
            turn += usize::from(request.method == "POST");
            script
        }));
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::start([Script::status(status)])
    }

    /// Streams a recorded answer, a file of `tests/cassettes`.
    pub(crate) fn cassette(name: &str) -> Self {
        Self::start([Script::cassette(name)])
    }

    /// The base URL, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Number of received requests.
    pub(crate) fn hits(&self) -> usize {
        self.lock().requests.len()
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.lock().requests.clone()
    }

    /// Number of accepted connections.
    pub(crate) fn connections(&self) -> usize {
        self.lock().connections
    }

    /// Number of replies that the client cut off.
    pub(crate) fn hang_ups(&self) -> usize {
        self.lock().hang_ups
    }

    /// Waits until this many clients have disconnected.
    pub(crate) async fn hung_up(&self, count: usize) {
        while self.hang_ups() < count {
            tokio::task::yield_now().await;
        }
    }

    /// Closes all connections; the listener stays open.
    pub(crate) fn hang_up(&self) {
        self.lock().open.drain(..).for_each(|it| it.abort());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no test panics under it")
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
        self.hang_up();
        if std::thread::panicking() {
            return;
        }
        for request in &self.lock().requests {
            let text = String::from_utf8_lossy(&request.body);
            let sent =
                planted().into_iter().find(|it| text.contains(it) || request.path.contains(it));
            assert!(sent.is_none(), "{sent:?} was sent: {text}");
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let mut locked = state.lock().expect("no test panics under it");
        locked.connections += 1;
        let connection = locked.connections;
        let serve = serve(stream, Arc::clone(&state), connection);
        locked.open.push(tokio::spawn(async move {
            // A disconnect by the client is expected in many tests.
            let _ = serve.await;
        }));
    }
}

/// Answers the requests of one connection until either side closes it.
async fn serve(
    mut stream: TcpStream,
    state: Arc<Mutex<State>>,
    connection: usize,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some(request) = receive(&mut stream, connection).await? {
        let script = {
            let mut state = state.lock().expect("no test panics under it");
            let turn = state.requests.len().min(state.scripts.len().saturating_sub(1));
            state.requests.push(request.clone());
            match &mut state.decide {
                Some(decide) => decide(&request),
                None => state.scripts[turn].clone(),
            }
        };
        match answer(&mut stream, &script, &request).await {
            Ok(Ending::KeepAlive) => {}
            Ok(Ending::Close) => return stream.shutdown().await,
            Err(error) => {
                state.lock().expect("no test panics under it").hang_ups += 1;
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Reads a request; `None` at the end of the connection.
async fn receive(stream: &mut TcpStream, connection: usize) -> std::io::Result<Option<Received>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let path = first.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|it| it.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let mut request = Received { method, path, headers, body: Vec::new(), connection };
    let length = request.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    request.body = bytes.split_off(head + 4);
    while request.body.len() < length {
        if stream.read_buf(&mut request.body).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(request))
}

async fn answer(
    stream: &mut TcpStream,
    script: &Script,
    request: &Received,
) -> std::io::Result<Ending> {
    let is_head = request.method == "HEAD";
    if !script.is_silent {
        stream.write_all(&script.head(is_head)).await?;
    }
    if is_head {
        return Ok(script.ending());
    }
    for step in &script.steps {
        match step {
            Step::Bytes(bytes) => write(stream, script, bytes).await?,
            Step::Echo => write(stream, script, &echo(request)).await?,
            Step::Wait(wait) => listen(stream, tokio::time::sleep(*wait)).await?,
            Step::Gate(gate) => listen(stream, async { drop(gate.acquire().await) }).await?,
            Step::Stall => listen(stream, std::future::pending::<()>()).await?,
            Step::Cut => return Ok(Ending::Close),
            Step::Endless(bytes) => loop {
                write(stream, script, bytes).await?;
            },
        }
    }
    if script.is_chunked() {
        stream.write_all(b"0\r\n\r\n").await?;
    }
    Ok(script.ending())
}

/// The whole request, as a hostile provider might return it.
fn echo(request: &Received) -> Vec<u8> {
    let headers = request.headers.iter().map(|it| format!("{}: {}\n", it.0, it.1));
    let mut all = headers.collect::<String>().into_bytes();
    all.extend(&request.body);
    all
}

async fn write(stream: &mut TcpStream, script: &Script, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    if script.is_chunked() {
        stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
        stream.write_all(bytes).await?;
        return stream.write_all(b"\r\n").await;
    }
    stream.write_all(bytes).await
}

/// Waits, and fails if the client disconnects.
async fn listen(stream: &TcpStream, wait: impl Future<Output = ()>) -> std::io::Result<()> {
    let gone = async {
        loop {
            stream.readable().await?;
            match stream.try_read(&mut [0; 64]) {
                Ok(0) => return Err(std::io::ErrorKind::ConnectionAborted.into()),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    tokio::select! {
        () = wait => Ok(()),
        gone = gone => gone,
    }
}

/// A time that no test waits for on a real clock.
pub(crate) const LONG: Duration = Duration::from_hours(1);
