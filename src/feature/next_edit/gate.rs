//! Decides whether a next edit is shown: by the number of examples, the matching context and the distance.
//! The shares were measured on replayed commits (`benches/next_edit`).

use std::fmt;

use crate::feature::next_edit::rewrite::Rewrite;

/// The evidence for an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// How often the user made the same rewrite.
    pub(super) examples: usize,
    /// Equal lexemes of context, counted outward from the place, up to ten.
    pub(super) same: usize,
    /// Equal lexemes of context at the same distance from the place, up to ten.
    pub(super) alike: usize,
    pub(super) shape: RewriteKind,
    pub(super) distance: Distance,
    /// Equally good places that the user has passed without editing them.
    pub(super) passed: usize,
}

/// The kind of a rewrite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RewriteKind {
    Name,
    Replace,
    Insert,
    Delete,
}

impl RewriteKind {
    pub(super) fn of(rewrite: &Rewrite) -> Self {
        match (rewrite.old.is_empty(), rewrite.new.is_empty()) {
            (true, _) => Self::Insert,
            (_, true) => Self::Delete,
            _ if rewrite.renames().is_some() => Self::Name,
            _ => Self::Replace,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distance = match self.distance {
            Distance::Lines(0) => "0",
            Distance::Lines(1..=10) => "10",
            Distance::Lines(11..=50) => "50",
            Distance::Lines(_) => "far",
            Distance::AnotherDocument => "other",
        };
        let (examples, passed) = (self.examples.min(5), self.passed.min(3));
        write!(
            f,
            "{examples} same={} alike={} {:?} {distance} passed={passed}",
            self.same, self.alike, self.shape
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// Lines from the last example.
    Lines(usize),
    AnotherDocument,
}

/// Examples without which nothing is shown.
pub(super) const LEAST: usize = 2;
/// Lines within which two examples are enough.
const NEAR: usize = 10;

/// The probability that the edit is right; `None` if it is too low to show. Passing an equally good place
/// means that the user does not want the edit.
pub(super) fn confidence(evidence: Evidence) -> Option<f32> {
    let is_near = matches!(evidence.distance, Distance::Lines(0..=NEAR));
    match (evidence.examples, evidence.alike) {
        _ if evidence.passed > 0 => None,
        (5.., 9..) => Some(0.97),
        (5.., 4..) => Some(0.85),
        (3 | 4, 9..) => Some(0.85),
        (2, 9..) if is_near => Some(0.8),
        (3 | 4, 7..) => Some(0.7),
        (0..=4, _) | (5.., 0..=3) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_examples_and_more_context_are_never_less_sure() {
        let evidence = |examples, alike| Evidence {
            examples,
            same: 0,
            alike,
            shape: RewriteKind::Name,
            distance: Distance::Lines(3),
            passed: 0,
        };
        for (examples, alike) in (3..8).flat_map(|it| (0..10).map(move |alike| (it, alike))) {
            let here = confidence(evidence(examples, alike));
            assert!(here <= confidence(evidence(examples + 1, alike)), "{examples} {alike}");
            assert!(here <= confidence(evidence(examples, alike + 1)), "{examples} {alike}");
        }
    }

    #[test]
    fn two_examples_are_enough_only_nearby() {
        let far = |distance| {
            let shape = RewriteKind::Name;
            confidence(Evidence { examples: 2, same: 10, alike: 10, shape, distance, passed: 0 })
        };
        assert!(far(Distance::Lines(10)).is_some());
        assert_eq!([far(Distance::Lines(11)), far(Distance::AnotherDocument)], [None, None]);
    }
}
