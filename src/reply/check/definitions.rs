//! The definitions of the selection are still there after a change, and none from outside is repeated.

use std::ops::Range;

use crate::reply::check::flaw::Flaw;
use crate::reply::check::{After, Proposal, deletion};
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::language::IMPLICIT;
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::scope::{Scope, ScopeKind};
use crate::syntax::tree::Tree;
use crate::text;

/// Languages in which two definitions of one name in one place are an error. In others a definition is
/// repeated only if its signature is the same.
const UNIQUE: [&str; 7] = ["bash", "javascript", "php", "python", "ruby", "rust", "zig"];
/// Languages in which a function can have several signatures, but only one body.
const ONE_BODY: [&str; 2] = ["tsx", "typescript"];

/// Tokens of a body that can be shorter than a call of it.
const TRIFLE: usize = 16;

/// Shorter words of an instruction are not taken for names.
const SHORTEST: usize = 3;

/// Kinds of definitions that a change may exchange: a function may become a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Function,
    Type,
    Module,
    Constant,
    Variant,
}

impl Group {
    /// `None` for a variable or field: a change may derive its value in another way.
    pub(in crate::reply) fn of(kind: DefinitionKind) -> Option<Self> {
        match kind {
            DefinitionKind::Function | DefinitionKind::Macro | DefinitionKind::Method => {
                Some(Self::Function)
            }
            DefinitionKind::Class
            | DefinitionKind::Enum
            | DefinitionKind::Interface
            | DefinitionKind::Type => Some(Self::Type),
            DefinitionKind::Module => Some(Self::Module),
            DefinitionKind::Constant => Some(Self::Constant),
            DefinitionKind::Variant => Some(Self::Variant),
            DefinitionKind::Field | DefinitionKind::Variable => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Type => "type",
            Self::Module => "module",
            Self::Constant => "constant",
            Self::Variant => "variant",
        }
    }
}

/// Checks that each definition of the selection is in the new text, unless the instruction names it, names
/// what replaces it, or asks to remove something. A definition inside a function may disappear.
pub(super) fn survive(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let old = outer(within(proposal.syntax.definitions(before), proposal.range));
    let new = within(proposal.syntax.definitions(&after.tree), &after.range);
    let (was, text) = (before.text(proposal.range.clone()), after.tree.text(after.range.clone()));
    let is_broken = after.tree.errors() > 0;
    for it in old {
        let Some(group) = Group::of(it.kind) else { continue };
        let is_same = |new: &Definition| {
            let kind = Group::of(new.kind);
            new.name == it.name && (kind.is_none_or(|it| it == group || it == Group::Constant))
        };
        // Where the parser has recovered from an error, a definition can be there without being found.
        let is_there = new.iter().any(is_same) || is_broken && text::has_word(&text, &it.name);
        if !is_there && !may_go(proposal.said, (&it.name, &was), &new) {
            return Err(Flaw::Missing { group, name: it.name });
        }
    }
    Ok(())
}

/// Whether the instruction allows a definition to disappear. A new name in the instruction can be that of another thing
/// of the selection, if it names one.
fn may_go(said: &str, (name, selection): (&str, &str), new: &[Definition]) -> bool {
    let is_other = |it: &str| it.len() >= SHORTEST && it != name && text::has_word(selection, it);
    let names_other = text::words(said).any(is_other);
    let renames = deletion::renames(said);
    deletion::asks(said)
        || text::has_word(said, name)
        || !names_other && (renames || new.iter().any(|it| text::has_word(said, &it.name)))
}

/// Checks that the new text defines nothing twice in one place that the old text did not.
pub(super) fn once(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let old = within(proposal.syntax.definitions(before), proposal.range);
    let new = within(proposal.syntax.definitions(&after.tree), &after.range);
    let was_once = |it: &Definition| old.iter().filter(|old| old.name == it.name).count() < 2;
    let is_doubled = |(at, it): &(usize, &Definition)| {
        let mut others = new[..*at].iter();
        was_once(it)
            && others.any(|other| {
                is_same(proposal, &after.tree, it, other)
                    || is_rebound(proposal, &after.tree, other, it)
            })
    };
    match new.iter().enumerate().find(is_doubled) {
        Some((_, it)) => Err(Flaw::Doubled(it.name.clone())),
        None => Ok(()),
    }
}

