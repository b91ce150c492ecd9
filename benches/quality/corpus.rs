//! A repository, its held-out files and the tested positions. Seeds are fixed: every model, including the
//! prototype in its own process, is tested at the same positions.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ignore::WalkBuilder;
use understudy::workspace::tokens::lexer;

use crate::random::Random;

pub(crate) struct Corpus {
    pub(crate) name: String,
    files: Vec<File>,
    held: Vec<usize>,
    random: Random,
}

pub(crate) struct File {
    /// Index in the repository, by path.
    pub(crate) number: usize,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// The kind of a position in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    LineStart,
    Boundary,
    MidIdentifier,
}

/// A position in a file, and the text after it.
pub(crate) struct Position {
    pub(crate) kind: Kind,
    /// In bytes; the end of the line without its line break.
    pub(crate) offset: usize,
    pub(crate) line_end: usize,
    /// The rest of the line with runs of white space collapsed.
    pub(crate) truth: String,
}

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

impl Corpus {
    /// Reads a tree and holds out `count` files, except those that are mostly repeated in another file.
    pub(crate) fn load(root: &Path, count: usize) -> anyhow::Result<Self> {
        let name = root.file_name().context("a repository needs a name")?;
        let mut walk = WalkBuilder::new(root);
        walk.parents(false).sort_by_file_path(Path::cmp);
        let mut files = Vec::new();
        for entry in walk.build() {
            let path = entry?.into_path();
            if let Ok(text) = std::fs::read_to_string(&path) {
                files.push(File { number: files.len(), path, text });
            }
        }
        let mut random = Random(SEED);
        let held = held_out(&files, count, &mut random);
        Ok(Self { name: name.to_string_lossy().into_owned(), files, held, random })
    }

    pub(crate) fn indexed(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|it| !self.held.contains(&it.number))
    }

    pub(crate) fn held_out(&self) -> impl Iterator<Item = &File> {
        self.held.iter().map(|it| &self.files[*it])
    }

    /// Up to `count` positions in each held-out file, the three kinds in turn.
    pub(crate) fn positions(&self, count: usize) -> Vec<(&File, Vec<Position>)> {
        let mut random = self.random.clone();
        let mut all = Vec::new();
        for file in self.held_out() {
            let lines: Vec<_> = lines(&file.text).filter(|it| worth(&file.text, it)).collect();
            if lines.len() >= 20 {
                let kinds = [Kind::LineStart, Kind::Boundary, Kind::MidIdentifier];
                let kinds = kinds.into_iter().cycle().take(count);
                let position = |kind| {
                    let line = lines[random.below(lines.len())];
                    position(&file.text, line, kind, &mut random)
                };
                all.push((file, kinds.filter_map(position).collect()));
            }
        }
        all
    }
}

/// Ranges of the lines of a text, without line feeds.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let range = (start, start + line.len());
        start = range.1 + 1;
        range
    })
}

/// Collapses runs of white space and removes them at the end.
pub(crate) fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for it in text.trim_end().chars() {
        match it {
            ' ' | '\t' if normal.ends_with(' ') => {}
            ' ' | '\t' => normal.push(' '),
            _ => normal.push(it),
        }
    }
    normal
}

pub(crate) fn worth(text: &str, (start, end): &(usize, usize)) -> bool {
    text[*start..*end].trim().len() >= 3
}

pub(crate) fn position(
    text: &str,
    (start, end): (usize, usize),
    kind: Kind,
    random: &mut Random,
) -> Option<Position> {
    let line = &text[start..end];
    let line_end = start + line.trim_end().len();
    let mut pick = |places: Vec<usize>| match places.len() {
        0 => None,
        count => Some(places[random.below(count)]),
    };
    let words = lexer::lex(line).map(|it| start + it.start..start + it.end);
    let offset = match kind {
        Kind::LineStart => start + (line.len() - line.trim_start().len()),
        Kind::Boundary => {
            let behind = |end: usize| end + usize::from(text.as_bytes()[end] == b' ');
            let ends = words.map(|it| it.end).filter(|it| *it < line_end);
            pick(ends.map(behind).filter(|it| *it < line_end).collect())?
        }
        Kind::MidIdentifier => {
            let name = |it: char| it.is_alphabetic() || it == '_';
            let long = words.filter(|it| it.len() >= 4 && text[it.start..].starts_with(name));
            pick(long.map(|it| it.start + 2).filter(|it| text.is_char_boundary(*it)).collect())?
        }
    };
    let truth = normal(&text[offset..line_end]);
    (!truth.is_empty()).then_some(Position { kind, offset, line_end: end, truth })
}

/// Files of 80 to 3,000 lines in random order, except those with more than half of their lines in another
/// file.
fn held_out(files: &[File], count: usize, random: &mut Random) -> Vec<usize> {
    let said: Vec<HashSet<&str>> = files
        .iter()
        .map(|it| it.text.lines().map(str::trim).filter(|it| it.len() > 8).collect())
        .collect();
    let sized = |it: &&File| (80..=3000).contains(&it.text.lines().count());
    let mut order: Vec<usize> = files.iter().filter(sized).map(|it| it.number).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last + 1));
    }
    let repeats = |a: usize, b: usize| {
        a != b && said[a].iter().filter(|it| said[b].contains(*it)).count() * 2 > said[a].len()
    };
    let alone = |it: &usize| !(0..files.len()).any(|other| repeats(*it, other));
    order.into_iter().filter(alone).take(count).collect()
}
