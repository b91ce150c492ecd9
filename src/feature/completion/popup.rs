//! Completions while the editor's completion popup is open. Only text that starts with the selected item is
//! shown. Text that is already known comes first; else the n-gram model predicts what follows the item.

use crate::feature::completion::in_flight::{ReceivedText, Remainder};
use crate::feature::completion::shown::KnownText;
use crate::feature::completion::suggestion::{EMBEDDED, Suggestion};
use crate::feature::completion::{Completer, SelectedItem, cursor, embedded, in_flight, shown};
use crate::feature::core::Core;
use crate::feature::document::Place;
use crate::prompt::Trigger;
use crate::reply::certainty::Certainty;
use crate::reply::completion::fit;

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
            None => predicted(&self.core, &behind)?,
        };
        let fitted = fit::fit(&next.text, &cursor::line(&self.core.shared, &behind))?;
        Some(Suggestion {
            text: format!("{}{}", selected.text, fitted.text),
            range: selected.range.start..selected.range.end + fitted.covers,
            by: next.by,
            confidence: next.confidence,
            beginning: None,
            call: None,
            goes_on: false,
        })
    }

    /// Text already known for the place, if it continues behind the item: from a running call, the screen or
    /// the cache.
    async fn known(
        &self,
        place: &Place,
        behind: &Place,
        selected: &SelectedItem,
    ) -> Option<KnownText> {
        if let Some(call) = in_flight::join_behind(place, behind, self.core.generation)
            && let Remainder::Text(ReceivedText { text, by, .. })
            | Remainder::Beginning(ReceivedText { text, by, .. }) = call.rest().await
        {
            return Some(KnownText { text, by, confidence: None, goes_on: false });
        }
        shown::rest(place, behind).or_else(|| {
            let cached = self.cached(behind).or_else(|| {
                let mut cached = self.cached(place)?;
                let rope = &place.open.document.rope;
                let typed = selected.range.start..place.offset.max(selected.range.start);
                let text = rope.byte_slice(typed).to_string() + &cached.text;
                cached.certainty = Certainty::default();
                cached.text = text.strip_prefix(&*selected.text)?.to_owned();
                (!cached.text.is_empty()).then_some(cached)
            })?;
            Some(KnownText { text: cached.text, by: cached.by, confidence: None, goes_on: false })
        })
    }
}

fn predicted(core: &Core, behind: &Place) -> Option<KnownText> {
    let next = embedded::predictions(core, behind, Trigger::Automatic).into_iter().next()?;
    let (text, confidence) = (next.text, Some(next.confidence));
    Some(KnownText { text, by: EMBEDDED.into(), confidence, goes_on: false })
}
