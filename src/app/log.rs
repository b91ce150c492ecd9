//! The server's own log: files in the state folder, never stdout.
//!
//! Logging hands a line to a thread and returns. Thread and file are created at the first line. If the disk
//! falls behind, lines are dropped and counted: a stuck disk never delays a keystroke.

pub mod daily;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, SystemTime};
use std::{io, panic, thread};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::app::log::daily::Daily;
use crate::config::value::LogLevel;

/// The variable that overrides the level of the config file: a level, or `target=level,…`.
pub const VARIABLE: &str = "UNDERSTUDY_LOG";

/// Highest number of lines that wait for the disk.
const WAITING: usize = 1024;

/// How long a flush waits for the disk.
const PATIENCE: Duration = Duration::from_secs(1);

/// The running log. Dropping it flushes it.
pub struct Logging {
    filter: reload::Handle<Targets, Registry>,
    sink: Arc<Sink>,
    overruled: bool,
}

struct Sink {
    folder: PathBuf,
    lines: OnceLock<SyncSender<Message>>,
    lost: Arc<AtomicUsize>,
}

enum Message {
    Line(Vec<u8>),
    /// Answered once all lines before it are written.
    Flush(SyncSender<()>),
}

impl Logging {
    /// Logs this process's events and panics to a folder. Must be called once.
    pub fn start(folder: PathBuf, level: LogLevel, variable: Option<&str>) -> Self {
        let (logging, subscriber) = Self::new(folder, level, variable);
        // If another subscriber was set before, it receives our events.
        let _ = subscriber.try_init();
        log_panics();
        logging
    }

    /// A log in a folder, and its subscriber. A valid `variable` overrides `level`.
    fn new(
        folder: PathBuf,
        level: LogLevel,
        variable: Option<&str>,
    ) -> (Self, impl Subscriber + Send + Sync + use<>) {
        let filter = variable.and_then(filter);
        let overruled = filter.is_some();
        let (targets, filter) = reload::Layer::new(filter.unwrap_or_else(|| targets(level.into())));
        let sink = Arc::new(Sink { folder, lines: OnceLock::new(), lost: Arc::default() });
        let lines = fmt::layer().with_writer(sink.clone());
        let subscriber = tracing_subscriber::registry().with(targets).with(lines);
        (Self { filter, sink, overruled }, subscriber)
    }

    /// Applies the level of a changed config file, unless the variable overrides it.
    pub fn set_level(&self, level: LogLevel) {
        if !self.overruled {
            // This fails only if the subscriber is gone, and then nothing is logged.
            let _ = self.filter.reload(targets(level.into()));
        }
    }

    /// Waits at most a second until all lines so far are written.
    pub fn flush(&self) {
        self.sink.flush();
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Sink {
    fn open(&self) -> SyncSender<Message> {
        let (sender, receiver) = mpsc::sync_channel(WAITING);
        let (folder, lost) = (self.folder.clone(), Arc::clone(&self.lost));
        let writer = thread::Builder::new().name("log".to_owned());
        // Without a thread there is no log, but the server runs.
        let _ = writer.spawn(move || write_all(Daily::new(folder), &receiver, &lost));
        sender
    }

    fn flush(&self) {
        let Some(lines) = self.lines.get() else { return };
        let (done, wait) = mpsc::sync_channel(1);
        if lines.try_send(Message::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(PATIENCE);
        }
    }
}

/// One call is one event: the layer formats it in its own buffer first.
impl io::Write for &Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let lines = self.lines.get_or_init(|| self.open());
        if lines.try_send(Message::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(mut file: Daily, messages: &Receiver<Message>, lost: &AtomicUsize) {
    for message in messages {
        match message {
            Message::Line(line) => file.write(&line, SystemTime::now()),
            Message::Flush(done) => done.send(()).unwrap_or_default(),
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            file.write(format!("{lost} lines lost\n").as_bytes(), SystemTime::now());
        }
    }
}

/// The variable's level or filter; `None` if it is neither.
fn filter(variable: &str) -> Option<Targets> {
    let level = variable.parse().map(targets).ok();
    level.or_else(|| variable.parse().ok())
}

/// Only our own events: a dependency's events may contain the user's text, so they require `trace`.
fn targets(level: LevelFilter) -> Targets {
    let others = if level == LevelFilter::TRACE { level } else { LevelFilter::OFF };
    Targets::new().with_target("understudy", level).with_default(others)
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Off => Self::OFF,
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

/// A panic's message may quote the text that it failed on, and editors store our stderr. Above `trace`, only
/// its location is logged.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
        tracing::trace!("{panic}");
    }));
}
