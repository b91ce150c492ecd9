use std::fs;

use tempfile::TempDir;

use super::*;

/// Ten times the expected duration.
const HANG: Duration = Duration::from_secs(20);

struct Desk {
    tree: TempDir,
    reports: Receiver<WatchReport>,
    watch: FileWatch,
}

impl Desk {
    fn new(files: &[(&str, &str)], roots: &[&str]) -> Self {
        let tree = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            write(&tree.path().join(name), text);
        }
        let roots: Vec<PathBuf> = roots.iter().map(|it| tree.path().join(it)).collect();
        let guard = Arc::new(Guard::new(roots.clone(), &[]).expect("no globs"));
        let (sender, reports) = mpsc::channel();
        let watch = FileWatch::start(roots, guard, move |it| _ = sender.send(it));
        let desk = Self { tree, reports, watch };
        desk.ready();
        desk
    }

    fn ready(&self) {
        while !matches!(self.next(), WatchReport::Watching { .. }) {}
    }

    fn next(&self) -> WatchReport {
        self.reports.recv_timeout(HANG).expect("a report")
    }

    /// Waits until each of the paths is reported; any other changed path fails.
    fn check(&self, expected: &[&str]) {
        let mut missing: BTreeSet<String> = expected.iter().map(|it| it.to_string()).collect();
        while !missing.is_empty() {
            let WatchReport::Changes(changes) = self.next() else { continue };
            for change in changes {
                let (mark, path) = match change {
                    FileChange::Changed(path) => ('+', path),
                    FileChange::Removed(path) => ('-', path),
                };
                let path = path.strip_prefix(self.tree.path()).expect("in the tree");
                let change = format!("{mark}{}", path.display());
                missing.remove(&change);
                assert!(expected.contains(&change.as_str()), "{change}");
            }
        }
    }

    fn write(&self, name: &str) {
        write(&self.tree.path().join(name), "text\n");
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("in the tree")).expect("a folder");
    fs::write(path, text).expect("a file");
}

#[test]
fn changed_and_removed_files_are_reported_and_hidden_ones_are_not() {
    let desk = Desk::new(
        &[(".gitignore", "out/\n*.gen\n"), ("src/a.rs", ""), ("out/b.rs", ""), ("c.rs", "")],
        &[""],
    );
    for name in ["out/b.rs", "x.gen", ".env", "src/a.rs"] {
        desk.write(name);
    }
    fs::remove_file(desk.tree.path().join("c.rs")).expect("a file");
    desk.check(&["+src/a.rs", "-c.rs"]);
}

#[test]
fn files_in_a_new_folder_are_reported() {
    let desk = Desk::new(&[("a.rs", "")], &[""]);
    fs::create_dir(desk.tree.path().join("new")).expect("a folder");
    desk.check(&["+new"]);
    desk.write("new/b.rs");
    desk.check(&["+new/b.rs"]);
}

#[test]
fn a_folder_that_is_no_longer_hidden_is_watched() {
    let desk = Desk::new(&[(".gitignore", "out/\n"), ("out/a.rs", "")], &[""]);
    write(&desk.tree.path().join(".gitignore"), "\n");
    desk.check(&["+.gitignore"]);
    desk.write("out/a.rs");
    desk.check(&["+out/a.rs"]);
}

#[test]
fn new_roots_replace_the_watched_ones() {
    let desk = Desk::new(&[("one/a.rs", ""), ("two/a.rs", "")], &["one"]);
    desk.watch.set_roots(vec![desk.tree.path().join("two")]);
    desk.ready();
    desk.write("one/a.rs");
    desk.write("two/a.rs");
    desk.check(&["+two/a.rs"]);
}

#[test]
fn a_root_that_cannot_be_watched_is_reported_and_the_others_are_watched() {
    let desk = Desk::new(&[("one/a.rs", "")], &["one"]);
    let roots = ["gone", "one"].map(|it| desk.tree.path().join(it));
    desk.watch.set_roots(roots.to_vec());
    assert!(matches!(desk.next(), WatchReport::Failed(_)));
    desk.ready();
    desk.write("one/a.rs");
    desk.check(&["+one/a.rs"]);
}

#[test]
fn a_dropped_watch_reports_nothing() {
    let Desk { tree: _tree, reports, watch } = Desk::new(&[("a.rs", "")], &[""]);
    drop(watch);
    assert_eq!(reports.recv_timeout(HANG), Err(RecvTimeoutError::Disconnected));
}

#[test]
fn a_folder_replaced_at_once_is_still_watched() {
    let desk = Desk::new(&[("src/a.rs", "")], &[""]);
    fs::remove_dir_all(desk.tree.path().join("src")).expect("a folder");
    desk.write("src/b.rs");
    while !matches!(desk.next(), WatchReport::Changes(_)) {}
    desk.write("src/c.rs");
    let told = FileChange::Changed(desk.tree.path().join("src/c.rs"));
    while !matches!(desk.next(), WatchReport::Changes(it) if it.contains(&told)) {}
}
