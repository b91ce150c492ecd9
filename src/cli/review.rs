//! `understudy review`: findings in staged changes or lines of a file, printed as a compiler prints its own.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::cli::act::LineRange;
use crate::cli::asking::Asking;
use crate::cli::term::finding;
use crate::cli::{Common, act, complete};
use crate::feature::action::{
    ActionOutcome, ActionReply, ActionRequest, Consent, Estimate, REVIEW,
};
use crate::feature::action_error::ActionError;
use crate::feature::document::OpenDocument;
use crate::models::price::money::Money;
use crate::reply::review::Severity;
use crate::text::Document;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Lines of the file, from 1; FILE:LINE selects the code around that line
    #[arg(value_name = "FILE:FROM-TO", required_unless_present = "staged")]
    pub lines: Option<LineRange>,
    /// Review the staged changes of the repository
    #[arg(long, conflicts_with = "lines")]
    pub staged: bool,
    /// Exit with 1 if a finding is at least this severe: error, warning, info, hint
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<Severity>,
    /// Use only this provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Send the requests even if they cost more than `limit.edit.ask_above_usd`
    #[arg(long)]
    pub yes: bool,
}

/// Lines to review, and the request for them.
struct Target {
    /// As the user named it, or relative to the working folder.
    path: PathBuf,
    open: OpenDocument,
    ask: ActionRequest,
}

