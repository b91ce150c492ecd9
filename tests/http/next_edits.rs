//! Next edits for programs that send the prompts of Zeta, Sweep and Mercury.

use serde_json::{Value, json};

use crate::http::client::Answer;
use crate::http::{Station, completion, infilled};
use crate::support::models::answer;
use crate::support::upstream::script::Script;

const BEFORE: &str = "use std::f64;\n\n";
const WINDOW: [&str; 2] = ["fn area(w: f64, h: f64) -> f64 {\n", "    w * w\n}\n"];
const AFTER: &str = "\nfn main() {}\n";
/// The window after the edit that is due.
const DUE: &str = "fn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n";
const HISTORY: &str = "\
--- a/app/src/area.rs
+++ b/app/src/area.rs
@@ -3,1 +3,1 @@
-fn area(w: f64) -> f64 {
+fn area(w: f64, h: f64) -> f64 {
";

/// A prompt of a client with a document, its window with a cursor, and the last edits.
struct Client<'a> {
    path: &'a str,
    history: &'a str,
    before: &'a str,
    window: [&'a str; 2],
    after: &'a str,
}

/// With the function `area`.
const AREA: Client<'_> = Client {
    path: "app/src/area.rs",
    history: HISTORY,
    before: BEFORE,
    window: WINDOW,
    after: AFTER,
};

/// With a call that was replaced three times of four.
const CALLS: Client<'_> = Client {
    path: "calls.rs",
    history: "\
--- a/calls.rs
+++ b/calls.rs
@@ -2,1 +2,1 @@
-    let a = store.load(ctx, 1);
+    let a = store.fetch(ctx, 1);
--- a/calls.rs
+++ b/calls.rs
@@ -3,1 +3,1 @@
-    let b = store.load(ctx, 2);
+    let b = store.fetch(ctx, 2);
--- a/calls.rs
+++ b/calls.rs
@@ -4,1 +4,1 @@
-    let c = store.load(ctx, 3);
+    let c = store.fetch(ctx, 3);
",
    before: "fn main() {\n    let a = store.fetch(ctx, 1);\n    let b = store.fetch(ctx, 2);\n",
    window: ["    let c = store.fetch", "(ctx, 3);\n    let d = store.load(ctx, 4);\n}\n"],
    after: "",
};
const CALLED: &str = "    let c = store.fetch(ctx, 3);\n    let d = store.fetch(ctx, 4);\n}\n";

impl Client<'_> {
    fn zeta(&self, open: &str, close: &str, end: &str) -> String {
        let Self { path, history, before, window: [head, tail], after } = self;
        format!(
            "<[fim-suffix]>{after}\n<[fim-prefix]><filename>edit_history\n{history}\n\
             <filename>{path}\n{before}{open}{head}<|user_cursor|>{tail}{close}<[fim-middle]>{end}"
        )
    }

    fn zeta2(&self) -> String {
        self.zeta("<<<<<<< CURRENT\n", "=======\n", "")
    }

    fn zeta21(&self) -> String {
        self.zeta("<|marker_1|>", "<|marker_2|>\n", "")
    }

    /// With the start of the answer, as Sweep's own client sends it.
    fn sweep(&self, begun: &str) -> String {
        let Self { path, history, before, window: [head, tail], after } = self;
        let (mut edits, mut was) = (String::new(), [head, *tail].concat());
        for hunk in history.split("--- a/").skip(1) {
            let lines = |sign: &str| {
                let its = hunk.lines().filter(|it| !it.starts_with("+++ "));
                its.filter_map(|it| Some(format!("{}\n", it.strip_prefix(sign)?)))
                    .collect::<String>()
            };
            let [old, new] = [lines("-"), lines("+")];
            was = was.replace(&new, &old);
            edits += &format!("<|file_sep|>{path}.diff\noriginal:\n{old}updated:\n{new}");
        }
        format!(
            "<|file_sep|>{path}\n{before}{head}{tail}{after}\n{edits}<|file_sep|>original/{path}:3:5\n{was}\
             <|file_sep|>current/{path}:3:5\n{head}{tail}<|file_sep|>updated/{path}:3:5\n{begun}"
        )
    }

    fn mercury(&self) -> Value {
        let Self { path, history, before, window: [head, tail], after } = self;
        let history = history.replace("--- a/", "--- ").replace("+++ b/", "+++ ");
        let tail = tail.trim_end();
        let content = format!(
            "<|recently_viewed_code_snippets|>\n\n<|/recently_viewed_code_snippets|>\n\n\
             <|current_file_content|>\ncurrent_file_path: {path}\n{before}<|code_to_edit|>\n\
             {head}<|cursor|>{tail}\n<|/code_to_edit|>\n\n{after}\n<|/current_file_content|>\n\n\
             <|edit_diff_history|>\n{history}\n<|/edit_diff_history|>\n"
        );
        json!({ "model": "mercury-edit-2", "messages": [{ "role": "user", "content": content }] })
    }
}

