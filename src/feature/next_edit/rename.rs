//! A definition that was renamed: its uses still have the old name.

use crate::feature::Engine;
use crate::feature::next_edit::Candidate;
use crate::feature::next_edit::Desktop;
use crate::feature::next_edit::Kind;
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::rewrite::RuleKey;
use crate::feature::next_edit::site::Site;
use crate::syntax::definition::Definition;
use crate::syntax::definition::DefinitionKind;

/// A document with more lines than this is not searched for definitions.
const LONG: usize = 3000;
/// Shorter names stand for too much.
const SHORT: usize = 3;
/// The share of uses that were renamed too, as measured.
const CONFIDENCE: f32 = 0.9;
/// What stands before the name of a member that is used.
const MEMBER: [&str; 4] = [".", "::", "->", "@"];

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
        let kind = self.renamed_definition(desktop, &rule, old)?;
        (0..desktop.open.len()).find_map(|document| {
            let sites = desktop.sites(document, &example.rewrite, self, &rule).into_iter();
            let line = |it: &Site| desktop.line(document, it.place.start);
            let here = if document == 0 { desktop.line(0, from) } else { 0 };
            let uses = sites.filter(|it| is_use(it, kind));
            let nearest = uses
                .min_by_key(|it| (line(it).abs_diff(here), document == 0 && it.place.start < from));
            let Site { place, edit, .. } = nearest?;
            if self.definitions(desktop, document)?.iter().any(|it| it.0 == old) {
                return None;
            }
            let (rule, kind, confidence) = (rule.clone(), Kind::Rename, CONFIDENCE);
            Some(Candidate { document, place, edit, rule, kind, confidence })
        })
    }

    /// What a rule renamed, if one of its examples is a definition's name and no definition beside it
    /// still has the old name.
    fn renamed_definition(
        &self,
        desktop: &Desktop<'_>,
        rule: &RuleKey,
        old: &str,
    ) -> Option<DefinitionKind> {
        (0..desktop.open.len()).find_map(|document| {
            let of_rule = desktop.examples[document].iter().filter(|it| it.rewrite.key() == *rule);
            let mut places = of_rule.filter_map(|it| it.place.clone()).peekable();
            places.peek()?;
            let definitions = self.definitions(desktop, document)?;
            if definitions.iter().any(|it| it.0 == old) {
                return None;
            }
            let found =
                places.find_map(|place| definitions.iter().find(|it| it.1.name_range == place));
            found.map(|it| it.1.kind)
        })
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
