//! Typing during a call: one call serves the following keys while its text matches the typed text.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use understudy::usage;
use understudy::usage::reader::Reader;

use crate::support::editor::{inline, texts};
use crate::support::models::{OTHER, Stage, answer, text_event};
use crate::support::upstream::script::{Script, Step};
use crate::support::{ghost, stage};

const END: &str =
    "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// A provider that sends a part at once and the rest when the gate opens. It answers the next call at once.
struct World {
    stage: Stage,
    gate: Arc<Semaphore>,
    column: u32,
    version: i32,
}

impl World {
    fn new(first: &str, rest: &str, next: &str) -> Self {
        let gate = Arc::new(Semaphore::new(0));
        let first = if first.is_empty() { String::new() } else { text_event(first) };
        let slow = Script::stream(first)
            .then(Step::Gate(Arc::clone(&gate)))
            .then(Step::Bytes((text_event(rest) + END).into()));
        let stage = Stage::in_turn("", vec![slow, answer(next)]);
        Self { stage, gate, column: ghost::end(ghost::BEGUN).1, version: 1 }
    }

    /// Requests ghost text at the cursor.
    fn ask(&mut self) -> i64 {
        let place = (ghost::end(ghost::BEGUN).0, self.column);
        let params = inline(&self.stage.uri, place, 2);
        self.stage.editor.send("textDocument/inlineCompletion", params)
    }

    fn types(&mut self, text: &str) {
        self.version += 1;
        let place = (ghost::end(ghost::BEGUN).0, self.column);
        self.stage.editor.insert(&self.stage.uri, self.version, place, text);
        self.column += text.len() as u32;
    }

    fn offered(&mut self, id: i64) -> Vec<String> {
        texts(&self.stage.editor.result(id))
    }

    /// Requests to the model, without connections made ahead.
    fn calls(&self) -> usize {
        let requests = self.stage.upstreams[0].requests();
        requests.iter().filter(|it| it.method == "POST").count()
    }

    fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let start = std::time::Instant::now();
        while !is_so(self) {
            self.stage.editor.turn();
            assert!(start.elapsed().as_secs() < 20, "timed out");
        }
    }
}

#[test]
fn typing_during_a_call_gets_the_rest_of_its_answer() {
    for begun in ["", "sio"] {
        let mut world = World::new(begun, &OTHER[begun.len()..], "never");
        let mut asked = vec![world.ask()];
        world.until(|it| it.calls() == 1);
        for key in ["s", "i", "on"] {
            world.types(key);
            asked.push(world.ask());
        }
        let last = asked.pop().unwrap();
        for overtaken in asked {
            assert_eq!(world.stage.editor.result(overtaken), Value::Null);
        }
        world.gate.add_permits(1);
        assert_eq!(world.offered(last), [&OTHER[4..]]);
        assert_eq!(world.calls(), 1);
    }
}

#[test]
fn the_beginning_of_a_slow_answer_is_shown_and_its_rest_once_it_is_written() {
    for is_accepted in [true, false] {
        let mut world = World::new("sion.compute(first, sec", "ond);", "never");
        let first = world.ask();
        assert_eq!(world.offered(first), ["sion.compute(first,"]);
        if is_accepted {
            world.types("sion.compute(first,");
            let second = world.ask();
            world.gate.add_permits(1);
            assert_eq!(world.offered(second), [" second);"]);
        } else {
            // The editor asks again, or the user types on.
            let second = world.ask();
            assert_eq!(world.offered(second), ["sion.compute(first,"]);
            world.types("s");
            let third = world.ask();
            assert_eq!(world.offered(third), ["ion.compute(first,"]);
            world.gate.add_permits(1);
            let mut last = Vec::new();
            while last != ["ion.compute(first, second);"] {
                let next = world.ask();
                last = world.offered(next);
            }
        }
        assert_eq!(world.calls(), 1);
    }
}

#[test]
fn a_beginning_that_ends_with_a_word_goes_on_once_it_is_accepted() {
    let mut world = World::new("sion.first as u64 a", "s u128;", "never");
    let first = world.ask();
    assert_eq!(world.offered(first), ["sion.first as u64"]);
    world.types("sion.first as u64");
    let second = world.ask();
    world.gate.add_permits(1);
    assert_eq!(world.offered(second), [" as u128;"]);
    assert_eq!(world.calls(), 1);
}

