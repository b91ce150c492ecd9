//! Error replies of real providers: one provider's refusal says nothing about the next, a rejected field is
//! omitted, a context size is learned, and a corrected key works.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;
use understudy::app::pool;
use understudy::config;
use understudy::feature::doctor;
use understudy::feature::models::Models;
use understudy::models::catalog::Catalog;
use understudy::prompt::{Fill, Prompt};
use understudy::provider::client::ProviderClient;
use understudy::provider::transport::Transport;
use understudy::router::outcome::{AnsweredBy, RequestOutcome, RouterRequest};
use understudy::router::spec::Capability;
use understudy::usage::Ledger;

use crate::support::failover::request;
use crate::support::upstream::script::{Script, Step};
use crate::support::upstream::{Received, Upstream};
use crate::support::wire::{TEXT, fill};

const GOOD: &str = "openai/one_line.sse";

/// Provider `a` under test, and `b`, which always answers.
struct World {
    a: Upstream,
    b: Upstream,
    models: Models,
}

impl World {
    fn new(a: Upstream) -> Self {
        Self::with(a, "", Ledger::in_memory())
    }

    /// `a` with additional settings.
    fn with(a: Upstream, more: &str, ledger: Ledger) -> Self {
        let b = Upstream::cassette(GOOD);
        let models = models(&a.url(), &b.url(), more, ledger);
        Self { a, b, models }
    }

    async fn answer(&self) -> Arc<RequestOutcome> {
        self.ask(request(fill())).await
    }

    async fn ask(&self, request: RouterRequest) -> Arc<RequestOutcome> {
        let outcome = self.models.router.answer(request).await;
        self.models.warn_of(&outcome).await;
        outcome
    }

    /// The target that answered, and the failures before it.
    async fn answered(&self) -> (String, Vec<String>) {
        let outcome = self.answer().await;
        let answer = outcome.answer.as_ref().expect("the standby at least");
        if answer.by != AnsweredBy::Standby {
            assert_eq!(answer.text, TEXT);
        }
        let by = match &answer.by {
            AnsweredBy::Target(name) => name.to_string(),
            AnsweredBy::Standby => "standby".to_owned(),
        };
        (by, outcome.tried.iter().map(ToString::to_string).collect())
    }
}

fn models(a: &str, b: &str, more: &str, ledger: Ledger) -> Models {
    let text = format!(
        "[[provider]]\nname = 'a'\nkind = 'openai-compatible'\nurl = '{a}/v1'\n{more}\n\
         models = [{{ id = 'foo/bar', fim = 'chat', window = 32768, price = {{ input = 1, output = 2 }} }}]\n\
         [[provider]]\nname = 'b'\nkind = 'openai-compatible'\nurl = '{b}/v1'\n\
         models = [{{ id = 'other', fim = 'chat', window = 8192, price = {{ input = 1, output = 2 }} }}]\n\
         [route]\ncomplete = [['a', 'b']]\nprefer = 'listed'\n",
    );
    let (config, problems) = config::parse(text.as_bytes());
    assert_eq!(problems, [], "{text}");
    let pool = pool::build(&config, &Catalog::built_in(), &|_| None, None);
    let client = ProviderClient::new(Transport::default(), HashMap::new());
    Models::new(pool, client, ledger)
}

/// Reads the key of the first provider.
async fn read_key(models: &Models) {
    let target = models.router.inspect(|pool| Arc::clone(&pool.candidates[0].target));
    _ = target.provider.secret.get().await;
}

fn page(status: u16, title: &str) -> Script {
    let page = format!("<html><head><title>{title}</title></head><body>nginx</body></html>");
    Script::json(status, &page).header("content-type", "text/html")
}

