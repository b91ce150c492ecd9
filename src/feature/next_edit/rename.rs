//! A definition was renamed, and its uses still have the old name.

use std::ops::Range;

use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::occurrence::Occurrence;
use crate::feature::next_edit::rewrite::RuleKey;
use crate::feature::next_edit::{FoundEdit, NextEditKind, OpenTexts, RenamedDefinition};
use crate::syntax::binding::Binding;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::region::Region;
use crate::syntax::scope::ScopeKind;
use crate::workspace::chunks::words;

/// A document with more lines than this is not searched for definitions.
const LONG: usize = 3000;
/// Shorter names are ambiguous.
const SHORT: usize = 3;
/// The share of suggested uses that were renamed too, in repositories that nothing was tuned on (90 of 119 in
/// `benches/next_edit`; most of the others were removed).
const CONFIDENCE: f32 = 0.75;
/// What precedes the name of a member when it is used.
const MEMBER: [&str; 4] = [".", "::", "->", "@"];

/// A renamed definition.
struct Renamed {
    document: usize,
    /// Its new name in the current text.
    name: Range<usize>,
    kind: DefinitionKind,
    /// Where it is visible; `None` if everywhere.
    scope: Option<Range<usize>>,
}

/// The next use of the definition that `example` renamed, if no other definition has the old name: in
/// the requested document, then in the others. `Some(None)` if no use is left, `None` if it renamed no definition.
pub(super) fn renamed_use(
    texts: &OpenTexts<'_>,
    example: &Example,
    from: usize,
) -> Option<Option<FoundEdit>> {
    let (old, new) = example.rewrite.renames().filter(|it| it.0.len() >= SHORT)?;
    let rule = example.rewrite.key();
    let renamed = renamed(texts, &rule, [old, new])?;
    let found = (0..texts.open.len()).find_map(|document| {
        let here = if document == 0 { texts.line(0, from) } else { 0 };
        let far = |it: &Occurrence| {
            let line = texts.line(document, it.place.start);
            (line.abs_diff(here), document == 0 && it.place.start < from)
        };
        let sites = texts.sites(document, &example.rewrite, &rule);
        let mut uses = renamed.uses(texts, document, sites);
        uses.sort_by_key(far);
        let found = uses.into_iter().find(|it| texts.is_code(document, it.place.start))?;
        if texts.definitions(document)?.iter().any(|it| it.0 == old) {
            return None;
        }
        let Occurrence { place, edit, .. } = found;
        let (rule, kind, confidence) = (rule.clone(), NextEditKind::Rename, CONFIDENCE);
        let (evidence, definition) = (None, Some(renamed.definition(texts, old)));
        Some(FoundEdit { document, place, edit, rule, kind, confidence, evidence, definition })
    });
    Some(found)
}

impl Renamed {
    fn definition(&self, texts: &OpenTexts<'_>, old: &str) -> RenamedDefinition {
        let open = texts.open[self.document];
        RenamedDefinition {
            document: open.key.clone(),
            version: open.document.version,
            range: self.name.clone(),
            old: old.to_owned(),
        }
    }

    /// The places with the old name that can mean the definition, in order.
    fn uses(
        &self,
        texts: &OpenTexts<'_>,
        document: usize,
        sites: Vec<Occurrence>,
    ) -> Vec<Occurrence> {
        let Some(tree) = texts.shared.trees.newest(&texts.open[document].key) else {
            return Vec::new();
        };
        let syntax = &texts.shared.syntax;
        let others: Vec<Range<usize>> = sites
            .iter()
            .filter(|it| self.is_other(syntax.binding(&tree, &it.place)))
            .map(|it| match is_member(self.kind) {
                true => it.place.clone(),
                false => function(texts, document, it.place.start, it.place.start)
                    .unwrap_or(0..usize::MAX),
            })
            .collect();
        let can_mean_it = |it: &Occurrence| {
            self.is_visible(document, it.place.start)
                && is_use(it, self.kind)
                && !(self.scope.is_some() && is_label(it))
                && !others.iter().any(|other| other.contains(&it.place.start))
                && (is_member(self.kind) || !syntax.is_label(&tree, &it.place))
        };
        sites.into_iter().filter(can_mean_it).collect()
    }

    fn is_visible(&self, document: usize, offset: usize) -> bool {
        match &self.scope {
            Some(scope) => document == self.document && scope.contains(&offset),
            None => document == self.document || !is_member(self.kind),
        }
    }

    /// Whether a place with this binding declares something else with the old name.
    fn is_other(&self, binding: Option<Binding>) -> bool {
        match binding {
            Some(Binding::Parameter | Binding::Variable) => true,
            Some(Binding::Assigned) => self.kind != DefinitionKind::Variable,
            None => false,
        }
    }
}

