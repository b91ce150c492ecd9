//! Whether a second candidate is called while the first has not answered.
//!
//! Pure. It is called once the first takes longer than 95 % of its answers. Completions and next edits
//! are requested at every pause in typing, so for them only free candidates are hedges.

use std::time::Duration;

use crate::router::plan::{Choice, Rank};
use crate::router::spec::{Feature, RequestSpec};

/// Minimum wait, even for a target that is always fast.
const LEAST: Duration = Duration::from_millis(50);

/// The second candidate, and when to call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Its index among the candidates that follow.
    pub place: usize,
    pub after: Duration,
}

/// The hedge for `first`, if there is one.
pub fn hedge(spec: &RequestSpec, first: &Choice, behind: &[Choice]) -> Option<Hedge> {
    let tail = first.terms.tail?;
    let may = |it: &Choice| match spec.feature {
        Feature::Complete | Feature::Hover | Feature::NextEdit => it.value.dollars == Some(0.0),
        Feature::Edit | Feature::Explain => true,
    };
    let place = behind.iter().position(|it| it.rank != Rank::Probe && may(it))?;
    Some(Hedge { place, after: tail.max(LEAST) })
}
