//! The routes that come of an audition, as text and in the user's config file.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Context;
use toml_edit::Array;
use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::Value;

use crate::cli::Common;
use crate::cli::audition::figures::Figures;
use crate::config;
use crate::workspace::private;

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
    let sources = common.sources(Vec::new());
    let file = sources.file.path().context("neither XDG_CONFIG_HOME nor HOME is set")?;
    // Whoever keeps it elsewhere has a link here.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("cannot read {}", file.display()))?,
    };
    let whole = routed(&text, list(groups))
        .with_context(|| format!("{} cannot be changed", file.display()))?;
    let (_, problems) = config::parse(whole.as_bytes());
    if let Some(problem) = problems.first() {
        anyhow::bail!("what would be written is wrong ({problem}): nothing was");
    }
    private::write(&file, &whole).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// The file with these routes for ghost text.
fn routed(text: &str, groups: Array) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let route = document.entry("route").or_insert_with(|| Item::Table(Table::new()));
    let route = route.as_table_like_mut().context("`route` is no table")?;
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
    use expect_test::Expect;
    use expect_test::expect;

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
