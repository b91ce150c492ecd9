//! What other models say of a place: the text around it and what goes with it, masked, put to the
//! router, and the answer cut to fit while it comes.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::task::spawn_blocking;

use crate::context::gather::ContextBudget;
use crate::context::mask::Mask;
use crate::feature::completion::debounce::{Answers, Facts};
use crate::feature::completion::in_flight::PartialPublisher;
use crate::feature::completion::join::Linger;
use crate::feature::completion::{Suggestion, Unavailable, debounce, right_of};
use crate::feature::document::{OpenDocument, Place};
use crate::feature::models::Models;
use crate::feature::surroundings::PromptSurroundings;
use crate::feature::{Engine, EngineOptions};
use crate::prompt::fill::brief::SMALLEST;
use crate::prompt::indentation::Indentation;
use crate::prompt::{CompletionScope, Fill, Prompt, Trigger};
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

/// Of an answer, in tokens.
const LINE: u32 = 64;
const BLOCK: u32 = 256;
/// The share of a prompt that the next one of its document starts with too, as a rule.
const STABLE: f64 = 0.9;
const MOST_LINES: u32 = 10;

/// How many lines are asked for, as the user says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineMode {
    Auto,
    Single,
    Multi,
}

/// The hole with what goes with it.
#[derive(Clone)]
pub(super) struct GatheredContext {
    pub(super) fill: Fill,
    /// Where that is from.
    pub(super) files: Vec<String>,
    pub(super) ground: SyntaxCheck,
    /// What the document's tree says of the place.
    pub(super) region: Option<Region>,
    /// One step of indentation, where the text around the place shows none.
    pub(super) indentation: Option<Indentation>,
}

/// What an answer has to fit.
struct ReplyTarget {
    fill: Fill,
    region: Option<Region>,
    indentation: Option<Indentation>,
    /// The control tokens of who answers.
    control: &'static [&'static str],
}

/// What a running answer comes to.
#[derive(Default)]
struct ReplyState {
    shape: Option<PostProcessor>,
    /// The answer as it came, where secrets have to be put back into it.
    raw: String,
}

impl Engine {
    /// Asks the models for the place, with what the embedded model says standing by.
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
        let options = self.options(place.open.path.as_deref());
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
        let spare = match first.value.dollars {
            Some(0.0) => Linger::No,
            Some(_) | None => {
                if place.is_said() && extent == CompletionScope::Line {
                    return Err(Unavailable::StatementEnds);
                }
                wait(place, options, models.pace(first.index, &spec)).await;
                Linger::Moment
            }
        };
        self.send(models, place, spec, extent, standby, spare).await.map(Vec::from_iter)
    }

    /// Its user types in a document: whoever will be asked for ghost text is connected to meanwhile.
    pub fn typed(&self, open: &OpenDocument) {
        let Some(models) = self.models.as_ref().filter(|it| it.is_cold()) else { return };
        let place = open.place(0);
        if self.check(&place.open).is_ok() {
            let options = self.options(open.path.as_deref());
            let spec = need(options, &place, Trigger::Automatic, CompletionScope::Line);
            // Where the next request will be asked for is not known yet.
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

    /// What is late is left out.
    pub(super) fn gather(
        &self,
        place: &Place,
        trigger: Trigger,
        extent: CompletionScope,
    ) -> GatheredContext {
        let PromptSurroundings { path, excerpt, parts, files } = self.surroundings(place);
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
        let ground = SyntaxCheck {
            document: open.document.clone(),
            language: open.language,
            offset: place.offset,
            tree: self.shared.trees.newest(&open.key),
            line: self.line(place),
        };
        let shows = Indentation::of(&[&*fill.prefix, &*fill.suffix].concat());
        let indentation = match shows {
            Some(_) => None,
            None => place.open.told_indentation(),
        };
        GatheredContext { fill, files, ground, region: self.known_region(place), indentation }
    }
}

/// The requirements of a request. A suggestion that the user requests with a key may cost up to the
/// price above which an action asks first, if that is more than the limit.
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
            // A question about a place within a line is answered with the whole line too often.
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

/// Puts a hole to the router: what came of it, and the answer as it fits and as far as it reads well.
/// `voice` hears the text as it comes.
pub(super) fn put(
    models: &Models,
    syntax: &Arc<Syntax>,
    spec: RequestSpec,
    GatheredContext { fill, files, ground, region, indentation }: GatheredContext,
    standby: Option<&Suggestion>,
    voice: Option<PartialPublisher>,
) -> impl Future<Output = (Arc<RequestOutcome>, Option<Fit>)> + Send + use<> {
    let heard = Arc::new(Mutex::new(ReplyState::default()));
    let asked = ReplyTarget { fill, region, indentation, control: &[] };
    let request = request(spec, asked, files, standby, &heard, voice);
    let (models, syntax) = (models.clone(), Arc::clone(syntax));
    async move {
        let outcome = models.router.answer(request).await;
        let fitted = heard.lock().shape.as_ref().and_then(PostProcessor::finish);
        let sound = match fitted {
            Some(fit) => spawn_blocking(move || ground.sound(&syntax, fit)).await.ok().flatten(),
            None => None,
        };
        (outcome, sound)
    }
}

fn request(
    spec: RequestSpec,
    mut asked: ReplyTarget,
    files: Vec<String>,
    standby: Option<&Suggestion>,
    heard: &Arc<Mutex<ReplyState>>,
    voice: Option<PartialPublisher>,
) -> RouterRequest {
    // What a reply has to fit is the true text: built before the secrets are masked.
    let mut mask = Mask::new();
    let mut prompt = Prompt::Fill(asked.fill.clone());
    prompt.mask(&mut mask);
    let smaller = match &prompt {
        Prompt::Fill(fill) => Some(SmallerPrompt {
            prompt: Arc::new(Prompt::Fill(fill.within(SMALLEST))),
            most: SMALLEST.bytes() as u64,
        }),
        Prompt::Chat(_) | Prompt::Relay(_) => None,
    };
    let heard = Arc::clone(heard);
    let sink = move |event: StreamEvent<'_>| {
        let mut heard = heard.lock();
        match event {
            StreamEvent::Started { target } => {
                asked.control = target.model.tokens();
                heard.shape = Some(PostProcessor::new(asked.hole()));
                heard.raw.clear();
                Flow::On
            }
            StreamEvent::Delta(text) => {
                let flow = heard.take(text, &mask, &asked);
                // A placeholder that is half there is no text.
                if let (Some(voice), Some(shape), true) = (&voice, &heard.shape, mask.is_empty()) {
                    voice.say(shape.so_far());
                }
                flow
            }
            StreamEvent::Reset { .. } => {
                *heard = ReplyState::default();
                if let Some(voice) = &voice {
                    voice.say(String::new());
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
    fn take(&mut self, text: &str, mask: &Mask, asked: &ReplyTarget) -> Flow {
        let Some(shape) = &mut self.shape else { return Flow::On };
        let progress = if mask.is_empty() {
            shape.push(text)
        } else {
            // A placeholder may come in pieces: all that came is read anew, which is rare and short.
            self.raw.push_str(text);
            *shape = PostProcessor::new(asked.hole());
            shape.push(&mask.restore(&self.raw))
        };
        match progress {
            ReplyProgress::Continue => Flow::On,
            ReplyProgress::Complete => Flow::Stop,
        }
    }
}
