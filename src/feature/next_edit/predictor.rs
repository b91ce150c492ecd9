//! The next edit according to a model, where the user's own edits suggest none.
//!
//! A request follows a pause in typing and is superseded by the next edit and by a newer request. A reply is
//! kept: its further edits are suggested without a request while the user accepts them, and the same place of
//! an unchanged document is not asked about again.

pub(super) mod changes;
pub(crate) mod predicted;
pub(super) mod reply;
pub(super) mod window;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, Place};
use crate::feature::models::Models;
use crate::feature::next_edit::memory::SuggestedEdit;
use crate::feature::next_edit::occurrence::Replacing;
use crate::feature::next_edit::predictor::changes::{EditedDocument, Replacement};
use crate::feature::next_edit::predictor::predicted::{Predicted, PredictedEdit};
use crate::feature::next_edit::predictor::reply::Answer;
use crate::feature::next_edit::predictor::window::ShownWindow;
use crate::feature::next_edit::rewrite::RuleKey;
use crate::feature::next_edit::{self, FRESH, NextEdit, NextEditKind, NextEditTrigger};
use crate::prompt::edit::EditPrompt;
use crate::router::Fate;
use crate::router::spec::RequestSpec;

/// Pause in typing before a request to a free model, and to any other.
const FREE: Duration = Duration::from_millis(150);
const PAID: Duration = Duration::from_millis(500);

/// Asks models for the next edit.
pub struct EditPredictor {
    core: Arc<Core>,
}

