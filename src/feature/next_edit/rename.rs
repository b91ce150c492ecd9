//! A definition that was renamed: its uses still have the old name.

use std::ops::Range;

use crate::feature::Engine;
use crate::feature::document::OpenDocument;
use crate::feature::next_edit::Candidate;
use crate::feature::next_edit::Desktop;
use crate::feature::next_edit::Kind;
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::rewrite::RuleKey;
use crate::feature::next_edit::site::Site;
use crate::syntax::definition::Definition;
use crate::syntax::definition::DefinitionKind;
use crate::syntax::scope::ScopeKind;

/// A document with more lines than this is not searched for definitions.
const LONG: usize = 3000;
/// Shorter names stand for too much.
const SHORT: usize = 3;
/// The share of uses that were renamed too, as measured.
const CONFIDENCE: f32 = 0.85;
/// What stands before the name of a member that is used.
const MEMBER: [&str; 4] = [".", "::", "->", "@"];

/// A definition that was renamed.
struct Renamed {
    document: usize,
    kind: DefinitionKind,
    /// Where it can be used, if not everywhere.
    scope: Option<Range<usize>>,
}

impl Engine {
    /// The next use of a definition that was renamed as `example` shows, if nothing else has the old name:
    /// in the document that was asked about, then in the others.
    pub(super) fn renamed_use(
        &self,
        desktop: &Desktop<'_>,
        example: &Example,
        from: usize,
    ) -> Option<Candidate> {
        let (old, _) = example.rewrite.renames().filter(|it| it.0.len() >= SHORT)?;
        let rule = example.rewrite.key();
        let Renamed { document: home, kind, scope } = self.renamed(desktop, &rule, old)?;
        (0..desktop.open.len()).find_map(|document| {
            let sites = desktop.sites(document, &example.rewrite, self, &rule).into_iter();
            let line = |it: &Site| desktop.line(document, it.place.start);
            let here = if document == 0 { desktop.line(0, from) } else { 0 };
            let is_visible = |it: &Site| match &scope {
                Some(scope) => document == home && scope.contains(&it.place.start),
                None => true,
            };
            let uses = sites.filter(|it| is_use(it, kind) && is_visible(it));
            let nearest = uses
                .min_by_key(|it| (line(it).abs_diff(here), document == 0 && it.place.start < from));
            let Site { place, edit, .. } = nearest?;
            if self.definitions(desktop, document)?.iter().any(|it| it.0 == old) {
                return None;
            }
            let (rule, kind, confidence) = (rule.clone(), Kind::Rename, CONFIDENCE);
            let evidence = None;
            Some(Candidate { document, place, edit, rule, kind, confidence, evidence })
        })
    }

    /// The definition that a rule renamed: one of its examples changed nothing but that name in its line,
    /// and nothing beside it still has the old name.
    fn renamed(&self, desktop: &Desktop<'_>, rule: &RuleKey, old: &str) -> Option<Renamed> {
        (0..desktop.open.len()).find_map(|document| {
            let of_rule = desktop.examples[document].iter().filter(|it| it.rewrite.key() == *rule);
            let mut places = of_rule.filter_map(|it| it.place.clone()).peekable();
            places.peek()?;
            let definitions = self.definitions(desktop, document)?;
            if definitions.iter().any(|it| it.0 == old) {
                return None;
            }
            let line = |at: usize| desktop.line(document, at);
            let others = |at: usize| {
                let all = desktop.examples[document].iter().filter_map(|it| it.place.as_ref());
                all.filter(|it| line(it.start) == line(at)).count() > 1
            };
            let found = places.find_map(|place| {
                let definition = definitions.iter().find(|it| it.1.name_range == place)?;
                (!others(place.start)).then(|| definition.1.clone())
            })?;
            let scope = self.local_scope(desktop.open[document], &found);
            Some(Renamed { document, kind: found.kind, scope })
        })
    }

    /// The function whose own a definition is, if it is within one.
    fn local_scope(&self, open: &OpenDocument, definition: &Definition) -> Option<Range<usize>> {
        let tree = self.shared.trees.newest(&open.key)?;
        let scopes = self.shared.syntax.scopes(&tree, definition.name_range.start).into_iter();
        let mut around = scopes.filter(|it| it.kind == ScopeKind::Function).map(|it| it.range);
        around.find(|it| it.start < definition.range.start)
    }

    /// What a document defines, by the names that stand there: a tree may lag behind its text.
    fn definitions(
        &self,
        desktop: &Desktop<'_>,
        document: usize,
    ) -> Option<Vec<(String, Definition)>> {
        let (open, text) = (desktop.open[document], &desktop.texts[document]);
        if open.document.rope.len_lines() > LONG {
            return None;
        }
        let tree = self.shared.trees.newest(&open.key)?;
        let definitions = self.shared.syntax.definitions(&tree).into_iter();
        let named =
            definitions.filter_map(|it| Some((text.get(it.name_range.clone())?.to_owned(), it)));
        Some(named.collect())
    }
}

/// Whether a place may use a definition of this kind.
fn is_use(site: &Site, kind: DefinitionKind) -> bool {
    let is_member = MEMBER.contains(&&*site.left);
    match kind {
        DefinitionKind::Field => is_member || matches!(&*site.right, ":" | "="),
        DefinitionKind::Method => is_member,
        DefinitionKind::Variant => true,
        DefinitionKind::Class
        | DefinitionKind::Constant
        | DefinitionKind::Enum
        | DefinitionKind::Function
        | DefinitionKind::Interface
        | DefinitionKind::Macro
        | DefinitionKind::Module
        | DefinitionKind::Type
        | DefinitionKind::Variable => site.left != "." && site.left != "->",
    }
}
