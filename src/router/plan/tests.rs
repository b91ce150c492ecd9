use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::UNIX_EPOCH;

use super::*;
use crate::provider::price::Price;
use crate::provider::price::Rates;
use crate::router::fleet::Options;
use crate::router::headroom::Counted;
use crate::router::headroom::Left;
use crate::router::health::Capped;
use crate::router::health::Parked;
use crate::router::health::Span;
use crate::router::ledger::record::Cap;
use crate::router::ledger::record::Caps;
use crate::router::ledger::record::Limit;
use crate::router::need::Feature;
use crate::router::need::Size;
use crate::router::tests::fleet;
use crate::router::tests::member;
use crate::router::tests::need;
use crate::router::tests::price;

fn now() -> Now {
    Now { clock: Instant::now(), calendar: UNIX_EPOCH + Duration::from_hours(500_000) }
}

/// Only money counts.
fn thrift() -> Options {
    Options { a_second: 0.0, ..Options::default() }
}

fn names(plan: &Plan, fleet: &Fleet) -> Vec<String> {
    plan.order.iter().map(|it| fleet.members[it.member].name.to_string()).collect()
}

/// Who is asked, in order, of groups of members.
fn check(need: &Need, groups: Vec<Vec<Member>>, options: Options, expected: &[&str]) {
    let fleet = fleet(groups, options);
    assert_eq!(names(&plan(need, &fleet, now()), &fleet), expected);
}

/// Why the one member is not asked.
fn why(need: &Need, member: Member, ill: impl FnOnce(&mut Health, Now)) -> Option<Why> {
    let mut fleet = fleet(vec![vec![member]], Options::default());
    let now = now();
    ill(&mut fleet.health[0], now);
    plan(need, &fleet, now).skipped.first().map(|it| it.why)
}

fn well(_: &mut Health, _: Now) {}

#[test]
fn a_dear_answer_to_a_cheap_prompt_is_the_cheaper_one() {
    let a = Member { price: price(1.0, 100.0), ..member("a/a") };
    let b = Member { price: price(50.0, 40.0), ..member("b/b") };
    let fleet = fleet(vec![vec![b, a]], thrift());
    let plan = plan(&need(), &fleet, now());
    assert_eq!(names(&plan, &fleet), ["a/a", "b/b"]);
    let dollars: Vec<f64> = plan.order.iter().filter_map(|it| it.value.dollars).collect();
    assert!((dollars[0] - 0.007).abs() < 1e-9 && (dollars[1] - 0.102).abs() < 1e-9);
}

#[test]
fn a_cheaper_cache_is_worth_warming() {
    // Twice as dear while cold, a fifth once it is warm.
    let cached = Price::of_user(2.0, 1.0, Some(0.1), Some(2.5)).map(Arc::new);
    let a = || Member { price: cached.clone(), ..member("a/cached") };
    let b = || Member { price: price(1.0, 1.0), ..member("b/plain") };
    let mut need = need();
    need.size.stable = 0.9;
    check(&need, vec![vec![b(), a()]], thrift(), &["a/cached", "b/plain"]);
    need.size.stable = 0.1;
    check(&need, vec![vec![b(), a()]], thrift(), &["b/plain", "a/cached"]);
}

#[test]
fn waiting_costs_and_answers_that_are_kept_pay() {
    let now = now();
    let fast = Member { price: price(1.2, 1.2), ..member("a/fast") };
    let slow = Member { price: price(1.0, 1.0), ..member("b/slow") };
    let mut fleet = fleet(vec![vec![slow, fast]], Options::default());
    fleet.health[0].latency_mut(Feature::Complete).on_first(Duration::from_millis(590), now.clock);
    fleet.health[1].latency_mut(Feature::Complete).on_first(Duration::from_millis(90), now.clock);
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["a/fast", "b/slow"]);
    fleet.options.a_second = 0.0;
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["b/slow", "a/fast"]);
    fleet.health[0].kept = Kept { shown: 500, kept: 100 };
    fleet.health[1].kept = Kept { shown: 500, kept: 300 };
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["a/fast", "b/slow"]);
    fleet.options.learning = Learning::Off;
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["b/slow", "a/fast"]);
}

