//! What other models say of a place: the text around it and what goes with it, masked, put to the
//! router, and the answer cut to fit while it comes.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::task::spawn_blocking;

use crate::context::gather::Budget;
use crate::context::mask::Mask;
use crate::feature::Engine;
use crate::feature::Options;
use crate::feature::completion::Offer;
use crate::feature::completion::Silence;
use crate::feature::completion::debounce;
use crate::feature::completion::debounce::Answers;
use crate::feature::completion::debounce::Facts;
use crate::feature::completion::in_flight::Voice;
use crate::feature::completion::join::Spare;
use crate::feature::completion::right_of;
use crate::feature::document::OpenDocument;
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::feature::surroundings::Surroundings;
use crate::prompt::Extent;
use crate::prompt::Fill;
use crate::prompt::Prompt;
use crate::prompt::Trigger;
use crate::prompt::fill::brief::SMALLEST;
use crate::prompt::indentation::Indentation;
use crate::reply::completion::Progress;
use crate::reply::completion::Shape;
use crate::reply::completion::fit;
use crate::reply::completion::fit::Fit;
use crate::reply::completion::hole::Hole;
use crate::reply::completion::sound::Ground;
use crate::router::need::Feature;
use crate::router::need::Need;
use crate::router::need::Size;
use crate::router::need::Wants;
use crate::router::outcome::Event;
use crate::router::outcome::Flow;
use crate::router::outcome::Outcome;
use crate::router::outcome::Request;
use crate::router::outcome::Smaller;
use crate::router::outcome::Standby;
use crate::router::plan::Choice;
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
pub enum Lines {
    Auto,
    Single,
    Multi,
}

/// The hole with what goes with it.
#[derive(Clone)]
pub(super) struct Gathered {
    pub(super) fill: Fill,
    /// Where that is from.
    pub(super) files: Vec<String>,
    pub(super) ground: Ground,
    /// What the document's tree says of the place.
    pub(super) region: Option<Region>,
    /// One step of indentation, where the text around the place shows none.
    pub(super) indentation: Option<Indentation>,
}

/// What an answer has to fit.
struct Asked {
    fill: Fill,
    region: Option<Region>,
    indentation: Option<Indentation>,
    /// The control tokens of who answers.
    control: &'static [&'static str],
}

