use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::*;
use crate::models::price::{Price, Rates};
use crate::provider::limits::{Limits, RateLimit};
use crate::router::health::{ActiveCooldown, Capped, TimeSpan};
use crate::router::pool::RoutingOptions;
use crate::router::spec::{Feature, RequestSize};
use crate::router::tests::{candidate, pool, price, spec};
use crate::usage::record::{SpendingCap, SpendingCaps, SpendingLimit};

fn now() -> Now {
    Now { clock: Instant::now(), calendar: UNIX_EPOCH + Duration::from_hours(500_000) }
}

/// Only money counts.
fn thrift() -> RoutingOptions {
    RoutingOptions { a_second: 0.0, ..RoutingOptions::default() }
}

fn names(plan: &Plan) -> Vec<String> {
    plan.order.iter().map(|it| it.candidate.name().to_string()).collect()
}

/// Who is asked, in order, of groups of candidates.
fn check(
    spec: &RequestSpec,
    groups: Vec<Vec<Candidate>>,
    options: RoutingOptions,
    expected: &[&str],
) {
    let pool = pool(groups, options);
    assert_eq!(names(&plan(spec, &pool, now())), expected);
}

/// Why the one candidate is not asked.
fn why(
    spec: &RequestSpec,
    candidate: Candidate,
    ill: impl FnOnce(&mut Health, Now),
) -> Option<SkipReason> {
    let mut pool = pool(vec![vec![candidate]], RoutingOptions::default());
    let now = now();
    ill(&mut pool.health[0], now);
    plan(spec, &pool, now).skipped.first().map(|it| it.why)
}

fn well(_: &mut Health, _: Now) {}

#[test]
fn a_dear_answer_to_a_cheap_prompt_is_the_cheaper_one() {
    let a = Candidate { price: price(1.0, 100.0), ..candidate("a/a") };
    let b = Candidate { price: price(50.0, 40.0), ..candidate("b/b") };
    let pool = pool(vec![vec![b, a]], thrift());
    let plan = plan(&spec(), &pool, now());
    assert_eq!(names(&plan), ["a/a", "b/b"]);
    let dollars: Vec<f64> = plan.order.iter().filter_map(|it| it.value.dollars).collect();
    assert!((dollars[0] - 0.007).abs() < 1e-9 && (dollars[1] - 0.102).abs() < 1e-9);
}

#[test]
fn a_cheaper_cache_is_worth_warming() {
    // Twice as dear while cold, a fifth once it is warm.
    let cached = Price::of_user(2.0, 1.0, Some(0.1), Some(2.5)).map(Arc::new);
    let a = || Candidate { price: cached.clone(), ..candidate("a/cached") };
    let b = || Candidate { price: price(1.0, 1.0), ..candidate("b/plain") };
    let mut spec = spec();
    spec.size.stable = 0.9;
    check(&spec, vec![vec![b(), a()]], thrift(), &["a/cached", "b/plain"]);
    spec.size.stable = 0.1;
    check(&spec, vec![vec![b(), a()]], thrift(), &["b/plain", "a/cached"]);
}

#[test]
fn waiting_costs_and_answers_that_are_kept_pay() {
    let now = now();
    let fast = Candidate { price: price(1.2, 1.2), ..candidate("a/fast") };
    let slow = Candidate { price: price(1.0, 1.0), ..candidate("b/slow") };
    let mut pool = pool(vec![vec![slow, fast]], RoutingOptions::default());
    pool.health[0].latency_mut(Feature::Complete).on_first(Duration::from_millis(590), now.clock);
    pool.health[1].latency_mut(Feature::Complete).on_first(Duration::from_millis(90), now.clock);
    assert_eq!(names(&plan(&spec(), &pool, now)), ["a/fast", "b/slow"]);
    pool.options.a_second = 0.0;
    assert_eq!(names(&plan(&spec(), &pool, now)), ["b/slow", "a/fast"]);
    pool.health[0].kept = KeptRate { shown: 500, kept: 100 };
    pool.health[1].kept = KeptRate { shown: 500, kept: 300 };
    assert_eq!(names(&plan(&spec(), &pool, now)), ["a/fast", "b/slow"]);
    pool.options.learning = Learning::Off;
    assert_eq!(names(&plan(&spec(), &pool, now)), ["b/slow", "a/fast"]);
}

