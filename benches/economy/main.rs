//! Cost and benefit of a thousand keystrokes: the same simulated typist types real files with the server, at
//! several values of `eagerness`, and with fixed pauses and an exact-match cache.
//!
//! Runs in real time and in parallel, so waiting times are those of a user. The model replays a recorded one
//! with its delays (`recorded`), or makes errors from a fixed seed with delays of a fast provider (`model`).
#![allow(clippy::print_stdout, reason = "a program for people")]

#[path = "../shared/bootstrap.rs"]
mod bootstrap;
mod fixed;
#[path = "../shared/llama.rs"]
mod llama;
mod model;
#[path = "../shared/random.rs"]
mod random;
mod recorded;
mod report;
mod server;
mod typist;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use futures::future::join_all;
use tempfile::TempDir;
use tokio::sync::Barrier;
use understudy::syntax::language::Language;

use crate::fixed::Fixed;
use crate::model::{File, Used};
use crate::recorded::Recorded;
use crate::report::Row;
use crate::server::Server;
use crate::typist::{Side, Typed, Typist};

/// Dollars per million input and output tokens.
const PRICE: (f64, f64) = (0.3, 0.9);
const FIXED: [u64; 4] = [0, 75, 150, 300];
/// Values of `eagerness`, and the middle one without the n-gram model.
const OURS: [(&str, bool); 4] =
    [("high", true), ("medium", true), ("low", true), ("medium", false)];

/// A file; its middle is typed in a workspace that does not contain the file.
#[derive(Clone)]
struct Task {
    folder: PathBuf,
    path: PathBuf,
    /// Path relative to the repositories' folder.
    name: String,
    file: Arc<File>,
    /// The last line that exists already.
    row: usize,
}

struct Options {
    repos: Vec<PathBuf>,
    files: usize,
    lines: usize,
    /// URL of the model to record.
    record: Option<String>,
    /// Whether to use the simulated model for files that have a recording.
    oracle: bool,
}

#[derive(Clone, Copy)]
enum Policy {
    Ours(&'static str, bool),
    Fixed(u64),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = options()?;
    let folder = tempfile::tempdir()?;
    let mut tasks = Vec::new();
    let mut recorded = if options.oracle { HashMap::new() } else { recorded::read()? };
    for repo in &options.repos {
        tasks.extend(tasks_of(repo, folder.path(), options.files, &mut recorded)?);
    }
    if let Some(server) = &options.record {
        return recorded::record(&tasks, options.lines, server);
    }
    let by_heart = tasks.iter().filter(|it| it.file.recorded.is_none()).count();
    let ours = OURS.map(|(eagerness, embedded)| Policy::Ours(eagerness, embedded));
    let fixed = FIXED.map(Policy::Fixed);
    let policies: Vec<Policy> = ours.into_iter().chain(fixed).collect();
    let start = Arc::new(Barrier::new(policies.len() * tasks.len()));
    let runs = policies.iter().map(|policy| async {
        let typed = tasks.iter().map(|it| {
            let start = Arc::clone(&start);
            tokio::spawn(types(*policy, it.clone(), options.lines, start))
        });
        let mut row = Row::new(match policy {
            Policy::Ours(eagerness, true) => format!("ours, {eagerness}"),
            Policy::Ours(_, false) => "ours, bare".to_owned(),
            Policy::Fixed(pause) => format!("fixed {pause} ms"),
        });
        for run in join_all(typed).await {
            row.add(run??);
        }
        anyhow::Ok(row)
    });
    let rows: anyhow::Result<Vec<Row>> = join_all(runs).await.into_iter().collect();
    println!(
        "{} files of {} lines each, typed in real time; {} were asked of a model that knows them, the \
         others of a real one; dollars at {} and {} a million tokens\n",
        tasks.len(),
        options.lines,
        by_heart,
        PRICE.0,
        PRICE.1
    );
    report::print(rows?, OURS.len());
    Ok(())
}

fn options() -> anyhow::Result<Options> {
    let mut options =
        Options { repos: Vec::new(), files: 4, lines: 16, record: None, oracle: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--bench" => continue,
            "--oracle" => {
                options.oracle = true;
                continue;
            }
            _ => {}
        }
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--repo" => options.repos.push(value.into()),
            "--files" => options.files = value.parse()?,
            "--lines" => options.lines = value.parse()?,
            "--record" => options.record = Some(value),
            _ => anyhow::bail!("unknown option {name}"),
        }
    }
    if options.repos.is_empty() {
        options.repos.push(concat!(env!("CARGO_MANIFEST_DIR"), "/src").into());
    }
    Ok(options)
}

