//! `understudy commit-message`: a message for the staged changes, on stdout.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::cli::asking::Asking;
use crate::cli::{Common, act, complete};
use crate::feature::action::{ActionOutcome, ActionRequest, COMMIT_MESSAGE, Consent};
use crate::feature::document::OpenDocument;
use crate::text::Document;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder inside the repository
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Use only this provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Send the request even if it costs more than `limit.edit.ask_above_usd`
    #[arg(long)]
    pub yes: bool,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    let folder = folder
        .canonicalize()
        .with_context(|| format!("cannot open the folder {}", folder.display()))?;
    // The name that git gives to the file for an editor.
    let path = folder.join("COMMIT_EDITMSG");
    let asking = Asking::begin(common, args.provider.as_ref(), vec![complete::root(&path)])?;
    let document = Document::new("", 0, "gitcommit");
    let open = OpenDocument::new("", Some(path), document, &asking.engine.core.shared.trees);
    let ask = ActionRequest {
        action: COMMIT_MESSAGE.to_owned(),
        range: 0..0,
        diagnostics: Vec::new(),
        instruction: None,
        consent: if args.yes { Consent::Given } else { Consent::UpToLimit },
        thread: None,
    };
    let reply = asking.wait(asking.engine.actions.act(&open, &ask, act::chat_sink(false)))?;
    let mut out = anstream::stdout().lock();
    match &reply.done {
        _ if common.json => writeln!(out, "{}", act::json(&reply, None))?,
        ActionOutcome::Change(change) => write!(out, "{}", change.new)?,
        ActionOutcome::Insert { .. } | ActionOutcome::Answer(_) | ActionOutcome::Findings(_) => {}
    }
    act::note(&reply)?;
    Ok(ExitCode::SUCCESS)
}