#[test]
fn the_last_target_of_a_document_stays_while_none_is_clearly_cheaper() {
    let now = now();
    for (dearer, expected) in [(1.04, ["b/last", "a/best"]), (1.06, ["a/best", "b/last"])] {
        let best = Member { price: price(1.0, 1.0), ..member("a/best") };
        let last = Member { price: price(dearer, dearer), ..member("b/last") };
        let mut fleet = fleet(vec![vec![best, last]], thrift());
        fleet.visit(1, 1, now.clock);
        assert_eq!(names(&plan(&need(), &fleet, now), &fleet), expected);
    }
}

#[test]
fn an_unknown_price_comes_last_and_is_refused_under_a_cap() {
    let unknown = || Member { price: None, ..member("a/unknown") };
    let dear = || Member { price: price(90.0, 90.0), ..member("b/dear") };
    check(&need(), vec![vec![unknown(), dear()]], thrift(), &["b/dear", "a/unknown"]);
    let listed = Options { prefer: Prefer::Listed, ..thrift() };
    check(&need(), vec![vec![unknown(), dear()]], listed, &["a/unknown", "b/dear"]);
    let day = Limit { money: Some(Money::MAX), ..Limit::default() };
    let overall = Cap { day, ..Cap::default() };
    let capped = Member { caps: Caps { overall, ..Caps::default() }, ..unknown() };
    assert_eq!(why(&need(), capped, well), Some(Why::Unpriced));
    let usd = Money::from_dollars(0.002);
    let need = Need { usd, ..need() };
    assert_eq!(why(&need, unknown(), well), Some(Why::Unpriced));
    assert!(matches!(why(&need, dear(), well), Some(Why::TooDear(_))));
    assert_eq!(why(&need, Member { is_local: true, ..unknown() }, well), None);
}

#[test]
fn a_quota_that_is_paid_already_costs_nothing() {
    let included = Some(Limit { requests: Some(1), ..Limit::default() });
    let a = Member { included, price: price(90.0, 90.0), ..member("a/subscribed") };
    let mut fleet = fleet(vec![vec![member("b/plain"), a]], thrift());
    let now = now();
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["a/subscribed", "b/plain"]);
    fleet.health[1].on_used(10, now.calendar);
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["b/plain", "a/subscribed"]);
}

#[test]
fn a_later_group_serves_when_the_first_is_too_slow_or_down() {
    let now = now();
    let groups = || vec![vec![member("a/best")], vec![member("b/spare")]];
    let slow = |fleet: &mut Fleet, index: usize| {
        let latency = fleet.health[index].latency_mut(Feature::Complete);
        latency.on_first(Duration::from_millis(700), now.clock);
    };
    let mut fleet = fleet(groups(), thrift());
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["a/best", "b/spare"]);
    slow(&mut fleet, 0);
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["b/spare", "a/best"]);
    slow(&mut fleet, 1);
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["a/best", "b/spare"]);
    (0..3).for_each(|_| fleet.health[0].breaker.on_failure(now.clock));
    assert_eq!(names(&plan(&need(), &fleet, now), &fleet), ["b/spare"]);
    fleet.options.spill = Spill::Never;
    let plan = plan(&need(), &fleet, now);
    assert_eq!(plan.order, []);
    assert!(plan.skipped.contains(&Skipped { member: 1, why: Why::LaterGroup }));
}

