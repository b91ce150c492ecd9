//! Code actions: what a selection, a diagnostic or a place can ask of a model, and what comes of it.
//!
//! The road of one: its scene (whole lines, widened where nothing is selected), the words of its
//! action, masked, put to the router; the answer read into a change, checked against the language,
//! or passed on as Markdown while it streams. An answer of no use is asked of somebody else once.

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
use crate::feature::action_error::ActionError;
use crate::feature::ask::Conversation;
use crate::feature::document::OpenDocument;
use crate::feature::hover::Asker;
use crate::feature::hover::symbol::Symbol;
use crate::feature::models::Models;
use crate::feature::question::{ChatEvent, ChatSink};
use crate::feature::{Engine, EngineOptions, question};
use crate::models::price::money::Money;
use crate::prompt::action::{Action, ActionOutput, Diagnostic};
use crate::prompt::{Chat, action};
use crate::router::recorder::CallTotal;
use crate::router::spec::{Capability, Feature, RequestSize, RequestSpec};

/// The action that writes the message of what is staged.
pub const COMMIT_MESSAGE: &str = action::commit::NAME;
/// The action that explains.
pub const EXPLAIN: &str = "explain";
/// How often an answer of no use is asked of somebody else.
const AGAIN: usize = 1;
/// Bytes of a file of tests that a model sees for its style.
const STYLE: usize = 3072;
/// Bytes of a model's text that count as a token.
const BYTES_A_TOKEN: usize = 3;

/// What is asked.
#[derive(Clone, Debug)]
pub struct ActionRequest {
    /// The action's name.
    pub action: String,
    /// In bytes; empty where nothing is selected.
    pub range: Range<usize>,
    pub diagnostics: Vec<Diagnostic>,
    /// What the user says to do.
    pub instruction: Option<String>,
    pub consent: Consent,
    /// The thread that an answer begins.
    pub thread: Option<String>,
}

/// Whether its user has agreed to what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Up to what the settings say.
    UpToLimit,
    Given,
}

/// Where its user says what to do, if an action needs that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionText {
    /// They are asked for.
    Asked,
    /// In a comment that begins with `ai:`.
    InComments,
}

/// What came of it.
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
    /// Text for the end of another file, which may not be there yet.
    Append {
        path: PathBuf,
        text: String,
    },
    /// Markdown.
    Answer(String),
    /// Remarks on lines, counted from 0, the worst first.
    Findings(Vec<(usize, String)>),
}

impl Engine {
    /// What can be asked about a place, the best first. No model is asked.
    pub fn actions(
        &self,
        open: &OpenDocument,
        range: &Range<usize>,
        diagnostics: &[Diagnostic],
        words: ActionText,
    ) -> Vec<Action> {
        let scene = self.scene(open, range);
        let subject = scene.subject(diagnostics, None);
        let said = words == ActionText::Asked || action::edit::said(&scene.original).is_some();
        let all = self.catalogue(open).into_iter().filter(|it| said || !it.takes_words());
        let mut fitting: Vec<_> = all.filter_map(|it| Some((it.fit(&subject)?, it))).collect();
        fitting.sort_by_key(|it| std::cmp::Reverse(it.0));
        fitting.into_iter().map(|it| it.1).collect()
    }

    /// What people call an action.
    pub fn title(&self, open: &OpenDocument, name: &str) -> String {
        self.find(open, name).map_or_else(|| name.to_owned(), |it| it.title.into_owned())
    }

    /// Our actions and its user's; theirs take the place of ours by the same name.
    fn catalogue(&self, open: &OpenDocument) -> Vec<Action> {
        let theirs = &self.options(open.path.as_deref()).actions;
        let mut all = action::catalogue();
        all.retain(|it| theirs.iter().all(|theirs| theirs.name != it.name));
        all.extend(
            theirs.iter().cloned().map(|it| {
                Action::of_user(it.name, it.title, it.instruction, it.gives, it.languages)
            }),
        );
        all
    }

