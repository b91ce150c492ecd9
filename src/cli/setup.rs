//! `understudy setup`: turns the keys, servers and editors on this machine into a config file, which is shown
//! before it is written. Nothing leaves this machine unless the user agrees to a request that checks a
//! provider.

mod check;
mod costs;
mod editors;
mod find;
mod offer;
mod survey;
mod tell;
mod write;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::{env, io};

use clap::ValueEnum;

use crate::cli::setup::editors::Machine;
use crate::cli::setup::find::FoundServer;
use crate::cli::setup::survey::{SetupChange, Survey};
use crate::cli::term::consent;
use crate::cli::term::own_file::OwnFile;
use crate::cli::{Common, model};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the file without confirmation; send no requests
    #[arg(long)]
    pub yes: bool,
    /// Use these providers although they may train on requests: `deepseek,mistral`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub allow_training: Vec<String>,
    /// Add a llama-server with a model of this size, started on demand
    #[arg(long, value_name = "SIZE", num_args = 0..=1, default_missing_value = "1.5b")]
    pub local: Option<Size>,
    /// Also look for a model server at this URL of this machine
    #[arg(long, value_name = "URL")]
    pub url: Vec<String>,
}

/// Sizes of Qwen2.5-Coder in parameters, with eight bits per weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Size {
    #[value(name = "1.5b")]
    Small,
    /// Licensed for research only
    #[value(name = "3b")]
    Medium,
    #[value(name = "7b")]
    Large,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let survey = Survey::take(args, common)?;
    let named =
        offer::named(&args.allow_training, &survey.excluded, &survey.offers, &survey.config);
    if common.json {
        return survey.answer_in_json(args, named);
    }
    let mut out = anstream::stdout().lock();
    let asks = !args.yes && io::stdin().is_terminal();
    survey.introduce(&mut out, &named)?;
    let allowed = match asks {
        true => survey.ask_to_allow(&mut out, named)?,
        false => named,
    };
    let change = survey.change(&allowed)?;
    if change.whole != survey.file.text {
        show_change(&mut out, &survey.file, &change)?;
        if args.yes || consent::agrees(&format!("Write it to {}?", survey.file.path.display()))? {
            survey.file.write(&change.whole)?;
            writeln!(out, "Written.")?;
            let question = "Send one small request to each provider in use, to check it?";
            match asks && consent::agrees(question)? {
                true => check::run(&mut out, common, &survey.not_checked(&allowed))?,
                false => writeln!(out, "`understudy doctor` checks each model with a request.")?,
            }
        } else {
            let hint = if asks { "" } else { " `--yes` writes it." };
            writeln!(out, "Nothing was written.{hint}")?;
        }
    } else if !survey.has_no_model() {
        writeln!(out, "\n{} already contains all of it.", survey.file.path.display())?;
    } else if asks {
        model::offer(common)?;
    }
    survey.show_editors(&mut out)?;
    if !asks {
        let left = survey.excluded.iter().filter(|it| !allowed.contains(&it.name));
        tell::excluded(&mut out, &left.collect::<Vec<_>>())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the rows that are added, and the providers that are allowed.
fn show_change(out: &mut impl Write, file: &OwnFile, change: &SetupChange) -> anyhow::Result<()> {
    let path = file.path.display();
    if !change.opened.is_empty() {
        let names: Vec<&str> = change.opened.iter().map(String::as_str).collect();
        let names = names.join(", ");
        writeln!(out, "\n`training = \"allow\"` will be set in {path} for {names}.")?;
    }
    if !change.added.is_empty() {
        writeln!(out, "\nWill be added to {path}:\n\n{}", change.added)?;
    }
    Ok(())
}

/// Access to this machine, for the search for programs.
fn machine() -> Machine<'static> {
    Machine {
        env: &|it| env::var_os(it),
        exists: &|it| it.exists(),
        is_file: &|it| it.is_file(),
        extension: env::consts::EXE_EXTENSION,
    }
}

/// A server that Understudy starts.
fn managed(size: Size) -> anyhow::Result<FoundServer> {
    const PROGRAM: &str = "llama-server";
    anyhow::ensure!(
        machine().program(PROGRAM).is_some(),
        "{PROGRAM} is not on your PATH: install llama.cpp first (`brew install llama.cpp`, \
         `winget install llama.cpp`, `nix profile install nixpkgs#llama-cpp`, or a release of \
         https://github.com/ggml-org/llama.cpp)"
    );
    Ok(find::managed(PROGRAM, size))
}
