//! One request to the models for a completion: its secrets are masked, and its reply is cut to fit while it
//! arrives.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::context::mask::Mask;
use crate::feature::completion::in_flight::ReceivedText;
use crate::feature::completion::in_flight::publisher::Publisher;
use crate::feature::completion::request::GatheredContext;
use crate::feature::completion::suggestion::Suggestion;
use crate::prompt::fill::brief::SMALLEST;
use crate::prompt::indentation::Indentation;
use crate::prompt::{Fill, Prompt};
use crate::provider::fim::FillFormat;
use crate::reply::certainty::Certainty;
use crate::reply::completion::fit::Fit;
use crate::reply::completion::hole::Hole;
use crate::reply::completion::syntax_check::SyntaxCheck;
use crate::reply::completion::{PostProcessor, ReplyProgress};
use crate::reply::repetition::RepetitionWatch;
use crate::router::outcome::{EventSink, Flow, RouterRequest, SmallerPrompt, Standby, StreamEvent};
use crate::router::spec::RequestSpec;
use crate::syntax::Syntax;
use crate::syntax::region::Region;

/// How long a model writes before a beginning of its text is shown: a fast one has written the line by then.
const WRITING: Duration = Duration::from_millis(300);

/// The reply to a request, complete once the router has answered the request.
pub(super) struct PendingReply {
    state: Arc<Mutex<ReplyState>>,
    syntax_check: Arc<SyntaxCheck>,
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
    by: Arc<str>,
    /// Whether the answering model fills holes.
    fills: bool,
    /// When the first delta arrived.
    since: Option<Instant>,
}

/// A request for the router, and its reply. `publisher` receives the text as it arrives.
pub(super) fn begin(
    spec: RequestSpec,
    gathered: GatheredContext,
    standby: Option<&Suggestion>,
    publisher: Option<Publisher>,
) -> (RouterRequest, PendingReply) {
    let GatheredContext { fill, files, syntax_check, region, indentation } = gathered;
    // A reply has to fit the unmasked text, so the target is built before secrets are masked.
    let reply_target = ReplyTarget { fill: fill.clone(), region, indentation, control: &[] };
    let mut mask = Mask::new();
    let draft = standby.map(|it| it.text.clone());
    let mut prompt = Prompt::Fill(Fill { draft, ..fill });
    prompt.mask(&mut mask);
    let smaller = match &prompt {
        Prompt::Fill(fill) => Some(SmallerPrompt {
            prompt: Arc::new(Prompt::Fill(fill.within(SMALLEST))),
            most: SMALLEST.bytes() as u64,
        }),
        Prompt::Chat(_) | Prompt::Edit(_) | Prompt::Relay(_) => None,
    };
    let standby = standby
        .map(|it| Standby { text: it.text.clone(), confidence: it.confidence.unwrap_or_default() });
    let state = Arc::new(Mutex::new(ReplyState::default()));
    let sink = sink(Arc::clone(&state), reply_target, mask, publisher);
    let (prompt, reasoning) = (Arc::new(prompt), Some(RepetitionWatch::default().of_reasoning()));
    let request = RouterRequest { spec, prompt, smaller, files, standby, reasoning, sink };
    (request, PendingReply { state, syntax_check: Arc::new(syntax_check) })
}

/// Processes a reply while it arrives.
fn sink(
    state: Arc<Mutex<ReplyState>>,
    mut reply_target: ReplyTarget,
    mask: Mask,
    publisher: Option<Publisher>,
) -> EventSink {
    Box::new(move |event| {
        let mut reply = state.lock();
        match event {
            StreamEvent::Started { target } => {
                reply_target.control = target.model.tokens();
                let shape = Some(PostProcessor::new(reply_target.hole()));
                let by = Arc::clone(&target.name);
                let fills = target.model.form != FillFormat::Chat;
                *reply = ReplyState { shape, by, fills, ..ReplyState::default() };
                Flow::On
            }
            StreamEvent::LogProb(it) => {
                reply.log_prob = Some(it);
                Flow::On
            }
            StreamEvent::Delta(text) => {
                let flow = reply.take(text, &mask, &reply_target);
                // A partial placeholder is not text, so nothing is published while secrets are masked.
                if let (Some(publisher), Some(shape), true) =
                    (&publisher, &reply.shape, mask.is_empty())
                {
                    publisher.publish(shape.so_far());
                }
                flow
            }
            StreamEvent::Reset { .. } => {
                *reply = ReplyState::default();
                if let Some(publisher) = &publisher {
                    publisher.publish(String::new());
                }
                Flow::On
            }
            StreamEvent::Spent(_) | StreamEvent::Relayed(_) | StreamEvent::Done => Flow::On,
        }
    })
}

impl PendingReply {
    /// The part of the reply that fits and adds no syntax errors, with its certainty.
    pub(super) async fn fitted(self, syntax: &Arc<Syntax>) -> Option<(Fit, Certainty)> {
        let fitted = self.state.lock().shape.as_ref().and_then(PostProcessor::finish)?;
        let fit = self.sound(syntax, fitted).await?;
        Some(self.state.lock().with_certainty(fit))
    }

    /// What can be shown of a reply that is being written slowly.
    pub(super) async fn beginning(&self, syntax: &Arc<Syntax>) -> Option<ReceivedText> {
        let beginning = {
            let state = self.state.lock();
            state.since.filter(|it| state.fills && it.elapsed() >= WRITING)?;
            state.shape.as_ref().and_then(PostProcessor::beginning)?
        };
        let fit = self.sound(syntax, beginning.clone()).await?;
        let state = self.state.lock();
        let (Fit { text, covers }, certainty) = state.with_certainty(fit);
        let by = Arc::clone(&state.by);
        let is_part = beginning.text.starts_with(&text);
        is_part.then_some(ReceivedText { text, certainty, covers, by, call: None })
    }

    async fn sound(&self, syntax: &Arc<Syntax>, fit: Fit) -> Option<Fit> {
        let (syntax_check, syntax) = (Arc::clone(&self.syntax_check), Arc::clone(syntax));
        spawn_blocking(move || syntax_check.sound(&syntax, fit)).await.ok().flatten()
    }
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
        self.since.get_or_insert_with(Instant::now);
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
