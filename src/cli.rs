//! The command line: one file a command.
//!
//! Results go to stdout, errors to stderr. Exit codes: 0 success, 1 failure, 2 wrong usage. Only this module
//! reads the environment.

pub mod act;
pub mod ask;
mod asking;
pub mod benchmark;
pub mod commit_message;
pub mod complete;
pub mod completions;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod helix;
pub mod http;
pub mod keep;
pub mod log;
pub mod man;
pub mod model;
pub mod prices;
pub mod review;
pub mod sent;
pub mod serve;
pub mod setup;
pub mod term;
pub mod usage;
pub mod why;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, io};

use anstyle::AnsiColor;
use anyhow::Context;
use clap::builder::Styles;
use clap::{FromArgMatches, Parser, Subcommand};

use crate::app::Environment;
use crate::config::folders;
use crate::config::folders::Platform;
use crate::config::source::{ConfigSources, UserFile, WORKSPACE_FILE};
use crate::usage::reader::Reader;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  understudy setup                  find keys and local servers, write the config file
  understudy demo ~/src/project     suggestions in your own code, without a key
  understudy complete main.rs:12:5  the suggestion for one place, its confidence and time
  understudy act explain main.rs:7  an explanation of the code around line 7
  understudy act edit main.rs:7-20 --instruction 'use an iterator' --write
  understudy review --staged        findings in the staged changes
  understudy ask 'how is it tested?' main.rs
  understudy commit-message         a message for the staged changes
  understudy benchmark              a comparison of models on your own git history
  understudy config check           errors in the config file, and replacements of old keys
  understudy config show            the settings in effect here, and where each is set
  understudy why                    reasons for the last requests, and for those without a result
  understudy usage --days 7         cost, requests and accepted suggestions of a week
  understudy sent                   what left this machine, when, and to which provider
  understudy prices deepseek        price, class and data policy of a model
  understudy log --tail 100         the last 100 lines of the server's log
  understudy model add qwen2.5-coder-0.5b
                                    a model that runs on this machine, without a key
  understudy completions fish       completions for a shell
  understudy http config aider      settings that make another program use Understudy's models
  understudy helix-config --write   an entry for Understudy in Helix's languages.toml

Exit codes: 0 success, 1 failure, 2 wrong usage. NO_COLOR is respected.";

/// LLM features for any editor, from a language server.
///
/// Understudy sends each request to the cheapest configured model that can answer it, and to the next
/// one if that model fails, is too slow or costs too much. Without a key or a network the built-in
/// model answers. Editors start the server themselves; the commands below are for you.
#[derive(Debug, Default, Parser)]
#[command(name = "understudy", version, styles = STYLES, after_long_help = EXAMPLES)]
#[command(max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub serve: serve::Args,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find keys and local servers, and write the config file
    Setup(setup::Args),
    /// Try the built-in model on a folder's own code, without a key
    Demo(demo::Args),
    /// Test every configured model with one small request
    Doctor(doctor::Args),
    /// Explain why a model was used, or why nothing was shown
    #[command(alias = "status")]
    Why(why::Args),
    /// Show, check and describe the settings
    Config(config::Args),
    /// Print the suggestion for one place in a file
    Complete(complete::Args),
    /// Explain, change, document, test or review lines of a file
    Act(act::Args),
    /// Review staged changes or lines of a file
    Review(review::Args),
    /// Answer a question, with files as context
    Ask(ask::Args),
    /// Write a commit message for the staged changes
    CommitMessage(commit_message::Args),
    /// Show spending: cost, requests and speed by provider and day
    Usage(usage::Args),
    /// List what left this machine: time, recipient, files and bytes
    Sent(sent::Args),
    /// Show price, class and data policy of models
    Prices(prices::Args),
    /// Compare the configured models on lines of your git history
    #[command(alias = "audition")]
    Benchmark(benchmark::Args),
    /// Show the local HTTP endpoint, and settings for its clients
    Http(http::Args),
    /// List, download and choose models that Understudy runs itself
    Model(model::Args),
    /// Show the server's log
    Log(log::Args),
    /// Run the language server, as without a command
    Serve(serve::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Add Understudy to Helix's languages.toml
    #[command(name = "helix-config")]
    Helix(helix::Args),
    /// Run a server on this machine for all windows, until none uses it
    #[command(hide = true)]
    Keep(keep::Args),
    /// Print the manual page
    #[command(hide = true)]
    Man(man::Args),
}