/// What a running answer comes to.
#[derive(Default)]
struct Heard {
    shape: Option<Shape>,
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
        standby: Option<&Offer>,
    ) -> Result<Vec<Offer>, Silence> {
        if trigger == Trigger::Automatic
            && let Some(joined) = self.join(place).await
        {
            return joined.map(Vec::from_iter);
        }
        let options = self.options(place.open.path.as_deref());
        let extent = self.extent(place, trigger, options.lines);
        let need = need(options, place, trigger, extent);
        let Some(first) = first(models, &need) else {
            return match standby {
                Some(_) => Ok(Vec::new()),
                None => Err(Silence::NoneUsable(models.router.skipped(&need))),
            };
        };
        if trigger == Trigger::Invoked {
            let gathered = self.gather(place, trigger, extent);
            return self.invoke(models, place, need, gathered, standby).await;
        }
        let spare = match first.value.dollars {
            Some(0.0) => Spare::No,
            Some(_) | None => {
                if place.is_said() && extent == Extent::Line {
                    return Err(Silence::StatementEnds);
                }
                wait(place, options, models.pace(first.index, &need)).await;
                Spare::Moment
            }
        };
        self.send(models, place, need, extent, standby, spare).await.map(Vec::from_iter)
    }

    /// Its user types in a document: whoever will be asked for ghost text is connected to meanwhile.
    pub fn typed(&self, open: &OpenDocument) {
        let Some(models) = self.models.as_ref().filter(|it| it.is_cold()) else { return };
        let place = open.place(0);
        if self.gate(&place).is_ok() {
            let options = self.options(open.path.as_deref());
            let need = need(options, &place, Trigger::Automatic, Extent::Line);
            // Where the next request will be asked for is not known yet.
            models.connect_ahead(&Need { wants: Wants::FillOrBrief, ..need });
        }
    }

    pub(super) fn extent(&self, place: &Place, trigger: Trigger, lines: Lines) -> Extent {
        let document = &place.open.document;
        let line = document.rope.byte_to_line(place.offset);
        let head = document.rope.byte_slice(document.rope.line_to_byte(line)..place.offset);
        let right = right_of(document, place.offset);
        let fits = || Extent::automatic(&head.to_string(), &right, self.region(place));
        match lines {
            Lines::Single => Extent::Line,
            Lines::Multi if fit::only_closers(&right) => Extent::Lines(MOST_LINES),
            Lines::Auto if trigger == Trigger::Invoked && right.trim().is_empty() => {
                Extent::Lines(MOST_LINES)
            }
            Lines::Multi | Lines::Auto => fits(),
        }
    }

    /// What is late is left out.
    pub(super) fn gather(&self, place: &Place, trigger: Trigger, extent: Extent) -> Gathered {
        let Surroundings { path, excerpt, parts, files } = self.surroundings(place);
        let max_tokens = match extent {
            Extent::Line => LINE,
            Extent::Lines(_) => BLOCK,
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
        let ground = Ground {
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
        Gathered { fill, files, ground, region: self.known_region(place), indentation }
    }
}

/// The model that is likely asked first. The price counts once the prompt is there: until then it is
/// overestimated.
fn first(models: &Models, need: &Need) -> Option<Choice> {
    let first = |need: &Need| models.router.plan(need).order.into_iter().next();
    first(need).or_else(|| first(&Need { usd: None, ..need.clone() }))
}

/// The requirements of a request. A suggestion that the user requests with a key may cost up to the
/// price above which an action asks first, if that is more than the limit.
pub(super) fn need(options: &Options, place: &Place, trigger: Trigger, extent: Extent) -> Need {
    let max_output = match extent {
        Extent::Line => LINE,
        Extent::Lines(_) => BLOCK,
    };
    let budget = Budget::default();
    let window = budget.excerpt.prefix + budget.excerpt.suffix;
    let document = &place.open.document;
    let size = document.rope.len_bytes().min(window) + budget.parts;
    Need {
        feature: Feature::Complete,
        wants: match trigger {
            // A question about a place within a line is answered with the whole line too often.
            Trigger::Automatic if fit::only_closers(&right_of(document, place.offset)) => {
                Wants::FillOrBrief
            }
            Trigger::Automatic => Wants::Fill,
            Trigger::Invoked => Wants::FillOrChat,
        },
        size: Size { bytes: size as u64, stable: STABLE, max_output, output: None },
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
async fn wait(place: &Place, options: &Options, answers: Answers) {
    let (edited, facts) = {
        let desk = place.open.desk();
        let facts = Facts {
            at_line_start: place.at_line_start(),
            in_word: place.after_word(),
            usual: desk.rhythm.usual(),
            answers,
            turned_down: desk.turned_down,
        };
        (desk.edited, facts)
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
    need: Need,
    Gathered { fill, files, ground, region, indentation }: Gathered,
    standby: Option<&Offer>,
    voice: Option<Voice>,
) -> impl Future<Output = (Arc<Outcome>, Option<Fit>)> + Send + use<> {
    let heard = Arc::new(Mutex::new(Heard::default()));
    let asked = Asked { fill, region, indentation, control: &[] };
    let request = request(models, need, asked, files, standby, &heard, voice);
    let (models, syntax) = (models.clone(), Arc::clone(syntax));
    async move {
        let outcome = models.router.answer(request).await;
        let fitted = lock(&heard).shape.as_ref().and_then(Shape::finish);
        let sound = match fitted {
            Some(fit) => spawn_blocking(move || ground.sound(&syntax, fit)).await.ok().flatten(),
            None => None,
        };
        (outcome, sound)
    }
}

fn request(
    models: &Models,
    need: Need,
    mut asked: Asked,
    files: Vec<String>,
    standby: Option<&Offer>,
    heard: &Arc<Mutex<Heard>>,
    voice: Option<Voice>,
) -> Request {
    // What a reply has to fit is the true text: built before the secrets are masked.
    let mut mask = Mask::new();
    let mut prompt = Prompt::Fill(asked.fill.clone());
    prompt.mask(&mut mask);
    let smaller = match &prompt {
        Prompt::Fill(fill) => Some(Smaller {
            prompt: Arc::new(Prompt::Fill(fill.within(SMALLEST))),
            most: SMALLEST.bytes() as u64,
        }),
        Prompt::Chat(_) | Prompt::Relay(_) => None,
    };
    let heard = Arc::clone(heard);
    let sink = move |event: Event<'_>| {
        let mut heard = lock(&heard);
        match event {
            Event::Started { target } => {
                asked.control = target.model.tokens();
                heard.shape = Some(Shape::new(asked.hole()));
                heard.raw.clear();
                Flow::On
            }
            Event::Delta(text) => {
                let flow = heard.take(text, &mask, &asked);
                // A placeholder that is half there is no text.
                if let (Some(voice), Some(shape), true) = (&voice, &heard.shape, mask.is_empty()) {
                    voice.say(shape.so_far());
                }
                flow
            }
            Event::Reset { .. } => {
                *heard = Heard::default();
                if let Some(voice) = &voice {
                    voice.say(String::new());
                }
                Flow::On
            }
            Event::Spent(_) | Event::Relayed(_) | Event::Done => Flow::On,
        }
    };
    let standby = standby
        .map(|it| Standby { text: it.text.clone(), confidence: it.confidence.unwrap_or_default() });
    let prompt = Arc::new(prompt);
    Request { need, prompt, smaller, files, standby, sink: Box::new(sink) }
}

impl Asked {
    fn hole(&self) -> Hole {
        Hole::of(&self.fill, self.control).within(self.region).indented(self.indentation)
    }
}

impl Heard {
    fn take(&mut self, text: &str, mask: &Mask, asked: &Asked) -> Flow {
        let Some(shape) = &mut self.shape else { return Flow::On };
        let progress = if mask.is_empty() {
            shape.push(text)
        } else {
            // A placeholder may come in pieces: all that came is read anew, which is rare and short.
            self.raw.push_str(text);
            *shape = Shape::new(asked.hole());
            shape.push(&mask.restore(&self.raw))
        };
        match progress {
            Progress::Continue => Flow::On,
            Progress::Complete => Flow::Stop,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
