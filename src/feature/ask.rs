//! Free-form questions about a selection, about files, or about an earlier answer.
//!
//! A limited number of conversations is kept, so that a question can continue one of them.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use crate::context::{Part, PartKind};
use crate::feature::action::context::ActionContext;
use crate::feature::action::{ActionOutcome, ActionReply, Consent};
use crate::feature::action_error::ActionError;
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::feature::question::ChatSink;
use crate::feature::rules::ProjectRules;
use crate::feature::surroundings::PromptSurroundings;
use crate::feature::{action, action_error, eligibility, question};
use crate::prompt::action::ActionOutput;
use crate::prompt::{Chat, Role, Turn, action as words};
use crate::reply::answer;
use crate::reply::ending::AnswerWatch;
use crate::router::spec::{
    Capability, Deadline, Feature, PrivacyPolicy, Reach, RequestSize, RequestSpec,
};

/// Conversations kept, and turns of each: the first, which contains the code, and the last ones.
const THREADS: NonZeroUsize = NonZeroUsize::new(16).expect("it is not zero");
const TURNS: usize = 8;
/// Bytes of each attached file in the prompt.
const FILE: usize = 12 << 10;
/// Longest answer, in tokens.
const TOKENS: u32 = 1024;

/// Conversations by name.
pub struct Threads(Mutex<LruCache<String, Conversation>>);

/// The messages, the policy that restricts their recipients, and the file they are about.
#[derive(Clone)]
pub(super) struct Conversation {
    pub(super) chat: Chat,
    pub(super) policy: PrivacyPolicy,
    pub(super) about: Option<Arc<Path>>,
}

#[derive(Clone)]
pub struct Question<'a> {
    pub text: &'a str,
    /// The conversation that the question continues or starts.
    pub thread: &'a str,
    /// The document and the byte range that the question is about.
    pub about: Option<(&'a OpenDocument, Range<usize>)>,
    /// Attached files.
    pub files: &'a [&'a Path],
    pub consent: Consent,
}

/// Answers questions.
pub struct Questions {
    core: Arc<Core>,
    rules: ProjectRules,
}

impl Questions {
    pub(super) fn new(core: &Arc<Core>, rules: ProjectRules) -> Self {
        Self { core: Arc::clone(core), rules }
    }

    /// Sends the question, streams events to `sink`, and keeps the conversation for the next question.
    ///
    /// # Errors
    ///
    /// `ActionError::Dear` before anything is sent, if the expected cost needs consent.
    pub async fn ask(
        &self,
        question: &Question<'_>,
        sink: ChatSink,
    ) -> Result<ActionReply, ActionError> {
        let open = question.about.as_ref().map(|it| it.0);
        if let Some(open) = open {
            eligibility::models(&self.core, open)?;
        }
        let earlier = self.core.shared.threads.get(question.thread);
        let about = earlier.as_ref().and_then(|it| it.about.as_deref());
        let seen = question.files.iter().copied().map(Some).chain([about]);
        let mut seen: Vec<Option<&Path>> = seen.collect();
        if let Some(pause) = seen.iter().find_map(|it| self.core.shared.pauses.holds(*it)) {
            return Err(ActionError::Paused(pause));
        }
        seen.extend(open.map(|it| it.path.as_deref()));
        let models = self.core.models.as_ref().ok_or(ActionError::NoModels)?;
        let (mut chat, mut files) = self.conversation(question)?;
        let policy = self.policy_of(question);
        // A conversation contains the rules from its first question.
        if earlier.is_none() {
            let folder = self.folder_of(question);
            self.rules.add((&mut chat, &mut files), folder.as_deref(), &policy).await;
        }
        let options = self.core.options(open.and_then(|it| it.path.as_deref()));
        let spec = request_spec(open, &chat, &policy, options.edit.deadline);
        let allowed = question.consent.limit(options);
        if let Some(cost) = action::cost_above_limit(models, &spec, allowed, Default::default()) {
            return Err(ActionError::Dear(cost));
        }
        let (watch, shown) = (AnswerWatch::default(), Arc::clone(&sink));
        let answered = question::send(models, spec, chat.clone(), files, shown, watch);
        let reply = eligibility::until_paused(&self.core, &seen, answered).await?;
        let text = answer::clean(reply.text.trim());
        if text.trim().is_empty() {
            let empty = || "the answer is empty".to_owned();
            let why = reply.cut.map_or_else(empty, |it| format!("the answer was {it}"));
            let what = action_error::missing(ActionOutput::Answer);
            return Err(ActionError::OfNoUse { what, by: reply.by, why, answer: String::new() });
        }
        let text = reply.with_cut_note(text, &sink);
        let about = earlier.map_or_else(|| open.and_then(|it| it.path.clone()), |it| it.about);
        self.core.shared.threads.keep(question.thread, Conversation { chat, policy, about }, &text);
        let done = ActionOutcome::Answer(text);
        Ok(ActionReply { done, by: reply.by, total: reply.total, widened: None, check: None })
    }

