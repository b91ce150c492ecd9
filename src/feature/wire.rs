//! The router's door to the providers: a prompt put to a member is encoded for that one, sent, and
//! its answer passed on piece by piece.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use dashmap::DashMap;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream;
use futures::stream::BoxStream;
use futures::stream::StreamExt;
use tokio::time::Instant;

use crate::feature::sent::Recent;
use crate::feature::sent::Sent;
use crate::prompt::Prompt;
use crate::provider::Target;
use crate::provider::dialect;
use crate::provider::dialect::Delta;
use crate::provider::dialect::Finish;
use crate::provider::dialect::HttpRequest;
use crate::provider::failure::Failure;
use crate::provider::limits::Limits;
use crate::provider::local::Local;
use crate::provider::local::Readiness;
use crate::provider::probe;
use crate::provider::quirks::Quirks;
use crate::provider::secret;
use crate::provider::secret::Secret;
use crate::provider::transport::Delivery;
use crate::provider::transport::Patience;
use crate::provider::transport::Transport;
use crate::provider::transport::reply;
use crate::router::ask::Ask;
use crate::router::ask::HangUp;
use crate::router::ask::Piece;
use crate::router::ask::Reply;
use crate::router::fleet::Member;
use crate::router::headroom::Counted;
use crate::router::headroom::Left;

/// An answer that says nothing for so long has stalled.
const STALL: Duration = Duration::from_secs(10);
/// The router gives up earlier; nothing lives longer.
const TOTAL: Duration = Duration::from_secs(120);

/// Everybody who may be asked, and the way to them.
pub struct Wire {
    pub transport: Arc<Transport>,
    pub targets: HashMap<Arc<str>, Target>,
    /// Those of them that are started when they are needed, by their provider.
    locals: HashMap<String, Arc<Local>>,
    /// What was sent of late.
    pub recent: Recent,
    /// What was learned of how targets can be asked.
    quirks: DashMap<Arc<str>, Quirks>,
}

impl Wire {
    pub fn new(
        transport: Transport,
        targets: Vec<Target>,
        locals: HashMap<String, Arc<Local>>,
    ) -> Self {
        let targets = targets.into_iter().map(|it| (Arc::clone(&it.name), it)).collect();
        let (recent, quirks) = Default::default();
        Self { transport: Arc::new(transport), targets, locals, recent, quirks }
    }

    /// Who has to be started for a target to answer.
    pub fn local(&self, target: &Target) -> Option<&Arc<Local>> {
        self.locals.get(&target.provider.name)
    }

    /// Why a provider is out, with what its keeper says of it.
    pub fn why(&self, provider: &str, out: String) -> String {
        match self.locals.get(provider).and_then(|it| it.trouble()) {
            Some(trouble) => format!("the server could not be started: {trouble}"),
            None => out,
        }
    }

    /// Has a target started that is not there.
    pub fn start(&self, local: &Arc<Local>, target: &Target) {
        let (transport, target) = (Arc::clone(&self.transport), target.clone());
        local.start(Box::new(move || {
            let (transport, target) = (Arc::clone(&transport), target.clone());
            async move { probe::answers(&transport, &target).await }.boxed()
        }));
    }

    /// Sends a request, and once more where the failure taught how this target can be asked: without a field
    /// that it rejected, in a chat where it cannot fill a hole, with a key that was renewed.
    async fn ask(
        &self,
        target: &Target,
        prompt: &Prompt,
        delivery: &Delivery,
    ) -> Result<reply::Reply, Failure> {
        let quirks = self.quirks(target);
        let key = target.provider.secret.known();
        let failure = match self.send(target, prompt, &quirks, delivery).await {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        let mut learned = quirks.clone();
        let may_succeed = match &failure {
            Failure::Auth { .. } => {
                let secret = &target.provider.secret;
                let rejected = key.or_else(|| secret.known());
                secret.renew(rejected.as_ref()).await
            }
            Failure::ModelGone { .. } if !quirks.cannot_fill && is_fill(prompt) => {
                learned.cannot_fill = target.filled_otherwise().is_some();
                learned.cannot_fill
            }
            failure => {
                let sent = encode(target, prompt, &quirks).body.len();
                learned.learn(failure, sent, Instant::now().into_std())
            }
        };
        if !may_succeed {
            self.learn(target, quirks, learned);
            return Err(failure);
        }
        let again = self.send(target, prompt, &learned, delivery).await;
        if again.is_ok() || learned.cannot_fill == quirks.cannot_fill {
            self.learn(target, quirks, learned);
        }
        again
    }

    async fn send(
        &self,
        target: &Target,
        prompt: &Prompt,
        quirks: &Quirks,
        delivery: &Delivery,
    ) -> Result<reply::Reply, Failure> {
        let request = encode(target, prompt, quirks);
        let own = Delivery::default();
        let _record =
            Record { recent: &self.recent, target, request: &request, own: &own, all: delivery };
        let patience = Patience { total: Instant::now() + TOTAL, stall: STALL };
        self.transport.ask(target, &request, patience, &own).await
    }

    fn quirks(&self, target: &Target) -> Quirks {
        self.quirks.get(&target.name).map(|it| it.clone()).unwrap_or_default()
    }

    fn learn(&self, target: &Target, known: Quirks, learned: Quirks) {
        if learned != known {
            self.quirks.insert(Arc::clone(&target.name), learned);
        }
    }
}

/// Keeps a request in memory once it ends, however it ends, if it was given to a connection.
struct Record<'a> {
    recent: &'a Recent,
    target: &'a Target,
    request: &'a HttpRequest,
    own: &'a Delivery,
    all: &'a Delivery,
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let bytes = self.own.bytes();
        if bytes == 0 {
            return;
        }
        self.all.add(bytes);
        self.recent.push(Sent {
            at: SystemTime::now(),
            target: Arc::clone(&self.target.name),
            url: format!("{}{}", self.target.provider.url, self.request.path),
            body: String::from_utf8_lossy(&self.request.body).into_owned(),
        });
    }
}

