//! Findings of a review: at the code that they quote, with a suggested change that passes the checks of other
//! edits. A finding without a place in the code is dropped.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;
use tokio::task;

use crate::feature::action::change::ActionChange;
use crate::feature::action::context;
use crate::feature::action::context::ActionContext;
use crate::feature::action::outcome::{Rejection, has_crlf, plain};
use crate::feature::action::prepared::PreparedAction;
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, TrackedRange};
use crate::feature::question::ChatReply;
use crate::prompt::action::Freedom;
use crate::prompt::action::review::FORM;
use crate::reply::check::Proposal;
use crate::reply::edit::Site;
use crate::reply::review::locate::{Location, locate};
use crate::reply::review::{Remark, Remarks, Severity};
use crate::reply::{check, edit, review};

/// The findings of a review.
#[derive(Clone, Debug)]
pub struct Review {
    /// The reviewed lines.
    pub lines: TrackedRange,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    /// Plain text in one line.
    pub message: String,
    /// The whole lines of the quoted code.
    lines: TrackedRange,
    /// The quoted code, in bytes of these lines.
    quoted: Range<usize>,
    /// The suggested change of these lines.
    pub change: Option<ActionChange>,
}

impl Finding {
    /// The quoted code in the current text; `None` if the user has changed its lines.
    pub fn range(&self, rope: &Rope) -> Option<Range<usize>> {
        let lines = self.lines.range()?;
        // Text that was typed at the start of the first line is before the tracked range.
        let is_whole = rope.line_to_byte(rope.byte_to_line(lines.start)) == lines.start;
        is_whole.then(|| lines.start + self.quoted.start..lines.start + self.quoted.end)
    }
}

/// The findings of an answer.
///
/// # Errors
/// Returns an error if the answer has no finding that quotes code of the selection, and does not say that there
/// is nothing to find.
pub(super) async fn read(
    core: &Core,
    open: &OpenDocument,
    prepared: &PreparedAction,
    reply: &ChatReply,
) -> Result<Review, Rejection> {
    let lines = prepared.mark.clone();
    let mut remarks = match review::read(&plain(&reply.text)?) {
        Remarks::Nothing => return Ok(Review { lines, findings: Vec::new() }),
        Remarks::Some(remarks) if remarks.is_empty() => {
            return Err(Rejection {
                why: "the answer is not a list of findings".to_owned(),
                request: format!("Your answer is not a list of findings. {FORM}"),
            });
        }
        Remarks::Some(remarks) => remarks,
    };
    if let Some(last) = remarks.last_mut().filter(|_| reply.cut.is_some()) {
        // It may be incomplete.
        last.replacement = None;
    }
    let mut findings = Vec::new();
    for (remark, location) in placed(remarks, &prepared.scene) {
        let Some(marks) = prepared.lines.get(location.lines.clone()) else { continue };
        let lines = open.join(marks);
        let suggestion = suggestion(core, open, prepared, &location).await;
        let start = offset(&prepared.scene.original, location.lines.start);
        findings.push(Finding {
            severity: remark.severity,
            message: remark.message,
            quoted: location.quoted.start - start..location.quoted.end - start,
            change: suggestion.map(|(old, new)| ActionChange::new(lines.clone(), old, new)),
            lines,
        });
    }
    match findings.is_empty() {
        true => Err(Rejection {
            why: "no finding quotes code of the selection".to_owned(),
            request: format!("No finding of your answer quotes code of the selection. {FORM}"),
        }),
        false => Ok(Review { lines, findings }),
    }
}

/// The remarks with a place in the selection. Small models repeat themselves: a remark about the same code with the
/// same message or the same suggestion is left out.
fn placed(remarks: Vec<Remark>, scene: &ActionContext) -> Vec<(Remark, Location)> {
    let mut placed: Vec<(Remark, Location)> = Vec::new();
    for remark in remarks {
        let Some(location) = locate(&remark, &scene.original, scene.line) else { continue };
        let is_repeated = placed.iter().any(|(other, place)| {
            let says_same = other.message == remark.message
                || place.replacement.is_some() && place.replacement == location.replacement;
            place.quoted == location.quoted && says_same
        });
        if !is_repeated {
            placed.push((remark, location));
        }
    }
    placed
}

/// The lines of a finding and their suggested text, if that passes the checks of other edits.
async fn suggestion(
    core: &Core,
    open: &OpenDocument,
    prepared: &PreparedAction,
    location: &Location,
) -> Option<(String, String)> {
    let (rope, base) = (open.document.rope.clone(), prepared.scene.range.start);
    let start = base + offset(&prepared.scene.original, location.lines.start);
    let end = base + offset(&prepared.scene.original, location.lines.end);
    let old = rope.byte_slice(start..end).to_string();
    let quoted = base + location.quoted.start..base + location.quoted.end;
    let new = replaced(open, prepared, (start..end, quoted), location.replacement.as_deref()?)?;
    let Some(language) = open.language else { return Some((old, new)) };
    let syntax = Arc::clone(&core.shared.syntax);
    // Parses two whole documents, which would block the LSP message loop.
    let checked = task::spawn_blocking(move || {
        check::checked(&Proposal {
            syntax: &syntax,
            language,
            rope: &rope,
            range: &(start..end),
            new: &new,
            imports: None,
            freedom: Freedom::Shortening,
            // The model's own words allow nothing.
            said: "",
        })
    });
    Some((old, checked.await.ok()?.ok()?.new))
}

/// The text of the lines with the replacement in place of the quoted code.
fn replaced(
    open: &OpenDocument,
    prepared: &PreparedAction,
    (lines, quoted): (Range<usize>, Range<usize>),
    replacement: &str,
) -> Option<String> {
    let rope = &open.document.rope;
    let text = |range: Range<usize>| rope.byte_slice(range).to_string();
    let [before, after] = [text(lines.start..quoted.start), text(quoted.end..lines.end)];
    let is_whole = before.trim().is_empty() && after.trim().is_empty();
    let place = if is_whole { lines } else { quoted };
    let old = text(place.clone());
    let (around, style) = (context::around(rope, &place), (open.indentation(), has_crlf(open)));
    let site: Site<'_> = prepared.scene.site(&old, &around, style);
    let fence = "`".repeat(3 + replacement.matches('`').count());
    let new = edit::read(&format!("{fence}text\n{replacement}{fence}\n"), &site).ok()?;
    Some(if is_whole { new } else { before + &new + &after })
}

/// The offset of a line's start.
fn offset(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line).map(str::len).sum()
}
