//! Languages: what each is called, how a document of it is told, what it looks like.

pub(super) mod nesting;
pub(super) mod table;

use std::path::Path;

use ropey::Rope;

use crate::syntax::language::table::rows::ROWS;
use crate::syntax::language::table::{Grammar, LanguageRow, PROSE, QueryTexts, SHARED};

/// A language of the table. Two are equal when they are the same row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(u8);

/// Whether the depth of a line is part of what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LanguageIndentation {
    Free,
    Significant,
}

/// The texts of a name that a query inherits.
pub(super) fn texts(name: &str) -> Option<QueryTexts> {
    let shared = SHARED.iter().find(|(it, _)| *it == name).map(|(_, texts)| *texts);
    shared.or_else(|| Some(Language::named(name)?.grammar()?.texts))
}

/// Whether documents of this identifier hold sentences rather than code.
pub fn is_prose(id: &str) -> bool {
    PROSE.contains(&id.to_ascii_lowercase().as_str())
}

impl Language {
    /// The language of a document: as its editor says; else as its file's name or extension says;
    /// else as its `#!` line says.
    pub fn detect(id: &str, path: Option<&Path>, first_line: &str) -> Option<Self> {
        Self::of_id(id)
            .or_else(|| path.and_then(Self::of_path))
            .or_else(|| Self::of_shebang(first_line))
    }

    pub fn all() -> impl Iterator<Item = Self> {
        (0..ROWS.len()).map(|row| Self(row as u8))
    }

