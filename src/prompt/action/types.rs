//! Adds types in languages where they are optional.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

pub(super) fn action() -> Action {
    Action::new("types", "Add types", (ActionKind::Rewrite, ActionOutput::Edit), fits, words)
}

fn notation(language: &str) -> Option<&'static str> {
    Some(match language {
        "python" => "annotations, as PEP 484 has them",
        "javascript" => "JSDoc comments",
        "typescript" | "tsx" => "annotations; never `any`",
        "php" => "parameter, property and return types",
        "ruby" => "YARD comments",
        "lua" => "LuaLS annotations",
        "elixir" => "`@spec` and `@type`",
        _ => return None,
    })
}

fn fits(subject: &Subject<'_>) -> Option<u8> {
    notation(subject.language).map(|_| 30)
}

fn words(subject: &Subject<'_>) -> String {
    let notation = notation(subject.language).unwrap_or("annotations");
    format!(
        "Write down the types of the selection's parameters, results and, where they are not \
         obvious, variables, as {notation}. As exact as the code allows. Change nothing else."
    )
}
