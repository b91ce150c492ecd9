//! The door to whoever is asked. Behind it are wires, or a script in tests.

use std::future::ready;

use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::prompt::Prompt;
use crate::provider::dialect::Finish;
use crate::provider::failure::Failure;
use crate::provider::local::Readiness;
use crate::provider::transport::Delivery;
use crate::provider::usage::Usage;
use crate::router::fleet::Member;
use crate::router::headroom::Left;

/// Whoever can put a prompt to a member of the fleet.
pub trait Ask: Send + Sync + 'static {
    /// Sends a request, and a second time without a field that was rejected or with a key that was renewed.
    /// Dropping the future, or the reply, ends the call. `delivery` counts what was sent.
    fn ask<'a>(
        &'a self,
        member: &'a Member,
        prompt: &'a Prompt,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Reply, Failure>>;

    /// Reads the key that a request needs: the time this takes says nothing about the model.
    fn prepare<'a>(&'a self, _: &'a Member) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(ready(Ok(())))
    }

    /// Bytes of the request that `ask` would send.
    fn size(&self, _: &Member, prompt: &Prompt) -> u64 {
        prompt.bytes() as u64
    }

    /// Whether a member runs by now, for those that are started when needed.
    fn readiness(&self, _: &Member) -> Readiness {
        Readiness::Ready
    }

    /// Stands for a member's key, as far as it was read: a hash under `salt`.
    fn fingerprint(&self, _: &Member, _: &[u8]) -> Option<String> {
        None
    }

    /// Reads a member's key again, where that opens no password prompt. Returns whether it has changed.
    fn reread_key<'a>(&'a self, _: &'a Member) -> BoxFuture<'a, bool> {
        Box::pin(ready(false))
    }
}

/// An answer that has begun.
pub struct Reply {
    pub pieces: BoxStream<'static, Result<Piece, Failure>>,
    /// What its provider says is left of its limits.
    pub left: Vec<Left>,
    pub hang_up: HangUp,
}

/// What it costs to leave an answer before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// The connection lives on: HTTP/2.
    Free,
    /// The connection is lost: HTTP/1.1.
    LosesConnection,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// The model thought: so many bytes that nobody sees.
    Thought(usize),
    Usage(Usage),
    /// The answer is complete. A stream that ends without it was cut.
    Finish(Finish),
}
