//! Code actions: requests to a model about a selection, a diagnostic or a place.
//!
//! An action takes its context (whole lines; without a selection, the lines around the place), builds a
//! prompt, masks it and sends it through the router. The answer becomes a change that is checked for syntax
//! errors, or Markdown that is streamed. An unusable answer is requested from another model once.

pub mod change;
pub mod context;
mod outcome;
mod whole;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::Instant;

use crate::context::{Part, PartKind};
use crate::feature::action::change::ActionChange;
use crate::feature::action::context::ActionContext;
use crate::feature::action::whole::WholeFile;
use crate::feature::action_error::ActionError;
use crate::feature::ask::Conversation;
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, TrackedRange};
use crate::feature::hover::Asker;
use crate::feature::hover::symbol::Symbol;
use crate::feature::models::Models;
use crate::feature::question::{ChatEvent, ChatReply, ChatSink};
use crate::feature::rules::ProjectRules;
use crate::feature::staged::Staged;
use crate::feature::surroundings::PromptSurroundings;
use crate::feature::{EngineOptions, eligibility, hover, question};
use crate::models::price::money::Money;
use crate::prompt::action::{Action, ActionOutput, Diagnostic};
use crate::prompt::{Chat, action};
use crate::router::recorder::CallTotal;
use crate::router::spec::{Capability, Feature, RequestSize, RequestSpec};

/// The action that writes a commit message for the staged changes.
pub const COMMIT_MESSAGE: &str = action::commit::NAME;
pub const EXPLAIN: &str = "explain";
/// Requests to further models after an unusable answer.
const RETRIES: usize = 1;
/// Bytes of an existing test file that a prompt contains as a style sample.
const STYLE: usize = 3072;
/// Estimate for output lengths.
const BYTES_PER_TOKEN: usize = 3;

#[derive(Clone, Debug)]
pub struct ActionRequest {
    /// The name of the action.
    pub action: String,
    /// In bytes; empty without a selection.
    pub range: Range<usize>,
    pub diagnostics: Vec<Diagnostic>,
    /// The instruction that the user entered.
    pub instruction: Option<String>,
    pub consent: Consent,
    /// The conversation that the answer starts.
    pub thread: Option<String>,
}

/// The user's consent to the cost of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Up to `limit.edit.ask_above_usd`.
    UpToLimit,
    Given,
}

/// The source of the instruction, for actions that need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionText {
    /// The editor prompts the user.
    Asked,
    /// A comment that begins with `ai:`.
    InComments,
}

#[derive(Clone, Debug)]
pub struct ActionReply {
    pub done: ActionOutcome,
    /// `provider/model`.
    pub by: Arc<str>,
    pub total: Option<CallTotal>,
}

#[derive(Clone, Debug)]
pub enum ActionOutcome {
    Change(ActionChange),
    /// Text for the end of another file, which is created if it does not exist.
    Append {
        path: PathBuf,
        text: String,
    },
    /// Markdown.
    Answer(String),
    /// Remarks on lines, counted from 0, the most severe first.
    Findings(Vec<(usize, String)>),
}

/// Offers and performs code actions.
pub struct Actions {
    core: Arc<Core>,
    rules: ProjectRules,
}

/// A request that is ready to be sent, and what its answer changes.
struct PreparedAction {
    scene: ActionContext,
    /// The lines that the answer replaces.
    mark: TrackedRange,
    /// Definitions that the answer may replace as a whole.
    definitions: Vec<WholeFile>,
    /// The symbol that the answer explains.
    symbol: Option<Symbol>,
    spec: RequestSpec,
    chat: Chat,
    /// Files whose text is in the prompt.
    files: Vec<String>,
}

impl Actions {
    pub(super) fn new(core: &Arc<Core>, rules: ProjectRules) -> Self {
        Self { core: Arc::clone(core), rules }
    }

    /// The actions that fit a place, best first. Sends no request.
    pub fn fitting(
        &self,
        open: &OpenDocument,
        range: &Range<usize>,
        diagnostics: &[Diagnostic],
        words: ActionText,
    ) -> Vec<Action> {
        let scene = ActionContext::new(&self.core, open, range);
        let subject = scene.subject(diagnostics, None);
        let has_text = words == ActionText::Asked || action::edit::said(&scene.original).is_some();
        let all = self.catalogue(open).into_iter().filter(|it| has_text || !it.takes_words());
        let mut fitting: Vec<_> = all.filter_map(|it| Some((it.fit(&subject)?, it))).collect();
        fitting.sort_by_key(|it| std::cmp::Reverse(it.0));
        fitting.into_iter().map(|it| it.1).collect()
    }

    pub fn title(&self, open: &OpenDocument, name: &str) -> String {
        self.find(open, name).map_or_else(|| name.to_owned(), |it| it.title.into_owned())
    }

