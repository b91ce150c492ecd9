//! A typed editor: it speaks LSP to a real server, checks that every request gets exactly one response, and
//! fails on drop if messages are unread.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use understudy::app::Environment;
use understudy::config::source::UserFile;
use understudy::server;
use understudy::server::connection::ConnectionEnd;
use understudy::server::wire::ClientConnection;

/// Hang guard: ten times what a loaded machine needs.
const HANG: Duration = Duration::from_secs(20);

pub(crate) struct Editor {
    runtime: Runtime,
    server: Option<JoinHandle<ConnectionEnd>>,
    wire: ClientConnection<DuplexStream, DuplexStream>,
    next_id: i64,
    /// Requests without a response yet, by id.
    waiting: BTreeMap<i64, String>,
    responses: BTreeMap<i64, Value>,
    /// Notifications that no test has read.
    unread: VecDeque<Value>,
    /// Requests of the server that were answered but that no test has read.
    asked: VecDeque<Value>,
    /// The answer to `workspace/configuration`.
    pub(crate) settings: Value,
    pub(crate) initialized: Value,
    /// Answers to other requests, by method.
    pub(crate) replies: BTreeMap<&'static str, Value>,
    /// Whether unread messages are allowed on drop.
    pub(crate) forgiving: bool,
}

/// The parameters of `initialize` and the setup of the server.
pub(crate) struct Hello {
    pub(crate) name: String,
    pub(crate) capabilities: Value,
    pub(crate) options: Value,
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) config: Option<PathBuf>,
    /// The answer to `workspace/configuration`.
    pub(crate) settings: Value,
}

/// Settings that suggest more: test projects are too small to reach the default threshold up to the end of a
/// line.
pub(crate) fn eager() -> Value {
    json!({ "embedded": { "threshold": 0.5 } })
}

impl Default for Hello {
    fn default() -> Self {
        Self {
            name: "Test".to_owned(),
            capabilities: json!({
                "general": { "positionEncodings": ["utf-8", "utf-16"] },
                "textDocument": { "inlineCompletion": {} },
                "window": { "workDoneProgress": true },
            }),
            options: Value::Null,
            roots: Vec::new(),
            config: None,
            settings: Value::Null,
        }
    }
}

pub(crate) fn uri(path: &Path) -> String {
    use understudy::text::uri::{Family, from_path};
    from_path(path.to_str().unwrap(), Family::HERE)
}

impl Editor {
    /// A server for these folders, after indexing.
    pub(crate) fn new(roots: &[&Path]) -> Self {
        let roots = roots.iter().map(|it| it.to_path_buf()).collect();
        let options = eager();
        let mut editor = Self::hello(Hello { roots, options, ..Hello::default() });
        editor.indexed();
        editor
    }

    pub(crate) fn hello(hello: Hello) -> Self {
        let mut editor = Self::raw(hello.config.clone());
        editor.greet(hello);
        editor
    }

    /// Initializes a server that has received no message yet.
    pub(crate) fn greet(&mut self, hello: Hello) {
        let editor = self;
        editor.settings = hello.settings;
        let folders: Vec<Value> =
            hello.roots.iter().map(|it| json!({ "uri": uri(it), "name": "root" })).collect();
        editor.initialized = editor.request(
            "initialize",
            json!({
                "processId": null,
                "clientInfo": if hello.name.is_empty() { Value::Null } else { json!({ "name": hello.name }) },
                "rootUri": null,
                "capabilities": hello.capabilities,
                "initializationOptions": hello.options,
                "workspaceFolders": folders,
            }),
        );
        editor.notify("initialized", json!({}));
    }

    /// Runs a closure in the server's runtime.
    pub(crate) fn within<T>(&self, act: impl FnOnce() -> T) -> T {
        let _entered = self.runtime.enter();
        act()
    }