    /// The language of a name of the table, as in `queries/<name>`.
    pub fn named(name: &str) -> Option<Self> {
        Self::find(|row| row.name == name)
    }

    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The identifier that editors use for it (`csharp`), as in `textDocument/didOpen`.
    pub fn id(self) -> &'static str {
        self.row().ids.first().copied().unwrap_or(self.row().name)
    }

    /// What the names of its files end with, without the dot.
    pub fn extensions(self) -> &'static [&'static str] {
        self.row().extensions
    }

    /// What starts a comment that ends with its line.
    pub fn line_comment(self) -> Option<&'static str> {
        self.row().line_comment
    }

    /// What opens and what closes a comment.
    pub fn block_comment(self) -> Option<(&'static str, &'static str)> {
        self.row().block_comment
    }

    pub fn indentation(self) -> LanguageIndentation {
        self.row().indentation
    }

    pub fn quotes(self) -> &'static str {
        self.row().quotes
    }

    pub(crate) fn long_quotes(self) -> &'static [&'static str] {
        self.row().long_quotes
    }

    /// Whether its grammar can be given a text: what it cannot bear ends the process.
    pub(super) fn bears(self, rope: &Rope) -> bool {
        self.row().bears.is_none_or(|it| it(rope))
    }

    pub(super) fn grammar(self) -> Option<Grammar> {
        self.row().grammar
    }

    /// The place of its row: below the count of `all`.
    pub(super) fn index(self) -> usize {
        self.0.into()
    }

    fn row(self) -> &'static LanguageRow {
        &ROWS[self.index()]
    }

    fn find(is_it: impl Fn(&LanguageRow) -> bool) -> Option<Self> {
        ROWS.iter().position(is_it).map(|row| Self(row as u8))
    }

    fn of_id(id: &str) -> Option<Self> {
        let id = id.to_ascii_lowercase();
        Self::find(|row| row.ids.contains(&id.as_str()))
    }

    /// As written first: `.C` is C++ where `.c` is C.
    fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        Self::find(|row| row.files.contains(&name) || row.extensions.contains(&extension)).or_else(
            || {
                let extension = extension.to_ascii_lowercase();
                Self::find(|row| row.extensions.contains(&extension.as_str()))
            },
        )
    }

    fn of_shebang(line: &str) -> Option<Self> {
        let interpreter = interpreter(line)?;
        Self::find(|row| row.interpreters.contains(&interpreter))
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The program a `#!` line runs, without its folder and version: `python` of
/// `#!/usr/bin/env -S LANG=C python3.12 -u`.
fn interpreter(line: &str) -> Option<&str> {
    let mut words = line.strip_prefix("#!")?.split_whitespace();
    let mut program = words.next()?;
    if program.ends_with("/env") {
        program = words.find(|it| !it.starts_with('-') && !it.contains('='))?;
    }
    let name = program.rsplit('/').next()?;
    Some(name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, path: &str, first_line: &str, expected: Option<&str>) {
        let language = Language::detect(id, Some(Path::new(path)), first_line);
        assert_eq!(language.map(Language::name), expected, "{id:?} {path:?} {first_line:?}");
    }

    #[test]
    fn a_document_is_what_its_editor_says_it_is() {
        check("rust", "notes.py", "#!/bin/node", Some("rust"));
        check("Python", "", "", Some("python"));
        check("javascriptreact", "a.txt", "", Some("javascript"));
        check("typescriptreact", "a.txt", "", Some("tsx"));
        check("cuda-cpp", "a.cu", "", Some("cpp"));
    }

    #[test]
    fn an_unknown_identifier_leaves_it_to_the_file_name() {
        for (path, expected) in [
            ("src/main.rs", "rust"),
            ("a/b.pyi", "python"),
            ("SConstruct", "python"),
            ("x.test.mjs", "javascript"),
            ("x.d.ts", "typescript"),
            ("App.tsx", "tsx"),
            ("main.go", "go"),
            ("a.h", "c"),
            ("a.H", "cpp"),
            ("a.c", "c"),
            ("a.C", "cpp"),
            ("a.hpp", "cpp"),
            ("MAIN.JAVA", "java"),
            ("a.sh", "bash"),
            ("mix.exs", "elixir"),
            ("a.hs", "haskell"),
            ("a.ml", "ocaml"),
            ("a.mli", "ocaml-interface"),
            ("schema.SQL", "sql"),
            ("build.zig", "zig"),
            ("A.cs", "c-sharp"),
            ("build.gradle.kts", "kotlin"),
            ("build.sbt", "scala"),
            ("Package.swift", "swift"),
            (".bashrc", "bash"),
            ("a.css", "css"),
            ("index.htm", "html"),
            ("tsconfig.json", "json"),
            (".babelrc", "json"),
            ("a.lua", "lua"),
            ("README.md", "markdown"),
            ("a.phtml", "php"),
            ("Gemfile", "ruby"),
            ("a.gemspec", "ruby"),
            ("Cargo.toml", "toml"),
            ("a.yml", "yaml"),
            (".clang-format", "yaml"),
        ] {
            check("plaintext", path, "", Some(expected));
            check("", path, "#!/bin/sh", Some(expected));
        }
    }

    #[test]
    fn a_file_without_an_extension_is_told_by_its_first_line() {
        for (line, expected) in [
            ("#!/usr/bin/python", Some("python")),
            ("#!/usr/bin/env python3.12", Some("python")),
            ("#! /usr/bin/env -S LANG=C node --harmony", Some("javascript")),
            ("#!/usr/bin/env -S deno run", Some("typescript")),
            ("#!/bin/sh -e", Some("bash")),
            ("#!/usr/bin/env zsh", Some("bash")),
            ("#!/usr/bin/lua5.4", Some("lua")),
            ("#!/usr/bin/env php", Some("php")),
            ("#!/usr/bin/env ruby", Some("ruby")),
            ("#!/usr/bin/env", None),
            ("#!", None),
            ("#!/bin/unheard-of", None),
            ("python", None),
        ] {
            check("", "bin/tool", line, expected);
        }
    }

    #[test]
    fn what_the_table_does_not_know_has_no_language() {
        check("", "", "", None);
        check("brainfuck", "a.bf", "+++", None);
        check("cobol", "a.cbl", "", None);
        check("", ".rs", "", None);
    }

    #[test]
    fn sentences_are_told_from_code() {
        for id in ["markdown", "plaintext", "git-commit", "gitcommit", "latex", "Markdown"] {
            assert!(is_prose(id), "{id}");
        }
        for id in ["rust", "python", "json", ""] {
            assert!(!is_prose(id), "{id}");
        }
    }

    #[test]
    fn no_two_languages_claim_the_same_sign() {
        let signs = |of: fn(&LanguageRow) -> &'static [&'static str]| {
            let mut all: Vec<_> = ROWS.iter().flat_map(of).collect();
            let count = all.len();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), count);
        };
        signs(|row| row.ids);
        signs(|row| row.extensions);
        signs(|row| row.files);
        signs(|row| row.interpreters);
    }
}
