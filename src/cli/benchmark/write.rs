//! The routes that come of an audition, as text and in the user's config file.

use std::path::PathBuf;

use anyhow::Context;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::cli::Common;
use crate::cli::benchmark::figures::Figures;
use crate::cli::term::own_file::OwnFile;

/// A table to be put into a config file.
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

/// Puts the routes into the user's file, beside everything that stands there.
pub(super) fn write(common: &Common, groups: &[Vec<&Figures>]) -> anyhow::Result<PathBuf> {
    let file = OwnFile::read(common)?;
    let whole = routed(&file.text, list(groups))
        .with_context(|| format!("cannot change {}", file.path.display()))?;
    file.write(&whole)?;
    Ok(file.path)
}

/// The file with these routes for ghost text.
fn routed(text: &str, groups: Array) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let route = document.entry("route").or_insert_with(|| Item::Table(Table::new()));
    let route = route.as_table_like_mut().context("`route` must be a table")?;
    match route.get_mut("complete") {
        // What stands around the list stays where it is.
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
    fn routes_are_put_behind_what_a_file_says() {
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
    fn routes_that_are_there_are_replaced_and_their_neighbours_stay() {
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