#[test]
fn the_last_target_of_a_document_stays_while_none_is_clearly_cheaper() {
    let now = now();
    for (dearer, expected) in [(1.04, ["b/last", "a/best"]), (1.06, ["a/best", "b/last"])] {
        let best = Candidate { price: price(1.0, 1.0), ..candidate("a/best") };
        let last = Candidate { price: price(dearer, dearer), ..candidate("b/last") };
        let mut pool = pool(vec![vec![best, last]], thrift());
        pool.visit(1, 1, now.clock);
        assert_eq!(names(&plan(&spec(), &pool, now)), expected);
    }
}

#[test]
fn an_unknown_price_comes_last_and_is_refused_under_a_cap() {
    let unknown = || Candidate { price: None, ..candidate("a/unknown") };
    let dear = || Candidate { price: price(90.0, 90.0), ..candidate("b/dear") };
    check(&spec(), vec![vec![unknown(), dear()]], thrift(), &["b/dear", "a/unknown"]);
    let listed = RoutingOptions { prefer: Prefer::Listed, ..thrift() };
    check(&spec(), vec![vec![unknown(), dear()]], listed, &["a/unknown", "b/dear"]);
    let day = SpendingLimit { money: Some(Money::MAX), ..SpendingLimit::default() };
    let overall = SpendingCap { day, ..SpendingCap::default() };
    let capped =
        Candidate { caps: SpendingCaps { overall, ..SpendingCaps::default() }, ..unknown() };
    assert_eq!(why(&spec(), capped, well), Some(SkipReason::Unpriced));
    let usd = Money::from_dollars(0.002);
    let spec = RequestSpec { usd, ..spec() };
    assert_eq!(why(&spec, unknown(), well), Some(SkipReason::Unpriced));
    assert!(matches!(why(&spec, dear(), well), Some(SkipReason::TooDear(_))));
    assert_eq!(why(&spec, Candidate { is_local: true, ..unknown() }, well), None);
}

#[test]
fn a_quota_that_is_paid_already_costs_nothing() {
    let included = Some(SpendingLimit { requests: Some(1), ..SpendingLimit::default() });
    let a = Candidate { included, price: price(90.0, 90.0), ..candidate("a/subscribed") };
    let mut pool = pool(vec![vec![candidate("b/plain"), a]], thrift());
    let now = now();
    assert_eq!(names(&plan(&spec(), &pool, now)), ["a/subscribed", "b/plain"]);
    pool.health[1].on_used(10, now.calendar);
    assert_eq!(names(&plan(&spec(), &pool, now)), ["b/plain", "a/subscribed"]);
}

#[test]
fn a_later_group_serves_when_the_first_is_too_slow_or_down() {
    let now = now();
    let groups = || vec![vec![candidate("a/best")], vec![candidate("b/spare")]];
    let slow = |pool: &mut ModelPool, index: usize| {
        let latency = pool.health[index].latency_mut(Feature::Complete);
        latency.on_first(Duration::from_millis(700), now.clock);
    };
    let mut pool = pool(groups(), thrift());
    assert_eq!(names(&plan(&spec(), &pool, now)), ["a/best", "b/spare"]);
    slow(&mut pool, 0);
    assert_eq!(names(&plan(&spec(), &pool, now)), ["b/spare", "a/best"]);
    slow(&mut pool, 1);
    assert_eq!(names(&plan(&spec(), &pool, now)), ["a/best", "b/spare"]);
    (0..3).for_each(|_| pool.health[0].breaker.on_failure(now.clock));
    assert_eq!(names(&plan(&spec(), &pool, now)), ["b/spare"]);
    pool.options.spill = Spill::Never;
    let plan = plan(&spec(), &pool, now);
    assert_eq!(plan.order, []);
    let is_later =
        |it: &Skipped| it.why == SkipReason::LaterGroup && &**it.candidate.name() == "b/spare";
    assert!(plan.skipped.iter().any(is_later));
}

