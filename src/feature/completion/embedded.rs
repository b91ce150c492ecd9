//! The n-gram model's predictions at a place, and the confidence they need there.

use std::sync::Arc;

use crate::feature::completion;
use crate::feature::completion::{Completer, EMBEDDED, LEAST, MOST, Suggestion};
use crate::feature::document::Place;
use crate::feature::notebook::WholeText;
use crate::predict;
use crate::predict::buffer::Buffer;
use crate::predict::{PredictQuery, Prediction};
use crate::prompt::Trigger;
use crate::reply::completion::fit;
use crate::reply::completion::fit::{CursorLine, Fit};
use crate::reply::completion::syntax_check::SyntaxCheck;
use crate::syntax::language;
use crate::syntax::region::Region;

/// Minimum confidence in prose, strings and comments. Confidence is a little too high there: from this value
/// on, predictions are right at least as often as predictions in code from the default threshold on (0.88 to
/// 0.865 while typing the files of TRAIN; from 0.9 on it was 0.84).
const SURE: f32 = 0.94;

/// Bytes before the cursor that are searched for open delimiters.
const REACH: usize = 8 * 1024;

impl Completer {
    pub(super) fn predict(&self, place: &Place, trigger: Trigger) -> Vec<Suggestion> {
        let line = self.line(place);
        self.suggestions(place, trigger)
            .into_iter()
            .filter_map(|it| Some((fit::fit(&it.text, &line)?, it.confidence)))
            .filter_map(|(fit, confidence)| Some((self.sound(place, &line, fit)?, confidence)))
            .filter(|(fit, _)| fit.text.trim().chars().count() >= LEAST)
            .map(|(fit, confidence)| {
                completion::offer(place, fit, EMBEDDED.into(), Some(confidence))
            })
            .collect()
    }

    /// The part of the text that adds no syntax errors. Without text after the cursor nothing is checked: the
    /// prediction cannot contradict anything, and a keystroke need not wait for a parse.
    fn sound(&self, place: &Place, line: &CursorLine, fit: Fit) -> Option<Fit> {
        let open = &place.open;
        let right = completion::right_of(&open.document, place.offset);
        let tree = self.core.shared.trees.newest(&open.key).filter(|_| !right.trim().is_empty());
        let Some(tree) = tree else { return Some(fit) };
        let syntax_check = SyntaxCheck {
            document: open.document.clone(),
            language: open.language,
            offset: place.offset,
            tree: Some(tree),
            line: line.clone(),
        };
        syntax_check.sound(&self.core.shared.syntax, fit)
    }

    pub(super) fn suggestions(&self, place: &Place, trigger: Trigger) -> Vec<Prediction> {
        let embedded = &self.core.options(place.open.path.as_deref()).embedded;
        if !embedded.enabled {
            return Vec::new();
        }
        let whole = place.open.whole();
        let buffer = self.read(place, &whole);
        let snapshot = self.core.shared.index.tokens().snapshot();
        let query = PredictQuery {
            snapshot: &snapshot,
            buffer: &buffer,
            rope: &whole.rope,
            offset: whole.start + place.offset,
            path: place.open.path.as_deref(),
        };
        let threshold = match (trigger, self.region(place)) {
            (Trigger::Invoked, _) => embedded.invoked,
            (Trigger::Automatic, Region::Code) => embedded.automatic,
            (Trigger::Automatic, Region::Comment | Region::String) => embedded.automatic.max(SURE),
        };
        let deadline = embedded.deadline;
        let options =
            predict::PredictOptions { threshold, min_chars: LEAST, deadline, ..Default::default() };
        let count = match trigger {
            Trigger::Automatic => 1,
            Trigger::Invoked => MOST,
        };
        predict::alternatives(&query, &options, count)
    }

    /// The tokens of a document's whole text as of `place`. A cell is lexed anew each time, because edits of
    /// its notebook's other cells are not reported to it.
    pub(super) fn read(&self, place: &Place, whole: &WholeText) -> Arc<Buffer> {
        let (tokens, rope) = (self.core.shared.index.tokens(), &whole.rope);
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

    /// Prose counts as a comment, whatever its grammar. Without a tree, the language's quotes decide.
    pub(super) fn region(&self, place: &Place) -> Region {
        let open = &place.open;
        if [open.language_name(), &open.document.language].into_iter().any(language::is_prose) {
            return Region::Comment;
        }
        self.known_region(place).unwrap_or_else(|| self.line(place).region())
    }

    /// The region of a place according to the document's tree; `None` without one.
    pub(super) fn known_region(&self, place: &Place) -> Option<Region> {
        let tree = self.core.shared.trees.newest(&place.open.key)?;
        Some(self.core.shared.syntax.region(&tree, place.offset))
    }

    /// The cursor's line, and the delimiters open there.
    pub(super) fn line(&self, place: &Place) -> CursorLine {
        let (rope, open) = (&place.open.document.rope, &place.open);
        let from = rope.char_to_byte(rope.byte_to_char(place.offset.saturating_sub(REACH)));
        let before = rope.byte_slice(from..place.offset).to_string();
        let right = completion::right_of(&open.document, place.offset);
        CursorLine::new(&before, &right, open.language_name(), self.known_region(place))
    }
}