/// A reply of Mercury.
fn edit(window: &str) -> Script {
    let message = json!({ "role": "assistant", "content": format!("```\n{window}```") });
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    Script::json(200, &json!({ "choices": [choice] }).to_string())
}

fn text(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let choice = &answer.json()["choices"][0];
    let content = choice["text"].as_str().or(choice["message"]["content"].as_str());
    content.unwrap().to_owned()
}

async fn asked(station: &Station, prompt: &str) -> Answer {
    station.post("/v1/completions", &json!({ "model": "zeta2.1", "prompt": prompt })).await
}

async fn with(kind: &'static str, model: &'static str, script: Script) -> Station {
    Station::new(kind, model, vec![script]).await
}

#[tokio::test]
async fn the_last_edits_are_repeated_without_a_model() {
    let station = with("vllm", "zeta-2.1", Script::status(500)).await;
    let begun = "    let c = store.";
    for (prompt, expected) in [
        (CALLS.zeta2(), CALLED.to_owned()),
        (
            CALLS.zeta2().replace("a/calls", "a/app/calls").replace("b/calls", "b/app/calls"),
            CALLED.to_owned(),
        ),
        (CALLS.zeta21(), format!("<|marker_1|>{CALLED}<|marker_2|>")),
        (CALLS.sweep(""), CALLED.to_owned()),
        (CALLS.sweep(begun), CALLED[begun.len()..].to_owned()),
    ] {
        let answer = asked(&station, &prompt).await;
        assert_eq!(answer.header("x-understudy-model"), Some("history"), "{prompt}");
        assert_eq!(text(&answer), expected, "{prompt}");
    }
    let answer = station.post("/v1/edit/completions", &CALLS.mercury()).await;
    assert_eq!(text(&answer), format!("```\n{CALLED}```"));
    assert_eq!(answer.json()["object"], "chat.completion");
    assert_eq!(station.hits(), [0]);
}

#[tokio::test]
async fn any_edit_model_answers_any_format() {
    let models = [
        ("vllm", "zeta-2.1", answer(&format!("<|marker_1|>{DUE}<|marker_2|>"))),
        ("vllm", "zeta-2", answer(&format!("{DUE}>>>>>>> UPDATED\n"))),
        ("vllm", "sweep-next-edit-1.5b", answer(DUE)),
        ("inception", "mercury-edit-2", edit(DUE)),
    ];
    for (kind, model, script) in models {
        for (prompt, expected) in [
            (AREA.zeta2(), DUE.to_owned()),
            (AREA.zeta21(), format!("<|marker_1|>{DUE}<|marker_2|>")),
            (AREA.sweep("fn area("), DUE["fn area(".len()..].to_owned()),
        ] {
            let station = with(kind, model, script.clone()).await;
            let answer = asked(&station, &prompt).await;
            assert_eq!(text(&answer), expected, "{model}: {answer:?} {prompt}");
            let by = format!("p0/{model}");
            assert_eq!(answer.header("x-understudy-model"), Some(&*by), "{prompt}");
            let sent = station.sent(0).to_string();
            assert!(sent.contains("w: f64)") && sent.contains("w: f64, h: f64)"), "{sent}");
        }
        let station = with(kind, model, script).await;
        let answer = station.post("/v1/edit/completions", &AREA.mercury()).await;
        assert_eq!(text(&answer), format!("```\n{DUE}```"), "{model}: {answer:?}");
    }
}

#[tokio::test]
async fn a_completion_at_the_cursor_is_the_next_edit_without_an_edit_model() {
    let history = "--- a/area.rs\n+++ b/area.rs\n@@ -4,1 +4,1 @@\n-    \n+    w *\n";
    let window = ["fn area(w: f64, h: f64) -> f64 {\n    w *", "\n}\n"];
    let client = Client { path: "area.rs", history, window, ..AREA };
    for (prompt, expected) in [
        (client.zeta2(), DUE.to_owned()),
        (client.zeta21(), format!("<|marker_1|>{DUE}<|marker_2|>")),
        (client.sweep(""), DUE.to_owned()),
    ] {
        let station = with("llama-cpp", "m", infilled(" h")).await;
        let answer = asked(&station, &prompt).await;
        assert_eq!(text(&answer), expected, "{answer:?}");
        assert_eq!(answer.header("x-understudy-model"), Some("p0/m"));
        let sent = station.sent(0).to_string();
        assert!(!sent.contains("fim-middle") && !sent.contains("file_sep"), "{sent}");
    }
}

