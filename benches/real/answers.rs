//! Answers of the model, kept in a file of one JSON object per line.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use understudy::prompt::Fill;
use understudy::provider::fim;
use understudy::provider::fim::family::FimFamily;
use understudy::reply::certainty::Certainty;
use understudy::reply::completion::PostProcessor;
use understudy::reply::completion::hole::Hole;

use crate::llama::send;
use crate::place::Place;
use crate::variant::Variant;

/// Its family has the markers of the prompts.
const MODEL: &str = "qwen2.5-coder";

/// A place with a variant of its prompt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Key {
    repo: String,
    path: String,
    row: usize,
    column: usize,
    variant: String,
    /// Of the prompt, in bytes: another prompt is another answer.
    prompt: usize,
}

/// What the server answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The tokens of the text with the logarithms of their probabilities.
    pub(crate) tokens: Vec<(String, f32)>,
    pub(crate) prompt_tokens: u64,
    pub(crate) reading_ms: f64,
    pub(crate) writing_ms: f64,
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    key: Key,
    #[serde(flatten)]
    answer: Answer,
}

/// An answer as the product would show it.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// What the product would insert, if anything.
    pub(crate) text: Option<String>,
    pub(crate) is_right: bool,
    pub(crate) probability: Option<f32>,
    pub(crate) answer: Answer,
}

pub(crate) struct Answers {
    known: HashMap<Key, Answer>,
    file: File,
    server: Option<String>,
    family: &'static FimFamily,
}

impl Answers {
    pub(crate) fn open(path: &Path, server: Option<String>) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines().map(serde_json::from_str::<Line>);
        let known: Result<_, _> = lines.map(|it| it.map(|it| (it.key, it.answer))).collect();
        let file = File::options().create(true).append(true).open(path);
        let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
        let family = fim::family(MODEL).context("no such family")?;
        Ok(Self { known: known?, file, server, family })
    }

    /// The answer to a prompt; `None` if it is not kept and there is no server.
    pub(crate) fn of(
        &mut self,
        repo: &str,
        root: &Path,
        place: &Place,
        variant: &Variant,
        fill: &Fill,
    ) -> anyhow::Result<Option<Judged>> {
        let prompt = fim::render(self.family, fill);
        let key = Key {
            repo: repo.to_owned(),
            path: place.path.strip_prefix(root)?.to_string_lossy().into_owned(),
            row: place.row,
            column: place.column,
            variant: variant.name.to_owned(),
            prompt: prompt.len(),
        };
        if let Some(answer) = self.known.get(&key) {
            return Ok(Some(self.judged(answer.clone(), fill, &place.truth)));
        }
        let Some(server) = &self.server else { return Ok(None) };
        // Only a streamed answer has the probability of the token in which it stops.
        let body = json!({
            "prompt": prompt, "n_predict": fill.max_tokens, "temperature": 0, "stop": ["\n"], "n_probs": 1,
            "cache_prompt": true, "stream": true,
        });
        let answer = answer(&send(server, "/completion", &body)?)?;
        let line = Line { key, answer: answer.clone() };
        writeln!(self.file, "{}", serde_json::to_string(&line)?)?;
        self.known.insert(line.key, line.answer);
        Ok(Some(self.judged(answer, fill, &place.truth)))
    }

    fn judged(&self, answer: Answer, fill: &Fill, truth: &str) -> Judged {
        let mut certainty = Certainty::default();
        let mut processor = PostProcessor::new(Hole::of(fill, self.family.tokens));
        for (token, log_prob) in &answer.tokens {
            certainty.push(token, Some(*log_prob));
            processor.push(token);
        }
        let text = processor.finish().map(|it| it.text);
        let probability =
            text.as_ref().and_then(|it| certainty.of_part(processor.reply(), it).probability(it));
        let is_right = text.as_ref().is_some_and(|it| it.trim() == truth.trim());
        Judged { text, is_right, probability, answer }
    }
}

fn answer(reply: &str) -> anyhow::Result<Answer> {
    let lines = reply.lines().filter_map(|it| it.strip_prefix("data: "));
    let events: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
    let events = events?;
    let last = events.last().filter(|it| it["stop"] == true);
    let last = last.with_context(|| format!("an answer without an end: {reply}"))?;
    let token = |it: &Value| {
        let log_prob = it["completion_probabilities"][0]["logprob"].as_f64()?;
        Some((it["content"].as_str()?.to_owned(), log_prob as f32))
    };
    let number = |it: &str| last["timings"][it].as_f64().unwrap_or_default();
    Ok(Answer {
        tokens: events.iter().filter_map(token).collect(),
        prompt_tokens: last["tokens_evaluated"].as_u64().unwrap_or_default(),
        reading_ms: number("prompt_ms"),
        writing_ms: number("predicted_ms"),
    })
}
