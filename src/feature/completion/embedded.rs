//! The n-gram model's predictions at a place, and the confidence they need there.

use std::sync::Arc;

use crate::feature::SharedState;
use crate::feature::completion::cursor;
use crate::feature::completion::suggestion::{EMBEDDED, MOST, Suggestion};
use crate::feature::core::Core;
use crate::feature::document::Place;
use crate::feature::notebook::WholeText;
use crate::predict;
use crate::predict::buffer::Buffer;
use crate::predict::{PredictQuery, Prediction};
use crate::prompt::Trigger;
use crate::reply::completion::fit;
use crate::reply::completion::fit::{CursorLine, Fit};
use crate::reply::completion::syntax_check::SyntaxCheck;
use crate::syntax::region::Region;

/// Minimum length of a prediction in characters.
const LEAST: usize = 3;

/// Minimum confidence in prose, strings and comments. Confidence is a little too high there: from this value
/// on, predictions are right at least as often as predictions in code from the default threshold on (0.88 to
/// 0.865 while typing the files of TRAIN; from 0.9 on it was 0.84).
const SURE: f32 = 0.94;

/// Minimum confidence of a text that models' texts are compared with.
const UNSURE: f32 = 0.05;

/// Suggestions of the n-gram model, best first.
pub(super) fn predict(core: &Core, place: &Place, trigger: Trigger) -> Vec<Suggestion> {
    let line = cursor::line(&core.shared, place);
    predictions(core, place, trigger)
        .into_iter()
        .filter_map(|it| Some((fit::fit(&it.text, &line)?, it.confidence)))
        .filter_map(|(fit, confidence)| Some((sound(&core.shared, place, &line, fit)?, confidence)))
        .filter(|(fit, _)| fit.text.trim().chars().count() >= LEAST)
        .map(|(fit, confidence)| Suggestion::fitted(place, fit, EMBEDDED.into(), Some(confidence)))
        .collect()
}

/// The part of the text that adds no syntax errors. Without text after the cursor nothing is checked: the
/// prediction cannot contradict anything, and a keystroke need not wait for a parse.
fn sound(shared: &SharedState, place: &Place, line: &CursorLine, fit: Fit) -> Option<Fit> {
    let open = &place.open;
    let tree = shared.trees.newest(&open.key).filter(|_| !place.right().trim().is_empty());
    let Some(tree) = tree else { return Some(fit) };
    let syntax_check = SyntaxCheck {
        document: open.document.clone(),
        language: open.language,
        offset: place.offset,
        tree: Some(tree),
        line: line.clone(),
    };
    syntax_check.sound(&shared.syntax, fit)
}

/// The n-gram model's texts for a place, whether they fit or not.
pub(super) fn predictions(core: &Core, place: &Place, trigger: Trigger) -> Vec<Prediction> {
    let embedded = &core.options_of(&place.open).embedded;
    let threshold = match (trigger, cursor::region(&core.shared, place)) {
        (Trigger::Invoked, _) => embedded.invoked,
        (Trigger::Automatic, Region::Code) => embedded.automatic,
        (Trigger::Automatic, Region::Comment | Region::String) => embedded.automatic.max(SURE),
    };
    let count = match trigger {
        Trigger::Automatic => 1,
        Trigger::Invoked => MOST,
    };
    search(core, place, threshold, count)
}

/// What the n-gram model expects at a place, however unsure it is.
pub(super) fn guess(core: &Core, place: &Place) -> Option<Prediction> {
    search(core, place, UNSURE, 1).pop()
}

fn search(core: &Core, place: &Place, threshold: f32, count: usize) -> Vec<Prediction> {
    let embedded = &core.options_of(&place.open).embedded;
    if !embedded.enabled {
        return Vec::new();
    }
    let whole = place.open.whole();
    let buffer = read(&core.shared, place, &whole);
    let snapshot = core.shared.index.tokens().snapshot();
    let query = PredictQuery {
        snapshot: &snapshot,
        buffer: &buffer,
        rope: &whole.rope,
        offset: whole.start + place.offset,
        path: place.open.path.as_deref(),
    };
    let deadline = embedded.deadline;
    let options =
        predict::PredictOptions { threshold, min_chars: LEAST, deadline, ..Default::default() };
    predict::alternatives(&query, &options, count)
}

/// The tokens of a document's whole text as of `place`. A cell is lexed anew each time, because edits of
/// its notebook's other cells are not reported to it.
pub(super) fn read(shared: &SharedState, place: &Place, whole: &WholeText) -> Arc<Buffer> {
    let (tokens, rope) = (shared.index.tokens(), &whole.rope);
    let mut state = place.open.state();
    if state.revision == place.revision && place.open.notebook.is_none() {
        Arc::make_mut(&mut state.buffer).read(tokens, rope);
        return Arc::clone(&state.buffer);
    }
    drop(state);
    let mut buffer = Buffer::new();
    buffer.read(tokens, rope);
    Arc::new(buffer)
}
