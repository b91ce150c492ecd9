//! Understudy: a language server that gives any editor LLM features.
pub mod cache;
pub mod cli;
pub mod config;
pub mod feature;
pub mod predict;
pub mod server;
pub mod syntax;
pub mod text;
pub mod workspace;
