use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A folder of files: a name that ends in `/` is an empty folder, `a -> b` a link.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let tree = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = tree.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(&path).expect("a folder");
        } else {
            fs::create_dir_all(path.parent().expect("in the tree")).expect("a folder");
            fs::write(&path, text).expect("a file");
        }
    }
    tree
}

/// Checks the result for each path; the path of the tree is left out.
fn check(tree: &TempDir, guard: &Guard, cases: &[(&str, &str)]) {
    for (path, expected) in cases {
        let result = guard.check(&tree.path().join(path));
        let result = result.map_or_else(|it| it.to_string(), |()| "seen".to_owned());
        let place = format!("{}/", tree.path().display());
        assert_eq!(result.replace(&place, ""), *expected, "{path}");
    }
}

fn guard(tree: &TempDir, roots: &[&str], forbid: &[&str]) -> Guard {
    let forbid: Vec<String> = forbid.iter().map(|it| it.to_string()).collect();
    Guard::new(roots.iter().map(|it| tree.path().join(it)).collect(), &forbid).expect("globs")
}

#[test]
fn a_secret_is_refused_and_its_example_is_not() {
    let tree = tree(&[]);
    check(
        &tree,
        &guard(&tree, &[""], &[]),
        &[
            ("src/main.rs", "seen"),
            (".env", ".env (never sent: secrets)"),
            ("deploy/.Env.Production", ".Env.Production (never sent: secrets)"),
            (".env.example", "seen"),
            ("certs/tls.pem", "tls.pem (never sent: secrets)"),
            (".ssh/known_hosts", ".ssh (never sent: secrets)"),
            (".aws/sso/cache.txt", ".aws (never sent: secrets)"),
            (".git/config", "config (never sent: secrets)"),
            (".git/COMMIT_EDITMSG", "seen"),
            ("a/../.env", ".env (never sent: secrets)"),
        ],
    );
}

#[test]
fn no_ignore_file_allows_a_secret() {
    let tree = tree(&[(".understudyignore", "!.env\n!*.pem\n"), (".gitignore", "!.env\n")]);
    check(&tree, &guard(&tree, &[""], &["!.env"]), &[(".env", ".env (never sent: secrets)")]);
}

/// Such rules are not evaluated. Sibling folders are unaffected.
#[test]
fn an_ignore_file_beyond_the_limits_hides_its_folder() {
    let many = "**/a*b*c*d/**/*[!x]*z\n".repeat(1000);
    let some = "**/a*b*c*d/**/*[!x]*z\n".repeat(400);
    let mut files = vec![
        ("a/.gitignore".to_owned(), many),
        ("b/.gitignore".to_owned(), "*.gen\n".repeat(9000)),
    ];
    // Each file is below the limit of a file; all together exceed the total.
    files.extend((0..10).map(|it| (format!("c/{it}/.ignore"), some.clone())));
    let files: Vec<(&str, &str)> = files.iter().map(|it| (&*it.0, &*it.1)).collect();
    let tree = tree(&files);
    let guard = guard(&tree, &[""], &[]);
    check(
        &tree,
        &guard,
        &[
            ("main.rs", "seen"),
            ("a/main.rs", "excluded: a/.gitignore is too long or has too many rules"),
            ("a/below/main.rs", "excluded: a/.gitignore is too long or has too many rules"),
            ("b/main.rs", "seen"),
            ("b/x.gen", "ignored by b/.gitignore: *.gen"),
        ],
    );
    let seen = (0..10).filter(|it| guard.check(&tree.path().join(format!("c/{it}/x.rs"))).is_ok());
    assert!((1..10).contains(&seen.count()));
    // The same applies to a file that is too long.
    let long = "#".repeat(2 << 20);
    fs::write(tree.path().join("b/.ignore"), long).expect("a file");
    guard.refresh();
    let expected = "excluded: b/.ignore is too long or has too many rules";
    check(&tree, &guard, &[("b/main.rs", expected)]);
}

