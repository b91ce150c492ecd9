//! Languages: their names, how they are detected, and their lexical properties.

pub(super) mod nesting;
pub(super) mod table;

use std::path::Path;

use ropey::Rope;

use crate::syntax::language::table::rows::ROWS;
use crate::syntax::language::table::{Grammar, LanguageRow, PROSE, QueryTexts, SHARED};

/// Languages in which a member is used without its object within its type.
pub const IMPLICIT: [&str; 7] = ["java", "c-sharp", "kotlin", "cpp", "scala", "swift", "ruby"];

/// A language of the table. Two values are equal if they are the same row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(u8);

/// Whether the indentation of a line affects its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LanguageIndentation {
    Free,
    Significant,
}

/// The query texts of a name that a query inherits.
pub(super) fn texts(name: &str) -> Option<QueryTexts> {
    let shared = SHARED.iter().find(|(it, _)| *it == name).map(|(_, texts)| *texts);
    shared.or_else(|| Some(Language::named(name)?.grammar()?.texts))
}

/// Whether documents of this identifier contain prose rather than code.
pub fn is_prose(id: &str) -> bool {
    PROSE.contains(&id.to_ascii_lowercase().as_str())
}

impl Language {
    /// Detects the language of a document: by the editor's identifier, then by the file's name or extension,
    /// then by its `#!` line.
    pub fn detect(id: &str, path: Option<&Path>, first_line: &str) -> Option<Self> {
        Self::of_id(id)
            .or_else(|| path.and_then(Self::of_path))
            .or_else(|| Self::of_shebang(first_line))
    }

    pub fn all() -> impl Iterator<Item = Self> {
        (0..ROWS.len()).map(|row| Self(row as u8))
    }

    /// The language with a name of the table, as in `queries/<name>`.
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

    /// Without the dot.
    pub fn extensions(self) -> &'static [&'static str] {
        self.row().extensions
    }

    /// The start of a line comment.
    pub fn line_comment(self) -> Option<&'static str> {
        self.row().line_comment
    }

    /// The start and end of a block comment.
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

    /// Whether the grammar's scanner can parse the text; other texts would end the process.
    pub(super) fn bears(self, rope: &Rope) -> bool {
        self.row().bears.is_none_or(|it| it(rope))
    }

    pub(super) fn grammar(self) -> Option<Grammar> {
        self.row().grammar
    }

    /// The index of its row, less than the count of `all`.
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

    /// Case matters first: `.C` is C++ while `.c` is C.
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

/// The program of a `#!` line, without its folder and version: `python` for
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
    fn the_editors_identifier_determines_the_language() {
        check("rust", "notes.py", "#!/bin/node", Some("rust"));
        check("Python", "", "", Some("python"));
        check("javascriptreact", "a.txt", "", Some("javascript"));
        check("typescriptreact", "a.txt", "", Some("tsx"));
        check("cuda-cpp", "a.cu", "", Some("cpp"));
    }

    #[test]
    fn with_an_unknown_identifier_the_file_name_determines_the_language() {
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
    fn the_first_line_determines_the_language_of_a_file_without_an_extension() {
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
    fn a_document_that_is_not_in_the_table_has_no_language() {
        check("", "", "", None);
        check("brainfuck", "a.bf", "+++", None);
        check("cobol", "a.cbl", "", None);
        check("", ".rs", "", None);
    }

    #[test]
    fn prose_is_distinguished_from_code() {
        for id in ["markdown", "plaintext", "git-commit", "gitcommit", "latex", "Markdown"] {
            assert!(is_prose(id), "{id}");
        }
        for id in ["rust", "python", "json", ""] {
            assert!(!is_prose(id), "{id}");
        }
    }

    #[test]
    fn no_two_languages_share_an_identifier_extension_file_or_interpreter() {
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
