//! The architecture rules that can be checked in the source: layers, invariants, house style. `src/lib.rs`
//! gives the reasons.

mod pages;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From low to high: a layer imports only from earlier ones.
const LAYERS: [&str; 20] = [
    "memory",
    "text",
    "storage",
    "syntax",
    "workspace",
    "predict",
    "context",
    "prompt",
    "reply",
    "inference",
    "models",
    "provider",
    "usage",
    "router",
    "feature",
    "config",
    "app",
    "http",
    "server",
    "cli",
];

/// Longest file in lines of code, without tests.
const LONGEST: usize = 400;

struct Source {
    /// Relative to the repository, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The layer of the file; `lib.rs` and `main.rs` have none.
    fn layer(&self) -> Option<usize> {
        let inside = self.path.strip_prefix("src/")?;
        let name = inside.split(['/', '.']).next()?;
        LAYERS.iter().position(|it| *it == name)
    }

    /// Numbered lines of code, without comments and in-file tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let lines = self.text[..end].lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The same with one import per line: `use a::{b, c};` becomes `use a::b;` and `use a::c;`.
    fn ungrouped(&self) -> Vec<(usize, String)> {
        let mut lines = Vec::new();
        let mut group: Option<(usize, String)> = None;
        for (at, line) in self.code() {
            let (at, text) = match group.take() {
                Some((start, begun)) => (start, begun + line.trim()),
                None => (at, line.to_owned()),
            };
            let is_open = text.trim_start().starts_with("use ") && !text.ends_with(';');
            if is_open {
                group = Some((at, text));
            } else {
                lines.extend(imports(&text).into_iter().map(|it| (at, it)));
            }
        }
        lines
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// The imports of a line, or the line itself if it is not a group of imports.
fn imports(line: &str) -> Vec<String> {
    let group = line.trim_start().strip_prefix("use ").and_then(|it| it.split_once('{'));
    let Some((path, names)) = group else { return vec![line.to_owned()] };
    let names = names.trim_end_matches([';', '}']).split(',').map(str::trim);
    let path_of = |name: &str| match name {
        "self" => path.trim_end_matches("::").to_owned(),
        name => format!("{path}{name}"),
    };
    names.filter(|it| !it.is_empty()).map(|it| format!("use {};", path_of(it))).collect()
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder with this suffix, sorted.
fn files(folder: &str, end: &str) -> Vec<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![top().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|it| panic!("{folder:?}: {it}"));
        for path in entries.filter_map(Result::ok).map(|it| it.path()) {
            let from_top = path.strip_prefix(top()).expect("it is under the top");
            let name = from_top.to_string_lossy().replace('\\', "/");
            let foreign = name.starts_with("target") || name.ends_with("node_modules");
            if path.is_dir() && !foreign && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(end) {
                files.insert(name);
            }
        }
    }
    files.into_iter().collect()
}

fn sources() -> Vec<Source> {
    let files = files("src", ".rs").into_iter();
    files.map(|path| Source { text: read(&path), path }).collect()
}

/// Fails with every violation.
fn check(broken: impl IntoIterator<Item = String>) {
    let broken: Vec<String> = broken.into_iter().collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// Checks that lines of code do not contain these names, except in the allowed files.
fn check_unnamed(names: &[&str], is_allowed: impl Fn(&Source) -> bool) {
    let sources = sources();
    let closed = sources.iter().filter(|it| !it.is_test() && !is_allowed(it));
    check(closed.flat_map(|source| {
        let named = source.ungrouped().into_iter().filter_map(|(at, line)| {
            let name = names.iter().find(|name| line.contains(**name))?;
            Some(format!("{}:{at}: names `{name}`: {}", source.path, line.trim()))
        });
        named.collect::<Vec<_>>()
    }));
}

/// The crate's modules in a line: `server` in `crate::server::Options`.
fn crate_modules(line: &str) -> Vec<&str> {
    let mut modules = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let name = &line[at + "crate::".len()..];
        let end = name.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(name.len());
        modules.push(&name[..end]);
    }
    modules
}

#[test]
fn every_module_of_the_crate_is_in_the_list_of_layers() {
    let root = read("src/lib.rs");
    let declared = root.lines().filter_map(|it| it.strip_prefix("pub mod ")?.strip_suffix(';'));
    let declared: BTreeSet<&str> = declared.collect();
    assert_eq!(declared, BTreeSet::from(LAYERS));
}

#[test]
fn modules_import_only_from_lower_layers() {
    let sources = sources();
    check(sources.iter().flat_map(|source| {
        let lines = source.ungrouped().into_iter();
        let upward = lines.flat_map(|(at, line)| {
            let named = crate_modules(&line).into_iter();
            let higher =
                named.filter(|name| LAYERS.iter().position(|it| it == name) > source.layer());
            let broken =
                higher.map(|it| format!("{}:{at}: imports `{it}` from above", source.path));
            broken.collect::<Vec<_>>()
        });
        match source.layer() {
            Some(_) => upward.collect::<Vec<_>>(),
            None => Vec::new(),
        }
    }));
}

#[test]
fn only_the_server_names_lsp_types() {
    check_unnamed(&["gen_lsp_types", "tower_lsp_server"], |it| it.path.starts_with("src/server"));
}

#[test]
fn only_the_transport_names_the_http_client() {
    check_unnamed(&["reqwest", "rustls", "hyper"], |it| {
        it.path.starts_with("src/provider/transport")
            || ["src/http/connection.rs", "src/inference/service.rs"].contains(&it.path.as_str())
    });
}

/// `understudy --socket` connects to the editor that started it; the streams of the process may also be
/// sockets.
#[test]
fn only_the_transport_and_the_socket_open_connections() {
    let names =
        ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "lookup_host", "ToSocketAddrs"];
    check_unnamed(&names, |it| {
        it.path.starts_with("src/provider/transport")
            || [
                "src/cli/serve.rs",
                "src/cli/serve/stdio.rs",
                "src/http/connection.rs",
                "src/inference/service.rs",
            ]
            .contains(&it.path.as_str())
    });
}

