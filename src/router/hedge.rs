//! Whether a second target is asked while the first still thinks.
//!
//! Pure. It is asked once the first takes longer than it nearly ever does. Ghost text comes at
//! every pause of a hand, so there only those are asked twice for who cost nothing.

use std::time::Duration;

use crate::router::plan::{Choice, Rank};
use crate::router::spec::{Feature, RequestSpec};

/// A target that is always fast is still given so long.
const LEAST: Duration = Duration::from_millis(50);

/// Who is asked beside the first, and after which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Its place among those who come behind.
    pub place: usize,
    pub after: Duration,
}

/// The hedge for `first`, where there is one.
pub fn hedge(spec: &RequestSpec, first: &Choice, behind: &[Choice]) -> Option<Hedge> {
    let tail = first.terms.tail?;
    let may = |it: &Choice| match spec.feature {
        Feature::Complete | Feature::Hover => it.value.dollars == Some(0.0),
        Feature::Edit | Feature::Explain => true,
    };
    let place = behind.iter().position(|it| it.rank != Rank::Probe && may(it))?;
    Some(Hedge { place, after: tail.max(LEAST) })
}