    /// The built-in actions and those from the settings. An action from the settings replaces the built-in
    /// action of the same name.
    fn catalogue(&self, open: &OpenDocument) -> Vec<Action> {
        let custom = &self.core.options_of(open).actions;
        let mut all = action::catalogue();
        all.retain(|it| custom.iter().all(|custom| custom.name != it.name));
        all.extend(
            custom.iter().cloned().map(|it| {
                Action::of_user(it.name, it.title, it.instruction, it.gives, it.languages)
            }),
        );
        all
    }

    fn find(&self, open: &OpenDocument, name: &str) -> Option<Action> {
        self.catalogue(open).into_iter().find(|it| it.name == name)
    }

    /// Why actions are not available in a document; `None` if they are.
    pub fn refusal(&self, open: &OpenDocument) -> Option<ActionError> {
        eligibility::models(&self.core, open).err()
    }

    /// Sends the request, streams events to `sink` and returns the outcome. The document may change before
    /// the answer arrives.
    ///
    /// # Errors
    ///
    /// `ActionError::Dear` before anything is sent, if the expected cost needs consent.
    pub async fn act(
        &self,
        open: &OpenDocument,
        ask: &ActionRequest,
        sink: ChatSink,
    ) -> Result<ActionReply, ActionError> {
        let models = eligibility::models(&self.core, open)?;
        let action =
            self.find(open, &ask.action).ok_or_else(|| ActionError::Unknown(ask.action.clone()))?;
        let sink = match action.gives {
            ActionOutput::Answer => sink,
            // A partial change is not useful to show.
            ActionOutput::Edit
            | ActionOutput::Tests
            | ActionOutput::Findings
            | ActionOutput::Message => question::without_text(sink),
        };
        let prepared = self.prepare(open, &action, ask).await?;
        let (symbol, mut spec) = (prepared.symbol.as_ref(), prepared.spec.clone());
        let _requested = symbol.and_then(|it| {
            let (by, _) = hover::expected(models, &spec)?;
            Some(self.core.shared.explained.mark_requested(it.key, by))
        });
        let allowed = self.cost_limit(open, ask.consent);
        let mut spent = Money::default();
        let mut last = None;
        let ends = Instant::now() + spec.deadline.total;
        for _ in 0..=RETRIES {
            // The retry gets the remaining time only.
            spec.deadline.total = ends.saturating_duration_since(Instant::now());
            if let Some(last) = last.take_if(|_| spec.deadline.total.is_zero()) {
                return Err(last);
            }
            if let Some(cost) = cost_above_limit(models, &spec, allowed, spent) {
                return Err(last.unwrap_or(ActionError::Dear(cost)));
            }
            let (chat, files) = (prepared.chat.clone(), prepared.files.clone());
            let sent = question::send(models, spec.clone(), chat, files, Arc::clone(&sink)).await;
            let reply = match sent {
                Ok(reply) => reply,
                Err(refusal) => return Err(last.unwrap_or(refusal)),
            };
            spent = spent + reply.total.as_ref().and_then(|it| it.money).unwrap_or_default();
            match self.outcome(open, &action, &prepared, &reply).await {
                Ok(done) => return Ok(self.finish(open, ask, prepared, done, reply, &sink)),
                Err(why) => last = Some(ActionError::OfNoUse { by: Arc::clone(&reply.by), why }),
            }
            sink(ChatEvent::Reset);
            spec.except.push(reply.by);
            spec.except.extend(reply.failed);
        }
        Err(last.expect("the loop runs at least once"))
    }

