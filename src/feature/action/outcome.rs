//! Turns an answer into an outcome: a change without new syntax errors, text, findings, or the reason
//! why the answer is unusable.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task;

use crate::feature::action::change::{ActionChange, ImportChange};
use crate::feature::action::context::ActionContext;
use crate::feature::action::prepared::PreparedAction;
use crate::feature::action::{ActionOutcome, context, finding, whole};
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, TrackedRange};
use crate::feature::question::ChatReply;
use crate::prompt::action::{Action, ActionOutput, Freedom, convention};
use crate::reply::check::flaw::Flaw;
use crate::reply::check::{Checked, Proposal};
use crate::reply::edit::unusable::Unusable;
use crate::reply::edit::{head, thought};
use crate::reply::suite::{Insertions, NothingNew};
use crate::reply::{answer, check, edit, naming, suite};
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::tree::Tree;
use crate::text;

/// Why an answer is unusable: for the user, and what the model must do differently.
#[derive(Clone, Debug)]
pub(super) struct Rejection {
    pub(super) why: String,
    pub(super) request: String,
}

impl From<String> for Rejection {
    fn from(why: String) -> Self {
        let request =
            format!("An earlier answer cannot be used: {why}. Answer again in the same form.");
        Self { why, request }
    }
}

impl From<Unusable> for Rejection {
    fn from(it: Unusable) -> Self {
        match it {
            Unusable::Unchanged => Flaw::Unchanged.into(),
            other => other.to_string().into(),
        }
    }
}

impl From<Flaw> for Rejection {
    fn from(it: Flaw) -> Self {
        Self { why: it.to_string(), request: it.request() }
    }
}

impl From<NothingNew> for Rejection {
    fn from(it: NothingNew) -> Self {
        let request = format!("An earlier answer cannot be used: {it}. Write other tests.");
        Self { why: it.to_string(), request }
    }
}

/// The lines that an answer replaces, their current text and the new one.
struct Edited {
    mark: TrackedRange,
    range: Range<usize>,
    old: String,
    new: String,
}

/// The outcome of an answer.
///
/// # Errors
/// Returns an error if the answer is unusable.
pub(super) async fn outcome(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    prepared: &PreparedAction,
    reply: &ChatReply,
) -> Result<ActionOutcome, Rejection> {
    let (scene, text) = (&prepared.scene, &*reply.text);
    match action.gives {
        ActionOutput::Answer => Ok(ActionOutcome::Answer(plain(&answer::clean(text.trim()))?)),
        ActionOutput::Findings => {
            Ok(ActionOutcome::Findings(finding::read(core, open, prepared, reply).await?))
        }
        ActionOutput::Edit => {
            let edited = edited(&core.shared.syntax, open, action, prepared, text)?;
            Ok(ActionOutcome::Change(checked(core, open, action, prepared, edited).await?))
        }
        ActionOutput::Message => {
            // An empty line separates the message from git's own comments.
            let is_last = scene.range.end >= open.document.rope.len_bytes();
            let new = plain(text)?.trim().to_owned() + if is_last { "\n" } else { "\n\n" };
            let (mark, old) = (prepared.mark.clone(), scene.original.clone());
            Ok(ActionOutcome::Change(ActionChange::new(mark, old, new)))
        }
        ActionOutput::Tests => {
            let code = edit::code(text, &scene.language)?;
            tests(core, open, action, prepared, code).await
        }
    }
}

/// The outcome of an action for tests, from their code.
///
/// # Errors
/// Returns an error if the tests cannot be added.
pub(super) async fn tests(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    prepared: &PreparedAction,
    code: String,
) -> Result<ActionOutcome, Rejection> {
    let scene = &prepared.scene;
    let is_missing = |it: &&str| is_called_by_name(it) && !text::has_word(&code, it);
    if let Some(name) = scene.name.as_deref().filter(is_missing) {
        return Err(Flaw::Untested(name.to_owned()).into());
    }
    let Some(path) = test_path(open, scene) else {
        let edited = place_tests(core, open, code).await?;
        return Ok(ActionOutcome::Change(checked(core, open, action, prepared, edited).await?));
    };
    let text = core.file_with(&path, open.path.as_deref());
    let insertions = match text.clone() {
        Some(text) => insertions(core, open, text, code).await?,
        // A file that may not be read is extended at its end.
        None if path.exists() => vec![(usize::MAX, format!("\n{code}"))],
        None => vec![(0, code)],
    };
    Ok(ActionOutcome::Insert { path, text, insertions })
}

/// Whether code that uses a definition has its name: constructors and operators are called in other ways.
fn is_called_by_name(name: &str) -> bool {
    !name.starts_with("__")
        && !matches!(name, "constructor" | "initialize" | "init" | "deinit")
        && name.chars().all(text::is_word)
}

