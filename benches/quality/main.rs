//! `cargo bench --bench quality -- [--repo PATH]… [--files N] [--positions N] [--lines N] [--small]
//! [--prototype BINARY] [--humaneval FILE]
//! [--history GITDIR]… [--commits N] [--split N] [--ablate PART] [--fit] [--choose] [--json FILE]`: quality
//! of the n-gram model compared with its baselines.

#[path = "../shared/random.rs"]
mod random;
#[path = "suite.rs"]
mod suite;

use std::io::Write;
use std::path::PathBuf;

use suite::Setup;

fn main() -> anyhow::Result<()> {
    // The built-in sample is frozen; name repositories with `--repo`.
    let mut setup = Setup { files: 12, positions: 150, lines: 40, commits: 50, ..Setup::default() };
    let (mut json, mut ablate) = (None, None);
    let (mut fit, mut choose) = (false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| anyhow::anyhow!("{name} needs a value"));
        match name.as_str() {
            "--bench" => {}
            "--small" => setup = Setup::small(),
            "--repo" => setup.repos.push(PathBuf::from(value()?)),
            "--files" => setup.files = value()?.parse()?,
            "--positions" => setup.positions = value()?.parse()?,
            "--lines" => setup.lines = value()?.parse()?,
            "--prototype" => setup.prototype = Some(PathBuf::from(value()?)),
            "--humaneval" => setup.humaneval = Some(PathBuf::from(value()?)),
            "--history" => setup.histories.push(PathBuf::from(value()?)),
            "--commits" => setup.commits = value()?.parse()?,
            "--split" => setup.split = Some(value()?.parse()?),
            "--ablate" => ablate = Some(value()?),
            "--fit" => fit = true,
            "--choose" => choose = true,
            "--json" => json = Some(PathBuf::from(value()?)),
            _ => anyhow::bail!("no such option: {name}"),
        }
    }
    if fit {
        std::io::stdout().write_all(suite::fit(&setup)?.as_bytes())?;
        return Ok(());
    }
    if let Some(only) = ablate {
        // "all", or a part of the names of the features to leave out in turn.
        let only = if only == "all" { "" } else { &only };
        std::io::stdout().write_all(suite::ablate(&setup, only)?.as_bytes())?;
        return Ok(());
    }
    if choose {
        std::io::stdout().write_all(suite::choose(&setup)?.as_bytes())?;
        return Ok(());
    }
    let report = suite::run(&setup)?;
    std::io::stdout().write_all(report.table().as_bytes())?;
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_string_pretty(&report.json())?)?;
    }
    Ok(())
}
