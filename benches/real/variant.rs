//! Variants of the prompt, as data.

use ropey::Rope;
use understudy::context::excerpt::{Excerpt, ExcerptBudget};
use understudy::context::gather::{ContextBudget, Sticky, gather};
use understudy::context::{Part, PartKind};
use understudy::prompt::sized::{HeldPrompt, ReadingRoom, TypedText};
use understudy::prompt::{CompletionScope, Fill, Trigger};
use understudy::syntax::language::Language;

use crate::ground::Ground;
use crate::place::Place;
use crate::random::Random;
use crate::rivals;

/// What a prompt contains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    window: Window,
    context: Context,
}

/// The text around the cursor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Window {
    /// As in the product, with this budget in bytes.
    Ours(usize, usize),
    /// Lines before and after the cursor.
    Lines(usize, usize),
    /// What the product sends to a local model that reads this many tokens per second, the first time.
    ReadAt(f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Context {
    None,
    /// As in the product, with this budget in bytes.
    Ours(usize),
    /// Another way to choose it, with this budget in bytes.
    Rival(Rival, usize),
    /// The best chunks by BM25 as comments before the text, not as files.
    Commented(usize),
    /// As in the product, as comments before the text.
    OursCommented(usize),
}

/// How other programs choose context.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rival {
    /// The best chunks by BM25.
    Bm25,
    /// The best window of 60 lines in each of 20 files, by shared names.
    Jaccard,
    /// Chunks of the nearest files at random, as llama.vim has them after a while.
    Ring,
}

const fn ours(name: &'static str, context: Context) -> Variant {
    Variant { name, window: Window::Ours(4096, 1024), context }
}

const fn small(name: &'static str, behind: usize, context: Context) -> Variant {
    Variant { name, window: Window::Ours(2048, behind), context }
}

const fn tiny(name: &'static str, prefix: usize, context: Context) -> Variant {
    Variant { name, window: Window::Ours(prefix, 256), context }
}

/// The first is the one that the others are compared with.
pub(crate) const ALL: &[Variant] = &[
    ours("window", Context::None),
    ours("ours", Context::Ours(3584)),
    ours("ours, 1 kB", Context::Ours(1024)),
    ours("one chunk", Context::Rival(Rival::Bm25, 1200)),
    ours("chunks", Context::Rival(Rival::Bm25, 3584)),
    ours("jaccard", Context::Rival(Rival::Jaccard, 3584)),
    ours("ring", Context::Rival(Rival::Ring, 3584)),
    small("2 kB", 512, Context::None),
    small("2 kB, 256 behind", 256, Context::None),
    small("2 kB, 128 behind", 128, Context::None),
    small("2 kB, ours", 512, Context::Ours(1200)),
    small("2 kB, chunk", 512, Context::Rival(Rival::Bm25, 1200)),
    small("2 kB, comment", 512, Context::Commented(1200)),
    tiny("1 kB", 1024, Context::None),
    tiny("1.75 kB", 1792, Context::None),
    tiny("1 kB, ours", 1024, Context::Ours(768)),
    tiny("1 kB, our comments", 1024, Context::OursCommented(768)),
    tiny("1 kB, chunk", 1024, Context::Rival(Rival::Bm25, 768)),
    tiny("1 kB, comment", 1024, Context::Commented(768)),
    Variant { name: "768 B", window: Window::Ours(768, 256), context: Context::None },
    Variant { name: "448 B, ours", window: Window::Ours(448, 192), context: Context::Ours(384) },
    Variant { name: "slow", window: Window::ReadAt(190.0), context: Context::None },
    Variant { name: "llama.vim", window: Window::Lines(256, 64), context: Context::None },
];

/// The named variants, separated by commas.
pub(crate) fn named(names: &str) -> anyhow::Result<Vec<Variant>> {
    let find = |name: &str| {
        let found = ALL.iter().find(|it| it.name.replace(", ", "-") == name.trim());
        found.copied().ok_or_else(|| anyhow::anyhow!("there is no variant {name:?}"))
    };
    names.split(',').map(find).collect()
}