#[test]
fn who_is_not_asked_has_a_reason() {
    let it = || member("a/b");
    let second = Duration::from_secs(1);
    let trains = |trains| Member { trains, ..it() };
    for (member, expected) in [
        (Member { has_key: false, ..it() }, Some(Why::NoKey)),
        (Member { fills: false, ..it() }, Some(Why::CannotFill)),
        (Member { searches: true, ..it() }, Some(Why::Searches)),
        (trains(Answer::Yes), Some(Why::Trains)),
        (trains(Answer::Unknown), Some(Why::MayTrain)),
        (Member { is_named: true, ..trains(Answer::Unknown) }, None),
        (Member { is_named: true, ..trains(Answer::Yes) }, None),
        (Member { is_local: true, ..trains(Answer::Unknown) }, None),
        (Member { window: Some(150), ..it() }, Some(Why::Window(150))),
    ] {
        assert_eq!(why(&need(), member, well), expected);
    }
    let brief = Need { wants: Wants::FillOrBrief, ..need() };
    let chats = || Member { fills: false, ..it() };
    assert_eq!(why(&brief, chats(), well), None);
    assert_eq!(why(&brief, Member { reasons: true, ..chats() }, well), Some(Why::Reasons));
    assert_eq!(why(&brief, Member { reasons: true, ..it() }, well), None);
    assert_eq!(why(&need(), Member { completes: true, ..chats() }, well), None);
    let invoked = Need { wants: Wants::FillOrChat, ..need() };
    assert_eq!(why(&invoked, Member { reasons: true, ..chats() }, well), None);
    let chat = Need { wants: Wants::Chat, ..need() };
    assert_eq!(why(&chat, Member { chats: false, ..it() }, well), Some(Why::CannotChat));
    let mut narrow = need();
    narrow.policy.only = Some(vec!["home".into()]);
    assert_eq!(why(&narrow, it(), well), Some(Why::NotAllowed));
    let mut outside = need();
    outside.policy.reach = Reach::Loopback;
    assert_eq!(why(&outside, it(), well), Some(Why::Remote));

    let parked = |it: &mut Health, now: Now| {
        let span = Span { since: now.calendar, until: now.calendar + second };
        it.park(span, Cause::Quota);
    };
    assert_eq!(why(&need(), it(), parked), Some(Why::Parked(Cause::Quota, second)));
    let rejected = |it: &mut Health, now: Now| _ = it.on_key_rejected(now.calendar);
    assert_eq!(why(&need(), it(), rejected), Some(Why::Parked(Cause::Key, 60 * second)));
    let capped = |tokens| {
        move |it: &mut Health, now: Now| {
            let span = Span { since: now.calendar, until: now.calendar + second };
            it.capped = Some(Capped { span, tokens });
        }
    };
    assert_eq!(why(&need(), it(), capped(2100)), Some(Why::Capped(second)));
    assert_eq!(why(&need(), it(), capped(2101)), None);
    let full = |it: &mut Health, now: Now| {
        let left = Left { counted: Counted::Tokens, left: 2099, reset: Some(second) };
        it.headroom.observe(left, now.clock);
    };
    assert_eq!(why(&need(), it(), full), Some(Why::NoRoom(second)));
    let down = |it: &mut Health, now: Now| {
        (0..3).for_each(|_| it.breaker.on_failure(now.clock));
    };
    assert_eq!(why(&need(), it(), down), Some(Why::Down(5 * second)));
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

    fn member(&mut self, index: u64) -> Member {
        let input = self.dollars();
        let share = (5 + self.roll(50)) as f64 / 100.0;
        let cached = (self.roll(2) == 0).then_some(input * share);
        let written = (self.roll(3) == 0).then_some(input * 1.25);
        let price = Price::of_user(input, self.dollars() * 4.0, cached, written);
        let mut member = member(&format!("p{index}/m"));
        member.price = price.map(Arc::new);
        member.bytes_per_token = 3.0 + self.roll(20) as f64 / 10.0;
        member
    }

    fn need(&mut self) -> Need {
        let mut need = need();
        need.size.bytes = 1000 + self.roll(40_000);
        need.size.output = Some(5 + self.roll(200) as u32);
        need.size.max_output = 256;
        need.size.stable = self.roll(100) as f64 / 100.0;
        need.document = self.roll(30);
        need
    }
}

