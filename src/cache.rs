//! Answers kept.
