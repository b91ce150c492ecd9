//! The table: what each variant is worth, with the bounds of 95 % of a thousand resamplings of the files.

use serde_json::{Value, json};

use crate::answers::Judged;
use crate::random::Random;
use crate::variant::Variant;

const DRAWS: usize = 1000;
/// The share of the places at which a cautious editor shows a suggestion.
const SUREST: f64 = 0.3;
/// Suggestions of a range of probabilities in the reliability table.
const BINS: usize = 5;

pub(crate) struct Figures {
    variants: Vec<Variant>,
    /// By file and place: the variants' answers.
    files: Vec<Vec<Vec<Judged>>>,
}

/// The sums of a variant.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    places: f64,
    right: f64,
    shown: f64,
    tokens: f64,
    reading: f64,
    writing: f64,
}

impl Figures {
    pub(crate) fn new(variants: &[Variant]) -> Self {
        Self { variants: variants.to_vec(), files: Vec::new() }
    }

    pub(crate) fn file(&mut self, rows: Vec<Vec<Judged>>) {
        if !rows.is_empty() {
            self.files.push(rows);
        }
    }

    fn sum(&self, files: &[usize], variant: usize) -> Sum {
        let rows = files.iter().flat_map(|it| &self.files[*it]).map(|it| &it[variant]);
        rows.fold(Sum::default(), |sum, it| Sum {
            places: sum.places + 1.0,
            right: sum.right + f64::from(u8::from(it.is_right)),
            shown: sum.shown + f64::from(u8::from(it.text.is_some())),
            tokens: sum.tokens + it.answer.prompt_tokens as f64,
            reading: sum.reading + it.answer.reading_ms,
            writing: sum.writing + it.answer.writing_ms,
        })
    }

    /// The share of a variant's places at which the text is right.
    fn right(&self, files: &[usize], variant: usize) -> f64 {
        let sum = self.sum(files, variant);
        sum.right / sum.places.max(1.0)
    }

    /// How many of a variant's most probable suggestions, at `SUREST` of all places, are right.
    fn surest(&self, files: &[usize], variant: usize) -> f64 {
        let all = files.iter().flat_map(|it| &self.files[*it]).map(|it| &it[variant]);
        let mut rated: Vec<(f32, bool)> =
            all.map(|it| (it.probability.unwrap_or_default(), it.is_right)).collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        rated.truncate((SUREST * rated.len() as f64).ceil() as usize);
        rated.iter().filter(|it| it.1).count() as f64 / rated.len().max(1) as f64
    }

    /// The bounds of 95 % of a statistic over resamplings of the files.
    fn bounds(&self, statistic: impl Fn(&[usize]) -> f64) -> [f64; 2] {
        let mut random = Random(0x2545_F491_4F6C_DD1D);
        let mut draws: Vec<f64> = (0..DRAWS)
            .map(|_| {
                let count = self.files.len();
                let files: Vec<usize> = (0..count).map(|_| random.below(count)).collect();
                statistic(&files)
            })
            .collect();
        draws.sort_by(f64::total_cmp);
        [draws[DRAWS * 25 / 1000], draws[DRAWS - 1 - DRAWS * 25 / 1000]]
    }

    pub(crate) fn json(&self) -> Value {
        let all: Vec<usize> = (0..self.files.len()).collect();
        let row = |(at, variant): (usize, &Variant)| {
            let sum = self.sum(&all, at);
            json!({
                "variant": variant.name,
                "places": sum.places,
                "right": self.right(&all, at),
                "right_bounds": self.bounds(|it| self.right(it, at)),
                "shown": sum.shown / sum.places.max(1.0),
                "difference": self.bounds(|it| self.right(it, at) - self.right(it, 0)),
                "surest": self.surest(&all, at),
                "surest_bounds": self.bounds(|it| self.surest(it, at)),
                "prompt_tokens": sum.tokens / sum.places.max(1.0),
                "reading_ms": sum.reading / sum.places.max(1.0),
                "writing_ms": sum.writing / sum.places.max(1.0),
            })
        };
        self.variants.iter().enumerate().map(row).collect()
    }

    pub(crate) fn print(&self) {
        let places: usize = self.files.iter().map(Vec::len).sum();
        println!("{places} places in {} files", self.files.len());
        if places == 0 {
            println!("no answers: name a server with --server URL");
            return;
        }
        println!(
            "variant             right (95 %)       to the first (95 %)  surest 30 % (95 %)  shown  tokens  read ms  write ms"
        );
        for row in self.json().as_array().into_iter().flatten() {
            let number = |it: &str| row[it].as_f64().unwrap_or_default();
            let bound = |name: &str, it: usize| row[name][it].as_f64().unwrap_or_default();
            println!(
                "{:18}  {:.3} ({:.3}-{:.3})  {:+6.3} to {:+6.3}     {:.2} ({:.2}-{:.2})   {:5.3}  {:6.0}  {:7.0}  {:8.0}",
                row["variant"].as_str().unwrap_or_default(),
                number("right"),
                bound("right_bounds", 0),
                bound("right_bounds", 1),
                bound("difference", 0),
                bound("difference", 1),
                number("surest"),
                bound("surest_bounds", 0),
                bound("surest_bounds", 1),
                number("shown"),
                number("prompt_tokens"),
                number("reading_ms"),
                number("writing_ms")
            );
        }
        self.print_reliability();
    }

    /// How often suggestions of a probability were right, over all variants.
    fn print_reliability(&self) {
        let all = self.files.iter().flatten().flatten();
        let mut known: Vec<(f32, bool)> =
            all.filter_map(|it| Some((it.probability?, it.is_right))).collect();
        known.sort_by(|a, b| b.0.total_cmp(&a.0));
        println!("probability  right   of");
        for bin in known.chunks(known.len().div_ceil(BINS).max(1)) {
            let count = bin.len() as f32;
            let expected = bin.iter().map(|it| it.0).sum::<f32>() / count;
            let right = bin.iter().filter(|it| it.1).count() as f32 / count;
            println!("{expected:11.2}  {right:5.2}  {:4}", bin.len());
        }
    }
}
