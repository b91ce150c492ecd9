//! Answers that are passed on to another program: they take as long as that program waits, and what comes
//! behind their end belongs to them.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, timeout};

use crate::provider::dialect::{Delta, Finish};
use crate::provider::failure::Failure;
use crate::provider::transport::Patience;

/// For all of an answer: an agent's may be long.
pub(super) const TOTAL: Duration = Duration::from_mins(10);
/// A model that thinks says nothing for a while.
const STALL: Duration = Duration::from_mins(1);
/// What follows the end of an answer, usage and the wire's own end, is waited for so long.
const BEHIND: Duration = Duration::from_secs(1);

pub(super) fn patience(now: Instant) -> Patience {
    Patience { total: now + TOTAL, stall: STALL }
}

/// The same deltas, the end of the answer last.
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
                // The answer is whole: what breaks behind it is not missed.
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
