//! Sends prompts to models: encodes a prompt for one target, sends it, and returns its answer as a stream.
//!
//! The router depends only on the trait `ModelClient`; its tests implement it with scripted answers.

mod relayed;

use std::collections::HashMap;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use dashmap::DashMap;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};
use tokio::time::Instant;

use crate::prompt::Prompt;
use crate::provider::dialect::{Delta, Finish, HttpRequest};
use crate::provider::failure::Failure;
use crate::provider::limits::Limits;
use crate::provider::local::{LocalServer, Readiness};
use crate::provider::quirks::Quirks;
use crate::provider::secret::KeyValue;
use crate::provider::sent::{Recent, SentPrompt};
use crate::provider::transport::reply::ReplyStream;
use crate::provider::transport::{Patience, Transport};
use crate::provider::{Target, dialect, probe, secret};

/// A stream that is silent for this long has stalled.
const STALL: Duration = Duration::from_secs(10);
/// The same for a model on this machine, whose server may read the prompt of another request meanwhile.
const LOCAL_STALL: Duration = Duration::from_mins(1);
/// Upper limit for a call. The router's own deadlines are shorter.
const TOTAL: Duration = Duration::from_mins(6);
/// Upper limit for an answer to another program.
pub const LONGEST: Duration = relayed::TOTAL;

/// Sends prompts to targets. The router depends on nothing else of providers.
pub trait ModelClient: Send + Sync + 'static {
    /// Sends a request, and a second time without a field that was rejected or with a key that was renewed.
    /// Dropping the future, or the stream, ends the call. `delivery` counts the bytes that were sent.
    ///
    /// # Errors
    ///
    /// If no answer begins.
    fn send<'a>(
        &'a self,
        target: &'a Target,
        prompt: &'a Prompt,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<ModelStream, Failure>>;

    /// Reads the key that a request needs. It is separate from `send` because its duration is not the model's
    /// latency.
    ///
    /// # Errors
    ///
    /// If there is no key.
    fn prepare<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(ready(Ok(())))
    }

    /// Size of the request that `send` would send, in bytes.
    fn size(&self, _: &Target, prompt: &Prompt) -> u64 {
        prompt.bytes() as u64
    }

    /// Whether a target can be called now.
    fn readiness(&self, _: &Target) -> Readiness {
        Readiness::Ready
    }

    /// A hash of a target's key under `salt`; `None` while the key has not been read.
    fn fingerprint(&self, _: &Target, _: &[u8]) -> Option<String> {
        None
    }

    /// Reads a target's key again, unless that could open a password prompt. Returns whether it has changed.
    fn reread_key<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, bool> {
        Box::pin(ready(false))
    }
}

/// An answer that has begun. A stream that ends without `Delta::Finish` was cut.
pub struct ModelStream {
    pub deltas: BoxStream<'static, Result<Delta, Failure>>,
    pub limits: Limits,
    pub hang_up: HangUp,
}

/// Bytes of request bodies that were handed to a connection. A body counts as soon as its connection is open.
#[derive(Debug, Default)]
pub struct Delivery(AtomicU64);

impl Delivery {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The cost of cancelling an answer before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// The connection stays usable: HTTP/2.
    Free,
    /// The connection is closed: HTTP/1.1.
    LosesConnection,
}

pub struct ProviderClient {
    pub transport: Arc<Transport>,
    /// Servers that are started on demand, by provider.
    locals: HashMap<String, Arc<LocalServer>>,
    /// The last requests.
    pub recent: Recent,
    /// What failed requests have shown about each target, by its name.
    quirks: DashMap<Arc<str>, Quirks>,
}

impl ProviderClient {
    pub fn new(transport: Transport, locals: HashMap<String, Arc<LocalServer>>) -> Self {
        let (recent, quirks) = Default::default();
        Self { transport: Arc::new(transport), locals, recent, quirks }
    }

    /// The local server that a target needs, if it is started on demand.
    pub fn local(&self, target: &Target) -> Option<&Arc<LocalServer>> {
        self.locals.get(&target.provider.name)
    }

    /// The error of a provider's local server, if it could not be started; else `out`.
    pub fn why(&self, provider: &str, out: String) -> String {
        match self.locals.get(provider).and_then(|it| it.trouble()) {
            Some(trouble) => format!("the server could not be started: {trouble}"),
            None => out,
        }
    }

    /// Starts the local server of a target.
    pub fn start(&self, local: &Arc<LocalServer>, target: &Target) {
        let (transport, target) = (Arc::clone(&self.transport), target.clone());
        local.start(Box::new(move || {
            let (transport, target) = (Arc::clone(&transport), target.clone());
            async move { probe::answers(&transport, &target).await }.boxed()
        }));
    }

    /// Counts a request, and keeps it in memory.
    fn record(&self, target: &Target, request: &HttpRequest, delivery: &Delivery) {
        delivery.add(request.body.len() as u64);
        self.recent.push(SentPrompt {
            at: SystemTime::now(),
            target: Arc::clone(&target.name),
            url: format!("{}{}", target.provider.url, request.path),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        });
    }

    fn quirks(&self, target: &Target) -> Quirks {
        self.quirks.get(&target.name).map(|it| it.clone()).unwrap_or_default()
    }

    fn remember(&self, target: &Target, known: &Quirks, learned: Quirks) {
        if learned != *known {
            self.quirks.insert(Arc::clone(&target.name), learned);
        }
    }
}

