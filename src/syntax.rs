//! Languages, syntax trees that follow their documents, and queries over them.
//!
//! The structure of a text is found by queries (`queries/`), never by a grammar's node names in Rust. A
//! language without a grammar has no tree; callers then work line by line.

pub mod binding;
pub mod definition;
pub mod import;
mod label;
pub mod language;
pub mod leaf;
pub mod module;
pub mod outline;
pub mod query;
pub mod region;
pub mod role;
pub mod scope;
pub mod tree;
pub mod trees;
mod visibility;

use std::ops::Range;
use std::path::Path;

use ropey::Rope;

use crate::syntax::binding::Binding;
use crate::syntax::definition::Definition;
use crate::syntax::import::Import;
use crate::syntax::language::Language;
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::outline::Outline;
use crate::syntax::query::{Purpose, Queries, QueryError};
use crate::syntax::region::Region;
use crate::syntax::role::Role;
use crate::syntax::scope::Scope;
use crate::syntax::tree::Tree;
use crate::text::Edit;

/// Every grammar with its queries.
pub struct Syntax {
    queries: Queries,
}

impl Syntax {
    /// `user` is a folder with files `<language>/<purpose>.scm`. They replace the built-in queries, or extend
    /// them if they start with `; extends`. An invalid query is reported and the built-in one is used.
    pub fn new(user: Option<&Path>) -> (Self, Vec<QueryError>) {
        let (queries, errors) = Queries::new(user);
        (Self { queries }, errors)
    }

    /// Parses a whole text; `None` without a grammar or beyond the limits of a parse.
    pub fn parse(&self, language: Language, rope: &Rope) -> Option<Tree> {
        Tree::parse(language, rope, None, &|| true)
    }

    /// The tree of an edited text, from the tree before the edits.
    pub fn reparsed(&self, tree: &Tree, edits: &[Edit], rope: &Rope) -> Option<Tree> {
        let mut last = tree.clone();
        last.edit(edits, rope);
        Tree::parse(last.language(), rope, Some(&last), &|| true)
    }

    /// The definitions of the text, in order.
    pub fn definitions(&self, tree: &Tree) -> Vec<Definition> {
        let query = self.queries.get(tree.language(), Purpose::Definitions);
        query.map_or_else(Vec::new, |it| {
            definition::definitions(it, tree, &(0..tree.rope().len_bytes()))
        })
    }

    /// The imports at the start of the text, in order.
    pub fn imports(&self, tree: &Tree) -> Vec<Import> {
        self.imports_within(tree, 0..import::HEAD)
    }

    /// The imports that touch a range, in order.
    pub fn imports_within(&self, tree: &Tree, range: Range<usize>) -> Vec<Import> {
        let query = self.queries.get(tree.language(), Purpose::Imports);
        query.map_or_else(Vec::new, |it| import::imports(it, tree, &range))
    }

    /// The definitions and imports of the text. Of an earlier outline, what the edits since did not change is kept.
    pub fn outline(&self, tree: &Tree, last: Option<(&Outline, &[Edit])>) -> Outline {
        let queries = [Purpose::Definitions, Purpose::Imports];
        let queries = queries.map(|it| self.queries.get(tree.language(), it));
        Outline::read(tree, last, queries)
    }

    /// The scopes that enclose the cursor at `offset`, innermost first.
    pub fn scopes(&self, tree: &Tree, offset: usize) -> Vec<Scope> {
        let query = self.queries.get(tree.language(), Purpose::Scopes);
        query.map_or_else(Vec::new, |it| scope::scopes(it, tree, offset))
    }

    /// How the name at `range` is bound there; `None` if it is used there, or is the name of a definition.
    pub fn binding(&self, tree: &Tree, range: &Range<usize>) -> Option<Binding> {
        self.declaration(tree, range).map(|it| it.0)
    }

    /// As `binding`, and the text that declares the name, without a body.
    pub fn declaration(
        &self,
        tree: &Tree,
        range: &Range<usize>,
    ) -> Option<(Binding, Range<usize>)> {
        binding::declaration(tree, range)
    }

    /// The text in which the name that is bound at `range` is visible; `None` for the whole document.
    pub fn visible(&self, tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
        visibility::visible(tree, range)
    }

    /// Whether the name at `range` is bound by a loop, a lambda or another part of a statement.
    pub fn is_inner(&self, tree: &Tree, range: &Range<usize>) -> bool {
        visibility::is_inner(tree, range)
    }

    /// The comprehension whose clause binds the name at `range`.
    pub fn comprehension(&self, tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
        visibility::comprehension(tree, range)
    }

    /// Whether a position is in the parameters of a definition or in the arguments of a call.
    pub fn role(&self, tree: &Tree, offset: usize) -> Option<Role> {
        role::role(tree, offset)
    }

    /// The object whose member the name at `range` is: `a` in `a.name`. Empty if it is not written.
    pub fn receiver(&self, tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
        binding::receiver(tree, range)
    }

    /// Whether the name at `range` is the name of a member or of an argument, as in `{ name: 1 }`, `{ name }`, `a.name`
    /// and `f(name=1)`.
    pub fn is_label(&self, tree: &Tree, range: &Range<usize>) -> bool {
        label::is_label(tree, range)
    }

    /// Whether the name at `range` is part of a pattern.
    pub fn is_pattern(&self, tree: &Tree, range: &Range<usize>) -> bool {
        binding::is_pattern(tree, range)
    }

    /// The attribute of Rust around the name at `range`.
    pub fn attribute(&self, tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
        binding::attribute(tree, range)
    }

    /// The name of the macro of Rust in whose tokens the text at `range` is.
    pub fn macro_name(&self, tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
        binding::macro_name(tree, range)
    }

    /// Whether the name at `range` is declared as a type parameter.
    pub fn is_type_parameter(&self, tree: &Tree, range: &Range<usize>) -> bool {
        binding::is_type_parameter(tree, range)
    }

    /// Whether the name at `range` is that of a member and of the variable with its value, as in `{ name }`.
    pub fn is_shorthand(&self, tree: &Tree, range: &Range<usize>) -> bool {
        label::is_shorthand(tree, range)
    }

    /// The tokens that begin in `range`, in order; none without a query for regions.
    pub fn leaves(&self, tree: &Tree, range: &Range<usize>, without: Without) -> Vec<Leaf> {
        let query = self.queries.get(tree.language(), Purpose::Regions);
        query.map_or_else(Vec::new, |it| leaf::leaves(it, tree, range, without))
    }

    /// The region that contains the cursor at `offset`.
    pub fn region(&self, tree: &Tree, offset: usize) -> Region {
        let query = self.queries.get(tree.language(), Purpose::Regions);
        query.map_or(Region::Code, |it| region::region(it, tree, offset))
    }

    /// Compiles the queries of a request at a cursor, so that the first request does not wait for them.
    fn warm(&self, language: Language) {
        self.queries.get(language, Purpose::Regions);
        self.queries.get(language, Purpose::Scopes);
        self.queries.get(language, Purpose::Imports);
    }
}

#[cfg(test)]
mod tests;
