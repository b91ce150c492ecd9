//! The next edit: the change that the user has just made in some places, suggested at the next one. No model
//! is needed. Edits are read as rewrites of lexemes (`hunk`, `rewrite`). Repeated rewrites form a rule,
//! which is tried wherever its old lexemes occur (`occurrence`). Edits below a confidence are not shown
//! (`gate`), nor are edits that the user rejected (`memory`).

mod align;
mod declared;
pub mod external;
mod form;
mod gate;
mod group;
pub(crate) mod hunk;
mod interpolation;
mod label;
mod lexeme;
mod link;
pub mod memory;
mod occurrence;
pub(crate) mod open_texts;
mod parameter;
pub mod predictor;
mod receiver;
mod reference;
pub mod rename;
mod repeat;
mod replay;
pub mod rewrite;
mod role;
mod shadow;

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use crate::feature::completion::Unavailable;
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, Place};
use crate::feature::eligibility;
use crate::feature::next_edit::gate::Evidence;
use crate::feature::next_edit::hunk::{Example, Latest};
use crate::feature::next_edit::memory::SuggestedEdit;
use crate::feature::next_edit::occurrence::Replacing;
use crate::feature::next_edit::open_texts::OpenTexts;
use crate::feature::next_edit::rename::NameConflict;
use crate::feature::next_edit::rewrite::RuleKey;
use crate::feature::silences::SilenceLog;

/// An edit older than this suggests nothing.
const FRESH: Duration = Duration::from_secs(60);
/// The longest wait for a syntax tree. A parse after an edit takes a few milliseconds, on a busy machine more; the
/// editor does not request again.
const PARSE: Duration = Duration::from_secs(1);
/// Larger documents, in bytes, are not searched.
const LARGE: usize = 1_000_000;
/// The quotes of an unknown language.
const QUOTES: &str = "\"'";

/// An edit to suggest.
#[derive(Clone, Debug, PartialEq)]
pub struct NextEdit {
    /// The client's name for it.
    pub id: String,
    /// The document's key and version.
    pub document: Arc<str>,
    pub version: i32,
    /// The bytes to replace, and their text.
    pub range: Range<usize>,
    pub old: String,
    pub text: String,
    pub kind: NextEditKind,
    /// The probability that it is right, if known.
    pub confidence: Option<f32>,
    /// The model that suggested it; `None` if it follows from the user's own edits.
    pub by: Option<Arc<str>>,
    /// The definition whose use it renames.
    pub definition: Option<RenamedDefinition>,
    evidence: Option<Evidence>,
}

/// A definition that the user renamed by typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedDefinition {
    /// The document's key and version.
    pub document: Arc<str>,
    pub version: i32,
    /// The bytes of its new name.
    pub range: Range<usize>,
    pub old: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextEditKind {
    /// The same rewrite was made in other places.
    Repeat,
    /// A definition was renamed, and this is one of its uses.
    Rename,
    /// A parameter was added to a function, and this call lacks it.
    Parameter,
    /// A model suggests it.
    Model,
}

/// Where an edit may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchScope {
    Document,
    OpenDocuments,
}

/// Why a client requests an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextEditTrigger {
    /// To show it without a request of the user.
    Automatic,
    /// The user pressed a key.
    Invoked,
    /// For a menu: an edit that is not chosen there was not rejected.
    Listed,
}

/// An edit that was found.
struct FoundEdit {
    document: usize,
    place: Range<usize>,
    edit: Replacing,
    rule: RuleKey,
    kind: NextEditKind,
    confidence: f32,
    evidence: Option<Evidence>,
    definition: Option<RenamedDefinition>,
}

impl NextEdit {
    /// The evidence for it, for the benchmark.
    pub fn grounds(&self) -> String {
        match self.evidence {
            Some(evidence) => evidence.to_string(),
            None => format!("{:?}", self.kind).to_lowercase(),
        }
    }
}

/// Finds the next edit.
pub struct NextEditFinder {
    core: Arc<Core>,
    silences: SilenceLog,
}

