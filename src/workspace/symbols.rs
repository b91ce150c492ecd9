//! The workspace's definitions: maps a name to every place that defines it.
//!
//! Names and paths are stored once and referred to by number. A definition takes 32 bytes, and a new name
//! about 70. A file is replaced or removed as a whole.

mod ids;

use std::mem;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use parking_lot::RwLock;
use ropey::Rope;

use crate::syntax::definition::{Definition, DefinitionKind};
use crate::workspace::symbols::ids::Ids;

/// The definitions of a workspace. A reader waits only while a writer replaces one file.
pub struct Symbols {
    table: RwLock<Table>,
    limit: usize,
}

/// One definition. Offsets are bytes of the file's text as indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionSite {
    pub path: Arc<Path>,
    pub kind: DefinitionKind,
    /// The line of the name, from zero.
    pub line: usize,
    pub name: Range<usize>,
    pub range: Range<usize>,
    pub signature: Range<usize>,
}

#[derive(Default)]
struct Table {
    paths: Ids<Path>,
    names: Ids<str>,
    /// By path number: the definitions of the file, sorted by name number, then by position.
    files: Vec<Box<[Entry]>>,
    /// By name number: the files that define it, each once.
    places: Vec<Vec<u32>>,
    count: usize,
}

struct Entry {
    name: u32,
    line: u32,
    name_start: u32,
    range: [u32; 2],
    signature: [u32; 2],
    kind: DefinitionKind,
}

impl Symbols {
    /// An index of at most `limit` definitions.
    pub fn new(limit: usize) -> Self {
        Self { table: RwLock::default(), limit }
    }

    /// Replaces the definitions of a file. Returns `false` if the index is full and the file is left out.
    pub fn update(&self, path: &Path, text: &Rope, definitions: &[Definition]) -> bool {
        let mut table = self.table.write();
        table.remove(path);
        let fits = table.count + definitions.len() <= self.limit;
        if fits && !definitions.is_empty() {
            table.insert(path, text, definitions);
        }
        fits
    }

    pub fn remove(&self, path: &Path) {
        self.table.write().remove(path);
    }

    /// Every place that defines `name`, grouped by file.
    pub fn find(&self, name: &str) -> Vec<DefinitionSite> {
        self.find_in(name, usize::MAX)
    }

    /// Every place that defines `name`; empty if more than `files` files define it.
    pub fn find_in(&self, name: &str, files: usize) -> Vec<DefinitionSite> {
        let table = self.table.read();
        let Some(id) = table.names.get(name) else { return Vec::new() };
        let all = &table.places[id as usize];
        let files = all.iter().filter(|_| all.len() <= files);
        files.flat_map(|file| table.defining(*file, id).map(|it| table.place(*file, it))).collect()
    }

    /// The definitions of the file at `path`, in their order in the file.
    pub fn of_file(&self, path: &Path) -> Vec<(Arc<str>, DefinitionSite)> {
        let table = self.table.read();
        let Some(file) = table.paths.get(path) else { return Vec::new() };
        let mut entries: Vec<&Entry> = table.files[file as usize].iter().collect();
        entries.sort_by_key(|it| (it.range[0], it.name_start));
        entries.iter().map(|it| (table.names.key(it.name).clone(), table.place(file, it))).collect()
    }

    pub fn len(&self) -> usize {
        self.table.read().count
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held, without the allocator's overhead.
    pub fn memory(&self) -> usize {
        let table = self.table.read();
        let lists = table.places.iter().map(|it| it.capacity() * size_of::<u32>());
        table.count * size_of::<Entry>()
            + table.files.capacity() * size_of::<Box<[Entry]>>()
            + table.places.capacity() * size_of::<Vec<u32>>()
            + lists.sum::<usize>()
            + table.paths.memory()
            + table.names.memory()
    }
}

impl Table {
    fn insert(&mut self, path: &Path, text: &Rope, definitions: &[Definition]) {
        let file = self.paths.id(path);
        let mut entries: Box<[Entry]> = definitions.iter().map(|it| self.entry(text, it)).collect();
        entries.sort_by_key(|it| (it.name, it.range[0]));
        for entry in &entries {
            let files = at(&mut self.places, entry.name);
            if files.last() != Some(&file) {
                files.push(file);
            }
        }
        self.count += entries.len();
        *at(&mut self.files, file) = entries;
    }

    fn remove(&mut self, path: &Path) {
        let Some(file) = self.paths.get(path) else { return };
        let entries = mem::take(&mut self.files[file as usize]);
        self.count -= entries.len();
        for entry in &entries {
            let files = &mut self.places[entry.name as usize];
            let held = !files.is_empty();
            files.retain(|it| *it != file);
            if held && files.is_empty() {
                *files = Vec::new();
                self.names.release(entry.name);
            }
        }
        self.paths.release(file);
    }

    fn entry(&mut self, text: &Rope, definition: &Definition) -> Entry {
        let start = definition.name_range.start.min(text.len_bytes());
        Entry {
            name: self.names.id(definition.name.as_str()),
            line: text.byte_to_line(start) as u32,
            name_start: definition.name_range.start as u32,
            range: [definition.range.start as u32, definition.range.end as u32],
            signature: [definition.signature.start as u32, definition.signature.end as u32],
            kind: definition.kind,
        }
    }

