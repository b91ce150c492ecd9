//! A definition was renamed, and its uses still have the old name.

use std::ops::Range;
use std::time::Duration;

use crate::feature::next_edit::form::SEQUENTIAL;
use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::label::Call;
use crate::feature::next_edit::occurrence::Replacing;
use crate::feature::next_edit::reference::{References, Target, is_member};
use crate::feature::next_edit::rewrite::RuleKey;
use crate::feature::next_edit::shadow::{block, instance};
use crate::feature::next_edit::{FoundEdit, NextEditKind, OpenTexts, RenamedDefinition};
use crate::syntax::binding::Binding;
use crate::syntax::definition::{Definition, DefinitionKind};

/// Shorter words of a name are not compared.
const SHORT: usize = 3;
/// The share of suggested uses that were renamed too, in repositories that nothing was tuned on (90 of 119 in
/// `benches/next_edit`; most of the others were removed).
const CONFIDENCE: f32 = 0.75;

/// How long a name rests that is typed key by key, and one that only lost its end, before it counts as complete.
const REST: Duration = Duration::from_millis(600);
const CUT_REST: Duration = Duration::from_secs(2);

/// A definition that got a name which exists already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameConflict {
    /// The definition.
    pub definition: RenamedDefinition,
    pub new: String,
    /// The line that declares the name as well, from zero, and its file if that is another.
    pub line: usize,
    pub file: Option<String>,
}

/// The next use of the definition that `example` renamed: in the requested document, then in the others. `Some(None)` if
/// no use is left, or if the new name exists already; `None` if it renamed no definition.
pub(super) fn renamed_use(
    texts: &OpenTexts<'_>,
    example: &Example,
    from: usize,
) -> Option<Option<FoundEdit>> {
    let (rule, renamed) = renamed_by(texts, example)?;
    if renamed.conflict(texts).is_some() {
        return Some(None);
    }
    let mut is_captured = false;
    let mut found = None;
    for document in 0..texts.open.len() {
        let (uses, captured) = renamed.uses(texts, document, &rule);
        is_captured |= captured > 0;
        let here = if document == 0 { texts.line(0, from) } else { 0 };
        let far = |(place, _): &(Range<usize>, Replacing)| {
            let line = texts.line(document, place.start);
            (line.abs_diff(here), document == 0 && place.start < from)
        };
        found = found.or_else(|| Some((document, uses.into_iter().min_by_key(far)?)));
    }
    let found = found.map(|(document, (place, edit))| {
        let (kind, confidence, evidence) = (NextEditKind::Rename, CONFIDENCE, None);
        // Another server would rename the other uses too.
        let definition = (!is_captured).then(|| renamed.definition(texts));
        FoundEdit { document, place, edit, rule, kind, confidence, evidence, definition }
    });
    Some(found)
}

/// How long the new name of a definition must rest, if its last key was just typed at `offset`.
pub(super) fn rest(texts: &OpenTexts<'_>, example: &Example, offset: usize) -> Option<Duration> {
    let place = example.place.as_ref()?;
    let is_at = place.start <= offset && offset <= place.end;
    let (_, renamed) = renamed_by(texts, example).filter(|_| is_at)?;
    let is_cut = renamed.target.name.starts_with(&renamed.new);
    Some(if is_cut { CUT_REST } else { REST })
}

/// The conflict of the definition that `example` renamed.
pub(super) fn conflict(texts: &OpenTexts<'_>, example: &Example) -> Option<NameConflict> {
    let (_, renamed) = renamed_by(texts, example)?;
    let (document, place) = renamed.conflict(texts)?;
    let path = texts.open[document].path.as_ref().filter(|_| document != renamed.target.document);
    Some(NameConflict {
        definition: renamed.definition(texts),
        new: renamed.new.clone(),
        line: texts.line(document, place.start),
        file: path.and_then(|it| Some(it.file_name()?.to_string_lossy().into_owned())),
    })
}

/// Whether an example renamed a definition.
pub(super) fn is_rename(texts: &OpenTexts<'_>, example: &Example) -> bool {
    renamed_by(texts, example).is_some()
}

fn renamed_by(texts: &OpenTexts<'_>, example: &Example) -> Option<(RuleKey, Renamed)> {
    let (old, new) = example.rewrite.renames()?;
    let rule = example.rewrite.key();
    let renamed = renamed(texts, &rule, [old, new])?;
    Some((rule, renamed))
}

