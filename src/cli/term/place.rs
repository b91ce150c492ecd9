//! A position in a file as compilers print it: `src/main.rs:12:5`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

/// Line and column count from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilePosition {
    pub path: PathBuf,
    pub line: usize,
    pub column: usize,
}

/// The error for a text that is not a position.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected FILE:LINE:COLUMN, counted from 1, as in src/main.rs:12:5")]
pub struct NoPlace;

impl FromStr for FilePosition {
    type Err = NoPlace;

    /// Parses from the end, since a path may contain colons (`C:\x.rs:3:4`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.rsplitn(3, ':');
        let column = parts.next().and_then(count).ok_or(NoPlace)?;
        let line = parts.next().and_then(count).ok_or(NoPlace)?;
        let path = parts.next().filter(|it| !it.is_empty()).ok_or(NoPlace)?;
        Ok(Self { path: path.into(), line, column })
    }
}

fn count(digits: &str) -> Option<usize> {
    digits.parse().ok().filter(|it| *it > 0)
}

impl fmt::Display for FilePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<(&str, usize, usize)>) {
        let place = text.parse().ok().map(|it: FilePosition| (it.path, it.line, it.column));
        assert_eq!(place, expected.map(|it| (PathBuf::from(it.0), it.1, it.2)), "{text}");
    }

    #[test]
    fn a_position_is_a_path_a_line_and_a_column() {
        check("src/main.rs:12:5", Some(("src/main.rs", 12, 5)));
        check(r"C:\x.rs:3:4", Some((r"C:\x.rs", 3, 4)));
        check(r"\\host\share\x.rs:3:4", Some((r"\\host\share\x.rs", 3, 4)));
        check("a:b:1:2", Some(("a:b", 1, 2)));
        check("with space.rs:1:1", Some(("with space.rs", 1, 1)));
    }

    #[test]
    fn invalid_positions_are_refused() {
        for text in ["", "x.rs", "x.rs:3", r"C:\x.rs:3", "x.rs:0:1", "x.rs:1:0", ":1:1", "x:-1:2"] {
            check(text, None);
        }
        check("x.rs:99999999999999999999:1", None);
    }

    proptest! {
        #[test]
        fn a_printed_position_parses_back(path in "[^\0]{1,9}", line in 1..9999usize, column in 1..99usize) {
            let place = FilePosition { path: path.into(), line, column };
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }
    }
}