    fn find(&self, open: &OpenDocument, name: &str) -> Option<Action> {
        self.catalogue(open).into_iter().find(|it| it.name == name)
    }

    /// Why nothing can be asked here, if so.
    pub fn refusal(&self, open: &OpenDocument) -> Option<ActionError> {
        if let Err(reason) = self.check(open) {
            return Some(reason.into());
        }
        self.models.is_none().then_some(ActionError::NoModels)
    }

    /// Asks, tells what is heard, and gives what came of it. The document may change meanwhile.
    pub async fn act(
        &self,
        open: &OpenDocument,
        ask: &ActionRequest,
        ear: ChatSink,
    ) -> Result<ActionReply, ActionError> {
        if let Some(refusal) = self.refusal(open) {
            return Err(refusal);
        }
        let models = self.models.as_ref().ok_or(ActionError::NoModels)?;
        let action =
            self.find(open, &ask.action).ok_or_else(|| ActionError::Unknown(ask.action.clone()))?;
        let ear = match action.gives {
            ActionOutput::Answer => ear,
            // Half of a change is nothing to look at.
            ActionOutput::Edit
            | ActionOutput::Tests
            | ActionOutput::Findings
            | ActionOutput::Message => question::quiet(ear),
        };
        let mut scene = self.scene(open, &ask.range);
        if action.takes_words() && ask.instruction.is_none() {
            scene.take_words();
        }
        if action.gives == ActionOutput::Message {
            scene.take_message(open);
        }
        if action.keeps_to_part() && scene.said.is_none() {
            scene.narrow(open, &ask.range);
        }
        // Before anything is awaited: the document may change from here on.
        let mark = open.mark(scene.range.clone());
        let wholes = match (action.gives, scene.is_part()) {
            (ActionOutput::Edit, false) => self.wholes(open, &scene),
            (_, _) => Vec::new(),
        };
        let staged = match action.gives {
            ActionOutput::Message => {
                let staged = self.staged(open).await?;
                Some((staged.folder.clone(), scene.take_staged(staged)))
            }
            ActionOutput::Edit
            | ActionOutput::Answer
            | ActionOutput::Tests
            | ActionOutput::Findings => None,
        };
        let mut spec = need(self.options(open.path.as_deref()), open, &action, &scene);
        let mut folder = open.path.as_deref().and_then(Path::parent).map(Path::to_owned);
        let (chat, mut files) = match staged {
            Some((top, files)) => {
                folder = Some(top);
                let subject = scene.subject(&[], scene.said.as_deref());
                (action.chat(&subject, Vec::new(), spec.size.max_output), files)
            }
            None => self.words(open, &action, &scene, ask, spec.size.max_output),
        };
        let symbol = self.meant(open, ask);
        let mut chat = symbol.as_ref().map_or(chat, |it| it.chat(open.language_name()));
        self.add_rules((&mut chat, &mut files), folder.as_deref(), &spec.policy).await;
        spec.size.bytes = bytes(&chat) as u64;
        let _asking = symbol.as_ref().and_then(|it| self.asking(it, &spec));
        let allowed = self.allowed(open, ask.consent);
        let mut spent = Money::default();
        let mut last = None;
        let ends = Instant::now() + spec.deadline.total;
        for _ in 0..=AGAIN {
            // The second candidate has what the first one left of the time.
            spec.deadline.total = ends.saturating_duration_since(Instant::now());
            if let Some(last) = last.take_if(|_| spec.deadline.total.is_zero()) {
                return Err(last);
            }
            if let Some(dear) = dearer(models, &spec, allowed, spent) {
                return Err(last.unwrap_or(ActionError::Dear(dear)));
            }
            let asked =
                question::put(models, spec.clone(), chat.clone(), files.clone(), Arc::clone(&ear));
            let said = match asked.await {
                Ok(said) => said,
                Err(refusal) => return Err(last.unwrap_or(refusal)),
            };
            spent = spent + said.total.as_ref().and_then(|it| it.money).unwrap_or_default();
            let by = Arc::clone(&said.by);
            let replaces = matches!(
                action.gives,
                ActionOutput::Edit | ActionOutput::Tests | ActionOutput::Message
            );
            let cut = said.cut_at.filter(|_| replaces);
            let comes_to = match cut {
                // The lines that are missing would be deleted.
                Some(limit) => {
                    Err(format!("the answer was cut off at its limit of {limit} tokens"))
                }
                None => {
                    let place = (mark.clone(), &wholes[..]);
                    self.comes_to(open, &action, &scene, place, &said.text).await
                }
            };
            match comes_to {
                Ok(mut done) => {
                    if let ActionOutcome::Answer(text) = &mut done {
                        *text = said.noted(std::mem::take(text), &ear);
                    }
                    if let (Some(symbol), ActionOutcome::Answer(text)) = (&symbol, &done) {
                        self.shared.explained.put(symbol.key, text.clone(), by);
                    }
                    if let (Some(thread), ActionOutcome::Answer(text)) = (&ask.thread, &done) {
                        let about = open.path.clone();
                        let policy = self.options(about.as_deref()).policy.clone();
                        let said = Conversation { chat, policy, about };
                        self.shared.threads.keep(thread, said, text);
                    }
                    return Ok(ActionReply { done, by: said.by, total: said.total });
                }
                Err(why) => last = Some(ActionError::OfNoUse { by: Arc::clone(&by), why }),
            }
            ear(ChatEvent::Reset);
            spec.except.push(by);
            spec.except.extend(said.failed);
        }
        Err(last.expect("it was asked at least once"))
    }