#[test]
fn ignore_files_hide_the_same_files_as_in_git() {
    let tree = tree(&[
        (".git/", ""),
        (".git/info/exclude", "scratch.rs\n"),
        (".gitignore", "# made\nbuild/\n*.gen\n!kept.gen\n/top.rs\n"),
        ("src/.gitignore", "!mine.gen\nlocal/*\n!local/shared.rs\n"),
    ]);
    check(
        &tree,
        &guard(&tree, &[""], &[]),
        &[
            ("build/x.rs", "ignored by .gitignore: build/"),
            ("src/build/deep/x.rs", "ignored by .gitignore: build/"),
            ("build", "seen"),
            ("a.gen", "ignored by .gitignore: *.gen"),
            ("kept.gen", "seen"),
            ("src/mine.gen", "seen"),
            ("src/yours.gen", "ignored by .gitignore: *.gen"),
            ("top.rs", "ignored by .gitignore: /top.rs"),
            ("src/top.rs", "seen"),
            ("src/local/a.rs", "ignored by src/.gitignore: local/*"),
            ("src/local/shared.rs", "seen"),
            ("lib/scratch.rs", "ignored by .git/info/exclude: scratch.rs"),
        ],
    );
}

#[test]
fn nothing_below_a_hidden_folder_can_be_allowed_again() {
    let tree = tree(&[(".gitignore", "out/\n!out/a.rs\n"), ("out/.understudyignore", "!*\n")]);
    check(&tree, &guard(&tree, &[""], &[]), &[("out/a.rs", "ignored by .gitignore: out/")]);
}

#[test]
fn understudyignore_overrides_all_other_ignore_files() {
    let tree = tree(&[
        (".gitignore", "vendor/\n"),
        (".ignore", "!vendor/\ndata/\n"),
        (".understudyignore", "client/\n!data/\n"),
    ]);
    check(
        &tree,
        &guard(&tree, &[""], &[]),
        &[
            ("vendor/a.rs", "seen"),
            ("data/a.rs", "seen"),
            ("client/a.rs", "ignored by .understudyignore: client/"),
        ],
    );
}

#[test]
fn rules_of_an_outer_repository_end_at_an_inner_one() {
    let tree = tree(&[
        (".git/", ""),
        (".gitignore", "*.log\n"),
        (".ignore", "*.tmp\n"),
        ("inner/.git/", ""),
    ]);
    check(
        &tree,
        &guard(&tree, &[""], &[]),
        &[
            ("a.log", "ignored by .gitignore: *.log"),
            ("inner/a.log", "seen"),
            ("inner/a.tmp", "ignored by .ignore: *.tmp"),
        ],
    );
}

#[test]
fn a_linked_worktree_uses_the_excludes_of_its_repository() {
    let tree = tree(&[
        ("main/.git/info/exclude", "scratch.rs\n"),
        ("main/.git/worktrees/side/commondir", "../..\n"),
        ("side/.git", "gitdir: ../main/.git/worktrees/side\n"),
    ]);
    let result = guard(&tree, &["side"], &[]).check(&tree.path().join("side/scratch.rs"));
    assert!(matches!(result, Err(Refusal::Ignored { line, .. }) if line == "scratch.rs"));
}

#[test]
fn a_hidden_folder_opened_as_a_root_is_allowed() {
    let files = [(".git/", ""), (".gitignore", "target/\n"), ("target/bed/.gitignore", "b.rs\n")];
    let tree = tree(&files);
    check(
        &tree,
        &guard(&tree, &[""], &[]),
        &[("target/bed/a.rs", "ignored by .gitignore: target/")],
    );
    check(
        &tree,
        &guard(&tree, &["target/bed"], &[]),
        &[
            ("target/bed/a.rs", "seen"),
            ("target/bed/b.rs", "ignored by target/bed/.gitignore: b.rs"),
            ("target/c.rs", "ignored by .gitignore: target/"),
        ],
    );
    check(
        &tree,
        &guard(&tree, &["target/.ssh"], &[]),
        &[("target/.ssh/a.rs", ".ssh (never sent: secrets)")],
    );
}

