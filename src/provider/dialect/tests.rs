use std::sync::Arc;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::context::Part;
use crate::prompt::edit::{EditPrompt, EditWindow};
use crate::prompt::{CompletionScope, Trigger, Turn};
use crate::provider::secret::Secret;
use crate::provider::{Provider, TargetModel, preset};

fn target(kind: &str, id: &str) -> Target {
    let preset = preset::find(kind).expect("a preset");
    let provider = Provider::new(preset, preset.url, Secret::none());
    let form = preset.form(id, None, None);
    let edits = preset.edit_format(id, None);
    let model = TargetModel { id: id.to_owned(), form, edits, context_length: None };
    Target { name: format!("{kind}/{id}").into(), provider: Arc::new(provider), model }
}

fn fill() -> Fill {
    let part = |path: &str, text: &str, rank| Part {
        kind: PartKind::Snippet,
        path: path.to_owned(),
        text: text.to_owned(),
        rank,
    };
    Fill {
        path: "src/a.rs".to_owned(),
        language: "rust".to_owned(),
        parts: vec![part("b.rs", "best", 9), part("c.rs", "worst", 1)],
        prefix: "fn a() {".to_owned(),
        suffix: "}\n".to_owned(),
        extent: CompletionScope::Line,
        max_tokens: 64,
        trigger: Trigger::Invoked,
        draft: None,
        typed: String::new(),
    }
}

fn chat() -> Chat {
    Chat {
        system: "be brief".to_owned(),
        parts: fill().parts,
        turns: vec![Turn { role: Role::User, text: "why?".to_owned() }],
        max_tokens: 256,
        stop: vec!["END".to_owned()],
        thinks: true,
        exact: false,
    }
}

#[track_caller]
fn check(kind: &str, id: &str, prompt: Prompt, expected: Expect) {
    let request = encode(&target(kind, id), &prompt);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let headers: String =
        request.headers.iter().map(|it| format!("{}: {}\n", it.0, it.1)).collect();
    expected.assert_eq(&format!("POST {}\n{headers}{body:#}\n", request.path));
}