#[test]
fn who_is_not_asked_has_a_reason() {
    let it = || candidate("a/b");
    let second = Duration::from_secs(1);
    let trains = |trains| Candidate { trains, ..it() };
    for (candidate, expected) in [
        (Candidate { has_key: false, ..it() }, Some(SkipReason::NoKey)),
        (Candidate { fills: false, ..it() }, Some(SkipReason::CannotFill)),
        (Candidate { searches: true, ..it() }, Some(SkipReason::Searches)),
        (trains(PolicyAnswer::Yes), Some(SkipReason::Trains)),
        (trains(PolicyAnswer::Unknown), Some(SkipReason::MayTrain)),
        (Candidate { is_named: true, ..trains(PolicyAnswer::Unknown) }, None),
        (Candidate { is_named: true, ..trains(PolicyAnswer::Yes) }, None),
        (Candidate { is_local: true, ..trains(PolicyAnswer::Unknown) }, None),
        (Candidate { context_length: Some(150), ..it() }, Some(SkipReason::ContextTooShort(150))),
    ] {
        assert_eq!(why(&spec(), candidate, well), expected);
    }
    let brief = RequestSpec { wants: Capability::FillOrBrief, ..spec() };
    let chats = || Candidate { fills: false, ..it() };
    assert_eq!(why(&brief, chats(), well), None);
    assert_eq!(
        why(&brief, Candidate { reasons: true, ..chats() }, well),
        Some(SkipReason::Reasons)
    );
    assert_eq!(why(&brief, Candidate { reasons: true, ..it() }, well), None);
    assert_eq!(why(&spec(), Candidate { completes: true, ..chats() }, well), None);
    let invoked = RequestSpec { wants: Capability::FillOrChat, ..spec() };
    assert_eq!(why(&invoked, Candidate { reasons: true, ..chats() }, well), None);
    let chat = RequestSpec { wants: Capability::Chat, ..spec() };
    assert_eq!(why(&chat, Candidate { chats: false, ..it() }, well), Some(SkipReason::CannotChat));
    let mut narrow = spec();
    narrow.policy.only = Some(vec!["home".into()]);
    assert_eq!(why(&narrow, it(), well), Some(SkipReason::NotAllowed));
    let mut outside = spec();
    outside.policy.reach = Reach::Loopback;
    assert_eq!(why(&outside, it(), well), Some(SkipReason::Remote));

    let cooldown = |it: &mut Health, now: Now| {
        let span = TimeSpan { since: now.calendar, until: now.calendar + second };
        it.start_cooldown(span, CooldownCause::Quota);
    };
    assert_eq!(
        why(&spec(), it(), cooldown),
        Some(SkipReason::Cooldown(CooldownCause::Quota, second))
    );
    let rejected = |it: &mut Health, now: Now| _ = it.on_key_rejected(now.calendar);
    assert_eq!(
        why(&spec(), it(), rejected),
        Some(SkipReason::Cooldown(CooldownCause::Key, 60 * second))
    );
    let capped = |tokens| {
        move |it: &mut Health, now: Now| {
            let span = TimeSpan { since: now.calendar, until: now.calendar + second };
            it.capped = Some(Capped { span, tokens });
        }
    };
    assert_eq!(why(&spec(), it(), capped(2100)), Some(SkipReason::Capped(second)));
    assert_eq!(why(&spec(), it(), capped(2101)), None);
    let full = |it: &mut Health, now: Now| {
        let limit = RateLimit { limit: None, remaining: 2099, reset: second };
        let left = Limits { requests: None, tokens: Some(limit) };
        it.headroom.observe(&left, now.clock);
    };
    assert_eq!(why(&spec(), it(), full), Some(SkipReason::NoRoom(second)));
    let down = |it: &mut Health, now: Now| {
        (0..3).for_each(|_| it.breaker.on_failure(now.clock));
    };
    assert_eq!(why(&spec(), it(), down), Some(SkipReason::Down(5 * second)));
}

/// A generator that is the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn dollars(&mut self) -> f64 {
        (1 + self.roll(2000)) as f64 / 100.0
    }

    fn candidate(&mut self, index: u64) -> Candidate {
        let input = self.dollars();
        let share = (5 + self.roll(50)) as f64 / 100.0;
        let cached = (self.roll(2) == 0).then_some(input * share);
        let written = (self.roll(3) == 0).then_some(input * 1.25);
        let price = Price::of_user(input, self.dollars() * 4.0, cached, written);
        let mut candidate = candidate(&format!("p{index}/m"));
        candidate.price = price.map(Arc::new);
        candidate.bytes_per_token = 3.0 + self.roll(20) as f64 / 10.0;
        candidate
    }

    fn spec(&mut self) -> RequestSpec {
        let mut spec = spec();
        spec.size.bytes = 1000 + self.roll(40_000);
        spec.size.output = Some(5 + self.roll(200) as u32);
        spec.size.max_output = 256;
        spec.size.stable = self.roll(100) as f64 / 100.0;
        spec.document = self.roll(30);
        spec
    }
}