/// Replies reported by users, and their failure class.
fn refusals() -> Vec<(&'static str, Script)> {
    let of = |class, status, body: &str| (class, Script::json(status, body));
    let mut refusals = vec![
        of(
            "bad-request",
            400,
            r#"{"error":{"message":"foo/bar is not a valid model ID","code":400}}"#,
        ),
        of(
            "bad-request",
            400,
            r#"{"error":"No models loaded. Please load a model in the developer page"}"#,
        ),
        of(
            "bad-request",
            400,
            r#"[{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}]"#,
        ),
        of(
            "bad-request",
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#,
        ),
        of(
            "bad-request",
            400,
            r#"{"error":{"message":"Organization has been restricted. Please reach out to support","type":"invalid_request_error","code":"organization_restricted"}}"#,
        ),
        ("bad-request", page(400, "400 The plain HTTP request was sent to HTTPS port")),
        ("bad-request", page(400, "400 Bad Request")),
        ("context-too-long", page(413, "413 Request Entity Too Large")),
        ("connect", page(403, "Web filter: blocked")),
        ("connect", page(407, "Proxy Authentication Required")),
        of(
            "forbidden",
            403,
            r#"{"error":{"message":"Project does not have access to model foo/bar"}}"#,
        ),
        of(
            "context-too-long",
            400,
            r#"{"error":{"message":"input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000"}}"#,
        ),
        of(
            "context-too-long",
            400,
            r#"{"error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}"#,
        ),
        of(
            "context-too-long",
            400,
            r#"{"object":"error","message":"The decoder prompt (length 5001) is longer than the maximum model length of 4096."}"#,
        ),
        of(
            "context-too-long",
            422,
            r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000"}"#,
        ),
        of(
            "context-too-long",
            400,
            r#"{"error":{"message":"Your request exceeded model token limit: 8192"}}"#,
        ),
        of(
            "context-too-long",
            400,
            r#"{"error":{"message":"Input length 5000 cannot exceed 4081"}}"#,
        ),
    ];
    for status in [406, 411, 415, 418, 422, 423, 424, 426, 428, 431, 499] {
        refusals.push(("bad-request", Script::status(status)));
    }
    refusals
}

