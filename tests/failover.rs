//! Every failure in every dialect, before the first token and midway: the next provider answers the same
//! request, the usage is recorded, and the failed provider is blamed, put into cooldown or neither.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use understudy::provider::dialect::Dialect;
use understudy::router::outcome::{AnsweredBy, RequestOutcome};

use crate::support::failover::{After, World};
use crate::support::upstream::Upstream;
use crate::support::upstream::script::{Script, Step};
use crate::support::wire::{Row, TEXT, rows};

/// A failure, its class, and its effect on the provider.
struct Case {
    script: Script,
    class: &'static str,
    after: After,
}

const BEFORE: [(u16, &str, After); 10] = [
    (308, "connect", After::Blamed),
    (401, "auth", After::Cooldown),
    (402, "quota", After::Cooldown),
    (404, "model-gone", After::Blamed),
    (408, "timeout", After::Blamed),
    (413, "context-too-long", After::Blamed),
    (429, "rate-limited", After::NoRoom),
    (500, "overloaded", After::Cooldown),
    (503, "overloaded", After::Cooldown),
    (529, "overloaded", After::Cooldown),
];

/// Failures before the first token.
fn before(row: &Row) -> Vec<Case> {
    let statuses = BEFORE.map(|(status, class, after)| {
        let script = Script::json(status, row.error).header("retry-after", "9");
        Case { script, class, after }
    });
    let silent =
        |step, class| Case { script: Script::stream("").then(step), class, after: After::Blamed };
    let event = row.event("{no json}");
    let garbage = Case { script: Script::stream(event), class: "garbled", after: After::Blamed };
    statuses
        .into_iter()
        .chain([silent(Step::Cut, "broken-off"), silent(Step::Stall, "timeout"), garbage])
        .collect()
}

/// Failures after the first token.
fn midway(row: &Row) -> Vec<Case> {
    let stream = row.stream();
    let at = stream.find("println!(").expect("its first piece");
    let end = if row.ending == "ndjson" { "\n" } else { "\n\n" };
    let begun = &stream[..at + stream[at..].find(end).expect("its end") + end.len()];
    let then = |step, class| {
        let script = Script::stream(begun).then(step);
        Case { script, class, after: After::Blamed }
    };
    let garbage = Step::Bytes(row.event("{no json}").into());
    vec![
        then(Step::Cut, "broken-off"),
        then(Step::Stall, "timeout"),
        then(garbage, "garbled"),
        Case {
            script: Script::cassette(&row.cassette("error_inside")),
            class: "overloaded",
            after: After::Blamed,
        },
    ]
}