#[test]
fn a_beginning_that_says_little_is_not_shown_before_the_rest() {
    let mut world = World::new("sion.co", "mpute(first);", "never");
    let first = world.ask();
    world.until(|it| it.calls() == 1);
    world.gate.add_permits(1);
    assert_eq!(world.offered(first), ["sion.compute(first);"]);
}

#[test]
fn text_received_between_two_requests_serves_the_next_key() {
    let mut world = World::new("", OTHER, "never");
    let first = world.ask();
    world.until(|it| it.calls() == 1);
    // Some editors cancel and pause before the next request.
    world.stage.editor.notify("$/cancelRequest", json!({ "id": first }));
    world.types("s");
    assert_eq!(world.stage.editor.error(first), -32800);
    world.gate.add_permits(1);
    let second = world.ask();
    assert_eq!(world.offered(second), [&OTHER[1..]]);
    world.types("i");
    let third = world.ask();
    assert_eq!(world.offered(third), [&OTHER[2..]]);
    assert_eq!(world.calls(), 1);
}

#[test]
fn a_call_whose_received_text_does_not_match_is_replaced() {
    let mut world = World::new("sion", ".never", "yz();");
    let first = world.ask();
    world.until(|it| it.calls() == 1);
    world.types("x");
    let second = world.ask();
    assert_eq!(world.stage.editor.result(first), Value::Null);
    assert_eq!(world.offered(second), ["yz();"]);
    assert_eq!(world.calls(), 2);
    world.until(|it| it.stage.upstreams[0].hang_ups() == 1);
}

#[test]
fn a_call_whose_text_arrives_later_and_does_not_match_is_replaced() {
    let mut world = World::new("", "sion.never();", "yz();");
    let first = world.ask();
    world.until(|it| it.calls() == 1);
    world.types("x");
    let second = world.ask();
    assert_eq!(world.stage.editor.result(first), Value::Null);
    world.stage.editor.turn();
    assert_eq!(world.calls(), 1);
    world.gate.add_permits(1);
    assert_eq!(world.offered(second), ["yz();"]);
    assert_eq!(world.calls(), 2);
}

#[test]
fn a_request_at_another_place_does_not_wait_for_the_previous_call() {
    let mut world = World::new("", OTHER, " // the end");
    let first = world.ask();
    world.until(|it| it.calls() == 1);
    // The next line exists already.
    let below = (ghost::end(ghost::BEGUN).0 + 1, 1);
    let params = inline(&world.stage.uri, below, 2);
    let second = world.stage.editor.send("textDocument/inlineCompletion", params);
    assert_eq!(world.stage.editor.result(first), Value::Null);
    assert_eq!(world.offered(second), [" // the end"]);
    assert_eq!(world.calls(), 2);
}

#[test]
fn a_call_without_requests_ends_after_a_moment() {
    let mut world = World::new("sion", ".never", "never");
    let asked = world.ask();
    world.until(|it| it.calls() == 1);
    world.stage.editor.notify("$/cancelRequest", json!({ "id": asked }));
    assert_eq!(world.stage.editor.error(asked), -32800);
    world.until(|it| it.stage.upstreams[0].hang_ups() == 1);
}

#[test]
fn closing_a_document_ends_its_calls() {
    let mut world = World::new("sion", ".never", "never");
    let asked = world.ask();
    world.until(|it| it.calls() == 1);
    let uri = world.stage.uri.clone();
    world.stage.editor.close(&uri);
    assert_eq!(world.stage.editor.result(asked), Value::Null);
    world.until(|it| it.stage.upstreams[0].hang_ups() == 1);
}

#[test]
fn with_ahead_the_next_suggestion_is_ready_when_the_first_is_accepted() {
    let scripts = vec![answer("sion +"), answer(" other.len();"), answer(" never();")];
    let stage = Stage::in_turn("complete.ahead = true", scripts);
    let column = ghost::end(ghost::BEGUN).1;
    let mut world = World { stage, gate: Arc::new(Semaphore::new(0)), column, version: 1 };
    let asked = world.ask();
    assert_eq!(world.offered(asked), ["sion +"]);
    world.until(|it| it.calls() == 2);
    let body = world.stage.upstreams[0].requests().pop().unwrap().body;
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains("let snapshot = session +<|fim_suffix|>"), "{body}");
    world.types("sion +");
    let behind = world.ask();
    assert_eq!(world.offered(behind), [" other.len();"]);
}

