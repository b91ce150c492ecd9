//! The indexed trees: copies in a temporary folder, whose files can be changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use tempfile::TempDir;
use understudy::syntax::language::Language;
use understudy::workspace::files;
use understudy::workspace::guard::Guard;

/// Languages that are not typed as code.
const DATA: &[&str] = &["json", "markdown", "toml", "yaml", "html"];

pub(crate) struct Trees {
    pub(crate) roots: Vec<PathBuf>,
    /// Code files of all roots.
    pub(crate) files: Vec<PathBuf>,
    _folder: TempDir,
}

impl Trees {
    /// Copies the indexable files of each of `repos`, `copies` times. Each copy is a root.
    pub(crate) fn copy(repos: &[PathBuf], copies: usize) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (mut roots, mut files) = (Vec::new(), Vec::new());
        for (at, repo) in repos.iter().enumerate() {
            let repo = repo.canonicalize()?;
            let guard = Arc::new(Guard::new(vec![repo.clone()], &[]).expect("no glob is bad"));
            let found: Vec<_> = files::walk(std::slice::from_ref(&repo), &guard).collect();
            for copy in 0..copies {
                let root = folder.path().join(format!("{at}-{copy}"));
                for file in &found {
                    let to = root.join(file.path.strip_prefix(&repo).expect("in its tree"));
                    fs::create_dir_all(to.parent().expect("in its tree"))?;
                    fs::copy(&file.path, &to)?;
                    if is_code(&to) {
                        files.push(to);
                    }
                }
                roots.push(root);
            }
        }
        assert!(!files.is_empty(), "no code in the trees");
        Ok(Self { roots, files, _folder: folder })
    }

    /// Rewrites a share of the files as on another branch: lines with new names replace those of the previous
    /// `branch`.
    pub(crate) fn switch(&self, branch: usize, count: usize) -> io::Result<Vec<PathBuf>> {
        let count = count.min(self.files.len());
        let step = self.files.len() / count;
        let changed: Vec<PathBuf> = (0..count)
            .map(|it| self.files[(it * step + branch) % self.files.len()].clone())
            .collect();
        for (number, path) in changed.iter().enumerate() {
            let Ok(text) = fs::read_to_string(path) else { continue };
            let kept: Vec<&str> = text.lines().filter(|it| !it.ends_with("of_branch")).collect();
            let line = format!("let value_{branch}_{} = of_branch", number % 500);
            fs::write(path, format!("{}\n{line}\n{line}\n", kept.join("\n")))?;
        }
        Ok(changed)
    }
}

fn is_code(path: &Path) -> bool {
    let language = Language::detect("", Some(path), "");
    language.is_some_and(|it| !DATA.contains(&it.name()))
}
