//! One log file per day (UTC). Seven are kept, and only the user can read them.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use jiff::civil::Date;

use crate::models::price::date;
use crate::storage;

const KEPT: usize = 7;

/// The current day's file, opened at its first line.
pub(super) struct Daily {
    folder: PathBuf,
    open: Option<(Date, File)>,
}

impl Daily {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, open: None }
    }

    /// Appends a line. If the disk refuses it, the line is lost: there is no place left to report it.
    pub(super) fn write(&mut self, line: &[u8], now: SystemTime) {
        let day = date::of(now);
        if self.open.as_ref().is_none_or(|(open, _)| *open != day) {
            self.open = open(&self.folder, day).ok().map(|it| (day, it));
        }
        if let Some((_, file)) = &mut self.open {
            let _ = file.write_all(line);
        }
    }
}

/// The log files of a folder, oldest first.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.filter_map(Result::ok).map(|it| it.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|it| it.extension() == Some("log".as_ref())).collect();
    files.sort();
    Ok(files)
}

fn open(folder: &Path, day: Date) -> io::Result<File> {
    storage::folder().recursive(true).create(folder)?;
    let path = folder.join(format!("understudy.{day}.log"));
    let file = storage::file().create(true).append(true).open(path)?;
    let files = files(folder)?;
    for old in &files[..files.len().saturating_sub(KEPT)] {
        // Another window may have removed it first.
        let _ = fs::remove_file(old);
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use tempfile::TempDir;

    use super::*;

    /// Writes one line per day, then compares the files.
    fn check(days: &[u64], expected: &[(&str, &str)]) {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("state").join("log");
        let mut daily = Daily::new(folder.clone());
        for day in days {
            let now = UNIX_EPOCH + Duration::from_secs(day * 86_400 + 7);
            daily.write(format!("day {day}\n").as_bytes(), now);
        }
        let read = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        };
        let found: Vec<(String, String)> = files(&folder).unwrap().iter().map(read).collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_day_has_its_file() {
        check(
            &[20_780, 20_780, 20_781],
            &[
                ("understudy.2026-11-23.log", "day 20780\nday 20780\n"),
                ("understudy.2026-11-24.log", "day 20781\n"),
            ],
        );
    }

    #[test]
    fn seven_files_are_kept() {
        let days: Vec<u64> = (20_000..20_010).collect();
        check(
            &days,
            &[
                ("understudy.2024-10-07.log", "day 20003\n"),
                ("understudy.2024-10-08.log", "day 20004\n"),
                ("understudy.2024-10-09.log", "day 20005\n"),
                ("understudy.2024-10-10.log", "day 20006\n"),
                ("understudy.2024-10-11.log", "day 20007\n"),
                ("understudy.2024-10-12.log", "day 20008\n"),
                ("understudy.2024-10-13.log", "day 20009\n"),
            ],
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("log");
        Daily::new(folder.clone()).write(b"line\n", UNIX_EPOCH);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&files(&folder).unwrap()[0]), 0o600);
    }
}
