//! Who is asked, and who is asked next. Nothing here knows a wire.
//!
//! `plan` decides, from what `fleet` and the `health` of each of its members say; it is pure, and so
//! are `value`, `breaker`, `headroom`, `latency`, `deadline` and `hedge` below it. `run` acts: it
//! asks one after another through the door of `ask`, and each call is a `bill` that is booked once,
//! in the `ledger`, however it ends.

mod afford;
pub mod ask;
pub mod bill;
pub mod breaker;
pub mod deadline;
pub mod fleet;
pub mod headroom;
pub mod health;
pub mod hedge;
pub mod latency;
pub mod ledger;
pub mod need;
pub mod outcome;
pub mod plan;
pub mod reason;
pub mod run;
#[cfg(test)]
mod tests;
pub mod value;

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::future::WeakShared;
use rustc_hash::FxBuildHasher;

use crate::prompt::Prompt;
use crate::router::ask::Ask;
use crate::router::fleet::Fleet;
use crate::router::fleet::Member;
use crate::router::health::Cause;
use crate::router::health::Span;
use crate::router::ledger::Ledger;
use crate::router::ledger::record::Decision;
use crate::router::ledger::record::Park;
use crate::router::ledger::report;
use crate::router::need::Need;
use crate::router::outcome::Answer;
use crate::router::outcome::By;
use crate::router::outcome::Event;
use crate::router::outcome::Flow;
use crate::router::outcome::Miss;
use crate::router::outcome::Outcome;
use crate::router::outcome::Request;
use crate::router::outcome::Sink;
use crate::router::plan::Plan;
use crate::router::run::Run;
use crate::router::value::Now;

/// How old may be what is known of other windows' parks and spending.
const FRESH: Duration = Duration::from_secs(15);

/// How long what one window says takes to reach the ledger at most.
const SETTLED: Duration = Duration::from_secs(5);

/// How far back it counts whose answers were kept.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

type Running = BoxFuture<'static, Arc<Outcome>>;

/// Answers requests. Clones are the same router.
#[derive(Clone)]
pub struct Router {
    shared: Arc<Shared>,
}

/// What all requests share.
pub(crate) struct Shared {
    fleet: Mutex<Fleet>,
    ask: Box<dyn Ask>,
    ledger: Ledger,
    running: Mutex<HashMap<u64, WeakShared<Running>, FxBuildHasher>>,
    refreshed: Mutex<Option<Instant>>,
    /// What keys are hashed with, so that the ledger's hashes tell nothing of them.
    salt: OnceLock<Vec<u8>>,
}

/// What came of showing an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Kept,
    NotKept,
}

impl Router {
    pub fn new(fleet: Fleet, ask: Box<dyn Ask>, ledger: Ledger) -> Self {
        let running = Mutex::default();
        let (fleet, refreshed) = (Mutex::new(fleet), Mutex::new(None));
        let salt = OnceLock::new();
        Self { shared: Arc::new(Shared { fleet, ask, ledger, running, refreshed, salt }) }
    }

    /// A router of new settings: it knows what this one learned, and asks those again whose key was rejected.
    pub fn reloaded(&self, mut fleet: Fleet, ask: Box<dyn Ask>) -> Self {
        let old = self.shared.fleet();
        fleet.inherit(&old);
        for (member, health) in old.members.iter().zip(&old.health) {
            if health.parked.is_some_and(|it| it.cause == Cause::Key) {
                self.shared.ledger.unpark(member.name.to_string());
            }
        }
        drop(old);
        Self::new(fleet, ask, self.shared.ledger.clone())
    }

    /// Who would be asked now, and why the others would not.
    pub fn plan(&self, need: &Need) -> Plan {
        plan::plan(need, &self.shared.fleet_now(), now())
    }

    /// The same with a prompt that is there.
    pub fn plan_with(&self, need: &Need, prompt: &Prompt) -> Plan {
        self.shared.plan_with(need, prompt, now())
    }

    /// The models that would not be asked now, and why.
    pub fn skipped(&self, need: &Need) -> Vec<Miss> {
        let plan = self.plan(need);
        let fleet = self.shared.fleet();
        outcome::skipped(&plan, |it| Arc::clone(&fleet.members[it].name)).collect()
    }

