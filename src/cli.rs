//! The command line: one file a command.
//!
//! Whatever a command answers goes to stdout, what went wrong to stderr. Exit codes: 0 done,
//! 1 failed, 2 wrong use. Only here is the environment read.

pub mod act;
pub mod ask;
mod asking;
pub mod audition;
pub mod commit_message;
pub mod complete;
pub mod completions;
pub mod config;
mod consent;
pub mod demo;
pub mod doctor;
pub mod helix;
pub mod keep;
pub mod log;
pub mod logging;
pub mod man;
pub mod moment;
mod own_file;
pub mod place;
pub mod prices;
pub mod print;
pub mod sent;
pub mod serve;
pub mod setup;
mod stdio;
pub mod table;
pub mod usage;
pub mod why;

use std::env;
use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anstyle::AnsiColor;
use anyhow::Context;
use clap::Parser;
use clap::Subcommand;
use clap::builder::Styles;

use crate::config::folders;
use crate::config::folders::Platform;
use crate::config::source::Sources;
use crate::config::source::UserFile;
use crate::config::source::WORKSPACE_FILE;
use crate::router::ledger;
use crate::router::ledger::reader::Reader;
use crate::server::Start;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  understudy                        what an editor starts: the server, on stdin and stdout
  understudy demo ~/src/project     what would it suggest in my own code?
  understudy complete main.rs:12:5  what, how sure, how fast, at one place
  understudy act explain main.rs:7  what is this, and why is it so?
  understudy act edit main.rs:7-20 --instruction 'use an iterator' --write
  understudy ask 'how is it tested?' main.rs
  understudy commit-message         what is it that I am about to commit?
  understudy setup                  which models could I ask from here?
  understudy doctor                 does every model I set up answer?
  understudy audition               which of them completes my own code best?
  understudy config check           is my config file right?
  understudy config show            which settings hold here, and who set them
  understudy usage --days 7         what did it cost, and was it worth it?
  understudy why                    why this model, and why was nothing shown?
  understudy sent                   what left my machine?
  understudy prices deepseek        what does a model cost, and what becomes of my code?
  understudy log --tail 100         what the server wrote of late
  understudy completions fish       completions for your shell
  understudy helix-config --write   set Helix up for the languages of this folder

Exit codes: 0 done, 1 failed, 2 wrong use. NO_COLOR is respected.";

/// LLM features for any editor, from a language server.
///
/// Understudy asks the models you set up, the next where one is down, too slow or too dear, and the
/// model built into it where none is left or none is set up: that one needs no key and no network.
/// An editor starts it and talks to it over stdin and stdout; the commands below are for you.
#[derive(Debug, Default, Parser)]
#[command(name = "understudy", version, styles = STYLES, after_help = EXAMPLES)]
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
    /// Serve an editor; the same as no command at all
    Serve(serve::Args),
    /// Complete real code of a folder, and say what was right
    Demo(demo::Args),
    /// Find keys and servers, show what they cost, and write them to the config file
    Setup(setup::Args),
    /// Ask every configured model one tiny question, and say what is wrong
    Doctor(doctor::Args),
    /// Ask every model for lines of your own git history, and say who knew them
    Audition(audition::Args),
    /// Show the suggestion for a place in a file
    Complete(complete::Args),
    /// Explain, change, document, test or review lines of a file
    Act(act::Args),
    /// Ask a question, about files or about nothing in particular
    Ask(ask::Args),
    /// Write a message for what is staged
    CommitMessage(commit_message::Args),
    /// Show, check and describe the settings
    Config(config::Args),
    /// Show what was spent, on whom, and what came of it
    Usage(usage::Args),
    /// Show which models were asked, and why nothing was shown
    Why(why::Args),
    /// Show what left this machine
    Sent(sent::Args),
    /// Show what is known of models: prices, classes, what becomes of your code
    Prices(prices::Args),
    /// Show what the server wrote to its log
    Log(log::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Tell Helix of Understudy, beside the language servers it has
    #[command(name = "helix-config")]
    Helix(helix::Args),
    /// Run a server on this machine for all windows, until none uses it
    #[command(hide = true)]
    Keep(keep::Args),
    /// Print the manual page
    #[command(hide = true)]
    Man(man::Args),
}

