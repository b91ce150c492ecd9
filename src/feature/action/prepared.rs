//! The request of an action: its lines, their context and its prompt.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::context::{Part, PartKind};
use crate::feature::EngineOptions;
use crate::feature::action::context::ActionContext;
use crate::feature::action::whole::WholeFile;
use crate::feature::action::{ActionRequest, EXPLAIN, bytes, outcome, whole};
use crate::feature::action_error::ActionError;
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, TrackedRange};
use crate::feature::hover::Asker;
use crate::feature::hover::symbol::Symbol;
use crate::feature::rules::ProjectRules;
use crate::feature::staged::Staged;
use crate::feature::surroundings::PromptSurroundings;
use crate::prompt::Chat;
use crate::prompt::action::{Action, ActionOutput, Freedom, Subject};
use crate::reply::check::imports;
use crate::reply::check::imports::ImportPlace;
use crate::reply::ending::{AnswerWatch, Ending};
use crate::reply::suite::limit::TestLimit;
use crate::router::spec::{Capability, Feature, RequestSize, RequestSpec};
use crate::syntax::import::Import;
use crate::syntax::module;

/// Bytes of an existing test file that a prompt contains as a style sample.
const STYLE: usize = 3072;
/// Languages in which the files of a folder use each other's definitions without imports.
const PACKAGES: [&str; 6] = ["c-sharp", "go", "java", "kotlin", "scala", "swift"];
/// Estimate for output lengths.
const BYTES_PER_TOKEN: usize = 3;

/// A request that is ready to be sent, and what its answer changes.
pub(super) struct PreparedAction {
    pub(super) scene: ActionContext,
    /// The lines that the answer replaces.
    pub(super) mark: TrackedRange,
    /// The lines of the selection, if findings are about them.
    pub(super) lines: Vec<TrackedRange>,
    /// Definitions that the answer may replace as a whole.
    pub(super) definitions: Vec<WholeFile>,
    /// Where imports of the answer go.
    pub(super) imports: Option<MarkedImports>,
    /// Where the answer ends if the model does not end it.
    pub(super) watch: AnswerWatch,
    /// What the user asked for: the instruction, and the messages of diagnostics.
    pub(super) said: String,
    /// The symbol that the answer explains.
    pub(super) symbol: Option<Symbol>,
    pub(super) spec: RequestSpec,
    pub(super) chat: Chat,
    /// The same request without code from outside of the selection, to repeat after an unusable answer.
    pub(super) alone: Chat,
    /// Files whose text is in the prompt.
    pub(super) files: Vec<String>,
}

/// The place of imports, with its ranges in the current document.
pub(super) struct MarkedImports {
    pub(super) place: ImportPlace,
    /// Of its offset and of its lines.
    marks: Vec<(Range<usize>, TrackedRange)>,
}

impl MarkedImports {
    pub(super) fn mark(&self, range: &Range<usize>) -> Option<TrackedRange> {
        self.marks.iter().find(|it| it.0 == *range).map(|it| it.1.clone())
    }
}

impl PreparedAction {
    /// Collects the context of a request and builds its prompt.
    pub(super) async fn new(
        core: &Core,
        rules: &ProjectRules,
        open: &OpenDocument,
        action: &Action,
        ask: &ActionRequest,
    ) -> Result<Self, ActionError> {
        let mut scene = scene(core, open, action, ask);
        let is_part = scene.is_part();
        // Set before the first await: the document may change afterwards.
        let mark = open.mark(scene.range.clone());
        let lines = line_marks(open, action, &scene.range);
        let imports = import_place(core, open, action, &scene);
        let definitions = match (action.gives, is_part) {
            (ActionOutput::Edit, false) => whole::enclosing_definitions(&core.shared, open, &scene),
            (_, _) => Vec::new(),
        };
        // An answer may be a whole definition around the selection, with code behind it.
        let is_alone = !is_part && definitions.is_empty();
        let ending = ending(core, open, action, &scene, is_alone);
        let watch = AnswerWatch::new(ending, &scene.selection);
        if matches!(action.gives, ActionOutput::Edit | ActionOutput::Tests) {
            scene.focus(core, open).await;
        }
        let staged = match action.gives {
            ActionOutput::Message => Some(Staged::read(core, open).await?),
            ActionOutput::Edit
            | ActionOutput::Answer
            | ActionOutput::Tests
            | ActionOutput::Findings => None,
        };
        let folder = match &staged {
            Some(staged) => Some(staged.folder.clone()),
            None => open.path.as_deref().and_then(Path::parent).map(Path::to_owned),
        };
        let staged = staged.map(|it| scene.take_staged(it));
        let options = core.options_of(open);
        let mut spec = request_spec(options, open, action, &scene);
        let (chat, mut files) = match staged {
            Some(files) => {
                let subject = scene.subject(&[], scene.instruction.as_deref());
                (action.chat(&subject, Vec::new(), spec.size.max_output), files)
            }
            None => compose(core, open, action, &scene, ask, spec.size.max_output),
        };
        let symbol = symbol_to_explain(core, open, ask);
        let mut chat = symbol.as_ref().map_or(chat, |it| it.chat(open.language_name()));
        rules.add((&mut chat, &mut files), folder.as_deref(), &spec.policy).await;
        let alone = match action.gives {
            ActionOutput::Edit | ActionOutput::Tests if !is_part => {
                alone(action, &scene, ask, &chat)
            }
            ActionOutput::Edit
            | ActionOutput::Tests
            | ActionOutput::Answer
            | ActionOutput::Findings
            | ActionOutput::Message => chat.clone(),
        };
        spec.size.bytes = bytes(&chat) as u64;
        let said = said(action, &scene, ask);
        Ok(Self {
            scene,
            mark,
            lines,
            definitions,
            imports,
            watch,
            said,
            symbol,
            spec,
            chat,
            alone,
            files,
        })
    }
}

