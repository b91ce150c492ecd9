//! Shared by several tests: an editor, scripted providers, and the built program.
//!
//! The Python part is `support/common.py` and `support/suite.py`.

pub(crate) mod cli;
pub(crate) mod editor;
pub(crate) mod failover;
pub(crate) mod ghost;
pub(crate) mod models;
pub(crate) mod stage;
pub(crate) mod stdio;
pub(crate) mod upstream;
pub(crate) mod wire;
