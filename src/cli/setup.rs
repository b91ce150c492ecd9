//! `understudy setup`: from the keys and servers that are there to a config file, which is shown
//! before it is written. Nothing but this machine is asked.

mod find;
mod write;

use std::collections::BTreeSet;
use std::env;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::ValueEnum;
use serde_json::json;

use crate::cli;
use crate::cli::Common;
use crate::cli::asking;
use crate::cli::consent;
use crate::cli::own_file;
use crate::cli::own_file::OwnFile;
use crate::cli::setup::find::Found;
use crate::cli::table::Lean;
use crate::cli::table::Table;
use crate::config;
use crate::config::Config;
use crate::provider;
use crate::provider::catalog::Catalog;
use crate::provider::catalog::Own;
use crate::provider::catalog::policy;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write without asking
    #[arg(long)]
    pub yes: bool,
    /// Add a llama-server of your own with a model of this size, started whenever it is needed
    #[arg(long, value_name = "SIZE", num_args = 0..=1, default_missing_value = "1.5b")]
    pub local: Option<Size>,
    /// Look for a server at this address of this machine, too
    #[arg(long, value_name = "URL")]
    pub url: Vec<String>,
}

/// Qwen2.5-Coder by parameters, in eight bits.
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
    let file = OwnFile::read(common)?;
    let (config, problems) = config::parse(file.text.as_bytes());
    anyhow::ensure!(
        problems.is_empty(),
        "{} is wrong already: `understudy config check` says where",
        file.path.display()
    );
    for url in &args.url {
        anyhow::ensure!(provider::is_loopback(url), "{url} is no address of this machine");
    }
    let mut found = asking::runtime()?.block_on(find::all(&args.url));
    found.extend(args.local.map(managed).transpose()?);
    let catalog = Catalog::load(cli::state_folder().as_deref());
    let added = write::rows(&found, &config, &catalog);
    let whole = write::joined(&file.text, &added);
    own_file::check(&whole)?;
    if !common.json {
        let mut out = anstream::stdout().lock();
        tell(&mut out, &found, (&config, &catalog), &file.path, &added)?;
    }
    let asked = || consent::agrees(&format!("Write it to {}?", file.path.display()));
    let written = !added.is_empty() && (args.yes || !common.json && asked()?);
    if written {
        file.write(&whole)?;
    }
    let mut out = anstream::stdout().lock();
    if common.json {
        let said = json!({ "found": found, "file": file.path, "added": added, "written": written });
        writeln!(out, "{said:#}")?;
    } else if written {
        writeln!(out, "Written. `understudy doctor` asks each of them one tiny question.")?;
    } else if !added.is_empty() {
        writeln!(out, "Nothing was written.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A server that we start ourselves.
fn managed(size: Size) -> anyhow::Result<Found> {
    const PROGRAM: &str = "llama-server";
    anyhow::ensure!(
        is_installed(PROGRAM),
        "{PROGRAM} is not on your PATH: install llama.cpp first (`brew install llama.cpp`, \
         `winget install llama.cpp`, `nix profile install nixpkgs#llama-cpp`, or a release of \
         https://github.com/ggml-org/llama.cpp)"
    );
    Ok(find::managed(PROGRAM, size))
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|it| {
        let there = it.join(program);
        there.is_file() || there.with_extension(env::consts::EXE_EXTENSION).is_file()
    })
}

fn tell(
    out: &mut impl Write,
    found: &[Found],
    known: (&Config, &Catalog),
    file: &Path,
    added: &str,
) -> anyhow::Result<()> {
    if found.is_empty() {
        writeln!(out, "No key in the environment, and no server on its usual port.")?;
        writeln!(out, "The model built in answers alone, which needs neither.")?;
        writeln!(out, "`understudy setup --local` adds one that runs on this machine.")?;
        return Ok(());
    }
    show(out, found, known)?;
    let notes: BTreeSet<String> = found.iter().filter_map(Found::note).collect();
    notes.iter().try_for_each(|it| writeln!(out, "{it}"))?;
    if added.is_empty() {
        writeln!(out, "\n{} has all of it already.", file.display())?;
    } else {
        writeln!(out, "\nTo be added to {}:\n\n{added}", file.display())?;
    }
    Ok(())
}

fn show(
    out: &mut impl Write,
    found: &[Found],
    (config, catalog): (&Config, &Catalog),
) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("provider", Lean::Left),
        ("found by", Lean::Left),
        ("model", Lean::Left),
        ("input", Lean::Right),
        ("output", Lean::Right),
        ("trains", Lean::Left),
        ("keeps", Lean::Left),
        ("", Lean::Left),
    ]);
    for it in found {
        let models: Vec<&str> = match &it.models[..] {
            [] => vec![if it.is_local { "the one it serves" } else { "to be named by you" }],
            models => models.iter().map(String::as_str).collect(),
        };
        for (at, model) in models.iter().enumerate() {
            let entry = catalog.resolve(it.kind, model, &Own::default());
            let rates = entry.price.map(|it| it.rates(0, SystemTime::now()));
            let price = |rate: Option<f64>| match (it.is_local, rate) {
                (true, _) => "$0".to_owned(),
                (false, Some(rate)) => format!("${rate}"),
                (false, None) => "-".to_owned(),
            };
            let policy = policy::of(it.kind, model);
            let word = |answer: policy::Answer| match it.is_local {
                true => "no".to_owned(),
                false => answer.to_string(),
            };
            let first = |text: &str| if at == 0 { text.to_owned() } else { String::new() };
            table.row(vec![
                first(it.kind),
                first(&it.place),
                (*model).to_owned(),
                price(rates.map(|it| it.input.dollars_per_million())),
                price(rates.map(|it| it.output.dollars_per_million())),
                word(policy.trains),
                word(policy.retains),
                first(if it.is_in(config) { "set up already" } else { "" }),
            ]);
        }
    }
    table.write(out)?;
    writeln!(out, "\nDollars per million tokens, at this hour; - is unknown.")?;
    Ok(())
}