    /// The symbol that is to be explained where no more than its name is selected. Hover shows the
    /// same explanation.
    fn meant(&self, open: &OpenDocument, ask: &ActionRequest) -> Option<Symbol> {
        let explains = ask.action == EXPLAIN;
        let symbol = explains.then(|| self.symbol(&open.place(ask.range.start), Asker::Key))??;
        let is_it = symbol.range.start <= ask.range.start && ask.range.end <= symbol.range.end;
        is_it.then_some(symbol)
    }

    /// What one may cost unasked; `None` where its user has agreed to any.
    fn allowed(&self, open: &OpenDocument, consent: Consent) -> Option<Money> {
        match consent {
            Consent::Given => None,
            Consent::UpToLimit => self.options(open.path.as_deref()).edit.ask_above,
        }
    }

    /// The question, and the files that are in it.
    fn words(
        &self,
        open: &OpenDocument,
        action: &Action,
        scene: &ActionContext,
        ask: &ActionRequest,
        max_tokens: u32,
    ) -> (Chat, Vec<String>) {
        let around = self.surroundings(&open.place(scene.range.start));
        let (mut parts, mut files) = (around.parts, around.files);
        if action.gives == ActionOutput::Tests
            && let Some((name, text)) = self.tests_of(open, scene)
        {
            let text = text[..text.floor_char_boundary(STYLE)].to_owned();
            files.push(name.clone());
            parts.push(Part { kind: PartKind::Snippet, path: name, text, rank: 5000 });
        }
        let subject =
            scene.subject(&ask.diagnostics, ask.instruction.as_deref().or(scene.said.as_deref()));
        (action.chat(&subject, parts, max_tokens), files)
    }
}

/// The requirements of an action.
fn need(
    options: &EngineOptions,
    open: &OpenDocument,
    action: &Action,
    scene: &ActionContext,
) -> RequestSpec {
    let tokens = (scene.selection.len() / BYTES_A_TOKEN) as u32;
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

/// What it would cost, where that is more than it may.
pub(super) fn dearer(
    models: &Models,
    spec: &RequestSpec,
    allowed: Option<Money>,
    spent: Money,
) -> Option<Money> {
    let dollars = models.router.plan(spec).order.first()?.value.dollars?;
    let money = spent + Money::from_dollars(dollars)?;
    (money > allowed?).then_some(money)
}
