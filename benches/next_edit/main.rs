//! `cargo bench --bench next_edit -- GITDIR… [--commits N] [--any-order] [--list] [--missed] [--json FILE]`: next edits on
//! commits of a git repository, replayed change by change: how often an edit is shown, how often it matches
//! the commit, and its latency.

mod baseline;
#[path = "../shared/bootstrap.rs"]
mod bootstrap;
mod commit;
mod figures;
#[path = "../shared/random.rs"]
mod random;
mod replay;
mod typing;

use std::io::Write;
use std::path::PathBuf;

use crate::figures::Figures;

fn main() -> anyhow::Result<()> {
    let (mut folders, mut commits, mut order, mut json) =
        (Vec::new(), 200, replay::Order::Downward, None);
    let mut lists = replay::Lists::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| anyhow::anyhow!("{name} needs a value"));
        match name.as_str() {
            "--bench" => {}
            "--commits" => commits = value()?.parse()?,
            "--any-order" => order = replay::Order::Any,
            "--list" => lists.wrong = true,
            "--missed" => lists.missed = true,
            "--json" => json = Some(PathBuf::from(value()?)),
            _ if name.starts_with("--") => anyhow::bail!("no such option: {name}"),
            _ => folders.push(PathBuf::from(&name)),
        }
    }
    let [mut all, mut baselines] = <[Figures; 2]>::default();
    let mut out = std::io::stdout().lock();
    for folder in &folders {
        let [figures, baseline] = replay::run(folder, commits, order, lists)?;
        write!(out, "{}", figures.table(&folder.to_string_lossy()))?;
        write!(out, "{}", baseline.table("baseline"))?;
        all.add(figures);
        baselines.add(baseline);
    }
    write!(out, "{}{}{}", all.table("all"), all.kinds(), all.cells())?;
    write!(out, "{}", baselines.table("baseline: all"))?;
    write!(out, "difference to the baseline\n{}", all.compared(&baselines))?;
    writeln!(out, "{}", typing::run())?;
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_string_pretty(&all.json())?)?;
    }
    Ok(())
}
