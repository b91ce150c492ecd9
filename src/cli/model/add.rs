//! `understudy model add`: downloads a model after a confirmation, or uses a file of the user's own.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use url::Url;

use crate::cli::model::{choose, list};
use crate::cli::term::consent;
use crate::cli::{Common, asking, model};
use crate::inference::catalog::{self, CatalogModel, MODELS};
use crate::inference::files;
use crate::provider::download::{self, DownloadSource};
use crate::{app, config};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of a model of `understudy model list`, or path of a GGUF file, which stays where it is
    pub model: String,
    /// Download without confirmation
    #[arg(long)]
    pub yes: bool,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let Some(row) = catalog::find(&args.model) else {
        let names: Vec<&str> = MODELS.iter().map(|it| it.name).collect();
        anyhow::ensure!(
            files::is_path(&args.model),
            "`{}` is neither a known model ({}) nor the path of a .gguf file",
            args.model,
            names.join(", ")
        );
        return choose::run(&args.model, common);
    };
    let path = files::path_of(&model::folder()?, row.name);
    let is_there = fs::metadata(&path).is_ok_and(|it| it.len() == row.bytes);
    if !is_there && !fetch(row, &path, args, common)? {
        return Ok(ExitCode::FAILURE);
    }
    choose::run(row.name, common)
}

/// Downloads a model if the user agrees.
fn fetch(row: &CatalogModel, path: &Path, args: &Args, common: &Common) -> anyhow::Result<bool> {
    let (config, _) = config::load(&common.sources(Vec::new()));
    let source = DownloadSource {
        url: row.url(config.model.source.as_deref()),
        storage: catalog::STORAGE.to_owned(),
        bytes: row.bytes,
        sha256: row.sha256.to_owned(),
    };
    let url = Url::parse(&source.url).with_context(|| format!("model.source: {}", source.url))?;
    let host = url.host_str().unwrap_or_default();
    let mut out = anstream::stdout().lock();
    if !common.json {
        introduce(&mut out, row, host, path)?;
    }
    if !args.yes && !consent::agrees("Download it?")? {
        let hint = "`--yes` downloads it without confirmation.";
        match common.json {
            true => writeln!(out, "{}", json!({ "downloaded": false, "hint": hint }))?,
            false => writeln!(out, "Nothing was downloaded. {hint}")?,
        }
        return Ok(false);
    }
    drop(out);
    let bar = ProgressBar::new(row.bytes);
    let style =
        "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
    let transport = app::engine::transport(&common.start(), &config);
    let on_progress = |bytes| bar.set_position(bytes);
    let done =
        asking::runtime()?.block_on(download::download(&transport, &source, path, &on_progress));
    bar.finish_and_clear();
    done.with_context(|| format!("cannot download {} from {host}", row.name))?;
    Ok(true)
}

/// Says what will be downloaded, and what it needs.
fn introduce(
    out: &mut impl Write,
    row: &CatalogModel,
    host: &str,
    path: &Path,
) -> anyhow::Result<()> {
    let (size, memory) = (model::size(row.bytes), model::size(row.memory()));
    writeln!(
        out,
        "{}: {} parameters, licence {}, {size} from {host}\n  to {}\n  takes {memory} of memory while it is used",
        row.name,
        row.parameters,
        row.licence,
        path.display()
    )?;
    if list::total_memory().is_some_and(|total| !row.fits(total)) {
        writeln!(
            out,
            "This is more than half of this machine's memory: a smaller model is faster."
        )?;
    }
    Ok(())
}
