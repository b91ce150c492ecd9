//! Checks a change to code on the syntax tree before it is shown.
//!
//! Small models confuse the context with the task: they return the neighbour of the selection, repeat it, or
//! rewrite what they were told to leave alone. What can be repaired without a guess is repaired; otherwise the
//! change is refused with a reason. Text without a grammar is not checked.

mod copied;
pub(in crate::reply) mod definitions;
mod deletion;
pub mod flaw;
pub mod imports;
mod parameters;
mod renamed;
mod tokens;
mod turned;
mod uses;

use std::ops::Range;

use ropey::Rope;

use crate::prompt::action::{Freedom, convention};
use crate::reply::check::flaw::Flaw;
use crate::reply::check::imports::ImportPlace;
use crate::reply::edit::edged;
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::syntax::leaf::Without;
use crate::syntax::tree::Tree;

/// Words of an instruction about blank lines and blanks.
const LAYOUT: [&str; 4] = ["blank", "empty", "format", "space"];

/// A change before its checks.
#[derive(Clone, Copy)]
pub struct Proposal<'a> {
    pub syntax: &'a Syntax,
    pub language: Language,
    /// The document before the change.
    pub rope: &'a Rope,
    /// The replaced bytes, and the text in their place.
    pub range: &'a Range<usize>,
    pub new: &'a str,
    /// Where imports go, if that is known.
    pub imports: Option<&'a ImportPlace>,
    pub freedom: Freedom,
    /// What the user asked for: the instruction, and the messages of diagnostics.
    pub said: &'a str,
}

/// A change that has passed its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub new: String,
    /// Imports that the answer had at its head, and the lines that they replace in the document before the change, first
    /// to last.
    pub imports: Vec<(Range<usize>, String)>,
    /// The check was incomplete or the change was repaired: the document is too large to be parsed or has syntax
    /// errors, a repeated definition was removed, or only the documentation of the answer was taken.
    pub is_uncertain: bool,
}

impl Checked {
    fn unchanged(new: &str) -> Self {
        Self { new: new.to_owned(), imports: Vec::new(), is_uncertain: false }
    }
}

/// The document after a change, and the range of the new text in it.
struct After {
    tree: Tree,
    range: Range<usize>,
}

/// The change as it may be shown.
///
/// # Errors
/// Returns the check that the change failed.
pub fn checked(proposal: &Proposal<'_>) -> Result<Checked, Flaw> {
    let Some(before) = proposal.syntax.parse(proposal.language, proposal.rope) else {
        let is_uncertain = proposal.syntax.parse(proposal.language, &Rope::new()).is_some();
        return Ok(Checked { is_uncertain, ..Checked::unchanged(proposal.new) });
    };
    if !convention::has_documentation(proposal.language.name()) {
        let whole = Checked::unchanged(proposal.new);
        return proposal.parsed(&before, &whole).map(|_| whole);
    }
    let old = before.text(proposal.range.clone());
    let mut checked = imports::moved(proposal, &before);
    let mut after = proposal.parsed(&before, &checked)?;
    definitions::unnested(proposal, &before, &after)?;
    definitions::survive(proposal, &before, &after)?;
    if let Some(rest) = definitions::without_repeated(proposal, &before, &after)? {
        checked.new = edged(&rest, &old);
        if checked.new == old {
            return Err(Flaw::Unchanged);
        }
        after = proposal.parsed(&before, &checked)?;
        checked.is_uncertain = true;
    }
    if let Some(rest) = copied::without_original(proposal, &before, &after) {
        checked.new = rest;
        after = proposal.parsed(&before, &checked)?;
        checked.is_uncertain = true;
    }
    definitions::once(proposal, &before, &after)?;
    // An answer may only repeat the code and imports of the file.
    if proposal.new != old && checked.new == old && checked.imports.is_empty() {
        return Err(Flaw::Unchanged);
    }
    if is_layout(&old, &checked) && !LAYOUT.iter().any(|it| proposal.said.contains(it)) {
        return Err(Flaw::Unchanged);
    }
    checked.is_uncertain |= after.tree.errors() > 0;
    match proposal.freedom {
        Freedom::Documentation => {
            if let Err(flaw) = tokens::kept(proposal, &before, &after, Without::Documentation) {
                checked.new =
                    tokens::documentation(proposal, &before, &after).ok_or(flaw.clone())?;
                checked.imports = Vec::new();
                after = proposal.parsed(&before, &checked)?;
                tokens::kept(proposal, &before, &after, Without::Documentation)
                    .map_err(|_| flaw)?;
                checked.is_uncertain = true;
            }
        }
        Freedom::Types => tokens::kept(proposal, &before, &after, Without::Types)?,
        Freedom::Instruction | Freedom::Repair if renamed::is_all(proposal, &before) => {
            renamed::as_said(proposal, &before, &after)?;
        }
        Freedom::Instruction => {
            deletion::is_asked_for(&old, &checked.new, proposal.said)?;
            turned::is_asked_for(proposal, &before, &after)?;
        }
        Freedom::Repair => deletion::is_asked_for(&old, &checked.new, proposal.said)?,
        Freedom::Names => renamed::only_names(proposal, &before, &after)?,
        Freedom::Shortening => parameters::used(proposal, &before, &after)?,
        Freedom::Form | Freedom::Split => {
            definitions::signatures(proposal, &before, &after)?;
            parameters::used(proposal, &before, &after)?;
            uses::kept(proposal, &before, &after)?;
            uses::unfailing(proposal, &before, &after)?;
            turned::is_absent(proposal, &before, &after)?;
        }
    }
    if proposal.freedom == Freedom::Split {
        definitions::split(proposal, &before, &after)?;
        uses::compared(proposal, &before, &after)?;
    }
    Ok(checked)
}

/// Whether a change only adds or removes blank lines and blanks at the ends of lines.
fn is_layout(old: &str, checked: &Checked) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|it| it.trim_end().to_owned());
        lines.filter(|it| !it.is_empty()).collect()
    };
    checked.imports.is_empty() && old != checked.new && lines(old) == lines(&checked.new)
}

impl Proposal<'_> {
    /// The document after the change.
    ///
    /// # Errors
    /// Returns an error if the change adds a syntax error.
    fn parsed(&self, before: &Tree, change: &Checked) -> Result<After, Flaw> {
        let mut rope = self.rope.clone();
        let mut put = |range: &Range<usize>, text: &str| {
            let chars = rope.byte_to_char(range.start)..rope.byte_to_char(range.end);
            rope.remove(chars.clone());
            rope.insert(chars.start, text);
        };
        put(self.range, &change.new);
        let mut start = self.range.start;
        for (range, imports) in change.imports.iter().rev() {
            put(range, imports);
            start = start + imports.len() - range.len();
        }
        let range = start..start + change.new.len();
        let tree = self.syntax.parse(self.language, &rope).ok_or(Flaw::Unparsed)?;
        match tree.errors() <= before.errors() {
            true => Ok(After { tree, range }),
            false => Err(Flaw::Syntax),
        }
    }
}

#[cfg(test)]
mod tests;
