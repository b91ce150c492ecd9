use std::fs;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;

use tempfile::TempDir;

use super::*;

/// Ten times the expected duration.
const HANG: Duration = Duration::from_secs(20);

struct Desk {
    tree: TempDir,
    index: Index,
    progress: Receiver<IndexProgress>,
}

impl Desk {
    fn new(files: &[(&str, &str)], roots: &[&str]) -> Self {
        Self::with(files, roots, IndexOptions::default())
    }

    fn with(files: &[(&str, &str)], roots: &[&str], options: IndexOptions) -> Self {
        let tree = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            write(&tree.path().join(name), text);
        }
        let roots: Vec<PathBuf> = roots.iter().map(|it| tree.path().join(it)).collect();
        let (sender, progress) = mpsc::channel();
        let index = start(roots, options, move |it| _ = sender.send(it));
        let desk = Self { tree, index, progress };
        desk.index.settle();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.tree.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        write(&self.path(name), text);
        self.index.changed(&self.path(name));
    }

    fn update(&self, name: &str, text: &str) {
        self.index.update(&self.path(name), &Rope::from_str(text));
    }

    /// Checks, once all is read, where each name is defined, and that the token index contains exactly the
    /// defined ones.
    fn check(&self, cases: &[(&str, &[&str])]) {
        self.index.settle();
        for (name, expected) in cases {
            let places = self.index.symbols().find(name);
            let mut places: Vec<String> = places
                .iter()
                .map(|it| it.path.strip_prefix(self.tree.path()).expect("in the tree"))
                .map(|it| it.display().to_string())
                .collect();
            places.sort();
            assert_eq!(places, *expected, "{name}");
            assert_eq!(self.knows(name), !expected.is_empty(), "tokens of {name}");
        }
    }

    /// Whether the token index contains a word in a place that is not hidden.
    fn knows(&self, word: &str) -> bool {
        let snapshot = self.index.tokens().snapshot();
        let words = snapshot.vocabulary().read();
        let hidden = snapshot.hidden(None);
        let places = (0..snapshot.base().len() as u32).filter(|it| !hidden.contains(*it));
        let mut base = places.filter_map(|it| snapshot.base().token(it));
        base.any(|it| words.text(it) == word)
            || snapshot.changed(None).flatten().any(|it| words.text(*it) == word)
    }
}

fn start(
    roots: Vec<PathBuf>,
    options: IndexOptions,
    progress: impl Fn(IndexProgress) + Send + 'static,
) -> Index {
    let guard = Arc::new(Guard::new(roots.clone(), &[]).expect("no globs"));
    let (syntax, _) = Syntax::new(None);
    Index::start(roots, guard, Arc::new(syntax), options, progress)
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("in the tree")).expect("a folder");
    fs::write(path, text).expect("a file");
}

#[test]
fn definitions_of_files_are_found_and_hidden_files_are_not_indexed() {
    let desk = Desk::new(
        &[
            ("src/a.rs", "pub fn alpha() {}\npub struct Beta;\n"),
            ("b.py", "def alpha(): pass\n"),
            ("run", "#!/usr/bin/env python3\ndef gamma(): pass\n"),
            (".gitignore", "out/\n"),
            ("out/c.rs", "fn hidden() {}\n"),
            ("id_rsa", "fn secret() {}\n"),
        ],
        &[""],
    );
    desk.check(&[
        ("alpha", &["b.py", "src/a.rs"]),
        ("Beta", &["src/a.rs"]),
        ("gamma", &["run"]),
        ("hidden", &[]),
        ("secret", &[]),
    ]);
}

#[test]
fn changed_new_and_removed_files_are_updated() {
    let desk = Desk::new(&[("a.rs", "fn alpha() {}\n"), ("b.rs", "fn beta() {}\n")], &[""]);
    desk.write("a.rs", "fn gamma() {}\n");
    desk.write("new/c.rs", "fn delta() {}\n");
    fs::remove_file(desk.path("b.rs")).expect("a file");
    desk.index.removed(&desk.path("b.rs"));
    desk.check(&[("alpha", &[]), ("beta", &[]), ("gamma", &["a.rs"]), ("delta", &["new/c.rs"])]);
}

#[test]
fn a_moved_folder_is_updated_with_its_files() {
    let desk = Desk::new(&[("old/a.rs", "fn alpha() {}\n"), ("older.rs", "fn beta() {}\n")], &[""]);
    fs::rename(desk.path("old"), desk.path("new")).expect("a folder");
    desk.index.removed(&desk.path("old"));
    desk.index.changed(&desk.path("new"));
    desk.check(&[("alpha", &["new/a.rs"]), ("beta", &["older.rs"])]);
}

