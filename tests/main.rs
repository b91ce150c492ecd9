//! One binary for all integration tests: links cost minutes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod editor;
mod ghost;
mod languages;
mod ledger;
mod models;
mod protocol;
mod quality;
mod settings;
mod stdio;
mod tidy;
#[allow(dead_code, reason = "a scripted provider that can do more than is tested yet")]
mod upstream;
