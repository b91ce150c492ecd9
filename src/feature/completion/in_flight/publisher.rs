//! The progress of a running call, for its subscribers.

use std::sync::Arc;

use tokio::sync::watch;

use crate::feature::completion::in_flight::{InFlightState, ReceivedText};

/// The text of a running call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartialText {
    pub(super) so_far: String,
    /// What can be shown of it, if its model writes slowly.
    pub(super) beginning: Option<ReceivedText>,
}

/// Publishes the progress of a call to its subscribers. Clones publish for the same call.
#[derive(Clone)]
pub struct Publisher(pub(super) Arc<watch::Sender<InFlightState>>);

/// Marks a call that ends without a result, so that no request waits for it.
pub(super) struct MarkDropped(pub(super) Arc<watch::Sender<InFlightState>>);

impl Default for Publisher {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(InFlightState::Receiving(PartialText::default()))))
    }
}

impl Publisher {
    /// Publishes the text so far.
    pub fn publish(&self, so_far: String) {
        self.0.send_modify(|it| {
            let beginning = match it {
                InFlightState::Receiving(last) => last.beginning.take(),
                _ => None,
            };
            let beginning = beginning.filter(|it| so_far.starts_with(&it.text));
            *it = InFlightState::Receiving(PartialText { so_far, beginning });
        });
    }

    /// Publishes what can be shown of the text so far, unless that has changed meanwhile.
    pub fn publish_beginning(&self, beginning: ReceivedText) {
        self.0.send_if_modified(|it| match it {
            InFlightState::Receiving(text) if text.so_far.starts_with(&beginning.text) => {
                text.beginning = Some(beginning);
                true
            }
            _ => false,
        });
    }
}

impl MarkDropped {
    pub(super) fn end(&self, state: InFlightState) {
        self.0.send_replace(state);
    }
}

impl Drop for MarkDropped {
    fn drop(&mut self) {
        self.0.send_if_modified(|it| {
            let is_cut = matches!(it, InFlightState::Receiving(_));
            if is_cut {
                *it = InFlightState::Dropped;
            }
            is_cut
        });
    }
}
