//! Prompts without a model: share of a prompt in the provider's cache, time to gather context, and the effect and cost of
//! `shape` and `mask`.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod ground;
#[path = "../shared/holes.rs"]
mod holes;
#[path = "../shared/llama.rs"]
mod llama;
#[path = "../shared/random.rs"]
mod random;
mod replies;
mod stability;
mod survival;
mod throughput;

use std::path::PathBuf;

use anyhow::Context;

/// Command-line arguments.
struct Options {
    repos: Vec<PathBuf>,
    files: usize,
    positions: usize,
    /// URL of a llama.cpp server, and the file for its replies.
    server: Option<String>,
    record: Option<PathBuf>,
    only_replies: bool,
    only_holes: bool,
    /// Number of holes, and the seed that chooses them.
    count: usize,
    seed: u64,
    /// Trees with the tested files, in place of this repository.
    trees: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let options = options()?;
    if options.only_holes {
        fitted(&options);
        return Ok(());
    }
    if options.only_replies {
        return replies::replay(&options.repos);
    }
    if let Some(server) = &options.server {
        let read = |it: &PathBuf| Ok((it.clone(), ground::Ground::read(it, options.files)?));
        let grounds: anyhow::Result<Vec<_>> = options.repos.iter().map(read).collect();
        return replies::ask(&grounds?, server, options.record.as_deref());
    }
    let mut stability = stability::Figures::default();
    let mut survival = survival::Figures::default();
    for repo in &options.repos {
        let ground = ground::Ground::read(repo, options.files)?;
        stability.add(&ground);
        survival.add(&ground, options.positions);
    }
    stability.print();
    survival.print();
    throughput::print(&options.repos)?;
    fitted(&options);
    replies::replay(&options.repos)?;
    Ok(())
}

/// Outcomes of replies in holes, and the duration of a syntax check.
fn fitted(options: &Options) {
    let figures = holes::run(options.count, options.seed, &options.trees);
    figures.print();
    figures.worst.iter().for_each(|it| println!("    wrong: {it}"));
    figures.lost.iter().for_each(|it| println!("    withheld: {it}"));
    let times = holes::times_in(10_000, 400);
    let at = |share: usize| times.get((times.len() - 1) * share / 100).copied().unwrap_or_default();
    println!(
        "a text checked in 10,000 lines: p50 {:?} (goal 1 ms), p95 {:?} (goal 5 ms)",
        at(50),
        at(95)
    );
}

fn options() -> anyhow::Result<Options> {
    let mut options = Options {
        repos: Vec::new(),
        files: 8,
        positions: 30,
        server: None,
        record: None,
        only_replies: false,
        only_holes: false,
        count: 1000,
        seed: 20,
        trees: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--bench" {
            continue;
        }
        if name == "--holes" {
            options.only_holes = true;
            continue;
        }
        if name == "--replies" {
            options.only_replies = true;
            continue;
        }
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--repo" => options.repos.push(value.into()),
            "--files" => options.files = value.parse()?,
            "--server" => options.server = Some(value),
            "--record" => options.record = Some(value.into()),
            "--count" => options.count = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            "--tree" => options.trees.push(value.into()),
            "--positions" => options.positions = value.parse()?,
            _ => anyhow::bail!("unknown option {name}"),
        }
    }
    if options.repos.is_empty() {
        options.repos.push(concat!(env!("CARGO_MANIFEST_DIR"), "/src").into());
    }
    Ok(options)
}
