//! Recall of names: of those in the next five lines that the window lacks and the repository has, the share
//! that the parts contain.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use ropey::Rope;
use understudy::context::excerpt;
use understudy::context::gather::{ContextBudget, Sticky, gather};
use understudy::syntax::tree::Tree;

use crate::bootstrap::Pair;
use crate::ground::{Ground, idents};
use crate::random::Random;
use crate::{bootstrap, rivals};

/// Bytes per token, the prototype's estimate.
pub(crate) const TOKEN: f64 = 3.5;
const BUDGETS: [usize; 4] = [256, 512, 1024, 2048];

/// A file with a hole, and the cursor before it.
struct Moment {
    rope: Rope,
    tree: Option<Tree>,
    offset: usize,
}

impl Moment {
    fn new(ground: &Ground, path: &Path, text: &str, hole: Range<usize>) -> Self {
        let rope = Rope::from_str(&[&text[..hole.start], &text[hole.end..]].concat());
        Self { tree: ground.tree(path, &rope), rope, offset: hole.start }
    }

    fn gather(
        &self,
        ground: &Ground,
        path: &Path,
        sticky: &mut Sticky,
        budget: ContextBudget,
    ) -> String {
        let query = ground.query(path, &self.rope, self.offset, self.tree.as_ref());
        let (_, parts) = ground.with(|it| gather(&query, it, sticky, budget));
        parts.into_iter().map(|it| it.text + "\n").collect()
    }
}

#[derive(Default)]
pub(crate) struct Figures {
    /// By retriever and budget: found names, wanted names, positions and time.
    rows: BTreeMap<(usize, usize), (usize, usize, usize, Duration)>,
    slowest: Vec<Duration>,
    /// Names found in each file by the server's context and by the prototype's mix, by budget.
    files: BTreeMap<usize, Vec<Pair>>,
}

const NAMES: [&str; 6] = [
    "ring of random chunks",
    "Jaccard, 60 lines, 20 files",
    "BM25 over chunks",
    "definitions, continuations, BM25",
    "gather",
    "gather, held on to for some lines",
];
/// The prototype, the server's context, and the same context some lines later.
const THEIRS: usize = 3;
const OURS: usize = 4;
/// Lines typed since the context was collected.
const LINES_ON: usize = 8;

pub(crate) fn bytes(tokens: usize) -> usize {
    (tokens as f64 * TOKEN) as usize
}

impl Figures {
    pub(crate) fn add(&mut self, ground: &Ground, positions: usize) {
        let mut random = Random(77);
        let names: HashSet<&str> = ground.files.values().flat_map(|it| idents(it)).collect();
        for (path, text) in &ground.held {
            let starts: Vec<usize> =
                std::iter::once(0).chain(text.match_indices('\n').map(|it| it.0 + 1)).collect();
            if starts.len() < 60 {
                continue;
            }
            for budget in BUDGETS {
                self.files.entry(budget).or_default().push(Pair::default());
            }
            for _ in 0..positions {
                let line = 15 + random.below(starts.len() - 30);
                let (start, end) = (starts[line], starts[line + 5]);
                if text[start..end].trim().len() < 20 {
                    continue;
                }
                let now = Moment::new(ground, path, text, start..end);
                let held = Moment::new(ground, path, text, starts[line - LINES_ON]..end);
                let window = excerpt::ExcerptBudget { prefix: bytes(1024), suffix: bytes(256) };
                let prefix =
                    &text[text.ceil_char_boundary(start.saturating_sub(window.prefix))..start];
                let suffix = &text[end..text.floor_char_boundary(end + window.suffix)];
                let seen: HashSet<&str> = idents(prefix).chain(idents(suffix)).collect();
                let code = text[start..end].lines().map(str::trim).filter(|it| {
                    !it.starts_with("//")
                        && !it.starts_with('*')
                        && (!it.starts_with('#') || it.starts_with("#["))
                });
                let wanted: HashSet<&str> = code
                    .flat_map(idents)
                    .filter(|it| {
                        !seen.contains(it) && (names.contains(*it) || text[..start].contains(*it))
                    })
                    .collect();
                let most = bytes(BUDGETS[3]);
                let timed = |ask: &mut dyn FnMut() -> String| {
                    let began = Instant::now();
                    (ask(), began.elapsed())
                };
                let rivals = [
                    timed(&mut || rivals::ring(ground, path, &text[..start], &mut random, most)),
                    timed(&mut || rivals::jaccard(ground, path, prefix, most)),
                    timed(&mut || rivals::bm25(ground, path, (prefix, suffix), most)),
                ];
                let fused = |budget| rivals::fused(ground, path, (prefix, suffix), bytes(budget));
                for budget in BUDGETS {
                    for (nth, _) in NAMES.iter().enumerate() {
                        let (found, took) = match rivals.get(nth) {
                            Some((found, took)) => {
                                let end = found.floor_char_boundary(bytes(budget));
                                (found[..end].to_owned(), *took)
                            }
                            None if nth == THEIRS => timed(&mut || fused(budget)),
                            None => {
                                let budget =
                                    ContextBudget { excerpt: window, parts: bytes(budget) };
                                let mut sticky = Sticky::default();
                                if nth > OURS {
                                    held.gather(ground, path, &mut sticky, budget);
                                }
                                timed(&mut || now.gather(ground, path, &mut sticky, budget))
                            }
                        };
                        if nth == OURS && budget == 1024 {
                            self.slowest.push(took);
                        }
                        let names: HashSet<&str> = idents(&found).collect();
                        let found = wanted.iter().filter(|it| names.contains(**it)).count();
                        if let Some(file) = self.files.entry(budget).or_default().last_mut() {
                            match nth {
                                OURS => file.ours += found as f64,
                                THEIRS => file.theirs += found as f64,
                                _ => {}
                            }
                        }
                        let row = self.rows.entry((nth, budget)).or_default();
                        row.0 += found;
                        row.1 += wanted.len();
                        row.2 += 1;
                        row.3 += took;
                    }
                }
            }
        }
    }

    pub(crate) fn print(&mut self) {
        println!("\nrecall of missing names, by tokens of parts\n");
        println!("| retriever | 256 | 512 | 1024 | 2048 | ms |\n|---|---|---|---|---|---|");
        for (nth, name) in NAMES.iter().enumerate() {
            let row = |budget| self.rows.get(&(nth, budget)).copied().unwrap_or_default();
            let shares: Vec<String> = BUDGETS
                .iter()
                .map(|it| row(*it))
                .map(|it| format!("{:.3}", it.0 as f64 / it.1.max(1) as f64))
                .collect();
            let (_, _, count, time) = row(1024);
            let ms = time.as_secs_f64() * 1e3 / count.max(1) as f64;
            println!("| {name} | {} | {ms:.2} |", shares.join(" | "));
        }
        println!("\ncontext compared with the prototype's mix: ratio and 95 % bounds\n");
        for (budget, files) in &self.files {
            let [ratio, low, high] = bootstrap::ratio(files, 95);
            println!("| {budget} | {ratio:.3} | {low:.3} to {high:.3} |");
        }
        self.slowest.sort();
        if let Some(p95) = self.slowest.get(self.slowest.len() * 95 / 100) {
            println!(
                "\ngather at 1024 tokens: p95 {:.2} ms over {} places",
                p95.as_secs_f64() * 1e3,
                self.slowest.len()
            );
        }
    }
}
