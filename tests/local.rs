//! Local servers: started on demand, one for all windows, stopped when unused.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use understudy::app::Environment;
use understudy::config::source::UserFile;

use crate::support::editor::{Editor, Hello, inline, texts, uri};
use crate::support::upstream::Upstream;
use crate::support::{ghost, models};

/// A window with one local provider that is started on demand. `words` is the start command.
struct Window {
    editor: Editor,
    folder: TempDir,
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

impl Window {
    fn new(state: &Path, address: SocketAddr, words: &[&str]) -> Self {
        let folder = ghost::project();
        let path = folder.path().join("config.toml");
        let config = format!(
            "embedded.threshold = 0.5\nembedded.preempt = 1\nlimit.complete.total_ms = 60000\n\
             [[provider]]\nname = 'home'\nkind = 'vllm'\nurl = 'http://{address}'\n\
             models = ['qwen2.5-coder']\nstart = {words:?}\n[route]\ncomplete = ['home']\n"
        );
        fs::write(&path, config).unwrap();
        let mut editor = Editor::started(Environment {
            config: UserFile::Named(path.clone()),
            state: Some(state.to_owned()),
            program: Some(env!("CARGO_BIN_EXE_understudy").into()),
            deadline: Some(Duration::from_secs(20)),
            ..Environment::default()
        });
        let roots = vec![folder.path().to_owned()];
        editor.greet(Hello { roots, config: Some(path), ..Hello::default() });
        editor.indexed();
        Self { editor, folder }
    }

    /// Uses a document of its own, because shown text stays until the user types.
    fn ghost(&mut self, name: &str) -> Vec<String> {
        let uri = uri(&self.folder.path().join(name));
        self.editor.open(&uri, "rust", &ghost::new_file(ghost::BEGUN));
        let params = inline(&uri, ghost::end(ghost::BEGUN), 2);
        texts(&self.editor.request("textDocument/inlineCompletion", params))
    }

    fn out(&mut self) -> Option<String> {
        let status = self.editor.request("understudy/status", Value::Null);
        status["providers"][0]["reason"].as_str().map(str::to_owned)
    }
}

#[test]
fn a_local_server_starts_on_demand_once_for_all_windows_while_other_models_answer() {
    let state = TempDir::new().unwrap();
    let (address, started) = (free_address(), state.path().join("started"));
    let script = format!("echo started >> '{}'; exec sleep 1000", started.display());
    let words = ["sh", "-c", &script];
    let mut windows = [0, 1].map(|_| Window::new(state.path(), address, &words));
    for window in &mut windows {
        assert_eq!(window.ghost("a.rs"), [ghost::REST]);
        assert_eq!(window.out().as_deref(), Some("the server is starting"));
    }
    // The server takes a while to load.
    windows[0].editor.until(|it| {
        it.turn();
        started.exists()
    });
    assert_eq!(windows[1].ghost("b.rs"), [ghost::REST]);
    let upstream =
        windows[0].editor.within(|| Upstream::at(address, [models::answer(models::OTHER)]));
    let [first, second] = &mut windows;
    first.editor.until(|it| {
        let status = it.request("understudy/status", Value::Null);
        status["providers"][0]["up"] == true
    });
    assert_eq!(first.ghost("c.rs"), [models::OTHER]);
    second.editor.until(|it| {
        first.editor.turn();
        let status = it.request("understudy/status", Value::Null);
        status["providers"][0]["up"] == true
    });
    assert_eq!(fs::read_to_string(&started).unwrap(), "started\n");
    drop(upstream);
}

#[test]
fn a_local_server_that_fails_to_start_is_reported_and_skipped() {
    let state = TempDir::new().unwrap();
    let words = ["sh", "-c", "echo the model is not there; exit 3"];
    let mut window = Window::new(state.path(), free_address(), &words);
    assert_eq!(window.ghost("a.rs"), [ghost::REST]);
    let mut reason = String::new();
    loop {
        let out = window.out().unwrap_or_default();
        if out.starts_with("the server could not be started") {
            reason.push_str(&out);
            break;
        }
    }
    assert!(reason.contains("the model is not there") && reason.contains("3"), "{reason}");
    assert_eq!(window.ghost("b.rs"), [ghost::REST]);
    drop(window.folder);
}

/// Supervises a server that is this script.
fn supervisor(folder: &Path, idle: &str, script: &str) -> Child {
    supervisor_with(folder, &["--idle", idle], script)
}

fn supervisor_with(folder: &Path, options: &[&str], script: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_understudy"))
        .args(["keep", "--name", "home", "--file"])
        .arg(folder.join("home"))
        .args(options)
        .args(["--", "sh", "-c", script])
        .env("XDG_STATE_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn an_unused_local_server_is_stopped_with_its_child_processes() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("alive");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // The pipe stays open while a process of the server lives.
    let script = format!("echo loading; sleep 1000 > '{}' & wait", pipe.display());
    let mut kept = supervisor(folder.path(), "0.3", &script);
    let read = fs::read(&pipe).unwrap();
    assert_eq!((read.len(), kept.wait().unwrap().code()), (0, Some(0)));
    let logs = fs::read_dir(folder.path().join("understudy/log")).unwrap();
    let log: String = logs.map(|it| fs::read_to_string(it.unwrap().path()).unwrap()).collect();
    assert!(log.contains("loading") && log.contains("stopped: not used"), "{log}");
}

#[test]
fn a_local_server_has_one_supervisor_and_ends_with_it() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("alive");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = format!("exec sleep 1000 > '{}'", pipe.display());
    let mut first = supervisor(folder.path(), "1000", &script);
    let mut alive = fs::File::open(&pipe).unwrap();
    let mut second = supervisor(folder.path(), "1000", &script);
    assert_eq!(second.wait().unwrap().code(), Some(0));
    assert!(Command::new("kill").arg(first.id().to_string()).status().unwrap().success());
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(std::io::Read::read_to_end(&mut alive, &mut Vec::new()).unwrap(), 0);
}

#[test]
fn the_supervisor_records_why_its_server_ended() {
    let folder = TempDir::new().unwrap();
    let mut kept = supervisor(folder.path(), "1000", "echo no such model >&2; exit 7");
    assert_eq!(kept.wait().unwrap().code(), Some(1));
    let words = fs::read_to_string(folder.path().join("home")).unwrap();
    assert!(words.contains("no such model") && words.contains('7'), "{words}");
}

#[test]
fn a_server_that_crashes_is_started_once_more_with_the_argument_for_that() {
    let folder = TempDir::new().unwrap();
    let started = folder.path().join("started");
    // Behind its script, the shell takes an argument as its own name.
    let script = format!("echo $0 >> '{}'; kill -KILL $$", started.display());
    let mut kept = supervisor_with(folder.path(), &["--after-crash", "--no-gpu"], &script);
    assert_eq!(kept.wait().unwrap().code(), Some(1));
    assert_eq!(fs::read_to_string(started).unwrap(), "sh\n--no-gpu\n");
    assert!(fs::read_to_string(folder.path().join("home")).unwrap().contains("SIGKILL"));
}
