//! One request for the next edit: secrets are masked, and the reply is read in the format of the model that
//! answers.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::context::mask::{self, Mask};
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::feature::models::Models;
use crate::prompt::Prompt;
use crate::prompt::edit::EditPrompt;
use crate::provider::next_edit::EditFormat;
use crate::reply::repetition::RepetitionWatch;
use crate::router::outcome::{AnsweredBy, Flow, RouterRequest, StreamEvent};
use crate::router::spec::{Capability, Feature, RequestSize, RequestSpec};
use crate::usage::record::CallId;

/// Bytes of a prompt and tokens of a reply before the prompt exists, and the share of the prompt that the next
/// one starts with too.
const BYTES: u64 = 8000;
const TOKENS: u32 = 1024;
const STABLE: f64 = 0.3;
/// The least probability of a whole reply, where the model reports it. Not measured: most of a reply repeats
/// its window with certainty, so a lower one means that its edit is a guess.
const LEAST: f32 = 0.05;
/// A reply this many times longer than its window, and `BYTES` more, is not read on.
const LONGEST: usize = 4;
/// Bytes per token of a window.
const BYTES_PER_TOKEN: usize = 3;

/// A reply while it arrives.
#[derive(Default)]
struct Reply {
    format: Option<EditFormat>,
    text: String,
    /// The logarithms of the probabilities of the next delta and, if all have one, of the text.
    log_prob: Option<f32>,
    sum: Option<f32>,
}

/// A complete reply.
pub(in crate::feature::next_edit) struct Answer {
    /// The new text of the window, and its probability if the model reports it.
    pub(in crate::feature::next_edit) window: String,
    pub(super) probability: Option<f32>,
    pub(in crate::feature::next_edit) by: Arc<str>,
    pub(super) call: Option<CallId>,
}

/// The requirements of a request. Its size is an estimate until the prompt exists.
pub(in crate::feature::next_edit) fn spec(core: &Core, open: &OpenDocument) -> RequestSpec {
    let options = core.options_of(open);
    RequestSpec {
        feature: Feature::NextEdit,
        wants: Capability::NextEdit,
        size: RequestSize { bytes: BYTES, stable: STABLE, max_output: TOKENS, output: None },
        document: open.number(),
        policy: options.policy.clone(),
        deadline: Feature::NextEdit.deadline(),
        usd: options.next_edit.usd,
        ahead: None,
        except: Vec::new(),
    }
}

/// The new text of the window, if a model has suggested one.
pub(in crate::feature::next_edit) async fn ask(
    models: &Models,
    mut spec: RequestSpec,
    prompt: &EditPrompt,
    files: Vec<String>,
) -> Option<Answer> {
    let window = &prompt.window.text;
    spec.size.max_output = prompt.max_tokens;
    spec.size.output = Some((window.len() / BYTES_PER_TOKEN) as u32);
    let (mut mask, mut masked) = (Mask::new(), Prompt::Edit(prompt.clone()));
    masked.mask(&mut mask);
    let (prompt, limit) = (Arc::new(masked), LONGEST * window.len() + BYTES as usize);
    let reply = Arc::new(Mutex::new(Reply::default()));
    let into = Arc::clone(&reply);
    let sink = Box::new(move |event: StreamEvent<'_>| into.lock().take(event, limit));
    let sent = Arc::clone(&prompt);
    let request = RouterRequest {
        spec,
        prompt,
        smaller: None,
        files,
        standby: None,
        reasoning: Some(RepetitionWatch::beside(window).of_reasoning()),
        sink,
    };
    let outcome = models.router.answer(request).await;
    models.warn_of(&outcome).await;
    let answer = outcome.answer.as_ref().filter(|it| !it.is_cut)?;
    let AnsweredBy::Target(by) = &answer.by else { return None };
    let reply = reply.lock();
    let new = mask.restore(&reply.read(&sent)?);
    // A placeholder that the prompt did not contain cannot be restored.
    let is_whole = !mask::has_placeholder(&new) || mask::has_placeholder(window);
    let (by, call) = (Arc::clone(by), answer.total.map(|it| it.call));
    let probability = reply.sum.map(f32::exp);
    is_whole.then_some(Answer { window: new, probability, by, call })
}

impl Reply {
    fn take(&mut self, event: StreamEvent<'_>, limit: usize) -> Flow {
        match event {
            StreamEvent::Started { target } => {
                *self = Self { format: target.model.edits, sum: Some(0.0), ..Self::default() };
            }
            StreamEvent::LogProb(it) => self.log_prob = Some(it),
            StreamEvent::Delta(text) => {
                self.text.push_str(text);
                self.sum = self.sum.zip(self.log_prob.take()).map(|(sum, it)| sum + it);
            }
            StreamEvent::Reset { .. } => *self = Self::default(),
            StreamEvent::Spent(_) | StreamEvent::Relayed(_) | StreamEvent::Done => {}
        }
        if self.text.len() > limit { Flow::Stop } else { Flow::On }
    }

    /// The new window of a prompt, unless the reply is improbable.
    fn read(&self, sent: &Prompt) -> Option<String> {
        let Prompt::Edit(prompt) = sent else { return None };
        let is_likely = self.sum.is_none_or(|it| it.exp() >= LEAST);
        self.format.filter(|_| is_likely)?.read(&self.text, prompt)
    }
}
