//! The table of languages.
//!
//! A new language is a row here, a feature in `Cargo.toml` and a folder under `queries/`.

use crate::syntax::language::table::{Grammar, LanguageRow, QueryTexts};
use crate::syntax::language::{LanguageIndentation, nesting};

/// Defaults of a row: comments and strings of the C family.
const ROW: LanguageRow = LanguageRow {
    name: "",
    ids: &[],
    extensions: &[],
    files: &[],
    interpreters: &[],
    line_comment: Some("//"),
    block_comment: Some(("/*", "*/")),
    quotes: "\"",
    long_quotes: &[],
    indentation: LanguageIndentation::Free,
    bears: None,
    grammar: None,
};

pub(crate) static ROWS: &[LanguageRow] = &[
    LanguageRow {
        name: "bash",
        ids: &["shellscript", "bash", "sh", "ksh", "zsh"],
        extensions: &["sh", "bash", "bats", "ebuild", "eclass", "ksh", "zsh"],
        files: &[
            ".bash_aliases",
            ".bash_login",
            ".bash_logout",
            ".bash_profile",
            ".bashrc",
            ".envrc",
            ".kshrc",
            ".profile",
            ".zlogin",
            ".zprofile",
            ".zshenv",
            ".zshrc",
            "APKBUILD",
            "PKGBUILD",
        ],
        interpreters: &["sh", "ash", "bash", "bats", "dash", "ksh", "mksh", "zsh"],
        line_comment: Some("#"),
        block_comment: None,
        quotes: "\"'",
        grammar: grammar!("bash", "bash", tree_sitter_bash::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "c",
        ids: &["c"],
        extensions: &["c", "h"],
        grammar: grammar!("c", "c", tree_sitter_c::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "c-sharp",
        ids: &["csharp", "cs", "c_sharp"],
        extensions: &["cs", "csx"],
        long_quotes: &["\"\"\""],
        grammar: grammar!("c-sharp", "c-sharp", tree_sitter_c_sharp::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "cpp",
        ids: &["cpp", "c++", "cuda-cpp"],
        extensions: &[
            "cc", "cpp", "cxx", "c++", "C", "hh", "hpp", "hxx", "h++", "H", "inl", "ipp", "tpp",
            "cppm", "ixx",
        ],
        grammar: grammar!("cpp", "cpp", tree_sitter_cpp::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "css",
        ids: &["css", "postcss"],
        extensions: &["css", "pcss", "postcss"],
        line_comment: None,
        quotes: "\"'",
        grammar: grammar!("css", "css", tree_sitter_css::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "elixir",
        ids: &["elixir"],
        extensions: &["ex", "exs"],
        interpreters: &["elixir", "iex"],
        line_comment: Some("#"),
        block_comment: None,
        quotes: "\"'",
        long_quotes: &["\"\"\"", "'''"],
        grammar: grammar!("elixir", "elixir", tree_sitter_elixir::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "go",
        ids: &["go"],
        extensions: &["go"],
        long_quotes: &["`"],
        grammar: grammar!("go", "go", tree_sitter_go::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "haskell",
        ids: &["haskell"],
        extensions: &["hs", "hs-boot", "hsc"],
        interpreters: &["runhaskell", "runghc"],
        line_comment: Some("--"),
        block_comment: Some(("{-", "-}")),
        indentation: LanguageIndentation::Significant,
        grammar: grammar!("haskell", "haskell", tree_sitter_haskell::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "html",
        ids: &["html", "xhtml"],
        extensions: &["html", "htm", "xhtml", "shtml"],
        line_comment: None,
        block_comment: Some(("<!--", "-->")),
        quotes: "\"'",
        grammar: grammar!("html", "html", tree_sitter_html::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "java",
        ids: &["java"],
        extensions: &["java"],
        interpreters: &["java"],
        long_quotes: &["\"\"\""],
        grammar: grammar!("java", "java", tree_sitter_java::LANGUAGE),
        ..ROW
    },
    LanguageRow {
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
    LanguageRow {
        name: "json",
        ids: &["json", "jsonc"],
        extensions: &[
            "json",
            "jsonc",
            "avsc",
            "code-workspace",
            "geojson",
            "gltf",
            "har",
            "ipynb",
            "sarif",
            "topojson",
            "webmanifest",
        ],
        files: &[
            ".babelrc",
            ".eslintrc",
            ".jshintrc",
            ".prettierrc",
            ".stylelintrc",
            ".swcrc",
            ".watchmanconfig",
        ],
        grammar: grammar!("json", "json", tree_sitter_json::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "kotlin",
        ids: &["kotlin"],
        extensions: &["kt", "kts", "ktm"],
        interpreters: &["kotlin"],
        long_quotes: &["\"\"\""],
        grammar: grammar!("kotlin", "kotlin", tree_sitter_kotlin_ng::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "lua",
        ids: &["lua"],
        extensions: &["lua", "rockspec"],
        files: &[".luacheckrc"],
        interpreters: &["lua", "luajit"],
        line_comment: Some("--"),
        block_comment: Some(("--[[", "]]")),
        quotes: "\"'",
        grammar: grammar!("lua", "lua", tree_sitter_lua::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "markdown",
        ids: &["markdown", "pandoc", "quarto", "rmd"],
        extensions: &["md", "markdown", "mdown", "mkd", "mkdn", "qmd", "rmd"],
        line_comment: None,
        block_comment: Some(("<!--", "-->")),
        quotes: "",
        grammar: grammar!("markdown", "markdown", tree_sitter_md::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "ocaml",
        ids: &["ocaml"],
        extensions: &["ml"],
        files: &[".ocamlinit"],
        interpreters: &["ocaml", "ocamlscript"],
        line_comment: None,
        block_comment: Some(("(*", "*)")),
        grammar: grammar!("ocaml", "ocaml", tree_sitter_ocaml::LANGUAGE_OCAML),
        ..ROW
    },
    LanguageRow {
        name: "ocaml-interface",
        ids: &["ocaml.interface", "ocamlinterface"],
        extensions: &["mli"],
        line_comment: None,
        block_comment: Some(("(*", "*)")),
        grammar: grammar!("ocaml", "ocaml-interface", tree_sitter_ocaml::LANGUAGE_OCAML_INTERFACE),
        ..ROW
    },
    LanguageRow {
        name: "php",
        ids: &["php"],
        extensions: &["php", "phtml", "phpt", "php5", "php7", "php8"],
        interpreters: &["php"],
        quotes: "\"'`",
        grammar: grammar!("php", "php", tree_sitter_php::LANGUAGE_PHP),
        ..ROW
    },
    LanguageRow {
        name: "python",
        ids: &["python"],
        extensions: &["py", "pyi", "pyw"],
        files: &["SConscript", "SConstruct", "wscript"],
        interpreters: &["python", "pypy"],
        line_comment: Some("#"),
        block_comment: None,
        quotes: "\"'",
        long_quotes: &["\"\"\"", "'''"],
        indentation: LanguageIndentation::Significant,
        grammar: grammar!("python", "python", tree_sitter_python::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "ruby",
        ids: &["ruby"],
        extensions: &["rb", "gemspec", "rake", "rbi", "rbw", "ru", "podspec"],
        files: &[
            ".irbrc",
            ".pryrc",
            "Appraisals",
            "Berksfile",
            "Brewfile",
            "Capfile",
            "Dangerfile",
            "Fastfile",
            "Gemfile",
            "Guardfile",
            "Podfile",
            "Rakefile",
            "Vagrantfile",
        ],
        interpreters: &["ruby", "jruby", "rake", "rbx"],
        line_comment: Some("#"),
        block_comment: Some(("=begin", "=end")),
        quotes: "\"'`",
        grammar: grammar!("ruby", "ruby", tree_sitter_ruby::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "rust",
        ids: &["rust"],
        extensions: &["rs"],
        interpreters: &["rust-script"],
        grammar: grammar!("rust", "rust", tree_sitter_rust::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "scala",
        ids: &["scala", "sbt"],
        extensions: &["scala", "mill", "sbt", "sc"],
        interpreters: &["scala", "amm", "scala-cli"],
        long_quotes: &["\"\"\""],
        indentation: LanguageIndentation::Significant,
        grammar: grammar!("scala", "scala", tree_sitter_scala::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "sql",
        ids: &["sql", "mysql", "pgsql", "plpgsql", "plsql", "postgres", "tsql"],
        extensions: &["sql", "ddl", "dml", "pgsql", "psql"],
        line_comment: Some("--"),
        quotes: "'",
        grammar: grammar!("sql", "sql", tree_sitter_sequel::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "swift",
        ids: &["swift"],
        extensions: &["swift"],
        interpreters: &["swift"],
        long_quotes: &["\"\"\""],
        grammar: grammar!("swift", "swift", tree_sitter_swift::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "toml",
        ids: &["toml"],
        extensions: &["toml"],
        files: &["Pipfile"],
        line_comment: Some("#"),
        block_comment: None,
        quotes: "\"'",
        long_quotes: &["\"\"\"", "'''"],
        grammar: grammar!("toml", "toml", tree_sitter_toml_ng::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "tsx",
        ids: &["typescriptreact", "tsx", "typescript.tsx"],
        extensions: &["tsx"],
        quotes: "\"'",
        long_quotes: &["`"],
        grammar: grammar!("typescript", "tsx", tree_sitter_typescript::LANGUAGE_TSX),
        ..ROW
    },
    LanguageRow {
        name: "typescript",
        ids: &["typescript"],
        extensions: &["ts", "mts", "cts"],
        interpreters: &["deno", "ts-node", "tsx"],
        quotes: "\"'",
        long_quotes: &["`"],
        grammar: grammar!("typescript", "typescript", tree_sitter_typescript::LANGUAGE_TYPESCRIPT),
        ..ROW
    },
    LanguageRow {
        name: "yaml",
        ids: &[
            "yaml",
            "ansible",
            "azure-pipelines",
            "dockercompose",
            "github-actions-workflow",
            "yaml.ansible",
            "yaml.docker-compose",
            "yaml.ghaction",
            "yaml.github",
            "yaml.gitlab",
            "yaml.openapi",
        ],
        extensions: &["yaml", "yml", "cff"],
        files: &[".clang-format", ".clang-tidy", ".clangd"],
        line_comment: Some("#"),
        block_comment: None,
        quotes: "\"'",
        indentation: LanguageIndentation::Significant,
        bears: Some(nesting::yaml),
        grammar: grammar!("yaml", "yaml", tree_sitter_yaml::LANGUAGE),
        ..ROW
    },
    LanguageRow {
        name: "zig",
        ids: &["zig"],
        extensions: &["zig", "zon"],
        block_comment: None,
        grammar: grammar!("zig", "zig", tree_sitter_zig::LANGUAGE),
        ..ROW
    },
];
