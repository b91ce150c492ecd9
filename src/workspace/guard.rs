//! (guard)
