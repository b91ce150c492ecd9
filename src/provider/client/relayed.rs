//! Answers that are relayed to another program. They have longer time limits, and events after their end are
//! passed on too.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, timeout};

use crate::provider::dialect::{Delta, Finish};
use crate::provider::failure::Failure;
use crate::provider::transport::Patience;

/// Upper limit for an answer. The answers of coding agents can be long.
pub(super) const TOTAL: Duration = Duration::from_mins(10);
/// Maximum silence in a stream. A reasoning model can send nothing for a while.
const STALL: Duration = Duration::from_mins(1);
/// Maximum wait for events after the end of the answer, such as usage and the end marker.
const BEHIND: Duration = Duration::from_secs(1);

pub(super) fn patience(now: Instant) -> Patience {
    Patience { total: now + TOTAL, stall: STALL }
}

/// Moves `Delta::Finish` to the end of the stream.
pub(super) fn to_the_end(
    deltas: BoxStream<'static, Result<Delta, Failure>>,
) -> BoxStream<'static, Result<Delta, Failure>> {
    let next = |(mut deltas, mut held): (BoxStream<'static, _>, Option<Finish>)| async move {
        loop {
            let delta = match held {
                None => deltas.next().await,
                Some(_) => timeout(BEHIND, deltas.next()).await.ok().flatten(),
            };
            match delta {
                Some(Ok(Delta::Finish(finish))) => held = held.or(Some(finish)),
                // The answer is complete, so a failure after it is ignored.
                Some(Ok(delta)) => return Some((Ok(delta), (deltas, held))),
                Some(Err(failure)) if held.is_none() => {
                    return Some((Err(failure), (deltas, None)));
                }
                Some(Err(_)) | None => {
                    let finish = held.take()?;
                    return Some((Ok(Delta::Finish(finish)), (stream::empty().boxed(), None)));
                }
            }
        }
    };
    stream::unfold((deltas, None), next).boxed()
}