#[test]
fn an_open_document_replaces_its_file_until_it_is_closed() {
    let desk = Desk::new(&[("a.rs", "fn alpha() {}\n")], &[""]);
    desk.update("a.rs", "fn beta() {}\n");
    desk.check(&[("alpha", &[]), ("beta", &["a.rs"])]);
    desk.index.changed(&desk.path("a.rs"));
    desk.index.reread();
    desk.check(&[("alpha", &[]), ("beta", &["a.rs"])]);
    desk.index.closed(&desk.path("a.rs"));
    desk.check(&[("alpha", &["a.rs"]), ("beta", &[])]);
}

#[test]
fn an_open_document_that_is_refused_is_not_indexed() {
    let desk = Desk::new(&[(".gitignore", "out/\n")], &["in"]);
    for name in ["in/.env", "in/id_rsa", "in/Cargo.lock"] {
        desk.update(name, "fn secret() {}\n");
    }
    desk.update("in/unsaved.rs", "fn alpha() {}\n");
    desk.update("elsewhere.rs", "fn beta() {}\n");
    desk.check(&[("secret", &[]), ("alpha", &["in/unsaved.rs"]), ("beta", &["elsewhere.rs"])]);
    desk.index.closed(&desk.path("elsewhere.rs"));
    desk.check(&[("beta", &[])]);
}

#[test]
fn a_changed_ignore_file_hides_and_reveals_files() {
    let desk = Desk::new(
        &[(".gitignore", "a.rs\n"), ("a.rs", "fn alpha() {}\n"), ("b.rs", "fn beta() {}\n")],
        &[""],
    );
    desk.check(&[("alpha", &[]), ("beta", &["b.rs"])]);
    desk.write(".gitignore", "b.rs\n");
    desk.check(&[("alpha", &["a.rs"]), ("beta", &[])]);
}

#[test]
fn a_changed_ignore_file_applies_before_the_index_has_read_it() {
    let desk = Desk::new(&[("a.rs", "fn alpha() {}\n")], &[""]);
    let is_hidden = || desk.index.guard.check(&desk.path("a.rs")).is_err();
    for round in 0..100 {
        assert!(!is_hidden(), "round {round}");
        desk.write(".gitignore", "a.rs\n");
        assert!(is_hidden(), "round {round}");
        desk.write(".gitignore", "");
    }
}

#[test]
fn roots_are_added_and_removed() {
    let desk =
        Desk::new(&[("one/a.rs", "fn alpha() {}\n"), ("two/b.rs", "fn beta() {}\n")], &["one"]);
    desk.check(&[("alpha", &["one/a.rs"]), ("beta", &[])]);
    desk.index.set_roots(vec![desk.path("one"), desk.path("two")]);
    desk.check(&[("alpha", &["one/a.rs"]), ("beta", &["two/b.rs"])]);
    desk.index.set_roots(vec![desk.path("two")]);
    desk.check(&[("alpha", &[]), ("beta", &["two/b.rs"])]);
    desk.write("one/a.rs", "fn alpha() {}\n");
    desk.check(&[("alpha", &[])]);
}

#[test]
fn a_branch_switch_is_read_as_a_new_tree() {
    let desk = Desk::new(&[("a.rs", "fn alpha() {}\n")], &[""]);
    assert_eq!(
        desk.progress.try_iter().filter(|it| matches!(it, IndexProgress::Began { .. })).count(),
        1
    );
    for file in 0..1_000 {
        write(&desk.path(&format!("m{file}.rs")), &format!("fn name{file}() {{}}\n"));
    }
    // In one notification.
    desk.index.shared.order(|it, now| {
        for file in 0..1_000 {
            it.changed(&desk.path(&format!("m{file}.rs")), now);
        }
    });
    desk.check(&[("name0", &["m0.rs"]), ("name999", &["m999.rs"]), ("alpha", &["a.rs"])]);
    assert_eq!(
        desk.progress.try_iter().filter(|it| matches!(it, IndexProgress::Began { .. })).count(),
        1
    );
}

/// Two folders of `many` files each, of one definition and four words a file. Only one folder fits.
fn two_folders(many: usize) -> Vec<(String, String)> {
    let file = |of: &str, it: usize| (format!("{of}/{it}.rs"), format!("fn {of}{it}() {{}}\n"));
    (0..many).flat_map(|it| [file("one", it), file("two", it)]).collect()
}

