//! Completions from models: masks the text around the cursor and its context, sends them through the router,
//! and cuts the answer to fit while it arrives.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::task::spawn_blocking;

use crate::context::gather::ContextBudget;
use crate::context::mask::Mask;
use crate::feature::completion::debounce::{Answers, Facts};
use crate::feature::completion::in_flight::PartialPublisher;
use crate::feature::completion::join::Linger;
use crate::feature::completion::{Completer, Suggestion, Unavailable, debounce, right_of};
use crate::feature::document::{OpenDocument, Place};
use crate::feature::models::Models;
use crate::feature::surroundings::PromptSurroundings;
use crate::feature::{EngineOptions, eligibility};
use crate::prompt::fill::brief::SMALLEST;
use crate::prompt::indentation::Indentation;
use crate::prompt::{CompletionScope, Fill, Prompt, Trigger};
use crate::reply::certainty::Certainty;
use crate::reply::completion::fit::Fit;
use crate::reply::completion::hole::Hole;
use crate::reply::completion::syntax_check::SyntaxCheck;
use crate::reply::completion::{PostProcessor, ReplyProgress, fit};
use crate::router::outcome::{
    Flow, RequestOutcome, RouterRequest, SmallerPrompt, Standby, StreamEvent,
};
use crate::router::spec::{Capability, Feature, RequestSize, RequestSpec};
use crate::syntax::Syntax;
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

/// What an answer has to fit.
struct ReplyTarget {
    fill: Fill,
    region: Option<Region>,
    indentation: Option<Indentation>,
    /// Control tokens of the answering model.
    control: &'static [&'static str],
}

/// The state of an answer while it arrives.
#[derive(Default)]
struct ReplyState {
    shape: Option<PostProcessor>,
    /// The answer as received, if masked secrets have to be restored in it.
    raw: String,
    certainty: Certainty,
    /// The logarithm of the probability of the next delta.
    log_prob: Option<f32>,
}

impl Completer {
    /// Queries the models for the place, with the n-gram model's text as the standby.
    pub(super) async fn fill(
        &self,
        models: &Models,
        place: &Place,
        trigger: Trigger,
        standby: Option<&Suggestion>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        if trigger == Trigger::Automatic
            && let Some(joined) = self.join(place).await
        {
            return joined.map(Vec::from_iter);
        }
        let options = self.core.options(place.open.path.as_deref());
        let extent = self.extent(place, trigger, options.lines);
        let spec = need(options, place, trigger, extent);
        // Prices count once the prompt exists; until then they are overestimated.
        let plan = models.router.plan(&RequestSpec { usd: None, ..spec.clone() });
        let Some(first) = plan.order.first() else {
            return match standby {
                Some(_) => Ok(Vec::new()),
                None => Err(Unavailable::NoneUsable(models.router.skipped(&spec))),
            };
        };
        if trigger == Trigger::Invoked {
            let gathered = self.gather(place, trigger, extent);
            return self.invoke(models, place, (spec, &plan), gathered, standby).await;
        }
        let linger = match first.value.dollars {
            Some(0.0) => Linger::No,
            Some(_) | None => {
                if place.is_after_statement() && extent == CompletionScope::Line {
                    return Err(Unavailable::StatementEnds);
                }
                wait(place, options, models.pace(first.index, &spec)).await;
                Linger::Moment
            }
        };
        self.send(models, place, spec, extent, standby, linger).await.map(Vec::from_iter)
    }

    /// The user types in a document: connects to the model that the next completion will use.
    pub fn typed(&self, open: &OpenDocument) {
        let Some(models) = self.core.models.as_ref().filter(|it| it.is_cold()) else { return };
        let place = open.place(0);
        if eligibility::check(&self.core, &place.open).is_ok() {
            let options = self.core.options(open.path.as_deref());
            let spec = need(options, &place, Trigger::Automatic, CompletionScope::Line);
            // The position of the next request is not known yet.
            models.connect_ahead(&RequestSpec { wants: Capability::FillOrBrief, ..spec });
        }
    }

