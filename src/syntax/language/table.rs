//! The table of languages.
//!
//! A new language is a row here, a feature in `Cargo.toml` and a folder under `queries/`.

use crate::syntax::language::Indentation;

/// What tells a language and what it looks like.
pub(crate) struct Row {
    /// The folder of its queries too.
    pub(crate) name: &'static str,
    /// What editors call it: LSP's `languageId`, and names that clients send in its place.
    pub(crate) ids: &'static [&'static str],
    pub(crate) extensions: &'static [&'static str],
    /// Whole file names that say it without an extension.
    pub(crate) files: &'static [&'static str],
    /// Programs of a `#!` line, without their version.
    pub(crate) interpreters: &'static [&'static str],
    pub(crate) line_comment: Option<&'static str>,
    pub(crate) block_comment: Option<(&'static str, &'static str)>,
    /// What opens a string that ends on its line, and nothing else.
    pub(crate) quotes: &'static str,
    /// What opens, and closes, a string of many lines.
    pub(crate) long_quotes: &'static [&'static str],
    pub(crate) indentation: Indentation,
    pub(crate) grammar: Option<Grammar>,
}

/// A compiled-in grammar and the texts of its queries.
#[derive(Clone, Copy)]
pub(crate) struct Grammar {
    pub(crate) language: fn() -> tree_sitter::Language,
    pub(crate) texts: Texts,
}

/// The texts of a folder of `queries/`.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    pub(crate) definitions: &'static str,
    pub(crate) imports: &'static str,
    pub(crate) regions: &'static str,
    pub(crate) scopes: &'static str,
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
        include_str!(concat!("../../../queries/", $folder, "/", $purpose, ".scm"))
    };
}

/// Texts that languages inherit and that are no language themselves.
pub(crate) const SHARED: &[(&str, Texts)] = &[("ecmascript", texts!("ecmascript"))];

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

pub(crate) static ROWS: &[Row] = &[
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
pub(crate) const PROSE: &[&str] = &[
    "asciidoc",
    "changelog",
    "commit",
    "eml",
    "git-commit",
    "git-rebase",
    "gitcommit",
    "gitrebase",
    "hgcommit",
    "jjdescription",
    "latex",
    "mail",
    "markdown",
    "mdx",
    "norg",
    "org",
    "pandoc",
    "plaintext",
    "quarto",
    "restructuredtext",
    "rmd",
    "rst",
    "scminput",
    "svn",
    "tex",
    "text",
    "textile",
    "typst",
    "vimwiki",
];
