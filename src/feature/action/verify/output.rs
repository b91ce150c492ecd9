//! What a command has written, for a message and a prompt.

use std::fs;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::context::mask::Mask;
use crate::reply::unseen;

/// Most bytes that are read, that the model is told, and that a message shows.
const READ: u64 = 256 << 10;
const TOLD: usize = 1500;
const SHOWN: usize = 200;

/// Takes the output out of the file: without the path of the copy, secrets, colours, and characters that control a
/// terminal or hide text.
pub(super) fn take(written: &Path, copy: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(written) {
        // What cannot be read is missing in the message.
        _ = file.take(READ).read_to_end(&mut bytes);
    }
    // It may contain source text.
    _ = fs::remove_file(written);
    let bytes = anstream::adapter::strip_bytes(&bytes).into_vec();
    let text = String::from_utf8_lossy(&bytes).replace(&*copy.to_string_lossy(), ".");
    let is_shown =
        |it: &char| *it == '\n' || *it == '\t' || !it.is_control() && !unseen::hides(*it);
    let text = text.chars().filter(is_shown).collect::<String>().replace("```", "'''");
    Mask::new().mask(&text).into_owned()
}

/// The line of a command's output that says most, for a message of one line.
pub(super) fn summary(output: &str) -> &str {
    let lines = || output.lines().map(str::trim).filter(|it| it.contains(char::is_alphabetic));
    let is_error = |it: &&str| {
        let it = it.to_ascii_lowercase();
        let is_heading = it.starts_with(['=', '_', '-']);
        !is_heading && !it.contains("0 failed") && (it.contains("error") || it.contains("failed"))
    };
    let line = lines().find(is_error).or_else(|| lines().next_back()).unwrap_or("no output");
    &line[..line.floor_char_boundary(SHOWN)]
}

/// The part of an output from its first error on, for the model.
pub(super) fn told(output: &str) -> &str {
    let start = output.find(summary(output)).unwrap_or_default();
    let rest = &output[start..];
    rest[..rest.floor_char_boundary(TOLD)].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_of_a_compiler_is_told() {
        let output = "   Checking a v0.1.0\nwarning: unused\n\nerror[E0308]: mismatched types\n --> src/a.rs:3:5\n";
        assert_eq!(summary(output), "error[E0308]: mismatched types");
        assert_eq!(told(output), "error[E0308]: mismatched types\n --> src/a.rs:3:5");
        assert_eq!(summary("\nsomething\nlast\n"), "last");
        assert_eq!(summary(""), "no output");
    }
}
