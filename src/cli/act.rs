//! `understudy act`: a code action on lines of a file, as an editor runs it.

use std::fs;
use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use anstyle::AnsiColor;
use anyhow::{Context, bail};
use similar::{ChangeTag, TextDiff};

use crate::cli::asking::Asking;
use crate::cli::term::finding;
use crate::cli::{Common, complete};
use crate::feature::action::{ActionOutcome, ActionReply, ActionRequest, Consent};
use crate::feature::action_error::ActionError;
use crate::feature::document::OpenDocument;
use crate::feature::question::{ChatEvent, ChatSink};
use crate::prompt::action::Diagnostic;
use crate::text::{self, Document};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Action: explain, fix, edit, document, test, review, simplify, ... or one of your own
    #[arg(value_name = "NAME")]
    pub action: String,
    /// Lines of the file, from 1; FILE:LINE selects the code around that line
    #[arg(value_name = "FILE:FROM-TO")]
    pub lines: LineRange,
    /// Instruction for `edit`
    #[arg(long, value_name = "TEXT")]
    pub instruction: Option<String>,
    /// Message of a compiler, a linter or a test about a line, for `fix`; may be repeated
    #[arg(long, value_name = "LINE:MESSAGE")]
    pub diagnostic: Vec<Complaint>,
    /// Write the change to the file instead of printing it
    #[arg(long)]
    pub write: bool,
    /// Print the change (default)
    #[arg(long, conflicts_with = "write")]
    pub diff: bool,
    /// Use only this provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Send the request even if it costs more than `limit.edit.ask_above_usd`
    #[arg(long)]
    pub yes: bool,
}

/// Lines of a file, from 1, both inclusive. A single line stands for the code around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRange {
    pub path: PathBuf,
    pub from: usize,
    pub to: Option<usize>,
}

impl FromStr for LineRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "expected FILE:FROM-TO, lines counted from 1, as in src/main.rs:12-20".to_owned();
        let (path, lines) =
            text.rsplit_once(':').filter(|it| !it.0.is_empty()).ok_or_else(wrong)?;
        let count = |it: &str| it.parse().ok().filter(|it: &usize| *it > 0).ok_or_else(wrong);
        let (from, to) = match lines.split_once('-') {
            Some((from, to)) => (count(from)?, Some(count(to)?)),
            None => (count(lines)?, None),
        };
        if to.is_some_and(|it| it < from) {
            return Err(format!("the range {lines} ends before it begins"));
        }
        Ok(Self { path: path.into(), from, to })
    }
}

/// A message about a line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub line: usize,
    pub message: String,
}

impl FromStr for Complaint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(line, message)| {
            let line = line.trim().parse().ok().filter(|it: &usize| *it > 0)?;
            Some(Self { line, message: message.trim().to_owned() })
        });
        parts
            .filter(|it| !it.message.is_empty())
            .ok_or_else(|| "expected LINE:MESSAGE, as in '12: unused variable'".to_owned())
    }
}