/// What every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Common {
    /// Read settings from this file instead of the usual one
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// Runs the command the program was called with.
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
            // With stderr gone too there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "understudy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for. What an editor says is known by heart: to set up all that others may say takes a
/// millisecond, in which it waits.
fn parsed() -> Result<Cli, clap::Error> {
    let said: Vec<OsString> = env::args_os().skip(1).collect();
    match said.iter().all(|it| it == "--stdio") && said.len() < 2 {
        true => Ok(Cli::default()),
        false => Cli::try_parse(),
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        None => serve::run(&cli.serve, &cli.common),
        Some(Command::Serve(args)) => serve::run(args, &cli.common),
        Some(Command::Demo(args)) => demo::run(args, &cli.common),
        Some(Command::Setup(args)) => setup::run(args, &cli.common),
        Some(Command::Doctor(args)) => doctor::run(args, &cli.common),
        Some(Command::Audition(args)) => audition::run(args, &cli.common),
        Some(Command::Complete(args)) => complete::run(args, &cli.common),
        Some(Command::Act(args)) => act::run(args, &cli.common),
        Some(Command::Ask(args)) => ask::run(args, &cli.common),
        Some(Command::CommitMessage(args)) => commit_message::run(args, &cli.common),
        Some(Command::Config(args)) => config::run(args, &cli.common),
        Some(Command::Usage(args)) => usage::run(args, &cli.common),
        Some(Command::Why(args)) => why::run(args, &cli.common),
        Some(Command::Sent(args)) => sent::run(args, &cli.common),
        Some(Command::Prices(args)) => prices::run(args, &cli.common),
        Some(Command::Log(args)) => log::run(args, &cli.common),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Helix(args)) => helix::run(args, &cli.common),
        Some(Command::Keep(args)) => keep::run(args, &cli.common),
        Some(Command::Man(args)) => man::run(args),
    }
}

/// `understudy log | head` closes our stdout, and means it.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|it| it.kind() == io::ErrorKind::BrokenPipe)
}

impl Common {
    /// What a server or a command of this user starts with.
    pub fn start(&self) -> Start {
        Start {
            config: self.sources(Vec::new()).file,
            queries: folders::config(Platform::HERE, &|it| env::var_os(it))
                .map(|it| it.join("queries")),
            variables: Some(Arc::new(|name: &str| env::var(name).ok())),
            state: folders::state(Platform::HERE, &|it| env::var_os(it)),
            program: env::current_exe().ok(),
            ..Start::default()
        }
    }

    /// Where the settings of this process come from, in a workspace of these roots.
    pub fn sources(&self, roots: Vec<PathBuf>) -> Sources {
        let usual = || crate::config::path(&|it| env::var_os(it)).map(UserFile::Usual);
        let file = self.config.clone().map(UserFile::Named).or_else(usual);
        Sources { file: file.unwrap_or_default(), roots, ..Sources::default() }
    }
}

/// The folder of the log files; `None` without a home.
fn log_folder() -> Option<PathBuf> {
    Some(state_folder()?.join("log"))
}

/// The folder of what the program keeps for itself; `None` without a home.
fn state_folder() -> Option<PathBuf> {
    folders::state(Platform::HERE, &|it| env::var_os(it))
}

/// The ledger; `None` where nothing was booked yet.
fn ledger() -> anyhow::Result<Option<Reader>> {
    let Some(folder) = state_folder() else { return Ok(None) };
    let path = folder.join(ledger::FILE);
    Reader::open(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The nearest folder around this one that has settings of its own.
fn root_of(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|it| it.join(WORKSPACE_FILE).is_file());
    root.map(Path::to_owned)
}
