//! Facts about models that need no request: prices, classes, data policies; and the tokens that a request
//! used.

pub mod catalog;
pub mod price;
pub mod token_usage;
