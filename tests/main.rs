//! One binary for all integration tests: linking takes minutes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a soak tells its figures")]

mod action_checks;
mod actions;
mod benchmark;
mod catalogue;
mod choice;
mod cli;
mod clients;
mod corpus;
mod download;
mod edit_models;
mod edits;
mod endurance;
mod failover;
mod ghost;
#[path = "../benches/shared/holes.rs"]
mod holes;
mod hostile;
mod hover;
mod http;
mod injection;
mod join;
mod languages;
mod ledger;
#[cfg(unix)]
mod local;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod memory;
mod menus;
mod models;
mod next_edit;
mod notebooks;
mod packaging;
mod pause;
mod popup;
mod protocol;
mod quality;
#[path = "../benches/shared/random.rs"]
mod random;
mod reach;
mod recorded;
mod references;
mod rejected;
mod rename_table;
mod renames;
mod repeats;
mod review;
mod robust;
mod rules;
mod sessions;
mod settings;
mod setup;
mod shaping;
mod silences;
mod soak;
mod stdio;
mod streams;
mod support;
mod tidy;
mod training;
mod transport;
mod trust;
mod typing;
mod verify;
mod wire;