/// The definition that a rule renamed: one of its examples changed only this name, and no other
/// definition has the old name.
fn renamed(texts: &OpenTexts<'_>, rule: &RuleKey, [old, new]: [&str; 2]) -> Option<Renamed> {
    (0..texts.open.len()).find_map(|document| {
        let of_rule = texts.examples[document].iter().filter(|it| it.rewrite.key() == *rule);
        let mut places = of_rule.filter_map(|it| it.place.clone()).peekable();
        places.peek()?;
        let definitions = texts.definitions(document)?;
        if definitions.iter().any(|it| it.0 == old) {
            return None;
        }
        // A definition that replaces another is not a rename.
        let lines = if related(old, new) { 1 } else { 3 };
        let line = |at: usize| texts.line(document, at);
        let is_alone = |at: usize| {
            let others = texts.examples[document].iter().filter(|it| it.rewrite.key() != *rule);
            let mut others = others.filter_map(|it| it.place.as_ref());
            others.all(|it| line(it.start).abs_diff(line(at)) > lines)
        };
        places.filter(|it| is_alone(it.start)).find_map(|name| {
            let (kind, scope) = match definitions.iter().find(|it| it.1.name_range == name) {
                Some((_, it)) => (it.kind, function(texts, document, name.start, it.range.start)),
                None => {
                    (DefinitionKind::Variable, Some(binding(texts, document, &name, [old, new])?))
                }
            };
            Some(Renamed { document, name, kind, scope })
        })
    })
}

/// The function in which the name at `place` is bound, if nothing before it has the old name.
fn binding(
    texts: &OpenTexts<'_>,
    document: usize,
    place: &Range<usize>,
    [old, new]: [&str; 2],
) -> Option<Range<usize>> {
    let tree = texts.shared.trees.newest(&texts.open[document].key)?;
    let is_binding = texts.shared.syntax.binding(&tree, place).is_some();
    let scope = function(texts, document, place.start, place.start).filter(|_| is_binding)?;
    let before = texts.texts[document].get(scope.start..place.start)?;
    (related(old, new) && words(before).all(|it| it != old)).then_some(scope)
}

/// The innermost function around `offset` that begins before `start`.
fn function(
    texts: &OpenTexts<'_>,
    document: usize,
    offset: usize,
    start: usize,
) -> Option<Range<usize>> {
    let tree = texts.shared.trees.newest(&texts.open[document].key)?;
    let scopes = texts.shared.syntax.scopes(&tree, offset).into_iter();
    let mut around = scopes.filter(|it| it.kind == ScopeKind::Function).map(|it| it.range);
    around.find(|it| it.start < start)
}

impl OpenTexts<'_> {
    /// Whether the name at `start` is in neither a comment nor a string.
    pub(super) fn is_code(&self, document: usize, start: usize) -> bool {
        let tree = self.shared.trees.newest(&self.open[document].key);
        tree.is_some_and(|it| self.shared.syntax.region(&it, start + 1) == Region::Code)
    }

    /// The definitions of a document with their names in the current text: the tree may be older.
    pub(super) fn definitions(&self, document: usize) -> Option<Vec<(String, Definition)>> {
        let (open, text) = (self.open[document], &self.texts[document]);
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

/// Whether a definition is used through a value whose type is unknown here.
fn is_member(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Field | DefinitionKind::Method | DefinitionKind::Variant)
}

/// Whether two names have a word in common.
fn related(old: &str, new: &str) -> bool {
    let [old, new] = [old, new].map(parts);
    old.iter().any(|it| it.len() >= SHORT && new.contains(it))
}

/// The words of a name in lower case: `read`, `all` for `readAll` and `READ_ALL`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for it in name.chars() {
        let begins = it == '_' || it.is_uppercase() && was_lower;
        if begins {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut().filter(|_| it != '_') {
            last.extend(it.to_lowercase());
        }
        was_lower = it.is_lowercase();
    }
    parts
}

/// Whether a place names a field or an argument: `f(x=1)`, `{ x: 1 }`.
fn is_label(site: &Occurrence) -> bool {
    matches!(&*site.left, "(" | "," | "{") && matches!(&*site.right, ":" | "=")
}

/// Whether a place can use a definition of this kind.
fn is_use(site: &Occurrence, kind: DefinitionKind) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn related_names_have_a_word_in_common() {
        for (old, new, expected) in [
            ("readAll", "read_all", true),
            ("Quiet", "QuietWithMatch", true),
            ("MAX_SIZE", "MaxLength", true),
            ("shared", "queue", false),
            ("to_a", "to_b", false),
        ] {
            assert_eq!(related(old, new), expected, "{old} {new}");
        }
    }
}
