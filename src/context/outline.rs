//! Signatures of the names used around the cursor, from the index of definitions.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::context::choose::Snippet;
use crate::context::{PartKind, near};
use crate::syntax::definition::DefinitionKind;
use crate::workspace::chunks;
use crate::workspace::symbols::{DefinitionSite, Symbols};

/// A name with more definitions than `AMBIGUOUS` is ignored; at most `PLACES` of them are included.
const AMBIGUOUS: usize = 12;
const PLACES: usize = 3;
/// Maximum number of members of a type, and of bytes in a signature.
const MEMBERS: usize = 25;
const LONGEST: usize = 400;
/// The probability that the names in the definition of the nearest name are needed.
const BY_NAME: f32 = 0.5;

/// Reads the files that contain signatures, each once.
pub(super) struct OutlineReader<'a> {
    read: &'a dyn Fn(&Path) -> Option<String>,
    texts: FxHashMap<Arc<Path>, Option<Rc<String>>>,
}

impl<'a> OutlineReader<'a> {
    pub(super) fn new(read: &'a dyn Fn(&Path) -> Option<String>) -> Self {
        Self { read, texts: FxHashMap::default() }
    }

    pub(super) fn text(&mut self, path: &Arc<Path>) -> Option<Rc<String>> {
        let read = self.read;
        let text = self.texts.entry(path.clone()).or_insert_with(|| read(path).map(Rc::new));
        text.clone()
    }
}

/// The definitions of names, best first. `lines` are near the cursor, nearest first; `imported` are names
/// that the file imports. `own` is the path of the file.
pub(super) fn signatures(
    symbols: &Symbols,
    reader: &mut OutlineReader<'_>,
    (lines, imported): (&[&str], &[String]),
    own: &Path,
    (bytes, go_on): (usize, &dyn Fn() -> bool),
) -> Vec<Snippet> {
    let mut wanted: Vec<(f32, DefinitionSite)> = Vec::new();
    let mut names = FxHashSet::default();
    let near = lines.iter().enumerate().flat_map(|(nth, line)| {
        let worth = 1.0 / (1.0 + nth as f32 / 8.0);
        chunks::words(line).map(move |it| (it, worth))
    });
    for (name, worth) in near.chain(imported.iter().map(|it| (it.as_str(), 0.35))) {
        if names.insert(name) && go_on() {
            wanted.extend(places(symbols, name, own).map(|(share, it)| (worth * share, it)));
        }
    }
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut found, mut size) = (Vec::new(), 0);
    let mut seen = FxHashSet::default();
    for (worth, place) in wanted {
        if size >= bytes || !go_on() {
            break;
        }
        let Some(source) = reader.text(&place.path) else { continue };
        let text = match place.kind.has_members() {
            true => with_members(symbols, &source, &place),
            false => signature(&source, &place),
        };
        if let Some(text) = text.filter(|it| seen.insert(it.clone())) {
            size += text.len() + 1;
            let (kind, at) = (PartKind::Outline, place.signature.start);
            found.push(Snippet {
                kind,
                path: place.path,
                at,
                next: at + 1,
                text,
                likely: BY_NAME * worth,
            });
        }
    }
    found
}

/// The best places that define a name, nearest first, each with its share of the name's weight.
fn places(
    symbols: &Symbols,
    name: &str,
    own: &Path,
) -> impl Iterator<Item = (f32, DefinitionSite)> {
    // One of them may be in the file itself.
    let mut places = symbols.find_in(name, AMBIGUOUS + 1);
    places.retain(|it| &*it.path != own);
    let count = places.len();
    if count > AMBIGUOUS {
        places.clear();
    }
    places.sort_by_cached_key(|it| {
        (!it.kind.has_members(), usize::MAX - near::shared_folders(&it.path, own))
    });
    let share = move |nth: usize| 1.0 / (1.0 + 0.3 * count as f32) / (1.0 + nth as f32);
    places.into_iter().take(PLACES).enumerate().map(move |(nth, it)| (share(nth), it))
}

/// The signature of a type with those of its members. Members may follow the type, as in Rust and Go.
fn with_members(symbols: &Symbols, source: &str, place: &DefinitionSite) -> Option<String> {
    let mut text = signature(source, place)?;
    let all = symbols.of_file(&place.path);
    let rest = all.iter().map(|it| &it.1).filter(|it| it.range.start > place.range.start);
    let next = rest.clone().find(|it| it.kind.has_members() && it.range.start >= place.range.end);
    let end = next.map_or(usize::MAX, |it| it.range.start);
    let is_member = |it: &&DefinitionSite| {
        let inside = it.range.end <= place.range.end;
        inside || it.kind == DefinitionKind::Method && it.range.start < end
    };
    for member in rest.filter(is_member).take(MEMBERS) {
        if let Some(member) = signature(source, member) {
            text.push_str("\n    ");
            text.push_str(&member);
        }
    }
    Some(text)
}

fn signature(source: &str, place: &DefinitionSite) -> Option<String> {
    let text = source.get(place.signature.clone())?.trim();
    let text = &text[..text.floor_char_boundary(LONGEST)];
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
    Some(lines.collect::<Vec<_>>().join("\n    ")).filter(|it| !it.is_empty())
}
