//! The end of an answer as real servers send it, in every dialect: deviating but complete streams, streams
//! that only look complete, answers without text, and the recorded costs.

use understudy::models::price::money::Money;
use understudy::prompt::{Chat, Prompt, Role, Turn};
use understudy::provider::dialect::Dialect;
use understudy::provider::fim::FillFormat;
use understudy::router::outcome::{AnsweredBy, RequestOutcome};
use understudy::router::spec::Capability;
use understudy::usage::record::{Call, CallOutcome as Booked};

use crate::support::failover::{After, World};
use crate::support::upstream::script;
use crate::support::upstream::script::{Framing, Script, Step};
use crate::support::wire::{Row, TEXT, fill, rows};

const NULL: &str = r#""finish_reason":null"#;
const STOP: &str = r#""finish_reason":"stop""#;

fn has_choices(row: &Row) -> bool {
    matches!(row.dialect, Dialect::OpenAiChat | Dialect::OpenAiCompletions | Dialect::MistralFim)
}

/// The stream with these fields added to the object of each event.
fn with(row: &Row, more: &str) -> String {
    match row.ending {
        "ndjson" => row.stream().replace("{\"model\"", &format!("{{{more},\"model\"")),
        _ => row.stream().replace("data: {", &format!("data: {{{more},")),
    }
}

fn events(row: &Row) -> Vec<String> {
    let stream = row.stream();
    let data = stream.lines().filter_map(|it| it.strip_prefix("data: "));
    data.map(str::to_owned).collect()
}

