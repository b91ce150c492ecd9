//! The models a user has set up, as all features ask them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::feature::completion::debounce::Answers;
use crate::feature::completion::price::{Notices, TooDear};
use crate::models::price::money::Money;
use crate::provider::client::ProviderClient;
use crate::provider::failure::Failure;
use crate::provider::probe;
use crate::router::outcome::{AttemptError, RequestOutcome};
use crate::router::pool::ModelPool;
use crate::router::spec::RequestSpec;
use crate::router::{Fate, Router, breaker};
use crate::usage::Ledger;
use crate::usage::record::{CallId, CallMarks};

/// Who is out is told once in so long, by all windows together.
const ONCE: Duration = Duration::from_secs(24 * 3600);
/// Hosts close a connection that was idle for about so long.
const WARM: Duration = Duration::from_secs(60);

/// Everybody who may be asked.
#[derive(Clone)]
pub struct Models {
    pub router: Router,
    pub client: Arc<ProviderClient>,
    /// What the user should be told, until somebody tells it.
    news: Arc<Mutex<Vec<String>>>,
    /// The price that the user should be told.
    prices: Notices,
    /// Who gave the last answer.
    serving: Arc<Mutex<Option<Arc<str>>>>,
    /// What `has_changed` saw last.
    seen: Arc<Mutex<Vec<ProviderStatus>>>,
    /// When a connection was last used or made ahead.
    warm: Arc<Mutex<Option<Instant>>>,
    /// Whether the books were read, whatever the settings; whether all is made under these.
    has_read: Arc<AtomicBool>,
    is_ready: Arc<AtomicBool>,
    /// Providers whose exclusion by the training policy was noticed in this process.
    excluded: Arc<Mutex<BTreeSet<Arc<str>>>>,
}

/// How one is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderStatus {
    pub name: Arc<str>,
    pub out: Option<String>,
}

impl Models {
    pub fn new(pool: ModelPool, client: ProviderClient, ledger: Ledger) -> Self {
        let client = Arc::new(client);
        let router = Router::new(pool, Box::new(Arc::clone(&client)), ledger);
        let (news, prices, serving, seen, warm) = Default::default();
        let (has_read, is_ready, excluded) = Default::default();
        Self { router, client, news, prices, serving, seen, warm, has_read, is_ready, excluded }
    }

    /// The same under other settings: what was learned of those who stay is kept.
    pub fn reloaded(&self, pool: ModelPool, mut client: ProviderClient) -> Self {
        client.recent = self.client.recent.clone();
        let client = Arc::new(client);
        let router = self.router.reloaded(pool, Box::new(Arc::clone(&client)));
        Self { router, client, is_ready: Arc::default(), ..self.clone() }
    }

    /// Makes what a first request needs, and learns what other windows know: once, and not before there is
    /// something to ask about. Nothing is sent.
    pub async fn ready(&self) {
        if self.is_ready.swap(true, Ordering::Relaxed) {
            return;
        }
        if !self.has_read.swap(true, Ordering::Relaxed) {
            self.router.remember().await;
        }
        self.router.refresh().await;
        let transport = Arc::clone(&self.client.transport);
        // It takes some milliseconds, of which no request should know.
        _ = tokio::task::spawn_blocking(move || transport.warm()).await;
    }

    /// How soon one usually begins to answer.
    pub(super) fn pace(&self, candidate: usize, spec: &RequestSpec) -> Answers {
        let now = Instant::now().into_std();
        self.router.inspect(|pool| {
            let first_token = pool.health[candidate].latency(spec.feature).first_token(0.5, now);
            let candidate = &pool.candidates[candidate];
            match candidate.fills {
                true => Answers::Fills(first_token),
                false => Answers::Chats(first_token.unwrap_or(candidate.usual_first_token())),
            }
        })
    }

    /// Whether no connection was used or made ahead for a while.
    pub(super) fn is_cold(&self) -> bool {
        let warm = self.warm.lock();
        warm.is_none_or(|it| it.elapsed() >= WARM)
    }

    fn warmed(&self) {
        *self.warm.lock() = Some(Instant::now());
    }

    /// Makes the connection that a request like this needs first, which else would wait for it.
    pub(super) fn connect_ahead(&self, spec: &RequestSpec) {
        self.warmed();
        let first = self.router.plan(spec).order.first().map(|it| it.index);
        let target =
            |index: usize| self.router.inspect(|pool| Arc::clone(&pool.candidates[index].target));
        let Some(target) = first.map(target) else { return };
        let client = Arc::clone(&self.client);
        tokio::spawn(async move {
            match client.local(&target) {
                Some(local) if !probe::answers(&client.transport, &target).await => {
                    client.start(local, &target);
                }
                Some(_) | None => client.transport.connect(&target).await,
            }
        });
    }