/// Options of every command.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Common {
    /// Read settings from this file instead of the usual one
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

pub fn main() -> ExitCode {
    let cli = match parsed() {
        Ok(cli) => cli,
        Err(error) => {
            let printed = error.print();
            return ExitCode::from(if printed.is_err() || error.use_stderr() { 2 } else { 0 });
        }
    };
    match run(&cli) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed too, the error cannot be reported.
            let _ = writeln!(anstream::stderr(), "understudy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The parsed arguments. The usual argument of editors is recognised directly: building the whole parser
/// takes a millisecond, and the editor would wait for it.
fn parsed() -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments.iter().all(|it| it == "--stdio") && arguments.len() < 2 {
        true => Ok(Cli::default()),
        false => parsed_from(term::help::command()),
    }
}

fn parsed_from(mut command: clap::Command) -> Result<Cli, clap::Error> {
    let mut matches = command.try_get_matches_from_mut(env::args_os())?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|it| it.format(&mut command))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        None => serve::run(&cli.serve, &cli.common),
        Some(Command::Serve(args)) => serve::run(args, &cli.common),
        Some(Command::Demo(args)) => demo::run(args, &cli.common),
        Some(Command::Setup(args)) => setup::run(args, &cli.common),
        Some(Command::Doctor(args)) => doctor::run(args, &cli.common),
        Some(Command::Benchmark(args)) => benchmark::run(args, &cli.common),
        Some(Command::Complete(args)) => complete::run(args, &cli.common),
        Some(Command::Act(args)) => act::run(args, &cli.common),
        Some(Command::Review(args)) => review::run(args, &cli.common),
        Some(Command::Ask(args)) => ask::run(args, &cli.common),
        Some(Command::CommitMessage(args)) => commit_message::run(args, &cli.common),
        Some(Command::Config(args)) => config::run(args, &cli.common),
        Some(Command::Usage(args)) => usage::run(args, &cli.common),
        Some(Command::Why(args)) => why::run(args, &cli.common),
        Some(Command::Sent(args)) => sent::run(args, &cli.common),
        Some(Command::Prices(args)) => prices::run(args, &cli.common),
        Some(Command::Model(args)) => model::run(args, &cli.common),
        Some(Command::Log(args)) => log::run(args, &cli.common),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Http(args)) => http::run(args, &cli.common),
        Some(Command::Helix(args)) => helix::run(args, &cli.common),
        Some(Command::Keep(args)) => keep::run(args, &cli.common),
        Some(Command::Man(args)) => man::run(args),
    }
}

/// `understudy log | head` closes stdout, which is not an error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|it| it.kind() == io::ErrorKind::BrokenPipe)
}

impl Common {
    /// The environment of a server or a command.
    pub fn start(&self) -> Environment {
        Environment {
            config: self.sources(Vec::new()).file,
            queries: folders::config(Platform::HERE, &|it| env::var_os(it))
                .map(|it| it.join("queries")),
            variables: Some(Arc::new(|name: &str| env::var(name).ok())),
            state: folders::state(Platform::HERE, &|it| env::var_os(it)),
            program: env::current_exe().ok(),
            ..Environment::default()
        }
    }

    /// The sources of settings, in a workspace with these roots.
    pub fn sources(&self, roots: Vec<PathBuf>) -> ConfigSources {
        let usual = || crate::config::path(&|it| env::var_os(it)).map(UserFile::Usual);
        let file = self.config.clone().map(UserFile::Named).or_else(usual);
        ConfigSources { file: file.unwrap_or_default(), roots, ..ConfigSources::default() }
    }
}

/// The folder of the log files; `None` without a home folder.
fn log_folder() -> Option<PathBuf> {
    Some(state_folder()?.join("log"))
}

/// The state folder; `None` without a home folder.
fn state_folder() -> Option<PathBuf> {
    folders::state(Platform::HERE, &|it| env::var_os(it))
}

/// The ledger; `None` if nothing was booked yet.
fn ledger() -> anyhow::Result<Option<Reader>> {
    let Some(folder) = state_folder() else { return Ok(None) };
    let path = folder.join(crate::usage::FILE);
    Reader::open(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The nearest folder with its own settings: this one, or one of its parents.
fn root_of(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|it| it.join(WORKSPACE_FILE).is_file());
    root.map(Path::to_owned)
}