    /// The definitions of a name in a file.
    fn defining(&self, file: u32, name: u32) -> impl Iterator<Item = &Entry> {
        let entries = &self.files[file as usize];
        let start = entries.partition_point(|it| it.name < name);
        entries[start..].iter().take_while(move |it| it.name == name)
    }

    fn place(&self, file: u32, entry: &Entry) -> DefinitionSite {
        let range = |it: [u32; 2]| it[0] as usize..it[1] as usize;
        let start = entry.name_start as usize;
        DefinitionSite {
            path: self.paths.key(file).clone(),
            kind: entry.kind,
            line: entry.line as usize,
            name: start..start + self.names.key(entry.name).len(),
            range: range(entry.range),
            signature: range(entry.signature),
        }
    }
}

/// The value at a number, inserted if missing.
fn at<T: Default>(values: &mut Vec<T>, id: u32) -> &mut T {
    let id = id as usize;
    if values.len() <= id {
        values.resize_with(id + 1, T::default);
    }
    &mut values[id]
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    /// The definitions of a file in which every line is a name.
    fn definitions(text: &str) -> Vec<Definition> {
        let mut start = 0;
        let line = |line: &str| {
            let (at, name) = (start, line.trim_end());
            start += line.len();
            Definition {
                name: name.to_owned(),
                kind: DefinitionKind::Function,
                name_range: at..at + name.len(),
                range: at..at + line.len(),
                signature: at..at + name.len(),
            }
        };
        text.split_inclusive('\n').map(line).collect()
    }

    fn update(symbols: &Symbols, path: &str, text: &str) -> bool {
        symbols.update(Path::new(path), &Rope::from_str(text), &definitions(text))
    }

    fn check(symbols: &Symbols, name: &str, expected: &[&str]) {
        let places = symbols.find(name);
        let places = places.iter().map(|it| format!("{}:{}", it.path.display(), it.line));
        assert_eq!(places.collect::<Vec<_>>(), expected, "{name}");
    }

    #[test]
    fn a_name_is_found_in_every_file_that_defines_it() {
        let symbols = Symbols::new(100);
        assert!(update(&symbols, "a.rs", "new\nrun\nnew\n") && update(&symbols, "b.rs", "new\n"));
        check(&symbols, "new", &["a.rs:0", "a.rs:2", "b.rs:0"]);
        check(&symbols, "run", &["a.rs:1"]);
        check(&symbols, "ru", &[]);
        assert_eq!(symbols.find("run")[0].range, 4..8);
        assert_eq!(symbols.find("run")[0].name, 4..7);
    }

    #[test]
    fn a_changed_file_leaves_nothing_behind() {
        let symbols = Symbols::new(100);
        update(&symbols, "a.rs", "new\nrun\n");
        update(&symbols, "b.rs", "run\n");
        update(&symbols, "a.rs", "stop\nnew\n");
        check(&symbols, "run", &["b.rs:0"]);
        check(&symbols, "new", &["a.rs:1"]);
        symbols.remove(Path::new("b.rs"));
        symbols.remove(Path::new("b.rs"));
        check(&symbols, "run", &[]);
        let names: Vec<_> = symbols.of_file(Path::new("a.rs")).into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["stop".into(), "new".into()]);
        assert_eq!(symbols.len(), 2);
    }

    #[test]
    fn a_full_index_accepts_no_more_and_keeps_its_contents() {
        let symbols = Symbols::new(2);
        assert!(update(&symbols, "a.rs", "a\nb\n"));
        assert!(!update(&symbols, "b.rs", "c\n"));
        check(&symbols, "a", &["a.rs:0"]);
        check(&symbols, "c", &[]);
    }

    proptest! {
        #[test]
        fn any_order_of_changes_finds_the_same_as_a_plain_list(
            changes in prop::collection::vec((0..4u8, prop::collection::vec("[a-d]", 0..5)), 0..40),
        ) {
            let symbols = Symbols::new(1_000);
            let mut files: Vec<Vec<String>> = vec![Vec::new(); 4];
            for (file, names) in changes {
                let text: String = names.iter().map(|it| format!("{it}\n")).collect();
                update(&symbols, &file.to_string(), &text);
                files[file as usize] = names;
            }
            for name in ["a", "b", "c", "d"] {
                let mut found: Vec<_> =
                    symbols.find(name).into_iter().map(|it| (it.path.to_path_buf(), it.line)).collect();
                found.sort();
                let expected: Vec<_> = (0..4).flat_map(|file| {
                    let lines = files[file].iter().enumerate().filter(|it| it.1 == name);
                    lines.map(move |(line, _)| (PathBuf::from(file.to_string()), line))
                }).collect();
                prop_assert_eq!(found, expected);
            }
            prop_assert_eq!(symbols.len(), files.iter().map(Vec::len).sum::<usize>());
        }
    }
}