impl EditPredictor {
    pub(in crate::feature) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core) }
    }

    /// Begins a request, which ends older ones for the same document. Returns its number.
    pub fn begin(&self, place: &Place) -> u64 {
        let mut state = place.open.state();
        state.edit_requests += 1;
        state.superseded.notify_waiters();
        state.edit_requests
    }

    /// The number of the newest request for a document.
    pub fn newest(&self, place: &Place) -> u64 {
        place.open.state().edit_requests
    }

    /// The next edit in the document of a place; `None` if there is none, or if an edit or a newer request than
    /// `number` has superseded this one. Dropping the future ends the call. `others` are the other open documents.
    pub async fn predict(
        &self,
        place: &Place,
        others: &[OpenDocument],
        trigger: NextEditTrigger,
        number: u64,
    ) -> Option<NextEdit> {
        self.report_fates();
        if !self.is_wanted(place, others, trigger) {
            return None;
        }
        if let Some(edit) = self.offer(place, trigger) {
            return Some(edit);
        }
        let models = self.core.models.as_ref().filter(|_| !self.was_asked(place, trigger))?;
        tokio::select! {
            biased;
            () = until_superseded(place, number) => return None,
            () = self.request(models, place, others, trigger) => {}
        }
        self.offer(place, trigger)
    }

    /// The next edit that a model has suggested already, for a menu.
    pub fn predicted(&self, place: &Place, others: &[OpenDocument]) -> Option<NextEdit> {
        let trigger = NextEditTrigger::Listed;
        self.is_wanted(place, others, trigger).then(|| self.offer(place, trigger)).flatten()
    }

    /// Whether edits may be shown at a place, and are due: some edit was just made, and no completion is on
    /// the screen.
    fn is_wanted(&self, place: &Place, others: &[OpenDocument], trigger: NextEditTrigger) -> bool {
        let options = self.core.options(place.open.path.as_deref());
        if !options.next_edit.on || !next_edit::may_show(&self.core, &place.open) {
            return false;
        }
        let open = std::iter::once(&place.open).chain(others);
        let latest = open.filter_map(|it| it.state().hunks.latest()).map(|it| it.at).max();
        let is_due = latest.is_some_and(|it| it.elapsed() < FRESH);
        match trigger {
            NextEditTrigger::Automatic => options.automatic && is_due && !has_completion(place),
            NextEditTrigger::Listed => is_due,
            NextEditTrigger::Invoked => true,
        }
    }

    /// Whether a model was asked about this place of the unchanged document.
    fn was_asked(&self, place: &Place, trigger: NextEditTrigger) -> bool {
        let line = place.open.document.rope.byte_to_line(place.offset);
        let state = place.open.state();
        let asked = state.predicted.as_ref().filter(|it| it.revision == place.revision);
        trigger != NextEditTrigger::Invoked && asked.is_some_and(|it| it.lines.contains(&line))
    }

    /// Asks a model after a pause, and stores its edits.
    async fn request(
        &self,
        models: &Models,
        place: &Place,
        others: &[OpenDocument],
        trigger: NextEditTrigger,
    ) {
        let spec = reply::spec(&self.core, &place.open);
        // Prices count once the prompt exists.
        let plan = models.router.plan(&RequestSpec { usd: None, ..spec.clone() });
        let Some(first) = plan.order.first() else { return };
        let pause = if first.value.dollars == Some(0.0) { FREE } else { PAID };
        let edited = place.open.state().edited.filter(|_| trigger != NextEditTrigger::Invoked);
        if let Some(edited) = edited {
            tokio::time::sleep_until(edited + pause).await;
        }
        let Some(window) = ShownWindow::gather(&self.core, place, others) else { return };
        let ShownWindow { lines, prompt, files } = window;
        let answer = reply::ask(models, spec, &prompt, files).await;
        let mut predicted = Predicted { revision: place.revision, lines, ..Predicted::default() };
        if let Some(Answer { window, probability, by, call }) = answer {
            predicted.edits = self.edits(place, &predicted.lines, prompt, window).await;
            (predicted.probability, predicted.by, predicted.call) = (probability, by, call);
        }
        let mut state = place.open.state();
        if state.revision == place.revision {
            state.predicted = Some(predicted);
        }
    }

    /// The edits of a reply in the document.
    async fn edits(
        &self,
        place: &Place,
        lines: &std::ops::Range<usize>,
        prompt: EditPrompt,
        new: String,
    ) -> Vec<PredictedEdit> {
        let document = EditedDocument::new(place, lines.clone());
        let syntax = Arc::clone(&self.core.shared.syntax);
        let judged = spawn_blocking(move || {
            let edits = document.edits(&prompt, &new, &syntax);
            let text = document.rope.to_string();
            edits.into_iter().map(|it| predicted(&text, it)).collect()
        });
        judged.await.unwrap_or_default()
    }

    /// The next edit that was predicted, unless it was rejected.
    fn offer(&self, place: &Place, trigger: NextEditTrigger) -> Option<NextEdit> {
        if trigger == NextEditTrigger::Automatic && has_completion(place) {
            return None;
        }
        let open = &place.open;
        let predicted = {
            let state = open.state();
            state.predicted.clone().filter(|_| state.revision == place.revision)?
        };
        let edit = predicted.next(&open.document.rope)?.clone();
        let Predicted { by, call, probability, .. } = predicted;
        let PredictedEdit { range, old, new } = edit;
        let rule = RuleKey::verbatim(&old, &new);
        let mark = open.mark(range.clone());
        let mut memory = self.core.shared.next_edits.lock();
        let unwanted = memory.unwanted_at(&open.key, &rule);
        if memory.is_muted(&rule) || unwanted.iter().any(|it| next_edit::overlap(it, &range)) {
            return None;
        }
        let mut offered =
            SuggestedEdit::new(open.key.clone(), (range.clone(), new.clone()), rule, mark);
        offered.by = Some((by.clone(), call));
        Some(NextEdit {
            id: memory.offer(offered, trigger).to_string(),
            document: open.key.clone(),
            version: open.document.version,
            range,
            old,
            text: new,
            kind: NextEditKind::Model,
            confidence: probability,
            by: Some(by),
            definition: None,
            evidence: None,
        })
    }

    /// Records which of the edits that were shown the user has accepted.
    pub fn report_fates(&self) {
        let fates = self.core.shared.next_edits.take_fates();
        let Some(models) = &self.core.models else { return };
        for (by, call, accepted) in fates {
            models.judged(&by, call, if accepted { Fate::Kept } else { Fate::NotKept });
        }
    }
}

/// An edit without what both texts share, as it is shown.
fn predicted(text: &str, (range, new): Replacement) -> PredictedEdit {
    let Replacing { range, text: new } = Replacing { range, text: new }.trimmed(text);
    PredictedEdit { old: text[range.clone()].to_owned(), range, new }
}

/// Whether a completion is on the screen at a place.
fn has_completion(place: &Place) -> bool {
    let rope = &place.open.document.rope;
    place.open.state().shown.iter().any(|it| it.left(rope, place.offset).is_some())
}

/// Resolves when a newer request, an edit or the closing of the document supersedes a request.
async fn until_superseded(place: &Place, number: u64) {
    let is_over = || {
        let state = place.open.state();
        state.closed || state.revision != place.revision || state.edit_requests != number
    };
    place.until(is_over).await;
}
