//! Completions while the editor's completion popup is open. Only text that starts with the selected item is
//! shown. Text that is already known comes first; else the n-gram model predicts what follows the item.

use std::sync::Arc;

use crate::feature::completion::{Completer, EMBEDDED, SelectedItem, Suggestion};
use crate::feature::document::Place;
use crate::prompt::Trigger;
use crate::reply::certainty::Certainty;
use crate::reply::completion::fit;

/// A text that follows the selected item.
struct Next {
    text: String,
    by: Arc<str>,
    confidence: Option<f32>,
}

impl Completer {
    /// The selected item and the text that follows it, in place of the item's range. No request is sent to a
    /// provider.
    pub(super) async fn extend_selected(
        &self,
        place: &Place,
        selected: &SelectedItem,
    ) -> Option<Suggestion> {
        let behind = place.with(selected.range.clone(), &selected.text);
        let next = match self.known(place, &behind, selected).await {
            Some(next) => next,
            None => self.predicted(&behind)?,
        };
        let fitted = fit::fit(&next.text, &self.line(&behind))?;
        Some(Suggestion {
            text: format!("{}{}", selected.text, fitted.text),
            range: selected.range.start..selected.range.end + fitted.covers,
            by: next.by,
            confidence: next.confidence,
            call: None,
        })
    }

    /// Text already known for the place, if it continues behind the item: from a running call, the screen or
    /// the cache.
    async fn known(&self, place: &Place, behind: &Place, selected: &SelectedItem) -> Option<Next> {
        if let Some(offer) = self.joined_behind(place, behind).await {
            return Some(Next { text: offer.text, by: offer.by, confidence: None });
        }
        let (rope, offset) = (&behind.open.document.rope, behind.offset);
        let shown = place.open.state().shown.iter().find_map(|it| {
            let text = it.left(rope, offset)?.to_owned();
            Some(Next { text, by: Arc::clone(&it.by), confidence: it.confidence })
        });
        shown.or_else(|| {
            let cached = self.cached(behind).or_else(|| {
                let mut cached = self.cached(place)?;
                let rope = &place.open.document.rope;
                let typed = selected.range.start..place.offset.max(selected.range.start);
                let text = rope.byte_slice(typed).to_string() + &cached.text;
                cached.certainty = Certainty::default();
                cached.text = text.strip_prefix(&*selected.text)?.to_owned();
                (!cached.text.is_empty()).then_some(cached)
            })?;
            Some(Next { text: cached.text, by: cached.by, confidence: None })
        })
    }

    fn predicted(&self, behind: &Place) -> Option<Next> {
        let next = self.suggestions(behind, Trigger::Automatic).into_iter().next()?;
        Some(Next { text: next.text, by: EMBEDDED.into(), confidence: Some(next.confidence) })
    }
}
