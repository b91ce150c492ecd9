//! `understudy serve`: the language server, over stdin and stdout or a local socket.

pub mod stdio;

use std::env;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpStream;
use tokio::runtime;

use crate::app::log::Logging;
use crate::app::{Environment, log};
use crate::cli::Common;
use crate::config::Config;
use crate::config::value::LogLevel;
use crate::server::connection::ConnectionEnd;
use crate::{cli, server};

/// One thread works while the other reads.
const THREADS: usize = 2;

#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Communicate over stdin and stdout (default)
    #[arg(long)]
    pub stdio: bool,
    /// Connect to an editor that listens on this local port
    #[arg(long, value_name = "PORT", conflicts_with = "stdio")]
    pub socket: Option<u16>,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    // The log level is set once the settings are loaded, after the first reply to the editor.
    let logging = start_logging(LogLevel::Off).map(Arc::new);
    let followed = logging.clone();
    let follow = move |config: &Config| {
        if let Some(logging) = &followed {
            logging.set_level(config.log.level);
        }
    };
    let start = Environment { on_config: Some(Arc::new(follow)), ..common.start() };
    let runtime =
        runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    // The server runs on a thread of the runtime: work that a message starts begins on the thread that read
    // it, and its result is written by the thread that computed it.
    let served = runtime.spawn(serve(args.socket, start));
    let code = runtime.block_on(served).context("the server failed").flatten();
    // A read of stdin cannot be cancelled: waiting for it would outlive the editor.
    runtime.shutdown_background();
    // Background work may keep the log open, so its last lines are flushed here.
    if let Some(logging) = logging {
        logging.flush();
    }
    code
}

async fn serve(port: Option<u16>, start: Environment) -> anyhow::Result<ExitCode> {
    let Some(port) = port else {
        return Ok(code(server::run(stdio::input(), stdio::output(), start).await));
    };
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    let stream = stream.with_context(|| format!("no editor listens on port {port}"))?;
    stream.set_nodelay(true)?;
    let (input, output) = stream.into_split();
    Ok(code(server::run(input, output, start).await))
}

fn code(end: ConnectionEnd) -> ExitCode {
    match end {
        ConnectionEnd::Asked => ExitCode::SUCCESS,
        ConnectionEnd::Lost => ExitCode::FAILURE,
    }
}

pub(super) fn start_logging(level: LogLevel) -> Option<Logging> {
    let variable = env::var(log::VARIABLE).ok();
    Some(Logging::start(cli::log_folder()?, level, variable.as_deref()))
}
