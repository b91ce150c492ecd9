//! The door to whoever is asked. Behind it are wires, or a script in tests.

use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::prompt::Prompt;
use crate::provider::failure::Failure;
use crate::provider::local::Readiness;
use crate::provider::usage::Usage;
use crate::router::fleet::Member;
use crate::router::headroom::Left;

/// Whoever can put a prompt to a member of the fleet.
pub trait Ask: Send + Sync + 'static {
    /// Asks once. Dropping the future, or the reply, ends the call.
    fn ask<'a>(
        &'a self,
        member: &'a Member,
        prompt: &'a Prompt,
    ) -> BoxFuture<'a, Result<Reply, Failure>>;

    /// Whether a member runs by now, for those that are started when needed.
    fn readiness(&self, _: &Member) -> Readiness {
        Readiness::Ready
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
    Finish,
}
