//! Whether an import means a file, according to their paths.

use std::ffi::OsStr;
use std::path::{Component, Path};

use crate::syntax::import::Import;
use crate::text;

/// Names of files whose module is their folder.
const INDEX: [&str; 5] = ["__init__", "index", "mod", "lib", "main"];
/// Extensions that imports may contain.
const EXTENSIONS: [&str; 11] =
    [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".tsx", ".vue", ".h", ".hh", ".hpp"];
/// Packages without a name.
const ROOTS: [&str; 3] = ["crate", "self", "super"];
/// Languages whose module is a folder.
pub const FOLDERS: [&str; 1] = ["go"];
/// Languages whose imports may begin with the name of a package that is no folder.
const PACKAGES: [&str; 4] = ["rust", "javascript", "typescript", "tsx"];

/// What an import means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// The file.
    File,
    /// A package that may contain the file and export its definitions.
    Package,
    Other,
}

/// What `source`, imported in the file `from`, means with regard to the file `to`.
pub fn imported(source: &str, from: &Path, to: &Path, language: &str) -> Imported {
    let target = module(to, language);
    let Some((base, names)) = resolved(source, from) else { return Imported::Other };
    let names: Vec<&str> = names.iter().map(|it| &**it).collect();
    let normal = |it: &&str| it.replace('-', "_");
    let target: Vec<String> = target.iter().map(normal).collect();
    let Some(base) = base else {
        let names: Vec<String> = names.iter().map(normal).collect();
        return absolute(&names, &target, language);
    };
    let whole: Vec<String> = base.iter().chain(&names).map(normal).collect();
    match target.strip_prefix(&whole[..]) {
        Some([]) => Imported::File,
        Some(_) => Imported::Package,
        None => Imported::Other,
    }
}

/// Whether an import, in the file `from`, names the file `to`: its module, or a package that contains it. A package
/// without a name is only its first file.
pub fn names(import: &Import, from: &Path, to: &Path, language: &str) -> bool {
    let source = import.source.as_deref().unwrap_or_default();
    let between = match () {
        () if source.ends_with('.') => "",
        () if language == "rust" => "::",
        () if source.contains('\\') => "\\",
        () => ".",
    };
    let is_first = to.file_stem().and_then(OsStr::to_str).is_some_and(|it| INDEX.contains(&it));
    let is_file = |source: &str| imported(source, from, to, language) == Imported::File;
    is_file(source)
        || (is_first || text::words(source).any(|it| !ROOTS.contains(&it)))
            && imported(source, from, to, language) == Imported::Package
        || import.names.iter().any(|it| is_file(&[source, between, it].concat()))
}

fn absolute(names: &[String], target: &[String], language: &str) -> Imported {
    let is_end = |names: &[String]| !names.is_empty() && target.ends_with(names);
    let is_renamed = names.len() > 1 && PACKAGES.contains(&language);
    // The first folders of the path may be outside the package.
    let is_within = |names: &[String]| {
        let inner = &target[..target.len().saturating_sub(1)];
        inner.windows(names.len().max(1)).any(|it| it == names)
    };
    match names {
        [] => Imported::Package,
        _ if is_end(names) || is_renamed && is_end(&names[1..]) => Imported::File,
        _ if is_within(names) => Imported::Package,
        // Only the last folder is certain: the others may be the address of the module.
        [.., last] if FOLDERS.contains(&language) && target.last() == Some(last) => {
            Imported::Package
        }
        _ => Imported::Other,
    }
}

/// The names of a file's folders and its own.
fn module<'a>(path: &'a Path, language: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = parts(path.parent());
    let own = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    if !INDEX.contains(&own) && !FOLDERS.contains(&language) {
        names.push(own);
    }
    names
}

fn parts(path: Option<&Path>) -> Vec<&str> {
    let parts = path.into_iter().flat_map(Path::components);
    let names = parts.filter_map(|it| match it {
        Component::Normal(name) => name.to_str(),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => {
            None
        }
    });
    names.collect()
}

