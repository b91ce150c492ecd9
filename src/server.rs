//! LSP.
pub mod connection;
pub mod frames;
