//! A project whose files repeat one line, so that the built-in model completes it.

use std::fs;

use tempfile::TempDir;

/// The line that files of the workspace repeat; `BEGUN` and `REST` are its parts.
pub(crate) const LINE: &str = "    let snapshot = session.snapshot(params)?;";

pub(crate) const BEGUN: &str = "    let snapshot = ses";

pub(crate) const REST: &str = "sion.snapshot(params)?;";

/// The line in one of twelve files instead.
pub(crate) const OTHER: &str = "    let request = session.request(params)?;";

/// A project with enough similar files for a confident suggestion of `LINE`.
pub(crate) fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..60 {
        let line = if number % 12 == 0 { OTHER } else { LINE };
        let text = format!(
            "//! Handler {number}.\n\nuse crate::session::Session;\n\n\
             pub fn handle_{number}(session: &Session, params: Params) -> Result<Answer> {{\n\
             {line}\n    let answer = feature(&snapshot, params.position)?;\n    trace({number});\n    Ok(answer)\n}}\n"
        );
        fs::write(folder.path().join(format!("handler_{number}.rs")), text).unwrap();
    }
    fs::write(folder.path().join("session.rs"), "pub struct Session {\n    pub open: bool,\n}\n")
        .unwrap();
    folder
}

pub(crate) fn new_file(begun: &str) -> String {
    format!(
        "use crate::session::Session;\n\nfn handle(session: &Session, params: Params) {{\n{begun}\n}}\n"
    )
}

/// The end of the incomplete line of `new_file`.
pub(crate) fn end(begun: &str) -> (u32, u32) {
    (3, begun.len() as u32)
}
