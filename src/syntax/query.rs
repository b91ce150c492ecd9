//! The queries of every language: built-in ones, or the user's in their place. They are compiled on first
//! use.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use thiserror::Error;
use tree_sitter::{Query, QueryErrorKind};

use crate::syntax::language;
use crate::syntax::language::Language;
use crate::syntax::language::table::{Grammar, QueryTexts};

/// The purpose of a query; its file is `queries/<language>/<purpose>.scm`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Definitions,
    Imports,
    Regions,
    Scopes,
}

/// An invalid query of the user. The built-in query is used instead.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{}:{line}: {what}", path.display())]
pub struct QueryError {
    pub path: PathBuf,
    /// From one.
    pub line: usize,
    pub what: String,
}

pub(super) struct Queries {
    /// By language, then by purpose. A language without a grammar contains `None`.
    compiled: Vec<[OnceLock<Option<Query>>; Purpose::ALL.len()]>,
}

impl Purpose {
    pub(super) const ALL: [Self; 4] =
        [Self::Definitions, Self::Imports, Self::Regions, Self::Scopes];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Definitions => "definitions",
            Self::Imports => "imports",
            Self::Regions => "regions",
            Self::Scopes => "scopes",
        }
    }

    /// The captures that its queries may use, besides those that start with `_`.
    pub(super) fn captures(self) -> &'static [&'static str] {
        match self {
            Self::Definitions => &[
                "body",
                "definition.class",
                "definition.constant",
                "definition.enum",
                "definition.field",
                "definition.function",
                "definition.interface",
                "definition.macro",
                "definition.method",
                "definition.module",
                "definition.type",
                "definition.variable",
                "definition.variant",
                "name",
            ],
            Self::Imports => &["import", "import.name", "import.source"],
            Self::Regions => &[
                "annotation.documentation",
                "annotation.type",
                "code",
                "comment",
                "comment.line",
                "string",
            ],
            Self::Scopes => {
                &["body", "scope.block", "scope.class", "scope.function", "scope.module"]
            }
        }
    }

    fn ours(self, texts: QueryTexts) -> &'static str {
        match self {
            Self::Definitions => texts.definitions,
            Self::Imports => texts.imports,
            Self::Regions => texts.regions,
            Self::Scopes => texts.scopes,
        }
    }
}

impl Queries {
    /// Reads the files `<language>/<purpose>.scm` in `user` and returns the errors in them.
    pub(super) fn new(user: Option<&Path>) -> (Self, Vec<QueryError>) {
        let compiled = Language::all().map(|_| [const { OnceLock::new() }; 4]).collect();
        let queries = Self { compiled };
        let mut errors = Vec::new();
        let Some(user) = user else { return (queries, errors) };
        for (language, grammar) in Language::all().filter_map(|it| Some((it, it.grammar()?))) {
            for purpose in Purpose::ALL {
                let path = user.join(language.name()).join(purpose.name()).with_extension("scm");
                match laid_over(&path, grammar, purpose) {
                    Ok(None) => {}
                    Ok(Some(query)) => {
                        let slot = &queries.compiled[language.index()][purpose as usize];
                        slot.get_or_init(|| Some(query));
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
        (queries, errors)
    }

    pub(super) fn get(&self, language: Language, purpose: Purpose) -> Option<&Query> {
        let ours = || {
            let grammar = language.grammar()?;
            compile(grammar, purpose, purpose.ours(grammar.texts)).ok()
        };
        self.compiled[language.index()][purpose as usize].get_or_init(ours).as_ref()
    }
}

/// The user's query at `path`, if there is one, instead of the built-in one or after it.
fn laid_over(path: &Path, grammar: Grammar, purpose: Purpose) -> Result<Option<Query>, QueryError> {
    let error = |(line, what)| QueryError { path: path.to_owned(), line, what };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(it) if it.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(it) => return Err(error((1, it.to_string()))),
    };
    if !header(&text).any(|it| it == "extends") {
        return compile(grammar, purpose, &text).map(Some).map_err(error);
    }
    // The built-in query comes first: if both match a node, the later pattern wins.
    let ours = inherited(purpose.ours(grammar.texts), purpose).map_err(error)? + "\n";
    let ahead = ours.lines().count();
    compile(grammar, purpose, &(ours + &text))
        .map(Some)
        .map_err(|(line, what)| error((line.saturating_sub(ahead).max(1), what)))
}

/// Compiles a text with the texts that it inherits.
///
/// # Errors
///
/// The line, from one, and the problem.
pub(super) fn compile(
    grammar: Grammar,
    purpose: Purpose,
    text: &str,
) -> Result<Query, (usize, String)> {
    let whole = inherited(text, purpose)?;
    let ahead = whole.lines().count() - text.lines().count();
    let own = |line: usize| (line + 1).saturating_sub(ahead).max(1);
    let query =
        Query::new(&(grammar.language)(), &whole).map_err(|it| (own(it.row), describe(&it)))?;
    for name in query.capture_names() {
        if !name.starts_with('_') && !purpose.captures().contains(name) {
            let capture = format!("@{name}");
            let row = whole.lines().position(|it| it.contains(&capture)).unwrap_or_default();
            return Err((own(row), format!("{} have no capture {capture}", purpose.name())));
        }
    }
    Ok(query)
}

/// The text after the texts that it inherits: `; inherits: c, d` in its first comment lines.
fn inherited(text: &str, purpose: Purpose) -> Result<String, (usize, String)> {
    let mut whole = String::new();
    for names in header(text).filter_map(|it| it.strip_prefix("inherits:")) {
        for name in names.split(',').map(str::trim) {
            let texts = language::texts(name)
                .ok_or_else(|| (1, format!("inherits {name:?}, which has no queries")))?;
            whole += &inherited(purpose.ours(texts), purpose)?;
            whole += "\n";
        }
    }
    Ok(whole + text)
}

/// The contents of the comment lines at the start of a query.
fn header(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map_while(|it| it.strip_prefix(';')).map(|it| it.trim_matches([';', ' ']))
}

fn describe(error: &tree_sitter::QueryError) -> String {
    let found = error.message.lines().next().unwrap_or_default().trim().trim_matches('"');
    match error.kind {
        QueryErrorKind::Syntax => format!("syntax error at {found:?}"),
        QueryErrorKind::NodeType => format!("the grammar has no node {found:?}"),
        QueryErrorKind::Field => format!("the grammar has no field {found:?}"),
        QueryErrorKind::Capture => format!("a predicate uses the unknown capture {found:?}"),
        QueryErrorKind::Structure => format!("the grammar never produces {found:?}"),
        QueryErrorKind::Predicate | QueryErrorKind::Language => found.to_owned(),
    }
}

#[cfg(test)]
mod tests;
