//! The columns of the table of languages; `rows` contains its rows.

use ropey::Rope;

use crate::syntax::language::LanguageIndentation;

/// How a language is detected, and its lexical properties.
pub(crate) struct LanguageRow {
    /// Also the name of the folder with its queries.
    pub(crate) name: &'static str,
    /// The names that editors use: LSP's `languageId`, and names that clients send instead.
    pub(crate) ids: &'static [&'static str],
    pub(crate) extensions: &'static [&'static str],
    /// Whole names of files without an extension.
    pub(crate) files: &'static [&'static str],
    /// Programs of a `#!` line, without their version.
    pub(crate) interpreters: &'static [&'static str],
    pub(crate) line_comment: Option<&'static str>,
    pub(crate) block_comment: Option<(&'static str, &'static str)>,
    /// The quotes of strings that end on the same line.
    pub(crate) quotes: &'static str,
    /// The quotes of multi-line strings.
    pub(crate) long_quotes: &'static [&'static str],
    pub(crate) indentation: LanguageIndentation,
    /// Whether the grammar can parse a text; `None` if it can parse any.
    pub(crate) bears: Option<fn(&Rope) -> bool>,
    pub(crate) grammar: Option<Grammar>,
}

/// A compiled-in grammar and the texts of its queries.
#[derive(Clone, Copy)]
pub(crate) struct Grammar {
    pub(crate) language: fn() -> tree_sitter::Language,
    pub(crate) texts: QueryTexts,
}

/// The texts of a folder of `queries/`.
#[derive(Clone, Copy)]
pub(crate) struct QueryTexts {
    pub(crate) definitions: &'static str,
    pub(crate) imports: &'static str,
    pub(crate) regions: &'static str,
    pub(crate) scopes: &'static str,
}

/// The grammar of a language, if its feature is enabled.
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
        QueryTexts {
            definitions: text!($folder, "definitions"),
            imports: text!($folder, "imports"),
            regions: text!($folder, "regions"),
            scopes: text!($folder, "scopes"),
        }
    };
}

macro_rules! text {
    ($folder:literal, $purpose:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/queries/",
            $folder,
            "/",
            $purpose,
            ".scm"
        ))
    };
}

// Must follow the macros that it uses.
pub(crate) mod rows;

/// Texts that languages inherit and that are not languages themselves.
pub(crate) const SHARED: &[(&str, QueryTexts)] = &[("ecmascript", texts!("ecmascript"))];

/// Identifiers of languages whose documents contain prose.
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