/// Where an answer ends.
fn ending(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    scene: &ActionContext,
    is_alone: bool,
) -> Option<Ending> {
    let tests = |language| {
        let existing = outcome::existing_tests(core, open, scene).unwrap_or_default().1;
        let syntax = Arc::clone(&core.shared.syntax);
        let document = open.document.rope.to_string();
        Ending::Tests(TestLimit::new(syntax, language, &document, &existing))
    };
    match action.gives {
        ActionOutput::Edit => scene.overrun().filter(|_| is_alone).map(Ending::Overrun),
        ActionOutput::Tests => open.language.map(tests),
        ActionOutput::Answer | ActionOutput::Findings | ActionOutput::Message => None,
    }
}

/// Each line of a range, if the action gives findings.
fn line_marks(open: &OpenDocument, action: &Action, range: &Range<usize>) -> Vec<TrackedRange> {
    if action.gives != ActionOutput::Findings {
        return Vec::new();
    }
    let rope = &open.document.rope;
    let start =
        |line: usize| rope.line_to_byte(line.min(rope.len_lines())).clamp(range.start, range.end);
    let lines = rope.byte_to_line(range.start)..=rope.byte_to_line(range.end);
    let marks = lines.map(|it| start(it)..start(it + 1)).filter(|it| !it.is_empty());
    marks.map(|it| open.mark(it)).collect()
}

/// The lines of a request.
fn scene(core: &Core, open: &OpenDocument, action: &Action, ask: &ActionRequest) -> ActionContext {
    let mut scene = ActionContext::new(core, open, &ask.range);
    if action.takes_words() && ask.instruction.is_none() {
        scene.take_instruction();
    }
    if action.gives == ActionOutput::Message {
        scene.take_message(open);
    }
    if action.keeps_to_part() && scene.instruction.is_none() {
        scene.narrow(open, &ask.range);
    }
    if action.gives == ActionOutput::Edit && !scene.is_part() {
        scene.widen(core, open);
    }
    scene
}

/// Where imports of an edit go, if the tree of the document is known.
fn import_place(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    scene: &ActionContext,
) -> Option<MarkedImports> {
    let tree =
        core.shared.trees.newest(&open.key).filter(|_| action.gives == ActionOutput::Edit)?;
    let place = imports::place(&core.shared.syntax, &tree, &scene.range)?;
    let ranges = place.lines.iter().cloned().chain(std::iter::once(place.at..place.at));
    let marks = ranges.map(|it| (it.clone(), open.mark(it))).collect();
    Some(MarkedImports { place, marks })
}

