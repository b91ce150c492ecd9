//! Files for package managers name the same version, address and archives.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const TARGETS: [&str; 8] = [
    "aarch64-apple-darwin",
    "aarch64-pc-windows-msvc",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()))
}

/// The texts between `before` and the next of `ends`, for each occurrence of `before`.
fn between<'a>(text: &'a str, before: &str, ends: &[char]) -> BTreeSet<&'a str> {
    text.split(before).skip(1).filter_map(|it| it.split(ends).next()).collect()
}

#[test]
fn release_archives_have_the_names_that_mason_expects() {
    let archives: BTreeSet<String> = TARGETS.map(archive).into();
    let mason = read("packaging/mason/package.yaml");
    let named: BTreeSet<String> =
        between(&mason, "file: ", &['\n']).into_iter().map(str::to_owned).collect();
    assert_eq!(named, archives);
    let workflow = read(".github/workflows/release.yml");
    assert_eq!(between(&workflow, "- { target: ", &[',']), TARGETS.into());
    let brewed = read("packaging/homebrew/understudy.rb");
    let brewed = between(&brewed, "v0.1.0/", &['"']);
    assert!(!brewed.is_empty() && brewed.iter().all(|it| archives.contains(*it)), "{brewed:?}");
}

#[test]
fn the_vs_code_extension_is_packaged_for_every_target() {
    let workflow = read(".github/workflows/release.yml");
    let platforms = ["linux", "alpine", "darwin", "win32"]
        .map(|it| [format!("{it}-x64"), format!("{it}-arm64")]);
    let named: BTreeSet<String> =
        between(&workflow, "vsce: ", &[' ']).into_iter().map(str::to_owned).collect();
    assert_eq!(named, platforms.into_iter().flatten().collect());
    assert!(workflow.contains("packaging/vsix \"$VSCE_TARGET\" \"$binary\""), "{workflow}");
}

fn archive(target: &str) -> String {
    let end = if target.contains("windows") { "zip" } else { "tar.gz" };
    format!("understudy-{target}.{end}")
}

#[test]
fn every_package_has_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    for (path, named) in [
        ("packaging/mason/package.yaml", format!("understudy@v{version}\n")),
        ("packaging/homebrew/understudy.rb", format!("version \"{version}\"")),
        ("packaging/homebrew/understudy.rb", format!("/releases/download/v{version}/")),
        ("editors/vscode/package.json", format!("\"version\": \"{version}\"")),
        ("editors/zed/extension.toml", format!("version = \"{version}\"")),
        ("editors/zed/Cargo.toml", format!("version = \"{version}\"")),
        ("editors/emacs/understudy.el", format!(";; Version: {version}\n")),
    ] {
        assert!(read(path).contains(&named), "{path}: no {named}");
    }
}

#[test]
fn every_package_names_the_same_repository() {
    let address = env!("CARGO_PKG_REPOSITORY");
    for path in [
        "packaging/mason/package.yaml",
        "packaging/nvim-lspconfig/understudy.lua",
        "packaging/homebrew/understudy.rb",
        "editors/zed/extension.toml",
        "SECURITY.md",
        ".github/ISSUE_TEMPLATE/config.yml",
    ] {
        assert!(read(path).contains(address), "{path}: no {address}");
    }
}

#[test]
fn workflows_pin_actions_to_commits() {
    for file in ["audit", "ci", "release"] {
        let workflow = read(&format!(".github/workflows/{file}.yml"));
        for action in between(&workflow, "uses: ", &['\n']) {
            let (commit, version) =
                action.split_once('@').and_then(|it| it.1.split_once(" # v")).unwrap_or_default();
            let is_commit = commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit());
            assert!(is_commit && !version.is_empty(), "{file}.yml: {action} is not pinned");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_release_needs_a_tag_that_equals_the_version() {
    let workflow = read(".github/workflows/release.yml");
    assert!(workflow.contains("run: packaging/check-tag \"$TAG\""), "{workflow}");
    assert!(workflow.contains("needs: version\n"), "{workflow}");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/check-tag");
    let refused = std::process::Command::new(script).arg("v0.0.0").output().unwrap();
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{stderr}");
    assert!(stderr.contains(concat!("not v", env!("CARGO_PKG_VERSION"))), "{stderr}");
}