/// Checks that the new text does not nest a class around the selection in itself.
pub(super) fn unnested(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let (old, new) = (before.text(proposal.range.clone()), after.tree.text(after.range.clone()));
    let start = proposal.range.start + old.len() - old.trim_start().len();
    let head = |scope: Scope| {
        let line = before.rope().byte_to_line(scope.range.start);
        before.rope().line(line).to_string().trim().to_owned()
    };
    let is_line = |text: &str, head: &str| text.lines().any(|it| it.trim() == head);
    let mut heads = proposal
        .syntax
        .scopes(before, start)
        .into_iter()
        .filter(|it| it.kind == ScopeKind::Class && it.range.start < proposal.range.start)
        .map(head);
    match heads.find(|it| is_line(&new, it) && !is_line(&old, it)) {
        Some(head) => Err(Flaw::Repeated(head)),
        None => Ok(()),
    }
}

/// Checks that the functions of the selection have their signatures.
pub(super) fn signatures(
    proposal: &Proposal<'_>,
    before: &Tree,
    after: &After,
) -> Result<(), Flaw> {
    let functions = |tree: &Tree, range: &Range<usize>| {
        let all = outer(within(proposal.syntax.definitions(tree), range));
        let has_body = |it: &Definition| it.signature.end < it.range.end;
        let functions = all
            .into_iter()
            .filter(|it| Group::of(it.kind) == Some(Group::Function) && has_body(it));
        functions.collect::<Vec<_>>()
    };
    let signature = |tree: &Tree, it: &Definition| -> Vec<String> {
        let leaves = proposal.syntax.leaves(tree, &it.signature, Without::Documentation);
        // Whether a list ends with a comma is left to the style.
        leaves.into_iter().map(|it| it.text).filter(|it| it != ",").collect()
    };
    let new = functions(&after.tree, &after.range);
    for old in functions(before, proposal.range) {
        let mut same = new.iter().filter(|it| it.name == old.name);
        let is_kept = |it: &Definition| signature(&after.tree, it) == signature(before, &old);
        if let (Some(it), None) = (same.next(), same.next())
            && !is_kept(it)
        {
            return Err(Flaw::Signature(old.name));
        }
    }
    Ok(())
}

/// Checks that the new text has a new function, and calls it outside of it. The new function does not call what was
/// selected, unless that called itself. Code has left for it, so the rest is shorter.
pub(super) fn split(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let all = proposal.syntax.definitions(before);
    let old = within(all.clone(), proposal.range);
    let new = within(proposal.syntax.definitions(&after.tree), &after.range);
    let is_new = |it: &&Definition| {
        Group::of(it.kind) == Some(Group::Function) && !all.iter().any(|old| old.name == it.name)
    };
    let (was, is) = (before.text(proposal.range.clone()), after.tree.text(after.range.clone()));
    let leaves = proposal.syntax.leaves(&after.tree, &after.range, Without::Documentation);
    let mut is_called = false;
    for it in new.iter().filter(is_new) {
        let own = it.range.start - after.range.start..it.range.end - after.range.start;
        let body = &is[own.clone()];
        let calls_back = |old: &&Definition| {
            Group::of(old.kind) == Some(Group::Function)
                && text::has_word(body, &old.name)
                && text::words(&was).filter(|word| *word == old.name).count() == 1
        };
        if let Some(old) = old.iter().find(calls_back) {
            return Err(Flaw::CallsBack { new: it.name.clone(), old: old.name.clone() });
        }
        let calls =
            leaves.iter().filter(|leaf| leaf.text == it.name && !it.range.contains(&leaf.start));
        let calls: Vec<Range<usize>> = calls.map(|it| it.start..it.start + it.text.len()).collect();
        let is_bare = |call: &Range<usize>| proposal.syntax.receiver(&after.tree, call).is_none();
        let needs_object =
            it.kind == DefinitionKind::Method && !IMPLICIT.contains(&proposal.language.name());
        if needs_object && calls.iter().any(is_bare) {
            return Err(Flaw::WithoutObject(it.name.clone()));
        }
        is_called |= !calls.is_empty();
    }
    if !is_called {
        return Err(Flaw::NotSplit);
    }
    let old = proposal.syntax.leaves(before, proposal.range, Without::Documentation);
    let added: Vec<&Definition> = new.iter().filter(is_new).collect();
    if is_moved(&old, &leaves, &added) { Ok(()) } else { Err(Flaw::NotMoved) }
}