#[tokio::test(start_paused = true)]
async fn after_any_failure_in_any_dialect_the_next_provider_answers() {
    for row in rows() {
        for (is_midway, cases) in [(false, before(&row)), (true, midway(&row))] {
            for (at, case) in cases.into_iter().enumerate() {
                let context =
                    format!("{:?}, midway: {is_midway}, {at}: {}", row.dialect, case.class);
                let is_billed = match case.class {
                    "timeout" => true,
                    // An invalid reply costs nothing if it is invalid from the start.
                    "garbled" => is_midway,
                    _ => case.script.status == 200,
                };
                let world = World::new(&row, Some(case.script));
                world.check(case.class, case.after, is_billed, &context).await;
                assert!(world.first.is_some_and(|it| it.hits() > 0), "{context}");
            }
        }
        let world = World::new(&row, None);
        let context = format!("{:?}, connection refused", row.dialect);
        world.check("connect", After::Blamed, false, &context).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_on_this_machine_may_pause_within_its_answer() {
    let mut rows = rows().into_iter();
    let row = rows.find(|it| it.dialect == Dialect::OpenAiChat).expect("its row");
    let stream = row.stream();
    let at = stream.find("println!(").expect("its first piece");
    let (begun, rest) = stream.split_at(at + stream[at..].find("\n\n").expect("its end") + 2);
    for (pause, text) in [(30, TEXT), (90, "standby")] {
        let script = Script::stream(begun).then(Step::Wait(Duration::from_secs(pause)));
        let world = World::new(&row, Some(script.then(Step::Bytes(rest.to_owned().into()))));
        let outcome = world.first_within(Duration::from_secs(120)).await;
        assert_eq!(outcome.answer.as_ref().map(|it| &*it.text), Some(text), "{pause} s");
    }
}

/// Reasoning that repeats itself without an end, in each field in which it arrives.
fn endless_reasoning(row: &Row) -> Vec<Script> {
    let line = "Wait, the value might be empty. Let me check that again.\n";
    let delta = |delta: Value| json!({ "choices": [{ "index": 0, "delta": delta }] });
    let list = json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": line }] }]);
    let (begun, events) = match row.dialect {
        Dialect::OpenAiChat => {
            let fields = ["reasoning_content", "reasoning", "reasoning_text", "thinking"];
            let mut events = fields.map(|it| delta(json!({ it: line }))).to_vec();
            let details = json!([{ "type": "reasoning.text", "index": 0, "text": line }]);
            events.push(delta(json!({ "content": "", "reasoning_details": details })));
            (delta(json!({ "role": "assistant" })), events)
        }
        Dialect::MistralFim => (delta(json!({})), vec![delta(json!({ "content": list }))]),
        Dialect::OpenAiResponses => {
            let kinds = ["response.reasoning_text.delta", "response.reasoning_summary_text.delta"];
            let events = kinds.map(|it| json!({ "type": it, "delta": line }));
            (json!({ "type": "response.created" }), events.to_vec())
        }
        Dialect::Anthropic => {
            let delta = json!({ "type": "thinking_delta", "thinking": line });
            (
                json!({ "type": "ping" }),
                vec![json!({ "type": "content_block_delta", "delta": delta })],
            )
        }
        Dialect::Gemini => {
            let part = json!({ "text": line, "thought": true });
            let event = json!({ "candidates": [{ "content": { "parts": [part] } }] });
            (json!({ "candidates": [] }), vec![event])
        }
        Dialect::OllamaGenerate => {
            let event = |text| json!({ "response": "", "thinking": text, "done": false });
            (event("So:\n"), vec![event(line)])
        }
        Dialect::OllamaChat => {
            let event = |text| {
                let message = json!({ "role": "assistant", "content": "", "thinking": text });
                json!({ "message": message, "done": false })
            };
            (event("So:\n"), vec![event(line)])
        }
        Dialect::OpenAiCompletions
        | Dialect::LlamaInfill
        | Dialect::LlamaCompletion
        | Dialect::RelayedChat
        | Dialect::RelayedMessages => return Vec::new(),
    };
    let script = |begun: &Value, event: &Value| {
        let endless = Step::Endless(row.event(&event.to_string()).into());
        Script::stream(row.event(&begun.to_string())).then(endless)
    };
    let mut scripts: Vec<Script> = events.iter().map(|it| script(&begun, it)).collect();
    if row.dialect == Dialect::OpenAiChat {
        let content = |text: &str| delta(json!({ "content": text }));
        scripts.push(script(&content("<think>So:\n"), &content(line)));
    }
    scripts
}

#[tokio::test(start_paused = true)]
async fn after_reasoning_that_repeats_itself_the_next_provider_answers() {
    for row in rows() {
        for (at, script) in endless_reasoning(&row).into_iter().enumerate() {
            let context = format!("{:?}, {at}", row.dialect);
            let world = World::new(&row, Some(script));
            world.check("repetition", After::Blamed, true, &context).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_request_is_answered_by_the_next_provider() {
    for row in rows() {
        let world = World::new(&row, Some(Script::json(400, row.error)));
        let context = format!("{:?}", row.dialect);
        world.check("bad-request", After::Blamed, false, &context).await;
    }
}

/// Sends requests until the failed attempts match, and returns the number of requests.
async fn until(world: &World, is_so: impl Fn(&RequestOutcome) -> bool) -> usize {
    for times in 1..100 {
        let outcome = world.answer().await;
        assert_eq!(outcome.answer.as_ref().map(|it| &*it.text), Some(TEXT), "{times}");
        if is_so(&outcome) {
            return times;
        }
        tokio::time::advance(Duration::from_secs(5)).await;
    }
    panic!("no request matched");
}

fn by_the_first(outcome: &RequestOutcome) -> bool {
    outcome.answer.as_ref().is_some_and(|it| it.by == AnsweredBy::Target("first/model".into()))
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_provider_is_skipped_and_used_again_once_it_is_back() {
    let row = &rows()[0];
    let mut world = World::new(row, Some(Script::cassette(&row.cassette("one_line"))));
    assert_eq!(until(&world, by_the_first).await, 1);
    // The provider is off the network: its connections are cut and its port is closed.
    world.first = None;
    assert_eq!(until(&world, |it| it.tried.len() == 1).await, 1);
    until(&world, |it| it.tried.is_empty()).await;
    let address = world.first_at.trim_start_matches("http://").parse().unwrap();
    world.first = Some(Upstream::at(address, [Script::cassette(&row.cassette("one_line"))]));
    until(&world, by_the_first).await;
    assert_eq!(until(&world, by_the_first).await, 1);
}

/// Answers that state a wait of one minute, in a header or in the message.
fn minutes(row: &Row, status: u16) -> Vec<Script> {
    let body = r#"{"error":{"message":"Please wait 60 seconds before retrying."}}"#;
    let html = Script::new(status, vec![Step::Bytes(b"<html>Try later</html>".to_vec())]);
    vec![
        Script::json(status, row.error).header("retry-after", "60"),
        Script::json(status, row.error).header("retry-after-ms", "60000"),
        html.header("retry-after", "60"),
        Script::json(status, body),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_stated_wait_is_honoured_for_any_status() {
    for row in rows() {
        for status in [403, 429, 503, 529] {
            for (at, script) in minutes(&row, status).into_iter().enumerate() {
                let context = format!("{:?}, {status}, {at}", row.dialect);
                let world = World::new(&row, Some(script));
                for _ in 0..11 {
                    let outcome = world.answer().await;
                    let by = &outcome.answer.as_ref().unwrap().by;
                    assert_eq!(by, &AnsweredBy::Target("second/other".into()), "{context}");
                    tokio::time::advance(Duration::from_secs(5)).await;
                }
                assert_eq!(world.first.as_ref().unwrap().hits(), 1, "{context}");
                let cooldowns = world.models.router.ledger().cooldowns(SystemTime::now()).await;
                let [cooldown] = &cooldowns[..] else { panic!("{context}: {cooldowns:?}") };
                let wait = cooldown.until.and_then(|it| it.duration_since(cooldown.since).ok());
                assert_eq!(wait, Some(Duration::from_mins(1)), "{context}");
                let is_limit = matches!(status, 403 | 429);
                let reason = if is_limit { "rate-limited" } else { "overloaded" };
                assert_eq!(cooldown.reason, reason, "{context}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_name_that_does_not_resolve_costs_no_time() {
    // Labels are limited to 63 bytes, so this name fails without a DNS request.
    let nowhere = format!("http://{}.test", "a".repeat(64));
    let world = World::at(&rows()[0], &nowhere);
    let start = tokio::time::Instant::now();
    world.check("connect", After::Blamed, false, "no such name").await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    until(&world, |it| it.tried.is_empty()).await;
}
