use std::collections::VecDeque;
use std::future::pending;
use std::time::SystemTime;

use futures::future::BoxFuture;
use futures::stream::StreamExt;
use futures::{FutureExt, stream};
use parking_lot::Mutex;
use tokio::time::sleep;

use super::*;
use crate::context::{CHOSEN, Part, PartKind};
use crate::models::price::money::Money;
use crate::models::token_usage::Usage;
use crate::prompt::{Chat, CompletionScope, Fill, Role, Trigger};
use crate::provider::Target;
use crate::provider::client::{Delivery, HangUp, ModelClient};
use crate::provider::dialect::Finish;
use crate::provider::failure::LimitScope;
use crate::provider::limits::Limits;
use crate::router::breaker::Breaker;
use crate::router::outcome::{AnsweredBy, Flow, StreamEvent};
use crate::router::pool::{Candidate, ModelPool, Prefer, RoutingOptions};
use crate::router::spec::{Capability, Feature};
use crate::router::tests::{candidate, pool, spec};
use crate::router::{Router, value};
use crate::usage::Ledger;
use crate::usage::record::{
    Call, CallMarks, CallOutcome as Booked, ReservationError, SpendingCap, SpendingCaps,
    SpendingLimit,
};

/// What a scripted target does, step by step.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Text(&'static str),
    Usage(u64, u64),
    Finish,
    Fail(Failure),
    Hang,
}

/// Who is asked, and what it does.
type Turn = (&'static str, Vec<Step>);

/// Answers by script: the first step that fails before any other fails the asking itself.
#[derive(Clone, Default)]
struct Script {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// The bytes of each prompt.
    sent: Arc<Mutex<Vec<usize>>>,
}

impl ModelClient for Script {
    /// As `spec` has it.
    fn size(&self, _: &Target, _: &Prompt) -> u64 {
        8000
    }

    fn send<'a>(
        &'a self,
        target: &'a Target,
        prompt: &'a Prompt,
        _: &'a Delivery,
    ) -> BoxFuture<'a, Result<ModelStream, Failure>> {
        let name = target.name.to_string();
        self.sent.lock().push(prompt.bytes());
        self.asked.lock().push(name.clone());
        let mut turns = self.turns.lock();
        let at = turns.iter().position(|it| it.0 == name);
        let steps = turns.remove(at.unwrap_or_else(|| panic!("{name} has no turn"))).unwrap().1;
        async move {
            if let [Step::Fail(failure), ..] = &steps[..] {
                return Err(failure.clone());
            }
            let pieces = stream::unfold(steps.into_iter(), |mut steps| async move {
                loop {
                    let piece = match steps.next()? {
                        Step::Wait(millis) => {
                            sleep(Duration::from_millis(millis)).await;
                            continue;
                        }
                        Step::Text(text) => Ok(Delta::Text(text.to_owned())),
                        Step::Usage(prompt, output) => {
                            Ok(Delta::Usage(Usage { prompt, output, ..Usage::default() }))
                        }
                        Step::Finish => Ok(Delta::Finish(Finish::Stop)),
                        Step::Fail(failure) => Err(failure),
                        Step::Hang => pending().await,
                    };
                    return Some((piece, steps));
                }
            });
            Ok(ModelStream {
                deltas: pieces.boxed(),
                limits: Limits::default(),
                hang_up: HangUp::Free,
            })
        }
        .boxed()
    }
}

struct World {
    router: Router,
    script: Script,
    heard: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new(candidates: Vec<Candidate>, turns: Vec<Turn>) -> Self {
        let options = RoutingOptions { prefer: Prefer::Listed, ..RoutingOptions::default() };
        Self::of(pool(vec![candidates], options), turns)
    }

    fn of(pool: ModelPool, turns: Vec<Turn>) -> Self {
        let turns = Arc::new(Mutex::new(turns.into()));
        let script = Script { turns, ..Script::default() };
        let router = Router::new(pool, Box::new(script.clone()), Ledger::in_memory());
        Self { router, script, heard: Arc::default() }
    }

