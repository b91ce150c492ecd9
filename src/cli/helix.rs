//! `understudy helix-config`: adds Understudy to Helix's `languages.toml`, as the last server of each
//! language. Helix has no entry for all languages, and an entry replaces the default servers of its language,
//! so they are listed too.

mod servers;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs, io};

use anyhow::Context;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::cli::Common;
use crate::cli::helix::servers::SERVERS;
use crate::config::folders;
use crate::config::folders::Platform;
use crate::syntax::language::Language;
use crate::workspace::files;
use crate::workspace::guard::Guard;

/// The name of the server in Helix's settings.
const NAME: &str = "understudy";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Languages by their names in Helix (default: those of the files in this folder)
    pub languages: Vec<String>,
    /// The languages.toml to start from (default: Helix's own)
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Write the file instead of printing it
    #[arg(long)]
    pub write: bool,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let usual = || folders::helix(Platform::HERE, &|it| env::var_os(it));
    let file = args.file.clone().or_else(usual).context("HOME is not set: use `--file`")?;
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("cannot read {}", file.display()))?,
    };
    let languages = match &args.languages[..] {
        [] => found(&env::current_dir().context("the working directory does not exist")?)?,
        named => named.to_vec(),
    };
    anyhow::ensure!(
        !languages.is_empty(),
        "no file of a known language in this folder: name the languages as arguments"
    );
    let merged = merged(&text, &languages).with_context(|| format!("in {}", file.display()))?;
    let mut out = anstream::stdout().lock();
    if args.write {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, merged).with_context(|| format!("cannot write {}", file.display()))?;
        report(&mut out, &file, &languages, common)?;
    } else {
        write!(out, "{merged}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn report(
    out: &mut impl Write,
    file: &Path,
    languages: &[String],
    common: &Common,
) -> anyhow::Result<()> {
    if common.json {
        let written = serde_json::json!({ "file": file, "languages": languages });
        writeln!(out, "{written:#}")?;
    } else {
        writeln!(out, "{}: {}", file.display(), languages.join(", "))?;
    }
    Ok(())
}

/// The languages of the files in a folder, as Helix names them.
fn found(folder: &Path) -> anyhow::Result<Vec<String>> {
    let guard = Guard::new(vec![folder.to_owned()], &[])?;
    let files = files::walk(&[folder.to_owned()], &Arc::new(guard));
    let languages: BTreeSet<&str> =
        files.filter_map(|it| Some(Language::detect("", Some(&it.path), "")?.name())).collect();
    // Helix has a separate language for JSX, which it detects by the name of the file alone.
    let jsx = languages.contains("javascript").then_some("jsx");
    Ok(languages.into_iter().chain(jsx).map(str::to_owned).collect())
}

/// A `languages.toml` with Understudy as the last server of these languages, and otherwise unchanged.
fn merged(text: &str, languages: &[String]) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse()?;
    add_server(&mut document)?;
    for name in languages {
        add_to(&mut document, name)?;
    }
    Ok(document.to_string())
}

fn add_server(document: &mut DocumentMut) -> anyhow::Result<()> {
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    let servers = document.entry("language-server").or_insert_with(implicit);
    let servers = servers
        .as_table_like_mut()
        .context("refusing to change the file: `language-server` must be a table")?;
    if !servers.contains_key(NAME) {
        let mut table = Table::new();
        table.insert("command", NAME.into());
        servers.insert(NAME, Item::Table(table));
    }
    Ok(())
}

fn add_to(document: &mut DocumentMut, name: &str) -> anyhow::Result<()> {
    let rows =
        document.entry("language").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let rows = rows
        .as_array_of_tables_mut()
        .context("refusing to change the file: `language` must be written as [[language]]")?;
    let is_it = |row: &Table| row.get("name").and_then(Item::as_str) == Some(name);
    if !rows.iter().any(is_it) {
        let mut row = Table::new();
        row.insert("name", name.into());
        rows.push(row);
    }
    let row = rows.iter_mut().find(|it| is_it(it)).expect("the row exists or was added");
    if !row.contains_key("language-servers") {
        row.insert("language-servers", Item::Value(Value::Array(usual(name)?)));
    }
    let servers = row.get_mut("language-servers").and_then(Item::as_array_mut);
    let servers = servers.with_context(|| {
        format!("refusing to change the file: `language-servers` of {name} must be a list")
    })?;
    // A server is a name, or a table with a name and features.
    let named = |it: &Value| {
        let table = it.as_inline_table().and_then(|it| it.get("name")).and_then(Value::as_str);
        it.as_str().or(table) == Some(NAME)
    };
    if !servers.iter().any(named) {
        servers.push(NAME);
    }
    Ok(())
}

