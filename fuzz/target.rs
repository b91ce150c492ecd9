//! The program of every fuzz target: cargo builds it once for each name in `Cargo.toml`.
#![no_main]

mod bodies;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bodies::run(env!("CARGO_BIN_NAME"), bytes));
