//! Prints findings of a review as compilers print theirs: `file:line:column: severity: message`.

use std::io;
use std::io::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::cli::term::place::FilePosition;
use crate::feature::action::finding::{Finding, Review};
use crate::feature::document::OpenDocument;
use crate::reply::review::Severity;
use crate::text::position::Encoding;

/// The findings of a review, each with its suggested change. `path` is the file as the user named it.
pub fn show(
    out: &mut impl Write,
    path: &Path,
    open: &OpenDocument,
    review: &Review,
) -> io::Result<()> {
    for finding in &review.findings {
        let Some(place) = place(path, open, finding) else { continue };
        let (name, style) = (finding.severity.name(), style(finding.severity));
        writeln!(out, "{place}: {style}{name}{style:#}: {}", finding.message)?;
        let Some(change) = &finding.change else { continue };
        let (less, more) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
        for line in change.old.lines() {
            writeln!(out, "  {less}-{line}{less:#}")?;
        }
        for line in change.new.lines() {
            writeln!(out, "  {more}+{line}{more:#}")?;
        }
    }
    Ok(())
}

/// The same as JSON.
pub fn json(path: &Path, open: &OpenDocument, review: &Review) -> Vec<Value> {
    let row = |finding: &Finding| {
        let mut row = serde_json::to_value(place(path, open, finding)?).ok()?;
        row["severity"] = finding.severity.name().into();
        row["message"] = (*finding.message).into();
        if let Some(change) = &finding.change {
            row["old"] = (*change.old).into();
            row["new"] = (*change.new).into();
        }
        Some(row)
    };
    review.findings.iter().filter_map(row).collect()
}

fn place(path: &Path, open: &OpenDocument, finding: &Finding) -> Option<FilePosition> {
    let range = finding.range(&open.document.rope)?;
    let at = open.document.position(range.start, Encoding::Utf32);
    let (line, column) = (at.line as usize + 1, at.character as usize + 1);
    Some(FilePosition { path: path.to_owned(), line, column })
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Information => AnsiColor::Cyan.on_default().bold(),
        Severity::Hint => Style::new().bold(),
    }
}
