//! `understudy config`: the settings that hold, what is wrong with them, and the schema of all.

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;

use crate::cli;
use crate::cli::Common;
use crate::config::Problem;
use crate::config::schema;
use crate::config::show;
use crate::config::show::Shown;
use crate::config::source::Sources;
use crate::config::source::UserFile;
use crate::config::source::WORKSPACE_FILE;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the settings that hold in this folder, and where each is set
    Show,
    /// Check config files: errors with their lines (exit code 1), and what replaces old keys
    Check {
        /// A config file or a workspace's .understudy.toml (default: those that hold in this folder)
        file: Option<PathBuf>,
    },
    /// Print the path of the config file, whether it exists or not
    Path,
    /// Print the JSON schema of the config file, for editors that check and complete TOML
    Schema,
}

/// What a check found.
#[derive(Serialize)]
struct Finding {
    level: Level,
    #[serde(flatten)]
    problem: Problem,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// The setting does not hold.
    Error,
    /// The setting holds, and could be better.
    Note,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Show => show(common),
        Command::Check { file: Some(file) } => check(&only(file)?, common),
        Command::Check { file: None } => check(&here(common)?, common),
        Command::Path => {
            let sources = here(common)?;
            let path = sources.file.path().context("neither XDG_CONFIG_HOME nor HOME is set")?;
            writeln!(anstream::stdout().lock(), "{}", path.display())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema => {
            let schema = serde_json::to_string_pretty(&schema::schema())?;
            writeln!(anstream::stdout().lock(), "{schema}")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn show(common: &Common) -> anyhow::Result<ExitCode> {
    let sources = here(common)?;
    let shown = show::shown(&sources);
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&shown)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for path in places(&sources) {
        let there = if path.exists() { "" } else { " (does not exist)" };
        writeln!(out, "# {}{there}", path.display())?;
    }
    write!(out, "\n{}", shown.to_toml())?;
    let mut err = anstream::stderr().lock();
    shown.problems.iter().try_for_each(|it| writeln!(err, "{it}"))?;
    Ok(ExitCode::SUCCESS)
}

fn check(sources: &Sources, common: &Common) -> anyhow::Result<ExitCode> {
    let Shown { problems, doubts, notes, .. } = show::shown(sources);
    let is_right = problems.is_empty();
    let errors = problems.into_iter().map(|it| Finding { level: Level::Error, problem: it });
    let notes = doubts.into_iter().chain(notes);
    let notes = notes.map(|it| Finding { level: Level::Note, problem: it });
    report(&errors.chain(notes).collect::<Vec<_>>(), sources, common)?;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(findings: &[Finding], sources: &Sources, common: &Common) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    if common.json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(findings)?)?);
    }
    for Finding { problem, .. } in findings {
        writeln!(out, "{problem}")?;
    }
    if findings.is_empty() {
        for path in places(sources) {
            let right =
                if path.exists() { "no problems found" } else { "does not exist, defaults apply" };
            writeln!(out, "{}: {right}", path.display())?;
        }
    }
    Ok(())
}

/// All that holds in the folder this runs in.
fn here(common: &Common) -> anyhow::Result<Sources> {
    let folder = env::current_dir().context("the working directory does not exist")?;
    Ok(common.sources(cli::root_of(&folder).into_iter().collect()))
}

/// One file alone, judged by what its name makes it.
fn only(file: &Path) -> anyhow::Result<Sources> {
    if !file.ends_with(WORKSPACE_FILE) {
        return Ok(Sources { file: UserFile::Named(file.to_owned()), ..Sources::default() });
    }
    let file = fs::canonicalize(file).with_context(|| format!("cannot read {}", file.display()))?;
    let root = file.parent().map(Path::to_owned);
    Ok(Sources { roots: root.into_iter().collect(), ..Sources::default() })
}

fn places(sources: &Sources) -> Vec<PathBuf> {
    let user = sources.file.path().map(Path::to_owned);
    user.into_iter().chain(sources.roots.iter().map(|it| it.join(WORKSPACE_FILE))).collect()
}