/// Every dependency has a name, version and checksum, and comes from one registry.
#[test]
fn every_dependency_is_pinned_and_there_is_no_build_script() {
    let mut broken = Vec::new();
    for lock in ["Cargo.lock", "editors/zed/Cargo.lock"] {
        for package in read(lock).split("[[package]]").skip(1) {
            let ours = ["\"understudy", "\"zed_understudy"]
                .iter()
                .any(|it| package.contains(&format!("name = {it}")));
            let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
            let pinned = package.contains(registry) && package.contains("checksum = ");
            if !ours && !pinned {
                broken.push(format!("{lock}: {}", package.trim().replace('\n', " ")));
            }
        }
    }
    for script in files("", "build.rs") {
        broken.push(format!("{script}: runs while we are built"));
    }
    for package in read("editors/vscode/package-lock.json").split("\"resolved\": ").skip(1) {
        let (from, rest) = package.split_once('\n').expect("a package has more lines");
        let hashed = rest.trim_start().starts_with("\"integrity\": \"sha512-");
        if !from.starts_with("\"https://registry.npmjs.org/") || !hashed {
            broken.push(format!("editors/vscode/package-lock.json: {from}"));
        }
    }
    check(broken);
}

#[test]
fn wire_formats_use_no_clock_no_environment_and_no_io() {
    let impure = ["std::fs", "std::env", "std::net", "std::process", "::now()", "tokio::"];
    let pure = ["dialect", "failure", "limits", "sse", "times", "preset", "fim", "next_edit"];
    let pure = pure.map(|it| format!("src/provider/{it}"));
    check_unnamed(&impure, |it| !pure.iter().any(|pure| it.path.starts_with(pure)));
}

#[test]
fn pure_layers_use_no_clock_no_environment_and_no_files() {
    let impure = ["std::fs", "std::env", "std::net", "std::process", "SystemTime", "Instant::now"];
    let pure = ["src/text", "src/syntax", "src/context", "src/prompt", "src/reply"];
    check_unnamed(&impure, |it| {
        let is_pure = pure.iter().any(|layer| it.path.starts_with(layer));
        // The user's own queries are read when the server starts.
        !is_pure || it.path == "src/syntax/query.rs"
    });
}

#[test]
fn decisions_of_the_router_use_no_clock() {
    let impure = ["std::fs", "std::env", "::now()", "tokio::", "async fn"];
    let pure = ["plan", "value", "breaker", "headroom", "latency", "deadline", "hedge", "health"];
    let pure = pure.map(|it| format!("src/router/{it}.rs"));
    check_unnamed(&impure, |it| !pure.contains(&it.path));
}

#[test]
fn only_cli_reads_environment_variables() {
    check_unnamed(&["env::var"], |it| it.path.starts_with("src/cli"));
}

#[test]
fn only_cli_writes_to_stdout() {
    check_unnamed(&["println!(", "print!(", "eprint!("], |_| false);
    check_unnamed(&["io::stdout()", "stdout().lock()"], |it| it.path.starts_with("src/cli"));
}

#[test]
fn every_module_has_a_doc_comment() {
    let silent = sources().into_iter().filter(|it| !it.text.starts_with("//!") && !it.is_test());
    check(silent.filter(|it| it.path != "src/main.rs").map(|it| format!("{}: no `//!`", it.path)));
}

#[test]
fn every_module_has_a_file_of_its_name_and_no_mod_rs() {
    let mods = sources().into_iter().filter(|it| it.path.ends_with("/mod.rs"));
    check(mods.map(|it| format!("{}: is `x.rs` beside `x/` here", it.path)));
}