/// The same again, as the manual says it and with money in integers.
fn brute_force(spec: &RequestSpec, pool: &ModelPool, index: usize, now: Now) -> f64 {
    let (candidate, health) = (&pool.candidates[index], &pool.health[index]);
    let prompt = (spec.size.bytes as f64 / candidate.bytes_per_token).ceil().min(32_000.0) as u64;
    let stable = (prompt as f64 * health.cached.expected(spec.size.stable)).round() as u64;
    let output = u64::from(spec.size.output.unwrap());
    let warm = Usage { prompt, cached: stable, output, ..Usage::default() };
    let cold = Usage { prompt, written: stable, output, ..Usage::default() };
    let price = candidate.price.as_ref().unwrap();
    let cost = |usage: &Usage| price.cost(usage, now.calendar).dollars();
    let first =
        if pool.visited(spec.document, index, now.clock).1 { cost(&warm) } else { cost(&cold) };
    (first + 20.0 * cost(&warm)) / 21.0
}

#[test]
fn the_first_choice_is_the_best_value_of_its_group() {
    let mut dice = Dice(0x5eed_5eed_5eed_5eed);
    let groups: Vec<Vec<Candidate>> =
        (0..5).map(|group| (0..10).map(|it| dice.candidate(group * 10 + it)).collect()).collect();
    let mut pool = pool(groups, thrift());
    let mut now = now();
    for _ in 0..10_000 {
        now.clock += Duration::from_secs(dice.roll(20));
        let spec = dice.spec();
        // Now and then a whole group is away.
        let away = dice.roll(5) as usize;
        let until = now.calendar + Duration::from_secs(1);
        for (index, health) in pool.health.iter_mut().enumerate() {
            let (span, cause) = (TimeSpan { since: now.calendar, until }, CooldownCause::Quota);
            health.cooldown = (index / 10 < away).then_some(ActiveCooldown { span, cause });
        }
        let plan = plan(&spec, &pool, now);
        let first = &plan.order[0];
        assert_eq!(first.group, away);
        let value = |it: usize| brute_force(&spec, &pool, it, now);
        let best = (away * 10..away * 10 + 10).map(value).fold(f64::INFINITY, f64::min);
        let limit = match first.rank {
            Rank::Stays => STAYS,
            Rank::Ordinary | Rank::Probe => 1.0,
        };
        assert!(value(first.index) <= best * limit * 1.001, "{first:?} {best}");
        pool.visit(spec.document, first.index, now.clock);
    }
}

#[test]
fn an_hour_costs_no_more_than_with_the_best_single_target() {
    let mut dice = Dice(0xc0ff_ee00_c0ff_ee00);
    for _ in 0..20 {
        let candidates: Vec<Candidate> = (0..10).map(|it| dice.candidate(it)).collect();
        let count = candidates.len();
        let mut pool = pool(vec![candidates], thrift());
        let start = now();
        let (mut ours, mut fixed) = (0.0, vec![0.0; count]);
        // When each target was last asked in each document, by us and by one who asks no other.
        let (mut warm, mut alone) = (vec![[None; 30]; count], [None; 30]);
        let mut document = 0;
        for second in (0..3600).step_by(6) {
            let now = Now { clock: start.clock + Duration::from_secs(second), ..start };
            let mut spec = dice.spec();
            spec.size.stable = 0.8;
            spec.size.output = Some(20);
            // A hand stays in a document for a while.
            if dice.roll(15) == 0 {
                document = spec.document as usize;
            }
            spec.document = document as u64;
            let is_warm = |at: Option<u64>| at.is_some_and(|it| second - it < 300);
            let recorder = |index: usize, is_warm: bool| {
                let (prompt, output) = (
                    value::tokens(
                        spec.size.bytes,
                        &pool.candidates[index],
                        &pool.health[index],
                        now.clock,
                    ),
                    20,
                );
                let stable = prompt * 4 / 5;
                let usage = Usage { prompt, output, ..Usage::default() };
                let usage = if is_warm {
                    Usage { cached: stable, ..usage }
                } else {
                    Usage { written: stable, ..usage }
                };
                let price = pool.candidates[index].price.as_ref().unwrap();
                price.cost(&usage, now.calendar).dollars()
            };
            let chosen = plan(&spec, &pool, now).order[0].index;
            ours += recorder(chosen, is_warm(warm[chosen][document]));
            for (index, fixed) in fixed.iter_mut().enumerate() {
                *fixed += recorder(index, is_warm(alone[document]));
            }
            warm[chosen][document] = Some(second);
            alone[document] = Some(second);
            pool.visit(spec.document, chosen, now.clock);
        }
        let best = fixed.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(ours <= best * 1.05, "{ours} {best}");
    }
}