impl NextEditFinder {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core), silences: SilenceLog::new(core) }
    }

    /// The next edit seen from a place, if one is confident enough. `others` are the other open documents,
    /// the most recently used first.
    pub fn find(
        &self,
        place: &Place,
        others: &[OpenDocument],
        scope: SearchScope,
        trigger: NextEditTrigger,
    ) -> Option<NextEdit> {
        let (texts, latest) = self.latest(place, others, trigger)?;
        let found = self.candidate(&texts, latest, place.offset)?;
        if scope == SearchScope::Document && found.document != 0 {
            return None;
        }
        Some(self.offer_edit(&texts, found, trigger))
    }

    /// As `find_parsed`, but waits until a name that the user types is complete; `None` if the user goes on.
    pub async fn find_complete(
        &self,
        place: &Place,
        others: &[OpenDocument],
        scope: SearchScope,
        trigger: NextEditTrigger,
    ) -> Option<NextEdit> {
        if is_too_large(&place.open) && self.core.options_of(&place.open).next_edit.on {
            self.silences.note(&place.open, Unavailable::TooLarge);
            return None;
        }
        let edited = place.open.state().edited;
        let rest = edited.zip(self.rest(place, others, trigger));
        let is_over = || {
            let state = place.open.state();
            state.closed || state.revision != place.revision
        };
        if let Some((edited, rest)) = rest {
            tokio::select! {
                () = place.until(is_over) => return None,
                () = tokio::time::sleep_until(edited + rest) => {}
            }
        }
        self.find_parsed(place, others, scope, trigger).await
    }

    /// How long the name of a definition must rest that is typed at a place, key by key.
    fn rest(
        &self,
        place: &Place,
        others: &[OpenDocument],
        trigger: NextEditTrigger,
    ) -> Option<Duration> {
        let (texts, (latest, at)) = self.latest(place, others, trigger)?;
        let is_typing = at == 0 && latest.is_key && place.offset == latest.offset;
        if trigger == NextEditTrigger::Invoked || !is_typing {
            return None;
        }
        made(&texts, (latest, at)).into_iter().find_map(|it| rename::rest(&texts, it, place.offset))
    }

    /// As `find`, but waits for a moment until the syntax trees have the last edits: some clients
    /// send an edit together with the request, and documents may have just been opened.
    async fn find_parsed(
        &self,
        place: &Place,
        others: &[OpenDocument],
        scope: SearchScope,
        trigger: NextEditTrigger,
    ) -> Option<NextEdit> {
        let core = Arc::clone(&self.core);
        let keys = std::iter::once(&place.open).chain(others).map(|it| it.key.clone());
        // A parse may end during the search, which then has used the old tree.
        let behind: Vec<_> = keys.filter(|it| core.shared.trees.is_behind(it)).collect();
        if behind.is_empty() {
            let found = self.find(place, others, scope, trigger);
            std::iter::once(&place.open).chain(others).for_each(|it| self.prepare(it));
            return found;
        }
        let ends = Instant::now() + PARSE;
        let parsed = spawn_blocking(move || {
            let left = || ends.saturating_duration_since(Instant::now());
            behind.iter().all(|it| core.shared.trees.settle_within(it, left()))
        });
        let found = match parsed.await {
            Ok(true) => self.find(place, others, scope, trigger),
            Ok(false) | Err(_) => None,
        };
        std::iter::once(&place.open).chain(others).for_each(|it| self.prepare(it));
        found
    }

    /// Reads what a document declares, so that its first renamed definition needs no more than a later one.
    fn prepare(&self, open: &OpenDocument) {
        if open.state().outline.is_some() || !may_show(&self.core, open) {
            return;
        }
        let (core, open) = (Arc::clone(&self.core), open.clone());
        spawn_blocking(move || {
            let tree = core.shared.trees.newest(&open.key)?;
            Some(open_texts::outline(&core.shared, &open, &tree))
        });
    }

    /// The definition that the last edit renamed to a name that exists already, so that its uses are not suggested.
    pub fn conflict(&self, place: &Place, others: &[OpenDocument]) -> Option<NameConflict> {
        let (texts, latest) = self.latest(place, others, NextEditTrigger::Automatic)?;
        made(&texts, latest).into_iter().find_map(|it| rename::conflict(&texts, it))
    }

    /// The documents in which edits may be shown, with the last edit and the index of its document.
    fn latest<'a>(
        &'a self,
        place: &'a Place,
        others: &'a [OpenDocument],
        trigger: NextEditTrigger,
    ) -> Option<(OpenTexts<'a>, (Latest, usize))> {
        let options = self.core.options_of(&place.open);
        let is_wanted = options.automatic || trigger != NextEditTrigger::Automatic;
        if !options.next_edit.on || !is_wanted || !may_show(&self.core, &place.open) {
            return None;
        }
        let now = Instant::now();
        let (mut latest, mut at): (Option<Latest>, usize) = (None, 0);
        let others =
            others.iter().filter(|it| it.key != place.open.key && may_show(&self.core, it));
        let open: Vec<&OpenDocument> = std::iter::once(&place.open).chain(others).collect();
        for (index, document) in open.iter().enumerate() {
            let of_it = document.state().hunks.latest();
            if of_it.is_some_and(|it| latest.is_none_or(|than| it.at > than.at)) {
                (latest, at) = (of_it, index);
            }
        }
        let latest = latest.filter(|it| now.saturating_duration_since(it.at) < FRESH)?;
        Some((OpenTexts::new(&self.core.shared, open, now), (latest, at)))
    }

    /// Time since a document was edited or visited; the maximum if unknown.
    pub fn since(&self, open: &OpenDocument) -> Duration {
        let journal = self.core.shared.journal.lock();
        let age = open.path.as_ref().and_then(|it| journal.age(it, Instant::now()));
        age.unwrap_or(Duration::MAX)
    }

    /// Stores the examples of a document that is closed.
    pub fn keep_examples(&self, open: &OpenDocument) {
        if may_show(&self.core, open) {
            let hunks = &open.state().hunks;
            let examples = hunks.examples(&open.document.rope, quotes(open), Instant::now());
            self.core.shared.next_edits.lock().close(examples);
        }
    }

    /// The best edit for the last change, seen from `offset` of the first document.
    fn candidate(
        &self,
        texts: &OpenTexts<'_>,
        (latest, at): (Latest, usize),
        offset: usize,
    ) -> Option<FoundEdit> {
        let from = if at == 0 { latest.offset } else { offset };
        let found = made(texts, (latest, at)).into_iter().find_map(|example| {
            let rule = example.rewrite.key();
            if self.core.shared.next_edits.lock().is_muted(&rule) {
                return None;
            }
            let renamed = rename::renamed_use(texts, example, from);
            let is_rename = renamed.is_some();
            renamed
                .flatten()
                .or_else(|| parameter::missing_argument(texts, example, from))
                .or_else(|| texts.repeat(example, rule, (at, from), is_rename))
        });
        found.or_else(|| self.unfinished(texts, (latest, at), from))
    }

    /// The next use of a definition that was renamed before the last edit, if that was a rename too, or brought the
    /// new name to a use.
    fn unfinished(
        &self,
        texts: &OpenTexts<'_>,
        (latest, at): (Latest, usize),
        from: usize,
    ) -> Option<FoundEdit> {
        let made = made(texts, (latest, at));
        let is_rename = made.iter().any(|it| rename::is_rename(texts, it));
        let is_due = |it: &&Example| {
            let age = latest.at.saturating_duration_since(it.at);
            let new = it.rewrite.renames().filter(|_| it.at != latest.at && age < FRESH);
            new.is_some_and(|(_, new)| is_rename || made.iter().any(|it| it.rewrite.has(new)))
        };
        let mut earlier: Vec<&Example> = texts.examples.iter().flatten().filter(is_due).collect();
        earlier.sort_by_key(|it| Reverse(it.at));
        let mut rules = Vec::new();
        earlier.retain(|it| {
            let rule = it.rewrite.key();
            let is_new = !rules.contains(&rule);
            rules.push(rule);
            is_new
        });
        let memory = &self.core.shared.next_edits;
        earlier.retain(|it| !memory.lock().is_muted(&it.rewrite.key()));
        earlier.into_iter().find_map(|it| rename::renamed_use(texts, it, from).flatten())
    }

    /// Remembers an edit and returns it.
    fn offer_edit(
        &self,
        texts: &OpenTexts<'_>,
        found: FoundEdit,
        trigger: NextEditTrigger,
    ) -> NextEdit {
        let open = texts.open[found.document];
        let text = &texts.texts[found.document];
        let Replacing { range, text: new } = found.edit.trimmed(text);
        let mark = open.mark(found.place);
        let offered =
            SuggestedEdit::new(open.key.clone(), (range.clone(), new.clone()), found.rule, mark);
        NextEdit {
            id: self.core.shared.next_edits.lock().offer(offered, trigger).to_string(),
            document: open.key.clone(),
            version: open.document.version,
            old: text[range.clone()].to_owned(),
            range,
            text: new,
            kind: found.kind,
            confidence: Some(found.confidence),
            by: None,
            definition: found.definition,
            evidence: found.evidence,
        }
    }
}

/// What the last edit changed, the nearest first.
fn made<'a>(texts: &'a OpenTexts<'_>, (latest, at): (Latest, usize)) -> Vec<&'a Example> {
    let made = texts.examples[at].iter().filter(|it| it.at == latest.at);
    let mut made: Vec<&Example> = made.filter(|it| it.place.is_some()).collect();
    made.sort_by_key(|it| {
        let place = it.place.clone().unwrap_or_default();
        latest.offset.abs_diff(place.end).min(latest.offset.abs_diff(place.start))
    });
    made
}

/// Whether edits may be shown in a document.
fn may_show(core: &Core, open: &OpenDocument) -> bool {
    !is_too_large(open) && eligibility::check(core, open).is_ok()
}

/// Whether a document is too large to be searched.
pub(super) fn is_too_large(open: &OpenDocument) -> bool {
    open.document.rope.len_bytes() > LARGE
}

/// Whether two ranges share a byte, or touch if one of them is empty.
fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    match one.is_empty() || other.is_empty() {
        true => one.start <= other.end && other.start <= one.end,
        false => one.start < other.end && other.start < one.end,
    }
}

fn quotes(open: &OpenDocument) -> &'static str {
    open.language.map_or(QUOTES, |it| it.quotes())
}