/// What the replies have in common.
#[derive(Default)]
struct Summary {
    worst: Option<Severity>,
    rows: Vec<serde_json::Value>,
    models: BTreeSet<String>,
    /// `None` once a price is unknown.
    money: Option<Money>,
    seconds: f64,
    failed: bool,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let folder = std::env::current_dir()?.canonicalize()?;
    let file = args.lines.as_ref().map(|it| {
        it.path.canonicalize().with_context(|| format!("cannot open {}", it.path.display()))
    });
    let file = file.transpose()?;
    let root = complete::root(file.as_deref().unwrap_or(&folder.join(".")));
    let asking = Asking::begin(common, args.provider.as_ref(), vec![root])?;
    asking.engine.core.shared.index.settle();
    let targets = match args.lines.as_ref().zip(file) {
        Some((lines, file)) => vec![named(&asking, args, lines, file)?],
        None => staged(&asking, args, &folder)?,
    };
    let targets = announced(&asking, args, targets)?;
    let mut summary = Summary { money: Some(Money::default()), ..Summary::default() };
    for target in &targets {
        let engine = &asking.engine;
        let reply =
            asking.wait(engine.actions.act(&target.open, &target.ask, act::chat_sink(false)));
        match reply {
            Ok(reply) => summary.add(target, &reply, common)?,
            Err(error) if targets.len() == 1 => {
                act::show_unusable(&error);
                return Err(error.into());
            }
            Err(error) => {
                summary.failed = true;
                act::show_unusable(&error);
                writeln!(anstream::stderr(), "{}: {error}", target.path.display())?;
            }
        }
    }
    summary.print(common)?;
    let is_worse = args.fail_on.is_some_and(|it| summary.worst.is_some_and(|worst| worst >= it));
    Ok(if summary.failed || is_worse { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The lines that the user names.
fn named(asking: &Asking, args: &Args, lines: &LineRange, file: PathBuf) -> anyhow::Result<Target> {
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let open = opened(asking, file, &text);
    let range = act::range(&open, lines);
    Ok(Target { path: lines.path.clone(), open, ask: request(args, range) })
}

/// The staged lines, with notes about what is left out.
fn staged(asking: &Asking, args: &Args, folder: &Path) -> anyhow::Result<Vec<Target>> {
    let staged = asking.wait(asking.engine.actions.staged(folder))?;
    let mut err = anstream::stderr();
    if staged.excluded > 0 {
        writeln!(err, "excluded files, not reviewed: {}", staged.excluded)?;
    }
    let mut targets = Vec::new();
    for file in staged.files {
        let path = file.path.strip_prefix(folder).unwrap_or(&file.path).to_owned();
        if fs::read_to_string(&file.path).is_ok_and(|it| it != file.text) {
            let path = path.display();
            writeln!(err, "{path} has unstaged changes: lines are those of the staged file")?;
        }
        let open = opened(asking, file.path, &file.text);
        let rope = &open.document.rope;
        for lines in file.ranges {
            let range = rope.line_to_byte(lines.start)..rope.line_to_byte(lines.end);
            let (path, open) = (path.clone(), open.clone());
            targets.push(Target { path, open, ask: request(args, range) });
        }
    }
    if targets.is_empty() {
        bail!(ActionError::NothingStaged);
    }
    Ok(targets)
}

fn opened(asking: &Asking, path: PathBuf, text: &str) -> OpenDocument {
    let (key, trees) = (path.to_string_lossy().into_owned(), &asking.engine.core.shared.trees);
    let open = OpenDocument::new(&key, Some(path), Document::new(text, 0, ""), trees);
    trees.settle(&key);
    open
}

fn request(args: &Args, range: Range<usize>) -> ActionRequest {
    ActionRequest {
        action: REVIEW.to_owned(),
        range,
        diagnostics: Vec::new(),
        instruction: None,
        consent: if args.yes { Consent::Given } else { Consent::UpToLimit },
        thread: None,
    }
}

/// States the cost before anything is sent. Targets that may not be sent are left out with the reason.
fn announced(asking: &Asking, args: &Args, targets: Vec<Target>) -> anyhow::Result<Vec<Target>> {
    let (mut allowed, mut models, mut money) =
        (Vec::new(), BTreeSet::new(), Some(Money::default()));
    let is_single = targets.len() == 1;
    for target in targets {
        match asking.wait(asking.engine.actions.estimate(&target.open, &target.ask)) {
            Ok(estimate) => {
                let cost = estimate.as_ref().and_then(|it| it.money);
                money = money.zip(cost).map(|it| it.0 + it.1);
                models.extend(estimate.map(|it: Estimate| it.by.to_string()));
                allowed.push(target);
            }
            Err(error) if is_single => return Err(error.into()),
            Err(error) => {
                writeln!(anstream::stderr(), "{} is not reviewed: {error}", target.path.display())?;
            }
        }
    }
    let count = allowed.len();
    let requests = if count == 1 { "1 request".to_owned() } else { format!("{count} requests") };
    let cost = money.map_or("price unknown".to_owned(), |it| format!("about {it}"));
    let models: Vec<String> = models.into_iter().collect();
    if !models.is_empty() {
        writeln!(anstream::stderr(), "{requests} to {}, {cost}", models.join(", "))?;
    }
    let limit = asking.engine.core.options(None).edit.ask_above.filter(|_| !args.yes);
    match money.filter(|it| limit.is_some_and(|limit| *it > limit)) {
        Some(money) => Err(ActionError::Dear(money).into()),
        None => Ok(allowed),
    }
}

impl Summary {
    /// Adds a reply. Its findings are printed at once, but as JSON at the end.
    fn add(&mut self, target: &Target, reply: &ActionReply, common: &Common) -> anyhow::Result<()> {
        let ActionOutcome::Findings(review) = &reply.done else { return Ok(()) };
        let worst = review.findings.iter().map(|it| it.severity).max();
        self.worst = self.worst.max(worst);
        self.models.insert(reply.by.to_string());
        let total = reply.total.as_ref();
        self.money = self.money.zip(total.and_then(|it| it.money)).map(|it| it.0 + it.1);
        self.seconds += total.map_or(0.0, |it| it.time.as_secs_f64());
        if common.json {
            self.rows.extend(finding::json(&target.path, &target.open, review));
        } else {
            finding::show(&mut anstream::stdout().lock(), &target.path, &target.open, review)?;
        }
        Ok(())
    }

    fn print(&self, common: &Common) -> anyhow::Result<()> {
        let mut out = anstream::stdout().lock();
        if common.json {
            let usd = self.money.map(|it| it.dollars());
            writeln!(out, "{}", serde_json::json!({ "findings": self.rows, "usd": usd }))?;
        } else if self.worst.is_none() && !self.failed {
            writeln!(out, "no findings")?;
        }
        let money = self.money.map_or("price unknown".to_owned(), |it| it.to_string());
        let models: Vec<&str> = self.models.iter().map(String::as_str).collect();
        if !models.is_empty() {
            let (models, time) = (models.join(", "), self.seconds);
            writeln!(anstream::stderr(), "{models}, {money}, {time:.2} s")?;
        }
        Ok(())
    }
}
