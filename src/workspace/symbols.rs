//! (symbols)