    /// Looks at the fleet: for `doctor` and the status.
    pub fn inspect<T>(&self, look: impl FnOnce(&Fleet) -> T) -> T {
        look(&self.shared.fleet_now())
    }

    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    /// Answers a request, by the first of its plan that can. One that is just being answered is
    /// joined: its sink hears the whole answer at its end. A request that all drop is dropped.
    pub async fn answer(&self, mut request: Request) -> Arc<Outcome> {
        self.refresh_behind();
        let key = key(&request);
        let running = lock(&self.shared.running).get(&key).and_then(WeakShared::upgrade);
        if let Some(call) = running.filter(|it| it.peek().is_none()) {
            let outcome = call.await;
            replay(&outcome, &mut request.sink);
            return outcome;
        }
        let call = fly(Arc::clone(&self.shared), request).boxed().shared();
        if let Some(weak) = call.downgrade() {
            let mut running = lock(&self.shared.running);
            running.retain(|_, it| it.upgrade().is_some_and(|it| it.peek().is_none()));
            running.insert(key, weak);
        }
        call.await
    }

    /// A target has just answered, though not to a request: whatever it was left alone for is over.
    pub fn recovered(&self, target: &str) {
        let mut fleet = self.shared.fleet();
        let Some(member) = fleet.find(target) else { return };
        let provider = Arc::clone(&fleet.members[member].provider);
        self.shared.accept_key(&mut fleet, &provider);
        let health = &mut fleet.health[member];
        health.breaker.on_success();
        health.trouble = None;
        health.parked = None;
        self.shared.ledger.unpark(target.to_owned());
    }

    /// An answer was shown, and this became of it.
    pub fn judged(&self, target: &str, fate: Fate) {
        let mut fleet = self.shared.fleet();
        let Some(member) = fleet.find(target) else { return };
        let kept = &mut fleet.health[member].kept;
        kept.shown += 1;
        match fate {
            Fate::Kept => kept.kept += 1,
            Fate::NotKept => {}
        }
    }

    /// Learns whose answers were kept before this window was opened.
    pub async fn remember(&self) {
        let Some(since) = now().calendar.checked_sub(REMEMBERED) else { return };
        let calls = self.shared.ledger.calls(since).await;
        let mut fleet = self.shared.fleet();
        for ((target, _), line) in report::standings(&calls) {
            let Some(member) = fleet.find(&target) else { continue };
            let kept = &mut fleet.health[member].kept;
            kept.shown += line.shown;
            kept.kept += line.kept;
        }
    }

    /// Learns what other windows parked and spent.
    pub async fn refresh(&self) {
        self.shared.refresh().await;
    }

    /// The same, for the next request: this one does not wait for a disk.
    fn refresh_behind(&self) {
        let now = now().clock;
        let mut refreshed = lock(&self.shared.refreshed);
        if refreshed.is_some_and(|it| now.saturating_duration_since(it) < FRESH) {
            return;
        }
        *refreshed = Some(now);
        drop(refreshed);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move { shared.refresh().await });
    }
}

