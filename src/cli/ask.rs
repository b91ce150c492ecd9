//! `understudy ask`: a question, with or without files.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use crate::cli::asking::Asking;
use crate::cli::{Common, act, complete};
use crate::feature::action::{ActionOutcome, Consent};
use crate::feature::ask::Question;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Question to answer
    pub question: String,
    /// Files to send with the question
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Use only this provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Send the request even if it costs more than `limit.edit.ask_above_usd`
    #[arg(long)]
    pub yes: bool,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let whole =
        |it: &PathBuf| it.canonicalize().with_context(|| format!("cannot open {}", it.display()));
    let files: Vec<PathBuf> = args.files.iter().map(whole).collect::<Result<_, _>>()?;
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let roots = files.first().map(|it| complete::root(it)).into_iter().collect();
    let asking = Asking::begin(common, args.provider.as_ref(), roots)?;
    let streams = !common.json && std::io::stdout().is_terminal();
    let question = Question {
        text: &args.question,
        thread: "",
        about: None,
        files: &files,
        consent: if args.yes { Consent::Given } else { Consent::UpToLimit },
    };
    let reply = asking.wait(asking.engine.questions.ask(&question, act::chat_sink(streams)))?;
    let mut out = anstream::stdout().lock();
    match &reply.done {
        _ if common.json => writeln!(out, "{}", act::json(&reply, None))?,
        ActionOutcome::Answer(text) if !streams => writeln!(out, "{text}")?,
        ActionOutcome::Answer(_) => writeln!(out)?,
        ActionOutcome::Change(_) | ActionOutcome::Insert { .. } | ActionOutcome::Findings(_) => {}
    }
    drop(out);
    act::note(&reply)?;
    Ok(ExitCode::SUCCESS)
}
