//! Fixes diagnostics of a compiler or a linter.

use std::fmt::Write;

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

pub(super) fn action() -> Action {
    let fits = |it: &Subject<'_>| (!it.diagnostics.is_empty()).then_some(100);
    Action::new("fix", "Fix", (ActionKind::Fix, ActionOutput::Edit), fits, words)
}

fn words(subject: &Subject<'_>) -> String {
    let mut words =
        "Fix the cause of these messages in the selection, with the smallest change that \
                     does it. Do not suppress them.\n"
            .to_owned();
    for it in subject.diagnostics {
        let by = it.source.as_deref().unwrap_or("diagnostic");
        let code = it.code.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
        _ = writeln!(words, "- line {}, {by}{code}: {}", it.line, it.message);
        it.related.iter().for_each(|it| _ = writeln!(words, "  - {it}"));
    }
    words
}
