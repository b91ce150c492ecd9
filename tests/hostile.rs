//! A hostile provider and a hostile workspace. The next provider answers, regular files of the workspace are
//! served, and neither takes unbounded time or memory.

use std::fs;

use serde_json::json;
use understudy::server::wire::ClientConnection;

use crate::support::editor::{inline, texts, uri};
use crate::support::stage::{END, Stage, answer, text_event};
use crate::support::stdio::{HANG, Home, Peak, ask, ended, tell};
use crate::support::upstream::planted;
use crate::support::upstream::script::{Framing, Script, Step};

/// The answer of the second provider.
const GOOD: &str = "good_answer(w)";

fn raw(text: &str) -> Script {
    Script::raw(vec![Step::Bytes(text.into())])
}

/// Single bytes at long intervals, without an end.
fn dripping(script: Script, byte: &str) -> Script {
    let wait = std::time::Duration::from_millis(100);
    (0..10_000).fold(script, |it, _| it.then(Step::Wait(wait)).then(Step::Bytes(byte.into())))
}

/// Replies with a name for assertion messages.
fn attacks() -> Vec<(&'static str, Script)> {
    let bytes = |it: Vec<u8>| Script::stream(it);
    let endless = |it: &str| Script::stream("").then(Step::Endless(it.into()));
    let whole = || Script::stream(text_event("bad") + END);
    let head = "HTTP/1.1 200 OK\r\n";
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 4 << 20]].concat();
    let deep = format!("data: {{\"choices\":{}\n\n", "[".repeat(200_000));
    vec![
        ("nothing at all", Script::status(200)),
        ("no HTTP", raw("\u{0}\u{1}SSH-2.0-OpenSSH_9.0\r\n\r\n")),
        ("a redirect to nowhere", Script::status(302).header("location", "http://192.0.2.1/")),
        ("a redirect to a file", Script::status(307).header("location", "file:///etc/passwd")),
        ("a redirect to itself", Script::status(308).header("location", "/")),
        ("endless comments", endless(": nothing\n")),
        ("endless blank lines", endless("\n")),
        ("an endless line", endless("data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
        (
            "an endless head",
            Script::raw(vec![Step::Bytes(head.into()), Step::Endless(b"x-more: yes\r\n".to_vec())]),
        ),
        (
            "endless informational heads",
            Script::raw(vec![Step::Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())]),
        ),
        ("a header of a megabyte", whole().header("x-long", &"y".repeat(1 << 20))),
        (
            "five thousand headers",
            (0..5000).fold(whole(), |it, at| it.header(&format!("x-{at}"), "y")),
        ),
        ("a gzip bomb", bytes(gzip.clone()).header("content-encoding", "gzip")),
        ("compression by another name", bytes(gzip).header("content-encoding", "br, deflate")),
        ("a byte at a time", dripping(Script::stream(""), "d")),
        ("an event at a time, empty", dripping(Script::stream(""), ": \n\n")),
        ("a head a byte at a time", dripping(raw("HTTP/1.1 200 OK\r\nx-slow: "), "y")),
        ("no end", Script::stream("").then(Step::Stall)),
        (
            "fewer bytes than its length",
            Script::stream(text_event("bad")).framed(Framing::Length(1 << 30)).then(Step::Cut),
        ),
        ("more bytes than its length", whole().framed(Framing::Length(9))),
        ("a length below zero", raw(&format!("{head}content-length: -5\r\n\r\ndata: [DONE]\n\n"))),
        (
            "two lengths",
            raw(&format!("{head}content-length: 4\r\ncontent-length: 9\r\n\r\ndata: [DONE]\n\n")),
        ),
        (
            "a chunk larger than memory",
            raw(&format!("{head}transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\ndata: ")),
        ),
        (
            "a chunk of no number",
            raw(&format!("{head}transfer-encoding: chunked\r\n\r\n-1\r\n\r\n")),
        ),
        ("no UTF-8", bytes(b"data: \xff\xfe\x80{\n\ndata: [DONE]\n\n".to_vec())),
        ("JSON without a bottom", bytes(deep.into_bytes())),
        ("another protocol's end", Script::stream("event: message_stop\ndata: {}\n\n")),
        ("a cut in the middle", Script::stream(text_event("ba")).then(Step::Cut)),
        (
            "a page for people",
            Script::new(200, vec![Step::Bytes(b"<html>Log in</html>".to_vec())])
                .header("content-type", "text/html"),
        ),
    ]
}

#[test]
fn after_a_hostile_reply_the_next_provider_answers() {
    let settings = "route.complete = [[\"p0/m\", \"p1/m\"]]\nlimit.complete.first_token_ms = 500";
    for (name, attack) in attacks() {
        let mut stage = Stage::with(settings, json!({}), vec![attack, answer(GOOD)]);
        stage.editor.forgiving = true;
        stage.editor.insert(&stage.uri.clone(), 1, (2, 0), "    let b = \n");
        let params = inline(&stage.uri, (2, 12), 1);
        let shown = texts(&stage.editor.request("textDocument/inlineCompletion", params));
        assert!(shown.first().is_some_and(|it| it == GOOD), "{name}: {shown:?}");
        // The connection made ahead is not a `POST`.
        let questions = stage
            .upstreams
            .iter()
            .map(|it| it.requests().iter().filter(|it| it.method == "POST").count());
        assert_eq!(questions.collect::<Vec<_>>(), [1, 1], "{name}");
    }
}

