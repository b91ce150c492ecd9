//! Holes in real files, and simulated replies: the true text with typical additions of models.
//!
//! A reply takes the path of a provider's reply. Either the document after accepting equals the original, or
//! nothing is shown.

#[path = "holes/cut.rs"]
mod cut;
#[path = "holes/files.rs"]
mod files;
#[path = "holes/noise.rs"]
mod noise;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use understudy::prompt::CompletionScope;
use understudy::reply::completion::fit::{CursorLine, Fit};
use understudy::reply::completion::hole::Hole;
use understudy::reply::completion::syntax_check::SyntaxCheck;
use understudy::reply::completion::{PostProcessor, ReplyProgress};
use understudy::syntax::Syntax;
use understudy::syntax::language::is_prose;
use understudy::syntax::region::Region;
use understudy::text::Document;

use crate::random::Random;
use cut::{Cut, Place};
use files::File;
use noise::Noise;

/// Maximum lines of a completion of several lines.
const LINES: u32 = 10;

/// Outcome of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The document equals the original.
    Right,
    /// The document equals the original up to the end of a line of the hole.
    InPart,
    Withheld,
    Wrong,
}

/// Count of each outcome.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) all: usize,
    pub(crate) in_part: usize,
    pub(crate) withheld: usize,
    pub(crate) wrong: usize,
}

/// All outcomes of a run.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) all: Count,
    /// The true text without additions.
    pub(crate) clean: Count,
    languages: BTreeMap<&'static str, Count>,
    cuts: BTreeMap<&'static str, Count>,
    noises: BTreeMap<&'static str, Count>,
    triggers: BTreeMap<&'static str, Count>,
    pub(crate) worst: Vec<String>,
    pub(crate) lost: Vec<String>,
}

/// Sorted durations of a syntax check in a parsed Rust document with this number of lines.
pub(crate) fn times_in(lines: usize, count: usize) -> Vec<Duration> {
    let syntax = Syntax::new(None).0;
    let files = files::by_language();
    let rust = files.iter().find(|it| it.0 == "rust").map_or(&[][..], |it| &it.1);
    let mut text = String::new();
    while text.lines().count() < lines && !rust.is_empty() {
        rust.iter().for_each(|it| text.push_str(&it.text));
    }
    let Some(first) = rust.first() else { return Vec::new() };
    let file = File { path: "large".to_owned(), text, language: first.language };
    let mut random = Random(3);
    let times = (0..count).filter_map(|nth| {
        let place = place(&file, Cut::ALL[nth % Cut::ALL.len()], &mut random)?;
        let reply = Noise::NextLines.reply(&place, &mut random).unwrap_or(place.truth.clone());
        let asked = Asked::new(&syntax, &place, nth % 2 == 0, true);
        let started = Instant::now();
        let mut shape = PostProcessor::new(asked.hole);
        shape.push(&reply);
        if let Some(fit) = shape.finish() {
            asked.ground.sound(&syntax, fit);
        }
        Some(started.elapsed())
    });
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times
}

/// Cuts `count` holes, the same number for each language, into the files of some trees, or of this repository
/// by default, and fills each with a reply.
pub(crate) fn run(count: usize, seed: u64, trees: &[PathBuf]) -> Figures {
    let mut figures = Figures::default();
    let syntax = Syntax::new(None).0;
    let files = if trees.is_empty() { files::by_language() } else { files::in_trees(trees) };
    let mut random = Random(seed);
    let mut done = 0;
    // Kinds of holes and noise cycle at different rates, so every combination occurs.
    let mut turn = 0;
    while done < count && turn < count * 20 {
        let (language, files) = &files[turn % files.len()];
        let cut = Cut::ALL[(turn / 3) % Cut::ALL.len()];
        turn += 1;
        let file = &files[random.below(files.len())];
        let Some(mut place) = place(file, cut, &mut random) else { continue };
        let noises: Vec<Noise> = Noise::ALL
            .iter()
            .copied()
            .filter(|it| it.reply(&place, &mut random).is_some())
            .collect();
        // One in four replies has no noise.
        let noise = match random.below(4) {
            0 => Noise::Clean,
            _ => noises[random.below(noises.len())],
        };
        if noise == Noise::CrlfDocument {
            place.with_crlf();
        }
        let Some(reply) = noise.reply(&place, &mut random) else { continue };
        let is_invoked = place.needs_invoking() || random.below(2) == 0;
        let has_tree = random.below(5) > 0;
        figures.judge(&syntax, &place, noise, &reply, is_invoked, has_tree);
        debug_assert_eq!(*language, place.language.name());
        done += 1;
    }
    figures
}