#[tokio::test(start_paused = true)]
async fn after_any_refusal_the_next_provider_answers_the_request() {
    for (at, (class, script)) in refusals().into_iter().enumerate() {
        let context = format!("case {at}: {class}");
        let world = World::new(Upstream::start([script]));
        for _ in 0..5 {
            let outcome = world.answer().await;
            let answer = outcome.answer.as_ref().expect(&context);
            assert_eq!(
                (&*answer.text, &answer.by),
                (TEXT, &AnsweredBy::Target("b/other".into())),
                "{context}"
            );
            assert!(
                outcome.candidates.iter().all(|it| !it.reason.contains("not tried: another")),
                "{context}"
            );
        }
        assert_eq!(world.b.hits(), 5, "{context}");
        let calls = world.models.router.ledger().calls(SystemTime::UNIX_EPOCH).await;
        let failed: Vec<_> = calls.iter().filter(|it| it.provider == "a").collect();
        let expected = understudy::usage::record::CallOutcome::Failed(class.to_owned());
        assert!(failed.iter().all(|it| it.outcome == expected), "{context}: {failed:?}");
        assert!(failed.iter().all(|it| it.usage.prompt == 0), "{context}: nothing was charged");
        // Later prompts are shortened after `context-too-long`; every other failure leads to a cooldown.
        if class != "context-too-long" {
            assert_eq!(world.a.hits(), 3, "{context}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_user_sees_the_providers_message_once() {
    let body = r#"{"error":{"message":"This organization has been disabled."}}"#;
    let world = World::new(Upstream::start([Script::json(400, body)]));
    let mut news = Vec::new();
    for _ in 0..8 {
        world.answer().await;
        news.extend(world.models.news());
        tokio::time::advance(Duration::from_secs(20)).await;
    }
    let expected = "a/foo/bar is unavailable: the provider rejected the request: This organization has been disabled";
    assert_eq!(news, [expected]);
    let out = world.models.standings()[0].out.clone().expect("it is in its cooldown");
    assert!(out.contains("This organization has been disabled"), "{out}");
}

fn body_of(request: &Received) -> Value {
    serde_json::from_slice(&request.body).expect("it is JSON")
}

/// A provider that rejects requests with one of these fields with this message, and answers all others.
fn without(fields: &'static [&'static str], words: fn(&str) -> String, status: u16) -> Upstream {
    Upstream::deciding(move |request| {
        let body = body_of(request);
        match fields.iter().find(|it| !body[**it].is_null()) {
            Some(field) => Script::json(status, &words(field)),
            None => Script::cassette(GOOD),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_rejected_field_is_omitted_from_then_on() {
    type Words = fn(&str) -> String;
    let cases: [(&'static [&'static str], Words, u16); 6] = [
        (
            &["stop"],
            |it| format!(r#"{{"error":"Argument not supported on this model: {it}"}}"#),
            400,
        ),
        (
            &["stream_options"],
            |it| {
                format!(
                    r#"{{"detail":[{{"type":"extra_forbidden","loc":["body","{it}"],"msg":"Extra inputs are not permitted"}}]}}"#
                )
            },
            422,
        ),
        (
            &["stream_options"],
            |it| {
                format!(
                    r#"{{"error":{{"object":"error","type":"invalid_request_error","message":"Extra inputs are not permitted, field: '{it}', value: {{'include_usage': True}}"}}}}"#
                )
            },
            400,
        ),
        (
            &["max_tokens"],
            |it| {
                format!(
                    r#"{{"error":{{"message":"Unsupported parameter: '{it}' is not supported with this model. Use 'max_completion_tokens' instead."}}}}"#
                )
            },
            400,
        ),
        (
            &["stop"],
            |it| {
                format!(
                    r#"{{"error":{{"message":"Unsupported parameter","param":"{it}","code":"unsupported_parameter"}}}}"#
                )
            },
            400,
        ),
        (
            &["stream_options"],
            |it| format!(r#"{{"message":"Unrecognized request argument supplied: {it}"}}"#),
            404,
        ),
    ];
    for (at, (fields, words, status)) in cases.into_iter().enumerate() {
        let world = World::new(without(fields, words, status));
        let (by, tried) = world.answered().await;
        assert_eq!((&*by, tried), ("a/foo/bar", Vec::new()), "case {at}");
        assert_eq!(world.a.hits(), 2, "case {at}");
        world.answered().await;
        assert_eq!((world.a.hits(), world.b.hits()), (3, 0), "case {at}");
        let last = body_of(world.a.requests().last().unwrap());
        let is_renamed = fields == ["max_tokens"];
        assert_eq!(last["max_completion_tokens"].is_number(), is_renamed, "case {at}");
        assert_eq!(world.models.news(), [""; 0], "case {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_rejects_every_field_gets_two_requests_and_the_next_answers() {
    let words = |it: &str| format!(r#"{{"error":{{"message":"Unknown parameter: '{it}'"}}}}"#);
    let world =
        World::new(without(&["stop", "stream_options", "max_tokens", "messages"], words, 400));
    let (by, tried) = world.answered().await;
    assert_eq!(by, "b/other");
    assert_eq!(world.a.hits(), 2);
    assert!(tried[0].starts_with("a/foo/bar: the provider rejected the field `"), "{tried:?}");
}

/// A prompt of about four thousand bytes.
fn long() -> Prompt {
    let Prompt::Fill(fill) = fill() else { panic!("not a fill prompt") };
    Prompt::Fill(Fill { prefix: "let a = 1;\n".repeat(360), ..fill })
}

#[tokio::test(start_paused = true)]
async fn the_context_size_is_learned_from_the_error_and_the_prompt_is_shortened() {
    let error = r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":1200,"n_ctx":512}}"#;
    let a = Upstream::deciding(|request| match request.body.len() {
        0..2500 => Script::cassette(GOOD),
        _ => Script::json(400, error),
    });
    let world = World::new(a);
    let outcome = world.ask(request(long())).await;
    assert_eq!(outcome.answer.as_ref().unwrap().by, AnsweredBy::Target("b/other".into()));
    let outcome = world.ask(request(long())).await;
    assert_eq!(outcome.answer.as_ref().unwrap().by, AnsweredBy::Target("a/foo/bar".into()));
    assert_eq!((world.a.hits(), world.b.hits()), (2, 1));
}

/// A provider that accepts one key only.
fn guarded(key: &'static str) -> Upstream {
    Upstream::deciding(move |request| match request.header("authorization") {
        Some(it) if it == format!("Bearer {key}") => Script::cassette(GOOD),
        Some(_) | None => {
            Script::json(401, r#"{"error":{"message":"Invalid API key","code":"invalid_api_key"}}"#)
        }
    })
}

fn file_key(path: &std::path::Path) -> String {
    format!("key = {{ file = '{}' }}", path.display())
}

#[tokio::test(start_paused = true)]
async fn a_rejected_key_is_read_again_and_the_new_key_is_used() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, "sk-old").unwrap();
    let world = World::with(guarded("sk-new"), &file_key(&path), Ledger::in_memory());
    let (by, tried) = world.answered().await;
    assert_eq!(by, "b/other");
    assert_eq!(tried, ["a/foo/bar: the provider rejected the API key: Invalid API key"]);
    assert_eq!(world.a.hits(), 1, "an unchanged key is not sent again");
    world.answered().await;
    assert_eq!(world.a.hits(), 1, "it is left alone");
    fs::write(&path, "\u{feff}sk-new\r\n").unwrap();
    world.models.router.refresh().await;
    assert_eq!(world.answered().await.0, "a/foo/bar");
    assert_eq!(world.models.router.ledger().cooldowns(SystemTime::now()).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_replaced_key_is_used_within_the_request_that_was_rejected() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, "sk-old").unwrap();
    let world = World::with(guarded("sk-new"), &file_key(&path), Ledger::in_memory());
    read_key(&world.models).await;
    fs::write(&path, "sk-new").unwrap();
    assert_eq!(world.answered().await, ("a/foo/bar".to_owned(), Vec::new()));
    assert_eq!(world.a.hits(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_tried_at_once_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::write(&old, "sk-old").unwrap();
    fs::write(&new, "sk-old").unwrap();
    let ledger = Ledger::in_memory();
    let world = World::with(guarded("sk-new"), &file_key(&new), ledger.clone());
    world.models.router.refresh().await;
    assert_eq!(world.answered().await.0, "b/other");
    let cooldowns = ledger.cooldowns(SystemTime::now()).await;
    assert_eq!((cooldowns.len(), &*cooldowns[0].reason), (1, "auth"));
    assert!(cooldowns[0].key.as_ref().is_some_and(|it| it.len() == 64 && !it.contains("sk-")));

    let restarted =
        |ledger: &Ledger| models(&world.a.url(), &world.b.url(), &file_key(&new), ledger.clone());
    // Another window with the same key skips the provider as well, once the key was read.
    let same = restarted(&ledger);
    read_key(&same).await;
    same.router.refresh().await;
    assert!(same.standings()[0].out.is_some());
    // A new key is tried, and its success ends the cooldown in all windows.
    fs::write(&new, "sk-new").unwrap();
    let other = restarted(&ledger);
    other.router.refresh().await;
    let outcome = other.router.answer(request(fill())).await;
    assert_eq!(outcome.answer.as_ref().unwrap().by, AnsweredBy::Target("a/foo/bar".into()));
}

#[tokio::test(start_paused = true)]
async fn a_successful_doctor_ends_the_cooldown_of_a_key() {
    let accepts = Arc::new(AtomicBool::new(false));
    let is_good = Arc::clone(&accepts);
    let a = Upstream::deciding(move |_| match is_good.load(Ordering::Relaxed) {
        true => Script::cassette(GOOD),
        false => Script::status(401),
    });
    let world = World::new(a);
    assert_eq!(world.answered().await.0, "b/other");
    assert_eq!(world.models.router.ledger().cooldowns(SystemTime::now()).await.len(), 1);
    accepts.store(true, Ordering::Relaxed);
    assert_eq!(world.answered().await.0, "b/other");
    let findings = doctor::examine(&world.models).await;
    assert_eq!((&findings[0].trouble, &findings[0].out), (&None, &None));
    assert_eq!(world.models.router.ledger().cooldowns(SystemTime::now()).await, []);
    assert_eq!(world.answered().await.0, "a/foo/bar");
}

#[tokio::test]
async fn a_key_command_slower_than_the_deadline_runs_once_and_serves_later_requests() {
    let folder = TempDir::new().unwrap();
    let (runs, gate) = (folder.path().join("runs"), folder.path().join("gate"));
    let script = folder.path().join("key.sh");
    let text = format!(
        "echo run >> {}\nwhile [ ! -e {} ]; do sleep 0.02; done\necho sk-new\n",
        runs.display(),
        gate.display(),
    );
    fs::write(&script, text).unwrap();
    let key = format!("key = {{ command = ['sh', '{}'] }}", script.display());
    let world = World::with(guarded("sk-new"), &key, Ledger::in_memory());
    for _ in 0..4 {
        let (by, tried) = world.answered().await;
        assert_eq!(by, "b/other");
        for it in &tried {
            assert_eq!(it, "a/foo/bar: the command that prints the API key has not finished");
        }
    }
    fs::write(&gate, "").unwrap();
    read_key(&world.models).await;
    assert_eq!(world.answered().await.0, "a/foo/bar");
    assert_eq!(fs::read_to_string(&runs).unwrap(), "run\n");
}

#[tokio::test]
async fn a_failing_key_command_is_reported_as_such() {
    let key = "key = { command = ['false'] }";
    let world = World::with(guarded("sk-new"), key, Ledger::in_memory());
    let (by, tried) = world.answered().await;
    assert_eq!(by, "b/other");
    assert!(tried[0].contains("the API key cannot be read: the command false failed"), "{tried:?}");
    assert_eq!(world.a.hits(), 0);
    assert_eq!(world.models.router.ledger().cooldowns(SystemTime::now()).await, []);
}

#[tokio::test(start_paused = true)]
async fn only_sent_requests_are_listed_with_their_size() {
    let nowhere = Upstream::start([]);
    let url = nowhere.url();
    drop(nowhere);
    let b = Upstream::cassette(GOOD);
    let models = models(&url, &b.url(), "", Ledger::in_memory());
    let outcome = models.router.answer(request(long())).await;
    assert_eq!(outcome.answer.as_ref().unwrap().by, AnsweredBy::Target("b/other".into()));
    let sent = models.router.ledger().sents(10).await;
    let names: Vec<&str> = sent.iter().map(|it| &*it.target).collect();
    assert_eq!(names, ["b/other"], "nothing went to a closed port");
    assert_eq!(sent[0].bytes, b.requests()[0].body.len() as u64);
    let recent: Vec<String> =
        models.client.recent.all().iter().map(|it| it.target.to_string()).collect();
    assert_eq!(recent, ["b/other"]);
}

/// The size used for plans and limits is the sent size, in every dialect.
#[tokio::test(start_paused = true)]
async fn the_planned_size_equals_the_sent_size() {
    for row in crate::support::wire::rows() {
        let world = crate::support::failover::World::new(
            &row,
            Some(Script::cassette(&row.cassette("one_line"))),
        );
        for prompt in [fill(), long()] {
            let (expected, before) = (world.size_for_the_first(&prompt), world.sent().await.len());
            world.ask(prompt, Capability::FillOrChat).await;
            let sent = world.sent().await;
            assert_eq!(sent.len(), before + 1, "{:?}", row.dialect);
            assert_eq!(sent[0].bytes, expected, "{:?}", row.dialect);
            let body = world.first.as_ref().unwrap().requests().last().unwrap().body.len();
            assert_eq!(body as u64, expected, "{:?}", row.dialect);
        }
    }
}

/// Each failure is followed by correct answers of the same provider.
#[tokio::test(start_paused = true)]
async fn one_bad_answer_does_not_exclude_a_provider() {
    let bad = [
        Script::stream("").then(Step::Stall),
        page(413, "413 Request Entity Too Large"),
        Script::json(200, r#"{"code":401,"msg":"token expired or incorrect","success":false}"#),
        Script::json(200, r#"{"detail":"Model is loading, please retry later"}"#),
        Script::json(
            200,
            r#"{"choices":null,"base_resp":{"status_code":1000,"status_msg":"unknown error"}}"#,
        ),
        Script::stream("event: error\ndata: Internal server error\n\n"),
        Script::stream(
            "data: {\"choices\":[{\"delta\":{\"content\":\"<think>\\nOkay\"},\"finish_reason\":\"length\"}]}\n\n",
        ),
    ];
    for (at, script) in bad.into_iter().enumerate() {
        let world = World::new(Upstream::start([script, Script::cassette(GOOD)]));
        let (by, tried) = world.answered().await;
        assert_eq!((&*by, tried.len()), ("b/other", 1), "case {at}: {tried:?}");
        assert!(!tried[0].contains("ended early"), "case {at}: {tried:?}");
        if tried[0].contains("rejected the API key") {
            continue;
        }
        assert_eq!(world.answered().await.0, "a/foo/bar", "case {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_without_a_wait_starts_a_cooldown() {
    let world = World::new(Upstream::start([Script::status(429).header("retry-after", "0")]));
    for _ in 0..4 {
        assert_eq!(world.answered().await.0, "b/other");
    }
    assert_eq!(world.a.hits(), 1);
}