/// A renamed definition.
struct Renamed {
    /// With the old name.
    target: Target,
    new: String,
    /// The places that were renamed, by document.
    own: Vec<Vec<Range<usize>>>,
    /// The function whose parameter it is, if calls name that.
    call: Option<Call>,
}

impl Renamed {
    fn definition(&self, texts: &OpenTexts<'_>) -> RenamedDefinition {
        let open = texts.open[self.target.document];
        RenamedDefinition {
            document: open.key.clone(),
            version: open.document.version,
            range: self.target.declared.clone(),
            old: self.target.name.clone(),
        }
    }

    /// The places that refer to the definition with their edits, and the number of those at which the new name means
    /// something else.
    fn uses(
        &self,
        texts: &OpenTexts<'_>,
        document: usize,
        rule: &RuleKey,
    ) -> (Vec<(Range<usize>, Replacing)>, usize) {
        let name = self.target.name.as_bytes();
        if memchr::memmem::find(texts.texts[document].as_bytes(), name).is_none() {
            return (Vec::new(), 0);
        }
        let mut labels = self
            .call
            .as_ref()
            .map_or_else(Vec::new, |it| it.labels(texts, document, &self.target.name));
        texts.retain_wanted(document, rule, &mut labels, |it| it);
        let labels = labels.into_iter().map(|it| {
            let edit = Replacing { range: it.clone(), text: self.new.clone() };
            (it, edit)
        });
        let Some(references) = self.target.references(texts, document) else {
            return (labels.collect(), 0);
        };
        let mut places = references.places(&self.target.name);
        texts.retain_wanted(document, rule, &mut places, |it| it);
        places.retain(|it| references.contains(it));
        let captures = match is_member(self.target.kind) || places.is_empty() {
            true => Vec::new(),
            false => references.captures(&self.new, &self.own[document]),
        };
        let count = places.len();
        places.retain(|it| !captures.iter().any(|[range, _]| range.contains(&it.start)));
        let captured = count - places.len();
        let uses = places
            .into_iter()
            .map(|it| (it.clone(), Replacing { text: self.text_at(&references, &it), range: it }));
        (uses.chain(labels).collect(), captured)
    }

    /// The text for a use: of `{ name }`, either the member or its value keeps the name.
    fn text_at(&self, references: &References<'_>, place: &Range<usize>) -> String {
        let Self { target, new, .. } = self;
        let (old, setting) = (&*target.name, references.setting());
        let is_shorthand = references.syntax().is_shorthand(references.tree, place);
        match is_member(target.kind) {
            true if is_shorthand => [new, setting, old].concat(),
            false if references.is_value_too(place) => [old, setting, new].concat(),
            _ => new.clone(),
        }
    }

    /// The document and place where the new name is declared as well, so that the two cannot be told apart.
    fn conflict(&self, texts: &OpenTexts<'_>) -> Option<(usize, Range<usize>)> {
        let home = self.target.document;
        self.own_conflict(texts).map(|it| (home, it)).or_else(|| self.neighbour(texts))
    }

    /// The definition with the new name in another file of the same package.
    fn neighbour(&self, texts: &OpenTexts<'_>) -> Option<(usize, Range<usize>)> {
        if is_member(self.target.kind) || self.target.scope.is_some() {
            return None;
        }
        let others = (0..texts.open.len()).filter(|it| *it != self.target.document);
        others.filter(|it| self.target.is_neighbour(texts, *it)).find_map(|document| {
            let definitions = texts.definitions(document)?;
            let found = definitions.iter().find(|it| it.name == self.new && !is_member(it.kind))?;
            Some((document, found.name_range.clone()))
        })
    }

    /// The same in the document of the definition.
    fn own_conflict(&self, texts: &OpenTexts<'_>) -> Option<Range<usize>> {
        let Target { document, declared, scope, kind, .. } = &self.target;
        let own = &self.own[*document];
        let references = self.target.references(texts, *document)?;
        if is_member(*kind) {
            return references.other_member(&self.new, own);
        }
        let is_used_in = |scope: &Range<usize>| {
            let places = references.places(&self.new);
            let mut inside = places.iter().filter(|it| scope.contains(&it.start));
            inside.any(|it| !own.contains(it) && references.is_bare(it))
        };
        let captures = references.captures(&self.new, own).into_iter();
        let mut around = captures.filter(|[range, _]| range.contains(&declared.start));
        let found = around.find(|[range, _]| match scope {
            Some(scope) => range == scope || is_used_in(scope),
            None => true,
        });
        found.map(|[_, place]| place)
    }
}

