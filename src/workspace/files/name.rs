//! Files and folders that are not hand-written, recognised by name.

use std::path::Path;

/// Folders of version control, of installed packages and of tools.
const FOLDERS: &[&str] = &[
    ".bzr",
    ".eggs",
    ".git",
    ".gradle",
    ".hg",
    ".idea",
    ".jj",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    ".vs",
    "__pycache__",
    "bower_components",
    "node_modules",
    "site-packages",
];

/// Files that mark their folder as made by a tool: <https://bford.info/cachedir/> and PEP 405.
const MARKS: &[&str] = &["CACHEDIR.TAG", "pyvenv.cfg"];

/// Lock files of package managers.
const FILES: &[&str] = &[
    "go.sum",
    "go.work.sum",
    "gradle.lockfile",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.resolved",
    "packages.lock.json",
    "pnpm-lock.yaml",
];

/// Ends of names: lock files, build output, data.
const ENDS: &[&str] = &[
    ".lock", ".lockb", ".map", ".min.css", ".min.js", ".min.mjs", ".csv", ".ipynb", ".jsonl",
    ".log", ".ndjson", ".parquet", ".snap", ".svg", ".tsv",
];

/// Extensions of binary files, which are not opened.
const BINARY: &[&str] = &[
    "7z", "a", "apk", "avi", "avif", "bin", "bmp", "bz2", "class", "dat", "db", "dll", "dmg",
    "doc", "docx", "dylib", "eot", "exe", "flac", "gif", "gz", "heic", "ico", "iso", "jar", "jpeg",
    "jpg", "lib", "m4a", "mkv", "mov", "mp3", "mp4", "npy", "npz", "o", "obj", "odt", "ogg",
    "onnx", "otf", "pack", "pdb", "pdf", "png", "ppt", "pptx", "psd", "pt", "pyc", "pyo", "rar",
    "rlib", "rmeta", "so", "sqlite", "sqlite3", "tar", "tgz", "tif", "tiff", "ttf", "wasm", "wav",
    "webm", "webp", "whl", "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst",
];

/// Whether the name is that of a lock file, of data, of build output or of a binary file.
pub(super) fn is_unwritten(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|it| it.to_string_lossy().to_ascii_lowercase()) else {
        return true;
    };
    let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
    FILES.contains(&name.as_str())
        || BINARY.contains(&extension)
        || ENDS.iter().any(|it| name.ends_with(it))
}

/// Whether a walk skips the folder regardless of ignore files.
pub(super) fn is_skipped(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    FOLDERS.contains(&name) || MARKS.iter().any(|it| path.join(it).symlink_metadata().is_ok())
}