/// What a failure shows about a target, and whether another try may succeed: without a rejected field, as a chat
/// if the model cannot fill a hole, or with a renewed key. `key` is the key that was sent.
async fn lesson(
    target: &Target,
    prompt: &Prompt,
    (known, key): (&Quirks, Option<KeyValue>),
    failure: &Failure,
) -> (Quirks, bool) {
    let mut learned = known.clone();
    let may_succeed = match failure {
        Failure::Auth { .. } => {
            let secret = &target.provider.secret;
            let rejected = key.or_else(|| secret.known());
            secret.renew(rejected.as_ref()).await
        }
        Failure::ModelGone { .. } if !known.cannot_fill && is_fill(prompt) => {
            learned.cannot_fill = target.filled_otherwise().is_some();
            learned.cannot_fill
        }
        failure => {
            let size = || encode(target, prompt, known).body.len();
            learned.learn(failure, size, Instant::now().into_std())
        }
    };
    (learned, may_succeed)
}

/// Encodes a prompt with the target's quirks applied.
fn encode(target: &Target, prompt: &Prompt, quirks: &Quirks) -> HttpRequest {
    if *quirks == Quirks::default() {
        return dialect::encode(target, prompt);
    }
    let otherwise = target.filled_otherwise().filter(|_| quirks.cannot_fill && is_fill(prompt));
    let mut target = otherwise.unwrap_or_else(|| target.clone());
    let context_length = quirks.context_length(Instant::now().into_std());
    target.model.context_length = match (context_length, target.model.context_length) {
        (Some(learned), Some(known)) => Some(learned.min(known)),
        (learned, known) => learned.or(known),
    };
    quirks.apply(dialect::encode(&target, prompt))
}

/// The time limits of a request.
fn patience(target: &Target, prompt: &Prompt) -> Patience {
    let stall = if target.provider.is_loopback() { LOCAL_STALL } else { STALL };
    match prompt {
        Prompt::Fill(_) | Prompt::Chat(_) | Prompt::Edit(_) => {
            Patience { total: Instant::now() + TOTAL, stall }
        }
        Prompt::Relay(_) => relayed::patience(Instant::now()),
    }
}

fn is_fill(prompt: &Prompt) -> bool {
    matches!(prompt, Prompt::Fill(_))
}

impl ModelClient for Arc<ProviderClient> {
    fn send<'a>(
        &'a self,
        target: &'a Target,
        prompt: &'a Prompt,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<ModelStream, Failure>> {
        Box::pin(async move {
            let (known, key) = (self.quirks(target), target.provider.secret.known());
            let sent = |request: &HttpRequest| self.record(target, request, delivery);
            let request = encode(target, prompt, &known);
            let mut reply =
                self.transport.call(target, &request, patience(target, prompt), sent).await;
            if let Err(failure) = &reply {
                let (learned, may_succeed) = lesson(target, prompt, (&known, key), failure).await;
                if may_succeed {
                    let request = encode(target, prompt, &learned);
                    reply =
                        self.transport.call(target, &request, patience(target, prompt), sent).await;
                }
                // That it cannot fill is certain only once it has answered as a chat.
                if reply.is_ok() || learned.cannot_fill == known.cannot_fill {
                    self.remember(target, &known, learned);
                }
            }
            let local = self.local(target);
            if let (Err(Failure::Connect { .. }), Some(local)) = (&reply, local) {
                self.start(local, target);
                return Err(Failure::Starting);
            }
            local.into_iter().for_each(|it| it.used());
            Ok(stream(reply?, prompt))
        })
    }

    fn prepare<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { target.provider.secret.get().await.map(drop) })
    }

    fn size(&self, target: &Target, prompt: &Prompt) -> u64 {
        encode(target, prompt, &self.quirks(target)).body.len() as u64
    }

    fn readiness(&self, target: &Target) -> Readiness {
        match self.local(target) {
            Some(local) => local.readiness(),
            None if target.provider.secret.is_pending() => Readiness::KeyPending,
            None => Readiness::Ready,
        }
    }

    fn fingerprint(&self, target: &Target, salt: &[u8]) -> Option<String> {
        Some(secret::fingerprint(salt, &target.provider.secret.known()?))
    }

    fn reread_key<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, bool> {
        Box::pin(target.provider.secret.reread())
    }
}

fn stream(reply: ReplyStream, prompt: &Prompt) -> ModelStream {
    let hang_up = if reply.is_multiplexed() { HangUp::Free } else { HangUp::LosesConnection };
    let limits = reply.limits;
    let deltas = match prompt {
        Prompt::Fill(_) | Prompt::Chat(_) | Prompt::Edit(_) => deltas(reply),
        Prompt::Relay(_) => relayed::to_the_end(deltas(reply)),
    };
    ModelStream { deltas, limits, hang_up }
}

/// The deltas of a reply, up to its end or its failure.
fn deltas(reply: ReplyStream) -> BoxStream<'static, Result<Delta, Failure>> {
    let next = |reply: Option<ReplyStream>| async move {
        let mut reply = reply?;
        match reply.next().await {
            Ok(Some(Delta::End)) => Some((Ok(Delta::Finish(Finish::Stop)), Some(reply))),
            Ok(Some(delta)) => Some((Ok(delta), Some(reply))),
            Ok(None) => None,
            Err(failure) => Some((Err(failure), None)),
        }
    };
    futures::stream::unfold(Some(reply), next).boxed()
}
