//! Every fuzz target on its corpus and on random mutations of it. Run `cargo fuzz` by hand for a longer
//! search.
//!
//! `UNDERSTUDY_FUZZ` sets the seconds that the targets share (default 5), `UNDERSTUDY_FUZZ_ONLY` the targets,
//! separated by commas (default all).

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::corpus::bodies::TARGETS;
use crate::soak::mirror::Random;

/// Longest generated input in bytes.
const LONGEST: usize = 4 << 10;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder().join("corpus").join(target));
    let entries = entries.unwrap_or_else(|it| panic!("{target} has no corpus: {it}"));
    let mut paths: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|it| fs::read(it).unwrap()).collect()
}

/// On a panic, saves the input that failed as a new file of the corpus.
struct Told<'a>(&'a str, &'a [u8]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let literal: String = self.1.iter().map(|it| it.escape_ascii().to_string()).collect();
            eprintln!("{}: b\"{literal}\"", self.0);
        }
    }
}

#[test]
fn every_fuzz_target_passes_on_its_corpus_and_on_random_inputs() {
    let seconds = env::var("UNDERSTUDY_FUZZ").ok().and_then(|it| it.parse().ok()).unwrap_or(5.0);
    let only = env::var("UNDERSTUDY_FUZZ_ONLY").unwrap_or_default();
    let is_wanted = |name: &str| only.is_empty() || only.split(',').any(|it| it == name);
    let names: Vec<&str> = TARGETS.iter().map(|it| it.0).filter(|it| is_wanted(it)).collect();
    assert!(!names.is_empty(), "UNDERSTUDY_FUZZ_ONLY names no target: {only}");
    let each = Duration::from_secs_f64(seconds / names.len() as f64);
    for name in names {
        let corpus = corpus(name);
        for bytes in &corpus {
            let _told = Told(name, bytes);
            bodies::run(name, bytes);
        }
        let (mut random, began, mut runs) = (Random::new(seed(name)), Instant::now(), 0);
        while began.elapsed() < each {
            let bytes = made(&corpus, &mut random);
            let _told = Told(name, &bytes);
            bodies::run(name, &bytes);
            runs += 1;
        }
        println!("{name}: {runs} made, {} kept", corpus.len());
    }
}

/// The seed of a target: the same in each run, so that failures repeat, unless the environment sets another.
fn seed(name: &str) -> u64 {
    let first = env::var("UNDERSTUDY_FUZZ_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    name.bytes().fold(first, |it: u64, byte| it.wrapping_mul(31).wrapping_add(byte.into()))
}

/// A random mutation of a corpus file.
fn made(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    const ODD: [&[u8]; 14] = [
        b"\0",
        b"\n",
        b"\r\n\r\n",
        b"\"",
        b"{",
        b"[[[[",
        b"}",
        b"-1",
        b"18446744073709551616",
        b"null",
        b"\xff\xfe",
        b"\xe2\x80\xae",
        b"\xf0\x9f\x98\x80",
        b"data: ",
    ];
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = at + random.below((bytes.len() - at).min(40) + 1);
        match random.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, ODD[random.below(ODD.len())].iter().copied())),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece.repeat(random.below(30)));
            }
            3 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                bytes.splice(at..end, other[from..].iter().copied());
            }
            _ => bytes[at..end].reverse(),
        }
        bytes.truncate(LONGEST);
    }
    bytes
}

#[test]
fn every_fuzz_target_has_a_binary_and_a_corpus() {
    let names: BTreeSet<String> = TARGETS.iter().map(|it| it.0.to_owned()).collect();
    let folders = fs::read_dir(folder().join("corpus")).unwrap().map(|it| it.unwrap().file_name());
    let folders: BTreeSet<String> = folders.map(|it| it.into_string().unwrap()).collect();
    assert_eq!(folders, names);
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let programs = manifest["bin"].as_array().unwrap().iter();
    let programs: BTreeSet<String> =
        programs.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(programs, names);
}
