//! The quality suites: the n-gram model and the baselines at the same positions. Included by path here and in
//! the tests, so its modules are beside it.

mod ablation;
mod baseline;
#[path = "../shared/bootstrap.rs"]
mod bootstrap;
mod choice;
mod clock;
mod cold;
mod corpus;
mod fit;
mod git;
mod history;
mod reliability;
pub(crate) mod report;
mod rest_of_line;
mod table;
mod typing;
mod yardstick;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use understudy::predict::gains::Gains;
use understudy::workspace::tokens::Tokens;

use choice::Choice;
use corpus::Corpus;
use fit::Read;
use git::Repository;
use report::{Index, Report};

/// A generous time limit: delays of a busy machine do not affect quality, and latency has its own figures.
const DEADLINE: Duration = Duration::from_secs(1);

/// What to measure.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) repos: Vec<PathBuf>,
    /// Held-out files per repository.
    pub(crate) files: usize,
    /// Tested positions per file.
    pub(crate) positions: usize,
    /// Typed lines per file.
    pub(crate) lines: usize,
    /// A binary of the prototype to run at the same positions.
    pub(crate) prototype: Option<PathBuf>,
    /// The single-line tasks of HumanEval-Infilling, as JSON lines.
    pub(crate) humaneval: Option<PathBuf>,
    /// Git directories for the replay.
    pub(crate) histories: Vec<PathBuf>,
    /// Replayed commits per repository.
    pub(crate) commits: usize,
    /// Age in commits of the tree in which lines added since are tested.
    pub(crate) split: Option<usize>,
}

impl Setup {
    /// About a second on the source of this repository.
    pub(crate) fn small() -> Self {
        let repos = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        Self { repos, files: 16, positions: 60, lines: 6, ..Self::default() }
    }
}

/// Runs every suite on every repository.
pub(crate) fn run(setup: &Setup) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for repo in &setup.repos {
        let corpus = Corpus::load(repo, setup.files)?;
        let files = corpus.indexed().map(|it| (it.path.as_path(), it.text.as_str()));
        let (tokens, index) = index(&corpus.name, files);
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
    for path in &setup.histories {
        let mut repository = Repository::open(path)?;
        report.history.extend(history::replay(&mut repository, setup.commits, setup.lines)?);
        if let Some(commits) = setup.split {
            let count = setup.files * setup.positions;
            report.split.extend(history::split(&mut repository, commits, count)?);
        }
    }
    Ok(report)
}

/// Fits the model's weights on the repositories, and returns them as source code.
pub(crate) fn fit(setup: &Setup) -> anyhow::Result<String> {
    let all = read(setup)?;
    Ok(fit::constant(fit::weights(all.iter(), setup.positions, Gains::NONE)))
}

/// The value of each feature with `only` in its name.
pub(crate) fn ablate(setup: &Setup, only: &str) -> anyhow::Result<String> {
    Ok(ablation::table(&read(setup)?, setup.positions, setup.lines, only))
}

fn read(setup: &Setup) -> anyhow::Result<Vec<Read>> {
    let read = |repo: &PathBuf| {
        let corpus = Corpus::load(repo, setup.files)?;
        let files = corpus.indexed().map(|it| (it.path.as_path(), it.text.as_str()));
        let (tokens, _) = index(&corpus.name, files);
        Ok(Read { corpus, tokens })
    };
    setup.repos.iter().map(read).collect()
}

/// Chooses the threshold on the repositories: saved and wrong characters for several thresholds.
pub(crate) fn choose(setup: &Setup) -> anyhow::Result<String> {
    let mut choice = Choice::default();
    for repo in &setup.repos {
        let corpus = Corpus::load(repo, setup.files)?;
        let files = corpus.indexed().map(|it| (it.path.as_path(), it.text.as_str()));
        let (tokens, _) = index(&corpus.name, files);
        choice.gather(&corpus, &tokens, setup.lines);
    }
    Ok(choice.table())
}

/// The workspace of these files.
fn index<'a>(repo: &str, files: impl Iterator<Item = (&'a Path, &'a str)>) -> (Tokens, Index) {
    let started = Instant::now();
    let tokens = Tokens::new(8_000_000);
    let mut builder = tokens.builder();
    let mut lines = 0;
    for (path, text) in files {
        if !builder.add(path, text) {
            break;
        }
        lines += text.lines().count();
    }
    tokens.install(builder);
    let index = Index {
        repo: repo.to_owned(),
        lines,
        tokens: tokens.snapshot().tokens(),
        bytes: tokens.memory(),
        seconds: started.elapsed().as_secs_f64(),
    };
    (tokens, index)
}