impl Shared {
    fn fleet(&self) -> MutexGuard<'_, Fleet> {
        lock(&self.fleet)
    }

    /// The fleet, and who of it runs by now.
    fn fleet_now(&self) -> MutexGuard<'_, Fleet> {
        let mut fleet = self.fleet();
        let Fleet { members, health, .. } = &mut *fleet;
        for (member, health) in members.iter().zip(health) {
            health.readiness = self.ask.readiness(member);
        }
        fleet
    }

    /// A hash of a member's key, as far as that is known.
    fn fingerprint(&self, member: &Member) -> Option<String> {
        self.ask.fingerprint(member, self.salt.get()?)
    }

    /// A provider's key is good: its models are no longer left alone because of it.
    fn accept_key(&self, fleet: &mut Fleet, provider: &str) {
        let Fleet { members, health, .. } = fleet;
        for (member, health) in members.iter().zip(health) {
            if &*member.provider == provider && health.on_key_accepted() {
                self.ledger.unpark(member.name.to_string());
            }
        }
    }

    async fn refresh(&self) {
        let calendar = now().calendar;
        if self.salt.get().is_none()
            && let Some(salt) = self.ledger.salt().await
        {
            _ = self.salt.set(salt);
        }
        let parks = self.ledger.parks(calendar).await;
        self.refresh_parks(&parks, calendar);
        self.reread_keys().await;
        self.refresh_included(calendar).await;
    }

    /// Takes over what other windows parked, and ends what they ended.
    fn refresh_parks(&self, parks: &[Park], calendar: SystemTime) {
        let mut fleet = self.fleet();
        let Fleet { members, health, .. } = &mut *fleet;
        for (member, health) in members.iter().zip(health) {
            let park = parks.iter().find(|it| *it.target == *member.name);
            match park.filter(|it| self.holds(it, member)) {
                Some(park) => {
                    let until = park.until.unwrap_or(calendar);
                    health.park(Span { since: park.since, until }, cause(park));
                }
                // What was parked here a moment ago is still on its way to the ledger.
                None => health.parked = health.parked.filter(|it| !it.is_older(calendar, SETTLED)),
            }
        }
    }

    /// Whether a park is of the settings and the key that a member has now.
    fn holds(&self, park: &Park, member: &Member) -> bool {
        park.until.is_some()
            && park.settings == member.settings()
            && (park.key.is_none() || park.key == self.fingerprint(member))
    }

    /// Ends the park of a key that was replaced in its file.
    async fn reread_keys(&self) {
        let rejected: Vec<Arc<Member>> = {
            let fleet = self.fleet();
            let all = fleet.members.iter().zip(&fleet.health);
            let rejected = all.filter(|(_, it)| it.parked.is_some_and(|it| it.cause == Cause::Key));
            rejected.map(|(member, _)| Arc::clone(member)).collect()
        };
        for member in rejected {
            if self.ask.reread_key(&member).await {
                self.accept_key(&mut self.fleet(), &member.provider);
            }
        }
    }

    async fn refresh_included(&self, calendar: SystemTime) {
        let included: Vec<(usize, String)> = {
            let fleet = self.fleet();
            let members = fleet.members.iter().enumerate();
            let included = members.filter(|(_, it)| it.included.is_some());
            included.map(|(index, it)| (index, it.provider.to_string())).collect()
        };
        for (index, provider) in included {
            let (today, _) = self.ledger.spent(calendar, Some(provider)).await;
            self.fleet().health[index].on_spent(today, calendar);
        }
    }
}

/// Why another window parked a target.
fn cause(park: &Park) -> Cause {
    match (&park.key, park.reason.as_str()) {
        (Some(_), _) => Cause::Key,
        (None, "rate-limited") => Cause::RateLimit,
        (None, "overloaded") => Cause::Overload,
        (None, _) => Cause::Quota,
    }
}

/// Plans a request, has it answered, and keeps why.
async fn fly(shared: Arc<Shared>, request: Request) -> Arc<Outcome> {
    let Request { need, prompt, smaller, files, standby, mut sink } = request;
    let (planned, feature) = (now(), need.name());
    let (plan, prompt) = shared.affordable(&need, prompt, smaller, planned);
    let mut run = Run::new(&shared, need, prompt, files, &plan);
    let by_target = run.answer(&mut sink).await;
    let answer = by_target.or_else(|| {
        let text = standby.as_ref()?.text.clone();
        Some(Answer { text, by: By::Standby, total: None, is_cut: false })
    });
    let names = |member: usize| Arc::clone(&shared.fleet().members[member].name);
    let candidates =
        outcome::candidates(&plan, names, &run.tried, answer.as_ref(), standby.as_ref());
    let missed = match answer.as_ref().map(|it| &it.by) {
        Some(By::Target(_)) => Vec::new(),
        Some(By::Standby) | None => outcome::missed(&plan, names, &run.tried),
    };
    let chosen = answer.as_ref().map(|it| match &it.by {
        By::Target(name) => name.to_string(),
        By::Standby => "embedded".to_owned(),
    });
    shared.ledger.decided(Decision {
        at: planned.calendar,
        feature: feature.to_owned(),
        chosen,
        candidates: candidates.clone(),
    });
    Arc::new(Outcome { answer, tried: run.tried, candidates, missed })
}

/// What makes two requests the same.
fn key(request: &Request) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    (request.need.feature, request.need.wants, request.need.document).hash(&mut hasher);
    request.need.except.hash(&mut hasher);
    request.prompt.hash(&mut hasher);
    hasher.finish()
}

/// Tells one who joined what it missed.
fn replay(outcome: &Outcome, sink: &mut Sink) {
    let Some(Answer { text, by: By::Target(target), .. }) = &outcome.answer else { return };
    let mut flow = sink(Event::Started { target });
    if flow == Flow::On {
        flow = sink(Event::Delta(text));
    }
    if flow == Flow::On {
        sink(Event::Done);
    }
}

/// The clock is tokio's, which tests can stop.
fn now() -> Now {
    Now { clock: tokio::time::Instant::now().into_std(), calendar: SystemTime::now() }
}

/// What a panic left behind is whole: no guard here lives across a call that may panic midway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
