//! Invoked ghost text: the best two models answer in parallel.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::support::editor::{inline, texts};
use crate::support::ghost;
use crate::support::models::{OTHER, Stage, answer};
use crate::support::upstream::script::{Script, Step};

const AUTOMATIC: u8 = 2;
const INVOKED: u8 = 1;
const ANOTHER: &str = "sion.from_another();";

/// Two local servers with these models, of equal rank or with one as a fallback.
fn stage(models: [&str; 2], route: &str, scripts: Vec<Script>) -> Stage {
    let config = |urls: &[String]| {
        let rows = urls.iter().zip(models).enumerate().map(|(at, (url, model))| {
            format!("[[provider]]\nname = \"p{at}\"\nkind = \"vllm\"\nurl = \"{url}\"\nmodels = [\"{model}\"]\n")
        });
        let rows: String = rows.collect();
        format!(
            "embedded.preempt = 1\nembedded.invoked_threshold = 1\nroute.prefer = \"listed\"\n\
             route.complete = {route}\nlimit.complete.total_ms = 60000\n{rows}"
        )
    };
    Stage::set_up(config, "", &[], scripts.into_iter().map(|it| vec![it]).collect())
}

fn ghost(stage: &mut Stage, trigger: u8) -> Vec<String> {
    let params = inline(&stage.uri, ghost::end(ghost::BEGUN), trigger.into());
    texts(&stage.editor.request("textDocument/inlineCompletion", params))
}

const EQUAL: &str = "[[\"p0\", \"p1\"]]";
const OTHERS: [&str; 2] = ["qwen2.5-coder", "codestral"];

#[test]
fn an_invoked_request_queries_the_best_two_models_in_parallel() {
    let mut stage = stage(OTHERS, EQUAL, vec![answer(OTHER), answer(ANOTHER)]);
    assert_eq!(ghost(&mut stage, AUTOMATIC), [OTHER]);
    assert_eq!(stage.hits(), [1, 0]);
    assert_eq!(ghost(&mut stage, INVOKED), [OTHER, ANOTHER]);
}

#[test]
fn a_second_suggestion_needs_a_different_model_of_the_same_rank() {
    for (models, route) in [(["qwen2.5-coder"; 2], EQUAL), (OTHERS, "[[\"p0\"], [\"p1\"]]")] {
        let mut stage = stage(models, route, vec![answer(OTHER), answer(ANOTHER)]);
        assert_eq!(ghost(&mut stage, INVOKED), [OTHER], "{models:?} {route}");
        assert_eq!(stage.hits(), [1, 0]);
    }
}

#[test]
fn a_hanging_second_model_does_not_delay_the_first() {
    let never = Script::stream("").then(Step::Gate(Arc::new(Semaphore::new(0))));
    let mut stage = stage(OTHERS, EQUAL, vec![answer(OTHER), never]);
    assert_eq!(ghost(&mut stage, INVOKED), [OTHER]);
}

#[test]
fn the_second_model_answers_if_the_first_fails() {
    let mut stage = stage(OTHERS, EQUAL, vec![Script::status(500), answer(ANOTHER)]);
    assert_eq!(ghost(&mut stage, INVOKED), [ANOTHER]);
}