impl Rival {
    fn text(self, ground: &Ground, place: &Place, around: (&str, &str), bytes: usize) -> String {
        match self {
            Self::Bm25 => rivals::bm25(ground, &place.path, around, bytes),
            Self::Jaccard => rivals::jaccard(ground, &place.path, around.0, bytes),
            Self::Ring => {
                let mut random = Random(place.offset as u64 | 1);
                rivals::ring(ground, &place.path, around.0, &mut random, bytes)
            }
        }
    }
}

impl Variant {
    pub(crate) fn fill(&self, ground: &Ground, place: &Place) -> Fill {
        let rope = Rope::from_str(&place.text);
        let tree = ground.tree(&place.path, &rope);
        let query = ground.query(&place.path, &rope, place.offset, tree.as_ref());
        let budget = |parts, (prefix, suffix)| ContextBudget {
            excerpt: ExcerptBudget { prefix, suffix },
            parts,
        };
        let parts = match self.context {
            Context::Ours(bytes) | Context::OursCommented(bytes) => bytes,
            Context::None | Context::Rival(..) | Context::Commented(_) => 0,
        };
        let around = if let Window::Ours(prefix, suffix) = self.window {
            (prefix, suffix)
        } else {
            (4096, 1024)
        };
        let gathered = ground
            .with(|sources| gather(&query, sources, &mut Sticky::default(), budget(parts, around)));
        let (Excerpt { prefix, suffix, .. }, mut parts) = gathered;
        let language = Language::detect("", Some(&place.path), "");
        let mark = language.and_then(|it| it.line_comment()).unwrap_or("#");
        let commented = |text: &str, prefix: &str| -> String {
            let lines = text.lines().map(|it| format!("{mark} {it}\n"));
            lines.chain([prefix.to_owned()]).collect()
        };
        let mut prefix = prefix;
        match self.context {
            Context::None | Context::Ours(_) => {}
            Context::Rival(rival, bytes) => {
                let text = rival.text(ground, place, (&prefix, &suffix), bytes);
                let path = "other".to_owned();
                parts = vec![Part { kind: PartKind::Snippet, path, text, rank: 1 }];
            }
            Context::Commented(bytes) => {
                let text = rivals::bm25(ground, &place.path, (&prefix, &suffix), bytes);
                prefix = commented(&text, &prefix);
            }
            Context::OursCommented(_) => {
                let texts = parts.drain(..).map(|it| format!("{}\n{}\n", it.path, it.text));
                prefix = commented(&texts.collect::<String>(), &prefix);
            }
        }
        let language = language.map_or("", |it| it.name());
        let fill = Fill {
            path: place.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            language: language.to_owned(),
            parts,
            prefix,
            suffix,
            extent: CompletionScope::Line,
            max_tokens: 64,
            trigger: Trigger::Automatic,
            draft: None,
            typed: String::new(),
        };
        match self.window {
            Window::Ours(..) => fill,
            Window::Lines(before, after) => {
                let (head, tail) = place.text.split_at(place.offset);
                Fill { prefix: last(head, before), suffix: first(tail, after), ..fill }
            }
            Window::ReadAt(rate) => {
                let room = |seconds: f64| (rate * seconds * 3.5) as usize;
                let room = ReadingRoom { continued: room(0.3), whole: room(0.6), fresh: room(1.5) };
                fill.sized(&HeldPrompt::default(), room, TypedText::BeforeHole).0
            }
        }
    }
}

/// The last lines of a text, and the beginning of one.
fn last(text: &str, count: usize) -> String {
    let start = text.rmatch_indices('\n').nth(count).map_or(0, |it| it.0 + 1);
    text[start..].to_owned()
}

/// The rest of a line, and the first lines behind it.
fn first(text: &str, count: usize) -> String {
    let end = text.match_indices('\n').nth(count).map_or(text.len(), |it| it.0 + 1);
    text[..end].to_owned()
}
