//! The built program as a user calls it, in a home of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use expect_test::Expect;
use tempfile::TempDir;

/// Where the config file is in a home.
pub(crate) const CONFIG: &str = "config/understudy/config.toml";

/// A user's home: `config`, `state`, and a `project` to stand in.
pub(crate) struct Home(pub(crate) TempDir);

/// What a call came to.
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

    /// Where the test runs is no part of what it expects.
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
