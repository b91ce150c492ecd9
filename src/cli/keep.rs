//! `understudy keep`: runs a local model server for all windows, and stops it once no window has used it for
//! a while. The language server starts this command; users do not need it.

use std::fs::{File, TryLockError};
use std::future::pending;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::{Duration, SystemTime};
use std::{fs, io, slice};

use anyhow::Context;
use futures::FutureExt;
use futures::future::FusedFuture;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::runtime;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cli::{Common, serve};
use crate::{config, storage};

/// Length limit of a line of the server's output, in bytes.
const LINE: usize = 400;
/// How often the time of the last use is checked.
const LOOK: Duration = Duration::from_secs(5);
/// How long to wait for the last output of a server that has ended.
const LAST: Duration = Duration::from_secs(1);
/// How long a server may take to end after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the server in the log
    #[arg(long)]
    pub name: String,
    /// File that is locked while the server runs; its modification time is the last use
    #[arg(long)]
    pub file: PathBuf,
    /// Seconds without use after which the server is stopped
    #[arg(long, default_value_t = 600.0)]
    pub idle: f64,
    /// Argument with which the server is started again if it ends by itself
    #[arg(long, allow_hyphen_values = true)]
    pub after_crash: Option<String>,
    /// Program of the server, and its arguments
    #[arg(last = true, required = true)]
    pub words: Vec<String>,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let _logging = serve::start_logging(config::load(&common.sources(Vec::new())).0.log.level);
    let file = storage::file().read(true).write(true).create(true).truncate(false).open(&args.file);
    let file = file.with_context(|| format!("cannot open {}", args.file.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        // Another process runs the server already.
        Err(TryLockError::WouldBlock) => return Ok(ExitCode::SUCCESS),
        Err(TryLockError::Error(error)) => {
            return Err(error).context("cannot lock the file of `--file`");
        }
    }
    file.set_len(0).and_then(|()| file.set_modified(SystemTime::now()))?;
    let idle = Duration::try_from_secs_f64(args.idle).context("`--idle` is too large")?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let mut ended = runtime.block_on(keep(args, &args.words, &file, idle));
    if let (Err(reason), Some(argument)) = (&ended, &args.after_crash) {
        tracing::warn!(server = args.name, reason, "started again with {argument}");
        let words = [&args.words[..], slice::from_ref(argument)].concat();
        ended = runtime.block_on(keep(args, &words, &file, idle));
    }
    match ended {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(reason) => {
            tracing::warn!(server = args.name, reason, "ended");
            (&file).write_all(reason.as_bytes())?;
            anyhow::bail!(reason)
        }
    }
}

/// Runs the server until it is not used any more. Fails if the server cannot start or ends by itself.
async fn keep(args: &Args, words: &[String], file: &File, idle: Duration) -> Result<(), String> {
    let mut server = spawn(words).map_err(|it| format!("{}: {it}", words[0]))?;
    let (output, last) = watch::channel(String::new());
    let (name, path) = (args.name.as_str(), args.file.as_path());
    let started = file.metadata().and_then(|it| it.modified()).ok();
    let (out, err) = (server.stdout.take(), server.stderr.take());
    let on_line = |line: String| {
        // Output after the first request may quote that request, so it requires `trace`.
        match modified(path) == started {
            true => tracing::info!(server = name, "{line}"),
            false => tracing::trace!(server = name, "{line}"),
        }
        output.send_replace(line);
    };
    let listening = async { _ = tokio::join!(listen(out, &on_line), listen(err, &on_line)) };
    let mut listening = pin!(listening.fuse());
    let ended = tokio::select! {
        ended = server.wait() => Some(ended),
        () = unused(path, idle) => {
            tracing::info!(server = name, "stopped: not used");
            None
        }
        () = terminated() => {
            tracing::info!(server = name, "stopped by a signal");
            None
        }
        () = async { listening.as_mut().await; pending().await } => None,
    };
    let Some(ended) = ended else {
        stop(&mut server).await;
        return Ok(());
    };
    // The last output may be unread. A process that the server started may keep the pipe open, so the wait is
    // limited.
    if !listening.is_terminated() {
        _ = timeout(LAST, listening).await;
    }
    Err(epitaph(ended, &last.borrow()))
}

fn spawn(words: &[String]) -> io::Result<Child> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Processes that the server starts are stopped with it.
    #[cfg(unix)]
    command.process_group(0);
    command.kill_on_drop(true).spawn()
}

/// Why the server ended, with its last line of output.
fn epitaph(ended: io::Result<ExitStatus>, last: &str) -> String {
    let how = match ended {
        Ok(status) => format!("the server ended ({status})"),
        Err(error) => format!("the server cannot be watched ({error})"),
    };
    if last.is_empty() { how } else { format!("{how}: {last}") }
}

/// Returns once the server was not used for `idle`, or the file that records its use is gone.
async fn unused(path: &Path, idle: Duration) {
    loop {
        let Some(used) = modified(path) else { return };
        match idle.checked_sub(used.elapsed().unwrap_or_default()) {
            None | Some(Duration::ZERO) => return,
            Some(left) => sleep(left.clamp(Duration::from_millis(10), LOOK)).await,
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|it| it.modified()).ok()
}

/// Passes the output on line by line. Lines are cut to `LINE` bytes.
async fn listen(from: Option<impl AsyncRead + Unpin>, on_line: &impl Fn(String)) {
    let Some(mut from) = from else { return };
    let (mut line, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        for &byte in &chunk[..read] {
            match byte {
                b'\n' if line.is_empty() => {}
                b'\n' => on_line(clean(&std::mem::take(&mut line))),
                _ if line.len() < LINE => line.push(byte),
                _ => {}
            }
        }
    }
}

/// A line without escape sequences and control characters.
fn clean(line: &[u8]) -> String {
    let line = anstream::adapter::strip_bytes(line).into_vec();
    String::from_utf8_lossy(&line).chars().filter(|it| !it.is_control()).collect()
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut it) => it.recv().await.unwrap_or_default(),
        Err(_) => pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    pending().await
}

/// Ends the server and the processes that it started: SIGTERM first, then SIGKILL.
#[cfg(unix)]
async fn stop(server: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let Some(group) = server.id().and_then(|it| Pid::from_raw(it.cast_signed())) else { return };
    // It fails if the group has ended already.
    let _ = kill_process_group(group, Signal::TERM);
    let _ = timeout(PATIENCE, server.wait()).await;
    let _ = kill_process_group(group, Signal::KILL);
}

#[cfg(not(unix))]
async fn stop(server: &mut Child) {
    let _ = timeout(PATIENCE, server.kill()).await;
}
