//! `understudy model add`: downloads a model after a confirmation, or uses a file of the user's own.

mod offer;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::app;
use crate::cli::model::add::offer::DownloadOffer;
use crate::cli::model::choose;
use crate::cli::term::consent;
use crate::cli::{Common, asking, model};
use crate::config::{self, Config};
use crate::inference::catalog::{self, MODELS};
use crate::inference::files;
use crate::provider::download;
use crate::provider::transport::Transport;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of a model of `understudy model list`, path of a GGUF file, which stays where it is, or its https:// URL
    pub model: String,
    /// Download without confirmation
    #[arg(long)]
    pub yes: bool,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let (config, _) = config::load(&common.sources(Vec::new()));
    let transport = app::engine::transport(&common.start(), &config);
    let Some(offer) = offer(&args.model, &config, &transport)? else {
        return choose::run(&args.model, common);
    };
    if offer.is_installed() {
        return choose::run(&offer.name, common);
    }
    if !fetch(&offer, args, common, &transport)? {
        return Ok(ExitCode::FAILURE);
    }
    let name = &offer.name;
    let advice = || format!("{name} was downloaded; `understudy model remove {name}` deletes it");
    choose::run(name, common).with_context(advice)
}

/// What is downloaded for a name or a URL; `None` for a path.
fn offer(
    model: &str,
    config: &Config,
    transport: &Transport,
) -> anyhow::Result<Option<DownloadOffer>> {
    let folder = model::folder()?;
    if let Some(row) = catalog::find(model) {
        return DownloadOffer::of_row(row, config.model.source.as_deref(), &folder).map(Some);
    }
    if model.contains("://") {
        return DownloadOffer::of_url(model, transport, &folder).map(Some);
    }
    let names: Vec<&str> = MODELS.iter().map(|it| it.name).collect();
    anyhow::ensure!(
        files::is_path(model),
        "`{model}` is neither a known model ({}) nor the path or URL of a .gguf file",
        names.join(", ")
    );
    Ok(None)
}

/// Downloads a model if the user agrees.
fn fetch(
    offer: &DownloadOffer,
    args: &Args,
    common: &Common,
    transport: &Transport,
) -> anyhow::Result<bool> {
    let mut out = anstream::stdout().lock();
    if !common.json {
        offer.introduce(&mut out)?;
    }
    if !args.yes && !consent::agrees("Download it?")? {
        let hint = "`--yes` downloads it without confirmation.";
        match common.json {
            true => writeln!(out, "{}", json!({ "downloaded": false, "hint": hint }))?,
            false => writeln!(out, "Nothing was downloaded. {hint}")?,
        }
        return Ok(false);
    }
    let bar = ProgressBar::new(offer.source.bytes);
    let style =
        "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
    let on_progress = |bytes| bar.set_position(bytes);
    let done = download::download(transport, &offer.source, &offer.path, &on_progress);
    let done = asking::runtime()?.block_on(done);
    bar.finish_and_clear();
    let sha256 =
        done.with_context(|| format!("cannot download {} from {}", offer.name, offer.host))?;
    if offer.source.sha256.is_none() && !common.json {
        writeln!(out, "Its SHA-256 is {sha256}: compare it with the one on its page.")?;
    }
    Ok(true)
}
