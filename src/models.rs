//! What is known of models before any request: prices, classes, data policies, and the tokens an answer used.

pub mod catalog;
pub mod price;
pub mod token_usage;
