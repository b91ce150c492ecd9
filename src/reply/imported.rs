//! The names of import statements. A name that a file imports already is not imported again.
//!
//! Statements of one name each, as in Java, need no parsing: they are equal or different.

/// A name, and the module that it is imported from. A name that can only be used as a type begins with `type `.
pub(in crate::reply) type ImportedName = (String, String);

const TYPE: &str = "type ";

/// Names of one module, as in `from module import name, name`.
struct NameList {
    /// The text before the names and after them.
    before: String,
    after: String,
    /// Brackets around the names. If they are optional, a single name has none.
    brackets: Option<(&'static str, &'static str)>,
    module: String,
    names: Vec<String>,
}

/// The names that a statement imports; empty if they are not known.
pub(in crate::reply) fn names(statement: &str, language: &str) -> Vec<ImportedName> {
    let lists = lists(statement, language).unwrap_or_default();
    let names = |it: &NameList| it.names.iter().map(|name| it.imported(name)).collect::<Vec<_>>();
    lists.iter().flat_map(names).collect()
}

/// Whether a name is among those that are `known`. What is a value can be used as a type too.
pub(in crate::reply) fn is_known(known: &[ImportedName], name: &ImportedName) -> bool {
    let value = name.1.strip_prefix(TYPE).map(|it| (name.0.clone(), it.to_owned()));
    known.contains(name) || value.is_some_and(|it| known.contains(&it))
}

/// A statement without the names in `known`, as one or more statements; none if no name is left.
pub(in crate::reply) fn lacking(
    statement: &str,
    language: &str,
    known: &[ImportedName],
) -> Vec<String> {
    let Some(mut lists) = lists(statement, language) else { return vec![statement.to_owned()] };
    let count = |lists: &[NameList]| lists.iter().map(|it| it.names.len()).sum::<usize>();
    let all = count(&lists);
    for list in &mut lists {
        let names = std::mem::take(&mut list.names);
        list.names = names.into_iter().filter(|it| !is_known(known, &list.imported(it))).collect();
    }
    lists.retain(|it| !it.names.is_empty());
    match count(&lists) == all {
        true => vec![statement.to_owned()],
        false => lists.iter().map(NameList::text).collect(),
    }
}

/// The lists of a statement; `None` if it has none, or is not understood.
fn lists(statement: &str, language: &str) -> Option<Vec<NameList>> {
    let statement = without_comments(statement.trim(), language);
    let statement = statement.trim();
    let lists = match language {
        "python" => python(statement)?,
        "javascript" | "typescript" | "tsx" => script(statement)?,
        "rust" => tree(statement, &["use "], "::")?,
        "scala" => tree(statement, &["import "], ".")?,
        "php" => tree(statement, &["use "], "\\")?,
        "elixir" => tree(statement, &["alias ", "import ", "require "], ".")?,
        _ => return None,
    };
    (!lists.is_empty()).then_some(lists)
}

/// `from module import name, name as other`, or `import module, module`.
fn python(statement: &str) -> Option<Vec<NameList>> {
    let statement = statement.trim_end_matches(';').trim_end();
    if let Some(rest) = statement.strip_prefix("from ") {
        let (module, list) = rest.split_once(" import")?;
        let list = list.trim().trim_start_matches('(').trim_end_matches(')');
        let before = format!("from {} import ", module.trim());
        return Some(vec![NameList::new(before, module.trim(), split(list), "")]);
    }
    let modules = split(statement.strip_prefix("import ")?);
    let list = |it| NameList::new("import ".to_owned(), "", vec![it], "");
    Some(modules.into_iter().map(list).collect())
}

/// `import name, { name as other } from "module"`, or `const { name } = require("module")`.
fn script(statement: &str) -> Option<Vec<NameList>> {
    let declared = ["const ", "let ", "var "].iter().find(|it| statement.starts_with(**it));
    let (before, rest) = match declared {
        Some(it) => (*it, &statement[it.len()..]),
        None if statement.starts_with("import type ") => statement.split_at("import type ".len()),
        None => ("import ", statement.strip_prefix("import ")?),
    };
    let (list, after) = match declared {
        Some(_) => rest.split_at(rest.find(" = require(")?),
        None => rest.split_at(rest.split(['"', '\'']).next()?.rfind("from").filter(|at| *at > 0)?),
    };
    let mut parts = after.split(['"', '\'']).skip(1);
    let (quoted, tail) = (parts.next()?, parts.next()?);
    if declared.is_some() && !matches!(tail.trim(), ")" | ");") {
        return None;
    }
    let module = |kind: &str| format!("{kind}{quoted}");
    let after = if declared.is_some() { after.to_owned() } else { format!(" {after}") };
    let (outer, inner) = match list.split_once('{') {
        Some((outer, inner)) => (outer, inner.trim_end().strip_suffix('}')?),
        None => (list, ""),
    };
    // Names of the module itself: the default one, or all in one.
    let whole = split(outer).into_iter();
    let whole = whole.map(|it| NameList::new(before.into(), &module("="), vec![it], &after));
    let named = NameList {
        brackets: Some(("{ ", " }")),
        ..NameList::new(before.to_owned(), &module(""), split(inner), &after)
    };
    Some(whole.chain((!named.names.is_empty()).then_some(named)).collect())
}

