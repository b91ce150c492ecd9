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
    /// The example changed more in its line, and the place lacks what that replaced.
    pub(super) is_partial: bool,
}

/// The kind of a rewrite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RewriteKind {
    Name,
    /// One number or string replaced another.
    Literal,
    /// The same, and the text is long.
    Text,
    /// One version or hash replaced another.
    Version,
    Replace,
    Insert,
    Delete,
}

impl RewriteKind {
    pub(super) fn of(rewrite: &Rewrite) -> Self {
        match (rewrite.old.is_empty(), rewrite.new.is_empty()) {
            (true, _) => Self::Insert,
            (_, true) => Self::Delete,
            _ if rewrite.is_version() => Self::Version,
            _ if rewrite.renames().is_some() => Self::Name,
            _ if rewrite.is_long_literal() => Self::Text,
            _ if rewrite.is_literal() => Self::Literal,
            _ => Self::Replace,
        }
    }

    /// Examples without which nothing is shown. What means the same elsewhere needs only one.
    pub(super) fn least(self) -> usize {
        match self {
            Self::Text | Self::Version => 1,
            Self::Name | Self::Literal | Self::Replace | Self::Insert | Self::Delete => 2,
        }
    }

    /// Whether it is of a number or string.
    fn is_literal(self) -> bool {
        matches!(self, Self::Literal | Self::Text | Self::Version)
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
            "{examples} same={} alike={} {:?} {distance} passed={passed}{}",
            self.same,
            self.alike,
            self.shape,
            if self.is_partial { " partial" } else { "" }
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// Lines from the last example.
    Lines(usize),
    AnotherDocument,
}

/// Lines within which little evidence is enough, and within which less than usual is.
const NEAR: usize = 10;
const AROUND: usize = 50;

/// The probability that the edit is right; `None` if it is too low to show. Passing an equally good place
/// means that the user does not want the edit.
pub(super) fn confidence(evidence: Evidence) -> Option<f32> {
    let (is_near, is_around) = match evidence.distance {
        Distance::Lines(lines) => (lines <= NEAR, lines <= AROUND),
        Distance::AnotherDocument => (false, false),
    };
    let is_elsewhere = evidence.distance == Distance::AnotherDocument;
    match (evidence.examples, evidence.alike) {
        _ if evidence.passed > 0 => None,
        (5.., 5..) | (4, 9..) | (3, 10..) if evidence.is_partial => Some(0.87),
        _ if evidence.is_partial => None,
        (5.., 9..) => Some(0.97),
        (5.., 7..) => Some(0.9),
        (5.., 3..) if is_around => Some(0.9),
        (4, 9..) => Some(0.95),
        (3, 10..) => Some(0.9),
        (2.., 8..) if evidence.shape.is_literal() => Some(0.95),
        _ if evidence.shape == RewriteKind::Version && evidence.same >= 4 => Some(0.95),
        _ if evidence.shape == RewriteKind::Text && evidence.same >= 8 => Some(0.9),
        (3 | 4, 7..) if is_around || is_elsewhere => Some(0.8),
        (3 | 4, 4..) if is_near => Some(0.8),
        (2, 6..) if is_near => Some(0.8),
        (2, 10..) if is_around => Some(0.8),
        (2, 10..) if is_elsewhere => Some(0.9),
        _ => None,
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
            is_partial: false,
        };
        for (examples, alike) in (3..8).flat_map(|it| (0..10).map(move |alike| (it, alike))) {
            let here = confidence(evidence(examples, alike));
            assert!(here <= confidence(evidence(examples + 1, alike)), "{examples} {alike}");
            assert!(here <= confidence(evidence(examples, alike + 1)), "{examples} {alike}");
        }
    }

    #[test]
    fn far_places_need_more_context() {
        let is_shown = |examples, distance, alike| {
            let (shape, same, passed, is_partial) = (RewriteKind::Name, 0, 0, false);
            let evidence = Evidence { examples, same, alike, shape, distance, passed, is_partial };
            confidence(evidence).is_some()
        };
        for far in [Distance::Lines(51), Distance::AnotherDocument] {
            assert_eq!([6, 7].map(|alike| is_shown(5, far, alike)), [false, true]);
            assert_eq!([3, 6].map(|alike| is_shown(5, Distance::Lines(50), alike)), [true, true]);
        }
        assert_eq!([8, 9].map(|it| is_shown(4, Distance::Lines(51), it)), [false, true]);
    }

    #[test]
    fn two_examples_are_enough_nearby_or_with_the_same_surroundings() {
        let is_shown = |shape, distance, alike| {
            let (examples, same, passed, is_partial) = (2, 10, 0, false);
            let evidence = Evidence { examples, same, alike, shape, distance, passed, is_partial };
            confidence(evidence).is_some()
        };
        let far = [Distance::Lines(51), Distance::AnotherDocument];
        let name = |distance, alike| is_shown(RewriteKind::Name, distance, alike);
        assert!(name(Distance::Lines(10), 6) && !name(Distance::Lines(11), 9));
        assert!(name(Distance::Lines(50), 10));
        assert_eq!(far.map(|it| name(it, 10)), [false, true]);
        assert_eq!(far.map(|it| is_shown(RewriteKind::Literal, it, 8)), [true, true]);
        assert_eq!(far.map(|it| is_shown(RewriteKind::Literal, it, 7)), [false, false]);
    }

    #[test]
    fn one_example_is_enough_for_versions_and_long_texts() {
        let is_shown = |shape, same| {
            let (distance, alike, passed, is_partial) = (Distance::AnotherDocument, same, 0, false);
            confidence(Evidence { examples: 1, same, alike, shape, distance, passed, is_partial })
        };
        let shown = |shape| (0..=10).find(|it| is_shown(shape, *it).is_some());
        assert_eq!(shown(RewriteKind::Version), Some(4));
        assert_eq!(shown(RewriteKind::Text), Some(8));
        assert_eq!(shown(RewriteKind::Literal), None);
    }
}
