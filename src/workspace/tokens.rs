//! (tokens)
pub struct Tokens;
