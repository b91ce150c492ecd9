//! The editors that are installed on this machine, and the setup steps of each.

mod rows;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::setup::editors::rows::{EDITORS, EditorRow};
use crate::config::folders::FolderVariables;

/// The URL of the source.
pub(super) const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// Placeholder for a clone of the source, if this machine has none.
const CLONE: &str = "/path/to/understudy";

/// Access to this machine, for the search for editors.
#[derive(Clone, Copy)]
pub(super) struct Machine<'a> {
    pub(super) env: FolderVariables<'a>,
    pub(super) exists: &'a dyn Fn(&Path) -> bool,
    pub(super) is_file: &'a dyn Fn(&Path) -> bool,
    /// The extension of programs, without its dot.
    pub(super) extension: &'static str,
}

/// An editor that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Installed {
    pub(super) name: &'static str,
    /// The program or the folder that was found.
    pub(super) found: String,
    /// What to do, line by line; lines of code are indented.
    pub(super) steps: String,
    /// The path or the URL of its page.
    pub(super) page: String,
}

/// The source of Understudy on this machine, which contains the folder `editors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EditorSource {
    At(PathBuf),
    /// Not found: the steps contain a placeholder for its path.
    Missing,
}

impl Machine<'_> {
    /// All editors that were found.
    pub(super) fn editors(&self, source: &EditorSource) -> Vec<Installed> {
        EDITORS.iter().filter_map(|it| self.editor(it, source)).collect()
    }

    fn editor(&self, editor: &EditorRow, source: &EditorSource) -> Option<Installed> {
        let program = editor.programs.iter().find_map(|it| Some((*it, self.program(it)?)));
        let (program, found) = match program {
            Some((name, path)) => (name, path),
            None => {
                let mut places = editor.places.iter().filter_map(|it| self.place(it));
                (*editor.programs.first()?, places.find(|it| (self.exists)(it))?)
            }
        };
        Some(Installed {
            name: editor.name,
            found: found.display().to_string(),
            steps: steps(editor, program, source),
            page: source.page(editor.folder),
        })
    }

    /// A program on the PATH.
    pub(super) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = (self.env)("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let names = folders.iter().flat_map(|it| {
            let plain = it.join(name);
            let extended = plain.with_extension(self.extension);
            [plain, extended]
        });
        names.into_iter().find(|it| (self.is_file)(it))
    }

    /// Expands `~` or a variable in `%` at the start of a path; `None` if the variable is not set.
    fn place(&self, place: &str) -> Option<PathBuf> {
        if let Some(rest) = place.strip_prefix("~/") {
            return Some(PathBuf::from((self.env)("HOME")?).join(rest));
        }
        if let Some((variable, rest)) = place.strip_prefix('%').and_then(|it| it.split_once('%')) {
            return Some(PathBuf::from((self.env)(variable)?).join(rest.trim_start_matches('/')));
        }
        Some(PathBuf::from(place))
    }
}

impl EditorSource {
    /// The source that this program was built from or installed from: a parent folder of the program, as with
    /// `target/release`, or the folder that Cargo recorded.
    pub(super) fn find(program: Option<&Path>, read: &dyn Fn(&Path) -> Option<String>) -> Self {
        let Some(program) = program else { return Self::Missing };
        let is_source = |it: &Path| read(&it.join("editors/nvim/README.md")).is_some();
        let around = program.ancestors().skip(1).find(|it| is_source(it)).map(Path::to_owned);
        let notes = program.ancestors().nth(2).map(|it| it.join(".crates.toml"));
        let noted = || installed_from(&notes.and_then(|it| read(&it))?).filter(|it| is_source(it));
        around.or_else(noted).map_or(Self::Missing, Self::At)
    }

    fn page(&self, folder: &str) -> String {
        match self {
            Self::At(_) => format!("{}/editors/{folder}/README.md", self.path()),
            Self::Missing => format!("{REPOSITORY}/blob/main/editors/{folder}/README.md"),
        }
    }

    /// The path with slashes, which the settings of every editor accept, on Windows too.
    fn path(&self) -> String {
        match self {
            Self::At(path) => path.display().to_string().replace('\\', "/"),
            Self::Missing => CLONE.to_owned(),
        }
    }
}

/// The folder that `cargo install --path` noted in `.crates.toml`:
/// `"understudy-ls 0.1.0 (path+file:///home/me/understudy)" = ["understudy"]`.
fn installed_from(notes: &str) -> Option<PathBuf> {
    let line = notes.lines().find(|it| it.trim_start().starts_with("\"understudy-ls "))?;
    let (_, path) = line.split_once("(path+file://")?;
    let path = path.split_once(')')?.0;
    // On Windows, the path has a slash before the drive.
    let drive = path.strip_prefix('/').filter(|it| it.as_bytes().get(1) == Some(&b':'));
    Some(PathBuf::from(drive.unwrap_or(path)))
}

