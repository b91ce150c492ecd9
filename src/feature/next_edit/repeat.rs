//! The change that the user made in some places, at the next place where it fits.

use crate::feature::next_edit::gate::{self, Distance, Evidence, RewriteKind};
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::occurrence::Occurrence;
use crate::feature::next_edit::rewrite::{Rewrite, RuleKey};
use crate::feature::next_edit::{FoundEdit, NextEditKind, OpenTexts};
use crate::text;

/// The word that waits for a result, the word of functions that may, and the languages in which others may not.
const AWAIT: &str = "await";
const ASYNC: &str = "async";
const MARKED: [&str; 5] = ["python", "javascript", "typescript", "tsx", "c-sharp"];

/// Lexemes of context that the next place of a change of several parts may lack, as its neighbours were changed.
const SLACK: usize = 2;

impl OpenTexts<'_> {
    /// The next place for the rewrite of an example. If that renames a definition, only in comments and strings: in
    /// code the remaining places mean something else.
    pub(super) fn repeat(
        &self,
        example: &Example,
        rule: RuleKey,
        (at, from): (usize, usize),
        is_rename: bool,
    ) -> Option<FoundEdit> {
        let examples = self.count(&rule);
        if examples < RewriteKind::of(&example.rewrite).least() {
            return None;
        }
        let parts = self.together(example, at)?;
        let adds_await = parts.iter().any(|it| it.rewrite.adds(AWAIT));
        let line = self.line(0, from);
        let lines = |it: &Occurrence| self.line(0, it.place.start).abs_diff(line);
        let companions = self.companions(example, &parts, at);
        for document in 0..self.open.len() {
            let mut sites = self.sites(document, &parts[0].rewrite, &rule);
            if parts.len() > 1 {
                let whole = sites.into_iter().filter_map(|it| self.whole(document, it, &parts, at));
                sites = whole.collect();
                self.retain_wanted(document, &rule, &mut sites, |it| &it.place);
            }
            sites.retain(|it| self.has_role(document, it, example, at));
            sites.retain(|it| !is_rename || !self.is_code(document, it.place.start));
            sites.retain(|it| !adds_await || self.may_await(document, it.place.start));
            // The lines of one change are alike enough, also where one of them was changed.
            let most = sites.iter().map(|it| it.alike).max().unwrap_or_default();
            let best = sites
                .iter()
                .filter(|it| it.alike + SLACK >= most || parts.len() == 1)
                .min_by_key(|it| {
                    let is_behind = document == 0 && it.place.start < from;
                    let lines = if document == 0 { lines(it) } else { 0 };
                    let alike = if parts.len() == 1 { it.alike } else { 0 };
                    (usize::MAX - alike, lines, is_behind)
                });
            let Some(site) = best else { continue };
            let is_home = document == 0 && at == 0;
            let evidence = Evidence {
                examples,
                same: site.same,
                alike: site.alike,
                shape: shape(&parts),
                distance: match is_home {
                    true => Distance::Lines(lines(site)),
                    false => Distance::AnotherDocument,
                },
                passed: if is_home { self.passed(&sites, &rule, site) } else { 0 },
                is_partial: !self.fits(document, site, &companions),
            };
            let confidence = gate::confidence(evidence)?;
            let Occurrence { place, edit, .. } = site.clone();
            if !self.keeps_sound(document, &edit) {
                return None;
            }
            let (kind, evidence) = (NextEditKind::Repeat, Some(evidence));
            return Some(FoundEdit {
                document,
                place,
                edit,
                rule,
                kind,
                confidence,
                evidence,
                definition: None,
            });
        }
        None
    }

    /// Whether a function may wait at a place, where only asynchronous functions may.
    fn may_await(&self, document: usize, at: usize) -> bool {
        let function = self.function(document, at, at);
        let text = function.and_then(|it| self.texts[document].get(it));
        let head = text.map(|it| it.split('(').next().unwrap_or_default());
        !MARKED.contains(&self.open[document].language_name())
            || head.is_none_or(|it| text::words(it).any(|it| it == ASYNC))
    }

    /// The other rewrites in the line of an example, without those of the same change.
    fn companions<'a>(
        &'a self,
        example: &Example,
        parts: &[&Example],
        document: usize,
    ) -> Vec<&'a Rewrite> {
        let mut others = self.neighbours(example, document);
        let key = example.rewrite.key();
        others.retain(|it| {
            it.rewrite.key() != key && !parts.iter().any(|part| part.place == it.place)
        });
        others.into_iter().map(|it| &it.rewrite).collect()
    }

    /// Whether a place's line also has what the companions of its rewrite replace.
    fn fits(&self, document: usize, site: &Occurrence, companions: &[&Rewrite]) -> bool {
        let rope = &self.open[document].document.rope;
        let line = rope.line(self.line(document, site.place.start)).to_string();
        companions.iter().flat_map(|it| &it.old).all(|it| line.contains(&**it))
    }

    /// How often a rule's rewrite was made.
    fn count(&self, rule: &RuleKey) -> usize {
        let all = self.examples.iter().flatten().chain(&self.closed);
        all.filter(|it| it.rewrite.key() == *rule).count()
    }

    /// Number of places as good as `site` that the user has passed: they are between two examples, and the
    /// user moves steadily up or down.
    fn passed(&self, sites: &[Occurrence], rule: &RuleKey, site: &Occurrence) -> usize {
        let of_rule = self.examples[0].iter().filter(|it| it.rewrite.key() == *rule);
        let mut made: Vec<_> =
            of_rule.filter_map(|it| Some((it.at, it.place.as_ref()?.start))).collect();
        made.sort();
        let places: Vec<usize> = made.into_iter().map(|it| it.1).collect();
        let is_steady = places.is_sorted() || places.iter().rev().is_sorted();
        let (Some(first), Some(last)) = (places.iter().min(), places.iter().max()) else {
            return 0;
        };
        let is_between = |it: &&Occurrence| (*first..*last).contains(&it.place.start) && is_steady;
        sites.iter().filter(is_between).filter(|it| it.alike >= site.alike).count()
    }
}

/// The kind of a change of one or several parts.
fn shape(parts: &[&Example]) -> RewriteKind {
    match parts {
        [only] => RewriteKind::of(&only.rewrite),
        _ if parts.iter().all(|it| it.rewrite.is_version()) => RewriteKind::Version,
        _ => RewriteKind::Replace,
    }
}