/// The folder at which a relative import begins, and the names that follow it; `None` for the folder of an absolute
/// one.
fn resolved<'a>(source: &'a str, from: &'a Path) -> Option<(Option<Vec<&'a str>>, Vec<String>)> {
    let source = EXTENSIONS.iter().find_map(|it| source.strip_suffix(it)).unwrap_or(source);
    let names: Vec<&str> = source.split(['/', '\\']).flat_map(|it| it.split("::")).collect();
    let relative = names.iter().take_while(|it| matches!(**it, "." | ".." | "self" | "super"));
    let (mut up, count) = (0, relative.clone().count());
    // A module of Rust is the file, otherwise the folder.
    let is_module = relative.clone().any(|it| matches!(*it, "self" | "super"));
    for it in relative {
        up += usize::from(matches!(*it, ".." | "super"));
    }
    let mut rest: Vec<String> = names[count..].iter().map(|it| (*it).to_owned()).collect();
    let mut base = match is_module {
        true => Some(module(from, "rust")),
        false => (count > 0).then(|| parts(from.parent())),
    };
    // `..a.b` in Python.
    if let [only] = &names[count..]
        && !source.contains(['/', ':', '\\'])
    {
        let dots = only.len() - only.trim_start_matches('.').len();
        if dots > 0 {
            (base, up) = (Some(parts(from.parent())), dots - 1);
        }
        rest = only.split('.').map(str::to_owned).collect();
    }
    if let Some(base) = &mut base {
        base.truncate(base.len().checked_sub(up)?);
    }
    rest.retain(|it| !it.is_empty() && !matches!(&**it, "crate" | "@" | "~" | "#"));
    if rest.last().is_some_and(|it| INDEX.contains(&&**it)) {
        rest.pop();
    }
    Some((base, rest))
}

#[cfg(test)]
mod tests {
    use super::Imported::{File, Other, Package};
    use super::*;

    #[test]
    fn an_import_means_a_file_or_a_package_around_it() {
        for (language, source, from, to, expected) in [
            ("python", "limits", "/w/user.py", "/w/limits.py", File),
            ("python", "other", "/w/user.py", "/w/limits.py", Other),
            ("python", "app.limits", "/w/src/app/user.py", "/w/src/app/limits.py", File),
            ("python", "other.limits", "/w/app/user.py", "/w/app/limits.py", Other),
            ("python", "app", "/w/tests/user.py", "/w/src/app/limits.py", Package),
            ("python", "app", "/w/tests/user.py", "/w/src/app/__init__.py", File),
            ("python", ".limits", "/w/app/user.py", "/w/app/limits.py", File),
            ("python", "..limits", "/w/app/sub/user.py", "/w/app/limits.py", File),
            ("python", ".limits", "/w/app/sub/user.py", "/w/app/limits.py", Other),
            ("python", ".", "/w/app/user.py", "/w/app/limits.py", Package),
            ("typescript", "./limits", "/w/user.ts", "/w/limits.ts", File),
            ("typescript", "./limits.js", "/w/user.ts", "/w/limits.ts", File),
            ("typescript", "../limits", "/w/a/user.ts", "/w/limits.ts", File),
            ("typescript", "./limits", "/w/a/user.ts", "/w/limits.ts", Other),
            ("typescript", "./other", "/w/user.ts", "/w/limits.ts", Other),
            ("typescript", "..", "/w/src/a/user.ts", "/w/src/limits.ts", Package),
            ("typescript", "../index.js", "/w/src/a/user.ts", "/w/src/index.ts", File),
            ("typescript", "@/lib/limits", "/w/user.ts", "/w/lib/limits.ts", File),
            ("typescript", "lodash", "/w/user.ts", "/w/limits.ts", Other),
            ("rust", "crate::limits", "/w/src/user.rs", "/w/src/limits.rs", File),
            ("rust", "tool::limits", "/w/tests/user.rs", "/w/src/limits.rs", File),
            ("rust", "crate", "/w/src/user.rs", "/w/src/limits.rs", Package),
            ("rust", "super", "/w/src/limits/tests.rs", "/w/src/limits.rs", File),
            ("rust", "super::limits", "/w/src/a.rs", "/w/src/limits.rs", File),
            ("rust", "std::cmp", "/w/src/user.rs", "/w/src/limits.rs", Other),
            ("go", "example.com/tool/limits", "/w/user.go", "/w/limits/a.go", Package),
            ("go", "fmt", "/w/user.go", "/w/limits/a.go", Other),
            ("java", "com.acme", "/w/com/acme/User.java", "/w/com/acme/Limits.java", Package),
            ("java", "com.other", "/w/com/acme/User.java", "/w/com/acme/Limits.java", Other),
        ] {
            let found = imported(source, Path::new(from), Path::new(to), language);
            assert_eq!(found, expected, "{source} in {from} for {to}");
        }
    }
}