/// The instruction of a request, and the messages of its diagnostics.
fn said(action: &Action, scene: &ActionContext, ask: &ActionRequest) -> String {
    let instruction = ask.instruction.as_deref().or(scene.instruction.as_deref());
    let messages = ask.diagnostics.iter().map(|it| &*it.message);
    instruction
        .into_iter()
        .chain(action.instruction())
        .chain(messages)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The prompt, and the files whose text it contains.
fn compose(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    scene: &ActionContext,
    ask: &ActionRequest,
    max_tokens: u32,
) -> (Chat, Vec<String>) {
    if action.freedom() == Freedom::Split && !scene.is_part() {
        // A new function needs nothing else, and small models return a whole file if they see more of it.
        let chat = action.chat(&selection(scene, ask), Vec::new(), max_tokens);
        return (chat, vec![scene.path.clone()]);
    }
    let around = PromptSurroundings::gather(core, &open.place(scene.range.start));
    let (mut parts, mut files) = (around.parts, around.files);
    if matches!(action.gives, ActionOutput::Edit | ActionOutput::Tests) {
        // Small models return such code in place of the selection, and need long to read it.
        let tree = core.shared.trees.newest(&open.key);
        let imports = tree.map_or_else(Vec::new, |it| core.shared.syntax.imports(&it));
        parts.retain(|it| match it.kind {
            PartKind::Snippet => false,
            PartKind::Outline => sees(&scene.language, (&around.path, &imports), &it.path),
            PartKind::Edit | PartKind::Diagnostic | PartKind::Rules => true,
        });
        files.retain(|file| *file == around.path || parts.iter().any(|it| it.path == *file));
    }
    if action.gives == ActionOutput::Tests
        && let Some((name, text)) = outcome::existing_tests(core, open, scene)
    {
        let text = text[..text.floor_char_boundary(STYLE)].to_owned();
        files.push(name.clone());
        parts.push(Part { kind: PartKind::Snippet, path: name, text, rank: 5000 });
    }
    (action.chat(&subject(scene, ask), parts, max_tokens), files)
}

fn subject<'a>(scene: &'a ActionContext, ask: &'a ActionRequest) -> Subject<'a> {
    scene.subject(&ask.diagnostics, ask.instruction.as_deref().or(scene.instruction.as_deref()))
}

/// The request with the selection and the user's rules alone.
fn alone(action: &Action, scene: &ActionContext, ask: &ActionRequest, chat: &Chat) -> Chat {
    let rules = chat.parts.iter().filter(|it| it.kind == PartKind::Rules).cloned().collect();
    action.chat(&selection(scene, ask), rules, chat.max_tokens)
}

/// The subject without the code around the selection.
fn selection<'a>(scene: &'a ActionContext, ask: &'a ActionRequest) -> Subject<'a> {
    Subject { before: "", after: "", ..subject(scene, ask) }
}

/// Whether code in a file can use what another file defines without a further import.
fn sees(language: &str, (own, imports): (&str, &[Import]), other: &str) -> bool {
    let (own, other) = (Path::new(own), Path::new(other));
    let is_of_package = PACKAGES.contains(&language) && own.parent() == other.parent();
    let is_parent = own.parent() == Some(&other.with_extension(""));
    own == other
        || is_of_package
        || is_parent
        || imports.iter().any(|it| module::names(it, own, other, language))
}

/// The symbol to explain, if the selection is within its name. Hover shows the same explanation.
fn symbol_to_explain(core: &Core, open: &OpenDocument, ask: &ActionRequest) -> Option<Symbol> {
    if ask.action != EXPLAIN {
        return None;
    }
    let symbol = Symbol::at(core, &open.place(ask.range.start), Asker::Key)?;
    let is_within = symbol.range.start <= ask.range.start && ask.range.end <= symbol.range.end;
    is_within.then_some(symbol)
}

fn request_spec(
    options: &EngineOptions,
    open: &OpenDocument,
    action: &Action,
    scene: &ActionContext,
) -> RequestSpec {
    let tokens = (scene.selection.len() / BYTES_PER_TOKEN) as u32;
    let (feature, max_output, output) = match action.gives {
        ActionOutput::Edit => (Feature::Edit, (tokens * 2 + 512).min(8192), Some(tokens + 50)),
        ActionOutput::Tests => (Feature::Edit, 3072, Some(800)),
        ActionOutput::Answer => (Feature::Explain, 1024, None),
        ActionOutput::Findings => (Feature::Explain, 768, None),
        ActionOutput::Message => (Feature::Explain, 256, Some(60)),
    };
    RequestSpec {
        feature,
        wants: Capability::Chat,
        size: RequestSize { bytes: 0, stable: 0.0, max_output, output },
        document: open.number(),
        policy: options.policy.clone(),
        deadline: options.edit.deadline,
        usd: None,
        ahead: None,
        except: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_of_files_that_are_not_imported_are_left_out() {
        let check = |is_seen, language, own, import: Option<(&str, &[&str])>, other| {
            let imports = import.map(|(source, names)| Import {
                range: 0..0,
                source: Some(source.to_owned()),
                names: names.iter().map(|it| (*it).to_owned()).collect(),
            });
            let imports: Vec<Import> = imports.into_iter().collect();
            assert_eq!(sees(language, (own, &imports), other), is_seen, "{own} {other}");
        };
        let (size, line) = (&["Size"][..], &["Line"][..]);
        check(true, "python", "a/shop.py", Some((".", &["units"])), "a/units.py");
        check(false, "python", "a/shop.py", Some((".", &["units"])), "a/other.py");
        check(true, "python", "a/shop.py", Some(("a.units", size)), "a/units/__init__.py");
        check(true, "python", "a/shop.py", Some(("a.units", size)), "a/units/size.py");
        check(false, "python", "a/shop.py", Some(("os", &[])), "a/units.py");
        check(true, "typescript", "src/cart.ts", Some(("./line.ts", line)), "src/line.ts");
        check(false, "typescript", "src/cart.ts", None, "src/line.ts");
        check(true, "rust", "src/text.rs", Some(("crate::grid", &["Grid"])), "src/grid.rs");
        check(true, "rust", "src/text.rs", Some(("crate", &["Error"])), "src/lib.rs");
        check(true, "rust", "src/text/wrap.rs", Some(("super", line)), "src/text.rs");
        check(false, "rust", "src/text.rs", Some(("std::fmt", &[])), "src/lib.rs");
        check(true, "c", "src/text.c", Some(("grid.h", &[])), "src/grid.h");
        check(true, "go", "shop/cart.go", None, "shop/line.go");
        check(true, "go", "shop/cart.go", Some(("example.com/text", &[])), "text/line.go");
        check(false, "go", "shop/cart.go", None, "text/line.go");
    }
}
