//! The table of languages: what each is called, how a document of it is told, what its grammar is.
//!
//! A new language is a row here, a feature in `Cargo.toml` and a folder under `queries/`.

use std::path::Path;

/// A language of the table. Two are equal when they are the same row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(u8);

struct Row {
    /// The folder of its queries too.
    name: &'static str,
    /// What editors call it: LSP's `languageId`, and names that clients send in its place.
    ids: &'static [&'static str],
    extensions: &'static [&'static str],
    /// Whole file names that say it without an extension.
    files: &'static [&'static str],
    /// Programs of a `#!` line, without their version.
    interpreters: &'static [&'static str],
    line_comment: Option<&'static str>,
    block_comment: Option<(&'static str, &'static str)>,
    /// What opens a string that ends on its line, and nothing else.
    quotes: &'static str,
    /// What opens, and closes, a string of many lines.
    long_quotes: &'static [&'static str],
    indentation: Indentation,
    grammar: Option<Grammar>,
}

/// Whether the depth of a line is part of what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Indentation {
    Free,
    Significant,
}

/// A compiled-in grammar and the texts of its queries.
#[derive(Clone, Copy)]
pub(super) struct Grammar {
    pub(super) language: fn() -> tree_sitter::Language,
    pub(super) texts: Texts,
}

/// The texts of a folder of `queries/`.
#[derive(Clone, Copy)]
pub(super) struct Texts {
    pub(super) definitions: &'static str,
    pub(super) imports: &'static str,
    pub(super) regions: &'static str,
    pub(super) scopes: &'static str,
}

/// The grammar of a language where its feature is on.
macro_rules! grammar {
    ($feature:literal, $queries:literal, $language:expr) => {{
        #[cfg(feature = $feature)]
        {
            Some(Grammar { language: || $language.into(), texts: texts!($queries) })
        }
        #[cfg(not(feature = $feature))]
        {
            None
        }
    }};
}

macro_rules! texts {
    ($folder:literal) => {
        Texts {
            definitions: text!($folder, "definitions"),
            imports: text!($folder, "imports"),
            regions: text!($folder, "regions"),
            scopes: text!($folder, "scopes"),
        }
    };
}

macro_rules! text {
    ($folder:literal, $purpose:literal) => {
        include_str!(concat!("../../queries/", $folder, "/", $purpose, ".scm"))
    };
}

/// Texts that languages inherit and that are no language themselves.
const SHARED: &[(&str, Texts)] = &[("ecmascript", texts!("ecmascript"))];

/// What a row says unless it says otherwise: the C family's comments and strings.
const ROW: Row = Row {
    name: "",
    ids: &[],
    extensions: &[],
    files: &[],
    interpreters: &[],
    line_comment: Some("//"),
    block_comment: Some(("/*", "*/")),
    quotes: "\"",
    long_quotes: &[],
    indentation: Indentation::Free,
    grammar: None,
};

static ROWS: &[Row] = &[
    Row {
        name: "c",
        ids: &["c"],
        extensions: &["c", "h"],
        grammar: grammar!("c", "c", tree_sitter_c::LANGUAGE),
        ..ROW
    },
    Row {
        name: "cpp",
        ids: &["cpp", "c++", "cuda-cpp"],
        extensions: &[
            "cc", "cpp", "cxx", "c++", "C", "hh", "hpp", "hxx", "h++", "H", "inl", "ipp", "tpp",
            "cppm", "ixx",
        ],
        grammar: grammar!("cpp", "cpp", tree_sitter_cpp::LANGUAGE),
        ..ROW
    },
    Row {
        name: "go",
        ids: &["go"],
        extensions: &["go"],
        long_quotes: &["`"],
        grammar: grammar!("go", "go", tree_sitter_go::LANGUAGE),
        ..ROW
    },
    Row {
        name: "java",
        ids: &["java"],
        extensions: &["java"],
        interpreters: &["java"],
        long_quotes: &["\"\"\""],
        grammar: grammar!("java", "java", tree_sitter_java::LANGUAGE),
        ..ROW
    },
    Row {
        name: "javascript",
        ids: &["javascript", "javascriptreact", "jsx"],
        extensions: &["js", "mjs", "cjs", "jsx"],
        files: &["Jakefile"],
        interpreters: &["node", "nodejs", "bun"],
        quotes: "\"'",
        long_quotes: &["`"],
        grammar: grammar!("javascript", "javascript", tree_sitter_javascript::LANGUAGE),
        ..ROW
    },
    Row {
        name: "python",
        ids: &["python"],
        extensions: &["py", "pyi", "pyw"],
        files: &["SConscript", "SConstruct", "wscript"],
        interpreters: &["python", "pypy"],
        line_comment: Some("#"),
        block_comment: None,
        quotes: "\"'",
        long_quotes: &["\"\"\"", "'''"],
        indentation: Indentation::Significant,
        grammar: grammar!("python", "python", tree_sitter_python::LANGUAGE),
    },
    Row {
        name: "rust",
        ids: &["rust"],
        extensions: &["rs"],
        interpreters: &["rust-script"],
        grammar: grammar!("rust", "rust", tree_sitter_rust::LANGUAGE),
        ..ROW
    },
    Row {
        name: "tsx",
        ids: &["typescriptreact", "tsx", "typescript.tsx"],
        extensions: &["tsx"],
        quotes: "\"'",
        long_quotes: &["`"],
        grammar: grammar!("typescript", "tsx", tree_sitter_typescript::LANGUAGE_TSX),
        ..ROW
    },
    Row {
        name: "typescript",
        ids: &["typescript"],
        extensions: &["ts", "mts", "cts"],
        interpreters: &["deno", "ts-node", "tsx"],
        quotes: "\"'",
        long_quotes: &["`"],
        grammar: grammar!("typescript", "typescript", tree_sitter_typescript::LANGUAGE_TYPESCRIPT),
        ..ROW
    },
];

/// Languages written to be read by people: identifiers of documents that hold sentences.
const PROSE: &[&str] = &[
    "asciidoc",
    "bibtex",
    "changelog",
    "commit",
    "git-commit",
    "gitcommit",
    "latex",
    "mail",
    "markdown",
    "mdx",
    "norg",
    "org",
    "pandoc",
    "plaintext",
    "quarto",
    "rd",
    "restructuredtext",
    "rmd",
    "rst",
    "scminput",
    "tex",
    "text",
    "textile",
    "typst",
    "vimwiki",
];

/// The texts of a name that a query inherits.
pub(super) fn texts(name: &str) -> Option<Texts> {
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

    /// What starts a comment that ends with its line.
    pub fn line_comment(self) -> Option<&'static str> {
        self.row().line_comment
    }

    /// What opens and what closes a comment.
    pub fn block_comment(self) -> Option<(&'static str, &'static str)> {
        self.row().block_comment
    }

    pub fn indentation(self) -> Indentation {
        self.row().indentation
    }

    pub(super) fn quotes(self) -> &'static str {
        self.row().quotes
    }

    pub(super) fn long_quotes(self) -> &'static [&'static str] {
        self.row().long_quotes
    }

    pub(super) fn grammar(self) -> Option<Grammar> {
        self.row().grammar
    }

    /// The place of its row: below the count of `all`.
    pub(super) fn index(self) -> usize {
        self.0.into()
    }

    fn row(self) -> &'static Row {
        &ROWS[self.index()]
    }

    fn find(is_it: impl Fn(&Row) -> bool) -> Option<Self> {
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
        check("markdown", "README.md", "# Title", None);
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
        let signs = |of: fn(&Row) -> &'static [&'static str]| {
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