    /// Notes who answered; and of whoever is out for long, says so once.
    pub async fn warn_of(&self, outcome: &RequestOutcome) {
        self.warmed();
        if let Some(crate::router::outcome::AnsweredBy::Target(by)) =
            outcome.answer.as_ref().map(|it| &it.by)
        {
            *self.serving.lock() = Some(Arc::clone(by));
        }
        let mut said = BTreeSet::new();
        for tried in &outcome.tried {
            let AttemptError::Failed(failure) = &tried.trouble else { continue };
            tracing::info!(
                target = &*tried.target.name,
                class = failure.name(),
                "an attempt failed"
            );
            if !self.is_news(&tried.target.name, failure)
                || !said.insert(Arc::clone(&tried.target.name))
            {
                continue;
            }
            let what = format!("{} {}", tried.target.name, failure.name());
            let ledger = self.router.ledger();
            if ledger.is_first_to_say(SystemTime::now(), what, ONCE).await {
                let news = format!("{} is unavailable: {failure}", tried.target.name);
                self.news.lock().push(news);
            }
        }
    }

    /// Whether a provider's exclusion was not noticed before.
    pub(super) fn is_first_exclusion(&self, provider: &str) -> bool {
        let mut excluded = self.excluded.lock();
        excluded.insert(provider.into())
    }

    /// Where a suggestion costs too much with every model, says so once. The task outlives the request, which
    /// the next key may end: what the ledger holds as told is told.
    pub(super) async fn warn_of_price(&self, spec: RequestSpec, outcome: Arc<RequestOutcome>) {
        if outcome.missed.is_empty() {
            return;
        }
        let (prices, ledger) = (self.prices.clone(), self.router.ledger().clone());
        let noted = tokio::spawn(async move { prices.note(&spec, &outcome, &ledger).await });
        // Of a task that panicked there is nothing to tell.
        _ = noted.await;
    }

    /// Whether the user has to do something about a failure: at once where only they can, and where a request
    /// was rejected once that has put its target into a cooldown.
    fn is_news(&self, target: &str, failure: &Failure) -> bool {
        match failure {
            Failure::Quota { .. }
            | Failure::Auth { .. }
            | Failure::Forbidden { .. }
            | Failure::NoKey { .. }
            | Failure::ModelGone { .. } => true,
            Failure::BadRequest { .. }
            | Failure::FieldRejected { .. }
            | Failure::Empty { .. }
            | Failure::Garbled { .. } => self.router.inspect(|pool| {
                let health = pool.find(target).map(|it| &pool.health[it]);
                health.is_some_and(|it| it.breaker.state() != breaker::BreakerState::Closed)
            }),
            Failure::RateLimited { .. }
            | Failure::KeyPending
            | Failure::ContextTooLong { .. }
            | Failure::Overloaded { .. }
            | Failure::Connect { .. }
            | Failure::Starting
            | Failure::Timeout(_)
            | Failure::Cut
            | Failure::Refused { .. }
            | Failure::Cancelled => false,
        }
    }

    /// The next notice for the user. Taking it removes it: the caller shows it.
    pub fn news(&self) -> Vec<String> {
        std::mem::take(&mut *self.news.lock())
    }

    /// The next notice of a price. Taking it removes it: the caller shows it.
    pub fn price_news(&self) -> Option<TooDear> {
        self.prices.take()
    }

    /// Who gave the last answer.
    pub fn serving(&self) -> Option<Arc<str>> {
        self.serving.lock().clone()
    }

    /// How everybody is doing.
    pub fn standings(&self) -> Vec<ProviderStatus> {
        let now = std::time::Instant::now();
        let calendar = SystemTime::now();
        self.router.inspect(|pool| {
            let all = pool.candidates.iter().zip(&pool.health);
            let standing = all.map(|(candidate, health)| ProviderStatus {
                name: Arc::clone(candidate.name()),
                out: match candidate.has_key {
                    true => health
                        .out(now, calendar)
                        .map(|it| self.client.why(candidate.provider(), it)),
                    false => Some("its API key is missing".to_owned()),
                },
            });
            standing.collect()
        })
    }

    /// Whether somebody else serves, or somebody is out or back, since this was asked last.
    pub fn has_changed(&self) -> bool {
        let mut now = self.standings();
        // Until when is no change of state.
        now.iter_mut().for_each(|it| it.out = it.out.take().map(|_| String::new()));
        if let Some(serving) = self.serving() {
            now.push(ProviderStatus { name: serving, out: None });
        }
        let mut seen = self.seen.lock();
        let changed = *seen != now;
        *seen = now;
        changed
    }

    /// Spent today by all windows.
    pub async fn spent_today(&self) -> Money {
        let (day, _) = self.router.ledger().spent(SystemTime::now(), None).await;
        day.money
    }

    /// What became of a text of `by` that was on the screen.
    pub(super) fn judged(&self, by: &str, call: Option<CallId>, fate: Fate) {
        self.router.judged(by, fate);
        let kept = fate == Fate::Kept;
        if let Some(call) = call {
            self.router.ledger().mark(call, CallMarks { shown: true, accepted: kept, kept });
        }
    }
}