/// Complete answers, each complete for another reason.
fn whole(row: &Row) -> Vec<(&'static str, Script)> {
    let stream = row.stream();
    let json = script::cassette(&row.whole_name()).1;
    let mut all = vec![
        ("an empty error object", with(row, r#""error":{}"#)),
        ("an empty error text", with(row, r#""error":"""#)),
        ("no error", with(row, r#""error":null"#)),
        ("an error of empty fields", with(row, r#""error":{"message":"","code":0,"type":null}"#)),
        ("a byte order mark", format!("\u{feff}{stream}")),
        ("blanks and a byte order mark", format!("\r\n \u{feff}\n{stream}")),
        ("no end of the last event", stream.trim_end().to_owned()),
    ];
    if row.ending == "sse" {
        all.push(("single newlines", stream.replace("\n\n", "\n")));
        all.push(("single CRLF", stream.replace("\n\n", "\r\n")));
        all.push(("JSON behind a byte order mark", format!("\u{feff}{json}")));
    }
    if has_choices(row) {
        let other = r#"{"index":1,"text":"x","delta":{"content":"x"},"finish_reason":"stop"}"#;
        let alone = row.event(&format!(r#"{{"choices":[{other}]}}"#));
        all.extend([
            ("an empty reason", stream.replace(NULL, r#""finish_reason":"""#)),
            ("a reason in words for none", stream.replace(NULL, r#""finish_reason":"null""#)),
            ("no reason but [DONE]", stream.replace(STOP, NULL)),
            ("an empty reason and [DONE]", stream.replace(STOP, r#""finish_reason":"""#)),
            (
                "another choice first",
                stream.replace("\"choices\":[{", &format!("\"choices\":[{other},{{")),
            ),
            ("another choice alone", stream.replace("\n\n", &format!("\n\n{alone}"))),
        ]);
    }
    if matches!(row.dialect, Dialect::OpenAiChat | Dialect::MistralFim) {
        all.push(("a message without a reason", json.replace(STOP, NULL)));
    }
    if row.dialect == Dialect::Gemini {
        let (list, other) = (
            events(row),
            r#"{"content":{"parts":[{"text":"x"}]},"index":1,"finishReason":"STOP"}"#,
        );
        let none = |it| {
            stream.replace("\"index\":0}", &format!("\"index\":0,\"finishReason\":\"{it}\"}}"))
        };
        all.extend([
            ("one list", format!("[{}]", list.join("\n,\r\n"))),
            ("one list behind a byte order mark", format!("\u{feff}[{}]\n", list.join(","))),
            ("each event a list", list.iter().map(|it| row.event(&format!("[{it}]"))).collect()),
            ("an empty reason", none("")),
            ("a reason that is none", none("FINISH_REASON_UNSPECIFIED")),
            (
                "another candidate",
                stream.replace("\"candidates\":[", &format!("\"candidates\":[{other},")),
            ),
        ]);
    }
    if row.dialect == Dialect::Anthropic {
        let early = row.event(r#"{"type":"message_delta","delta":{"stop_reason":""},"usage":{}}"#);
        let early = format!("{early}event: content_block_start");
        let begun = stream.replacen("\"text\":\"\"", "\"text\":\"println!(\"", 1);
        let again = "\"type\":\"text_delta\",\"text\":\"println!(\"";
        all.extend([
            (
                "text in the start of a block",
                begun.replacen(again, "\"type\":\"text_delta\",\"text\":\"\"", 1),
            ),
            ("an empty reason", stream.replacen("event: content_block_start", &early, 1)),
        ]);
    }
    let closing = Script::stream(stream.trim_end()).framed(Framing::Closing);
    let scripts = all.into_iter().map(|(name, text)| (name, Script::stream(text)));
    scripts.chain([("no end, and the connection closes", closing)]).collect()
}

#[tokio::test(start_paused = true)]
async fn complete_streams_that_deviate_from_the_api_are_answers() {
    for row in rows() {
        for (name, script) in whole(&row) {
            for script in [script.clone().in_pieces(3), script] {
                let context = format!("{:?}, {name}", row.dialect);
                let world = World::new(&row, Some(script));
                let outcome = world.answer().await;
                assert!(outcome.tried.is_empty(), "{context}");
                let answer = outcome.answer.as_ref().unwrap();
                assert_eq!((by(&outcome), &*answer.text), ("first/model", TEXT), "{context}");
                assert_eq!(world.calls().await[0].outcome, Booked::Answered, "{context}");
            }
        }
    }
}

/// Answers that look complete but are cut in the middle of their text.
fn cut(row: &Row) -> Vec<(&'static str, String)> {
    let stream = row.stream();
    let at = stream.find("println!(").expect("its first piece");
    let end = at + stream[at..].find(row.end()).expect("its end");
    let begun = &stream[..end];
    let mut all = vec![
        ("between two events", format!("{begun}{}", row.end())),
        ("behind a whole event", begun.to_owned()),
        ("single newlines", begun.replace("\n\n", "\n")),
        ("a whole event and half of another", format!("{begun}{}data: {{\"choices\":[", row.end())),
    ];
    if has_choices(row) {
        all.extend(["", "null", "None"].map(|it| {
            ("a reason that is none", begun.replace(NULL, &format!("\"finish_reason\":\"{it}\"")))
        }));
        all.push((
            "another choice's reason",
            begun.replace(
                "\"choices\":[{",
                "\"choices\":[{\"index\":1,\"finish_reason\":\"stop\"},{",
            ),
        ));
    }
    if row.dialect == Dialect::Gemini {
        let list = events(row);
        all.push(("half a list", format!("[{},", list[0])));
        all.push(("a list without its end", format!("[{}]", list[..2].join(","))));
    }
    if row.dialect == Dialect::Anthropic {
        let stop = stream.find("event: message_stop").expect("its end");
        all.push(("without the wire's own end", stream[..stop].trim_end().to_owned()));
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_truncated_stream_goes_to_the_next_provider() {
    for row in rows() {
        for (name, stream) in cut(&row) {
            for script in [Script::stream(stream.clone()), Script::stream(stream).then(Step::Cut)] {
                let context = format!("{:?}, {name}", row.dialect);
                let world = World::new(&row, Some(script));
                world.check("broken-off", After::Blamed, true, &context).await;
            }
        }
    }
}

const USED_UP: &str = "the model used its whole output limit for reasoning";
const LIMIT: &str = "the output limit was reached before any text";
const REASONED: &str = "the model returned only reasoning";
const ENDED: &str = "the answer ended without any text";

/// Events of answers without text, and the reason of each failure.
fn empty(row: &Row) -> Vec<(&'static str, Vec<&'static str>)> {
    const THOUGHT: &str =
        r#"{"choices":[{"delta":{"reasoning_content":"hm"},"finish_reason":null}]}"#;
    const LENGTH: &str =
        r#"{"choices":[{"delta":{"content":""},"text":"","finish_reason":"length"}]}"#;
    const HIDDEN: &str = r#"{"choices":[],"usage":{"prompt_tokens":120,"completion_tokens":64,"completion_tokens_details":{"reasoning_tokens":64}}}"#;
    const STOPPED: &str = r#"{"choices":[{"delta":{},"text":"","finish_reason":"stop"}]}"#;
    const NONE: &str = r#"{"choices":[{"delta":{},"text":"","finish_reason":null}]}"#;
    const CALLS: &str = r#"{"choices":[{"delta":{},"text":"","finish_reason":"tool_calls"}]}"#;
    const USED: &str = r#"{"choices":[],"usage":{"prompt_tokens":120,"completion_tokens":64}}"#;
    const DONE: &str = "[DONE]";
    match row.dialect {
        Dialect::OpenAiChat | Dialect::MistralFim | Dialect::RelayedChat => vec![
            (USED_UP, vec![THOUGHT, LENGTH, USED, DONE]),
            (USED_UP, vec![LENGTH, HIDDEN, DONE]),
            (LIMIT, vec![LENGTH, USED, DONE]),
            (LIMIT, vec![LENGTH, USED]),
            (REASONED, vec![THOUGHT, STOPPED, USED, DONE]),
            (REASONED, vec![STOPPED, HIDDEN, DONE]),
            (ENDED, vec![CALLS, USED, DONE]),
            (ENDED, vec![NONE, USED, DONE]),
        ],
        Dialect::OpenAiCompletions => vec![
            (USED_UP, vec![LENGTH, HIDDEN, DONE]),
            (LIMIT, vec![LENGTH, USED, DONE]),
            (ENDED, vec![NONE, USED, DONE]),
        ],
        Dialect::OpenAiResponses => vec![
            (
                USED_UP,
                vec![
                    r#"{"type":"response.reasoning_summary_text.delta","delta":"hm"}"#,
                    r#"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":120,"output_tokens":64}}}"#,
                ],
            ),
            (
                USED_UP,
                vec![
                    r#"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":120,"output_tokens":64,"output_tokens_details":{"reasoning_tokens":64}}}}"#,
                ],
            ),
            (
                REASONED,
                vec![
                    r#"{"type":"response.completed","response":{"usage":{"input_tokens":120,"output_tokens":64,"output_tokens_details":{"reasoning_tokens":64}}}}"#,
                ],
            ),
        ],
        Dialect::Anthropic | Dialect::RelayedMessages => {
            const START: &str = r#"{"type":"message_start","message":{"usage":{"input_tokens":120,"output_tokens":1}}}"#;
            const THINKS: &str = r#"{"type":"content_block_start","content_block":{"type":"thinking","thinking":"hm"}}"#;
            const MAX: &str = r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":64}}"#;
            const TOOL: &str = r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":64}}"#;
            const END: &str = r#"{"type":"message_stop"}"#;
            vec![
                (USED_UP, vec![START, THINKS, MAX, END]),
                (LIMIT, vec![START, MAX, END]),
                (ENDED, vec![START, TOOL, END]),
            ]
        }
        Dialect::Gemini => vec![
            (
                USED_UP,
                vec![
                    r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]},"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":120,"thoughtsTokenCount":64}}"#,
                ],
            ),
            (
                USED_UP,
                vec![
                    r#"{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":120,"thoughtsTokenCount":64}}"#,
                ],
            ),
            (
                LIMIT,
                vec![
                    r#"{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":120,"candidatesTokenCount":64}}"#,
                ],
            ),
        ],
        Dialect::OllamaGenerate | Dialect::OllamaChat => vec![
            (ENDED, vec![r#"{"response":"","done":true,"done_reason":"load"}"#]),
            (
                USED_UP,
                vec![
                    r#"{"message":{"content":"","thinking":"hm"},"done":false}"#,
                    r#"{"response":"","done":true,"done_reason":"length","prompt_eval_count":120,"eval_count":64}"#,
                ],
            ),
            (
                LIMIT,
                vec![
                    r#"{"response":"","done":true,"done_reason":"length","prompt_eval_count":120,"eval_count":64}"#,
                ],
            ),
        ],
        Dialect::LlamaInfill | Dialect::LlamaCompletion => vec![(
            LIMIT,
            vec![
                r#"{"content":"","stop":true,"stop_type":"limit","tokens_predicted":64,"tokens_evaluated":120}"#,
            ],
        )],
    }
}

fn by(outcome: &RequestOutcome) -> &str {
    match outcome.answer.as_ref().map(|it| &it.by) {
        Some(AnsweredBy::Target(name)) => name,
        Some(AnsweredBy::Standby) => "standby",
        None => "no answer",
    }
}

fn script(row: &Row, events: &[&str]) -> Script {
    Script::stream(events.iter().map(|it| row.event(it)).collect::<String>())
}

/// The first provider returns no text, the second answers, and the usage of the first is recorded as a
/// failure.
async fn check_empty(world: &World, prompt: Prompt, why: &str, context: &str) -> Call {
    let wants = match &prompt {
        Prompt::Chat(_) | Prompt::Edit(_) | Prompt::Relay(_) => Capability::Chat,
        Prompt::Fill(_) => Capability::FillOrChat,
    };
    let outcome = world.ask(prompt, wants).await;
    assert_eq!(outcome.answer.as_ref().map(|it| &*it.text), Some(TEXT), "{context}");
    assert_eq!(by(&outcome), "second/other", "{context}");
    let tried = format!("{:?}", outcome.tried);
    assert!(outcome.tried.len() == 1 && tried.contains(why), "{context}: {tried}");
    assert!(outcome.candidates[0].reason.starts_with("failed (empty)"), "{context}");
    let call = world.calls().await.remove(0);
    assert_eq!(call.outcome, Booked::Failed("empty".to_owned()), "{context}");
    assert_eq!(world.held_against_the_first(), After::Blamed, "{context}");
    call
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_text_goes_to_the_next_provider_and_its_usage_is_recorded() {
    for row in rows() {
        for (why, events) in empty(&row) {
            let context = format!("{:?}, {why}: {events:?}", row.dialect);
            let world = World::new(&row, Some(script(&row, &events)));
            let call = check_empty(&world, fill(), why, &context).await;
            // A model that was only loaded has no usage.
            let is_counted = !events[0].contains("load");
            assert_eq!(call.estimated, !is_counted, "{context}");
            if is_counted {
                assert_eq!((call.usage.prompt, call.usage.output), (120, 64), "{context}");
                let money = Money::from_picodollars((120 + 2 * 64) * 1_000_000);
                assert_eq!(call.money, Some(money), "{context}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_without_text_is_abandoned() {
    let row = &rows()[0];
    let length = r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#;
    let world = World::new(row, Some(script(row, &[length]).then(Step::Stall)));
    let began = tokio::time::Instant::now();
    check_empty(&world, fill(), LIMIT, "a stalled end").await;
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
}

/// The events of an answer that ends at once, for each dialect.
fn stopped(row: &Row) -> &'static [&'static str] {
    match row.dialect {
        Dialect::OpenAiChat
        | Dialect::MistralFim
        | Dialect::OpenAiCompletions
        | Dialect::RelayedChat => &[
            r#"{"choices":[{"delta":{"content":""},"text":"","finish_reason":"stop"}],"usage":{"prompt_tokens":120,"completion_tokens":1}}"#,
            "[DONE]",
        ],
        Dialect::OpenAiResponses => &[
            r#"{"type":"response.completed","response":{"usage":{"input_tokens":120,"output_tokens":1}}}"#,
        ],
        Dialect::Anthropic | Dialect::RelayedMessages => &[
            r#"{"type":"message_start","message":{"usage":{"input_tokens":120,"output_tokens":1}}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
            r#"{"type":"message_stop"}"#,
        ],
        Dialect::Gemini => &[
            r#"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":120,"candidatesTokenCount":1}}"#,
        ],
        Dialect::OllamaGenerate | Dialect::OllamaChat => &[
            r#"{"response":"","done":true,"done_reason":"stop","prompt_eval_count":120,"eval_count":1}"#,
        ],
        Dialect::LlamaInfill | Dialect::LlamaCompletion => &[
            r#"{"content":"","stop":true,"stop_type":"eos","tokens_predicted":1,"tokens_evaluated":120}"#,
        ],
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_with_nothing_to_insert_stays_in_use() {
    for row in rows() {
        let world = World::new(&row, Some(script(&row, stopped(&row))));
        for times in 1..=12 {
            let outcome = world.answer().await;
            assert_eq!(outcome.answer.as_ref().map(|it| &*it.text), Some(""), "{:?}", row.dialect);
            assert_eq!(
                (by(&outcome), outcome.tried.len()),
                ("first/model", 0),
                "{:?}",
                row.dialect
            );
            assert_eq!(world.first.as_ref().unwrap().hits(), times, "{:?}", row.dialect);
        }
        assert_eq!(world.second.hits(), 0, "{:?}", row.dialect);
        let call = world.calls().await.remove(0);
        assert_eq!((call.outcome, call.usage.output), (Booked::Answered, 1), "{:?}", row.dialect);
    }
}

fn question() -> Prompt {
    Prompt::Chat(Chat {
        system: "Be brief.".to_owned(),
        parts: Vec::new(),
        turns: vec![Turn { role: Role::User, text: "Why?".to_owned() }],
        max_tokens: 64,
        stop: Vec::new(),
        thinks: true,
        exact: false,
    })
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_to_a_question_goes_to_the_next_provider() {
    for row in rows().into_iter().filter(|it| it.form == FillFormat::Chat) {
        let world = World::new(&row, Some(script(&row, stopped(&row))));
        let context = format!("{:?}", row.dialect);
        check_empty(&world, question(), ENDED, &context).await;
    }
    // Nor are blanks an answer.
    let row = &rows()[0];
    let blanks = r#"{"choices":[{"delta":{"content":" \n"}}]}"#;
    let events: Vec<&str> = [blanks].iter().chain(stopped(row)).copied().collect();
    let world = World::new(row, Some(script(row, &events)));
    check_empty(&world, question(), ENDED, "blanks").await;
    assert_eq!(*world.heard.lock().unwrap(), TEXT);
}

#[tokio::test(start_paused = true)]
async fn a_model_is_skipped_after_three_answers_without_text() {
    let row = &rows()[0];
    let world = World::new(row, Some(script(row, &empty(row)[0].1)));
    for _ in 0..12 {
        let outcome = world.answer().await;
        assert_eq!(by(&outcome), "second/other");
    }
    assert_eq!(world.first.as_ref().unwrap().hits(), 3);
}

#[tokio::test(start_paused = true)]
async fn text_cut_off_at_the_token_limit_is_an_answer() {
    let row = &rows()[0];
    let stream = row.stream().replace(STOP, r#""finish_reason":"length""#);
    let world = World::new(row, Some(Script::stream(stream)));
    let outcome = world.answer().await;
    assert_eq!((by(&outcome), &*outcome.answer.as_ref().unwrap().text), ("first/model", TEXT));
}

/// The recorded call for an answer with this stream.
async fn booked(row: &Row, stream: String) -> Call {
    let world = World::new(row, Some(Script::stream(stream)));
    let outcome = world.answer().await;
    assert_eq!((by(&outcome), &*outcome.answer.as_ref().unwrap().text), ("first/model", TEXT));
    world.calls().await.remove(0)
}

#[tokio::test(start_paused = true)]
async fn missing_output_counts_are_estimated() {
    let counted = [
        "\"completion_tokens\":",
        "\"output_tokens\":",
        "\"candidatesTokenCount\":",
        "\"eval_count\":",
        "\"tokens_predicted\":",
        "\"predicted_n\":",
    ];
    for row in rows() {
        for count in ["0", "null", "-1", "\"\"", "9.5"] {
            let mut stream = row.stream().replace("\"total_tokens\":129", "\"total_tokens\":120");
            for name in counted {
                for old in ["9", "1"] {
                    let old = format!("{name}{old}");
                    stream = stream.replace(&old, &format!("{name}{count}"));
                }
            }
            let call = booked(&row, stream).await;
            let context = format!("{:?}, {count}: {call:?}", row.dialect);
            assert_eq!((call.usage.prompt, call.estimated), (120, true), "{context}");
            assert!((3..=20).contains(&call.usage.output), "{context}");
            let money = Money::from_picodollars((120 + 2 * call.usage.output) * 1_000_000);
            assert_eq!(call.money, Some(money), "{context}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn token_counts_can_be_whole_floats() {
    for row in rows() {
        let mut stream = row.stream();
        for count in ["120", "56", "64", "9"] {
            let float = format!("{count}.0");
            for end in [",", "}"] {
                let (old, new) = (format!(":{count}{end}"), format!(":{float}{end}"));
                stream = stream.replace(&old, &new);
            }
        }
        let call = booked(&row, stream).await;
        let usage = (call.usage.prompt, call.usage.output, call.estimated);
        assert_eq!(usage, (120, 9, false), "{:?}", row.dialect);
    }
}

/// The text of a chat answer, then an event that contains `last`.
fn used(last: &str) -> String {
    let row = &rows()[0];
    let text = serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": TEXT } }] });
    let done = [text.to_string(), last.to_owned(), "[DONE]".to_owned()];
    done.iter().map(|it| row.event(it)).collect()
}

#[tokio::test(start_paused = true)]
async fn usage_in_every_format_is_recorded_as_it_is_charged() {
    let row = &rows()[0];
    let usage = |usage: &str| format!(r#"{{"choices":[],"usage":{usage}}}"#);
    let cases = [
        // xAI: reasoning tokens are counted beside the answer.
        (
            usage(r#"{"prompt_tokens":100,"completion_tokens":9,"total_tokens":159,"completion_tokens_details":{"reasoning_tokens":50}}"#),
            (100, 0, 59),
            100 + 2 * 59,
        ),
        // OpenAI: reasoning tokens are part of the answer.
        (
            usage(r#"{"prompt_tokens":100,"completion_tokens":59,"total_tokens":159,"completion_tokens_details":{"reasoning_tokens":50}}"#),
            (100, 0, 59),
            100 + 2 * 59,
        ),
        // Moonshot: cached tokens beside the prompt's, usage inside the choice.
        (
            usage(r#"{"prompt_tokens":100,"completion_tokens":9,"total_tokens":109,"cached_tokens":80}"#),
            (100, 80, 9),
            118,
        ),
        (
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":100,"completion_tokens":9,"cached_tokens":80}}]}"#.to_owned(),
            (100, 80, 9),
            118,
        ),
        // OpenRouter: the cost in dollars, and the part charged to the user's own upstream key beside it.
        (
            usage(r#"{"prompt_tokens":100,"completion_tokens":9,"cost":0.00012,"is_byok":false,"cost_details":{"upstream_inference_cost":0.5}}"#),
            (100, 0, 9),
            120,
        ),
        (
            usage(r#"{"prompt_tokens":100,"completion_tokens":9,"cost":0.00001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0002}}"#),
            (100, 0, 9),
            210,
        ),
        // A cost of 0: the configured price applies.
        (usage(r#"{"prompt_tokens":100,"completion_tokens":9,"cost":0}"#), (100, 0, 9), 118),
        (usage(r#"{"prompt_tokens":100,"completion_tokens":9,"cost":null}"#), (100, 0, 9), 118),
        (usage(r#"{"prompt_tokens":100,"completion_tokens":9,"cost":-3}"#), (100, 0, 9), 118),
    ];
    for (last, tokens, millionths) in cases {
        let call = booked(row, used(&last)).await;
        let it = call.usage;
        assert_eq!((it.prompt, it.cached, it.output), tokens, "{last}");
        let money = Money::from_picodollars(millionths * 1_000_000);
        assert_eq!((call.money, call.estimated), (Some(money), false), "{last}");
    }
}
