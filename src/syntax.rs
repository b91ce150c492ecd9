//! Languages, trees kept up with their documents, and what queries find in them.
//!
//! What a text holds is asked of queries (`queries/`), never of a grammar's node names in Rust.
//! A language without a grammar has no tree: its callers go by lines.

pub mod definition;
pub(crate) mod freed;
pub mod import;
pub mod language;
pub mod query;
pub mod region;
pub mod scope;
pub mod tree;
pub mod trees;

use std::path::Path;

use ropey::Rope;

use crate::syntax::definition::Definition;
use crate::syntax::import::Import;
use crate::syntax::language::Language;
use crate::syntax::query::{Purpose, Queries, QueryError};
use crate::syntax::region::Region;
use crate::syntax::scope::Scope;
use crate::syntax::tree::Tree;
use crate::text::Edit;

/// Every grammar and its queries.
pub struct Syntax {
    queries: Queries,
}

impl Syntax {
    /// `user` is a folder whose `<language>/<purpose>.scm` stand in place of ours, or follow ours
    /// where they start with `; extends`. One that does not hold is named, and ours serves.
    pub fn new(user: Option<&Path>) -> (Self, Vec<QueryError>) {
        let (queries, errors) = Queries::new(user);
        (Self { queries }, errors)
    }

    /// Parses a whole text; `None` without a grammar or where it would take too long.
    pub fn parse(&self, language: Language, rope: &Rope) -> Option<Tree> {
        Tree::parse(language, rope, None, &|| true)
    }

    /// The tree of an edited text, from the one before the edits.
    pub fn reparsed(&self, tree: &Tree, edits: &[Edit], rope: &Rope) -> Option<Tree> {
        let mut last = tree.clone();
        last.edit(edits, rope);
        Tree::parse(last.language(), rope, Some(&last), &|| true)
    }

    /// What the text defines, in its order.
    pub fn definitions(&self, tree: &Tree) -> Vec<Definition> {
        let query = self.queries.get(tree.language(), Purpose::Definitions);
        query.map_or_else(Vec::new, |it| definition::definitions(it, tree))
    }

    /// What the text imports, in its order.
    pub fn imports(&self, tree: &Tree) -> Vec<Import> {
        let query = self.queries.get(tree.language(), Purpose::Imports);
        query.map_or_else(Vec::new, |it| import::imports(it, tree))
    }

    /// What encloses the cursor at `offset`, innermost first.
    pub fn scopes(&self, tree: &Tree, offset: usize) -> Vec<Scope> {
        let query = self.queries.get(tree.language(), Purpose::Scopes);
        query.map_or_else(Vec::new, |it| scope::scopes(it, tree, offset))
    }

    /// What the cursor at `offset` is inside of.
    pub fn region(&self, tree: &Tree, offset: usize) -> Region {
        let query = self.queries.get(tree.language(), Purpose::Regions);
        query.map_or(Region::Code, |it| region::region(it, tree, offset))
    }

    /// Compiles what a request at a cursor asks, so that the first of them need not.
    fn warm(&self, language: Language) {
        self.queries.get(language, Purpose::Regions);
        self.queries.get(language, Purpose::Scopes);
        self.queries.get(language, Purpose::Imports);
    }
}

#[cfg(test)]
mod tests;
