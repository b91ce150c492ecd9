//! (tokens)
