//! The files for holes: those of this repository, by language.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use understudy::syntax::language::Language;

/// Maximum files per language, so that no language dominates.
const MOST: usize = 12;
const FOLDERS: [&str; 6] = ["benches", "editors", "packaging", "queries", "src", "tests"];

pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) language: Language,
}

/// All languages with a file in this repository, sorted by name.
pub(crate) fn by_language() -> Vec<(&'static str, Vec<File>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    FOLDERS.iter().for_each(|it| collect(&root.join(it), &mut paths));
    sorted(root, paths)
}

/// The same for other trees.
pub(crate) fn in_trees(trees: &[PathBuf]) -> Vec<(&'static str, Vec<File>)> {
    let mut paths = Vec::new();
    trees.iter().for_each(|it| collect(it, &mut paths));
    sorted(Path::new("/"), paths)
}

fn sorted(root: &Path, mut paths: Vec<PathBuf>) -> Vec<(&'static str, Vec<File>)> {
    paths.sort();
    let mut files: BTreeMap<&str, Vec<File>> = BTreeMap::new();
    for path in paths {
        let Some(language) = Language::detect("", Some(&path), "") else { continue };
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let of = files.entry(language.name()).or_default();
        if text.lines().count() >= 20 && text.len() < 60_000 && !text.contains('\r') {
            of.push(File { path, text, language });
        }
    }
    let thinned = files.into_iter().map(|(name, mut files)| {
        let step = files.len().div_ceil(MOST).max(1);
        let mut nth = 0;
        files.retain(|it| {
            nth += 1;
            it.path.starts_with("tests/fixtures/languages") || nth % step == 0
        });
        (name, files)
    });
    thinned.filter(|it| !it.1.is_empty()).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()) {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        match path.is_dir() {
            true if !matches!(name, "node_modules" | "target" | "out") => collect(&path, paths),
            false if name != "package-lock.json" && name != "replies.jsonl" => paths.push(path),
            _ => {}
        }
    }
}
