//! Edits as unified diffs, in both directions.

use std::fmt::Write;

use similar::{ChangeTag, TextDiff};

use crate::prompt::edit::PastEdit;

/// The hunk of an edit: its header, then its lines after ` `, `-` or `+`.
pub(super) fn hunk(edit: &PastEdit) -> String {
    let [old, new] = [&edit.old, &edit.new].map(|it| it.lines().count());
    let line = edit.line.max(1);
    let mut text = format!("@@ -{line},{old} +{line},{new} @@\n");
    for change in TextDiff::from_lines(&edit.old, &edit.new).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        _ = writeln!(text, "{sign}{}", change.value().trim_end_matches(['\n', '\r']));
    }
    text
}

/// The edits in a list of diffs, one per hunk. Lines of no diff are ignored.
pub(super) fn parse(text: &str) -> Vec<PastEdit> {
    let (mut edits, mut path): (Vec<PastEdit>, String) = (Vec::new(), String::new());
    let mut open = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(old) = line.strip_prefix("--- ")
            && let Some(new) = lines.peek().and_then(|it| it.strip_prefix("+++ "))
        {
            path = named(new, old);
            (open, _) = (false, lines.next());
            continue;
        }
        if let Some(start) = line.strip_prefix("@@") {
            edits.push(PastEdit { line: number(start), path: path.clone(), ..PastEdit::default() });
            open = true;
            continue;
        }
        // A blank line separates diffs; within a hunk it is a blank line of the file.
        let Some(sign) = line.chars().next().filter(|it| " -+".contains(*it)) else { continue };
        if !open && sign != ' ' {
            edits.push(PastEdit { path: path.clone(), ..PastEdit::default() });
            open = true;
        }
        let Some(edit) = edits.last_mut().filter(|_| open) else { continue };
        let content = [&line[1..], "\n"].concat();
        if sign != '+' {
            edit.old += &content;
        }
        if sign != '-' {
            edit.new += &content;
        }
    }
    edits.retain(|it| it.old != it.new);
    edits
}

/// The name of a file in a diff's header, without `a/` and `b/`.
fn named(new: &str, old: &str) -> String {
    let both = new.strip_prefix("b/").zip(old.strip_prefix("a/"));
    both.map_or(new, |it| it.0).trim().to_owned()
}

/// The first line of a hunk's new text, from 1; zero if it is not stated.
fn number(header: &str) -> usize {
    let new = header.split_once('+').map_or("", |it| it.1);
    let digits = new.find(|it: char| !it.is_ascii_digit()).unwrap_or(new.len());
    new[..digits].parse().unwrap_or(0)
}
