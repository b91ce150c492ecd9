//! The built program: one listener for all windows, its state, and the settings for other programs.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::http::client::Request;
use crate::http::until;
use crate::support::stdio::Home;
use crate::support::upstream::Upstream;

const MARKER: &str = "open_sesame";

/// The output of `understudy http`, and whether it succeeded.
async fn http(home: &Home, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_understudy"));
    let folder = home.0.path();
    command.arg("http").args(args).env_clear().env("HOME", folder);
    command
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("XDG_STATE_HOME", folder.join("state"));
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn serve(home: &Home) -> tokio::process::Child {
    home.start(&["http", "serve"], "trace")
}

async fn owner(home: &Home) -> Option<(u64, u16)> {
    let (serves, text) = http(home, &["--json"]).await;
    let state: Value = serde_json::from_str(&text).unwrap();
    let port = state["url"].as_str()?.rsplit(':').next()?.parse().ok()?;
    serves.then(|| (state["pid"].as_u64().unwrap(), port))
}

async fn owned(home: &Home, by: Option<u32>) -> u16 {
    crate::http::until_some(async || {
        let (pid, port) = owner(home).await?;
        by.is_none_or(|it| u64::from(it) == pid).then_some(port)
    })
    .await
}

fn token(home: &Home) -> String {
    std::fs::read_to_string(home.path("state/understudy/http/token")).unwrap().trim().to_owned()
}

async fn complete(home: &Home, port: u16) -> (u16, Value) {
    let body = json!({ "prompt": format!("fn {MARKER}() {{\n    "), "suffix": "\n}\n" });
    let key = format!("Bearer {}", token(home));
    let request = Request::post("/v1/completions", &body).host(port).header("authorization", &key);
    let answer = request.send(port).await;
    (answer.status, answer.json()["choices"][0]["text"].clone())
}

#[tokio::test]
async fn another_window_listens_when_the_first_exits_and_no_log_contains_a_prompt() {
    let home = Home::new();
    let upstream = Upstream::start([crate::http::infilled("answer()")]);
    let settings = format!(
        "embedded = \"off\"\nhttp = {{ enabled = true, port = 0 }}\nlog.level = \"debug\"\n[[provider]]\n\
         name = \"p\"\nkind = \"llama-cpp\"\nurl = \"{}\"\nmodels = [\"m\"]\n",
        upstream.url()
    );
    home.write("config/understudy/config.toml", &settings);
    assert_eq!(owner(&home).await, None);
    let mut first = home.start(&["http", "serve"], "debug");
    let port = owned(&home, first.id()).await;
    assert_eq!(complete(&home, port).await, (200, json!("answer()")));
    let second = home.start(&["http", "serve"], "debug");
    // The second server waits while the first one answers.
    assert_eq!(owned(&home, first.id()).await, port);
    let key = token(&home);
    first.kill().await.unwrap();
    let port = owned(&home, second.id()).await;
    assert_eq!(token(&home), key);
    assert_eq!(complete(&home, port).await.0, 200);
    let logs = std::fs::read_dir(home.path("state/understudy/log")).unwrap();
    let logs: String =
        logs.map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap()).collect();
    assert!(logs.contains("serving HTTP"), "{logs}");
    assert!(!logs.contains(MARKER) && !logs.contains(&key), "{logs}");
}

#[tokio::test]
async fn http_serve_applies_changed_settings() {
    let (home, upstream) = (Home::new(), Upstream::start([crate::http::infilled("answer()")]));
    let file = "config/understudy/config.toml";
    let settings = "embedded = \"off\"\nhttp = { enabled = true, port = 0 }\n";
    home.write(file, settings);
    let server = serve(&home);
    let port = owned(&home, server.id()).await;
    assert_eq!(complete(&home, port).await, (200, json!("")));
    let provider = format!(
        "[[provider]]\nname = \"p\"\nkind = \"llama-cpp\"\nurl = \"{}\"\nmodels = [\"m\"]\n",
        upstream.url()
    );
    home.write(file, &format!("{settings}{provider}"));
    let answered = async || (complete(&home, port).await.1 == "answer()").then_some(());
    crate::http::until_some(answered).await;
}

#[tokio::test]
async fn http_prints_its_state_and_the_settings_for_each_client() {
    let home = Home::new();
    let (serves, text) = http(&home, &[]).await;
    assert!(!serves && text.starts_with("off: set `http.enabled = true`"), "{text}");
    for client in
        ["zed", "llama.vim", "llama.vscode", "minuet", "jetbrains", "aider", "opencode", "continue"]
    {
        let (printed, text) = http(&home, &["config", client]).await;
        assert!(
            printed && text.contains("http://127.0.0.1:7717") && text.contains(&token(&home)),
            "{client}: {text}"
        );
        assert!(!text.contains("{token}") && !text.contains("{url}"), "{client}: {text}");
    }
    let (_, opencode) = http(&home, &["config", "opencode"]).await;
    let opencode = serde_json::from_str::<Value>(&opencode).unwrap();
    let options = &opencode["provider"]["understudy"]["options"];
    assert_eq!(options["baseURL"], "http://127.0.0.1:7717/v1");
    let (_, jetbrains) = http(&home, &["config", "jetbrains"]).await;
    assert!(jetbrains.contains("  URL:       http://127.0.0.1:7717/v1\n"), "{jetbrains}");
}

#[tokio::test]
async fn a_port_in_use_is_reported() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    home.write(
        "config/understudy/config.toml",
        &format!("http = {{ enabled = true, port = {port} }}\n"),
    );
    let _server = serve(&home);
    let text = crate::http::until_some(async || {
        let (_, text) = http(&home, &[]).await;
        text.contains("another program listens").then_some(text)
    })
    .await;
    assert!(text.contains(&format!("port {port}: set `http.port` to a free one")), "{text}");
    until(|| Some(())).await;
}

#[tokio::test]
async fn an_editors_server_listens_and_completes_from_the_workspace() {
    use crate::support::editor::Editor;
    use understudy::app::Environment;
    use understudy::config::source::UserFile;
    let home = Home::new();
    let config =
        home.write("config.toml", "http = { enabled = true, port = 0 }\nembedded = \"eager\"\n");
    let state = home.path("state");
    let (config, folder) = (UserFile::Named(config), state.join("http"));
    let environment = Environment { config, state: Some(state), ..Environment::default() };
    let found = tokio::task::spawn_blocking(move || {
        let mut editor = Editor::started(environment);
        editor.greet(crate::support::editor::Hello::default());
        let mut owner = None;
        editor.until(|editor| {
            editor.turn();
            owner = understudy::http::owner::owner(&folder);
            owner.is_some()
        });
        owner
    });
    assert!(found.await.unwrap().is_some());
}
