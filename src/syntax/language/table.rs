//! What the table of languages says of each; its rows stand in `rows`.

use ropey::Rope;

use crate::syntax::language::LanguageIndentation;

/// What tells a language and what it looks like.
pub(crate) struct LanguageRow {
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
    pub(crate) indentation: LanguageIndentation,
    /// Whether the grammar bears a text, where one does not bear them all.
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

// After the macros, which it uses.
pub(crate) mod rows;

/// Texts that languages inherit and that are no language themselves.
pub(crate) const SHARED: &[(&str, QueryTexts)] = &[("ecmascript", texts!("ecmascript"))];

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
