//! `understudy config`: the settings in effect, their problems, and the schema.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;

use crate::cli;
use crate::cli::Common;
use crate::config::show::ShownConfig;
use crate::config::source::{ConfigSources, UserFile, WORKSPACE_FILE};
use crate::config::{Problem, schema, show};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the settings in effect in this folder, and where each is set
    Show,
    /// Check config files: errors with their lines (exit code 1), and replacements of old keys
    Check {
        /// A config file or a workspace's .understudy.toml (default: the files that apply to this folder)
        file: Option<PathBuf>,
    },
    /// Print the path of the config file, whether it exists or not
    Path,
    /// Print the JSON schema of the config file, for editors that check and complete TOML
    Schema,
}

/// A result of `config check`.
#[derive(Serialize)]
struct ConfigFinding {
    level: ConfigLevel,
    #[serde(flatten)]
    problem: Problem,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum ConfigLevel {
    /// The setting has no effect.
    Error,
    /// The setting has its effect, but should be changed.
    Note,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    match &args.command {
        ConfigCommand::Show => show(common),
        ConfigCommand::Check { file: Some(file) } => check(&only(file)?, common),
        ConfigCommand::Check { file: None } => check(&here(common)?, common),
        ConfigCommand::Path => {
            let sources = here(common)?;
            let path = sources.file.path().context("neither XDG_CONFIG_HOME nor HOME is set")?;
            writeln!(anstream::stdout().lock(), "{}", path.display())?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Schema => {
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

fn check(sources: &ConfigSources, common: &Common) -> anyhow::Result<ExitCode> {
    let ShownConfig { problems, doubts, notes, .. } = show::shown(sources);
    let is_right = problems.is_empty();
    let errors =
        problems.into_iter().map(|it| ConfigFinding { level: ConfigLevel::Error, problem: it });
    let notes = doubts.into_iter().chain(notes);
    let notes = notes.map(|it| ConfigFinding { level: ConfigLevel::Note, problem: it });
    report(&errors.chain(notes).collect::<Vec<_>>(), sources, common)?;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(
    findings: &[ConfigFinding],
    sources: &ConfigSources,
    common: &Common,
) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    if common.json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(findings)?)?);
    }
    for ConfigFinding { problem, .. } in findings {
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

/// The sources of settings for the current folder.
fn here(common: &Common) -> anyhow::Result<ConfigSources> {
    let folder = env::current_dir().context("the working directory does not exist")?;
    Ok(common.sources(cli::root_of(&folder).into_iter().collect()))
}

/// A single file. Its name decides whether it is a user's or a workspace's.
fn only(file: &Path) -> anyhow::Result<ConfigSources> {
    if !file.ends_with(WORKSPACE_FILE) {
        return Ok(ConfigSources {
            file: UserFile::Named(file.to_owned()),
            ..ConfigSources::default()
        });
    }
    let file = fs::canonicalize(file).with_context(|| format!("cannot read {}", file.display()))?;
    let root = file.parent().map(Path::to_owned);
    Ok(ConfigSources { roots: root.into_iter().collect(), ..ConfigSources::default() })
}

fn places(sources: &ConfigSources) -> Vec<PathBuf> {
    let user = sources.file.path().map(Path::to_owned);
    user.into_iter().chain(sources.roots.iter().map(|it| it.join(WORKSPACE_FILE))).collect()
}
