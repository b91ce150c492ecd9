//! One binary for all integration tests: links cost minutes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod actions;
mod catalogue;
mod cli;
mod clients;
mod editor;
mod failover;
mod ghost;
mod languages;
mod ledger;
#[cfg(unix)]
mod local;
mod models;
mod packaging;
mod pause;
mod protocol;
mod quality;
mod settings;
mod stage;
mod stdio;
mod tidy;
mod transport;
mod upstream;
mod wire;
