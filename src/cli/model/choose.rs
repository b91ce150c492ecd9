//! Which model the config file uses: `understudy model use` and `understudy model remove`.

use std::fs;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::cli::term::own_file::OwnFile;
use crate::cli::{Common, model};
use crate::config::edit::with_line_ends;
use crate::inference::files;
use crate::provider::preset::BUILT_IN;

/// Uses an installed model, or a file of the user's own.
pub(super) fn run(name: &str, common: &Common) -> anyhow::Result<ExitCode> {
    let path = files::path_of(&model::folder()?, name);
    let own = files::is_path(name);
    if !own && !path.exists() {
        anyhow::bail!("{name} is not installed: `understudy model add {name}`");
    }
    let path = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
    check(&path)
        .map_err(anyhow::Error::msg)
        .with_context(|| format!("cannot use {}", path.display()))?;
    let id = if own { path.to_string_lossy().into_owned() } else { name.to_owned() };
    let file = OwnFile::read(common)?;
    let text = using(&file.text, &id)?;
    if text != file.text {
        file.write(&text)?;
    }
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{}", json!({ "model": id, "file": path, "config": file.path }))?;
    } else {
        writeln!(
            out,
            "{id} is in use: it answers where no other model of {} does.\n\
             Open windows use it now. `understudy complete FILE:LINE:COL` tries it.",
            file.path.display()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Deletes a downloaded model, and removes it from the config file.
pub(super) fn remove(name: &str, common: &Common) -> anyhow::Result<ExitCode> {
    let path = files::path_of(&model::folder()?, name);
    let file = OwnFile::read(common)?;
    let text = without(&file.text, name)?;
    let is_used = text != file.text;
    let bytes = fs::metadata(&path).ok().filter(|_| !files::is_path(name)).map(|it| it.len());
    anyhow::ensure!(is_used || bytes.is_some(), "{name} is neither installed nor in use");
    if is_used {
        file.write(&text)?;
    }
    if bytes.is_some() {
        fs::remove_file(&path).with_context(|| format!("cannot delete {}", path.display()))?;
    }
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{}", json!({ "model": name, "freed": bytes.unwrap_or(0) }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(bytes) = bytes {
        writeln!(out, "Deleted {} ({}).", path.display(), model::size(bytes))?;
    }
    if is_used {
        writeln!(out, "{} no longer uses it.", file.path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "local-model")]
use crate::inference::inspect::check;

#[cfg(not(feature = "local-model"))]
fn check(_: &std::path::Path) -> Result<(), String> {
    Err(crate::inference::HOW_TO_GET.to_owned())
}

/// The config file with this model as that of the built-in engine.
fn using(text: &str, id: &str) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse().context("the config file is not TOML")?;
    let models = Item::Value(Value::Array(Array::from_iter([id])));
    match row(&mut document) {
        Some(row) => row["models"] = models,
        None => {
            let mut row = Table::new();
            row["name"] = toml_edit::value(BUILT_IN);
            row["kind"] = toml_edit::value(BUILT_IN);
            row["models"] = models;
            row.decor_mut().set_prefix(if text.trim().is_empty() { "" } else { "\n" });
            let rows =
                document.entry("provider").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
            let rows = rows.as_array_of_tables_mut();
            rows.context("`provider` in the config file must be a list of [[provider]] tables")?
                .push(row);
        }
    }
    Ok(with_line_ends(text, document.to_string()))
}

/// The config file without a model of the built-in engine.
fn without(text: &str, id: &str) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse().context("the config file is not TOML")?;
    let Some(row) = row(&mut document) else { return Ok(text.to_owned()) };
    let Some(models) = row.get_mut("models").and_then(Item::as_array_mut) else {
        return Ok(text.to_owned());
    };
    let count = models.len();
    models.retain(|it| it.as_str() != Some(id));
    match models.len() {
        left if left == count => return Ok(text.to_owned()),
        0 => {
            if let Some(rows) = document.get_mut("provider").and_then(Item::as_array_of_tables_mut)
            {
                rows.retain(|it| !is_engine(it));
            }
        }
        _ => {}
    }
    Ok(with_line_ends(text, document.to_string()))
}

/// The row of the built-in engine.
fn row(document: &mut DocumentMut) -> Option<&mut Table> {
    let rows = document.get_mut("provider")?.as_array_of_tables_mut()?;
    rows.iter_mut().find(|it| is_engine(it))
}

fn is_engine(row: &Table) -> bool {
    row.get("kind").and_then(Item::as_str) == Some(BUILT_IN)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, id: &str, expected: Expect) {
        expected.assert_eq(&using(text, id).unwrap());
    }

    #[test]
    fn a_model_gets_a_row_behind_the_others() {
        check(
            "",
            "a",
            expect![[r#"
                [[provider]]
                name = "built-in"
                kind = "built-in"
                models = ["a"]
            "#]],
        );
        check(
            "# mine\n[[provider]]\nname = 'x' # first\nkind = 'ollama'\n\n[log]\nlevel = 'off'\n",
            "a",
            expect![[r#"
                # mine
                [[provider]]
                name = 'x' # first
                kind = 'ollama'

                [[provider]]
                name = "built-in"
                kind = "built-in"
                models = ["a"]

                [log]
                level = 'off'
            "#]],
        );
    }

    #[test]
    fn another_model_replaces_it_and_a_removed_one_leaves_no_row() {
        let one = using("", "a").unwrap();
        let other = using(&one, "b").unwrap();
        assert_eq!(other, one.replace("\"a\"", "\"b\""));
        assert_eq!(without(&other, "a").unwrap(), other);
        assert_eq!(without(&other, "b").unwrap(), "");
        let two = "[[provider]]\nname = 'x'\nkind = 'built-in'\nmodels = ['a', 'b']\n";
        assert_eq!(without(two, "a").unwrap(), two.replace("'a', 'b'", " 'b'"));
    }
}