    pub(super) fn extent(
        &self,
        place: &Place,
        trigger: Trigger,
        lines: LineMode,
    ) -> CompletionScope {
        let document = &place.open.document;
        let line = document.rope.byte_to_line(place.offset);
        let head = document.rope.byte_slice(document.rope.line_to_byte(line)..place.offset);
        let right = right_of(document, place.offset);
        let fits = || CompletionScope::automatic(&head.to_string(), &right, self.region(place));
        match lines {
            LineMode::Single => CompletionScope::Line,
            LineMode::Multi if fit::only_closers(&right) => CompletionScope::Lines(MOST_LINES),
            LineMode::Auto if trigger == Trigger::Invoked && right.trim().is_empty() => {
                CompletionScope::Lines(MOST_LINES)
            }
            LineMode::Multi | LineMode::Auto => fits(),
        }
    }

    /// Context that is not ready in time is left out.
    pub(super) fn gather(
        &self,
        place: &Place,
        trigger: Trigger,
        extent: CompletionScope,
    ) -> GatheredContext {
        let PromptSurroundings { path, excerpt, parts, files } =
            PromptSurroundings::gather(&self.core, place);
        let max_tokens = match extent {
            CompletionScope::Line => LINE,
            CompletionScope::Lines(_) => BLOCK,
        };
        let fill = Fill {
            path,
            language: place.open.language_name().to_owned(),
            parts,
            prefix: excerpt.prefix,
            suffix: excerpt.suffix,
            extent,
            max_tokens,
            trigger,
        };
        let open = &place.open;
        let syntax_check = SyntaxCheck {
            document: open.document.clone(),
            language: open.language,
            offset: place.offset,
            tree: self.core.shared.trees.newest(&open.key),
            line: self.line(place),
        };
        let shows = Indentation::of(&[&*fill.prefix, &*fill.suffix].concat());
        let indentation = match shows {
            Some(_) => None,
            None => place.open.told_indentation(),
        };
        GatheredContext { fill, files, syntax_check, region: self.known_region(place), indentation }
    }
}