/// Whether the code outside of added functions is shorter than before, or as good as nothing can have left it.
fn is_moved(old: &[Leaf], new: &[Leaf], added: &[&Definition]) -> bool {
    let is_in = |range: Range<usize>, leaf: &Leaf| range.contains(&leaf.start);
    let rest = new.iter().filter(|leaf| !added.iter().any(|it| is_in(it.range.clone(), leaf)));
    let body = |leaf: &&Leaf| added.iter().any(|it| is_in(it.signature.end..it.range.end, leaf));
    rest.count() < old.len() || new.iter().filter(body).count() <= TRIFLE
}

/// The new text without definitions that exist directly outside of it; `None` if there are none.
///
/// # Errors
/// Returns an error if such a definition is not at an end of the new text, or is all of it.
pub(super) fn without_repeated(
    proposal: &Proposal<'_>,
    before: &Tree,
    after: &After,
) -> Result<Option<String>, Flaw> {
    let all = proposal.syntax.definitions(&after.tree);
    let old = within(proposal.syntax.definitions(before), proposal.range);
    let items = outermost(within(all.clone(), &after.range));
    let is_repeated = |it: &Definition| {
        !old.iter().any(|old| old.name == it.name)
            && all.iter().any(|other| {
                !after.range.contains(&other.name_range.start)
                    && is_same(proposal, &after.tree, it, other)
            })
    };
    let repeated: Vec<bool> = items.iter().map(is_repeated).collect();
    let Some(first) = repeated.iter().position(|it| *it) else { return Ok(None) };
    let refusal = || Flaw::Repeated(items[first].name.clone());
    let leading = repeated.iter().take_while(|it| **it).count();
    let trailing = repeated.iter().rev().take_while(|it| **it).count();
    if leading + trailing != repeated.iter().filter(|it| **it).count() {
        return Err(refusal());
    }
    let text = after.tree.text(after.range.clone());
    let extents = extents(&text, &items, after.range.start);
    let start = leading.checked_sub(1).map_or(0, |it| extents[it].end);
    let end = extents.get(items.len() - trailing).map_or(text.len(), |it| it.start);
    // Other code before the first or after the last of them belongs to an unknown place.
    let above = before.text(0..proposal.range.start);
    let led = leading > 0 && !is_copy(&text[..extents[0].start], &above);
    let trailed = trailing > 0 && extents.last().is_some_and(|it| !is_end(&text[it.end..]));
    match led || trailed || start >= end || text[start..end].trim().is_empty() {
        true => Err(refusal()),
        false => {
            let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
            let rest = text[start..end].trim_start_matches(['\n', '\r']).trim_end();
            Ok(Some(format!("{rest}{end_of_line}")))
        }
    }
}