#[test]
fn typed_text_stands_in_the_hole_for_the_built_in_engine_and_before_it_for_others() {
    let sent = |kind: &str, model: &str| {
        let prompt = Prompt::Fill(Fill { typed: " re".to_owned(), ..fill() });
        let body = encode(&target(kind, model), &prompt).body;
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let body = sent("built-in", "own.gguf");
    assert_eq!([&body["input_prefix"], &body["typed"]], ["fn a() {", " re"]);
    assert_eq!(sent("llama-cpp", "own")["input_prefix"], "fn a() { re");
    let prompt = sent("mistral", "codestral-latest")["prompt"].as_str().unwrap().to_owned();
    assert!(prompt.ends_with("\nfn a() { re"), "{prompt}");
    let prompt = sent("vllm", "qwen2.5-coder-7b")["prompt"].as_str().unwrap().to_owned();
    assert!(prompt.ends_with("fn a() { re<|fim_suffix|>}\n<|fim_middle|>"), "{prompt}");
}

#[test]
fn only_the_built_in_engine_gets_the_draft() {
    let draft = |kind: &str| {
        let prompt = Prompt::Fill(Fill { draft: Some("b();".to_owned()), ..fill() });
        let body = encode(&target(kind, "qwen2.5-coder-0.5b"), &prompt).body;
        serde_json::from_slice::<Value>(&body).unwrap()["draft"].clone()
    };
    assert_eq!(draft("built-in"), "b();");
    for kind in ["llama-cpp", "ollama", "openai-compatible", "mistral"] {
        assert_eq!(draft(kind), Value::Null, "{kind}");
    }
}

#[test]
fn a_hole_is_encoded_in_every_wire_format() {
    let fill = || Prompt::Fill(fill());
    check(
        "mistral",
        "codestral-latest",
        fill(),
        expect![[r#"
        POST /fim/completions
        {
          "max_tokens": 64,
          "model": "codestral-latest",
          "prompt": "+++++ b.rs\nbest\n\n+++++ c.rs\nworst\n\n+++++ src/a.rs\nfn a() {",
          "stop": [
            "\n"
          ],
          "stream": true,
          "suffix": "}\n",
          "temperature": 0
        }
    "#]],
    );
    check(
        "deepseek",
        "deepseek-v4-flash",
        fill(),
        expect![[r#"
            POST /beta/completions
            {
              "logprobs": 1,
              "max_tokens": 64,
              "model": "deepseek-v4-flash",
              "prompt": "fn a() {",
              "stop": [
                "\n"
              ],
              "stream": true,
              "stream_options": {
                "include_usage": true
              },
              "suffix": "}\n",
              "temperature": 0
            }
        "#]],
    );
    check(
        "vllm",
        "qwen2.5-coder-7b",
        fill(),
        expect![[r#"
            POST /completions
            {
              "logprobs": 1,
              "max_tokens": 64,
              "model": "qwen2.5-coder-7b",
              "prompt": "<|repo_name|>workspace\n<|file_sep|>b.rs\nbest\n<|file_sep|>c.rs\nworst\n<|file_sep|>src/a.rs\n<|fim_prefix|>fn a() {<|fim_suffix|>}\n<|fim_middle|>",
              "stop": [
                "\n",
                "<|endoftext|>",
                "<|file_sep|>",
                "<|fim_prefix|>"
              ],
              "stream": true,
              "stream_options": {
                "include_usage": true
              },
              "temperature": 0
            }
        "#]],
    );
    check(
        "ollama",
        "qwen2.5-coder",
        fill(),
        expect![[r#"
            POST /api/generate
            {
              "logprobs": true,
              "model": "qwen2.5-coder",
              "options": {
                "num_ctx": 8192,
                "num_predict": 64,
                "stop": [
                  "\n",
                  "<|endoftext|>",
                  "<|file_sep|>",
                  "<|fim_prefix|>"
                ],
                "temperature": 0
              },
              "prompt": "fn a() {",
              "stream": true,
              "suffix": "}\n"
            }
        "#]],
    );
    check(
        "llama-cpp",
        "qwen",
        fill(),
        expect![[r#"
            POST /infill
            {
              "cache_prompt": true,
              "input_extra": [
                {
                  "filename": "c.rs",
                  "text": "worst"
                },
                {
                  "filename": "b.rs",
                  "text": "best"
                }
              ],
              "input_prefix": "fn a() {",
              "input_suffix": "}\n",
              "n_predict": 64,
              "n_probs": 1,
              "stop": [
                "\n"
              ],
              "stream": true,
              "temperature": 0,
              "timings_per_token": true
            }
        "#]],
    );
    check(
        "openrouter",
        "qwen/qwen3-coder",
        fill(),
        expect![[r#"
        POST /chat/completions
        {
          "max_tokens": 64,
          "messages": [
            {
              "content": "You are a code completion assistant.",
              "role": "system"
            },
            {
              "content": "<|repo_name|>workspace\n<|file_sep|>b.rs\nbest\n<|file_sep|>c.rs\nworst\n<|file_sep|>src/a.rs\n<|fim_prefix|>fn a() {<|fim_suffix|>}\n<|fim_middle|>",
              "role": "user"
            }
          ],
          "model": "qwen/qwen3-coder",
          "stop": [
            "\n",
            "<|endoftext|>",
            "<|file_sep|>",
            "<|fim_prefix|>"
          ],
          "stream": true,
          "stream_options": {
            "include_usage": true
          }
        }
    "#]],
    );
}

#[test]
fn a_question_is_encoded_in_every_wire_format() {
    let chat = || Prompt::Chat(chat());
    check(
        "openai",
        "gpt",
        chat(),
        expect![[r#"
            POST /chat/completions
            {
              "max_completion_tokens": 256,
              "messages": [
                {
                  "content": "be brief",
                  "role": "system"
                },
                {
                  "content": "From `b.rs`:\n~~~~\nbest\n~~~~\n\nFrom `c.rs`:\n~~~~\nworst\n~~~~\n\nwhy?",
                  "role": "user"
                }
              ],
              "model": "gpt",
              "stream": true,
              "stream_options": {
                "include_usage": true
              }
            }
        "#]],
    );
    check(
        "openai-responses",
        "gpt",
        chat(),
        expect![[r#"
        POST /responses
        {
          "input": [
            {
              "content": "From `b.rs`:\n~~~~\nbest\n~~~~\n\nFrom `c.rs`:\n~~~~\nworst\n~~~~\n\nwhy?",
              "role": "user"
            }
          ],
          "instructions": "be brief",
          "max_output_tokens": 256,
          "model": "gpt",
          "store": false,
          "stream": true
        }
    "#]],
    );
    check(
        "anthropic",
        "claude",
        chat(),
        expect![[r#"
        POST /messages
        anthropic-version: 2023-06-01
        {
          "max_tokens": 256,
          "messages": [
            {
              "content": [
                {
                  "text": "From `b.rs`:\n~~~~\nbest\n~~~~\n\nFrom `c.rs`:\n~~~~\nworst\n~~~~\n\n",
                  "type": "text"
                },
                {
                  "text": "why?",
                  "type": "text"
                }
              ],
              "role": "user"
            }
          ],
          "model": "claude",
          "stop_sequences": [
            "END"
          ],
          "stream": true,
          "system": "be brief"
        }
    "#]],
    );
    check(
        "gemini",
        "gemini-flash",
        chat(),
        expect![[r#"
        POST /models/gemini-flash:streamGenerateContent?alt=sse
        {
          "contents": [
            {
              "parts": [
                {
                  "text": "From `b.rs`:\n~~~~\nbest\n~~~~\n\nFrom `c.rs`:\n~~~~\nworst\n~~~~\n\nwhy?"
                }
              ],
              "role": "user"
            }
          ],
          "generationConfig": {
            "maxOutputTokens": 256,
            "stopSequences": [
              "END"
            ]
          },
          "systemInstruction": {
            "parts": [
              {
                "text": "be brief"
              }
            ]
          }
        }
    "#]],
    );
    check(
        "ollama",
        "llama",
        chat(),
        expect![[r#"
        POST /api/chat
        {
          "messages": [
            {
              "content": "be brief",
              "role": "system"
            },
            {
              "content": "From `b.rs`:\n~~~~\nbest\n~~~~\n\nFrom `c.rs`:\n~~~~\nworst\n~~~~\n\nwhy?",
              "role": "user"
            }
          ],
          "model": "llama",
          "options": {
            "num_ctx": 8192,
            "num_predict": 256,
            "stop": [
              "END"
            ]
          },
          "stream": true
        }
    "#]],
    );
}

#[test]
fn a_model_that_cannot_fill_holes_gets_a_question() {
    let request = encode(&target("anthropic", "claude"), &Prompt::Fill(fill()));
    let body = String::from_utf8(request.body).unwrap();
    assert!(body.contains("fn a() {<<<HOLE"), "{body}");
    assert!(body.contains(r#""stop_sequences":["</fill>"]"#), "{body}");
}

/// The bodies of a fill and of a chat.
fn bodies(kind: &str, id: &str) -> [Value; 2] {
    let target = target(kind, id);
    [Prompt::Fill(fill()), Prompt::Chat(chat())]
        .map(|it| serde_json::from_slice(&encode(&target, &it).body).unwrap())
}

#[test]
fn reasoning_is_limited_for_completions_only() {
    let [waiting, leisure] = bodies("openai", "gpt-5-mini");
    assert_eq!(waiting["reasoning_effort"], "minimal");
    assert!(leisure.get("reasoning_effort").is_none());
    // Reasoning that cannot be disabled does not reduce the room for the answer.
    assert_eq!(waiting["max_completion_tokens"], 64 + 256);
    let [waiting, _] = bodies("gemini", "gemini-2.5-flash");
    let generation = &waiting["generationConfig"];
    assert_eq!(generation["thinkingConfig"]["thinkingBudget"], 0);
    assert_eq!(generation["maxOutputTokens"], 64);
    assert!(bodies("openai", "gpt-4.1-mini")[0].get("reasoning_effort").is_none());
}

#[test]
fn gemini_s_path_contains_the_model_s_name_once() {
    let request = encode(&target("gemini", "models/gemini-2.5-flash"), &Prompt::Fill(fill()));
    assert_eq!(request.path, "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
}

#[test]
fn markers_in_the_user_s_text_are_escaped_for_a_template() {
    let marked = Fill { prefix: "s = \"<|fim_middle|>".to_owned(), ..fill() };
    let request = encode(&target("ollama", "qwen2.5-coder:7b"), &Prompt::Fill(marked));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["prompt"], "s = \"< |fim_middle|>");
    assert_eq!(body["options"]["stop"][1], "<|endoftext|>");
}

#[test]
fn a_long_stable_part_is_marked_for_the_cache() {
    let mut chat = chat();
    chat.parts[0].text = "x".repeat(8000);
    let request = encode(&target("anthropic", "claude"), &Prompt::Chat(chat));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let blocks = &body["messages"][0]["content"];
    assert_eq!(blocks[0]["cache_control"]["type"], "ephemeral");
    assert_eq!(blocks[1]["cache_control"], Value::Null);
}

#[test]
fn a_prompt_is_trimmed_to_the_window_lowest_rank_first() {
    let mut target = target("llama-cpp", "tiny");
    target.model.context_length = Some(100);
    let mut fill = fill();
    fill.parts[1].text = "x".repeat(100);
    let body = |fill: Fill| String::from_utf8(encode(&target, &Prompt::Fill(fill)).body).unwrap();
    let cut = body(fill.clone());
    assert!(cut.contains("best") && !cut.contains("xxx"), "{cut}");
    fill.prefix = format!("far{}near", "-".repeat(1000));
    let cut = body(fill);
    assert!(cut.contains("near") && !cut.contains("far") && !cut.contains("best"), "{cut}");
}

/// Decodes the events of a stream.
#[track_caller]
fn said(dialect: Dialect, events: &[Value]) -> Vec<Delta> {
    let events = events.iter().map(|it| SseEvent { name: None, data: it.to_string() });
    let mut deltas = Vec::new();
    for event in events {
        match dialect.decode(&event) {
            Ok(more) => deltas.extend(more),
            Err(failure) => panic!("{failure}: {event:?}"),
        }
    }
    deltas
}

fn text(text: &str) -> Delta {
    Delta::Text(text.to_owned())
}

fn thought(text: &str) -> Delta {
    Delta::Thought(text.to_owned())
}

fn usage(prompt: u64, cached: u64, written: u64, output: u64, reasoning: u64) -> Delta {
    Delta::Usage(Usage { prompt, cached, written, output, reasoning, ..Usage::default() })
}

#[test]
fn chat_completions_are_decoded() {
    use serde_json::json;
    let choice = |delta: Value, reason: Value| json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }], "usage": null });
    let events = [
        choice(json!({ "role": "assistant", "content": "" }), Value::Null),
        choice(json!({ "reasoning_content": "hm" }), Value::Null),
        choice(json!({ "content": "a" }), Value::Null),
        choice(json!({ "content": [{ "type": "text", "text": "b" }] }), Value::Null),
        choice(json!({}), "length".into()),
        json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 3,
            "prompt_tokens_details": { "cached_tokens": 4 }, "completion_tokens_details": { "reasoning_tokens": 1 } } }),
    ];
    for dialect in [Dialect::OpenAiChat, Dialect::MistralFim] {
        let expected = [
            thought("hm"),
            text("a"),
            text("b"),
            Delta::Finish(Finish::Length),
            usage(9, 4, 0, 3, 1),
        ];
        assert_eq!(said(dialect, &events), expected);
    }
    let groq = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "x_groq": { "id": "r",
        "usage": { "prompt_tokens": 2, "completion_tokens": 1 } } });
    assert_eq!(
        said(Dialect::OpenAiChat, &[groq]),
        [Delta::Finish(Finish::Stop), usage(2, 0, 0, 1, 0)]
    );
    let detail = |text: &str| json!({ "type": "reasoning.text", "index": 0, "text": text });
    let minimax = choice(
        json!({ "content": "", "reasoning_details": [detail("a"), detail("b")] }),
        Value::Null,
    );
    let router =
        choice(json!({ "reasoning": "a", "reasoning_details": [detail("a")] }), Value::Null);
    let summary = json!([{ "type": "reasoning.summary", "summary": "c" }]);
    let summary = choice(json!({ "reasoning_details": summary }), Value::Null);
    assert_eq!(
        said(Dialect::OpenAiChat, &[minimax, router, summary]),
        [thought("ab"), thought("a"), thought("c")]
    );
}

#[test]
fn times_of_llama_cpp_are_decoded_on_the_routes_of_openai() {
    use serde_json::json;
    let timings = json!({ "cache_n": 30, "prompt_n": 12, "prompt_ms": 600.0, "predicted_n": 5, "predicted_ms": 250.5 });
    let counted = json!({ "choices": [], "timings": timings,
        "usage": { "prompt_tokens": 42, "completion_tokens": 5, "total_tokens": 47 } });
    let uncounted = json!({ "choices": [], "timings": timings });
    let expected = Delta::Usage(Usage {
        prompt: 42,
        cached: 30,
        output: 5,
        reading: Some(Duration::from_millis(600)),
        writing: Some(Duration::from_micros(250_500)),
        ..Usage::default()
    });
    for dialect in [Dialect::OpenAiChat, Dialect::OpenAiCompletions] {
        for event in [&counted, &uncounted] {
            assert_eq!(
                said(dialect, std::slice::from_ref(event)),
                std::slice::from_ref(&expected),
                "{event}"
            );
        }
    }
}

#[test]
fn completions_are_decoded() {
    use serde_json::json;
    let events = [
        json!({ "choices": [{ "text": "a", "index": 0, "finish_reason": null }] }),
        json!({ "choices": [{ "text": "", "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 5, "completion_tokens": 1, "prompt_cache_hit_tokens": 3, "prompt_cache_miss_tokens": 2 } }),
    ];
    let expected = [text("a"), Delta::Finish(Finish::Stop), usage(5, 3, 0, 1, 0)];
    assert_eq!(said(Dialect::OpenAiCompletions, &events), expected);
}

#[test]
fn anthropic_is_decoded() {
    use serde_json::json;
    let events = [
        json!({ "type": "message_start", "message": { "usage": { "input_tokens": 5, "cache_read_input_tokens": 3,
            "cache_creation_input_tokens": 2, "output_tokens": 1 } } }),
        json!({ "type": "ping" }),
        json!({ "type": "content_block_delta", "delta": { "type": "thinking_delta", "thinking": "hm" } }),
        json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": "a" } }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 4 } }),
        json!({ "type": "message_stop" }),
    ];
    let expected = [
        usage(10, 3, 2, 0, 0),
        thought("hm"),
        text("a"),
        usage(0, 0, 0, 4, 0),
        Delta::Finish(Finish::Stop),
        Delta::End,
    ];
    assert_eq!(said(Dialect::Anthropic, &events), expected);
}

#[test]
fn responses_are_decoded() {
    use serde_json::json;
    let events = [
        json!({ "type": "response.created", "response": {} }),
        json!({ "type": "response.output_text.delta", "delta": "a" }),
        json!({ "type": "response.completed", "response": { "usage": { "input_tokens": 4, "output_tokens": 2,
            "input_tokens_details": { "cached_tokens": 1 }, "output_tokens_details": { "reasoning_tokens": 1 } } } }),
    ];
    let expected = [text("a"), usage(4, 1, 0, 2, 1), Delta::Finish(Finish::Stop), Delta::End];
    assert_eq!(said(Dialect::OpenAiResponses, &events), expected);
}

#[test]
fn gemini_is_decoded() {
    use serde_json::json;
    let events = [
        json!({ "candidates": [{ "content": { "parts": [{ "text": "hm", "thought": true }, { "text": "a" }] } }] }),
        json!({ "candidates": [{ "finishReason": "STOP" }], "usageMetadata": { "promptTokenCount": 4,
            "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "cachedContentTokenCount": 1 } }),
    ];
    let expected = [thought("hm"), text("a"), usage(4, 1, 0, 5, 3), Delta::Finish(Finish::Stop)];
    assert_eq!(said(Dialect::Gemini, &events), expected);
}

#[test]
fn ollama_and_llama_cpp_are_decoded() {
    use serde_json::json;
    let done = json!({ "response": "", "done": true, "done_reason": "length", "prompt_eval_count": 7, "eval_count": 2 });
    let events = [json!({ "response": "a", "done": false }), done];
    let expected = [text("a"), usage(7, 0, 0, 2, 0), Delta::Finish(Finish::Length), Delta::End];
    assert_eq!(said(Dialect::OllamaGenerate, &events), expected);
    let events = [json!({ "message": { "role": "assistant", "content": "a" }, "done": false })];
    assert_eq!(said(Dialect::OllamaChat, &events), [text("a")]);
    let events = [
        json!({ "content": "a", "stop": false }),
        json!({ "content": "", "stop": true, "stop_type": "eos", "tokens_predicted": 2, "tokens_evaluated": 19,
            "timings": { "cache_n": 18, "prompt_n": 1 } }),
    ];
    let expected = [text("a"), usage(19, 18, 0, 2, 0), Delta::Finish(Finish::Stop), Delta::End];
    assert_eq!(said(Dialect::LlamaInfill, &events), expected);
}

#[test]
fn probabilities_are_decoded_in_the_format_of_each_server() {
    use serde_json::json;
    let expected = [Delta::LogProb(-0.75), text("ab")];
    for (dialect, event) in [
        (
            Dialect::LlamaCompletion,
            json!({ "content": "ab", "stop": false,
                "completion_probabilities": [{ "token": "a", "logprob": -0.5 }, { "token": "b", "logprob": -0.25 }] }),
        ),
        (
            Dialect::OllamaGenerate,
            json!({ "response": "ab", "done": false, "logprobs": [{ "token": "ab", "logprob": -0.75 }] }),
        ),
        (
            Dialect::OpenAiCompletions,
            json!({ "choices": [{ "text": "ab", "logprobs": { "token_logprobs": [-0.5, -0.25] } }] }),
        ),
        (
            Dialect::OpenAiCompletions,
            json!({ "choices": [{ "text": "ab", "logprobs": { "content": [{ "logprob": -0.75 }] } }] }),
        ),
    ] {
        assert_eq!(said(dialect, std::slice::from_ref(&event)), expected, "{event}");
    }
    // The first token of an echoed prompt has none, and some servers write positive numbers.
    for values in [json!([null, -0.5]), json!([0.5]), json!([]), json!("x")] {
        let event =
            json!({ "choices": [{ "text": "ab", "logprobs": { "token_logprobs": values } }] });
        assert_eq!(said(Dialect::OpenAiCompletions, &[event]), [text("ab")]);
    }
}

#[test]
fn a_refusal_or_an_error_inside_an_answer_is_a_failure() {
    use serde_json::json;
    let fails = |dialect: Dialect, event: Value| {
        let event = SseEvent { name: None, data: event.to_string() };
        dialect.decode(&event).err().map(|it| it.name())
    };
    let filtered = json!({ "choices": [{ "delta": {}, "finish_reason": "content_filter" }] });
    assert_eq!(fails(Dialect::OpenAiChat, filtered), Some("refused"));
    let refused = json!({ "type": "message_delta", "delta": { "stop_reason": "refusal" } });
    assert_eq!(fails(Dialect::Anthropic, refused), Some("refused"));
    let recited = json!({ "candidates": [{ "finishReason": "RECITATION" }] });
    assert_eq!(fails(Dialect::Gemini, recited), Some("refused"));
    let blocked = json!({ "promptFeedback": { "blockReason": "SAFETY" } });
    assert_eq!(fails(Dialect::Gemini, blocked), Some("refused"));
    let failed = json!({ "type": "response.failed", "response": { "error": { "code": "rate_limit_exceeded", "message": "m" } } });
    assert_eq!(fails(Dialect::OpenAiResponses, failed), Some("rate-limited"));
    for dialect in Dialect::ALL {
        let error = json!({ "error": { "message": "m", "code": 503 } });
        assert_eq!(fails(dialect, error), Some("overloaded"), "{dialect:?}");
        let garbage = SseEvent { name: None, data: "{\"choices\":".to_owned() };
        assert!(matches!(dialect.decode(&garbage), Err(Failure::Garbled { .. })), "{dialect:?}");
    }
}

/// Decodes an event with a finish reason where each wire format has it.
fn ends(dialect: Dialect, reason: &Value) -> Vec<Delta> {
    use serde_json::json;
    let event = match dialect {
        Dialect::Anthropic => {
            json!({ "type": "message_delta", "delta": { "stop_reason": reason } })
        }
        Dialect::Gemini => json!({ "candidates": [{ "finishReason": reason }] }),
        _ => json!({ "choices": [{ "delta": {}, "text": "", "finish_reason": reason }] }),
    };
    let mut deltas = said(dialect, &[event]);
    deltas.retain(|it| matches!(it, Delta::Finish(_)));
    deltas
}

#[test]
fn an_empty_finish_reason_ends_nothing() {
    use serde_json::json;
    let choices = [Dialect::OpenAiChat, Dialect::MistralFim, Dialect::OpenAiCompletions];
    for dialect in choices.into_iter().chain([Dialect::Anthropic, Dialect::Gemini]) {
        for none in [json!(""), json!(" "), json!("null"), json!("None"), json!(null), json!(0)] {
            assert_eq!(ends(dialect, &none), [], "{dialect:?}, {none}");
        }
    }
    assert_eq!(ends(Dialect::Gemini, &"FINISH_REASON_UNSPECIFIED".into()), []);
    for dialect in choices {
        let cases = [("stop", Finish::Stop), ("eos", Finish::Stop), ("MAX_TOKENS", Finish::Length)];
        for (reason, finish) in cases.into_iter().chain([("tool_calls", Finish::Other)]) {
            assert_eq!(ends(dialect, &reason.into()), [Delta::Finish(finish)], "{reason}");
        }
    }
    assert_eq!(ends(Dialect::Anthropic, &"tool_use".into()), [Delta::Finish(Finish::Other)]);
}

#[test]
fn only_the_first_of_several_answers_is_decoded() {
    use serde_json::json;
    let choice = |index: Value, text: &str| json!({ "index": index, "text": text, "delta": { "content": text }, "finish_reason": "stop" });
    for dialect in [Dialect::OpenAiChat, Dialect::MistralFim, Dialect::OpenAiCompletions] {
        let both = json!({ "choices": [choice(json!(1), "x"), choice(json!(0), "a")] });
        let first = [text("a"), Delta::Finish(Finish::Stop)];
        assert_eq!(said(dialect, &[both]), first, "{dialect:?}");
        assert_eq!(said(dialect, &[json!({ "choices": [choice(json!(2), "x")] })]), []);
        let unnumbered = json!({ "choices": [choice(Value::Null, "a")] });
        assert_eq!(said(dialect, &[unnumbered]), first, "{dialect:?}");
    }
}

#[test]
fn an_empty_error_field_is_no_error() {
    use serde_json::json;
    for dialect in Dialect::ALL {
        for error in [json!(null), json!({}), json!(""), json!({ "message": "", "code": null })] {
            let event = SseEvent {
                name: None,
                data: json!({ "error": error, "type": "ping", "content": "", "done": false })
                    .to_string(),
            };
            // Only the event itself is passed on.
            let passed = dialect.relays().map(|_| Delta::Relayed(event.clone()));
            let said = dialect.decode(&event);
            assert_eq!(said, Ok(Vec::from_iter(passed)), "{dialect:?}, {error}");
        }
    }
}

#[test]
fn an_answer_that_is_not_a_stream_can_have_a_byte_order_mark_or_be_a_list() {
    use serde_json::json;
    let message = json!({ "choices": [{ "message": { "content": "a" }, "finish_reason": null }] });
    let said = Dialect::OpenAiChat.decode_whole(&format!("\u{feff}\n{message}\n"));
    assert_eq!(said, Ok(vec![text("a"), Delta::Finish(Finish::Stop)]));
    let silent = json!({ "choices": [{ "message": { "content": "" }, "finish_reason": null }] });
    assert_eq!(Dialect::OpenAiChat.decode_whole(&silent.to_string()), Ok(Vec::new()));
    let list = json!([
        { "candidates": [{ "content": { "parts": [{ "text": "a" }] } }] },
        { "candidates": [{ "content": { "parts": [{ "text": "b" }] }, "finishReason": "STOP" }] },
    ]);
    let said = Dialect::Gemini.decode_whole(&list.to_string());
    assert_eq!(said, Ok(vec![text("a"), text("b"), Delta::Finish(Finish::Stop)]));
    let failed = json!([{ "candidates": [] }, { "error": { "code": 503, "message": "m" } }]);
    let failed = Dialect::Gemini.decode_whole(&failed.to_string());
    assert_eq!(failed.map_err(|it| it.name()), Err("overloaded"));
}

#[test]
fn text_in_the_event_that_starts_a_block_is_decoded() {
    use serde_json::json;
    let begun = |block: Value| json!({ "type": "content_block_start", "content_block": block });
    let events = [
        begun(json!({ "type": "thinking", "thinking": "hm" })),
        begun(json!({ "type": "redacted_thinking", "data": "abc" })),
        begun(json!({ "type": "text", "text": "a" })),
        begun(json!({ "type": "text", "text": "" })),
    ];
    let expected = [thought("hm"), thought("abc"), text("a")];
    assert_eq!(said(Dialect::Anthropic, &events), expected);
}

#[test]
fn a_token_count_is_a_whole_number() {
    use serde_json::json;
    for (value, expected) in [
        (json!(9), 9),
        (json!(9.0), 9),
        (json!(1e3), 1000),
        (json!(9.5), 0),
        (json!(-1), 0),
        (json!(-1.0), 0),
        (json!(null), 0),
        (json!("9"), 0),
        (json!(1e300), MOST_TOKENS),
        (json!(u64::MAX), MOST_TOKENS),
    ] {
        assert_eq!(count(&value), expected, "{value}");
    }
}

/// Path, fields and text of a request for the next edit.
fn edit_request(kind: &str, id: &str) -> (String, String, String) {
    let window = EditWindow { text: "fn a() {\n".to_owned(), cursor: 5, earlier: "\n".to_owned() };
    let prompt =
        EditPrompt { path: "a.rs".to_owned(), window, max_tokens: 64, ..EditPrompt::default() };
    let request = encode(&target(kind, id), &Prompt::Edit(prompt));
    assert_eq!(request.empty, EmptyAnswer::NothingToInsert);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let fields: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let text = body["prompt"].as_str().or(body["messages"][0]["content"].as_str());
    (request.path, fields.join(" "), text.unwrap_or_default().to_owned())
}

#[test]
fn a_next_edit_is_encoded_in_the_format_of_its_model() {
    for (kind, id, path, fields, text) in [
        (
            "inception",
            "mercury-edit-2",
            "/edit/completions",
            "max_tokens messages model",
            "<|code_to_edit|>\nfn a(<|cursor|>) {\n",
        ),
        (
            "llama-cpp",
            "zeta-2.1",
            "/completion",
            "cache_prompt model n_predict n_probs prompt stop stream temperature timings_per_token",
            "<|marker_1|>fn a(<|user_cursor|>) {\n<|marker_2|>",
        ),
        (
            "ollama",
            "zeta2",
            "/api/generate",
            "logprobs model options prompt raw stream",
            "<<<<<<< CURRENT\nfn a(<|user_cursor|>) {\n=======\n",
        ),
        (
            "vllm",
            "sweepai/sweep-next-edit-1.5B",
            "/completions",
            "logprobs max_tokens model prompt stop stream stream_options temperature",
            "<|file_sep|>current/a.rs\nfn a() {\n",
        ),
        (
            "openai",
            "gpt-5-mini",
            "/chat/completions",
            "max_completion_tokens messages model reasoning_effort stream stream_options",
            "You predict the next edit",
        ),
        // Without a route for edits, and without one for text to continue.
        (
            "openrouter",
            "inception/mercury-edit-2",
            "/chat/completions",
            "max_tokens messages model stop stream stream_options",
            "You predict the next edit",
        ),
        (
            "openrouter",
            "zeta-2.1",
            "/chat/completions",
            "max_tokens messages model stop stream stream_options",
            "You predict the next edit",
        ),
    ] {
        let request = edit_request(kind, id);
        assert_eq!((&*request.0, &*request.1), (path, fields), "{kind}/{id}");
        assert!(request.2.contains(text), "{kind}/{id}: {}", request.2);
    }
}

#[test]
fn an_answer_of_inceptions_route_for_edits_is_decoded() {
    let answer = include_str!("../../../tests/cassettes/inception/edit.json");
    let deltas = Dialect::OpenAiChat.decode_whole(answer).unwrap();
    let usage = Usage { prompt: 221, cached: 25, output: 28, ..Usage::default() };
    let expected = [
        Delta::Text("```\nfn a(w: f64) {\n```".to_owned()),
        Delta::Finish(Finish::Stop),
        Delta::Usage(usage),
    ];
    assert_eq!(deltas, expected);
}

fn any_json() -> impl Strategy<Value = Value> {
    let keys = prop_oneof![
        Just("choices"),
        Just("delta"),
        Just("text"),
        Just("content"),
        Just("type"),
        Just("usage"),
        Just("error"),
        Just("candidates"),
        Just("parts"),
        Just("message"),
        Just("response"),
        Just("done"),
        Just("stop"),
        Just("code"),
        Just("index"),
        Just("cost"),
        Just("finish_reason"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z_.]{0,12}".prop_map(Value::from),
        Just("message_delta".into()),
        Just("response.completed".into()),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..4)
                .prop_map(|it| it.into_iter().map(|(key, it)| (key.to_owned(), it)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_event_causes_a_panic(value in any_json(), raw in "\\PC{0,40}") {
        for dialect in Dialect::ALL {
            _ = dialect.decode(&SseEvent { name: None, data: value.to_string() });
            _ = dialect.decode(&SseEvent { name: None, data: raw.clone() });
            _ = dialect.decode_whole(&format!("[{value}]"));
        }
    }
}
