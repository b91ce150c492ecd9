//! Turns an answer into an outcome: a change without new syntax errors, text, remarks on lines, or the reason
//! why the answer is unusable.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task;

use crate::feature::action::change::ActionChange;
use crate::feature::action::context::ActionContext;
use crate::feature::action::whole::WholeFile;
use crate::feature::action::{ActionOutcome, change, context, whole};
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, TrackedRange};
use crate::prompt::action::{Action, ActionOutput, convention};
use crate::reply::edit::thought;
use crate::reply::edit::unusable::Unusable;
use crate::reply::{answer, edit, nested};
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::tree::Tree;

pub(super) async fn outcome(
    syntax: &Arc<Syntax>,
    open: &OpenDocument,
    action: &Action,
    scene: &ActionContext,
    (mark, definitions): (TrackedRange, &[WholeFile]),
    text: &str,
) -> Result<ActionOutcome, String> {
    let (range, old) = (scene.range.clone(), scene.original.clone());
    let (mark, range, old, new) = match action.gives {
        ActionOutput::Answer => {
            return Ok(ActionOutcome::Answer(plain(&answer::clean(text.trim()))?));
        }
        ActionOutput::Findings => {
            return Ok(ActionOutcome::Findings(findings(text, scene, open)?));
        }
        ActionOutput::Edit => edited(syntax, open, action, scene, (mark, definitions), text)?,
        ActionOutput::Message => {
            // An empty line separates the message from git's own comments.
            let end = if range.end < open.document.rope.len_bytes() { "\n\n" } else { "\n" };
            (mark, range, old, plain(text)?.trim().to_owned() + end)
        }
        ActionOutput::Tests => {
            let code = edit::code(text).map_err(message)?;
            if let Some(path) = test_path(open, scene) {
                return Ok(ActionOutcome::Append { path, text: code });
            }
            let (at, code) = place_tests(syntax, open, code).await;
            let code = if has_crlf(open) { code.replace('\n', "\r\n") } else { code };
            (open.mark(at..at), at..at, String::new(), code)
        }
    };
    let (syntax, language) = (Arc::clone(syntax), open.language);
    let (rope, text) = (open.document.rope.clone(), new.clone());
    // Parses two whole documents, which would block the LSP message loop.
    let sound =
        task::spawn_blocking(move || change::is_sound(&syntax, language, &rope, &range, &text));
    match sound.await {
        Ok(true) => Ok(ActionOutcome::Change(ActionChange::new(mark, old, new))),
        Ok(false) => Err("the answer would add a syntax error".to_owned()),
        Err(_) => Err("the answer cannot be checked".to_owned()),
    }
}

/// The lines that an answer replaces, their current text and the new one.
fn edited(
    syntax: &Arc<Syntax>,
    open: &OpenDocument,
    action: &Action,
    scene: &ActionContext,
    (mark, definitions): (TrackedRange, &[WholeFile]),
    text: &str,
) -> Result<(TrackedRange, Range<usize>, String, String), String> {
    let rope = &open.document.rope;
    let style = (open.indentation(), has_crlf(open));
    let whole = whole::in_answer(syntax, open.language, rope, definitions, text);
    let (mark, range, original, old) = match whole {
        Some(whole) => {
            let text = rope.byte_slice(whole.range.clone()).to_string();
            (whole.mark.clone(), whole.range.clone(), text.clone(), text)
        }
        None => (mark, scene.range.clone(), scene.original.clone(), scene.selection.clone()),
    };
    let around = context::around(rope, &range);
    let new = edit::read(text, &scene.site(&old, &around, style)).map_err(message)?;
    // Only an action with an instruction may replace the whole selection.
    if !action.takes_words() && !edit::is_about(&new, &old) {
        return Err("the answer does not belong to the selected code".to_owned());
    }
    Ok((mark, range, original, new))
}

/// The offset and text for tests in the document itself: in its test module, else at its end. The
/// document is that of the request.
async fn place_tests(syntax: &Arc<Syntax>, open: &OpenDocument, code: String) -> (usize, String) {
    let (syntax, language) = (Arc::clone(syntax), open.language);
    let rope = open.document.rope.clone();
    let end = (rope.len_bytes(), format!("\n{code}"));
    let nested = task::spawn_blocking(move || {
        let tree = syntax.parse(language?, &rope)?;
        nested::place(&rope.to_string(), &tests_module(&syntax, &tree)?, &code)
    });
    nested.await.ok().flatten().unwrap_or(end)
}

/// The existing tests of a document and the name of their file, if they exist and are allowed in a
/// prompt.
pub(super) fn existing_tests(
    core: &Core,
    open: &OpenDocument,
    scene: &ActionContext,
) -> Option<(String, String)> {
    if let Some(path) = test_path(open, scene) {
        return Some((core.name(&path), core.file_with(&path, open.path.as_deref())?));
    }
    let tree = core.shared.trees.newest(&open.key)?;
    let module = tests_module(&core.shared.syntax, &tree)?;
    Some((scene.path.clone(), tree.text(module)))
}

/// Whether a document's first line ends with CRLF.
fn has_crlf(open: &OpenDocument) -> bool {
    let first = open.document.rope.line(0);
    let end = first.len_chars().saturating_sub(2);
    first.slice(end..) == "\r\n"
}

/// The separate test file of a document, if its language uses one.
fn test_path(open: &OpenDocument, scene: &ActionContext) -> Option<PathBuf> {
    let path = open.path.as_deref()?;
    let root = path.ancestors().nth(scene.path.split('/').count())?;
    Some(root.join(convention::test_file(&scene.language, &scene.path)?))
}

/// The last module named `tests`, as in Rust.
fn tests_module(syntax: &Syntax, tree: &Tree) -> Option<Range<usize>> {
    let all = syntax.definitions(tree);
    let is_tests = |it: &&Definition| it.kind == DefinitionKind::Module && it.name == "tests";
    all.iter().rev().find(is_tests).map(|it| it.range.clone())
}

fn message(unusable: Unusable) -> String {
    unusable.to_string()
}

/// An answer without the model's reasoning.
fn plain(text: &str) -> Result<String, String> {
    match thought::without(text, "").unwrap_or_default().trim() {
        "" => Err("the answer is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// The remarks of the form `LINE: remark` whose line is in the selection.
fn findings(
    text: &str,
    scene: &ActionContext,
    open: &OpenDocument,
) -> Result<Vec<(usize, String)>, String> {
    let text = plain(text)?;
    let rope = &open.document.rope;
    let lines = rope.byte_to_line(scene.range.start)..=rope.byte_to_line(scene.range.end);
    let finding = |line: &str| {
        let line = line.trim_start_matches(['-', '*', ' ', '`', 'L']);
        let (number, remark) = line.split_once(':')?;
        let number: usize = number.trim_matches(['`', ' ', '*']).parse().ok()?;
        let line = number.checked_sub(1).filter(|it| lines.contains(it))?;
        Some((line, remark.trim().to_owned()))
    };
    let found: Vec<_> = text.lines().filter_map(finding).collect();
    match found.is_empty() && !text.to_lowercase().contains("none") {
        true => Err("the answer names no line".to_owned()),
        false => Ok(found),
    }
}
