//! Ghost text asked for with a key: the best two models answer side by side.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::support::editor::{inline, texts};
use crate::support::ghost;
use crate::support::models::{OTHER, Stage, answer};
use crate::support::upstream::script::{Script, Step};

const AUTOMATIC: u8 = 2;
const INVOKED: u8 = 1;
const ANOTHER: &str = "sion.from_another();";

/// Two servers of the user's own with these models, equal or one for when the other is out.
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
fn the_best_two_models_are_asked_side_by_side() {
    let mut stage = stage(OTHERS, EQUAL, vec![answer(OTHER), answer(ANOTHER)]);
    assert_eq!(ghost(&mut stage, AUTOMATIC), [OTHER]);
    assert_eq!(stage.hits(), [1, 0]);
    assert_eq!(ghost(&mut stage, INVOKED), [OTHER, ANOTHER]);
}

#[test]
fn the_same_model_elsewhere_is_no_second_opinion_nor_is_one_for_when_the_first_is_out() {
    for (models, route) in [(["qwen2.5-coder"; 2], EQUAL), (OTHERS, "[[\"p0\"], [\"p1\"]]")] {
        let mut stage = stage(models, route, vec![answer(OTHER), answer(ANOTHER)]);
        assert_eq!(ghost(&mut stage, INVOKED), [OTHER], "{models:?} {route}");
        assert_eq!(stage.hits(), [1, 0]);
    }
}

#[test]
fn a_second_that_hangs_is_not_waited_for() {
    let never = Script::stream("").then(Step::Gate(Arc::new(Semaphore::new(0))));
    let mut stage = stage(OTHERS, EQUAL, vec![answer(OTHER), never]);
    assert_eq!(ghost(&mut stage, INVOKED), [OTHER]);
}

#[test]
fn a_second_answers_where_the_first_fails() {
    let mut stage = stage(OTHERS, EQUAL, vec![Script::status(500), answer(ANOTHER)]);
    assert_eq!(ghost(&mut stage, INVOKED), [ANOTHER]);
}