impl From<&Complaint> for Diagnostic {
    fn from(it: &Complaint) -> Self {
        let message = it.message.clone();
        Self { line: it.line, source: None, code: None, message, related: Vec::new() }
    }
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let named = &args.lines;
    let path = named
        .path
        .canonicalize()
        .with_context(|| format!("cannot open {}", named.path.display()))?;
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let asking = Asking::begin(common, args.provider.as_ref(), vec![complete::root(&path)])?;
    let engine = &asking.engine;
    engine.core.shared.index.settle();
    let open = OpenDocument::new(
        "",
        Some(path.clone()),
        Document::new(&text, 0, ""),
        &engine.core.shared.trees,
    );
    engine.core.shared.trees.settle("");
    let ask = ActionRequest {
        action: args.action.clone(),
        range: range(&open, named),
        diagnostics: args.diagnostic.iter().map(Diagnostic::from).collect(),
        instruction: args.instruction.clone(),
        consent: if args.yes { Consent::Given } else { Consent::UpToLimit },
        thread: None,
    };
    let streams = !common.json && std::io::stdout().is_terminal();
    let reply = asking.wait(engine.actions.act(&open, &ask, chat_sink(streams)));
    let reply = reply.inspect_err(show_unusable)?;
    if let Some(lines) = &reply.widened {
        let (first, last) = (lines.start(), lines.end());
        writeln!(anstream::stderr(), "selection widened to lines {first}-{last}")?;
    }
    if common.json {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{}", json(&reply, Some((&named.path, &open))))?;
    } else if !(streams && matches!(reply.done, ActionOutcome::Answer(_))) {
        show(&reply, &named.path, &open)?;
    }
    note(&reply)?;
    if args.write {
        write(&path, &text, &reply)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints an answer that was not applied to stderr.
pub(super) fn show_unusable(error: &ActionError) {
    if let ActionError::OfNoUse { by, answer, .. } = error
        && !answer.is_empty()
    {
        // If the terminal is closed, nothing can be printed.
        _ = writeln!(anstream::stderr(), "the answer of {by}, not applied:\n{answer}");
    }
}

/// Prints text while it streams, if stdout is a terminal.
pub(super) fn chat_sink(streams: bool) -> ChatSink {
    Arc::new(move |it| {
        if !streams {
            return;
        }
        let mut out = anstream::stdout().lock();
        // If the terminal is closed, nothing can be printed.
        _ = match it {
            ChatEvent::Delta(text) => write!(out, "{text}").and_then(|()| out.flush()),
            ChatEvent::Reset => writeln!(out, "\n(this model failed; the next one answers)\n"),
            ChatEvent::Began(_) | ChatEvent::Spent(_) | ChatEvent::Checking(_) => Ok(()),
        };
    })
}

/// The byte range of the lines; empty for a single line.
pub(super) fn range(open: &OpenDocument, lines: &LineRange) -> Range<usize> {
    let rope = &open.document.rope;
    let start = |line: usize| rope.line_to_byte(line.min(rope.len_lines()));
    match lines.to {
        Some(to) => start(lines.from - 1)..start(to),
        None => start(lines.from - 1)..start(lines.from - 1),
    }
}

fn show(reply: &ActionReply, path: &Path, open: &OpenDocument) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    match &reply.done {
        ActionOutcome::Answer(text) => writeln!(out, "{text}")?,
        ActionOutcome::Change(change) => {
            let (less, more) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
            for it in change.imports() {
                it.old.lines().try_for_each(|it| writeln!(out, "{less}-{it}{less:#}"))?;
                it.new.lines().try_for_each(|it| writeln!(out, "{more}+{it}{more:#}"))?;
            }
            for line in TextDiff::from_lines(&change.old, &change.new).iter_all_changes() {
                let text = line.value().trim_end_matches(['\n', '\r']);
                match line.tag() {
                    ChangeTag::Delete => writeln!(out, "{less}-{text}{less:#}")?,
                    ChangeTag::Insert => writeln!(out, "{more}+{text}{more:#}")?,
                    ChangeTag::Equal => writeln!(out, " {text}")?,
                }
            }
        }
        ActionOutcome::Insert { path, insertions, .. } => {
            writeln!(out, "for {}:", path.display())?;
            for (_, text) in insertions {
                writeln!(out, "{text}")?;
            }
        }
        ActionOutcome::Findings(it) if it.findings.is_empty() => writeln!(out, "no findings")?,
        ActionOutcome::Findings(review) => finding::show(&mut out, path, open, review)?,
    }
    Ok(())
}

/// Prints the model, the cost and the time to stderr.
pub(super) fn note(reply: &ActionReply) -> anyhow::Result<()> {
    let total = reply.total.as_ref();
    let money =
        total.and_then(|it| it.money).map_or("price unknown".to_owned(), |it| it.to_string());
    let time = total.map_or(0.0, |it| it.time.as_secs_f64());
    let check = reply.check.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
    writeln!(anstream::stderr(), "{}, {money}, {time:.2} s{check}", reply.by)?;
    Ok(())
}

/// The reply as JSON. Findings need the document that they are about.
pub(super) fn json(
    reply: &ActionReply,
    about: Option<(&Path, &OpenDocument)>,
) -> serde_json::Value {
    let done = match &reply.done {
        ActionOutcome::Answer(text) => serde_json::json!({ "answer": text }),
        ActionOutcome::Change(it) if it.imports().is_empty() => {
            serde_json::json!({ "old": it.old, "new": it.new })
        }
        ActionOutcome::Change(it) => {
            let imports: String = it.imports().iter().map(|it| &*it.new).collect();
            serde_json::json!({ "old": it.old, "new": it.new, "imports": imports })
        }
        ActionOutcome::Insert { path, insertions, .. } => {
            let rows = insertions.iter();
            let rows = rows.map(|(at, text)| serde_json::json!({ "at": at, "text": text }));
            serde_json::json!({ "path": path, "insert": rows.collect::<Vec<_>>() })
        }
        ActionOutcome::Findings(review) => {
            let rows = about.map(|(path, open)| finding::json(path, open, review));
            serde_json::json!({ "findings": rows.unwrap_or_default() })
        }
    };
    let usd = reply.total.as_ref().and_then(|it| it.money).map(|it| it.dollars());
    let mut all = serde_json::json!({ "by": &*reply.by, "usd": usd, "done": done });
    if let Some(check) = &reply.check {
        all["check"] = check.to_string().into();
    }
    all
}

fn write(path: &Path, text: &str, reply: &ActionReply) -> anyhow::Result<()> {
    match &reply.done {
        ActionOutcome::Change(change) => {
            let pieces =
                change.replacements().context("the change does not fit the file any more")?;
            let mut text = text.to_owned();
            pieces.into_iter().rev().for_each(|it| text.replace_range(it.0, &it.1));
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        }
        ActionOutcome::Insert { path, text: read, insertions } => {
            let mut text = fs::read_to_string(path).unwrap_or_default();
            anyhow::ensure!(
                read.as_ref().is_none_or(|it| *it == text),
                "{} changed while the model answered: nothing was written",
                path.display()
            );
            for (at, new) in insertions.iter().rev() {
                let new = text::with_line_ends_of(&text, new);
                text.insert_str(text.floor_char_boundary(*at), &new);
            }
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        }
        ActionOutcome::Answer(_) | ActionOutcome::Findings(_) => {
            bail!("nothing to write: this action answers in text")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_has_a_line_and_a_message() {
        let check = |text: &str, expected: Option<(usize, &str)>| {
            let complaint = text.parse().ok().map(|it: Complaint| (it.line, it.message));
            assert_eq!(complaint, expected.map(|it| (it.0, it.1.to_owned())), "{text}");
        };
        check("12: expected `i32`: found `u8`", Some((12, "expected `i32`: found `u8`")));
        check("0: unused", None);
        check("unused: a", None);
        check("3:", None);
    }

    #[test]
    fn tests_are_not_written_to_a_file_that_changed_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test_f.py");
        let insert = |read: &str| {
            let (path, insertions) = (path.clone(), vec![(usize::MAX, "b\n".to_owned())]);
            let done = ActionOutcome::Insert { path, text: Some(read.to_owned()), insertions };
            let reply =
                ActionReply { done, by: "p/m".into(), total: None, widened: None, check: None };
            write(folder.path(), "", &reply).map_err(|it| it.to_string())
        };
        fs::write(&path, "a\n").unwrap();
        let refused = insert("before\n").unwrap_err();
        assert!(refused.ends_with("changed while the model answered: nothing was written"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\n");
        insert("a\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\n");
    }
}