    /// Lets all tasks of the runtime run for a moment.
    pub(crate) fn turn(&self) {
        self.runtime.block_on(async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        });
    }

    /// A server that has received no message yet.
    pub(crate) fn raw(config: Option<PathBuf>) -> Self {
        Self::raw_with(config, None)
    }

    /// With a folder for the server's own files.
    pub(crate) fn raw_with(config: Option<PathBuf>, state: Option<PathBuf>) -> Self {
        let config = config.map(UserFile::Named).unwrap_or_default();
        // The deadline is long, so that results do not depend on the speed of the machine.
        Self::started(Environment { config, state, deadline: Some(HANG), ..Environment::default() })
    }

    pub(crate) fn started(start: Environment) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (input, from_editor) = tokio::io::duplex(64 << 10);
        let (to_editor, output) = tokio::io::duplex(64 << 10);
        let server = runtime.spawn(server::run(from_editor, to_editor, start));
        Self {
            runtime,
            server: Some(server),
            wire: ClientConnection::new(output, input),
            next_id: 0,
            waiting: BTreeMap::new(),
            responses: BTreeMap::new(),
            unread: VecDeque::new(),
            asked: VecDeque::new(),
            settings: Value::Null,
            initialized: Value::Null,
            replies: BTreeMap::from([("workspace/applyEdit", json!({ "applied": true }))]),
            forgiving: false,
        }
    }

    /// Sends a request and waits for its result.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.result(id)
    }

    /// Sends a request; `result` or `error` waits for its response.
    pub(crate) fn send(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.waiting.insert(id, method.to_owned());
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Sends a request without the field `params`.
    pub(crate) fn send_bare(&mut self, method: &str) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.waiting.insert(id, method.to_owned());
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method }));
        id
    }

    pub(crate) fn result(&mut self, id: i64) -> Value {
        let mut response = self.response(id);
        assert_eq!(response.get("error"), None, "request {id} failed");
        response["result"].take()
    }

    pub(crate) fn error(&mut self, id: i64) -> i64 {
        self.response(id)["error"]["code"].as_i64().expect("an error")
    }

    /// A request's response, result or error.
    pub(crate) fn any_response(&mut self, id: i64) -> Value {
        self.response(id)
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Waits for the next notification or request of this method and takes its parameters.
    pub(crate) fn take(&mut self, method: &str) -> Value {
        loop {
            if let Some(at) = self.unread.iter().position(|it| it["method"] == method) {
                return self.unread.remove(at).unwrap()["params"].take();
            }
            self.read();
        }
    }

    /// Waits for a request of the server, which was answered, and takes its parameters.
    pub(crate) fn take_request(&mut self, method: &str) -> Value {
        loop {
            if let Some(at) = self.asked.iter().position(|it| it["method"] == method) {
                return self.asked.remove(at).unwrap()["params"].take();
            }
            self.read();
        }
    }

    /// Whether an unread request or notification of this method has arrived.
    pub(crate) fn has_unread(&self, method: &str) -> bool {
        self.unread.iter().chain(&self.asked).any(|it| it["method"] == method)
    }

    /// Polls until the condition holds, for results of background work.
    pub(crate) fn until(&mut self, mut is_so: impl FnMut(&mut Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < HANG, "timed out");
        }
    }

    /// Waits until indexing is complete.
    pub(crate) fn indexed(&mut self) {
        while self.take("$/progress")["value"]["message"]
            .as_str()
            .is_none_or(|it| !it.starts_with("learned"))
        {}
    }

    pub(crate) fn write(&mut self, message: &Value) {
        let sent = async { tokio::time::timeout(HANG, self.wire.send(message)).await };
        self.runtime.block_on(sent).expect("the server reads").expect("the server is running");
    }

    /// Sends bytes that need not be a message.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let sent = async { tokio::time::timeout(HANG, self.wire.input.write_all(bytes)).await };
        self.runtime.block_on(sent).expect("the server reads").expect("the server is running");
    }

    /// Closes the editor's stream as a crash would, and waits for the server to end.
    pub(crate) fn vanish(mut self) -> ConnectionEnd {
        let (gone, _) = tokio::io::duplex(1);
        self.wire.input = gone;
        self.forgiving = true;
        self.waiting.clear();
        self.ended()
    }

    fn ended(&mut self) -> ConnectionEnd {
        let server = self.server.take().unwrap();
        let ended = async { tokio::time::timeout(HANG, server).await };
        self.runtime.block_on(ended).expect("the server ends").unwrap()
    }

    /// The next message without a request, unchanged.
    pub(crate) fn next_unread(&mut self) -> Value {
        while self.unread.is_empty() {
            self.read();
        }
        self.unread.pop_front().unwrap()
    }

    fn response(&mut self, id: i64) -> Value {
        while !self.responses.contains_key(&id) {
            self.read();
        }
        self.responses.remove(&id).unwrap()
    }

    /// Reads and sorts one message; requests that every editor gets are answered.
    fn read(&mut self) {
        let message = self.message().expect("the server wrote more");
        match (message.get("method").is_some(), message.get("id").cloned()) {
            (false, Some(Value::Number(id))) => {
                let id = id.as_i64().unwrap();
                assert!(self.waiting.remove(&id).is_some(), "a second response to {id}");
                self.responses.insert(id, message);
            }
            (true, Some(id)) => {
                let result = match message["method"].as_str().unwrap() {
                    "workspace/configuration" => json!([self.settings]),
                    method => self.replies.get(method).cloned().unwrap_or_default(),
                };
                self.write(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
                self.asked.push_back(message);
            }
            (_, _) => self.unread.push_back(message),
        }
    }

    fn message(&mut self) -> Option<Value> {
        let received = async { tokio::time::timeout(HANG, self.wire.receive()).await };
        let received = self.runtime.block_on(received);
        received
            .unwrap_or_else(|_| panic!("the server is silent; unread: {:?}", self.unread))
            .unwrap()
    }
}

