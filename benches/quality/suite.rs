//! The quality suites, ours and the baselines on the same positions. Loaded
//! by path from here and from the tests, so its modules stand beside it.

mod baseline;
mod bootstrap;
mod cold;
mod corpus;
mod reliability;
pub(crate) mod report;
mod rest_of_line;
mod table;
mod typing;
mod yardstick;

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use understudy::workspace::tokens::Tokens;

use corpus::Corpus;
use report::Index;
use report::Report;

/// What a busy machine has no time for says nothing of the model; latency has figures of its own.
const DEADLINE: Duration = Duration::from_secs(1);

/// What to measure, and on what.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) repos: Vec<PathBuf>,
    /// Files held out of each repository.
    pub(crate) files: usize,
    /// Positions asked about in each of them.
    pub(crate) positions: usize,
    /// Lines typed in each of them.
    pub(crate) lines: usize,
    /// A binary of the prototype, to be run on the same positions.
    pub(crate) prototype: Option<PathBuf>,
    /// The single lines of HumanEval-Infilling, as JSON lines.
    pub(crate) humaneval: Option<PathBuf>,
}

impl Setup {
    /// About a second on this repository's own source.
    pub(crate) fn small() -> Self {
        let repos = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        Self { repos, files: 4, positions: 60, lines: 10, ..Self::default() }
    }
}

/// Runs every suite on every repository.
pub(crate) fn run(setup: &Setup) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for repo in &setup.repos {
        let corpus = Corpus::load(repo, setup.files)?;
        let (tokens, index) = index(&corpus);
        report.indexes.push(index);
        report.lines.extend(rest_of_line::run(&corpus, &tokens, setup.positions));
        report.typed.extend(typing::run(&corpus, &tokens, setup.lines));
        if let Some(prototype) = &setup.prototype {
            report.lines.extend(yardstick::rest_of_line(prototype, repo, setup)?);
            report.typed.extend(yardstick::typing(prototype, repo, setup)?);
        }
    }
    if let Some(file) = &setup.humaneval {
        report.cold = cold::run(file)?;
    }
    Ok(report)
}

/// The workspace without the files held out of it.
fn index(corpus: &Corpus) -> (Tokens, Index) {
    let started = Instant::now();
    let tokens = Tokens::new(8_000_000);
    let mut builder = tokens.builder();
    let mut lines = 0;
    for file in corpus.indexed() {
        if !builder.add(&file.path, &file.text) {
            break;
        }
        lines += file.text.lines().count();
    }
    tokens.install(builder);
    let repo = corpus.name.clone();
    let index = Index {
        repo,
        lines,
        tokens: tokens.snapshot().tokens(),
        bytes: tokens.memory(),
        seconds: started.elapsed().as_secs_f64(),
    };
    (tokens, index)
}