    /// The policies of the document, the attached files and the continued conversation combined. A question
    /// without files may be sent to any provider.
    fn policy_of(&self, question: &Question<'_>) -> PrivacyPolicy {
        let about = question.about.iter().map(|it| it.0.path.as_deref());
        let files = question.files.iter().copied().map(Some);
        let policies = about.chain(files).map(|it| &self.core.options(it).policy);
        let words =
            PrivacyPolicy { reach: Reach::Anywhere, ..self.core.options(None).policy.clone() };
        let thread = self.core.shared.threads.get(question.thread).map_or(words, |it| it.policy);
        policies.fold(thread, PrivacyPolicy::and)
    }

    /// The folder whose rules apply: that of the document or of the first attached file, else the only open
    /// folder.
    fn folder_of(&self, question: &Question<'_>) -> Option<PathBuf> {
        let about = question.about.as_ref().and_then(|it| it.0.path.as_deref());
        let file = about.or_else(|| question.files.first().copied());
        match (file, &self.core.roots[..]) {
            (Some(file), _) => file.parent().map(Path::to_owned),
            (None, [only]) if question.about.is_none() => Some(only.clone()),
            (None, _) => None,
        }
    }

    /// The conversation with the new question, and the files whose text it contains.
    fn conversation(&self, question: &Question<'_>) -> Result<(Chat, Vec<String>), ActionError> {
        let turn = |text: String| Turn { role: Role::User, text };
        if let Some(Conversation { mut chat, .. }) = self.core.shared.threads.get(question.thread) {
            let files = chat.parts.iter().map(|it| it.path.clone()).collect();
            chat.turns.push(turn(question.text.to_owned()));
            return Ok((chat, files));
        }
        let mut parts = Vec::new();
        for path in question.files {
            self.core.shared.guard.check(path).map_err(ActionError::Hidden)?;
            let text =
                self.core.file(path).ok_or_else(|| ActionError::Unreadable(path.to_path_buf()))?;
            let text = text[..text.floor_char_boundary(FILE)].to_owned();
            parts.push(Part {
                kind: PartKind::Snippet,
                path: self.core.name(path),
                text,
                rank: 5000,
            });
        }
        let mut files: Vec<String> = parts.iter().map(|it| it.path.clone()).collect();
        let mut text = question.text.to_owned();
        if let Some((open, range)) = &question.about {
            let scene = ActionContext::new(&self.core, open, range);
            let around = PromptSurroundings::gather(&self.core, &open.place(scene.range.start));
            files.extend(around.files);
            parts.extend(around.parts);
            text = words::question(&scene.subject(&[], None), question.text);
        }
        files.sort_unstable();
        files.dedup();
        let chat = Chat {
            system: words::SYSTEM.to_owned(),
            parts,
            turns: vec![turn(text)],
            max_tokens: TOKENS,
            stop: Vec::new(),
            thinks: true,
            exact: false,
        };
        Ok((chat, files))
    }
}

fn request_spec(
    about: Option<&OpenDocument>,
    chat: &Chat,
    policy: &PrivacyPolicy,
    deadline: Deadline,
) -> RequestSpec {
    let bytes = action::bytes(chat) as u64;
    RequestSpec {
        feature: Feature::Explain,
        wants: Capability::Chat,
        size: RequestSize { bytes, stable: 0.0, max_output: TOKENS, output: None },
        document: about.map_or(0, OpenDocument::number),
        policy: policy.clone(),
        deadline,
        usd: None,
        ahead: None,
        except: Vec::new(),
    }
}

impl Threads {
    fn get(&self, thread: &str) -> Option<Conversation> {
        self.0.lock().get(thread).cloned()
    }

    /// Stores a conversation with its last answer.
    pub(super) fn keep(&self, thread: &str, mut conversation: Conversation, answer: &str) {
        let chat = &mut conversation.chat;
        chat.turns.push(Turn { role: Role::Assistant, text: answer.to_owned() });
        while chat.turns.len() > TURNS {
            // Removes a question and its answer, but never the first turn, which contains the code.
            chat.turns.drain(1..3);
        }
        let mut threads = self.0.lock();
        threads.put(thread.to_owned(), conversation);
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(THREADS)))
    }
}
