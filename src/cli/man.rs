//! `understudy man`: the manual page, for packages.

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::Cli;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: &Args) -> anyhow::Result<ExitCode> {
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    anstream::stdout().lock().write_all(&page)?;
    Ok(ExitCode::SUCCESS)
}
