//! `understudy model`: the models that Understudy runs itself.

mod add;
mod choose;
mod list;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

use anyhow::Context;
use clap::Subcommand;

use crate::cli::{self, Common};
use crate::config;
use crate::inference::catalog::CatalogModel;
use crate::inference::{self, catalog, files};
use crate::provider::preset::BUILT_IN;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the models: size, memory, licence, and which are installed
    List,
    /// Download a model and use it, or use a GGUF file of your own
    Add(add::Args),
    /// Delete a model
    Remove {
        /// Name of the model, or path of your own file, which is not deleted
        model: String,
    },
    /// Use another installed model, or a GGUF file of your own
    Use {
        /// Name of the model, or path of a file
        model: String,
    },
    /// Run the engine for all windows. The language server starts this command
    #[command(hide = true)]
    Serve(serve::Args),
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    match &args.command {
        ModelCommand::List => list::run(common),
        ModelCommand::Remove { model } => choose::remove(model, common),
        ModelCommand::Add(args) => available().and_then(|()| add::run(args, common)),
        ModelCommand::Use { model } => available().and_then(|()| choose::run(model, common)),
        ModelCommand::Serve(args) => available().and_then(|()| serve::run(args, common)),
    }
}

/// Offers the model that suits this machine, if this program can run one and the config file has none.
pub(super) fn offer(common: &Common) -> anyhow::Result<()> {
    let (config, _) = config::load(&common.sources(Vec::new()));
    let is_used = config.provider.iter().any(|it| it.kind == BUILT_IN);
    let Some(model) = suited().filter(|_| !is_used) else { return Ok(()) };
    let args = add::Args { model: model.name.to_owned(), yes: false };
    add::run(&args, common).map(drop)
}

/// The model that suits this machine, if this program can run one.
pub(super) fn suited() -> Option<&'static CatalogModel> {
    available().ok()?;
    let cores = available_parallelism().map_or(1, usize::from);
    Some(catalog::suited(list::total_memory(), cores))
}

/// Fails if this program or machine cannot run a model.
fn available() -> anyhow::Result<()> {
    anyhow::ensure!(inference::IS_BUILT_IN, inference::HOW_TO_GET);
    anyhow::ensure!(inference::is_supported(), inference::UNSUPPORTED);
    Ok(())
}

/// The folder of the downloaded models.
fn folder() -> anyhow::Result<PathBuf> {
    let state =
        cli::state_folder().context("no state folder: neither XDG_STATE_HOME nor HOME is set")?;
    Ok(state.join(files::FOLDER))
}

/// A size for display.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{:.1} GB", bytes as f64 / 1e9),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}