/// The same again, as the manual says it and with money in integers.
fn brute_force(need: &Need, fleet: &Fleet, index: usize, now: Now) -> f64 {
    let (member, health) = (&fleet.members[index], &fleet.health[index]);
    let prompt = (need.size.bytes as f64 / member.bytes_per_token).ceil().min(32_000.0) as u64;
    let stable = (prompt as f64 * health.cached.expected(need.size.stable)).round() as u64;
    let output = u64::from(need.size.output.unwrap());
    let warm = Usage { prompt, cached: stable, output, ..Usage::default() };
    let cold = Usage { prompt, written: stable, output, ..Usage::default() };
    let price = member.price.as_ref().unwrap();
    let cost = |usage: &Usage| price.cost(usage, now.calendar).dollars();
    let first =
        if fleet.visited(need.document, index, now.clock).1 { cost(&warm) } else { cost(&cold) };
    (first + 20.0 * cost(&warm)) / 21.0
}

#[test]
fn the_first_choice_is_the_best_value_of_its_group() {
    let mut dice = Dice(0x5eed_5eed_5eed_5eed);
    let groups: Vec<Vec<Member>> =
        (0..5).map(|group| (0..10).map(|it| dice.member(group * 10 + it)).collect()).collect();
    let mut fleet = fleet(groups, thrift());
    let mut now = now();
    for _ in 0..10_000 {
        now.clock += Duration::from_secs(dice.roll(20));
        let need = dice.need();
        // Now and then a whole group is away.
        let away = dice.roll(5) as usize;
        let until = now.calendar + Duration::from_secs(1);
        for (index, health) in fleet.health.iter_mut().enumerate() {
            let (span, cause) = (Span { since: now.calendar, until }, Cause::Quota);
            health.parked = (index / 10 < away).then_some(Parked { span, cause });
        }
        let plan = plan(&need, &fleet, now);
        let first = plan.order[0];
        assert_eq!(first.group, away);
        let value = |it: usize| brute_force(&need, &fleet, it, now);
        let best = (away * 10..away * 10 + 10).map(value).fold(f64::INFINITY, f64::min);
        let limit = match first.rank {
            Rank::Stays => STAYS,
            Rank::Ordinary | Rank::Probe => 1.0,
        };
        assert!(value(first.member) <= best * limit * 1.001, "{first:?} {best}");
        fleet.visit(need.document, first.member, now.clock);
    }
}