    /// Collects the context of a request and builds its prompt.
    async fn prepare(
        &self,
        open: &OpenDocument,
        action: &Action,
        ask: &ActionRequest,
    ) -> Result<PreparedAction, ActionError> {
        let mut scene = ActionContext::new(&self.core, open, &ask.range);
        if action.takes_words() && ask.instruction.is_none() {
            scene.take_instruction();
        }
        if action.gives == ActionOutput::Message {
            scene.take_message(open);
        }
        if action.keeps_to_part() && scene.instruction.is_none() {
            scene.narrow(open, &ask.range);
        }
        // Set before the first await: the document may change afterwards.
        let mark = open.mark(scene.range.clone());
        let definitions = match (action.gives, scene.is_part()) {
            (ActionOutput::Edit, false) => {
                whole::enclosing_definitions(&self.core.shared, open, &scene)
            }
            (_, _) => Vec::new(),
        };
        let staged = match action.gives {
            ActionOutput::Message => Some(Staged::read(&self.core, open).await?),
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
        let options = self.core.options_of(open);
        let mut spec = request_spec(options, open, action, &scene);
        let (chat, mut files) = match staged {
            Some(files) => {
                let subject = scene.subject(&[], scene.instruction.as_deref());
                (action.chat(&subject, Vec::new(), spec.size.max_output), files)
            }
            None => self.compose(open, action, &scene, ask, spec.size.max_output),
        };
        let symbol = self.symbol_to_explain(open, ask);
        let mut chat = symbol.as_ref().map_or(chat, |it| it.chat(open.language_name()));
        self.rules.add((&mut chat, &mut files), folder.as_deref(), &spec.policy).await;
        spec.size.bytes = bytes(&chat) as u64;
        Ok(PreparedAction { scene, mark, definitions, symbol, spec, chat, files })
    }

    /// The outcome of a reply, or why it is unusable.
    async fn outcome(
        &self,
        open: &OpenDocument,
        action: &Action,
        PreparedAction { scene, mark, definitions, .. }: &PreparedAction,
        reply: &ChatReply,
    ) -> Result<ActionOutcome, String> {
        let replaces = matches!(
            action.gives,
            ActionOutput::Edit | ActionOutput::Tests | ActionOutput::Message
        );
        if let Some(limit) = reply.cut_at.filter(|_| replaces) {
            // Applying it would delete the missing lines.
            return Err(format!("the answer was cut off at its limit of {limit} tokens"));
        }
        let place = (mark.clone(), &definitions[..]);
        outcome::outcome(&self.core.shared.syntax, open, action, scene, place, &reply.text).await
    }

    /// Keeps an answer for hovers and for further questions.
    fn finish(
        &self,
        open: &OpenDocument,
        ask: &ActionRequest,
        prepared: PreparedAction,
        mut done: ActionOutcome,
        reply: ChatReply,
        sink: &ChatSink,
    ) -> ActionReply {
        if let ActionOutcome::Answer(text) = &mut done {
            *text = reply.with_cut_note(std::mem::take(text), sink);
            let shared = &self.core.shared;
            if let Some(symbol) = &prepared.symbol {
                shared.explained.put(symbol.key, text.clone(), Arc::clone(&reply.by));
            }
            if let Some(thread) = &ask.thread {
                let about = open.path.clone();
                let policy = self.core.options(about.as_deref()).policy.clone();
                let conversation = Conversation { chat: prepared.chat, policy, about };
                shared.threads.keep(thread, conversation, text);
            }
        }
        ActionReply { done, by: reply.by, total: reply.total }
    }

    /// The symbol to explain, if the selection is within its name. Hover shows the same explanation.
    fn symbol_to_explain(&self, open: &OpenDocument, ask: &ActionRequest) -> Option<Symbol> {
        if ask.action != EXPLAIN {
            return None;
        }
        let symbol = Symbol::at(&self.core, &open.place(ask.range.start), Asker::Key)?;
        let is_within = symbol.range.start <= ask.range.start && ask.range.end <= symbol.range.end;
        is_within.then_some(symbol)
    }

    /// The highest cost without confirmation; `None` for any cost.
    fn cost_limit(&self, open: &OpenDocument, consent: Consent) -> Option<Money> {
        match consent {
            Consent::Given => None,
            Consent::UpToLimit => self.core.options_of(open).edit.ask_above,
        }
    }

    /// The prompt, and the files whose text it contains.
    fn compose(
        &self,
        open: &OpenDocument,
        action: &Action,
        scene: &ActionContext,
        ask: &ActionRequest,
        max_tokens: u32,
    ) -> (Chat, Vec<String>) {
        let around = PromptSurroundings::gather(&self.core, &open.place(scene.range.start));
        let (mut parts, mut files) = (around.parts, around.files);
        if action.gives == ActionOutput::Tests
            && let Some((name, text)) = outcome::existing_tests(&self.core, open, scene)
        {
            let text = text[..text.floor_char_boundary(STYLE)].to_owned();
            files.push(name.clone());
            parts.push(Part { kind: PartKind::Snippet, path: name, text, rank: 5000 });
        }
        let subject = scene
            .subject(&ask.diagnostics, ask.instruction.as_deref().or(scene.instruction.as_deref()));
        (action.chat(&subject, parts, max_tokens), files)
    }
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

pub(super) fn bytes(chat: &Chat) -> usize {
    let turns: usize = chat.turns.iter().map(|it| it.text.len()).sum();
    let parts: usize = chat.parts.iter().map(|it| it.text.len()).sum();
    chat.system.len() + turns + parts
}

/// The expected total cost, if it is above `allowed`.
pub(super) fn cost_above_limit(
    models: &Models,
    spec: &RequestSpec,
    allowed: Option<Money>,
    spent: Money,
) -> Option<Money> {
    let dollars = models.router.plan(spec).order.first()?.value.dollars?;
    let money = spent + Money::from_dollars(dollars)?;
    (money > allowed?).then_some(money)
}