/// `use module::{name, module::name as other}`, with a separator between the parts of a path.
fn tree(statement: &str, keywords: &[&str], separator: &str) -> Option<Vec<NameList>> {
    let keyword = keywords.iter().find_map(|it| {
        let at = statement.find(it)?;
        let is_whole =
            at == 0 || statement[..at].starts_with("pub") && statement[..at].ends_with([' ', ')']);
        is_whole.then_some(at + it.len())
    })?;
    let (before, rest) = statement.split_at(keyword);
    let body = rest.trim_end_matches(';');
    let mut paths = Vec::new();
    flatten("", body, &mut paths)?;
    let mut lists: Vec<NameList> = Vec::new();
    for path in paths {
        let (path, alias) = path.split_at(path.find(" as ").unwrap_or(path.len()));
        let path = path.strip_suffix(&format!("{separator}self")).unwrap_or(path);
        let (module, name) = match path.rfind(separator) {
            Some(at) => (&path[..at], &path[at + separator.len()..]),
            None => ("", path),
        };
        let name = format!("{name}{alias}");
        match lists.iter_mut().find(|it| it.module == module) {
            Some(it) => it.names.push(name),
            None => {
                let between = if module.is_empty() { "" } else { separator };
                let before = format!("{before}{module}{between}");
                let list = NameList::new(before, module, vec![name], &rest[body.len()..]);
                lists.push(NameList { brackets: Some(("{", "}")), ..list });
            }
        }
    }
    Some(lists)
}

/// The paths of a tree of names in braces.
fn flatten(before: &str, list: &str, paths: &mut Vec<String>) -> Option<()> {
    for part in split(list) {
        match part.split_once('{') {
            Some((path, inner)) => {
                let inner = inner.trim_end().strip_suffix('}')?;
                flatten(&format!("{before}{}", path.trim()), inner, paths)?;
            }
            None if part.contains(':') && !part.contains("::") => return None,
            None => paths.push(format!("{before}{part}")),
        }
    }
    Some(())
}

/// A statement without comments, and without line ends that a backslash joins.
fn without_comments(statement: &str, language: &str) -> String {
    let is_script = matches!(language, "python" | "elixir");
    let (mut plain, mut rest, mut quote) = (String::new(), statement, None);
    while let Some(it) = rest.chars().next() {
        let until = |end: &str, length: usize| rest.find(end).map_or(rest.len(), |at| at + length);
        let skipped = match quote {
            Some(_) => 0,
            None if is_script && it == '#' => until("\n", 0),
            None if is_script && rest.starts_with("\\\n") => 2,
            None if is_script => 0,
            None if rest.starts_with("//") => until("\n", 0),
            None if rest.starts_with("/*") => until("*/", 2),
            None => 0,
        };
        if skipped > 0 {
            rest = &rest[skipped..];
            continue;
        }
        quote = match (quote, it) {
            (Some(open), _) if open == it => None,
            (None, '"' | '\'') => Some(it),
            (quote, _) => quote,
        };
        plain.push(it);
        rest = &rest[it.len_utf8()..];
    }
    plain
}

