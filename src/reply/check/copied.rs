//! An answer that has the code as it was beside the changed code: the copy is left out.

use crate::reply::check::definitions::{is_same, outermost, within};
use crate::reply::check::{After, Proposal};
use crate::syntax::definition::Definition;
use crate::syntax::leaf::Without;
use crate::syntax::tree::Tree;

/// The new text without a definition that is the same as before, if the text has another version of it in the same
/// place; `None` if there is none. What else is in the text stays there, but for comments on the copy.
pub(super) fn without_original(
    proposal: &Proposal<'_>,
    before: &Tree,
    after: &After,
) -> Option<String> {
    let tokens = |tree: &Tree, it: &Definition| -> Vec<String> {
        let leaves = proposal.syntax.leaves(tree, &it.range, Without::Documentation);
        leaves.into_iter().map(|it| it.text).collect()
    };
    let old = within(proposal.syntax.definitions(before), proposal.range);
    let new = outermost(within(proposal.syntax.definitions(&after.tree), &after.range));
    let is_original = |it: &Definition| {
        let mut same = old.iter().filter(|old| old.name == it.name);
        matches!((same.next(), same.next()), (Some(old), None) if tokens(before, old) == tokens(&after.tree, it))
    };
    let is_doubled = |it: &Definition| {
        let is_other = |other: &&Definition| {
            other.range != it.range && is_same(proposal, &after.tree, it, other)
        };
        let mut others = new.iter().filter(is_other);
        matches!((others.next(), others.next()), (Some(other), None) if !is_original(other))
    };
    let at = new.iter().position(|it| is_doubled(it) && is_original(it))?;
    let text = after.tree.text(after.range.clone());
    let line_end =
        |offset: usize| text[offset..].find('\n').map_or(text.len(), |it| offset + it + 1);
    let behind = |it: &Definition| line_end(it.range.end - after.range.start);
    let start = at.checked_sub(1).map_or(0, |it| behind(&new[it]));
    let head = new[at].range.start - after.range.start;
    let line = text[..head].rfind('\n').map_or(0, |it| it + 1);
    let between = after.range.start + start..after.range.start + line.max(start);
    let has_code =
        !proposal.syntax.leaves(&after.tree, &between, Without::Documentation).is_empty();
    let own = before.text(proposal.range.clone());
    let is_known =
        |it: &str| !it.trim().is_empty() && own.lines().any(|own| own.trim() == it.trim());
    if line < start || has_code || text[start..line].lines().any(is_known) {
        return None;
    }
    let rest = text[behind(&new[at])..].trim_start_matches(['\n', '\r']);
    let rest = if at == 0 { rest.to_owned() } else { format!("{}{rest}", gap(&text[start..line])) };
    let rest = format!("{}{rest}", &text[..start]);
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(format!("{}{end_of_line}", rest.trim_end()))
}

/// The empty lines at the start of a text.
fn gap(text: &str) -> &str {
    let lines = text.split_inclusive('\n').take_while(|it| it.trim().is_empty());
    &text[..lines.map(str::len).sum()]
}
