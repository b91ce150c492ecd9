//! The configured models, shared by all features.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::feature::completion::debounce::Answers;
use crate::feature::completion::price::{Notices, TooDear};
use crate::models::price::money::Money;
use crate::prompt::Fill;
use crate::provider::client::ProviderClient;
use crate::provider::failure::Failure;
use crate::provider::probe;
use crate::router::outcome::{AttemptError, RequestOutcome};
use crate::router::plan::Choice;
use crate::router::pool::ModelPool;
use crate::router::spec::{Deadline, RequestSpec};
use crate::router::{Fate, Router, breaker};
use crate::usage::Ledger;
use crate::usage::record::{CallId, CallMarks};

/// A failure is reported once in this period, across all windows.
const NOTICE_PERIOD: Duration = Duration::from_secs(24 * 3600);
/// Hosts close a connection after about this idle time.
const IDLE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Models {
    pub router: Router,
    pub client: Arc<ProviderClient>,
    /// Notices for the user that are not shown yet.
    news: Arc<Mutex<Vec<String>>>,
    /// The notice about a price that is not shown yet.
    prices: Notices,
    /// The model of the last answer.
    serving: Arc<Mutex<Option<Arc<str>>>>,
    /// The last state that `has_changed` compared.
    seen: Arc<Mutex<Vec<ProviderStatus>>>,
    /// When a connection was last used or opened ahead.
    warm: Arc<Mutex<Option<Instant>>>,
    /// Whether the ledger was read, for all settings; whether these settings are ready.
    has_read: Arc<AtomicBool>,
    is_ready: Arc<AtomicBool>,
    /// Providers whose exclusion by the training policy was reported in this process.
    excluded: Arc<Mutex<BTreeSet<Arc<str>>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderStatus {
    /// `provider/model`.
    pub name: Arc<str>,
    /// Why it receives no requests now; `None` if it does.
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

    /// The models of new settings. Measurements of models that remain are kept.
    pub fn reloaded(&self, pool: ModelPool, mut client: ProviderClient) -> Self {
        client.recent = self.client.recent.clone();
        let client = Arc::new(client);
        let router = self.router.reloaded(pool, Box::new(Arc::clone(&client)));
        Self { router, client, is_ready: Arc::default(), ..self.clone() }
    }

    /// Prepares the first request and reads the measurements of other windows, once. Called when models may
    /// be needed, not at startup. Sends nothing.
    pub async fn ready(&self) {
        if self.is_ready.swap(true, Ordering::Relaxed) {
            return;
        }
        if !self.has_read.swap(true, Ordering::Relaxed) {
            self.router.remember().await;
        }
        self.router.refresh().await;
        let is_far = |pool: &ModelPool| pool.candidates.iter().any(|it| !it.is_local);
        if self.router.inspect(is_far) {
            let transport = Arc::clone(&self.client.transport);
            // Takes some milliseconds, which would delay the first request.
            _ = tokio::task::spawn_blocking(move || transport.warm()).await;
        }
    }

    /// The usual time until the first token of a candidate.
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

    /// Whether a candidate is free, fills holes, and has answered, so that its rate of reading is known.
    pub(super) fn is_measured(&self, candidate: usize) -> bool {
        self.router.inspect(|pool| {
            let (it, health) = (&pool.candidates[candidate], &pool.health[candidate]);
            it.is_free() && it.fills && health.reading.rate().is_some()
        })
    }

    /// Bytes of a hole's prompt that a model would read before it answers.
    pub(super) fn unread(&self, choice: &Choice, fill: &Fill, deadline: Deadline) -> usize {
        let bytes_per_token = choice.terms.bytes_per_token;
        self.router.inspect(|pool| {
            let reading = &pool.health[choice.index].reading;
            let place = choice.candidate.target.typed_text();
            reading.sized(fill, deadline, bytes_per_token, place).unread
        })
    }

    /// Whether no connection was used or opened for `IDLE`.
    pub(super) fn is_cold(&self) -> bool {
        let warm = self.warm.lock();
        warm.is_none_or(|it| it.elapsed() >= IDLE)
    }

    fn warmed(&self) {
        *self.warm.lock() = Some(Instant::now());
    }

    /// Opens the connection to the first model of the plan, or starts its server, before a request needs it.
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

    /// Records the model that answered, and adds a notice for each model with a lasting failure, once in
    /// `NOTICE_PERIOD`.
    pub async fn warn_of(&self, outcome: &RequestOutcome) {
        self.warmed();
        if let Some(crate::router::outcome::AnsweredBy::Target(by)) =
            outcome.answer.as_ref().map(|it| &it.by)
        {
            *self.serving.lock() = Some(Arc::clone(by));
        }
        let mut reported = BTreeSet::new();
        for tried in &outcome.tried {
            let AttemptError::Failed(failure) = &tried.trouble else { continue };
            tracing::info!(
                target = &*tried.target.name,
                class = failure.name(),
                "an attempt failed"
            );
            if !self.is_news(&tried.target.name, failure)
                || !reported.insert(Arc::clone(&tried.target.name))
            {
                continue;
            }
            let what = format!("{} {}", tried.target.name, failure.name());
            let ledger = self.router.ledger();
            if ledger.is_first_to_say(SystemTime::now(), what, NOTICE_PERIOD).await {
                let news = format!("{} is unavailable: {failure}", tried.target.name);
                self.news.lock().push(news);
            }
        }
    }

    /// Whether the exclusion of a provider was not reported before in this process.
    pub(super) fn is_first_exclusion(&self, provider: &str) -> bool {
        let mut excluded = self.excluded.lock();
        excluded.insert(provider.into())
    }

    /// Adds a notice, once, if a suggestion is too expensive with every model. The task continues if the next
    /// key ends the request: a notice that the ledger records as shown must be shown.
    pub(super) async fn warn_of_price(&self, spec: RequestSpec, outcome: Arc<RequestOutcome>) {
        if outcome.missed.is_empty() {
            return;
        }
        let (prices, ledger) = (self.prices.clone(), self.router.ledger().clone());
        let noted = tokio::spawn(async move { prices.note(&spec, &outcome, &ledger).await });
        // A task that panicked has no notice.
        _ = noted.await;
    }

    /// Whether a failure needs the user: at once for keys and quotas, for a rejected request only if it has
    /// opened the breaker of its target.
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
            | Failure::Repetition
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

    /// Removes and returns the notices for the user. The caller shows them.
    pub fn news(&self) -> Vec<String> {
        std::mem::take(&mut *self.news.lock())
    }

    /// Removes and returns the notice about a price. The caller shows it.
    pub fn price_news(&self) -> Option<TooDear> {
        self.prices.take()
    }

    /// The model of the last answer.
    pub fn serving(&self) -> Option<Arc<str>> {
        self.serving.lock().clone()
    }

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

    /// Whether the serving model or the availability of any model has changed since the last call.
    pub fn has_changed(&self) -> bool {
        let mut now = self.standings();
        // A changed end of a cooldown is not a change.
        now.iter_mut().for_each(|it| it.out = it.out.take().map(|_| String::new()));
        if let Some(serving) = self.serving() {
            now.push(ProviderStatus { name: serving, out: None });
        }
        let mut seen = self.seen.lock();
        let changed = *seen != now;
        *seen = now;
        changed
    }

    /// The spending of all windows today.
    pub async fn spent_today(&self) -> Money {
        let (day, _) = self.router.ledger().spent(SystemTime::now(), None).await;
        day.money
    }

    /// Records whether a shown suggestion of `by` was kept.
    pub(super) fn judged(&self, by: &str, call: Option<CallId>, fate: Fate) {
        self.router.judged(by, fate);
        let kept = fate == Fate::Kept;
        if let Some(call) = call {
            self.router.ledger().mark(call, CallMarks { shown: true, accepted: kept, kept });
        }
    }
}
