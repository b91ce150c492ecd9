//! The suggested route, as text and in the user's config file.

use std::path::PathBuf;

use anyhow::Context;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::cli::Common;
use crate::cli::benchmark::figures::Figures;
use crate::cli::term::own_file::OwnFile;

/// The route as a table for a config file.
pub(super) fn route(groups: &[Vec<&Figures>]) -> String {
    format!("[route]\ncomplete = {}\n", list(groups))
}

fn list(groups: &[Vec<&Figures>]) -> Array {
    let groups = groups.iter().map(|group| match &group[..] {
        [one] => Value::from(&*one.model),
        equals => Value::Array(equals.iter().map(|it| &*it.model).collect()),
    });
    groups.collect()
}

/// Writes the route to the user's file, and leaves everything else in it unchanged.
pub(super) fn write(common: &Common, groups: &[Vec<&Figures>]) -> anyhow::Result<PathBuf> {
    let file = OwnFile::read(common)?;
    let whole = routed(&file.text, list(groups))
        .with_context(|| format!("cannot change {}", file.path.display()))?;
    file.write(&whole)?;
    Ok(file.path)
}

/// The text of the file with this route for suggestions.
fn routed(text: &str, groups: Array) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let route = document.entry("route").or_insert_with(|| Item::Table(Table::new()));
    let route = route.as_table_like_mut().context("`route` must be a table")?;
    match route.get_mut("complete") {
        // Whitespace and comments around the list are kept.
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            *old = Value::Array(groups);
            *old.decor_mut() = decor;
        }
        Some(_) | None => _ = route.insert("complete", Item::Value(Value::Array(groups))),
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: Expect) {
        let groups = ["a/x", "b/y"].into_iter().collect();
        expected.assert_eq(&routed(text, groups).unwrap());
    }

    #[test]
    fn a_new_route_is_appended_to_the_file() {
        check(
            "# mine\n[[provider]]\nname = 'a'\n",
            expect![[r#"
                # mine
                [[provider]]
                name = 'a'

                [route]
                complete = ["a/x", "b/y"]
            "#]],
        );
    }

    #[test]
    fn an_existing_route_is_replaced_and_other_settings_are_kept() {
        check(
            "[route]\n# why\ncomplete = [ 'old' ] # of spring\nedit = ['big']\n\n[cap]\nusd_per_day = 1.0\n",
            expect![[r#"
                [route]
                # why
                complete = ["a/x", "b/y"] # of spring
                edit = ['big']

                [cap]
                usd_per_day = 1.0
            "#]],
        );
    }
}