fn known(desk: &Desk, folder: &str, many: usize) -> [usize; 2] {
    desk.index.settle();
    let names = || (0..many).map(|it| format!("{folder}{it}"));
    let defined = names().filter(|it| !desk.index.symbols().find(it).is_empty()).count();
    [names().filter(|it| desk.knows(it)).count(), defined]
}

#[test]
fn a_tree_beyond_the_limits_is_indexed_nearest_to_open_documents() {
    let files = two_folders(400);
    let files: Vec<_> = files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    // A file has nine tokens, and an eighth of the definitions is reserved.
    let options = IndexOptions { tokens: 9 * 500, definitions: 500, ..IndexOptions::default() };
    let desk = Desk::with(&files, &[""], options);
    let total = |desk: &Desk| known(desk, "one", 400)[1] + known(desk, "two", 400)[1];
    assert!((400..=500).contains(&total(&desk)), "{}", total(&desk));
    for folder in ["one", "two", "one"] {
        // At least one of the opened files was left out before.
        for file in 0..400 {
            desk.update(&format!("{folder}/{file}.rs"), &format!("fn {folder}{file}() {{}}\n"));
            desk.index.closed(&desk.path(&format!("{folder}/{file}.rs")));
        }
        desk.update(&format!("{folder}/0.rs"), &format!("fn {folder}0() {{}}\n"));
        desk.index.settle();
        desk.index.reread();
        assert_eq!(known(&desk, folder, 400), [400, 400], "{folder}");
        desk.index.closed(&desk.path(&format!("{folder}/0.rs")));
        assert!(desk.index.symbols().len() <= 500);
        assert!(desk.index.tokens().snapshot().tokens() <= 9 * 500 + 9 * 400);
    }
}

#[test]
fn opening_a_document_that_was_left_out_indexes_its_neighbours() {
    let files = two_folders(400);
    let files: Vec<_> = files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let options = IndexOptions { tokens: 9 * 500, ..IndexOptions::default() };
    let desk = Desk::with(&files, &[""], options);
    let knows = |folder: &str, it: usize| desk.knows(&format!("{folder}{it}"));
    let missing = |folder: &str| (0..400).find(|it| !knows(folder, *it));
    let (folder, file) = ["one", "two"]
        .into_iter()
        .find_map(|it| Some((it, missing(it)?)))
        .expect("300 files are left out");
    desk.progress.try_iter().for_each(drop);
    desk.update(&format!("{folder}/{file}.rs"), &format!("fn {folder}{file}() {{}}\n"));
    assert_eq!(known(&desk, folder, 400)[0], 400);
    // Another change of the same document causes no further reorder.
    desk.update(&format!("{folder}/{file}.rs"), &format!("fn {folder}{file}() {{ }}\n"));
    desk.index.settle();
    let began = desk.progress.try_iter().filter(|it| matches!(it, IndexProgress::Began { .. }));
    assert_eq!(began.count(), 1);
}

#[test]
fn the_index_never_holds_more_than_its_options_allow() {
    let text = |file: usize, round: usize| {
        let line = |it: usize| {
            format!(
                "fn name_{file}_{it}_of_{round}(a: u8) -> u8 {{ a + name_{}_{it}(a) }}\n",
                file + 1
            )
        };
        (0..40).map(line).collect::<String>()
    };
    let files: Vec<_> = (0..200).map(|it| (format!("{it}.rs"), text(it, 0))).collect();
    let files: Vec<_> = files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let options = IndexOptions::with_tokens(64_000);
    let desk = Desk::with(&files, &[""], options.clone());
    let index = &desk.index;
    let held = || index.tokens().memory() + index.symbols().memory() + index.chunks().memory();
    let tokens = index.tokens().snapshot().tokens();
    assert!((60_000..=64_000).contains(&tokens), "{tokens}");
    assert!(held() <= options.bytes(), "{} of {}", held(), options.bytes());
    for round in 1..8 {
        for file in 0..200 {
            write(&desk.path(&format!("{file}.rs")), &text(file, round));
            desk.index.changed(&desk.path(&format!("{file}.rs")));
            desk.update(&format!("unsaved{file}.rs"), &text(file, round));
        }
        index.settle();
        assert!(held() <= options.bytes(), "{} of {} in {round}", held(), options.bytes());
    }
}