#[test]
fn imports_are_grouped_by_module_and_never_reexported() {
    check_unnamed(&["pub use ", "pub(crate) use ", "::*;"], |_| false);
    let twice = sources().into_iter().filter(|it| !it.is_test()).flat_map(|source| {
        let mut modules = BTreeSet::new();
        let imports = source.code().filter_map(|(at, line)| Some((at, line.strip_prefix("use ")?)));
        let twice = imports.filter_map(|(at, path)| {
            let module = path.split_once("::{").map(|it| it.0);
            let module = module.or_else(|| path.rsplit_once("::").map(|it| it.0))?;
            let is_new = path.contains(" as ") || modules.insert(module);
            (!is_new).then(|| format!("{}:{at}: imports from `{module}` twice", source.path))
        });
        twice.collect::<Vec<_>>()
    });
    check(twice);
}

#[test]
fn no_source_contains_a_todo() {
    let sources = sources();
    check(sources.iter().flat_map(|source| {
        let later = source.text.lines().filter(|it| it.contains("TODO") || it.contains("XXX"));
        later.map(|it| format!("{}: {}", source.path, it.trim()))
    }));
}

#[test]
fn no_warning_is_silenced() {
    check_unnamed(&["allow(dead_code)", "allow(unused", "allow(clippy::unwrap_used"], |_| false);
}

#[test]
fn no_file_exceeds_400_lines_of_code() {
    let lengths = sources().into_iter().filter(|it| !it.is_test());
    let lengths = lengths.map(|it| (it.code().count(), it.path));
    check(
        lengths
            .filter(|(lines, _)| *lines > LONGEST)
            .map(|(lines, path)| format!("{path}: {lines} lines of code, split it")),
    );
}

#[test]
fn every_dependency_gives_its_reason() {
    let manifest = read("Cargo.toml");
    let (mut wants_reasons, mut has_reason, mut broken) = (false, false, Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            (wants_reasons, has_reason) = (line.contains("dependencies"), false);
            continue;
        }
        // Dependencies under one comment share it; an empty line ends the group.
        has_reason = line.starts_with('#') || has_reason && !line.is_empty();
        let dependency = line.split_once(" = ").filter(|_| wants_reasons);
        broken.extend(dependency.filter(|_| !has_reason).map(|it| format!("{}: no reason", it.0)));
    }
    check(broken);
}

#[test]
fn every_relative_link_of_a_page_has_a_target() {
    check(files("", ".md").into_iter().flat_map(|page| {
        let text = read(&page);
        let folder = top().join(&page);
        let folder = folder.parent().expect("a file has a folder");
        let dead = links(&text).into_iter().filter(|it| !has_target(folder, it));
        dead.map(|it| format!("{page}: no {it}")).collect::<Vec<_>>()
    }));
}

/// The targets of a page's `[links](target)`.
fn links(text: &str) -> Vec<String> {
    let starts = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
    starts.filter_map(|it| Some(it.split_once(')')?.0.to_owned())).collect()
}

/// Whether a link's file exists. Links to the web are not checked.
fn has_target(folder: &Path, link: &str) -> bool {
    let path = link.split('#').next().unwrap_or_default();
    link.contains("://") || path.is_empty() || folder.join(path).exists()
}

#[test]
fn every_protocol_extension_is_documented() {
    let (source, manual) = (read("src/server/ext.rs"), read("editors/PROTOCOL.md"));
    let methods =
        source.lines().filter_map(|it| it.strip_prefix("pub(crate) const ")?.split_once("\""));
    let methods: BTreeSet<&str> = methods.filter_map(|it| it.1.strip_suffix("\";")).collect();
    let titles = manual.lines().filter_map(|it| it.strip_prefix("## `")?.strip_suffix('`'));
    assert_eq!(methods, titles.collect());
}

#[test]
fn the_checks_find_what_they_look_for() {
    assert_eq!(crate_modules("use crate::text::Document;"), ["text"]);
    assert_eq!(crate_modules("fn f(a: &crate::cli::A, b: crate::text_b::B)"), ["cli", "text_b"]);
    assert_eq!(links("see [a](b.md#c) and [d](https://e)"), ["b.md#c", "https://e"]);

    let text = "//! x\nuse a;\n  // use b;\n#[cfg(test)]\nmod tests {\n use c;\n}\n".to_owned();
    let source = Source { path: "src/models/lru.rs".to_owned(), text };
    assert_eq!(source.layer(), Some(10));
    assert_eq!(source.code().collect::<Vec<_>>(), [(2, "use a;")]);
    let text = "//! x\nuse a::{\n    b, c,\n};\nuse d::{self, e};\nlet x = 1;\n".to_owned();
    let lines = Source { path: "src/models/lru.rs".to_owned(), text }.ungrouped();
    let lines: Vec<&str> = lines.iter().map(|it| &*it.1).collect();
    assert_eq!(lines, ["use a::b;", "use a::c;", "use d;", "use d::e;", "let x = 1;"]);
}