#[test]
fn rates_without_a_cache_price_take_the_whole_one() {
    let rates: Rates = price(3.0, 1.0).unwrap().rates;
    assert_eq!((rates.cached, rates.written), (None, None));
    let mut spec = spec();
    spec.size.stable = 1.0;
    let pool = pool(vec![vec![Candidate { price: price(3.0, 0.0), ..candidate("a/a") }]], thrift());
    let dollars = plan(&spec, &pool, now()).order[0].value.dollars.unwrap();
    assert!((dollars - 0.006).abs() < 1e-9);
}

#[test]
fn a_clock_that_is_set_back_leaves_nobody_out_for_longer() {
    let (now, hour) = (now(), Duration::from_hours(1));
    let year = 365 * 24 * hour;
    // Both were made while the clock stood a year ahead, but for a little skew.
    for (ahead, is_out) in [(year, false), (2 * hour, false), (Duration::from_secs(30), true)] {
        let span = TimeSpan { since: now.calendar + ahead, until: now.calendar + ahead + hour };
        let mut pool = pool(vec![vec![candidate("a/b")]], thrift());
        pool.health[0].start_cooldown(span, CooldownCause::Quota);
        assert_eq!(plan(&spec(), &pool, now).order.is_empty(), is_out, "cooldown {ahead:?} ahead");
        pool.health[0].cooldown = None;
        pool.health[0].capped = Some(Capped { span, tokens: 0 });
        assert_eq!(plan(&spec(), &pool, now).order.is_empty(), is_out, "capped {ahead:?} ahead");
    }
    // Set ahead, it ends what holds by the calendar, which is asked again then, and nothing by the clock.
    let span = TimeSpan { since: now.calendar, until: now.calendar + hour };
    let mut pool = pool(vec![vec![candidate("a/b")]], thrift());
    pool.health[0].start_cooldown(span, CooldownCause::Quota);
    let ahead = Now { calendar: now.calendar + year, ..now };
    assert!(plan(&spec(), &pool, now).order.is_empty());
    assert!(!plan(&spec(), &pool, ahead).order.is_empty());
    (0..20).for_each(|_| pool.health[0].breaker.on_failure(now.clock));
    assert!(plan(&spec(), &pool, ahead).order.is_empty());
}

#[test]
fn at_equal_value_a_model_that_fills_holes_comes_before_one_that_chats() {
    let now = now();
    let order = |input: f64| {
        let chats = Candidate { fills: false, price: price(input, input), ..candidate("a/chats") };
        let pool = pool(vec![vec![chats, candidate("b/fills")]], RoutingOptions::default());
        let spec = RequestSpec { wants: Capability::FillOrBrief, ..spec() };
        names(&plan(&spec, &pool, now)).join(" ")
    };
    assert_eq!(order(1.0), "b/fills a/chats");
    // A little cheaper is not enough.
    assert_eq!(order(0.7), "b/fills a/chats");
    assert_eq!(order(0.1), "a/chats b/fills");
}

#[test]
fn a_short_question_is_in_no_cache() {
    let now = now();
    let of = |fills| {
        let price = Price::of_user(1.0, 1.0, Some(0.1), Some(1.25)).map(Arc::new);
        let candidate = Candidate { fills, price, ..candidate("a/b") };
        let pool = pool(vec![vec![candidate]], RoutingOptions::default());
        let size = RequestSize { bytes: 4000, stable: 1.0, ..spec().size };
        let spec = RequestSpec { wants: Capability::FillOrBrief, size, ..spec() };
        plan(&spec, &pool, now).order[0].value
    };
    // 1000 tokens of prompt and 50 of answer.
    assert!((of(false).alone.unwrap() - 0.00105).abs() < 1e-9, "{:?}", of(false));
    assert!((of(true).alone.unwrap() - 0.0013).abs() < 1e-9, "{:?}", of(true));
}
