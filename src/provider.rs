//! Everybody who may be asked, and how each wants to be asked. Nothing here knows an editor.

pub mod catalog;
pub mod failure;
pub mod price;
pub mod usage;
