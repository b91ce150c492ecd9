//! The files that may be seen, what was done to them of late, and what stands in them.

pub mod chunks;
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
