//! Post-processing of model output: text that fits the document, an edit that applies, or an answer to read.

pub mod answer;
pub mod certainty;
pub mod check;
pub mod completion;
pub mod edit;
pub mod ending;
pub mod imported;
pub mod naming;
pub mod nested;
pub mod page;
pub mod repetition;
pub mod review;
pub mod suite;
pub mod unseen;
