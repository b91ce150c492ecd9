//! Understudy: a language server that gives any editor LLM features.
pub mod text;
pub mod syntax;
pub mod workspace;
pub mod predict;
pub mod cache;
pub mod feature;
pub mod config;
pub mod server;
pub mod cli;