/// The requirements of a request. A suggestion that the user requests with a key is allowed to cost up to the
/// confirmation threshold of actions, if that is more than the limit.
pub(super) fn need(
    options: &EngineOptions,
    place: &Place,
    trigger: Trigger,
    extent: CompletionScope,
) -> RequestSpec {
    let max_output = match extent {
        CompletionScope::Line => LINE,
        CompletionScope::Lines(_) => BLOCK,
    };
    let budget = ContextBudget::default();
    let window = budget.excerpt.prefix + budget.excerpt.suffix;
    let document = &place.open.document;
    let size = document.rope.len_bytes().min(window) + budget.parts;
    RequestSpec {
        feature: Feature::Complete,
        wants: match trigger {
            // For a place within a line, chat models return the whole line too often.
            Trigger::Automatic if fit::only_closers(&right_of(document, place.offset)) => {
                Capability::FillOrBrief
            }
            Trigger::Automatic => Capability::Fill,
            Trigger::Invoked => Capability::FillOrChat,
        },
        size: RequestSize { bytes: size as u64, stable: STABLE, max_output, output: None },
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

/// Waits until typing has paused, counted from the last change.
async fn wait(place: &Place, options: &EngineOptions, answers: Answers) {
    let (edited, facts) = {
        let state = place.open.state();
        let facts = Facts {
            at_line_start: place.at_line_start(),
            in_word: place.after_word(),
            usual: state.rhythm.usual(),
            answers,
            turned_down: state.turned_down,
        };
        (state.edited, facts)
    };
    let pause = debounce::pause(options.debounce, options.eagerness, facts);
    if let Some(edited) = edited {
        tokio::time::sleep_until(edited + pause).await;
    }
}

/// Sends a hole through the router. Resolves to the outcome, and the part of the answer that fits and adds no
/// syntax errors, with its certainty. `partial` receives the text as it arrives.
pub(super) fn submit(
    models: &Models,
    syntax: &Arc<Syntax>,
    spec: RequestSpec,
    GatheredContext { fill, files, syntax_check, region, indentation }: GatheredContext,
    standby: Option<&Suggestion>,
    partial: Option<PartialPublisher>,
) -> impl Future<Output = (Arc<RequestOutcome>, Option<(Fit, Certainty)>)> + Send + use<> {
    let reply = Arc::new(Mutex::new(ReplyState::default()));
    let reply_target = ReplyTarget { fill, region, indentation, control: &[] };
    let request = request(spec, reply_target, files, standby, &reply, partial);
    let (models, syntax) = (models.clone(), Arc::clone(syntax));
    async move {
        let outcome = models.router.answer(request).await;
        let Some(fitted) = reply.lock().shape.as_ref().and_then(PostProcessor::finish) else {
            return (outcome, None);
        };
        let checked = spawn_blocking(move || syntax_check.sound(&syntax, fitted)).await;
        let fit = checked.ok().flatten();
        (outcome, fit.map(|it| reply.lock().with_certainty(it)))
    }
}

fn request(
    spec: RequestSpec,
    mut reply_target: ReplyTarget,
    files: Vec<String>,
    standby: Option<&Suggestion>,
    reply: &Arc<Mutex<ReplyState>>,
    partial: Option<PartialPublisher>,
) -> RouterRequest {
    // A reply has to fit the unmasked text, so the target is built before secrets are masked.
    let mut mask = Mask::new();
    let mut prompt = Prompt::Fill(reply_target.fill.clone());
    prompt.mask(&mut mask);
    let smaller = match &prompt {
        Prompt::Fill(fill) => Some(SmallerPrompt {
            prompt: Arc::new(Prompt::Fill(fill.within(SMALLEST))),
            most: SMALLEST.bytes() as u64,
        }),
        Prompt::Chat(_) | Prompt::Edit(_) | Prompt::Relay(_) => None,
    };
    let reply = Arc::clone(reply);
    let sink = move |event: StreamEvent<'_>| {
        let mut reply = reply.lock();
        match event {
            StreamEvent::Started { target } => {
                reply_target.control = target.model.tokens();
                let shape = Some(PostProcessor::new(reply_target.hole()));
                *reply = ReplyState { shape, ..ReplyState::default() };
                Flow::On
            }
            StreamEvent::LogProb(it) => {
                reply.log_prob = Some(it);
                Flow::On
            }
            StreamEvent::Delta(text) => {
                let flow = reply.take(text, &mask, &reply_target);
                // A partial placeholder is not text, so nothing is published while secrets are masked.
                if let (Some(partial), Some(shape), true) =
                    (&partial, &reply.shape, mask.is_empty())
                {
                    partial.publish(shape.so_far());
                }
                flow
            }
            StreamEvent::Reset { .. } => {
                *reply = ReplyState::default();
                if let Some(partial) = &partial {
                    partial.publish(String::new());
                }
                Flow::On
            }
            StreamEvent::Spent(_) | StreamEvent::Relayed(_) | StreamEvent::Done => Flow::On,
        }
    };
    let standby = standby
        .map(|it| Standby { text: it.text.clone(), confidence: it.confidence.unwrap_or_default() });
    let prompt = Arc::new(prompt);
    RouterRequest { spec, prompt, smaller, files, standby, sink: Box::new(sink) }
}

impl ReplyTarget {
    fn hole(&self) -> Hole {
        Hole::of(&self.fill, self.control).within(self.region).indented(self.indentation)
    }
}

impl ReplyState {
    fn with_certainty(&self, fit: Fit) -> (Fit, Certainty) {
        let certainty = match &self.shape {
            // Restored secrets are not as long as their placeholders.
            Some(shape) if self.raw.is_empty() => self.certainty.of_part(shape.reply(), &fit.text),
            Some(_) | None => Certainty::default(),
        };
        (fit, certainty)
    }

    fn take(&mut self, text: &str, mask: &Mask, reply_target: &ReplyTarget) -> Flow {
        let Some(shape) = &mut self.shape else { return Flow::On };
        self.certainty.push(text, self.log_prob.take());
        let progress = if mask.is_empty() {
            shape.push(text)
        } else {
            // A placeholder can arrive in pieces, so the reply is processed again from its start. This is
            // rare and short.
            self.raw.push_str(text);
            *shape = PostProcessor::new(reply_target.hole());
            shape.push(&mask.restore(&self.raw))
        };
        match progress {
            ReplyProgress::Continue => Flow::On,
            ReplyProgress::Complete => Flow::Stop,
        }
    }
}
