//! The share of a prompt that equals the start of the previous one, while lines are typed token by token, and the time to
//! gather context.

use std::time::{Duration, Instant};

use ropey::Rope;
use understudy::context::gather::{ContextBudget, Sticky, gather};
use understudy::workspace::tokens::lexer;

use crate::ground::Ground;
use crate::random::Random;

const LINES: usize = 40;
/// Bytes per token, the prototype's estimate.
const TOKEN: f64 = 3.5;

#[derive(Default)]
pub(crate) struct Figures {
    /// For sticky and for fresh parts: sum of shares, prompts, tokens, cacheable tokens.
    rows: [(f64, usize, f64, f64); 2],
    /// Of fresh parts.
    times: Vec<Duration>,
}

impl Figures {
    pub(crate) fn add(&mut self, ground: &Ground) {
        let mut random = Random(99);
        for (path, text) in &ground.held {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            if lines.len() < LINES + 40 {
                continue;
            }
            let first = 20 + random.below(lines.len() - LINES - 30);
            let (above, rest) = (lines[..first].concat(), &lines[first..]);
            let below = rest[LINES..].concat();
            let mut typed = above;
            let mut last = [String::new(), String::new()];
            let mut sticky = Sticky::default();
            for line in &rest[..LINES] {
                let start = typed.len();
                for word in lexer::lex(line).filter(|_| !line.trim().is_empty()) {
                    typed.truncate(start);
                    typed.push_str(&line[..word.end]);
                    let document = [typed.as_str(), "\n", &below].concat();
                    let rope = Rope::from_str(&document);
                    let tree = ground.tree(path, &rope);
                    let query = ground.query(path, &rope, typed.len(), tree.as_ref());
                    for (nth, sticky) in
                        [&mut sticky, &mut Sticky::default()].into_iter().enumerate()
                    {
                        let (excerpt, parts) = ground.with(|it| {
                            let began = Instant::now();
                            let gathered = gather(&query, it, sticky, ContextBudget::default());
                            if nth == 1 {
                                self.times.push(began.elapsed());
                            }
                            gathered
                        });
                        let parts: String =
                            parts.into_iter().map(|it| it.path + &it.text).collect();
                        let prompt = [parts, excerpt.suffix, excerpt.prefix].concat();
                        self.compare(nth, &last[nth], &prompt);
                        last[nth] = prompt;
                    }
                }
                typed.truncate(start);
                typed.push_str(line);
            }
        }
    }

    fn compare(&mut self, nth: usize, last: &str, prompt: &str) {
        if last.is_empty() {
            return;
        }
        let same = last.bytes().zip(prompt.bytes()).take_while(|it| it.0 == it.1).count();
        let tokens = (same as f64 / TOKEN) as usize;
        let row = &mut self.rows[nth];
        row.0 += same as f64 / prompt.len() as f64;
        row.1 += 1;
        row.2 += prompt.len() as f64 / TOKEN;
        row.3 += if tokens >= 1024 { (tokens / 128 * 128) as f64 } else { 0.0 };
    }

    pub(crate) fn print(&mut self) {
        println!("\nshared start of successive prompts (parts, suffix, prefix)\n");
        println!(
            "| parts | identical leading share | cacheable | prompts | tokens |\n|---|---|---|---|---|"
        );
        for (name, row) in ["sticky", "fresh"].iter().zip(&self.rows) {
            let count = row.1.max(1) as f64;
            let (share, cached) = (row.0 / count, row.3 / row.2.max(1.0));
            println!("| {name} | {share:.3} | {cached:.3} | {} | {:.0} |", row.1, row.2 / count);
        }
        self.times.sort_unstable();
        let at = |share: usize| {
            self.times.get(self.times.len() * share / 100).copied().unwrap_or_default()
        };
        println!("\ncontext gathered: p50 {:?}, p95 {:?}", at(50), at(95));
    }
}
