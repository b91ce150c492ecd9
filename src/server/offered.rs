//! The last suggestions of clients that identify them by id.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// Clients refer only to suggestions on their screen, which are few.
const KEPT: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Offered {
    kept: Mutex<OfferedSuggestion>,
}

#[derive(Debug, Default)]
struct OfferedSuggestion {
    count: u64,
    suggestions: VecDeque<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    id: String,
    pub(crate) text: String,
    /// UTF-16 code units that the client counts before it.
    pub(crate) before: usize,
}

impl Offered {
    /// Assigns an id to a suggestion.
    pub(crate) fn name(&self, text: &str, before: usize) -> String {
        let mut kept = self.kept.lock();
        kept.count += 1;
        let id = format!("understudy-{}", kept.count);
        if kept.suggestions.len() == KEPT {
            kept.suggestions.pop_front();
        }
        let named = Named { id: id.clone(), text: text.to_owned(), before };
        kept.suggestions.push_back(named);
        id
    }

    /// The suggestion with an id, while it is stored.
    pub(crate) fn find(&self, id: &str) -> Option<Named> {
        let kept = self.kept.lock();
        kept.suggestions.iter().find(|it| it.id == id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_few_suggestions_are_stored() {
        let offered = Offered::default();
        let ids: Vec<String> = (0..=KEPT).map(|it| offered.name("text", it)).collect();
        assert_eq!(offered.find(&ids[0]), None);
        assert_eq!(offered.find(&ids[1]).map(|it| it.before), Some(1));
        assert_eq!(offered.find("unknown"), None);
    }
}
