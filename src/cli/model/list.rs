//! `understudy model list`.

use std::fs;
use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::term::table::{Lean, Table};
use crate::cli::{Common, model};
use crate::config;
use crate::inference::catalog::MODELS;
use crate::inference::files;
use crate::provider::preset::BUILT_IN;

/// A model for which there is a row.
#[derive(Debug, Serialize)]
struct ListedModel {
    name: String,
    parameters: Option<&'static str>,
    bytes: Option<u64>,
    memory: Option<u64>,
    licence: Option<&'static str>,
    source: Option<&'static str>,
    installed: bool,
    in_use: bool,
    /// Whether this machine has enough memory, if that is known.
    fits: Option<bool>,
}

pub(super) fn run(common: &Common) -> anyhow::Result<ExitCode> {
    let models = models(common)?;
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string(&models)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("", Lean::Left),
        ("model", Lean::Left),
        ("parameters", Lean::Right),
        ("download", Lean::Right),
        ("memory", Lean::Right),
        ("licence", Lean::Left),
        ("", Lean::Left),
    ]);
    for it in &models {
        let size = |it: Option<u64>| it.map(model::size).unwrap_or_default();
        let mark = if it.in_use { "*" } else { "" };
        let state = match (it.installed, it.fits) {
            (true, _) => "installed",
            (false, Some(false)) => "needs more memory than this machine has",
            (false, Some(true) | None) => "",
        };
        table.row(vec![
            mark.to_owned(),
            it.name.clone(),
            it.parameters.unwrap_or_default().to_owned(),
            size(it.bytes),
            size(it.memory),
            it.licence.unwrap_or_default().to_owned(),
            state.to_owned(),
        ]);
    }
    table.write(&mut out)?;
    writeln!(out, "\n* in use. `understudy model add NAME` downloads a model and uses it.")?;
    Ok(ExitCode::SUCCESS)
}

/// The models of the catalogue, then others that are used.
fn models(common: &Common) -> anyhow::Result<Vec<ListedModel>> {
    let installed = files::installed(&model::folder()?);
    let (config, _) = config::load(&common.sources(Vec::new()));
    let rows = config.provider.iter().filter(|it| it.kind == BUILT_IN);
    let used: Vec<String> = rows.flat_map(|it| &it.models).map(|it| it.id.clone()).collect();
    let total = total_memory();
    let listed = MODELS.iter().map(|it| ListedModel {
        name: it.name.to_owned(),
        parameters: Some(it.parameters),
        bytes: Some(it.bytes),
        memory: Some(it.memory()),
        licence: Some(it.licence),
        source: Some(it.source),
        installed: installed.iter().any(|name| name == it.name),
        in_use: used.iter().any(|name| name == it.name),
        fits: total.map(|total| it.fits(total)),
    });
    let others =
        used.iter().chain(&installed).filter(|it| MODELS.iter().all(|row| row.name != **it));
    let mut others: Vec<String> = others.cloned().collect();
    others.sort_unstable();
    others.dedup();
    let others = others.into_iter().map(|name| {
        let path = files::path_of(&model::folder().unwrap_or_default(), &name);
        let bytes = fs::metadata(path).ok().map(|it| it.len());
        ListedModel {
            parameters: None,
            bytes,
            memory: None,
            licence: None,
            source: None,
            installed: bytes.is_some(),
            in_use: used.contains(&name),
            fits: None,
            name,
        }
    });
    Ok(listed.chain(others).collect())
}

/// Memory of this machine in bytes, if known.
pub(super) fn total_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|it| it.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