/// Actions of an editor with a document and a cursor.
impl Editor {
    pub(crate) fn open(&mut self, uri: &str, language: &str, text: &str) {
        let item = json!({ "uri": uri, "languageId": language, "version": 0, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }));
    }

    pub(crate) fn change(&mut self, uri: &str, version: i32, changes: Value) {
        let id = json!({ "uri": uri, "version": version });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": id, "contentChanges": changes }),
        );
    }

    /// Inserts a text at the position.
    pub(crate) fn insert(
        &mut self,
        uri: &str,
        version: i32,
        (line, character): (u32, u32),
        text: &str,
    ) {
        let at = json!({ "line": line, "character": character });
        self.change(uri, version, json!([{ "range": { "start": at, "end": at }, "text": text }]));
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// The texts of all items at a position.
    pub(crate) fn ghost(&mut self, uri: &str, at: (u32, u32)) -> Vec<String> {
        let params = inline(uri, at, 2);
        let result = self.request("textDocument/inlineCompletion", params);
        texts(&result)
    }
}

/// Parameters of an inline completion: trigger 1 is invoked, 2 automatic.
pub(crate) fn inline(uri: &str, (line, character): (u32, u32), trigger: u32) -> Value {
    json!({
        "textDocument": { "uri": uri },
        "position": { "line": line, "character": character },
        "context": { "triggerKind": trigger },
    })
}

pub(crate) fn texts(result: &Value) -> Vec<String> {
    let items = result["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|it| it["insertText"].as_str().unwrap().to_owned()).collect()
}

impl Drop for Editor {
    fn drop(&mut self) {
        if std::thread::panicking() || self.server.is_none() {
            return;
        }
        assert!(self.waiting.is_empty(), "never answered: {:?}", self.waiting);
        let id = self.send("shutdown", Value::Null);
        self.result(id);
        self.notify("exit", Value::Null);
        while let Some(message) = self.message() {
            self.unread.push_back(message);
        }
        assert_eq!(self.ended(), ConnectionEnd::Asked);
        // On a busy machine, the progress of the index is shown.
        let is_progress = |it: &Value| {
            it["method"] == "$/progress" || it["params"]["token"] == "understudy/learning"
        };
        self.unread.retain(|it| !is_progress(it));
        assert!(self.forgiving || self.unread.is_empty(), "unread: {:?}", self.unread);
    }
}
