//! A parameter was added to a function, and its calls lack the argument. The argument is suggested where the
//! caller has something with the parameter's name, which is what most callers pass.

use std::ops::Range;

use crate::feature::next_edit::hunk::Example;
use crate::feature::next_edit::lexeme::{Lexed, is_name};
use crate::feature::next_edit::occurrence::Replacing;
use crate::feature::next_edit::reference::{References, Target};
use crate::feature::next_edit::{FoundEdit, NextEditKind, OpenTexts, overlap, quotes};
use crate::syntax::definition::DefinitionKind;

/// The share of such edits that the commits of twelve repositories make as well: 6 of 11.
const CONFIDENCE: f32 = 0.55;
/// Shorter names are ambiguous.
const SHORT: usize = 2;
/// Parameters that a call through a value does not pass.
const RECEIVERS: [&str; 2] = ["self", "this"];
/// Words of a parameter that are not its name.
const MODIFIERS: [&str; 6] = ["mut", "ref", "final", "const", "readonly", "var"];
/// Languages whose parameters have their types behind their names, without a colon.
const NAME_FIRST: [&str; 1] = ["go"];

/// How an argument begins that stands for several.
const SPREADS: [&str; 2] = ["**", "."];
/// Languages in which `*` spreads a list.
const STARRED: [&str; 2] = ["python", "ruby"];

/// Where a parameter without a colon has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NamePlace {
    First,
    Last,
}

/// A parameter that was added.
#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    function: String,
    name: String,
    /// Its index among the passed parameters, and their number including it.
    index: usize,
    count: usize,
}

/// An argument that a call lacks.
struct MissingArgument {
    /// The name of the called function.
    callee: Range<usize>,
    edit: Replacing,
    /// The call makes an object: `new f()`.
    is_construction: bool,
}

/// The next call without the new argument, if `example` added the parameter or passed it in another
/// call.
pub(super) fn missing_argument(
    texts: &OpenTexts<'_>,
    example: &Example,
    from: usize,
) -> Option<FoundEdit> {
    if !example.rewrite.old.is_empty() {
        return None;
    }
    let documents = 0..texts.open.len();
    let (parameter, target, added) = documents.clone().find_map(|it| added(texts, it, example))?;
    let rule = added.rewrite.key();
    if texts.shared.next_edits.lock().is_muted(&rule) {
        return None;
    }
    documents.into_iter().find_map(|document| {
        let open = texts.open[document];
        let language = open.language_name();
        let mut calls = parameter.calls(&texts.texts[document], quotes(open), language);
        if calls.is_empty() {
            return None;
        }
        let references = target.references(texts, document)?;
        let unwanted = texts.shared.next_edits.lock().unwanted_at(&open.key, &rule);
        calls.retain(|it| {
            !unwanted.iter().any(|unwanted| overlap(unwanted, &it.callee))
                && (!it.is_construction || target.owners.contains(&target.name))
                && references.contains(&it.callee)
                && knows(&references, &it.callee, &parameter.name)
        });
        let here = if document == 0 { texts.line(0, from) } else { 0 };
        let far = |it: &MissingArgument| texts.line(document, it.callee.start).abs_diff(here);
        let MissingArgument { callee: place, edit, .. } = calls.into_iter().min_by_key(far)?;
        let (rule, kind, confidence) = (rule.clone(), NextEditKind::Parameter, CONFIDENCE);
        let (evidence, definition) = (None, None);
        Some(FoundEdit { document, place, edit, rule, kind, confidence, evidence, definition })
    })
}

/// The parameter that an example added, which may be the one that `latest` passes.
fn added<'a>(
    texts: &'a OpenTexts<'_>,
    document: usize,
    latest: &Example,
) -> Option<(Parameter, Target, &'a Example)> {
    let examples = texts.examples[document].iter();
    let mut inserted = examples.filter(|it| it.rewrite.old.is_empty()).peekable();
    inserted.peek()?;
    let definitions = texts.definitions(document)?;
    let quotes = quotes(texts.open[document]);
    let names = NamePlace::in_language(texts.open[document].language_name());
    inserted.find_map(|example| {
        let place = example.place.clone()?;
        let mut functions = definitions.iter().filter(|it| {
            it.kind.is_function()
                && it.name_range.end <= place.start
                && place.end <= it.signature.end
        });
        let definition = functions.next_back()?;
        let name = &*definition.name;
        let range = definition.name_range.end..definition.signature.end;
        let text = texts.texts[document].get(range.clone())?;
        let parameter = parameter(
            name,
            text,
            place.start - range.start..place.end - range.start,
            quotes,
            names,
        )?;
        let passes = latest.rewrite.new.iter().any(|it| **it == *parameter.name);
        let (own, kind) = (definition.name_range.clone(), definition.kind);
        let scope = texts.function(document, own.start, definition.range.start);
        let scope = scope.filter(|_| kind == DefinitionKind::Function);
        passes.then(|| (parameter, Target::new(texts, document, name, own, kind, scope), example))
    })
}