/// Whether two definitions have the same name and place, so that one of them is too many.
pub(super) fn is_same(
    proposal: &Proposal<'_>,
    tree: &Tree,
    one: &Definition,
    other: &Definition,
) -> bool {
    let group = Group::of(one.kind).filter(|it| matches!(it, Group::Function | Group::Type));
    if one.name != other.name || group.is_none() || group != Group::of(other.kind) {
        return false;
    }
    let signature = |it: &Definition| -> String {
        tree.text(it.signature.clone()).split_whitespace().collect()
    };
    let has_body = |it: &Definition| it.signature.end < it.range.end;
    let is_unique = UNIQUE.contains(&proposal.language.name())
        || ONE_BODY.contains(&proposal.language.name()) && has_body(one) && has_body(other);
    place(proposal, tree, one) == place(proposal, tree, other)
        && (is_unique || signature(one) == signature(other))
}

/// Whether a variable takes the name and place of a function or type.
fn is_rebound(proposal: &Proposal<'_>, tree: &Tree, one: &Definition, by: &Definition) -> bool {
    one.name == by.name
        && matches!(Group::of(one.kind), Some(Group::Function | Group::Type))
        && matches!(by.kind, DefinitionKind::Variable | DefinitionKind::Constant)
        && place(proposal, tree, one) == place(proposal, tree, by)
}

/// The innermost scope around a definition.
fn place(proposal: &Proposal<'_>, tree: &Tree, it: &Definition) -> Option<Range<usize>> {
    let scopes = proposal.syntax.scopes(tree, it.name_range.start);
    let around = |scope: &Range<usize>| {
        scope.start < it.range.start && scope.end >= it.range.end
            || scope.start <= it.range.start && scope.end > it.range.end
    };
    scopes.into_iter().map(|it| it.range).find(around)
}

/// The lines of each definition in `text`, which begins at `offset`: with the lines directly above it, such as
/// comments and attributes.
fn extents(text: &str, items: &[Definition], offset: usize) -> Vec<Range<usize>> {
    let mut last = 0;
    let mut extents = Vec::new();
    for it in items {
        let range = it.range.start.saturating_sub(offset)..it.range.end - offset;
        let mut start = text[..range.start].rfind('\n').map_or(0, |it| it + 1).max(last);
        while start > last {
            let above = text[..start - 1].rfind('\n').map_or(0, |it| it + 1).max(last);
            if text[above..start].trim().is_empty() {
                break;
            }
            start = above;
        }
        let end = text[range.end..].find('\n').map_or(text.len(), |it| range.end + it + 1);
        last = end;
        extents.push(start..end);
    }
    extents
}

/// Whether each line of a text is a line of another.
fn is_copy(text: &str, of: &str) -> bool {
    text.lines().map(str::trim).all(|it| it.is_empty() || of.lines().any(|line| line.trim() == it))
}

/// Whether only blanks and closing marks follow.
fn is_end(text: &str) -> bool {
    text.trim().chars().all(|it| matches!(it, ';' | ','))
}

/// The definitions whose names are in a range.
pub(super) fn within(all: Vec<Definition>, range: &Range<usize>) -> Vec<Definition> {
    all.into_iter().filter(|it| range.contains(&it.name_range.start)).collect()
}

/// The definitions that are not inside a function of the same list.
fn outer(all: Vec<Definition>) -> Vec<Definition> {
    let is_function = |it: &&Definition| Group::of(it.kind) == Some(Group::Function);
    let functions: Vec<_> = all.iter().filter(is_function).map(|it| it.range.clone()).collect();
    all.into_iter().filter(|it| !functions.iter().any(|around| is_inside(it, around))).collect()
}

/// The definitions that are not inside another one of the same list.
pub(super) fn outermost(all: Vec<Definition>) -> Vec<Definition> {
    let ranges: Vec<_> = all.iter().map(|it| it.range.clone()).collect();
    let mut items: Vec<_> =
        all.into_iter().filter(|it| !ranges.iter().any(|around| is_inside(it, around))).collect();
    items.sort_by_key(|it| it.range.start);
    items
}

fn is_inside(it: &Definition, around: &Range<usize>) -> bool {
    around.start <= it.range.start && it.range.end <= around.end && it.range != *around
}