fn steps(editor: &EditorRow, program: &str, source: &EditorSource) -> String {
    editor.steps.replace("{source}", &source.path()).replace("{program}", program)
}

/// How to get the source, for steps with a placeholder.
pub(super) fn how_to_clone() -> String {
    format!("`{CLONE}` stands for a clone of the source: git clone {REPOSITORY}")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    /// Compares the editors that are found if only these paths exist.
    fn check(paths: &[&str], expected: &[(&str, &str)]) {
        let env = |name: &str| match name {
            "PATH" => std::env::join_paths(["/usr/bin", "/opt/bin"]).ok(),
            "HOME" => Some(OsString::from("/home/me")),
            "LOCALAPPDATA" => Some(OsString::from("/local")),
            _ => None,
        };
        let exists = |it: &Path| paths.iter().any(|path| Path::new(path) == it);
        let is_file = |it: &Path| exists(it) && !it.ends_with("code");
        let machine = Machine { env: &env, exists: &exists, is_file: &is_file, extension: "" };
        let found = machine.editors(&EditorSource::Missing);
        let found: Vec<(&str, &str)> = found.iter().map(|it| (it.name, &*it.found)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_editor_is_found_by_its_program_or_its_settings() {
        check(&[], &[]);
        check(&["/opt/bin/nvim"], &[("Neovim", "/opt/bin/nvim")]);
        check(&["/home/me/.config/nvim"], &[("Neovim", "/home/me/.config/nvim")]);
        check(
            &["/usr/bin/codium", "/usr/bin/hx", "/home/me/.emacs.d", "/home/me/.config/zed"],
            &[
                ("VSCodium", "/usr/bin/codium"),
                ("Emacs", "/home/me/.emacs.d"),
                ("Helix", "/usr/bin/hx"),
                ("Zed", "/home/me/.config/zed"),
            ],
        );
        check(&["/local/Programs/cursor"], &[("Cursor", "/local/Programs/cursor")]);
        // Another program with a similar name.
        check(&["/usr/bin/codeblocks"], &[]);
        // A folder with the name of the program.
        check(&["/opt/bin/code"], &[]);
    }

    #[test]
    fn steps_contain_the_path_of_the_source() {
        let files = |there: &'static [(&str, &str)]| {
            move |it: &Path| {
                let file = there.iter().find(|file| Path::new(file.0) == it);
                file.map(|it| it.1.to_owned())
            }
        };
        let built = files(&[("/src/us/editors/nvim/README.md", "")]);
        let at = |path: &str| EditorSource::At(PathBuf::from(path));
        let program = Path::new("/src/us/target/release/understudy");
        assert_eq!(EditorSource::find(Some(program), &built), at("/src/us"));
        let installed = files(&[
            (
                "/home/me/.cargo/.crates.toml",
                "[v1]\n\"understudy-ls 0.1.0 (path+file:///src/us)\" = [\"understudy\"]\n",
            ),
            ("/src/us/editors/nvim/README.md", ""),
        ]);
        let program = Path::new("/home/me/.cargo/bin/understudy");
        assert_eq!(EditorSource::find(Some(program), &installed), at("/src/us"));
        assert_eq!(EditorSource::find(Some(program), &files(&[])), EditorSource::Missing);
        assert_eq!(installed_from("\"other 1 (path+file:///x)\" = []"), None);
    }

    #[test]
    fn every_line_of_code_is_on_the_page_of_its_editor() {
        let editors = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors");
        for editor in EDITORS {
            let files = std::fs::read_dir(editors.join(editor.folder)).unwrap();
            let texts = files.filter_map(|it| std::fs::read_to_string(it.unwrap().path()).ok());
            let page: String = texts.collect();
            assert!(page.contains("# Understudy in "), "{}", editor.name);
            for line in editor.steps.lines().filter_map(|it| it.strip_prefix("    ")) {
                let line = line.replace("{source}", CLONE).replace("{program}", "code");
                let is_there = page.lines().any(|it| it.contains(line.trim()));
                assert!(is_there, "{}: {line}", editor.name);
            }
        }
    }

    #[test]
    fn steps_fit_a_terminal() {
        let source = EditorSource::At(PathBuf::from("/home/me/src/understudy"));
        for editor in EDITORS {
            let steps = steps(editor, "code", &source);
            assert!(steps.lines().all(|it| it.chars().count() <= 98), "{steps}");
            assert!(!steps.contains("{source}") && !steps.contains("{program}"), "{steps}");
        }
    }
}