#[test]
fn a_full_index_still_indexes_changed_files() {
    let files = two_folders(400);
    let files: Vec<_> = files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let options = IndexOptions { tokens: 9 * 500, definitions: 500, ..IndexOptions::default() };
    let desk = Desk::with(&files, &[""], options);
    desk.write("one/new.rs", "fn fresh() {}\nfn fresher() {}\n");
    desk.check(&[("fresh", &["one/new.rs"]), ("fresher", &["one/new.rs"])]);
}

#[test]
fn a_file_that_does_not_fit_does_not_keep_a_smaller_one_out() {
    let big = "let a = b;\n".repeat(2_000);
    let desk = Desk::with(
        &[("a/big.rs", &big), ("a/b/small.rs", "fn small() {}\n")],
        &[""],
        IndexOptions { tokens: 4_000, ..IndexOptions::default() },
    );
    desk.check(&[("small", &["a/b/small.rs"])]);
    assert!(!desk.knows("let"));
}

#[test]
fn progress_reports_tokens_first_and_then_definitions() {
    let desk = Desk::new(&[("a.rs", "fn alpha() {}\n\n"), ("b.rs", "fn beta() {}")], &[""]);
    let reports: Vec<_> = desk.progress.try_iter().collect();
    assert!(matches!(
        reports[..],
        [
            IndexProgress::Began { roots: 1 },
            IndexProgress::Read { files: 0, of: 2 },
            IndexProgress::Learned { files: 2, lines: 3, .. },
            IndexProgress::Defined { definitions: 2, .. },
        ]
    ));
}

#[test]
fn a_dropped_index_stops_at_the_next_file() {
    let tree = tempfile::tempdir().expect("a temporary folder");
    for file in 0..1_000 {
        write(&tree.path().join(format!("{file}.rs")), "fn a() {}\n");
    }
    // Each report of progress blocks the worker until it is received.
    let (sender, progress) = mpsc::sync_channel(0);
    let index =
        start(vec![tree.path().to_owned()], IndexOptions::default(), move |it| _ = sender.send(it));
    while !matches!(progress.recv_timeout(HANG), Ok(IndexProgress::Read { .. })) {}
    drop(index);
    let reports: Vec<_> = progress.iter().collect();
    assert!(
        matches!(reports[..], [.., IndexProgress::Abandoned]) && reports.len() <= 2,
        "{reports:?}"
    );
}

#[cfg(unix)]
#[test]
fn pipes_and_links_do_not_block_the_index() {
    let desk =
        Desk::new(&[("away/a.rs", "fn alpha() {}\n"), ("root/b.rs", "fn beta() {}\n")], &["root"]);
    let pipe = desk.path("root/pipe.rs");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    std::os::unix::fs::symlink(desk.path("away"), desk.path("root/away")).expect("a link");
    std::os::unix::fs::symlink(desk.path("root"), desk.path("root/round")).expect("a link");
    for name in ["root/pipe.rs", "root/away", "root/away/a.rs", "root/round"] {
        desk.index.changed(&desk.path(name));
    }
    desk.index.reread();
    desk.check(&[("alpha", &[]), ("beta", &["root/b.rs"])]);
}

#[test]
fn a_changed_folder_is_read_with_all_its_files() {
    let desk = Desk::new(&[("a.rs", "fn alpha() {}\n"), ("in/b.rs", "fn beta() {}\n")], &[""]);
    write(&desk.path("in/c.rs"), "fn gamma() {}\n");
    fs::remove_file(desk.path("in/b.rs")).expect("a file");
    desk.index.changed(desk.tree.path());
    desk.check(&[("alpha", &["a.rs"]), ("beta", &[]), ("gamma", &["in/c.rs"])]);
    assert!(desk.index.is_defined());
}

#[test]
fn a_changed_folder_adds_no_more_files_than_the_limit() {
    let options = IndexOptions { max_files: 2, ..IndexOptions::default() };
    let desk = Desk::with(&[("a.rs", "fn alpha() {}\n")], &[""], options);
    for name in ["b", "c", "d"] {
        write(&desk.path(&format!("{name}.rs")), &format!("fn one_of_{name}() {{}}\n"));
    }
    desk.index.changed(desk.tree.path());
    desk.index.settle();
    let known = ["b", "c", "d"].map(|it| usize::from(desk.knows(&format!("one_of_{it}"))));
    assert_eq!(known.iter().sum::<usize>(), 1);
}