#[test]
fn an_hour_costs_no_more_than_with_the_best_single_target() {
    let mut dice = Dice(0xc0ff_ee00_c0ff_ee00);
    for _ in 0..20 {
        let members: Vec<Member> = (0..10).map(|it| dice.member(it)).collect();
        let count = members.len();
        let mut fleet = fleet(vec![members], thrift());
        let start = now();
        let (mut ours, mut fixed) = (0.0, vec![0.0; count]);
        // When each target was last asked in each document, by us and by one who asks no other.
        let (mut warm, mut alone) = (vec![[None; 30]; count], [None; 30]);
        let mut document = 0;
        for second in (0..3600).step_by(6) {
            let now = Now { clock: start.clock + Duration::from_secs(second), ..start };
            let mut need = dice.need();
            need.size.stable = 0.8;
            need.size.output = Some(20);
            // A hand stays in a document for a while.
            if dice.roll(15) == 0 {
                document = need.document as usize;
            }
            need.document = document as u64;
            let is_warm = |at: Option<u64>| at.is_some_and(|it| second - it < 300);
            let bill = |index: usize, is_warm: bool| {
                let (prompt, output) = (
                    value::tokens(
                        need.size.bytes,
                        &fleet.members[index],
                        &fleet.health[index],
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
                let price = fleet.members[index].price.as_ref().unwrap();
                price.cost(&usage, now.calendar).dollars()
            };
            let chosen = plan(&need, &fleet, now).order[0].member;
            ours += bill(chosen, is_warm(warm[chosen][document]));
            for (index, fixed) in fixed.iter_mut().enumerate() {
                *fixed += bill(index, is_warm(alone[document]));
            }
            warm[chosen][document] = Some(second);
            alone[document] = Some(second);
            fleet.visit(need.document, chosen, now.clock);
        }
        let best = fixed.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(ours <= best * 1.05, "{ours} {best}");
    }
}

#[test]
fn rates_without_a_cache_price_take_the_whole_one() {
    let rates: Rates = price(3.0, 1.0).unwrap().rates;
    assert_eq!((rates.cached, rates.written), (None, None));
    let mut need = need();
    need.size.stable = 1.0;
    let fleet = fleet(vec![vec![Member { price: price(3.0, 0.0), ..member("a/a") }]], thrift());
    let dollars = plan(&need, &fleet, now()).order[0].value.dollars.unwrap();
    assert!((dollars - 0.006).abs() < 1e-9);
}

#[test]
fn a_clock_that_is_set_back_leaves_nobody_out_for_longer() {
    let (now, hour) = (now(), Duration::from_hours(1));
    let year = 365 * 24 * hour;
    // Both were made while the clock stood a year ahead, but for a little skew.
    for (ahead, is_out) in [(year, false), (2 * hour, false), (Duration::from_secs(30), true)] {
        let span = Span { since: now.calendar + ahead, until: now.calendar + ahead + hour };
        let mut fleet = fleet(vec![vec![member("a/b")]], thrift());
        fleet.health[0].park(span, Cause::Quota);
        assert_eq!(plan(&need(), &fleet, now).order.is_empty(), is_out, "parked {ahead:?} ahead");
        fleet.health[0].parked = None;
        fleet.health[0].capped = Some(Capped { span, tokens: 0 });
        assert_eq!(plan(&need(), &fleet, now).order.is_empty(), is_out, "capped {ahead:?} ahead");
    }
    // Set ahead, it ends what holds by the calendar, which is asked again then, and nothing by the clock.
    let span = Span { since: now.calendar, until: now.calendar + hour };
    let mut fleet = fleet(vec![vec![member("a/b")]], thrift());
    fleet.health[0].park(span, Cause::Quota);
    let ahead = Now { calendar: now.calendar + year, ..now };
    assert!(plan(&need(), &fleet, now).order.is_empty());
    assert!(!plan(&need(), &fleet, ahead).order.is_empty());
    (0..20).for_each(|_| fleet.health[0].breaker.on_failure(now.clock));
    assert!(plan(&need(), &fleet, ahead).order.is_empty());
}

#[test]
fn at_equal_value_a_model_that_fills_holes_comes_before_one_that_chats() {
    let now = now();
    let order = |input: f64| {
        let chats = Member { fills: false, price: price(input, input), ..member("a/chats") };
        let fleet = fleet(vec![vec![chats, member("b/fills")]], Options::default());
        let need = Need { wants: Wants::FillOrBrief, ..need() };
        names(&plan(&need, &fleet, now), &fleet).join(" ")
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
        let member = Member { fills, price, ..member("a/b") };
        let fleet = fleet(vec![vec![member]], Options::default());
        let size = Size { bytes: 4000, stable: 1.0, ..need().size };
        let need = Need { wants: Wants::FillOrBrief, size, ..need() };
        plan(&need, &fleet, now).order[0].value
    };
    // 1000 tokens of prompt and 50 of answer.
    assert!((of(false).alone.unwrap() - 0.00105).abs() < 1e-9, "{:?}", of(false));
    assert!((of(true).alone.unwrap() - 0.0013).abs() < 1e-9, "{:?}", of(true));
}
