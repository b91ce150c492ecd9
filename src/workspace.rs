//! The files that may be read, recent edits in them, and the index of their contents.

pub mod chunks;
pub mod copy;
pub mod editorconfig;
pub mod files;
pub mod git;
pub mod guard;
pub mod index;
pub mod journal;
pub mod rules;
pub mod symbols;
pub mod tokens;
pub mod watch;