/// The messages of a failing provider must contain nothing that a terminal or an editor executes.
#[test]
fn error_messages_of_providers_are_shown_as_plain_text() {
    let evil = "\u{1b}]0;owned\u{7}\u{202E}gnp[click](command:evil) <img src=x>";
    let body = json!({ "error": { "message": evil } }).to_string();
    let mut stage = Stage::new(vec![Script::json(401, &body)]);
    stage.editor.forgiving = true;
    stage.act("explain");
    let told = stage.editor.take("window/showMessage")["message"].to_string();
    let status = stage.editor.request("understudy/status", json!(null)).to_string();
    for shown in [told, status] {
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202E}']), "{shown}");
        assert!(!shown.contains("\\u001b") && !shown.contains("\\u0007"), "{shown}");
    }
}

/// A workspace full of traps beside one good file. Uses the built program because it measures memory.
#[cfg(unix)]
#[tokio::test]
async fn traps_in_a_workspace_do_no_harm_and_its_regular_files_are_learned() {
    let home = Home::new();
    let [hidden, ..] = planted();
    let outside = format!("fn stolen() {{ {hidden}(); }}\n").repeat(50);
    home.write("outside/stolen.rs", &outside);
    let good = "    let total = measured_by(the_good_file, at_last);\n".repeat(40);
    home.write("project/good.rs", &good);
    home.write("project/sub/.keep", "");
    home.write("project/bombed/hidden.rs", &outside);
    set_traps(&home);
    let mut child = home.start(&[], "debug");
    let mut wire = ClientConnection::new(child.stdout.take().unwrap(), child.stdin.take().unwrap());
    let project = home.path("project");
    let params = json!({
        "capabilities": { "textDocument": { "inlineCompletion": {} } },
        "workspaceFolders": [{ "uri": uri(&project), "name": "p" }, { "uri": uri(&project.join("sub")), "name": "s" }],
        "initializationOptions": { "embedded": { "threshold": 0.5 } },
    });
    let began = std::time::Instant::now();
    ask(&mut wire, 1, "initialize", params).await;
    tell(&mut wire, "initialized", json!({})).await;
    let new = uri(&project.join("new.rs"));
    let text = format!("fn a() {{\n    let total = measured_by(the\n    {}\n}}\n", &hidden[..12]);
    let item = json!({ "uri": new, "languageId": "rust", "version": 0, "text": text });
    tell(&mut wire, "textDocument/didOpen", json!({ "textDocument": item })).await;
    let mut id = 2;
    loop {
        id += 1;
        let params = inline(&new, (1, 31), 1);
        let answer = ask(&mut wire, id, "textDocument/inlineCompletion", params).await;
        if answer.to_string().contains("_good_file") {
            break;
        }
        assert!(began.elapsed() < HANG, "the good file is learned");
    }
    let params = inline(&new, (2, 16), 1);
    let answer = ask(&mut wire, id + 1, "textDocument/inlineCompletion", params).await;
    assert!(!answer.to_string().contains("never_to"), "{answer}");
    let peak = Peak::of(&child);
    assert!(peak.megabytes() < 400.0, "{peak:?}");
    drop(wire);
    ended(child).await;
}

#[cfg(unix)]
fn set_traps(home: &Home) {
    use std::os::unix::fs::symlink;
    use std::process::Command;
    let project = home.path("project");
    symlink(home.path("outside/stolen.rs"), project.join("linked.rs")).unwrap();
    symlink(home.path("outside"), project.join("linked")).unwrap();
    symlink(&project, project.join("again")).unwrap();
    symlink("loop.rs", project.join("loop.rs")).unwrap();
    symlink("/dev/zero", project.join("zero.rs")).unwrap();
    // Pipes in place of files, ignore rules and settings: reading one would never end.
    for name in ["pipe.rs", ".ignore", "sub/.gitignore", "sub/.understudy.toml", ".understudy.toml"]
    {
        let made = Command::new("mkfifo").arg(project.join(name)).status().unwrap();
        assert!(made.success());
    }
    for (name, length) in [("sparse.rs", 10 << 30), ("sub/.ignore", 10 << 30)] {
        fs::File::create(project.join(name)).unwrap().set_len(length).unwrap();
    }
    fs::write(project.join("line.rs"), "let a = 1; ".repeat(3 << 20)).unwrap();
    fs::write(project.join("lines.rs"), "\n".repeat(20 << 20)).unwrap();
    fs::write(project.join("binary.rs"), vec![0; 1 << 20]).unwrap();
    let bombs =
        (0..30_000).map(|it| format!("**/a*b*c*d*e*f{it}*/**/*[!x]*z\n")).collect::<String>();
    fs::write(project.join("bombed/.gitignore"), bombs).unwrap();
    let long = "{a,b}".repeat(300) + "\n" + &"*a".repeat(500);
    fs::write(project.join(".gitignore"), long).unwrap();
    for folder in 0..100 {
        let folder = project.join(format!("many/{folder}"));
        fs::create_dir_all(&folder).unwrap();
        let rules = (0..400).map(|it| format!("**/a*b*c*d*e*f{it}*/**/*[!x]*z\n"));
        fs::write(folder.join(".gitignore"), rules.collect::<String>()).unwrap();
    }
    for name in ["new\nline.rs", "esc\u{1b}[2J.rs", "turn\u{202E}sr.txt", &"n".repeat(250)] {
        fs::write(project.join(name), "fn odd_name() {}\n").unwrap();
    }
    let mut deep = project.join("deep");
    for _ in 0..300 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("deep.rs"), "fn deep() {}\n").unwrap();
}
