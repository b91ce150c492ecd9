//! `understudy model serve`: the engine's process.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::Common;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Path of the socket, or name of the pipe
    #[arg(long)]
    pub socket: PathBuf,
    /// Folder of the downloaded models
    #[arg(long)]
    pub folder: PathBuf,
    /// Model to load at once: a name, or the path of a file
    #[arg(long)]
    pub model: Option<String>,
    /// Run models on the processor even if there is a GPU
    #[arg(long)]
    pub no_gpu: bool,
}

#[cfg(feature = "local-model")]
pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    use anyhow::Context;

    use crate::cli::{asking, serve};
    use crate::inference::{Device, service};

    let level = crate::config::load(&common.sources(Vec::new())).0.log.level;
    let _logging = serve::start_logging(level);
    step_back();
    let device = if args.no_gpu { Device::Processor } else { Device::Gpu };
    let served = asking::runtime()?.block_on(service::run(
        &args.socket,
        args.folder.clone(),
        args.model.clone(),
        device,
    ));
    served.with_context(|| format!("cannot serve at {}", args.socket.display()))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(feature = "local-model"))]
pub(super) fn run(_: &Args, _: &Common) -> anyhow::Result<ExitCode> {
    anyhow::bail!(crate::inference::HOW_TO_GET)
}

/// Lets the user's other programs come first.
#[cfg(all(feature = "local-model", unix))]
fn step_back() {
    /// Steps of lower priority: compilers and editors get most of a busy machine.
    const STEPS: i32 = 5;
    // It cannot fail: a process may always lower its priority.
    _ = rustix::process::nice(STEPS);
}

#[cfg(all(feature = "local-model", not(unix)))]
fn step_back() {}
