//! The index on large trees: build time, memory and keystroke latency while it works.
//!
//! `cargo bench --bench index -- --repo PATH… [--copies N] [--switch N] [--hours N] [--tokens N]`.
//! The trees are copied first: the bench switches branches in its own copy.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod desk;
mod memory;
mod trees;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use understudy::workspace::index::IndexProgress;

use crate::desk::{Desk, Times};
use crate::memory::Resident;
use crate::trees::Trees;

/// Keystrokes of a fast user in a minute.
const KEYS: usize = 60;
const VISITS: usize = 2;
/// Number of files in use.
const OPEN: usize = 20;
/// Minutes between branch switches.
const SWITCH: usize = 30;

struct Args {
    repos: Vec<PathBuf>,
    copies: usize,
    switch: usize,
    hours: usize,
    tokens: usize,
}

fn main() -> std::io::Result<()> {
    let args = args();
    println!("{:44} {:>12}", "RSS of an empty process", Resident::now());
    let trees = Trees::copy(&args.repos, args.copies)?;
    println!("{:44} {:>12}", "roots", trees.roots.len());
    println!("{:44} {:>12}", "files copied", trees.files.len());
    let mut desk = build(&args, &trees);
    typing(&mut desk, &trees, "at rest", 3_000);
    switch(&mut desk, &trees, args.switch)?;
    trace(&mut desk, &trees, &args)
}

fn build(args: &Args, trees: &Trees) -> Desk {
    let desk = Desk::new(trees.roots.clone(), args.tokens);
    let learned = desk.learned();
    println!("{:44} {:>12}", "files indexed", learned.files);
    println!("{:44} {:>12}", "lines indexed", learned.lines);
    say("time to tokens", learned.elapsed);
    println!("{:44} {:>12}", "RSS with tokens", Resident::now());
    say("time to definitions", desk.defined());
    let tokens = desk.index().tokens();
    let (count, held) = (tokens.snapshot().tokens(), tokens.memory());
    let words = tokens.vocabulary().read();
    println!("{:44} {count:>12}", "tokens");
    println!("{:44} {:>12}", "words", words.tokens() / 2);
    println!("{:44} {:>12}", "bytes of words", words.memory());
    drop(words);
    println!("{:44} {held:>12}", "bytes of tokens and words");
    println!("{:44} {:>12.2}", "bytes per token", held as f64 / count as f64);
    println!("{:44} {:>12}", "definitions", desk.index().symbols().len());
    println!("{:44} {:>12}", "bytes of chunks", desk.index().chunks().memory());
    println!("{:44} {:>12}", "bytes of definitions", desk.index().symbols().memory());
    println!("{:44} {:>12}", "RSS with definitions", Resident::now());
    println!("{:44} {:>12}", "RSS, peak so far", Resident::peak());
    desk
}

fn typing(desk: &mut Desk, trees: &Trees, name: &str, keys: usize) {
    let mut times = Times::default();
    let mut file = 0;
    while times.len() < keys {
        desk.visit(&trees.files[file * 7_919 % trees.files.len()], KEYS, &mut times);
        file += 1;
    }
    times.print(name);
}

/// Changes many files at once, as a checkout does, and types until all are indexed.
fn switch(desk: &mut Desk, trees: &Trees, count: usize) -> std::io::Result<()> {
    let changed = trees.switch(1, count)?;
    let (start, mut times, mut built) = (Instant::now(), Times::default(), 0);
    changed.iter().for_each(|it| desk.index().changed(it));
    say(&format!("{count} changes reported"), start.elapsed());
    for file in (0..).map(|it: usize| it % OPEN * 97 % trees.files.len()) {
        desk.visit(&trees.files[file], KEYS, &mut times);
        let (mut learned, mut defined) = (false, false);
        for progress in desk.told() {
            built += usize::from(matches!(progress, IndexProgress::Began { .. }));
            learned |= matches!(progress, IndexProgress::Learned { .. });
            defined |= matches!(progress, IndexProgress::Defined { .. });
        }
        if learned {
            say(&format!("{count} files switched, tokens indexed"), start.elapsed());
        }
        if defined {
            break;
        }
    }
    say(&format!("{count} files switched, definitions indexed"), start.elapsed());
    println!("{:44} {built:>12}", "trees built meanwhile");
    times.print("during the switch");
    Ok(())
}

/// Replays a working day without pauses.
fn trace(desk: &mut Desk, trees: &Trees, args: &Args) -> std::io::Result<()> {
    desk.index().settle();
    desk.told().for_each(drop);
    let (before, start) = (Resident::now(), Instant::now());
    let (mut times, mut samples, mut at) = (Times::default(), Vec::new(), 0_usize);
    for minute in 1..=args.hours * 60 {
        for _ in 0..VISITS {
            at += 1;
            desk.visit(
                &trees.files[(minute / SWITCH * OPEN + at % OPEN) * 97 % trees.files.len()],
                KEYS / VISITS,
                &mut times,
            );
        }
        if minute % SWITCH == 0 {
            let changed = trees.switch(minute, args.switch)?;
            changed.iter().for_each(|it| desk.index().changed(it));
            desk.index().settle();
        }
        samples.push(Resident::now());
    }
    desk.index().settle();
    println!("{:44} {:>12}", format!("RSS before {} hours of work", args.hours), before);
    println!("{:44} {:>12}", "RSS after", Resident::now());
    println!("{:44} {:>12}", "RSS, highest of one-minute samples", Resident::highest(&samples));
    println!("{:44} {:>12}", "RSS, peak", Resident::peak());
    let slope = memory::slope(&samples[samples.len() / 2..]) * 60.0 / 1e6;
    println!("{:44} {slope:>12.2}", "slope in the second half, MB per hour");
    let built = desk.told().filter(|it| matches!(it, IndexProgress::Began { .. })).count();
    println!("{:44} {built:>12}", "trees built meanwhile");
    println!("{:44} {:>12}", "words", desk.index().tokens().vocabulary().read().tokens() / 2);
    println!("{:44} {:>12}", "bytes of tokens and words", desk.index().tokens().memory());
    println!("{:44} {:>12}", "bytes of definitions", desk.index().symbols().memory());
    say("replayed in", start.elapsed());
    times.print("of the work");
    Ok(())
}

fn say(name: &str, elapsed: Duration) {
    println!("{name:44} {:>10.2} s", elapsed.as_secs_f64());
}

fn args() -> Args {
    let mut args = Args { repos: vec![], copies: 1, switch: 3_000, hours: 8, tokens: 8_000_000 };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut number = || given.next().and_then(|it| it.parse().ok()).expect("a number follows");
        match name.as_str() {
            "--copies" => args.copies = number(),
            "--switch" => args.switch = number(),
            "--hours" => args.hours = number(),
            "--tokens" => args.tokens = number(),
            "--repo" => args.repos.push(given.next().expect("a path follows").into()),
            // Passed by cargo.
            "--bench" => {}
            other => panic!("no such option: {other}"),
        }
    }
    if args.repos.is_empty() {
        args.repos.push(env!("CARGO_MANIFEST_DIR").into());
    }
    args
}
