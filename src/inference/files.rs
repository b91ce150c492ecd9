//! Where the files of models are, and which are installed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Subfolder of the state folder with the downloaded models.
pub const FOLDER: &str = "models";
/// Ending of a model's file.
pub const ENDING: &str = "gguf";

/// The file of a model, by its name or by the path of a user's own file.
pub fn path_of(folder: &Path, model: &str) -> PathBuf {
    match is_path(model) {
        true => PathBuf::from(model),
        false => folder.join(format!("{model}.{ENDING}")),
    }
}

/// Whether a model of the settings is a path rather than a name.
pub fn is_path(model: &str) -> bool {
    model.contains(['/', '\\']) || Path::new(model).extension().is_some_and(|it| it == ENDING)
}

/// The names of the downloaded models, sorted.
pub fn installed(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|it| {
        let name = it.file_name().into_string().ok()?;
        Some(name.strip_suffix(ENDING)?.strip_suffix('.')?.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

/// Checks that a file begins as a GGUF file does.
///
/// # Errors
///
/// If it cannot be read, or does not.
pub fn check(path: &Path) -> io::Result<()> {
    let mut magic = [0; 4];
    File::open(path)?.read_exact(&mut magic).and_then(|()| match &magic {
        b"GGUF" => Ok(()),
        _ => Err(io::Error::other("it is not a GGUF file")),
    })
}

/// Address of the engine in a folder that only the user can read.
#[cfg(unix)]
pub fn socket(folder: &Path) -> PathBuf {
    folder.join("model.sock")
}

/// Address of the engine: a named pipe for each folder.
#[cfg(windows)]
pub fn socket(folder: &Path) -> PathBuf {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    PathBuf::from(format!(r"\\.\pipe\understudy-model-{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_a_name_or_the_path_of_a_file() {
        let folder = Path::new("/state/models");
        let path = |it| path_of(folder, it).to_string_lossy().replace('\\', "/");
        assert_eq!(path("qwen2.5-coder-0.5b"), "/state/models/qwen2.5-coder-0.5b.gguf");
        assert_eq!(path("/own/model.gguf"), "/own/model.gguf");
        assert_eq!(path("model.gguf"), "model.gguf");
    }

    #[test]
    fn unfinished_downloads_are_not_installed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.gguf", "a.gguf", "c.gguf.part", "notes"] {
            fs::write(folder.path().join(name), "GGUF").unwrap();
        }
        assert_eq!(installed(folder.path()), ["a", "b"]);
        assert!(installed(&folder.path().join("none")).is_empty());
        assert!(check(&folder.path().join("a.gguf")).is_ok());
        fs::write(folder.path().join("b.gguf"), "<html>").unwrap();
        assert!(check(&folder.path().join("b.gguf")).is_err());
    }
}