fn place(file: &File, cut: Cut, random: &mut Random) -> Option<Place> {
    (0..12).find_map(|_| cut.place(file, random))
}

impl Figures {
    fn judge(
        &mut self,
        syntax: &Syntax,
        place: &Place,
        noise: Noise,
        reply: &str,
        is_invoked: bool,
        has_tree: bool,
    ) {
        let shown = Asked::new(syntax, place, is_invoked, has_tree).shown(syntax, place, reply);
        let outcome = match &shown {
            None => Outcome::Withheld,
            Some(it) => place.outcome(&it.text, it.covers),
        };
        let told = || {
            format!(
                "{} {:?} {noise:?}{}{}: {:?} | {:?} truth {:?} reply {reply:?} shown {shown:?}",
                place.path,
                place.cut,
                if is_invoked { " invoked" } else { "" },
                if has_tree { "" } else { " treeless" },
                place.before.rsplit('\n').next().unwrap_or_default(),
                place.after.chars().take(40).collect::<String>(),
                place.truth
            )
        };
        match outcome {
            Outcome::Wrong => self.worst.push(told()),
            Outcome::Withheld if noise == Noise::Clean => self.lost.push(told()),
            Outcome::Withheld | Outcome::Right | Outcome::InPart => {}
        }
        let trigger = if is_invoked { "invoked" } else { "automatic" };
        self.all.add(outcome);
        if noise == Noise::Clean {
            self.clean.add(outcome);
        }
        self.languages.entry(place.language.name()).or_default().add(outcome);
        self.cuts.entry(place.cut.name()).or_default().add(outcome);
        self.noises.entry(noise.name()).or_default().add(outcome);
        self.triggers.entry(trigger).or_default().add(outcome);
    }

    pub(crate) fn print(&self) {
        println!("\nholes: {}", self.all);
        println!("clean true texts: {}", self.clean);
        let by = [&self.triggers, &self.cuts, &self.noises, &self.languages];
        for (title, counts) in ["request", "cut", "noise", "language"].into_iter().zip(by) {
            println!("by {title}");
            counts.iter().for_each(|(name, count)| println!("    {name:<18}{count}"));
        }
    }
}

impl Count {
    fn add(&mut self, outcome: Outcome) {
        self.all += 1;
        match outcome {
            Outcome::Right => {}
            Outcome::InPart => self.in_part += 1,
            Outcome::Withheld => self.withheld += 1,
            Outcome::Wrong => self.wrong += 1,
        }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { all, in_part, withheld, wrong } = self;
        write!(f, "{all:>6} holes, {in_part:>4} in part, {withheld:>4} withheld, {wrong:>4} wrong")
    }
}

/// A place for a completion.
struct Asked {
    hole: Hole,
    ground: SyntaxCheck,
}

impl Asked {
    fn new(syntax: &Syntax, place: &Place, is_invoked: bool, has_tree: bool) -> Self {
        let text = [place.before.as_str(), &place.after].concat();
        let (offset, name) = (place.before.len(), place.language.name());
        let document = Document::new(&text, 0, name);
        let language = has_tree.then_some(place.language);
        let tree = language.and_then(|it| syntax.parse(it, &document.rope));
        let known = tree.as_ref().map(|it| syntax.region(it, offset));
        let line = CursorLine::new(&place.before, &place.after, name, known);
        let region = match known {
            _ if is_prose(name) => Region::Comment,
            Some(region) => region,
            None => line.region(),
        };
        let extent = match is_invoked && place.right().trim().is_empty() {
            true => CompletionScope::Lines(LINES),
            false => CompletionScope::automatic(place.head(), place.right(), region),
        };
        let hole = Hole::new(&place.before, &place.after, name, extent, &[]).within(known);
        Self { hole, ground: SyntaxCheck { document, language, offset, tree, line } }
    }

    /// The text to insert, and the number of bytes after the cursor that it replaces.
    fn shown(self, syntax: &Syntax, place: &Place, reply: &str) -> Option<Fit> {
        let mut shape = PostProcessor::new(self.hole);
        let (mut rest, mut random) = (reply, Random(place.before.len() as u64 + 1));
        while !rest.is_empty() {
            let cut = rest.ceil_char_boundary(1 + random.below(9)).min(rest.len());
            if shape.push(&rest[..cut]) == ReplyProgress::Complete {
                break;
            }
            rest = &rest[cut..];
        }
        self.ground.sound(syntax, shape.finish()?)
    }
}
