//! The content of a source, TOML or JSON, with the line of each part.

use std::ops::Range;

use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and the line of its key, from 1. JSON has no lines.
pub(super) struct Node {
    pub line: Option<usize>,
    pub content: Content,
}

pub(super) enum Content {
    Leaf(Value),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

/// A part of a file that the parser could not read.
pub(super) struct Broken {
    pub line: usize,
    pub message: String,
}

/// Parses a TOML document. A broken line does not affect the lines around it.
pub(super) fn of_toml(text: &str) -> (Node, Vec<Broken>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::of(text);
    let mut broken: Vec<Broken> = Vec::new();
    for error in errors {
        let line = error.span().map_or(1, |span| reader.line(span.start));
        if broken.iter().all(|it| it.line != line) {
            broken.push(Broken { line, message: error.message().to_owned() });
        }
    }
    reader.broken = broken.iter().map(|it| it.line).collect();
    (Node { line: None, content: reader.table(table.get_ref()) }, broken)
}

/// Converts a JSON value. `null` is left out: editors send it for a setting that is not set.
pub(super) fn of_json(value: &Value) -> Node {
    let content = match value {
        Value::Object(entries) => {
            let set = entries.iter().filter(|(_, it)| !it.is_null());
            Content::Table(set.map(|(key, it)| (key.clone(), of_json(it))).collect())
        }
        Value::Array(items) => Content::List(items.iter().map(of_json).collect()),
        Value::Null => Content::Table(Vec::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Content::Leaf(value.clone()),
    };
    Node { line: None, content }
}

impl Node {
    /// The content without its lines.
    pub(super) fn value(&self) -> Value {
        match &self.content {
            Content::Leaf(value) => value.clone(),
            Content::List(items) => items.iter().map(Self::value).collect(),
            Content::Table(entries) => {
                Value::Object(entries.iter().map(|(key, it)| (key.clone(), it.value())).collect())
            }
        }
    }

    /// The line and the keys of the part at `path`, of which the first `skipped` segments are ignored.
    pub(super) fn find(&self, path: &Path, skipped: usize) -> (Option<usize>, Vec<String>) {
        let (mut node, mut line, mut keys) = (self, self.line, Vec::new());
        for segment in path.iter().skip(skipped) {
            let next = match (segment, &node.content) {
                (Segment::Map { key }, Content::Table(entries)) => {
                    let entry = entries.iter().find(|it| it.0 == *key);
                    entry.map(|(key, it)| (key.clone(), it))
                }
                (Segment::Seq { index }, Content::List(items)) => {
                    items.get(*index).map(|it| (index.to_string(), it))
                }
                _ => None,
            };
            let Some((key, next)) = next else { break };
            (node, line) = (next, next.line.or(line));
            keys.push(key);
        }
        (line, keys)
    }
}

/// Converts the parser's result to nodes.
struct Reader {
    /// Byte offset of the start of each line but the first.
    starts: Vec<usize>,
    /// Lines with a syntax error. A value that touches one is left out.
    broken: Vec<usize>,
}

impl Reader {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { starts: ends.map(|(at, _)| at + 1).collect(), broken: Vec::new() }
    }

    /// The line of an offset, from 1.
    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) + 1
    }

    fn table(&self, table: &DeTable<'_>) -> Content {
        let entries = table.iter().filter_map(|(key, value)| {
            let node = self.node(value, key.span())?;
            Some((key.get_ref().to_string(), node))
        });
        let mut entries: Vec<(String, Node)> = entries.collect();
        entries.sort_by_key(|(_, node)| node.line);
        Content::Table(entries)
    }

    /// A value; `place` is the range of its key, or of the list's item.
    fn node(&self, value: &Spanned<DeValue<'_>>, place: Range<usize>) -> Option<Node> {
        let line = self.line(place.start);
        let content = match value.get_ref() {
            DeValue::Table(it) => self.table(it),
            _ if self.is_broken(line, self.line(value.span().end).max(line)) => return None,
            DeValue::Array(it) => {
                Content::List(it.iter().filter_map(|it| self.node(it, it.span())).collect())
            }
            DeValue::String(it) => Content::Leaf(it.as_ref().into()),
            DeValue::Integer(it) => Content::Leaf(integer(it.as_str(), it.radix())),
            DeValue::Float(it) => Content::Leaf(float(it.as_str())),
            DeValue::Boolean(it) => Content::Leaf((*it).into()),
            DeValue::Datetime(it) => Content::Leaf(it.to_string().into()),
        };
        Some(Node { line: Some(line), content })
    }

    fn is_broken(&self, first: usize, last: usize) -> bool {
        self.broken.iter().any(|line| (first..=last).contains(line))
    }
}

/// A number. Above the range of `i64` it is rounded: no setting is that large.
fn integer(digits: &str, radix: u32) -> Value {
    i64::from_str_radix(digits, radix).map_or_else(|_| float(digits), Value::from)
}

/// A number, or its spelling where JSON has none for it (`nan`, `inf`).
fn float(digits: &str) -> Value {
    let number = digits.parse().ok().and_then(serde_json::Number::from_f64);
    number.map_or_else(|| digits.into(), Value::Number)
}