/// Whether a function around a call has a value with this name that is visible at the call and declared before it.
fn knows(references: &References<'_>, callee: &Range<usize>, name: &str) -> bool {
    let (syntax, tree) = (references.syntax(), references.tree);
    let is_near = |it: &Range<usize>| {
        let region = references.region(it);
        region.end != usize::MAX && region.contains(&callee.start) && it.end <= callee.start
    };
    let places = references.places(name).into_iter();
    let near = places.filter(|it| is_near(it) && references.is_bare(it));
    let declared = near.filter_map(|it| Some((syntax.declaration(tree, &it)?.1, it)));
    let is_seen = |place: &Range<usize>| {
        syntax.visible(tree, place).is_none_or(|it| it.contains(&callee.start))
    };
    // In its own declaration, a variable has no value yet.
    let (mut is_known, mut is_own) = (false, false);
    for (whole, place) in declared {
        is_known |= is_seen(&place);
        is_own |= whole.contains(&callee.start);
    }
    is_known && !is_own
}

/// The parameter at a place of a signature, if it is required. The signature starts after the function's
/// name.
fn parameter(
    function: &str,
    text: &str,
    place: Range<usize>,
    quotes: &str,
    names: NamePlace,
) -> Option<Parameter> {
    let lexed = Lexed::new(text, quotes);
    let open = (0..lexed.spans.len()).find(|it| lexed.get(*it) == Some("("))?;
    let (items, _) = items(&lexed, open)?;
    let words = |item: &Range<usize>| lexed.words(item.clone());
    let has_receiver = items.first().is_some_and(|it| {
        words(it).iter().any(|it| RECEIVERS.contains(it)) && !words(it).contains(&":")
    });
    let own: Vec<&Range<usize>> = items.iter().skip(usize::from(has_receiver)).collect();
    let bytes = |item: &Range<usize>| lexed.spans[item.start].start..lexed.spans[item.end - 1].end;
    let within = |it: &&&Range<usize>| place.start <= bytes(it).start && bytes(it).end <= place.end;
    let mut added = own.iter().enumerate().filter(|it| within(&it.1));
    let (index, item) = added.next()?;
    let is_rest = words(item).first().is_some_and(|it| it.starts_with(['*', '.']));
    if added.next().is_some() || is_rest || words(item).contains(&"=") {
        return None;
    }
    // What follows `*` is passed with its name.
    if own[..index].iter().any(|it| words(it).first().is_some_and(|it| it.starts_with('*'))) {
        return None;
    }
    let name = names.name(&words(item)).filter(|it| it.len() >= SHORT)?.to_owned();
    let function = function.to_owned();
    Some(Parameter { function, name, index, count: own.len() })
}

impl NamePlace {
    fn in_language(language: &str) -> Self {
        if NAME_FIRST.contains(&language) { Self::First } else { Self::Last }
    }

    /// The name of a parameter: the last word before its colon, otherwise its first or last word, as in `count int`
    /// or `int count`.
    fn name<'a>(self, words: &[&'a str]) -> Option<&'a str> {
        let colon = words.iter().position(|it| *it == ":");
        let before = &words[..colon.unwrap_or(words.len())];
        let mut names = before.iter().filter(|it| is_name(it) && !MODIFIERS.contains(it)).copied();
        if self == Self::First && colon.is_none() { names.next() } else { names.next_back() }
    }
}

impl Parameter {
    /// The calls in a text that lack the argument.
    fn calls(&self, text: &str, quotes: &str, language: &str) -> Vec<MissingArgument> {
        if memchr::memmem::find(text.as_bytes(), self.function.as_bytes()).is_none() {
            return Vec::new();
        }
        let lexed = Lexed::new(text, quotes);
        let called = (0..lexed.spans.len())
            .filter(|it| lexed.get(*it) == Some(&self.function) && lexed.get(it + 1) == Some("("));
        let missing = called.filter_map(|at| {
            let before = at.checked_sub(1).and_then(|it| lexed.get(it));
            Some(MissingArgument {
                callee: lexed.spans[at].clone(),
                edit: self.argument(&lexed, at + 1, language)?,
                is_construction: before == Some("new"),
            })
        });
        missing.collect()
    }