/// The parts between commas outside of braces, with single spaces.
fn split(list: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let parts = list.split(|it| {
        match it {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        it == ',' && depth == 0
    });
    let parts = parts.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    parts.filter(|it| !it.is_empty()).collect()
}

impl NameList {
    fn new(before: String, module: &str, names: Vec<String>, after: &str) -> Self {
        Self { before, after: after.to_owned(), brackets: None, module: module.to_owned(), names }
    }

    /// A name of the list, as it is compared.
    fn imported(&self, name: &str) -> ImportedName {
        let is_type = self.before.ends_with(" type ") && !name.starts_with(TYPE);
        (self.module.clone(), format!("{}{name}", if is_type { TYPE } else { "" }))
    }

    /// Whether a name is renamed in a way that needs brackets.
    fn renames(&self) -> bool {
        self.names.iter().any(|it| it.contains("=>"))
    }

    fn text(&self) -> String {
        let (open, close) = match self.brackets {
            // Brackets with blanks are not optional.
            Some(it) if self.names.len() > 1 || it.0.ends_with(' ') || self.renames() => it,
            Some(_) | None => ("", ""),
        };
        format!("{}{open}{}{close}{}", self.before, self.names.join(", "), self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_known_are_not_imported_again() {
        let check = |language: &str, known: &[&str], statement: &str, expected: Option<&str>| {
            let known: Vec<_> = known.iter().flat_map(|it| names(it, language)).collect();
            let found = lacking(statement, language, &known).join("\n");
            assert_eq!(found, expected.unwrap_or_default(), "{statement}");
        };
        let known = ["import os", "from m import a, b as c", "from . import (\n    d,\n)"];
        check("python", &known, "import os, re", Some("import re"));
        check("python", &known, "import os", None);
        check("python", &known, "import os as o", Some("import os as o"));
        check("python", &known, "from m import a, b, b as c, e", Some("from m import b, e"));
        check("python", &known, "from n import a", Some("from n import a"));
        check("python", &known, "from . import d", None);
        check("python", &known, "from m import (\n    a,\n    f,\n)", Some("from m import f"));
        let some = "from m import (\n    a,  # one, (two)\n    # f,\n    g,\n)  # end";
        check("python", &known, some, Some("from m import g"));
        check("python", &known, "from m import a, \\\n    b as c", None);
        let known = ["import d, { a as b, type T } from 'm';", "import * as n from \"n\""];
        check(
            "typescript",
            &known,
            "import {a as b, c} from \"m\"",
            Some("import { c } from \"m\""),
        );
        check("typescript", &known, "import d, { c } from 'm';", Some("import { c } from 'm';"));
        check("typescript", &known, "import d from 'm';", None);
        check("typescript", &known, "import * as n from 'n';", None);
        check("typescript", &known, "import { d } from 'm';", Some("import { d } from 'm';"));
        check("typescript", &known, "import 'm';", Some("import 'm';"));
        check("typescript", &known, "import { type a as b } from 'm';", None);
        check("typescript", &known, "import type { T } from 'm';", None);
        check("typescript", &known, "import { T } from 'm';", Some("import { T } from 'm';"));
        let some = "import type { T, U } from 'm';";
        check("typescript", &known, some, Some("import type { U } from 'm';"));
        let known = ["import { of, from } from 'https://m/{a}' // One.", "import a from\"m\";"];
        let some = "import { from, /* two */ map } from 'https://m/{a}';";
        check("typescript", &known, some, Some("import { map } from 'https://m/{a}';"));
        check("typescript", &known, "import a from 'm';", None);
        let some = "const a = require('m').a, b = require('n');";
        check("javascript", &["const a = require('m')"], some, Some(some));
        let known = ["const { a } = require('m');", "const n = require('n')"];
        let expected = Some("const { b } = require('m');");
        check("javascript", &known, "const { a, b } = require('m');", expected);
        check("javascript", &known, "const n = require(\"n\");", None);
        let known = ["use m::a;", "pub(crate) use std::fmt::{self, Write as _};", "use n::*;"];
        check("rust", &known, "use m::{a, b};", Some("use m::b;"));
        check("rust", &known, "use m::{a, b, c::d};", Some("use m::b;\nuse m::c::d;"));
        check("rust", &known, "use std::{fmt, io};", Some("use std::io;"));
        check(
            "rust",
            &known,
            "use std::fmt::{Write as _, Display, Debug};",
            Some("use std::fmt::{Display, Debug};"),
        );
        check("rust", &known, "use n::*;", None);
        let some =
            "use m::{\n    a, // one\n    /* two, */ r#type,\n    c::{d, e::{self, f as g}},\n};";
        let rest = "use m::r#type;\nuse m::c::{d, e};\nuse m::c::e::f as g;";
        check("rust", &known, some, Some(rest));
        check("rust", &known, "use a;", Some("use a;"));
        check("scala", &["import m.a"], "import m.{a, b => c}", Some("import m.{b => c}"));
        check("php", &["use M\\A;"], "use M\\{A, B};", Some("use M\\B;"));
        check("elixir", &["alias M.A"], "alias M.{A, B}", Some("alias M.B"));
        check("elixir", &["alias M.A"], "alias M.A, as: B", Some("alias M.A, as: B"));
        check("java", &["import m.A;"], "import m.B;", Some("import m.B;"));
    }
}
