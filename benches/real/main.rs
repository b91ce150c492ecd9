//! Prompts judged by a real fill-in-the-middle model: which context makes it complete lines right, at which
//! cost in tokens and time.
//!
//! A llama.cpp server with a model of the Qwen2.5-Coder family is asked for the rest of a line at places of
//! pinned packages, once with each variant of the prompt. Answers are kept in a file, so that a run continues
//! where it ended, and post-processing is measured without a model.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod answers;
mod cold;
mod figures;
#[path = "../prompt/ground.rs"]
mod ground;
#[path = "../shared/llama.rs"]
mod llama;
mod place;
#[path = "../shared/random.rs"]
mod random;
mod rivals;
mod rows;
mod variant;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::answers::Answers;
use crate::figures::Figures;
use crate::ground::Ground;
use crate::place::Place;
use crate::variant::Variant;

/// Command-line arguments.
struct Options {
    repos: Vec<PathBuf>,
    files: usize,
    /// Places in each file.
    places: usize,
    /// URL of a llama.cpp server; without one, only kept answers count.
    server: Option<String>,
    answers: PathBuf,
    variants: Vec<Variant>,
    json: Option<PathBuf>,
    rows: Option<PathBuf>,
    /// Tasks without a workspace, and how many of them are measured.
    cold: Option<PathBuf>,
    tasks: usize,
}

fn main() -> anyhow::Result<()> {
    let options = options()?;
    let mut answers = Answers::open(&options.answers, options.server.clone())?;
    let mut figures = Figures::new(&options.variants);
    let mut sink = options.rows.as_ref().map(File::create).transpose()?;
    let mut measure = |name: &str, root: &Path, ground: &Ground, places: &[Place]| {
        let mut rows = Vec::new();
        for place in places {
            let row: anyhow::Result<Vec<_>> = options
                .variants
                .iter()
                .map(|it| answers.of(name, root, place, it, &it.fill(ground, place)))
                .collect();
            // A place counts if every variant has an answer.
            let Some(mut row) = row?.into_iter().collect::<Option<Vec<_>>>() else { continue };
            let guess = rows::guess(ground, place);
            row.iter_mut().for_each(|it| it.compare(guess.as_ref()));
            if let Some(sink) = &mut sink {
                rows::write(sink, place, guess.as_ref(), &options.variants, &row)?;
            }
            rows.push(row);
        }
        figures.file(rows);
        anyhow::Ok(())
    };
    for repo in &options.repos {
        let ground = Ground::read(repo, options.files)?;
        let name = repo.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (path, text) in &ground.held {
            measure(&name, repo, &ground, &place::choose(path, text, options.places))?;
        }
    }
    if let Some(file) = &options.cold {
        let root = std::env::temp_dir().join("understudy-cold");
        std::fs::create_dir_all(&root)?;
        let ground = Ground::read(&root, 0)?;
        for place in cold::places(file, &root, options.tasks)? {
            measure("humaneval", &root, &ground, &[place])?;
        }
    }
    figures.print();
    if let Some(path) = &options.json {
        std::fs::write(path, format!("{:#}\n", figures.json()))?;
    }
    Ok(())
}

fn options() -> anyhow::Result<Options> {
    let mut options = Options {
        repos: Vec::new(),
        files: 8,
        places: 8,
        server: None,
        answers: "target/real.jsonl".into(),
        variants: variant::ALL.to_vec(),
        json: None,
        rows: None,
        cold: None,
        tasks: 200,
    };
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--repo" => options.repos.push(value.into()),
            "--files" => options.files = value.parse()?,
            "--places" => options.places = value.parse()?,
            "--server" => options.server = Some(value),
            "--answers" => options.answers = value.into(),
            "--json" => options.json = Some(value.into()),
            "--rows" => options.rows = Some(value.into()),
            "--humaneval" => options.cold = Some(value.into()),
            "--tasks" => options.tasks = value.parse()?,
            "--variants" => options.variants = variant::named(&value)?,
            _ => anyhow::bail!("unknown option {name}"),
        }
    }
    if options.repos.is_empty() && options.cold.is_none() {
        options.repos.push(concat!(env!("CARGO_MANIFEST_DIR"), "/src").into());
    }
    Ok(options)
}