    fn argument(&self, lexed: &Lexed<'_>, open: usize, language: &str) -> Option<Replacing> {
        let (items, _) = items(lexed, open)?;
        let is_named = |it: &Range<usize>| lexed.words(it.clone()).contains(&"=");
        let is_several = |it: &Range<usize>| {
            let first = lexed.get(it.start).unwrap_or_default();
            SPREADS.contains(&first) || first == "*" && STARRED.contains(&language)
        };
        let is_unclear =
            |it: &Range<usize>| is_named(it) || is_several(it) || is_generator(lexed, it);
        if items.len() + 1 != self.count || items.iter().any(is_unclear) {
            return None;
        }
        let at = |offset: usize, text: String| Some(Replacing { range: offset..offset, text });
        match (items.get(self.index), items.last()) {
            (Some(next), _) => at(lexed.spans[next.start].start, format!("{}, ", self.name)),
            (None, Some(last)) => at(lexed.spans[last.end - 1].end, format!(", {}", self.name)),
            (None, None) => at(lexed.spans[open].end, self.name.clone()),
        }
    }
}

/// Whether an argument is a generator of Python without brackets.
fn is_generator(lexed: &Lexed<'_>, item: &Range<usize>) -> bool {
    let mut depth = 0_i32;
    lexed.words(item.clone()).into_iter().any(|it| {
        match it {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && it == "for"
    })
}

/// The items of a list in brackets as ranges of lexemes, and its closing bracket.
fn items(lexed: &Lexed<'_>, open: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0_usize, open + 1);
    for at in open..lexed.spans.len() {
        match lexed.get(at)? {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 1 => {
                items.extend((start < at).then_some(start..at));
                return Some((items, at));
            }
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 1 => {
                items.extend((start < at).then_some(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the calls of `text` become, for the parameter between `[` and `]` of a signature.
    #[track_caller]
    fn check(signature: &str, text: &str, expected: &[&str]) {
        let (before, rest) = signature.split_once('[').unwrap();
        let (inside, after) = rest.split_once(']').unwrap();
        let (name, head) = before.split_once('(').unwrap();
        let text_of = format!("({head}{inside}{after}");
        let place = head.len() + 1..head.len() + 1 + inside.len();
        let names = if signature.starts_with("go ") { NamePlace::First } else { NamePlace::Last };
        let name = name.trim_start_matches("go ");
        let found = parameter(name, &text_of, place, "\"", names);
        let calls = found.map(|it| it.calls(text, "\"", "python")).unwrap_or_default().into_iter();
        let done: Vec<String> = calls
            .map(|it| {
                let mut text = text.to_owned();
                text.replace_range(it.edit.range, &it.edit.text);
                text
            })
            .collect();
        assert_eq!(done, expected);
    }

    #[test]
    fn an_added_parameter_is_passed_at_its_place() {
        check("load(id: u8[, limit: usize])", "load(7);", &["load(7, limit);"]);
        check("load([limit: usize, ]id: u8)", "load(7);", &["load(limit, 7);"]);
        check("load([limit])", "x(load());", &["x(load(limit));"]);
        check("load(a, b[, limit])", "load(f(1, 2), [3, 4]);", &["load(f(1, 2), [3, 4], limit);"]);
        check("load(int id[, int limit])", "load(7);", &["load(7, limit);"]);
        check("go load(id int[, limit size])", "load(7)", &["load(7, limit)"]);
        check("go load(id int[, limit *size])", "load(7)", &["load(7, limit)"]);
    }

    #[test]
    fn calls_with_other_arguments_and_optional_parameters_are_left_alone() {
        check("load(id: u8[, limit: usize])", "load(7, 8); load(); loader(7);", &[]);
        check("load(id[, limit=3])", "load(7)", &[]);
        check("load(id[, *rest])", "load(7)", &[]);
        check("load(id[, **rest])", "load(7)", &[]);
        check("load(*ids[, limit])", "load(7)", &[]);
        check("load(id, *, [limit])", "load(7, 8)", &[]);
        check("load(id[, limit])", "load(it for it in ids)", &[]);
        check("load(id[, ...rest])", "load(7)", &[]);
        check("load(id[, limit])", "load(id=7)", &[]);
        check("load(id[, limit])", "load(*ids); load(**ids); load(...ids);", &[]);
        check("load(id: u8[, limit: usize, more: u8])", "load(7);", &[]);
        check("load(id: [u8])", "load();", &[]);
    }

    #[test]
    fn a_method_does_not_pass_its_value() {
        check("load(&self, id: u8[, limit: usize])", "x.load(7);", &["x.load(7, limit);"]);
        check("load(self[, limit])", "x.load()", &["x.load(limit)"]);
    }
}
