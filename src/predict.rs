//! The embedded model.
use crate::text::Edit;
use crate::workspace::tokens::Tokens;
use ropey::Rope;
use std::path::Path;
use std::time::Duration;
#[derive(Clone, Default)]
pub struct Buffer;
impl Buffer {
    pub fn new() -> Self {
        Self
    }
    pub fn edited(&mut self, _: &Edit) {}
    pub fn read(&mut self, _: &Tokens, _: &Rope) {}
}
pub struct Suggestion {
    pub text: String,
    pub confidence: f32,
}
pub struct Options {
    pub threshold: f32,
    pub min_chars: usize,
    pub deadline: Duration,
}
pub struct Query<'a> {
    pub buffer: &'a Buffer,
    pub rope: &'a Rope,
    pub offset: usize,
    pub path: Option<&'a Path>,
}
pub fn suggest(_: &Tokens, _: &Query, _: &Options) -> Option<Suggestion> {
    None
}
pub fn alternatives(_: &Tokens, _: &Query, _: &Options, _: usize) -> Vec<Suggestion> {
    vec![]
}
