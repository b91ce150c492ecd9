//! The names of arguments: a renamed parameter is renamed in the calls that name it.

use std::ops::Range;

use crate::feature::next_edit::open_texts::OpenTexts;
use crate::feature::next_edit::reference::Target;
use crate::syntax::binding::Binding;
use crate::syntax::definition::DefinitionKind;
use crate::text;

/// Languages in which an argument may have the name of its parameter.
const NAMING: [&str; 4] = ["python", "kotlin", "c-sharp", "scala"];
/// The function that makes an object of its class.
const CONSTRUCTOR: &str = "__init__";

/// The function with a parameter, as calls refer to it.
pub(super) struct Call(Target);

impl Call {
    /// The function whose parameter a definition is.
    pub(super) fn of(texts: &OpenTexts<'_>, parameter: &Target) -> Option<Self> {
        let Target { document, declared, .. } = parameter;
        let is_parameter = NAMING.contains(&texts.open[*document].language_name())
            && texts.shared.syntax.binding(texts.tree(*document)?, declared)
                == Some(Binding::Parameter);
        let definitions = texts.definitions(*document).filter(|_| is_parameter)?;
        let has = |range: &Range<usize>| range.contains(&declared.start);
        let function = definitions.iter().rfind(|it| {
            it.kind.is_function() && has(&it.signature) && it.name_range.end <= declared.start
        })?;
        let class = || definitions.iter().rfind(|it| it.kind.has_members() && has(&it.range));
        let it = if function.name == CONSTRUCTOR { class()? } else { function };
        let scope = texts.function(*document, it.name_range.start, it.range.start);
        let scope = scope.filter(|_| it.kind != DefinitionKind::Method);
        Some(Self(Target::new(texts, *document, &it.name, it.name_range.clone(), it.kind, scope)))
    }

    /// The arguments with a name in the calls of a document.
    pub(super) fn labels(
        &self,
        texts: &OpenTexts<'_>,
        document: usize,
        name: &str,
    ) -> Vec<Range<usize>> {
        let Some(references) = self.0.references(texts, document) else { return Vec::new() };
        let mut places = references.places(name);
        places.retain(|it| {
            references.syntax().is_label(references.tree, it)
                && is_named(references.text(&(it.end..usize::MAX)))
                && head(&texts.texts[document], it.start).is_some_and(|it| {
                    references.text(&it) == self.0.name && references.contains(&it)
                })
        });
        places
    }
}

/// Whether the text behind a name makes it the name of an argument.
pub(super) fn is_named(behind: &str) -> bool {
    let behind = behind.trim_start();
    behind.starts_with([':', '=']) && !["::", ":=", "=="].iter().any(|it| behind.starts_with(it))
}

/// The name before the list in brackets around a place.
pub(super) fn head(text: &str, at: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let (open, _) = text[..at].char_indices().rev().find(|(_, it)| match it {
        ')' | ']' | '}' => {
            depth += 1;
            false
        }
        '(' | '[' | '{' if depth > 0 => {
            depth -= 1;
            false
        }
        it => matches!(it, '(' | '[' | '{'),
    })?;
    let end = text[..open].trim_end().len();
    let start = text[..end].rfind(|it: char| !text::is_word(it));
    Some(start.map_or(0, |it| it + text[it..].chars().next().map_or(0, char::len_utf8))..end)
}
