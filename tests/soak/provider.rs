//! Providers that fail in three of ten requests in different ways. Their answers depend on the prompt, so
//! that an answer to a different text is recognized.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::soak::mirror::Random;
use crate::support::stage::{END, text_event};
use crate::support::upstream::script::{Script, Step};
use crate::support::upstream::{Received, Upstream};

/// The start of every answer, which no edit contains.
pub(crate) const ANSWERED: char = 'Q';
const FILL: &str = "qwen2.5-coder";
const EDIT: &str = "```rust\nfn measure(input: &[f64], weight: f64) -> f64 {\n    let total = input.len() as f64;\n    total * weight\n}\n```";

pub(crate) struct Providers {
    /// The share of failing requests, in percent.
    share: Arc<AtomicU32>,
    _upstreams: Vec<Upstream>,
}

impl Providers {
    /// Three FIM providers, two chat providers, and their settings.
    pub(crate) fn start(home: &TempDir) -> Self {
        let share = Arc::new(AtomicU32::new(30));
        let upstreams: Vec<Upstream> = (0..5).map(|it| upstream(it, Arc::clone(&share))).collect();
        let rows = upstreams.iter().enumerate().map(|(at, it)| {
            // Chat has a price: a free model that hangs and that nothing can replace is waited for longer than a soak.
            let (kind, model) = match at {
                0..3 => ("vllm", format!("'{FILL}'")),
                _ => (
                    "openai-compatible",
                    "{ id = 'm', price = { input = 1, output = 2 } }".to_owned(),
                ),
            };
            let url = it.url();
            format!(
                "[[provider]]\nname = 'p{at}'\nkind = '{kind}'\nurl = '{url}'\nmodels = [{model}]\n"
            )
        });
        let fill = (0..3).map(|it| format!("'p{it}/{FILL}'")).collect::<Vec<_>>().join(", ");
        let head = format!(
            "embedded.enabled = false\nlog.level = 'debug'\ncache.megabytes = 1\n[route]\ncomplete = [[{fill}]]\n\
             edit = [['p3/m', 'p4/m']]\nexplain = [['p3/m', 'p4/m']]\n"
        );
        let config = home.path().join("config/understudy");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("config.toml"), head + &rows.collect::<String>()).unwrap();
        Self { share, _upstreams: upstreams }
    }

    pub(crate) fn fail(&self, share: u32) {
        self.share.store(share, Ordering::Relaxed);
    }
}

/// The only correct text after these lines.
pub(crate) fn expected(before: &str) -> String {
    let hash = before.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |it, byte| {
        (it ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // A comment is valid in any place.
    format!("// {ANSWERED}{hash:016x}")
}

fn upstream(number: u64, share: Arc<AtomicU32>) -> Upstream {
    let mut random = Random::new(number + 11);
    Upstream::deciding(move |request| {
        let right = right(request);
        match random.below(100) < share.load(Ordering::Relaxed) as usize {
            true => failing(&mut random, right),
            false => right,
        }
    })
}

fn right(request: &Received) -> Script {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(prompt) = body["prompt"].as_str() else {
        return Script::stream(text_event(EDIT) + END);
    };
    let prefix = prompt.rsplit_once("<|fim_suffix|>").map_or(prompt, |it| it.0);
    let mut lines = prefix.rsplit('\n');
    let (last, above) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let text = expected(&format!("{above}\n{last}"));
    let event = json!({ "choices": [{ "index": 0, "text": text, "finish_reason": "stop" }] });
    Script::stream(format!("data: {event}\n\ndata: [DONE]\n\n"))
}

fn failing(random: &mut Random, right: Script) -> Script {
    match random.below(20) {
        0..6 => Script::status(500),
        6..9 => Script::status(503),
        9 => Script::status(429).header("retry-after", "1"),
        10..14 => {
            let mut cut = right.in_pieces(25);
            cut.steps.truncate(1);
            cut.then(Step::Cut)
        }
        14..17 => Script::stream("data: {no json}\n\n"),
        17..19 => Script::new(200, Vec::new()),
        _ => Script::stream("").then(Step::Stall),
    }
}