/// The request as a target takes it.
fn encode(target: &Target, prompt: &Prompt, quirks: &Quirks) -> HttpRequest {
    if *quirks == Quirks::default() {
        return dialect::encode(target, prompt);
    }
    let otherwise = target.filled_otherwise().filter(|_| quirks.cannot_fill && is_fill(prompt));
    let mut target = otherwise.unwrap_or_else(|| target.clone());
    let window = quirks.window(Instant::now().into_std());
    target.model.window = match (window, target.model.window) {
        (Some(learned), Some(known)) => Some(learned.min(known)),
        (learned, known) => learned.or(known),
    };
    quirks.apply(dialect::encode(&target, prompt))
}

fn is_fill(prompt: &Prompt) -> bool {
    matches!(prompt, Prompt::Fill(_))
}

/// The same wire is the router's door and the features' way to a target.
pub struct Door(pub Arc<Wire>);

impl Ask for Door {
    fn ask<'a>(
        &'a self,
        member: &'a Member,
        prompt: &'a Prompt,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let gone =
                || Failure::ModelGone { reason: "it was removed from the settings".to_owned() };
            let target = self.0.targets.get(&member.name).ok_or_else(gone)?;
            let asked = self.0.ask(target, prompt, delivery).await;
            let reply = match (asked, self.0.local(target)) {
                (Err(Failure::Connect { .. }), Some(local)) => {
                    self.0.start(local, target);
                    return Err(Failure::Starting);
                }
                (asked, local) => {
                    local.into_iter().for_each(|it| it.used());
                    asked?
                }
            };
            Ok(Reply { left: left(&reply.limits), hang_up: hang_up(&reply), pieces: pieces(reply) })
        })
    }

    fn prepare<'a>(&'a self, member: &'a Member) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            match self.0.targets.get(&member.name) {
                Some(target) => target.provider.secret.get().await.map(drop),
                None => Ok(()),
            }
        })
    }

    fn size(&self, member: &Member, prompt: &Prompt) -> u64 {
        match self.0.targets.get(&member.name) {
            Some(target) => encode(target, prompt, &self.0.quirks(target)).body.len() as u64,
            None => prompt.bytes() as u64,
        }
    }

    fn readiness(&self, member: &Member) -> Readiness {
        let secret = self.0.targets.get(&member.name).map(|it| &it.provider.secret);
        match self.0.locals.get(&*member.provider) {
            Some(local) => local.readiness(),
            None if secret.is_some_and(Secret::is_pending) => Readiness::KeyPending,
            None => Readiness::Ready,
        }
    }

    fn fingerprint(&self, member: &Member, salt: &[u8]) -> Option<String> {
        let key = self.0.targets.get(&member.name)?.provider.secret.known()?;
        Some(secret::fingerprint(salt, &key))
    }

    fn reread_key<'a>(&'a self, member: &'a Member) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            match self.0.targets.get(&member.name) {
                Some(target) => target.provider.secret.reread().await,
                None => false,
            }
        })
    }
}

fn hang_up(reply: &reply::Reply) -> HangUp {
    if reply.is_multiplexed() { HangUp::Free } else { HangUp::LosesConnection }
}

fn left(limits: &Limits) -> Vec<Left> {
    let counted = [(Counted::Requests, limits.requests), (Counted::Tokens, limits.tokens)];
    let windows = counted.into_iter().filter_map(|(counted, it)| Some((counted, it?)));
    windows
        .map(|(counted, it)| Left { counted, left: it.remaining, reset: Some(it.reset) })
        .collect()
}

/// What the reply says, to its end or its failure.
fn pieces(reply: reply::Reply) -> BoxStream<'static, Result<Piece, Failure>> {
    let next = |reply: Option<reply::Reply>| async move {
        let mut reply = reply?;
        match reply.next().await {
            Ok(Some(delta)) => Some((Ok(piece(delta)), Some(reply))),
            Ok(None) => None,
            Err(failure) => Some((Err(failure), None)),
        }
    };
    stream::unfold(Some(reply), next).boxed()
}

fn piece(delta: Delta) -> Piece {
    match delta {
        Delta::Text(text) => Piece::Text(text),
        Delta::Thought(bytes) => Piece::Thought(bytes),
        Delta::Usage(usage) => Piece::Usage(usage),
        Delta::Finish(finish) => Piece::Finish(finish),
        Delta::End => Piece::Finish(Finish::Stop),
    }
}
