//! What `shape` removes from correct replies.

use std::time::{Duration, Instant};

use understudy::prompt::CompletionScope;
use understudy::reply::completion::hole::Hole;
use understudy::reply::completion::{PostProcessor, ReplyProgress};
use understudy::syntax::language::Language;

use crate::ground::Ground;
use crate::random::Random;

#[derive(Default)]
pub(crate) struct Figures {
    right: usize,
    all: usize,
    pieces: usize,
    time: Duration,
    lost: Vec<String>,
}

impl Figures {
    pub(crate) fn add(&mut self, ground: &Ground, positions: usize) {
        let mut random = Random(5);
        for (path, text) in &ground.held {
            let language = Language::detect("", Some(path), "").map_or("", Language::name);
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            for _ in 0..positions {
                let nth = random.below(lines.len());
                let line = lines[nth];
                if line.trim().len() < 3 {
                    continue;
                }
                let start: usize = lines[..nth].iter().map(|it| it.len()).sum();
                let indent = line.len() - line.trim_start().len();
                let at = start + line.floor_char_boundary(indent + random.below(line.trim().len()));
                let end = start + line.trim_end().len();
                let hole =
                    Hole::new(&text[..at], &text[end..], language, CompletionScope::Line, &[]);
                let began = Instant::now();
                let mut shape = PostProcessor::new(hole);
                let mut rest = &text[at..text.len().min(end + 1)];
                while !rest.is_empty() {
                    let cut = rest.ceil_char_boundary(1 + random.below(8)).min(rest.len());
                    self.pieces += 1;
                    if shape.push(&rest[..cut]) == ReplyProgress::Complete {
                        break;
                    }
                    rest = &rest[cut..];
                }
                let shown = shape.finish().map(|it| it.text).unwrap_or_default();
                self.time += began.elapsed();
                self.all += 1;
                if shown.trim() == text[at..end].trim() {
                    self.right += 1;
                } else if self.lost.len() < 12 {
                    let before = &text[start..at];
                    self.lost.push(format!("{before:?} | {:?} became {shown:?}", &text[at..end]));
                }
            }
        }
    }

    pub(crate) fn print(&self) {
        let lost = (self.all - self.right) as f64 / self.all.max(1) as f64;
        let each = self.time.as_secs_f64() * 1e6 / self.pieces.max(1) as f64;
        println!(
            "\nshape: {:.2} % of {} right rests of lines lost; {each:.0} us a piece",
            lost * 100.0,
            self.all
        );
        self.lost.iter().for_each(|it| println!("    {it}"));
    }
}
