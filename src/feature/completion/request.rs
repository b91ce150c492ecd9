//! What a completion requires of a model, how much it may fill, and the context of its prompt.

use crate::context::gather::ContextBudget;
use crate::feature::completion::cursor;
use crate::feature::core::Core;
use crate::feature::document::Place;
use crate::feature::surroundings::PromptSurroundings;
use crate::prompt::indentation::Indentation;
use crate::prompt::{CompletionScope, Fill, Trigger};
use crate::reply::completion::fit;
use crate::reply::completion::syntax_check::SyntaxCheck;
use crate::router::spec::{Capability, Feature, RequestSize, RequestSpec};
use crate::syntax::region::Region;

/// The longest answer, in tokens: of one line, and of several.
const LINE: u32 = 64;
const BLOCK: u32 = 256;
/// Usual share of a prompt that the next prompt of its document also starts with.
const STABLE: f64 = 0.9;
const MOST_LINES: u32 = 10;

/// How many lines a suggestion has, as set by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineMode {
    Auto,
    Single,
    Multi,
}

/// The hole and its context.
#[derive(Clone)]
pub(super) struct GatheredContext {
    pub(super) fill: Fill,
    /// Files whose text is in the context.
    pub(super) files: Vec<String>,
    pub(super) syntax_check: SyntaxCheck,
    /// The place's region according to the document's tree.
    pub(super) region: Option<Region>,
    /// One step of indentation, if the text around the place shows none.
    pub(super) indentation: Option<Indentation>,
}

/// How much a completion may fill.
pub(super) fn scope(core: &Core, place: &Place, trigger: Trigger) -> CompletionScope {
    let rope = &place.open.document.rope;
    let head = rope.byte_slice(rope.line_to_byte(rope.byte_to_line(place.offset))..place.offset);
    let right = place.right();
    let fits = || {
        let region = cursor::region(&core.shared, place);
        CompletionScope::automatic(&head.to_string(), &right, region)
    };
    match core.options_of(&place.open).lines {
        LineMode::Single => CompletionScope::Line,
        LineMode::Multi if fit::only_closers(&right) => CompletionScope::Lines(MOST_LINES),
        LineMode::Auto if trigger == Trigger::Invoked && right.trim().is_empty() => {
            CompletionScope::Lines(MOST_LINES)
        }
        LineMode::Multi | LineMode::Auto => fits(),
    }
}

/// The most tokens of an answer.
fn max_tokens(scope: CompletionScope) -> u32 {
    match scope {
        CompletionScope::Line => LINE,
        CompletionScope::Lines(_) => BLOCK,
    }
}

/// The requirements of a request. A suggestion that the user requests with a key is allowed to cost up to the
/// confirmation threshold of actions, if that is more than the limit.
pub(super) fn spec(
    core: &Core,
    place: &Place,
    trigger: Trigger,
    scope: CompletionScope,
) -> RequestSpec {
    let options = core.options_of(&place.open);
    let budget = ContextBudget::default();
    let window = budget.excerpt.prefix + budget.excerpt.suffix;
    let size = place.open.document.rope.len_bytes().min(window) + budget.parts;
    RequestSpec {
        feature: Feature::Complete,
        wants: match trigger {
            // For a place within a line, chat models return the whole line too often.
            Trigger::Automatic if fit::only_closers(&place.right()) => Capability::FillOrBrief,
            Trigger::Automatic => Capability::Fill,
            Trigger::Invoked => Capability::FillOrChat,
        },
        size: RequestSize {
            bytes: size as u64,
            stable: STABLE,
            max_output: max_tokens(scope),
            output: None,
        },
        document: place.open.number(),
        policy: options.policy.clone(),
        deadline: options.complete.deadline,
        usd: match trigger {
            Trigger::Automatic => options.complete.usd,
            Trigger::Invoked => {
                options.complete.usd.and_then(|it| Some(it.max(options.edit.ask_above?)))
            }
        },
        ahead: None,
        except: Vec::new(),
    }
}

impl GatheredContext {
    /// Context that is not ready in time is left out.
    pub(super) fn gather(
        core: &Core,
        place: &Place,
        trigger: Trigger,
        scope: CompletionScope,
    ) -> Self {
        let PromptSurroundings { path, excerpt, parts, files } =
            PromptSurroundings::gather(core, place);
        let open = &place.open;
        let fill = Fill {
            path,
            language: open.language_name().to_owned(),
            parts,
            prefix: excerpt.prefix,
            suffix: excerpt.suffix,
            extent: scope,
            max_tokens: max_tokens(scope),
            trigger,
            draft: None,
            typed: String::new(),
        };
        let syntax_check = SyntaxCheck {
            document: open.document.clone(),
            language: open.language,
            offset: place.offset,
            tree: core.shared.trees.newest(&open.key),
            line: cursor::line(&core.shared, place),
        };
        let shows = Indentation::of(&[&*fill.prefix, &*fill.suffix].concat());
        let indentation = match shows {
            Some(_) => None,
            None => open.told_indentation(),
        };
        let region = cursor::known_region(&core.shared, place);
        Self { fill, files, syntax_check, region, indentation }
    }
}