#[tokio::test]
async fn without_an_edit_the_reply_changes_nothing() {
    let window = WINDOW.concat();
    for (prompt, expected) in [
        (AREA.zeta2(), window.clone()),
        (AREA.zeta21(), "<|marker_2|><|marker_2|>".to_owned()),
        (AREA.sweep("fn area("), window["fn area(".len()..].to_owned()),
    ] {
        let station = with("vllm", "zeta-2.1", answer("<|marker_1|><|marker_1|>")).await;
        let answer = asked(&station, &prompt).await;
        assert_eq!(text(&answer), expected);
        assert_eq!(answer.header("x-understudy-reason"), Some("no model suggests an edit"));
    }
    let station = with("llama-cpp", "m", Script::status(500)).await;
    let answer = asked(&station, &AREA.zeta2()).await;
    assert_eq!(text(&answer), window);
    assert!(answer.header("x-understudy-reason").is_some(), "{answer:?}");
}

#[tokio::test]
async fn a_next_edit_streams_up_to_the_requested_stop_text() {
    let station = with("vllm", "sweep-next-edit-1.5b", answer(DUE)).await;
    let body = json!({ "prompt": AREA.zeta2(), "stream": true, "stop": ["\n}"] });
    let events = station.post("/v1/completions", &body).await.events();
    let texts: String = events.iter().filter_map(|it| it["choices"][0]["text"].as_str()).collect();
    assert_eq!(texts, DUE.strip_suffix("\n}\n").unwrap());
}

#[tokio::test]
async fn the_answer_keeps_crlf() {
    let crlf = |it: &str| it.replace('\n', "\r\n");
    let [head, tail] = WINDOW.map(crlf);
    let (before, after) = (crlf(BEFORE), crlf(AFTER));
    let client = Client { before: &before, window: [&head, &tail], after: &after, ..AREA };
    let station = with("vllm", "sweep-next-edit-1.5b", answer(DUE)).await;
    assert_eq!(text(&asked(&station, &client.zeta2()).await), crlf(DUE));
    assert!(!station.sent(0).to_string().contains("\\r"));
}

#[tokio::test]
async fn secrets_and_forbidden_files_stay_here() {
    let secret = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let before = format!("const KEY: &str = \"{secret}\";\n");
    let history = format!("--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-MY_PORT=1\n+MY_PORT=2\n{HISTORY}");
    let client = Client { before: &before, history: &history, ..AREA };
    let reply = answer(&format!("<|marker_1|>{DUE}<|marker_2|>"));
    let station = with("vllm", "zeta-2.1", reply).await;
    assert_eq!(text(&asked(&station, &client.zeta2()).await), DUE);
    let sent = station.sent(0).to_string();
    assert!(sent.contains("MASKED_SECRET_1") && sent.contains("w: f64)"), "{sent}");
    assert!(!sent.contains(&secret) && !sent.contains("MY_PORT"), "{sent}");
    let client = Client { path: "app/.env", ..AREA };
    let station = with("vllm", "sweep-next-edit-1.5b", answer(DUE)).await;
    let answer = asked(&station, &client.zeta2()).await;
    assert_eq!((text(&answer), station.hits()), (WINDOW.concat(), vec![0]), "{answer:?}");
}

#[tokio::test]
async fn what_is_not_a_next_edit_gets_an_error_message() {
    let station = with("vllm", "zeta-2.1", completion("x")).await;
    let message = |content: &str| json!({ "messages": [{ "role": "user", "content": content }] });
    for (path, body) in [
        ("/v1/edit/completions", json!({})),
        ("/v1/edit/completions", message("hello")),
        ("/v1/edit/completions", message(&AREA.zeta2())),
        ("/v1/edit/completions", json!({ "messages": [] })),
        ("/v1/completions", json!({ "prompt": "<|editable_region_start|>\nx\n" })),
        ("/v1/completions", json!({ "prompt": AREA.zeta21().replace("_2|>", "|>") })),
    ] {
        let answer = station.post(path, &body).await;
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.body);
        assert!(answer.json()["error"]["message"].is_string(), "{path}: {}", answer.body);
    }
    assert_eq!(station.hits(), [0]);
}