#[test]
fn globs_in_the_settings_hide_at_any_depth_or_at_their_path() {
    let tree = tree(&[]);
    let absolute = format!("{}/only/", tree.path().display());
    check(
        &tree,
        &guard(&tree, &["a"], &["*.sql", "client/", "infra/prod", &absolute]),
        &[
            ("a/x.sql", "forbidden by your settings: *.sql"),
            ("elsewhere/x.sql", "forbidden by your settings: *.sql"),
            ("a/client/x.rs", "forbidden by your settings: client/"),
            ("a/client.rs", "seen"),
            ("a/b/infra/prod/x.rs", "forbidden by your settings: infra/prod"),
            ("a/infra/x.rs", "seen"),
            ("a/only/x.rs", "seen"),
        ],
    );
    assert!(guard(&tree, &["a"], &[&absolute]).check(&tree.path().join("only/x.rs")).is_err());
    let bad = Guard::new(Vec::new(), &["a{".to_owned()]).err().expect("no glob");
    assert_eq!(bad.glob, "a{");
}

#[test]
fn a_changed_ignore_file_applies_after_a_refresh() {
    let tree = tree(&[(".gitignore", "a.rs\n")]);
    let guard = guard(&tree, &[""], &[]);
    check(&tree, &guard, &[("a.rs", "ignored by .gitignore: a.rs"), ("b.rs", "seen")]);
    fs::write(tree.path().join(".gitignore"), "b.rs\n").expect("a file");
    assert!(Guard::is_rule(&tree.path().join(".gitignore")));
    guard.refresh();
    check(&tree, &guard, &[("a.rs", "seen"), ("b.rs", "ignored by .gitignore: b.rs")]);
}

#[test]
fn replacing_the_roots_replaces_their_rules() {
    let tree = tree(&[("one/.gitignore", "a.rs\n"), ("two/.gitignore", "a.rs\n")]);
    let guard = guard(&tree, &["one"], &[]);
    check(&tree, &guard, &[("one/a.rs", "ignored by one/.gitignore: a.rs"), ("two/a.rs", "seen")]);
    guard.set_roots(vec![tree.path().join("two")]);
    check(&tree, &guard, &[("one/a.rs", "seen"), ("two/a.rs", "ignored by two/.gitignore: a.rs")]);
    assert!(guard.in_roots(&tree.path().join("two/x.rs")));
    assert!(!guard.in_roots(&tree.path().join("two/../one/x.rs")));
}

#[cfg(unix)]
#[test]
fn a_link_is_refused_if_its_target_is() {
    use std::os::unix::fs::symlink;

    let tree = tree(&[
        ("root/.gitignore", "hidden/\n"),
        ("root/hidden/a.rs", ""),
        ("root/.env", ""),
        ("away/b.rs", ""),
    ]);
    let link = |to: &str, at: &str| symlink(tree.path().join(to), tree.path().join(at));
    link("root/.env", "root/settings.rs").expect("a link");
    link("root/hidden", "root/shown").expect("a link");
    link("away", "root/away").expect("a link");
    link("root/loop", "root/loop").expect("a link");
    link("root", "also").expect("a link");
    let guard = guard(&tree, &["root"], &[]);
    check(
        &tree,
        &guard,
        &[
            ("root/settings.rs", ".env (never sent: secrets)"),
            ("root/shown/a.rs", "ignored by root/.gitignore: hidden/"),
            ("root/away/b.rs", "seen"),
            ("root/loop", "seen"),
            ("also/.env", ".env (never sent: secrets)"),
            ("also/hidden/a.rs", "ignored by root/.gitignore: hidden/"),
        ],
    );
    assert!(guard.in_roots(&tree.path().join("root/x.rs")));
    assert!(!guard.in_roots(&tree.path().join("root/away/b.rs")));
    assert!(guard.check_folder(&tree.path().join("root/shown")).is_err());
}

#[cfg(unix)]
#[test]
fn an_ignore_file_that_is_a_pipe_does_not_block() {
    let tree = tree(&[]);
    let pipe = tree.path().join(".gitignore");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().expect("mkfifo").success());
    check(&tree, &guard(&tree, &[""], &[]), &[("a.rs", "seen")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_ignore_file_makes_the_guard_fail_or_allows_a_secret(text in r"([!/*?a-z\[\]{}\\.# -]{0,12}\n){0,6}") {
        let tree = tree(&[(".gitignore", &text), (".understudyignore", &text)]);
        let guard = guard(&tree, &[""], &[]);
        let _ = guard.check(&tree.path().join("a/b.rs"));
        prop_assert!(guard.check(&tree.path().join("a/.env")).is_err());
    }
}