/// A remote server with a paid model.
fn paid(ahead: &str, scripts: Vec<Script>) -> World {
    let config = |urls: &[String]| {
        format!(
            "embedded.enabled = false\ncomplete.ahead = true\n{ahead}\n[[provider]]\nname = \"paid\"\n\
             kind = \"vllm\"\nurl = \"{}\"\nmodels = [{{ id = \"qwen2.5-coder\", \
             price = {{ input = 1, output = 2 }} }}]\n",
            urls[0]
        )
    };
    let stage = Stage::set_up(config, "", &[], vec![scripts]);
    let column = ghost::end(ghost::BEGUN).1;
    World { stage, gate: Arc::new(Semaphore::new(0)), column, version: 1 }
}

#[test]
fn prefetching_stays_within_its_spending_limit() {
    // Reports reasoning tokens that cost twenty cents.
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":100000}}\n\n";
    let dear = Script::stream(
        text_event(" other.len();")
            + END.split_inclusive("\n\n").next().unwrap()
            + usage
            + "data: [DONE]\n\n",
    );
    let scripts = vec![answer("sion +"), dear, answer(" // so it is"), answer(" // never")];
    let mut world = paid("limit.ahead.usd_per_day = 0.1", scripts);
    let asked = world.ask();
    assert_eq!(world.offered(asked), ["sion +"]);
    world.types("sion +");
    let behind = world.ask();
    assert_eq!(world.offered(behind), [" other.len();"]);
    // Another prefetch would exceed the limit; an invoked request is not limited by it.
    let invoked = inline(&world.stage.uri, (0, 0), 1);
    let invoked = world.stage.editor.send("textDocument/inlineCompletion", invoked);
    assert!(!world.offered(invoked).is_empty());
    assert_eq!(world.calls(), 3);
    let file = world.stage.state.path().join(usage::FILE);
    world.until(|_| {
        let Ok(Some(reader)) = Reader::open(&file) else { return false };
        let calls = reader.calls(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let features: Vec<_> = calls.iter().map(|it| it.feature.as_str()).collect();
        features == ["complete", "ahead", "complete"]
    });
}

#[test]
fn by_default_a_paid_model_is_not_used_for_prefetching() {
    let mut world = paid("", vec![answer("sion +"), answer(" other.len();"), answer(" never();")]);
    let asked = world.ask();
    assert_eq!(world.offered(asked), ["sion +"]);
    world.types("sion +");
    let behind = world.ask();
    assert_eq!(world.offered(behind), [" other.len();"]);
    assert_eq!(world.calls(), 2);
}

#[test]
fn a_prefetch_ends_when_different_text_is_typed() {
    let slow = Script::stream("").then(Step::Stall);
    let high = "complete.eagerness = \"high\"";
    let stage = Stage::in_turn(high, vec![answer("sion +"), slow]);
    let column = ghost::end(ghost::BEGUN).1;
    let mut world = World { stage, gate: Arc::new(Semaphore::new(0)), column, version: 1 };
    let asked = world.ask();
    assert_eq!(world.offered(asked), ["sion +"]);
    world.until(|it| it.calls() == 2);
    world.types("s");
    world.types("x");
    world.until(|it| it.stage.upstreams[0].hang_ups() == 1);
}

#[test]
fn a_paid_model_is_not_used_automatically_at_the_end_of_a_statement() {
    let rows = "embedded.enabled = false\n[[provider]]\nname = \"dear\"\nkind = \"vllm\"\nurl = \"URL\"\n\
                models = [{ id = \"qwen2.5-coder\", price = { input = 1, output = 2 } }]\n";
    let mut stage = stage::Stage::with_provider(rows, answer(" + 1;"));
    let uri = stage.uri.clone();
    assert_eq!(stage.editor.ghost(&uri, (1, 18)), [""; 0]);
    assert_eq!(stage.hits(), [0]);
    assert_eq!(stage.editor.ghost(&uri, (2, 5)), [" + 1;"]);
    let invoked = inline(&uri, (1, 18), 1);
    stage.editor.request("textDocument/inlineCompletion", invoked);
    assert_eq!(stage.hits(), [2]);
}