    fn request(&self, standby: Option<&str>) -> RouterRequest {
        let heard = Arc::clone(&self.heard);
        let standby = standby.map(|it| Standby { text: it.to_owned(), confidence: 0.5 });
        RouterRequest {
            spec: spec(),
            prompt: Arc::new(Prompt::Fill(Fill {
                path: "a.rs".to_owned(),
                language: "rust".to_owned(),
                parts: Vec::new(),
                prefix: "fn ".to_owned(),
                suffix: String::new(),
                extent: CompletionScope::Line,
                max_tokens: 100,
                trigger: Trigger::Invoked,
                draft: None,
                typed: String::new(),
            })),
            smaller: None,
            files: vec!["a.rs".to_owned()],
            standby,
            reasoning: Some(RepetitionWatch::default().of_reasoning()),
            sink: Box::new(move |event| {
                let (word, flow) = match event {
                    StreamEvent::Started { target } => (format!("<{}>", target.name), Flow::On),
                    StreamEvent::Delta(text) if text.ends_with('.') => {
                        (text.to_owned(), Flow::Stop)
                    }
                    StreamEvent::Delta(text) => (text.to_owned(), Flow::On),
                    StreamEvent::Reset { failed } => {
                        (format!("<not {}>", failed.target.name), Flow::On)
                    }
                    StreamEvent::LogProb(_) | StreamEvent::Spent(_) | StreamEvent::Relayed(_) => {
                        return Flow::On;
                    }
                    StreamEvent::Done => ("<done>".to_owned(), Flow::On),
                };
                heard.lock().push(word);
                flow
            }),
        }
    }

    async fn answer(&self) -> Arc<RequestOutcome> {
        self.router.answer(self.request(None)).await
    }

    fn heard(&self) -> String {
        self.heard.lock().join("")
    }

    fn asked(&self) -> Vec<String> {
        self.script.asked.lock().clone()
    }

    async fn calls(&self) -> Vec<Call> {
        let mut calls = self.router.ledger().calls(SystemTime::UNIX_EPOCH).await;
        calls.sort_by_key(|it| it.attempt);
        calls
    }
}

fn good(text: &'static str) -> Vec<Step> {
    vec![Step::Text(text), Step::Usage(2000, 50), Step::Finish]
}

fn two() -> Vec<Candidate> {
    vec![candidate("a/first"), candidate("b/second")]
}

fn seconds(it: u64) -> Duration {
    Duration::from_secs(it)
}

/// What is left of the first target after it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Blamed,
    Unblamed,
    NoRoom,
    Cooldown,
}