/// The servers that Helix starts for a language by default.
fn usual(name: &str) -> anyhow::Result<Array> {
    let row = SERVERS.iter().find(|it| it.0 == name).with_context(|| {
        let known: Vec<&str> = SERVERS.iter().map(|it| it.0).collect();
        format!(
            "the servers that Helix starts for {name} are not known: add its \
             `language-servers` to the file first (known languages: {})",
            known.join(", ")
        )
    })?;
    Ok(row.1.iter().copied().collect())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, languages: &[&str], expected: Expect) {
        let languages: Vec<String> = languages.iter().map(|it| (*it).to_owned()).collect();
        let merged = merged(text, &languages);
        let shown = merged.as_ref().map_or_else(|it| format!("{it}\n"), Clone::clone);
        expected.assert_eq(&shown);
        if let Ok(once) = merged {
            assert_eq!(super::merged(&once, &languages).unwrap(), once, "twice changes nothing");
        }
    }

    #[test]
    fn every_supported_language_has_its_default_servers() {
        let missing = Language::all().filter(|it| !it.name().is_empty());
        let missing = missing.filter(|it| !SERVERS.iter().any(|row| row.0 == it.name()));
        assert_eq!(missing.collect::<Vec<_>>(), []);
    }

    #[test]
    fn the_default_servers_of_helix_come_first() {
        check(
            "",
            &["rust", "sql"],
            expect![[r#"
            [language-server.understudy]
            command = "understudy"

            [[language]]
            name = "rust"
            language-servers = ["rust-analyzer", "understudy"]

            [[language]]
            name = "sql"
            language-servers = ["understudy"]
        "#]],
        );
    }

    #[test]
    fn existing_entries_are_kept() {
        check(
            "# mine\n[language-server.understudy]\ncommand = \"/opt/understudy\" # here\n\n\
             [[language]]\nname = \"rust\"\nauto-format = true # always\nlanguage-servers = [\n  \
             { name = \"rust-analyzer\", except-features = [\"format\"] },\n]\n\n[[language]]\n\
             name = \"gleam\"\nlanguage-servers = [\"gleam\"]\n",
            &["rust", "gleam", "go"],
            expect![[r##"
                # mine
                [language-server.understudy]
                command = "/opt/understudy" # here

                [[language]]
                name = "rust"
                auto-format = true # always
                language-servers = [
                  { name = "rust-analyzer", except-features = ["format"] }, "understudy",
                ]

                [[language]]
                name = "gleam"
                language-servers = ["gleam", "understudy"]

                [[language]]
                name = "go"
                language-servers = ["gopls", "golangci-lint-lsp", "understudy"]
            "##]],
        );
    }

    #[test]
    fn unknown_languages_and_invalid_files_are_refused() {
        check(
            "",
            &["brainfuck"],
            expect![[r#"
                the servers that Helix starts for brainfuck are not known: add its `language-servers` to the file first (known languages: bash, c, c-sharp, cpp, css, dart, elixir, go, haskell, html, java, javascript, json, jsx, kotlin, lua, markdown, nix, ocaml, ocaml-interface, php, python, ruby, rust, scala, scss, sql, svelte, swift, toml, tsx, typescript, vue, yaml, zig)
            "#]],
        );
        check(
            "language = 1",
            &["rust"],
            expect![[r#"
            refusing to change the file: `language` must be written as [[language]]
        "#]],
        );
        check(
            "language-server = 1",
            &["rust"],
            expect![[r#"
            refusing to change the file: `language-server` must be a table
        "#]],
        );
    }
}
