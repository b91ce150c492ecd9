use super::*;

struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| project.write(name, text));
        project
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The names in the first group for a folder.
    fn nearest(&self, folder: &str) -> Vec<String> {
        let root = self.0.path();
        let guard = Guard::new(vec![root.to_owned()], &[]).unwrap();
        let groups = candidates(&root.join(folder), root, &guard);
        let name =
            |it: PathBuf| it.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        groups.into_iter().next().unwrap_or_default().into_iter().map(name).collect()
    }
}

#[test]
fn the_nearest_folder_wins_then_the_order_of_names() {
    let project = Project::new(&[
        ("AGENTS.md", "a"),
        ("CLAUDE.md", "c"),
        ("web/.cursorrules", "r"),
        ("web/.cursor/rules/b.mdc", "b"),
        ("web/.cursor/rules/a.mdc", "a"),
        ("web/.cursor/rules/a.png", "x"),
        ("api/.github/copilot-instructions.md", "g"),
        ("api/.cursorrules", "r"),
        ("api/v1/x.rs", ""),
    ]);
    assert_eq!(project.nearest(""), ["AGENTS.md"]);
    assert_eq!(project.nearest("docs"), ["AGENTS.md"]);
    assert_eq!(
        project.nearest("web"),
        [".cursor/rules/a.mdc", ".cursor/rules/b.mdc"].map(|it| format!("web/{it}"))
    );
    assert_eq!(project.nearest("api/v1"), ["api/.github/copilot-instructions.md"]);
}

#[test]
fn a_refused_file_counts_as_absent() {
    let project = Project::new(&[
        (".gitignore", "web/AGENTS.md\n"),
        ("web/AGENTS.md", "ignored"),
        ("AGENTS.md", "seen"),
    ]);
    assert_eq!(project.nearest("web"), ["AGENTS.md"]);
    let guard = Guard::new(vec![project.0.path().to_owned()], &["*.md".to_owned()]).unwrap();
    let root = project.0.path();
    assert_eq!(candidates(&root.join("web"), root, &guard), Vec::<Vec<PathBuf>>::new());
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_project_is_not_a_rule_file() {
    let outside = Project::new(&[("notes.txt", "private")]);
    let project = Project::new(&[("CLAUDE.md", "here")]);
    let link = |to: &Path, name: &str| {
        std::os::unix::fs::symlink(to, project.0.path().join(name)).unwrap();
    };
    link(&outside.0.path().join("notes.txt"), "AGENTS.md");
    assert_eq!(project.nearest(""), ["CLAUDE.md"]);
    link(&project.0.path().join("CLAUDE.md"), ".cursorrules");
    fs::remove_file(project.0.path().join("AGENTS.md")).unwrap();
    link(&project.0.path().join("CLAUDE.md"), "AGENTS.md");
    assert_eq!(project.nearest(""), ["AGENTS.md"]);
}

#[test]
fn ten_kilobytes_are_cut_at_a_heading() {
    let section =
        |name: &str, bytes: usize| format!("## {name}\n\n{}\n\n", "word ".repeat(bytes / 5));
    let text = [
        "# All\n\n".to_owned(),
        section("One", 2000),
        section("Two", 1500),
        section("Three", 7000),
    ]
    .concat();
    let project = Project::new(&[("AGENTS.md", &text)]);
    let rules = RuleTexts::default().read(&[project.0.path().join("AGENTS.md")]);
    let kept = &rules[0].text;
    assert!(text.len() > 10_000 && kept.len() <= BYTES, "{}", kept.len());
    assert_eq!(*kept, text[..text.find("## Three").unwrap()]);
}

#[test]
fn a_comment_in_a_code_block_is_not_a_heading_and_a_long_section_is_cut_at_a_line() {
    let text = "# A\n```sh\n# not a heading\nmake\n```\nlong line\nanother\n";
    assert_eq!(cut::at_heading(text, 36), "# A\n```sh\n# not a heading\nmake\n```\n");
    assert_eq!(cut::at_heading("# A\nb\n# C\nd\n", 9), "# A\nb\n");
    assert_eq!(cut::at_heading("# A\nb\n# C\nd\n", 12), "# A\nb\n# C\nd\n");
    assert_eq!(cut::at_heading("äääääääää", 5), "");
}

#[test]
fn several_files_share_the_limit_without_their_front_matter() {
    let long = format!("---\nglobs: *.ts\n---\n# B\n{}\n", "b\n".repeat(1900));
    let project = Project::new(&[
        (".cursor/rules/a.mdc", "---\ndescription: a\n---\n# A\nUse tabs.\n"),
        (".cursor/rules/b.mdc", &long),
        (".cursor/rules/c.mdc", &format!("# C\n{}", "c\n".repeat(900))),
    ]);
    let paths = ["a", "b", "c"].map(|it| project.0.path().join(format!(".cursor/rules/{it}.mdc")));
    let rules = RuleTexts::default().read(&paths);
    assert_eq!(rules[0].text, "# A\nUse tabs.\n");
    assert!(rules[1].text.starts_with("# B\n") && !rules[1].text.contains("globs"));
    let all: usize = rules.iter().map(|it| it.text.len()).sum();
    assert!(rules.len() == 3 && all <= BYTES, "{all}");
}

#[test]
fn a_changed_file_is_read_again_and_an_unchanged_one_is_not() {
    let project = Project::new(&[("AGENTS.md", "old")]);
    let path = project.0.path().join("AGENTS.md");
    let texts = RuleTexts::default();
    let read = || texts.read(std::slice::from_ref(&path))[0].text.clone();
    assert_eq!(read(), "old");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let write = |text: &str, at| {
        fs::write(&path, text).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    };
    write("new", modified);
    assert_eq!(read(), "old", "the same size and time");
    write("new", modified + std::time::Duration::from_secs(2));
    assert_eq!(read(), "new");
}