#[tokio::test(start_paused = true)]
async fn whoever_fails_however_the_next_answers_in_one_piece() {
    let reason = || "why".to_owned();
    let table = [
        (
            Failure::RateLimited { retry: Some(seconds(9)), scope: LimitScope::Minute },
            After::NoRoom,
        ),
        (Failure::RateLimited { retry: None, scope: LimitScope::Unknown }, After::NoRoom),
        (Failure::Quota { retry: None, reason: reason() }, After::Cooldown),
        (Failure::Auth { reason: reason() }, After::Cooldown),
        (Failure::ModelGone { reason: reason() }, After::Blamed),
        (Failure::Overloaded { retry: None, reason: reason() }, After::Blamed),
        (Failure::Connect { reason: reason() }, After::Blamed),
        (Failure::Timeout(Phase::Connect), After::Blamed),
        (Failure::Timeout(Phase::Stall), After::Blamed),
        (Failure::Cut, After::Blamed),
        (Failure::Garbled { reason: reason() }, After::Blamed),
        (Failure::BadRequest { status: 400, reason: reason() }, After::Blamed),
        (Failure::FieldRejected { field: reason(), reason: reason() }, After::Blamed),
        (Failure::Forbidden { reason: reason() }, After::Blamed),
        (Failure::NoKey { reason: reason() }, After::Blamed),
        (Failure::KeyPending, After::Unblamed),
        (Failure::Empty { reason: reason() }, After::Blamed),
        (Failure::Refused { reason: reason() }, After::Blamed),
    ];
    for (failure, after) in table {
        for is_midway in [false, true] {
            let mut steps = vec![Step::Fail(failure.clone())];
            if is_midway {
                steps.insert(0, Step::Text("ba"));
            }
            let world = World::new(two(), vec![("a/first", steps), ("b/second", good("good"))]);
            let outcome = world.answer().await;
            let context = format!("{failure:?}, midway: {is_midway}");
            let answer = outcome.answer.as_ref().expect(&context);
            assert_eq!(
                (&*answer.text, &answer.by),
                ("good", &AnsweredBy::Target("b/second".into()))
            );
            let heard = if is_midway { "<a/first>ba<not a/first>" } else { "" };
            assert_eq!(world.heard(), format!("{heard}<b/second>good<done>"), "{context}");
            let troubles: Vec<&AttemptError> = outcome.tried.iter().map(|it| &it.trouble).collect();
            assert_eq!(troubles, [&AttemptError::Failed(failure.clone())]);

            let calls = world.calls().await;
            let class = crate::router::reason::class(&failure).to_owned();
            assert_eq!(calls.len(), 2, "{context}");
            assert_eq!(calls[0].outcome, Booked::Failed(class));
            // Who was turned away pays nothing, who was cut off pays what is reckoned.
            let is_billed = is_midway || failure == Failure::Timeout(Phase::Stall);
            assert_eq!(calls[0].estimated, is_billed, "{context}");
            assert_eq!(calls[0].usage.prompt, if is_billed { 2000 } else { 0 }, "{context}");
            assert_eq!((&calls[1].outcome, calls[1].estimated), (&Booked::Answered, false));
            assert_eq!(calls[1].money, Some(Money::from_picodollars(2050 * 1_000_000)));

            world.router.inspect(|pool| {
                let (health, now) = (&pool.health[0], super::super::now());
                let has_room = health.headroom.wants_until(1, now.clock).is_none();
                let has_cooldown = health.cooldown.is_some();
                let found = match (has_room, has_cooldown) {
                    (false, _) => After::NoRoom,
                    (_, true) => After::Cooldown,
                    _ if health.breaker == Breaker::default() => After::Unblamed,
                    _ => After::Blamed,
                };
                assert_eq!(found, after, "{context}");
            });
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_tries_no_other_candidate() {
    let world = World::new(two(), vec![("a/first", vec![Step::Fail(Failure::Cancelled)])]);
    let outcome = world.router.answer(world.request(Some("standby"))).await;
    assert_eq!(world.asked(), ["a/first"]);
    assert_eq!(outcome.answer.as_ref().unwrap().by, AnsweredBy::Standby);
    assert_eq!(outcome.answer.as_ref().unwrap().text, "standby");
}

#[tokio::test(start_paused = true)]
async fn three_rejected_requests_start_a_cooldown_that_grows() {
    let reject = || vec![Step::Fail(Failure::BadRequest { status: 400, reason: "no".to_owned() })];
    let mut turns: Vec<_> = (0..4).map(|_| ("a/first", reject())).collect();
    turns.extend((0..10).map(|_| ("b/second", good("x"))));
    let world = World::new(two(), turns);
    for (asked, wait) in [(1, 0), (2, 0), (3, 0), (3, 6), (4, 6), (4, 0)] {
        world.answer().await;
        let first = world.asked().iter().filter(|it| *it == "a/first").count();
        assert_eq!(first, asked);
        sleep(seconds(wait)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_is_too_long_goes_to_the_next_window_that_holds_it() {
    let steps = || {
        vec![Step::Fail(Failure::ContextTooLong {
            reason: String::new(),
            context_length: Some(512),
            counted: None,
        })]
    };
    let smaller = Candidate { context_length: Some(8000), ..candidate("b/smaller") };
    let turns = vec![("a/first", steps()), ("b/smaller", good("x")), ("b/smaller", good("y"))];
    let world = World::new(vec![candidate("a/first"), smaller], turns);
    world.answer().await;
    assert_eq!(world.asked(), ["a/first", "b/smaller"]);
    // Its prompts are cut to what it said that it holds.
    world.router.inspect(|pool| {
        let (candidate, health, now) =
            (&pool.candidates[0], &pool.health[0], super::super::now().clock);
        assert_eq!(health.context_length(candidate, now), Some(512));
        assert_eq!(value::tokens(9_000_000, candidate, health, now), 512);
    });

    let tiny = Candidate { context_length: Some(1000), ..candidate("b/tiny") };
    let large = Candidate { context_length: Some(64_000), ..candidate("c/large") };
    let turns = vec![("a/first", steps()), ("c/large", good("x"))];
    let world = World::new(vec![candidate("a/first"), tiny, large], turns);
    let mut request = world.request(None);
    request.spec.wants = Capability::Chat;
    request.prompt = Arc::new(Prompt::Chat(Chat {
        system: "x".repeat(8000),
        parts: Vec::new(),
        turns: Vec::new(),
        max_tokens: 64,
        stop: Vec::new(),
        thinks: false,
        exact: false,
    }));
    let outcome = world.router.answer(request).await;
    assert_eq!(world.asked(), ["a/first", "c/large"]);
    assert_eq!(outcome.tried[1].trouble, AttemptError::TooSmall(1000));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_the_whole_provider_s() {
    let steps = vec![Step::Fail(Failure::Auth { reason: String::new() })];
    let candidates = vec![candidate("a/first"), candidate("a/other"), candidate("b/second")];
    let turns = vec![("a/first", steps), ("b/second", good("x")), ("b/second", good("y"))];
    let world = World::new(candidates, turns);
    world.answer().await;
    world.answer().await;
    assert_eq!(world.asked(), ["a/first", "b/second", "b/second"]);
    let cooldowns = world.router.ledger().cooldowns(SystemTime::now()).await;
    assert_eq!(cooldowns.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_who_hangs_leaves_time_for_the_next() {
    for steps in [vec![Step::Hang], vec![Step::Text("ba"), Step::Hang]] {
        let world = World::new(two(), vec![("a/first", steps), ("b/second", good("good"))]);
        let started = Instant::now();
        let outcome = world.answer().await;
        assert_eq!(outcome.answer.as_ref().unwrap().text, "good");
        assert!(started.elapsed() <= Feature::Complete.deadline().total);
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_hang_the_standby_answers_at_the_deadline() {
    let turns = vec![("a/first", vec![Step::Hang]), ("b/second", vec![Step::Hang])];
    let world = World::new(two(), turns);
    let started = Instant::now();
    let outcome = world.router.answer(world.request(Some("standby"))).await;
    assert_eq!(started.elapsed(), Feature::Complete.deadline().total);
    assert_eq!(outcome.answer.as_ref().unwrap().by, AnsweredBy::Standby);
    assert_eq!(outcome.tried.len(), 2);
    let last = outcome.candidates.last().unwrap();
    assert_eq!(last.target, "embedded");
    let decisions = world.router.ledger().decisions(9).await;
    assert_eq!(decisions[0].chosen.as_deref(), Some("embedded"));
    assert_eq!(decisions[0].candidates, outcome.candidates);
    assert!(decisions[0].candidates[0].reason.starts_with("failed (timeout): $0.00"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_trickles_is_left() {
    let trickle = (0..60).flat_map(|_| [Step::Text("x"), Step::Wait(900)]).collect();
    let world = World::new(two(), vec![("a/first", trickle), ("b/second", good("good"))]);
    let mut request = world.request(None);
    request.spec.deadline.total = seconds(60);
    let outcome = world.router.answer(request).await;
    assert_eq!(outcome.answer.as_ref().unwrap().text, "good");
    assert!(world.heard().contains("<not a/first>"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_enough_is_cut_and_reckoned() {
    let steps = vec![Step::Text("abcd"), Step::Text("efgh."), Step::Hang];
    let world = World::new(two(), vec![("a/first", steps)]);
    let outcome = world.answer().await;
    assert_eq!(outcome.answer.as_ref().unwrap().text, "abcdefgh.");
    let calls = world.calls().await;
    assert_eq!(calls[0].outcome, Booked::Cut);
    assert!(calls[0].estimated);
    assert_eq!((calls[0].usage.prompt, calls[0].usage.output), (2000, 3));
}

#[tokio::test(start_paused = true)]
async fn a_cut_answer_is_reckoned_as_its_provider_counted_those_before() {
    // It counts 2,600 tokens where others count 2,000.
    let counted = vec![Step::Text("good"), Step::Usage(2600, 50), Step::Finish];
    let cut = vec![Step::Text("ten bytes!"), Step::Text("."), Step::Hang];
    let turns = vec![("a/first", counted), ("a/first", cut)];
    let world = World::new(vec![candidate("a/first")], turns);
    world.answer().await;
    world.answer().await;
    let calls = world.router.ledger().calls(SystemTime::UNIX_EPOCH).await;
    let cut = calls.iter().find(|it| it.estimated).unwrap();
    assert_eq!((cut.usage.prompt, cut.usage.output), (2600, 4));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_bills_on_is_booked_to_the_most_it_may_say() {
    let steps = vec![Step::Text("abcd."), Step::Hang];
    let world = World::new(
        vec![Candidate { bills_on: true, ..candidate("a/first") }],
        vec![("a/first", steps)],
    );
    world.answer().await;
    assert_eq!(world.calls().await[0].usage.output, 100);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_takes_its_connection_along_is_read_on_unseen() {
    let mut request_size = spec().size;
    request_size.max_output = 2;
    let steps = vec![Step::Text("a."), Step::Wait(100), Step::Usage(7, 2), Step::Finish];
    let world = World::new(two(), vec![("a/first", steps)]);
    let mut request = world.request(None);
    request.spec.size = request_size;
    let started = Instant::now();
    world.router.answer(request).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
    sleep(Duration::from_millis(200)).await;
    let calls = world.calls().await;
    assert_eq!((calls[0].usage.prompt, calls[0].estimated), (7, false));
}

#[tokio::test(start_paused = true)]
async fn a_model_on_this_machine_stops_as_soon_as_its_text_is_enough() {
    let steps = vec![Step::Text("a."), Step::Wait(100), Step::Usage(7, 2), Step::Finish];
    let local = Candidate { is_local: true, price: None, ..candidate("a/home") };
    let world = World::new(vec![local], vec![("a/home", steps)]);
    let mut request = world.request(None);
    request.spec.size.max_output = 2;
    world.router.answer(request).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(world.calls().await[0].outcome, Booked::Cut);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_is_booked_and_blames_nobody() {
    let world = World::new(two(), vec![("a/first", vec![Step::Hang])]);
    let answer = timeout(Duration::from_millis(100), world.answer()).await;
    assert!(answer.is_err());
    let calls = world.calls().await;
    assert_eq!((calls.len(), &calls[0].outcome), (1, &Booked::Cut));
    world.router.inspect(|it| assert_eq!(it.health[0].breaker, Breaker::default()));
}

#[tokio::test(start_paused = true)]
async fn a_slow_first_is_hedged_only_by_one_who_costs_nothing() {
    for (is_local, expected) in [(true, "b/second"), (false, "a/first")] {
        let slow = vec![Step::Wait(500), Step::Text("slow"), Step::Finish];
        let price = if is_local { None } else { candidate("b/second").price };
        let second = Candidate { is_local, price, ..candidate("b/second") };
        let candidates = vec![candidate("a/first"), second];
        let world = World::new(candidates, vec![("a/first", slow), ("b/second", good("fast"))]);
        {
            let mut pool = world.router.shared.pool();
            let now = super::super::now().clock;
            let latency = pool.health[0].latency_mut(Feature::Complete);
            (0..20).for_each(|_| latency.on_first(Duration::from_millis(200), now));
        }
        let started = Instant::now();
        let outcome = world.answer().await;
        assert_eq!(outcome.answer.as_ref().unwrap().by, AnsweredBy::Target(expected.into()));
        let elapsed = if is_local { 200 } else { 500 };
        assert_eq!(started.elapsed(), Duration::from_millis(elapsed));
        assert_eq!(world.calls().await.len(), if is_local { 2 } else { 1 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_is_reached_passes_a_target_by() {
    let day = SpendingLimit { requests: Some(1), ..SpendingLimit::default() };
    let own = SpendingCap { day, ..SpendingCap::default() };
    let first =
        Candidate { caps: SpendingCaps { own, ..SpendingCaps::default() }, ..candidate("a/first") };
    let candidates = vec![first, candidate("b/second")];
    let world = World::new(candidates, vec![("a/first", good("x")), ("b/second", good("y"))]);
    world.answer().await;
    let outcome = world.answer().await;
    assert_eq!(world.asked(), ["a/first", "b/second"]);
    assert!(matches!(
        outcome.tried[0].trouble,
        AttemptError::Refused(ReservationError::Capped { .. })
    ));
    assert_eq!(world.router.plan(&spec()).order.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_three_failures_nobody_is_asked_in_vain() {
    let fail = || vec![Step::Fail(Failure::Connect { reason: String::new() })];
    let mut turns: Vec<_> = (0..3).map(|_| ("a/first", fail())).collect();
    turns.extend((0..5).map(|_| ("b/second", good("x"))));
    let world = World::new(two(), turns);
    for _ in 0..4 {
        world.answer().await;
    }
    assert_eq!(world.asked().len(), 7);
    // One asks again after a while, to see.
    world.script.turns.lock().push_back(("a/first", good("back")));
    sleep(seconds(6)).await;
    assert_eq!(world.answer().await.answer.as_ref().unwrap().text, "back");
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_breakers_and_forgets_cooldowns() {
    let auth = vec![Step::Fail(Failure::Auth { reason: String::new() })];
    let world = World::new(two(), vec![("a/first", auth), ("b/second", good("x"))]);
    world.answer().await;
    assert_eq!(world.router.plan(&spec()).order.len(), 1);
    let options = RoutingOptions { prefer: Prefer::Listed, ..RoutingOptions::default() };
    let script = Box::new(world.script.clone());
    let router = world.router.reloaded(pool(vec![two()], options), script);
    router.refresh().await;
    assert_eq!(router.plan(&spec()).order.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_window_s_cooldowns_hold_here() {
    let auth = vec![Step::Fail(Failure::Auth { reason: String::new() })];
    let world = World::new(two(), vec![("a/first", auth), ("b/second", good("x"))]);
    world.answer().await;
    let pool = pool(vec![two()], RoutingOptions::default());
    let ledger = world.router.ledger().clone();
    let other = Router::new(pool, Box::new(Script::default()), ledger);
    other.refresh().await;
    assert_eq!(other.plan(&spec()).order.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_learned_of_a_model_is_known_to_the_next_window() {
    let script = vec![("a/first", good("x"))];
    let world = World::new(vec![candidate("a/first")], script);
    let outcome = world.router.answer(world.request(None)).await;
    let call = outcome.answer.as_ref().and_then(|it| it.total).unwrap().call;
    let ledger = world.router.ledger().clone();
    ledger.mark(call, CallMarks { shown: true, accepted: true, kept: true });
    let pool = pool(vec![vec![candidate("a/first")]], RoutingOptions::default());
    let next = Router::new(pool, Box::new(world.script.clone()), ledger);
    next.remember().await;
    let kept = next.inspect(|it| it.health[0].kept);
    assert_eq!((kept.shown, kept.kept), (1, 1));
    assert!(next.inspect(|it| it.health[0].reading.rate()).is_some_and(|it| it > 1000.0));
}

#[tokio::test(start_paused = true)]
async fn a_free_model_that_nobody_replaces_is_waited_for() {
    let slow = || vec![Step::Wait(9000), Step::Text("late"), Step::Usage(2000, 5), Step::Finish];
    let free = || Candidate { is_local: true, price: None, ..candidate("a/home") };
    let world = World::new(vec![free()], vec![("a/home", slow())]);
    assert_eq!(world.answer().await.answer.as_ref().map(|it| &*it.text), Some("late"));
    // Something else can be shown in time.
    let world = World::new(vec![free()], vec![("a/home", slow())]);
    let outcome = world.router.answer(world.request(Some("standby"))).await;
    assert_eq!(outcome.answer.as_ref().map(|it| &*it.text), Some("standby"));
    let turns = vec![("a/home", slow()), ("b/second", good("good"))];
    let world = World::new(vec![free(), candidate("b/second")], turns);
    assert_eq!(world.answer().await.answer.as_ref().map(|it| &*it.text), Some("good"));
    // An action is waited for longer, since its progress is shown.
    let turn = vec![Step::Wait(200_000), Step::Text("late"), Step::Usage(2000, 5), Step::Finish];
    let world = World::new(vec![free()], vec![("a/home", turn)]);
    let deadline = Feature::Edit.deadline();
    let spec = RequestSpec { feature: Feature::Edit, deadline, ..spec() };
    let outcome = world.router.answer(RouterRequest { spec, ..world.request(None) }).await;
    assert_eq!(outcome.answer.as_ref().map(|it| &*it.text), Some("late"));
    // A model that costs money is not.
    let world = World::new(vec![candidate("a/first")], vec![("a/first", slow())]);
    assert_eq!(world.answer().await.answer, None);
}

#[tokio::test(start_paused = true)]
async fn a_free_model_gets_as_much_context_for_an_action_as_it_reads_in_time() {
    let part = |rank| Part {
        kind: PartKind::Outline,
        path: "b.rs".to_owned(),
        text: "fn f();\n".repeat(100),
        rank,
    };
    let chat = Chat {
        system: "be brief".to_owned(),
        parts: (0..9).map(part).chain([part(CHOSEN)]).collect(),
        turns: vec![crate::prompt::Turn { role: Role::User, text: "fn f() {}\n".repeat(100) }],
        max_tokens: 64,
        stop: Vec::new(),
        thinks: false,
        exact: true,
    };
    let free = || Candidate { is_local: true, price: None, ..candidate("a/home") };
    let spec =
        || RequestSpec { feature: Feature::Edit, deadline: Feature::Edit.deadline(), ..spec() };
    for (rate, bytes) in [(10, 1812), (60, 3420), (1000, 9048)] {
        let world = World::new(vec![free()], vec![("a/home", good("good"))]);
        world.router.shared.pool().health[0].reading.on_reported(10 * rate, seconds(10));
        let prompt = Arc::new(Prompt::Chat(chat.clone()));
        let request = RouterRequest { spec: spec(), prompt, ..world.request(None) };
        assert!(world.router.answer(request).await.answer.is_some());
        assert_eq!(*world.script.sent.lock(), [bytes], "{rate}");
    }
}
