//! The built program as a user runs it, in a temporary home.

use std::fs;
use std::path::Path;
use std::process::Command;

use expect_test::Expect;
use tempfile::TempDir;

/// The path of the config file in a home.
pub(crate) const CONFIG: &str = "config/understudy/config.toml";

/// A temporary home with `config`, `state` and `project`, the working directory.
pub(crate) struct Home(pub(crate) TempDir);

/// The result of a run.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(TempDir::new().expect("a folder for the test"));
        home.write("project/src/main.rs", "fn main() {}\n");
        home
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        let folder = path.parent().expect("a file has a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .expect("it can be written");
    }

    pub(crate) fn run(&self, folder: &str, args: &[&str]) -> Outcome {
        let home = self.0.path();
        let output = Command::new(env!("CARGO_BIN_EXE_understudy"))
            .args(args)
            .current_dir(home.join(folder))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .output()
            .expect("the program runs");
        let text = |bytes: &[u8]| self.without_home(&String::from_utf8_lossy(bytes));
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        Outcome { code: output.status.code(), out, err }
    }

    /// Replaces the home's path by `~`, so that expectations do not depend on it.
    pub(crate) fn without_home(&self, text: &str) -> String {
        let real = self.0.path().canonicalize().expect("it is there");
        let replaced = |text: String, home: &Path| text.replace(&*home.to_string_lossy(), "~");
        let text = replaced(replaced(text.to_owned(), &real), self.0.path());
        if cfg!(windows) { text.replace("\\\\", "/").replace('\\', "/") } else { text }
    }

    pub(crate) fn check(&self, args: &[&str], code: i32, out: Expect) {
        let outcome = self.run("project", args);
        assert_eq!(outcome.code, Some(code), "{args:?}: {}", outcome.err);
        out.assert_eq(&outcome.out);
    }
}
