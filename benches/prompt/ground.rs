//! A repository with indexed files, and held-out files with the tested places.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ropey::Rope;
use understudy::context::gather::{ContextQuery, ContextSources};
use understudy::syntax::Syntax;
use understudy::syntax::language::Language;
use understudy::syntax::tree::Tree;
use understudy::workspace::chunks::Chunks;
use understudy::workspace::symbols::Symbols;
use understudy::workspace::tokens::Tokens;

use crate::random::Random;

pub(crate) struct Ground {
    pub(crate) syntax: Syntax,
    pub(crate) symbols: Symbols,
    pub(crate) chunks: Chunks,
    pub(crate) tokens: Tokens,
    pub(crate) files: HashMap<PathBuf, String>,
    pub(crate) held: Vec<(PathBuf, String)>,
}

impl Ground {
    pub(crate) fn read(root: &Path, count: usize) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        for entry in WalkBuilder::new(root).parents(false).sort_by_file_path(Path::cmp).build() {
            let path = entry?.into_path();
            let language = Language::detect("", Some(&path), "");
            let is_code = language
                .is_some_and(|it| !matches!(it.name(), "markdown" | "json" | "toml" | "yaml"));
            match std::fs::read_to_string(&path) {
                Ok(text) if is_code && text.len() < 400_000 => all.push((path, text)),
                _ => {}
            }
        }
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut held = Vec::new();
        for _ in 0..count * 20 {
            let at = random.below(all.len());
            let is_fit = all.get(at).is_some_and(|it| (80..3000).contains(&it.1.lines().count()));
            if is_fit && held.len() < count {
                held.push(all.swap_remove(at));
            }
        }
        let (syntax, _) = Syntax::new(None);
        let (symbols, chunks) = (Symbols::new(250_000), Chunks::new(24_000_000));
        let tokens = Tokens::new(8_000_000);
        let mut builder = tokens.builder();
        for (path, text) in &all {
            let rope = Rope::from_str(text);
            let tree = Language::detect("", Some(path), "").and_then(|it| syntax.parse(it, &rope));
            let definitions = tree.map(|it| syntax.definitions(&it)).unwrap_or_default();
            symbols.update(path, &rope, &definitions);
            chunks.update(path, text);
            builder.add(path, text);
        }
        tokens.install(builder);
        let files = all.into_iter().collect();
        Ok(Self { syntax, symbols, chunks, tokens, files, held })
    }

    /// Calls `ask` with the sources of this repository.
    pub(crate) fn with<T>(&self, ask: impl FnOnce(&ContextSources<'_>) -> T) -> T {
        let snapshot = self.tokens.snapshot();
        ask(&ContextSources {
            symbols: &self.symbols,
            chunks: &self.chunks,
            tokens: &snapshot,
            defined: true,
            edits: &[],
            diagnostics: &[],
            read: &|path| self.files.get(path).cloned(),
            name: &|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            go_on: &|| true,
        })
    }

    pub(crate) fn tree(&self, path: &Path, rope: &Rope) -> Option<Tree> {
        Language::detect("", Some(path), "").and_then(|it| self.syntax.parse(it, rope))
    }

    pub(crate) fn query<'a>(
        &'a self,
        path: &'a Path,
        rope: &'a Rope,
        offset: usize,
        tree: Option<&'a Tree>,
    ) -> ContextQuery<'a> {
        ContextQuery { path, rope, offset, syntax: &self.syntax, tree, start: 0, cells: &[] }
    }
}
