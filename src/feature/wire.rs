//! The router's door to the providers: a prompt put to a member is encoded for that one, sent, and
//! its answer passed on piece by piece.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream;
use futures::stream::BoxStream;
use futures::stream::StreamExt;
use tokio::time::Instant;

use crate::prompt::Prompt;
use crate::provider::Target;
use crate::provider::dialect;
use crate::provider::dialect::Delta;
use crate::provider::failure::Failure;
use crate::provider::limits::Limits;
use crate::provider::local::Local;
use crate::provider::local::Readiness;
use crate::provider::probe;
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
    /// Those whose servers said that they cannot fill a hole as they were asked.
    cannot_fill: Mutex<HashSet<Arc<str>>>,
}

impl Wire {
    pub fn new(
        transport: Transport,
        targets: Vec<Target>,
        locals: HashMap<String, Arc<Local>>,
    ) -> Self {
        let targets = targets.into_iter().map(|it| (Arc::clone(&it.name), it)).collect();
        Self { transport: Arc::new(transport), targets, locals, cannot_fill: Mutex::default() }
    }

    /// Who has to be started for a target to answer.
    pub fn local(&self, target: &Target) -> Option<&Arc<Local>> {
        self.locals.get(&target.provider.name)
    }

    /// Why a provider is out, with what its keeper says of it.
    pub fn why(&self, provider: &str, out: String) -> String {
        match self.locals.get(provider).and_then(|it| it.trouble()) {
            Some(trouble) => format!("it could not be started: {trouble}"),
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

    async fn ask(&self, target: &Target, prompt: &Prompt) -> Result<reply::Reply, Failure> {
        let request = dialect::encode(target, prompt);
        let patience = Patience { total: Instant::now() + TOTAL, stall: STALL };
        self.transport.ask(target, &request, patience).await
    }

    /// Asks for a hole as the model's name or its settings tell, and otherwise where its server says that
    /// it has no such way: that is known before anything is paid, and from then on.
    async fn ask_to_fill(&self, target: &Target, prompt: &Prompt) -> Result<reply::Reply, Failure> {
        let Some(otherwise) = target.filled_otherwise() else {
            return self.ask(target, prompt).await;
        };
        if !lock(&self.cannot_fill).contains(&target.name) {
            match self.ask(target, prompt).await {
                Err(Failure::ModelGone { .. }) => {}
                answer => return answer,
            }
        }
        let answer = self.ask(&otherwise, prompt).await;
        if answer.is_ok() {
            lock(&self.cannot_fill).insert(Arc::clone(&target.name));
        }
        answer
    }
}

/// The same wire is the router's door and the features' way to a target.
pub struct Door(pub Arc<Wire>);

impl Ask for Door {
    fn ask<'a>(
        &'a self,
        member: &'a Member,
        prompt: &'a Prompt,
    ) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let gone = || Failure::ModelGone { reason: "it left the settings".to_owned() };
            let target = self.0.targets.get(&member.name).ok_or_else(gone)?;
            let asked = match prompt {
                Prompt::Fill(_) => self.0.ask_to_fill(target, prompt).await,
                Prompt::Chat(_) => self.0.ask(target, prompt).await,
            };
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

    fn readiness(&self, member: &Member) -> Readiness {
        self.0.locals.get(&*member.provider).map_or(Readiness::Ready, |it| it.readiness())
    }
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
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
        Delta::Finish(_) | Delta::End => Piece::Finish,
    }
}
