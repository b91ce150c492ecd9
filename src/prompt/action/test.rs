//! Writes tests in the style of the project.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject, convention};
use crate::syntax::scope::ScopeKind;

pub(super) fn action() -> Action {
    Action::new("test", "Write tests", (ActionKind::Rewrite, ActionOutput::Tests), fits, words)
}

fn fits(subject: &Subject<'_>) -> Option<u8> {
    convention::tests(subject.language)?;
    match subject.scope {
        _ if convention::is_test(subject.path) => None,
        Some(ScopeKind::Function | ScopeKind::Class) => Some(50),
        Some(ScopeKind::Block | ScopeKind::Module) | None => Some(20),
    }
}

fn words(subject: &Subject<'_>) -> String {
    let framework = convention::tests(subject.language).unwrap_or("the usual framework");
    let of = subject.definition.unwrap_or("definitions of the selection");
    format!(
        "Write tests of the {of} with {framework}, or with what the tests shown beside it use. Few and telling: \
         the usual case, the edges, each way to fail. Each test calls it, with values whose result the code makes \
         certain. Name each after the behaviour it shows. Write what has to stand in the file, imports included, \
         and never the code under test."
    )
}