/// The definition that a rule renamed: one of its examples changed only this name.
fn renamed(texts: &OpenTexts<'_>, rule: &RuleKey, [old, new]: [&str; 2]) -> Option<Renamed> {
    let places = |document: usize| {
        let of_rule = texts.examples[document].iter().filter(|it| it.rewrite.key() == *rule);
        of_rule.filter_map(|it| it.place.clone()).collect::<Vec<_>>()
    };
    let own: Vec<_> = (0..texts.open.len()).map(places).collect();
    let target = (0..texts.open.len()).filter(|it| !own[*it].is_empty()).find_map(|document| {
        let definitions = texts.definitions(document)?;
        // A definition that replaces another is not a rename.
        let lines = if related(old, new) { 1 } else { 3 };
        let line = |at: usize| texts.line(document, at);
        let definition = |name: &Range<usize>| definitions.iter().find(|it| it.name_range == *name);
        let is_alone = |name: &Range<usize>| {
            // A parameter may be added with the new name, and the new name to a member.
            let signature = definition(name).filter(|it| it.kind.is_function());
            let is_read_too =
                |it: &Example| it.rewrite.is_literal() && it.rewrite.replaces([old, new]);
            let is_added = |it: &Example, place: &Range<usize>| {
                let is_within = |it: &Definition| {
                    it.signature.start <= place.start && place.end <= it.signature.end
                };
                it.rewrite.old.is_empty()
                    && (it.rewrite.has(new) || signature.is_some_and(is_within))
            };
            let others = texts.examples[document].iter().filter(|it| it.rewrite.key() != *rule);
            let others = others.filter_map(|it| Some((it, it.place.as_ref()?)));
            let mut others = others.filter(|(it, place)| !is_added(it, place) && !is_read_too(it));
            others.all(|(_, it)| line(it.start).abs_diff(line(name.start)) > lines)
        };
        let mut found = own[document].iter().filter(|it| is_alone(it)).filter_map(|name| {
            let Some(it) = definition(name) else {
                return local(texts, document, name, [old, new], &own[document]);
            };
            let scope = texts.function(document, name.start, it.range.start);
            let scope = scope.filter(|_| !is_member(it.kind));
            Some(Target::new(texts, document, old, name.clone(), it.kind, scope))
        });
        found.find(|it| !definitions.iter().any(|other| it.is_rival(texts, document, other)))
    });
    let target = Target { renamed: Some(new.to_owned()), ..target? };
    let call = Call::of(texts, &target);
    Some(Renamed { target, new: new.to_owned(), own, call })
}

/// The local variable whose name at `place` replaced another, unless the old name is its own before that.
fn local(
    texts: &OpenTexts<'_>,
    document: usize,
    place: &Range<usize>,
    [old, new]: [&str; 2],
    own: &[Range<usize>],
) -> Option<Target> {
    let (syntax, tree) = (&texts.shared.syntax, texts.tree(document)?);
    let binding = syntax.binding(tree, place)?;
    let function = texts.function(document, place.start, place.start).unwrap_or(0..usize::MAX);
    let is_within = |it: &Range<usize>| function.start <= it.start && it.end <= function.end;
    let scope = block(texts, document, place).filter(is_within).unwrap_or(function);
    let scope = instance(texts, document, place).unwrap_or(scope);
    let (name, kind, within) = (place.clone(), DefinitionKind::Variable, Some(scope.clone()));
    let target = Target::new(texts, document, old, name, kind, within);
    let references = target.references(texts, document)?;
    let is_new = binding != Binding::Assigned && SEQUENTIAL.contains(&references.language());
    let is_own = |it: &Range<usize>| {
        scope.contains(&it.start)
            && it.start < place.start
            && (references.contains(it) || references.is_again(it))
    };
    let is_again = !is_new && references.places(old).iter().any(is_own);
    // A name that does not resemble the old one is often that of another variable, which replaces this one, unless the
    // variable is that of a loop or lambda or one of its uses was renamed as well.
    let is_use = |it: &Range<usize>| it != place && scope.contains(&it.start);
    let is_likely = resemble(old, new) || syntax.is_inner(tree, place) || own.iter().any(is_use);
    (!is_again && is_likely).then_some(target)
}

/// Whether two names have a word in common, or begin alike as a word and its abbreviation do.
fn resemble(old: &str, new: &str) -> bool {
    let first = |name: &str| name.chars().find(|it| *it != '_').map(|it| it.to_ascii_lowercase());
    related(old, new) || first(old) == first(new)
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
