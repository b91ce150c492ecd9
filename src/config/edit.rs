//! Changes one setting of the user's file, and leaves everything else in it unchanged.

use std::path::Path;
use std::{fs, io};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::storage;

/// Writes a setting into the file, which is created if necessary.
///
/// # Errors
///
/// If the file cannot be read or written, is not TOML, or would become an invalid config file. The file is
/// then unchanged.
pub fn write(path: &Path, keys: &[&str], value: impl Into<Value>) -> io::Result<()> {
    // A config file is often a link to a file in a repository.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    storage::write(&path, &changed(&text, keys, value.into())?)
}

fn changed(text: &str, keys: &[&str], value: Value) -> io::Result<String> {
    let mut document: DocumentMut = text.parse().map_err(io::Error::other)?;
    set(document.as_table_mut(), keys, value)?;
    let changed = with_line_ends(text, document.to_string());
    let (before, after) = (problems(text), problems(&changed));
    match after.len() > before.len() {
        true => Err(io::Error::other(after.into_iter().next_back().unwrap_or_default())),
        false => Ok(changed),
    }
}

/// A changed text with the line ends of the original, which `toml_edit` turns into LF.
pub fn with_line_ends(original: &str, changed: String) -> String {
    match original.contains("\r\n") {
        true => changed.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => changed,
    }
}

fn problems(text: &str) -> Vec<String> {
    super::parse(text.as_bytes()).1.iter().map(ToString::to_string).collect()
}

fn set(table: &mut dyn TableLike, keys: &[&str], value: Value) -> io::Result<()> {
    let [key, rest @ ..] = keys else { return Ok(()) };
    if !rest.is_empty() {
        let mut new = Table::new();
        // Of the new tables, only the innermost gets a header line.
        new.set_implicit(true);
        let inner = table.entry(key).or_insert(Item::Table(new));
        let inner = inner.as_table_like_mut();
        return set(
            inner.ok_or_else(|| io::Error::other(format!("`{key}` must be a table")))?,
            rest,
            value,
        );
    }
    match table.get_mut(key) {
        // Whitespace and comments around the value are kept.
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        Some(_) | None => _ = table.insert(key, toml_edit::value(value)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const KEYS: [&str; 3] = ["limit", "complete", "usd"];

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&changed(text, &KEYS, 0.005.into()).unwrap());
    }

    #[test]
    fn a_new_setting_is_appended_to_the_file() {
        check(
            "# mine\n[[provider]]\nname = 'a' # first\nkind = \"ollama\"\n",
            expect![[r#"
                # mine
                [[provider]]
                name = 'a' # first
                kind = "ollama"

                [limit.complete]
                usd = 0.005
            "#]],
        );
        check(
            "",
            expect![[r#"
            [limit.complete]
            usd = 0.005
        "#]],
        );
    }

    #[test]
    fn an_existing_setting_is_replaced_in_place() {
        check(
            "limit.complete.usd = 0.001  # little\nlog.level = \"off\"\n",
            expect![[r#"
                limit.complete.usd = 0.005  # little
                log.level = "off"
            "#]],
        );
        check(
            "[limit]\ncomplete = { total_ms = 3000 }\nhover.usd = 0.1\n",
            expect![[r#"
                [limit]
                complete = { total_ms = 3000 , usd = 0.005 }
                hover.usd = 0.1
            "#]],
        );
    }

    #[test]
    fn an_invalid_config_file_is_left_unchanged() {
        assert!(changed("limit = 3\n", &KEYS, 0.005.into()).is_err());
        assert!(changed("limit = [", &KEYS, 0.005.into()).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "limit = 3\n").unwrap();
        assert!(write(&path, &KEYS, 0.005).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "limit = 3\n");
    }
}
