//! What stands in the log.

use std::fs;

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;

/// What stands in the log, without its times, after `events` at a level and a variable.
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
    tracing::error!(target: "somebody_else", "their text");
}

#[test]
fn the_level_says_what_is_written() {
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
fn only_trace_shows_what_dependencies_say() {
    check(
        LogLevel::Trace,
        None,
        |_| one_of_each(),
        expect![[r#"
        ERROR understudy::app::log::tests: an error code=3
        INFO understudy::app::log::tests: some news
        DEBUG understudy::app::log::tests: a detail
        ERROR somebody_else: their text
    "#]],
    );
}

#[test]
fn the_variable_overrules_the_level() {
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
        Some("somebody_else=error"),
        reloaded,
        expect![[r#"
        ERROR somebody_else: their text
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
fn a_changed_level_holds_at_once() {
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
fn a_folder_that_cannot_be_written_costs_the_log_alone() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (logging, subscriber) = Logging::new(file.path().join("log"), LogLevel::Info, None);
    tracing::subscriber::with_default(subscriber, one_of_each);
    drop(logging);
}
