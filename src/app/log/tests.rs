//! Which events are logged at which level.

use std::fs;

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;

/// Compares the log, without its times, after `events` at a level and with a variable.
fn check(level: LogLevel, variable: Option<&str>, events: impl FnOnce(&Logging), expect: Expect) {
    let folder = TempDir::new().unwrap();
    let (logging, subscriber) = Logging::new(folder.path().to_owned(), level, variable);
    tracing::subscriber::with_default(subscriber, || events(&logging));
    drop(logging);
    let files = daily::files(folder.path()).unwrap();
    let text: String = files.iter().map(|it| fs::read_to_string(it).unwrap()).collect();
    let untimed = text.lines().map(|it| it.split_once(' ').unwrap().1.trim().to_owned() + "\n");
    expect.assert_eq(&untimed.collect::<String>());
}

fn one_of_each() {
    tracing::error!(code = 3, "an error");
    tracing::info!("some news");
    tracing::debug!("a detail");
    tracing::error!(target: "other_crate", "their text");
}

#[test]
fn the_level_limits_what_is_logged() {
    check(
        LogLevel::Info,
        None,
        |_| one_of_each(),
        expect![[r#"
        ERROR understudy::app::log::tests: an error code=3
        INFO understudy::app::log::tests: some news
    "#]],
    );
    check(
        LogLevel::Error,
        None,
        |_| one_of_each(),
        expect![[r#"
        ERROR understudy::app::log::tests: an error code=3
    "#]],
    );
    check(LogLevel::Off, None, |_| one_of_each(), expect![[""]]);
}

#[test]
fn dependencies_are_logged_only_at_trace() {
    check(
        LogLevel::Trace,
        None,
        |_| one_of_each(),
        expect![[r#"
        ERROR understudy::app::log::tests: an error code=3
        INFO understudy::app::log::tests: some news
        DEBUG understudy::app::log::tests: a detail
        ERROR other_crate: their text
    "#]],
    );
}

#[test]
fn the_variable_overrides_the_level() {
    let reloaded = |logging: &Logging| {
        logging.set_level(LogLevel::Trace);
        one_of_each();
    };
    check(
        LogLevel::Off,
        Some("error"),
        reloaded,
        expect![[r#"
        ERROR understudy::app::log::tests: an error code=3
    "#]],
    );
    check(
        LogLevel::Off,
        Some("other_crate=error"),
        reloaded,
        expect![[r#"
        ERROR other_crate: their text
    "#]],
    );
    check(
        LogLevel::Error,
        Some("no such, thing=="),
        |_| one_of_each(),
        expect![[r#"
        ERROR understudy::app::log::tests: an error code=3
    "#]],
    );
}

#[test]
fn a_changed_level_applies_at_once() {
    let changed = |logging: &Logging| {
        tracing::debug!("before");
        logging.set_level(LogLevel::Debug);
        tracing::debug!("after");
    };
    check(
        LogLevel::Info,
        None,
        changed,
        expect![[r#"
        DEBUG understudy::app::log::tests: after
    "#]],
    );
}

#[test]
fn the_program_runs_when_the_log_folder_cannot_be_written() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (logging, subscriber) = Logging::new(file.path().join("log"), LogLevel::Info, None);
    tracing::subscriber::with_default(subscriber, one_of_each);
    drop(logging);
}