/// Copies a tree without the files that are typed.
fn tasks_of(
    repo: &Path,
    into: &Path,
    count: usize,
    recorded: &mut HashMap<String, Recorded>,
) -> anyhow::Result<Vec<Task>> {
    let name = repo.file_name().context("a repository needs a name")?;
    let folder = into.join(name);
    let walk = ignore::WalkBuilder::new(repo).parents(false).sort_by_file_path(Path::cmp).build();
    let paths: Vec<PathBuf> = walk
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|it| it.is_file())
        .collect();
    let is_code = |it: &&PathBuf| {
        let language = Language::detect("", Some(it), "");
        let text = fs::read_to_string(it).unwrap_or_default();
        language.is_some_and(|it| !matches!(it.name(), "markdown" | "json" | "toml" | "yaml"))
            && text.is_ascii()
            && !text.contains('\r')
            && (120..1500).contains(&text.lines().count())
    };
    let code: Vec<&PathBuf> = paths.iter().filter(is_code).collect();
    let step = (code.len() / count.max(1)).max(1);
    let held: HashSet<&PathBuf> =
        code.iter().skip(step / 2).step_by(step).take(count).copied().collect();
    let mut tasks = Vec::new();
    for path in &paths {
        let copy = folder.join(path.strip_prefix(repo)?);
        if !held.contains(path) {
            fs::create_dir_all(copy.parent().context("a file is in a folder")?)?;
            fs::copy(path, copy)?;
            continue;
        }
        // Blank lines are not typed.
        let text = fs::read_to_string(path)?;
        let lines: Vec<String> =
            text.lines().filter(|it| !it.trim().is_empty()).map(str::to_owned).collect();
        let row = lines.len() / 3;
        let name = copy.strip_prefix(into)?.to_string_lossy().into_owned();
        let file = Arc::new(File { lines, recorded: recorded.remove(&name) });
        tasks.push(Task { folder: folder.clone(), path: copy, name, file, row });
    }
    Ok(tasks)
}

async fn types(
    policy: Policy,
    task: Task,
    lines: usize,
    start: Arc<Barrier>,
) -> anyhow::Result<(Typed, Used, HashSet<String>)> {
    let mut config = None;
    let side = match policy {
        Policy::Ours(eagerness, embedded) => {
            let (server, folder) = ours(&task, eagerness, embedded).await?;
            config = Some(folder);
            Side::Ours(Box::new(server))
        }
        Policy::Fixed(pause) => {
            let file = Arc::clone(&task.file);
            Side::Fixed(Box::new(Fixed::new(file, Duration::from_millis(pause))))
        }
    };
    start.wait().await;
    let last = task.file.lines.len() - 1;
    let mut typist = Typist::new(side, task.file, task.row);
    for _ in 0..lines.min(last - task.row) {
        typist.line().await?;
    }
    drop(config);
    let (used, told) = match typist.side {
        Side::Ours(it) => {
            let used = it.used.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let told = used.told.clone();
            (used, told)
        }
        Side::Fixed(it) => (it.used, it.told),
    };
    Ok((typist.typed, used, told))
}

async fn ours(task: &Task, eagerness: &str, embedded: bool) -> anyhow::Result<(Server, TempDir)> {
    let used = Arc::new(Mutex::new(Used::default()));
    let url = model::serve(Arc::clone(&task.file), Arc::clone(&used)).await?;
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("config.toml");
    fs::write(
        &config,
        format!(
            "complete.eagerness = '{eagerness}'\nembedded.enabled = {embedded}\n[[provider]]\nname = 'near'\nkind = 'vllm'\n\
             url = '{url}'\n\
             models = [{{ id = 'qwen2.5-coder', price = {{ input = {}, output = {} }} }}]\n",
            PRICE.0, PRICE.1
        ),
    )?;
    let mut server = Server::start(&task.folder, &config, used).await?;
    let language = Language::detect("", Some(&task.path), "").map_or("", |it| it.name());
    server.open(&task.path, language, &task.file.lines[..=task.row].join("\n")).await?;
    Ok((server, folder))
}
