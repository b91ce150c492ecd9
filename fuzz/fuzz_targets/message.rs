//! `bodies::message`, for any bytes.
#![no_main]

#[allow(dead_code, reason = "each target has a body of its own")]
#[path = "../bodies.rs"]
mod bodies;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bodies::message(bytes));