/// The change after the checks on the syntax tree.
async fn checked(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    prepared: &PreparedAction,
    edited: Edited,
) -> Result<ActionChange, Rejection> {
    let Edited { mark, range, old, new } = edited;
    let Some(language) = open.language else { return Ok(ActionChange::new(mark, old, new)) };
    let (syntax, rope) = (Arc::clone(&core.shared.syntax), open.document.rope.clone());
    let (freedom, said) = (action.freedom(), prepared.said.clone());
    let place = prepared.imports.as_ref().map(|it| it.place.clone());
    // Parses two whole documents, which would block the LSP message loop.
    let checked = task::spawn_blocking(move || {
        check::checked(&Proposal {
            syntax: &syntax,
            language,
            rope: &rope,
            range: &range,
            new: &new,
            imports: place.as_ref(),
            freedom,
            said: &said,
        })
    });
    let Checked { new, imports, is_uncertain } = checked.await.unwrap_or(Err(Flaw::Unparsed))?;
    let imports = imports.into_iter().filter_map(|(range, new)| {
        let mark = prepared.imports.as_ref()?.mark(&range)?;
        let old = open.document.rope.byte_slice(range).to_string();
        Some(ImportChange { mark, old, new })
    });
    let mut change = ActionChange::new(mark, old, new).with_imports(imports.collect());
    change.is_uncertain = is_uncertain;
    Ok(change)
}

fn edited(
    syntax: &Arc<Syntax>,
    open: &OpenDocument,
    action: &Action,
    prepared: &PreparedAction,
    text: &str,
) -> Result<Edited, Rejection> {
    let PreparedAction { scene, mark, definitions, .. } = prepared;
    let rope = &open.document.rope;
    if action.freedom() == Freedom::Names
        && let Some(tree) = &scene.tree
        && let Some(names) = naming::read(text, &scene.names)
    {
        let names = naming::free(syntax, tree, &scene.range, names);
        let is_named = |old: &String| names.iter().any(|it| it.0 == *old);
        if names.len() * 2 < scene.names.len() {
            let left = scene.names.iter().filter(|it| !is_named(it));
            return Err(Flaw::Unnamed(left.cloned().collect()).into());
        }
        let new = naming::applied(syntax, tree, &scene.range, &names);
        let (mark, range) = (mark.clone(), scene.range.clone());
        return Ok(Edited { mark, range, old: scene.original.clone(), new });
    }
    let style = (open.indentation(), has_crlf(open));
    let whole = whole::in_answer(syntax, open.language, (rope, &scene.range), definitions, text);
    let (mark, range, original, selected) = match whole {
        Some(whole) => {
            let text = rope.byte_slice(whole.range.clone()).to_string();
            (whole.mark.clone(), whole.range.clone(), text.clone(), text)
        }
        None => {
            (mark.clone(), scene.range.clone(), scene.original.clone(), scene.selection.clone())
        }
    };
    let around = context::around(rope, &range);
    let new = edit::read(text, &scene.site(&selected, &around, style))?;
    let new = match &scene.tree {
        Some(tree) => {
            let heads = head::all(&syntax.definitions(tree), tree, &range);
            head::restored(&new, &heads, &prepared.said)
        }
        None => new,
    };
    // Only an action with an instruction may replace the whole selection.
    if !action.takes_words() && !edit::is_about(&new, &selected) {
        return Err("the answer does not belong to the selected code".to_owned().into());
    }
    Ok(Edited { mark, range, old: original, new })
}

/// The insertions of tests into the text of their file.
async fn insertions(
    core: &Core,
    open: &OpenDocument,
    file: String,
    code: String,
) -> Result<Insertions, Rejection> {
    let syntax = Arc::clone(&core.shared.syntax);
    let Some(language) = open.language else { return Ok(vec![(file.len(), format!("\n{code}"))]) };
    let placed =
        task::spawn_blocking(move || suite::in_test_file(&syntax, language, &file, &code)).await;
    Ok(placed.map_err(|_| Flaw::Unparsed)??)
}

/// Tests in the document itself, which is that of the request.
async fn place_tests(core: &Core, open: &OpenDocument, code: String) -> Result<Edited, Rejection> {
    let (syntax, rope) = (Arc::clone(&core.shared.syntax), open.document.rope.clone());
    let language = open.language;
    let placed = task::spawn_blocking(move || match language {
        Some(language) => suite::in_document(&syntax, language, &rope.to_string(), &code),
        None => Ok(vec![(rope.len_bytes(), format!("\n{code}"))]),
    });
    let placed = placed.await.map_err(|_| Flaw::Unparsed)??;
    let ends = placed.first().zip(placed.last()).ok_or(Flaw::Unchanged)?;
    let range = ends.0.0..ends.1.0;
    let old = open.document.rope.byte_slice(range.clone()).to_string();
    let (mut new, mut at) = (String::new(), range.start);
    for (offset, code) in placed {
        new += &old[at - range.start..offset - range.start];
        new += &if has_crlf(open) { code.replace('\n', "\r\n") } else { code };
        at = offset;
    }
    Ok(Edited { mark: open.mark(range.clone()), range, old, new })
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
    let tree = scene.tree.clone().or_else(|| core.shared.trees.newest(&open.key))?;
    let module = tests_module(&core.shared.syntax, &tree)?;
    Some((scene.path.clone(), tree.text(module)))
}

/// Whether a document's first line ends with CRLF.
pub(super) fn has_crlf(open: &OpenDocument) -> bool {
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

/// An answer without the model's reasoning.
pub(super) fn plain(text: &str) -> Result<String, String> {
    match thought::without(text, "").unwrap_or_default().trim() {
        "" => Err("the answer is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}
