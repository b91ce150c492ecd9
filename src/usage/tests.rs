use std::fs;
use std::path::Path;
use std::time::{Instant, UNIX_EPOCH};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::models::price::money::Money;
use crate::models::token_usage::Usage;
use crate::usage::reader::Reader;
use crate::usage::record::{
    CallOutcome, CandidateRecord, CapKind, SpendingCap, SpendingLimit, Whose,
};
use crate::usage::report::GroupBy;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Noon of 2026-11-25.
fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_564_800 + 12 * 60 * 60)
}

fn cents(cents: u64) -> Money {
    Money::from_picodollars(cents * 10_000_000_000)
}

fn estimate(money: Option<Money>) -> Estimate {
    Estimate {
        provider: "acme".to_owned(),
        feature: "complete".to_owned(),
        money,
        tokens: 100,
        lasts: MINUTE,
    }
}

fn call(at: SystemTime, money: Option<Money>) -> Call {
    Call {
        id: CallId::new(),
        at,
        provider: "acme".to_owned(),
        model: "small".to_owned(),
        feature: "complete".to_owned(),
        outcome: CallOutcome::Answered,
        attempt: 0,
        usage: Usage { prompt: 90, cached: 60, output: 10, ..Usage::default() },
        money,
        estimated: false,
        first_token: Some(Duration::from_millis(120)),
        total: Duration::from_millis(300),
        marks: CallMarks::default(),
    }
}

fn of_day(day: SpendingLimit) -> SpendingCaps {
    SpendingCaps { own: SpendingCap { day, ..SpendingCap::default() }, ..SpendingCaps::default() }
}

fn dollars(cap: u64) -> SpendingCaps {
    of_day(SpendingLimit { money: Some(cents(cap)), ..SpendingLimit::default() })
}

fn requests(cap: u64) -> SpendingCaps {
    of_day(SpendingLimit { requests: Some(cap), ..SpendingLimit::default() })
}

fn store(folder: &TempDir) -> Store {
    Store::open(Some(path(folder)))
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("state").join(FILE)
}

fn booked(folder: &TempDir) -> usize {
    let reader = Reader::open(&path(folder)).unwrap().unwrap();
    reader.calls(UNIX_EPOCH).unwrap().len()
}

#[tokio::test]
async fn a_cap_counts_spending_and_reservations() {
    let ledger = Ledger::in_memory();
    let reserve = || ledger.reserve(noon(), estimate(Some(cents(40))), dollars(100), MINUTE);
    let first = reserve().await.ok().unwrap();
    let second = reserve().await.ok().unwrap();
    let refusal = ReservationError::Capped {
        whose: Whose::Own,
        what: CapKind::Money,
        until: noon() + Duration::from_secs(12 * 60 * 60),
    };
    assert_eq!(reserve().await.err(), Some(refusal.clone()));
    // A dropped reservation is released, and so is the unspent part of a booked one.
    drop(first);
    ledger.book(second, call(noon(), Some(cents(20))));
    let third = reserve().await.ok().unwrap();
    let fourth = reserve().await.ok().unwrap();
    assert_eq!(reserve().await.err(), Some(refusal));
    ledger.book(third, call(noon(), Some(cents(40))));
    ledger.book(fourth, call(noon(), Some(cents(40))));
    let (day, month) = ledger.spent(noon(), Some("acme".to_owned())).await;
    assert_eq!(day, SpentTotals { money: cents(100), requests: 3, tokens: 300 });
    assert_eq!(month, day);
    assert_eq!(ledger.spent(noon(), Some("other".to_owned())).await.0, SpentTotals::default());
}

#[tokio::test]
async fn a_cap_in_dollars_allows_free_calls_and_refuses_calls_of_unknown_price() {
    let ledger = Ledger::in_memory();
    let reserve = |money| ledger.reserve(noon(), estimate(money), dollars(10), MINUTE);
    ledger.book(Reservation::none(), call(noon(), Some(cents(50))));
    assert!(reserve(Some(Money::ZERO)).await.is_ok());
    assert_eq!(reserve(None).await.err(), Some(ReservationError::Unpriced));
    assert!(reserve(Some(cents(1))).await.is_err());
    let unpriced = ledger.reserve(noon(), estimate(None), requests(2), MINUTE).await;
    assert!(unpriced.is_ok());
}

#[tokio::test]
async fn requests_and_tokens_can_be_capped_for_all_providers_together() {
    let ledger = Ledger::in_memory();
    ledger.book(Reservation::none(), Call { provider: "other".to_owned(), ..call(noon(), None) });
    let month = |limit| SpendingCaps {
        overall: SpendingCap { month: limit, ..SpendingCap::default() },
        ..SpendingCaps::default()
    };
    let reserve = |caps| ledger.reserve(noon(), estimate(None), caps, MINUTE);
    let december = UNIX_EPOCH + Duration::from_secs(1_796_083_200);
    let refusal = |what| ReservationError::Capped { whose: Whose::Overall, what, until: december };
    let tokens = |it| month(SpendingLimit { tokens: Some(it), ..SpendingLimit::default() });
    assert_eq!(reserve(tokens(199)).await.err(), Some(refusal(CapKind::Tokens)));
    assert!(reserve(tokens(200)).await.is_ok());
    let count = |it| month(SpendingLimit { requests: Some(it), ..SpendingLimit::default() });
    assert_eq!(reserve(count(1)).await.err(), Some(refusal(CapKind::Requests)));
    assert!(reserve(count(2)).await.is_ok());
    // The other provider's call does not count for this one.
    assert!(reserve(requests(1)).await.is_ok());
}

#[tokio::test]
async fn prefetched_completions_have_their_own_cap() {
    let ledger = Ledger::in_memory();
    let alike = SpendingLimit { money: Some(cents(10)), ..SpendingLimit::default() };
    let reserve = |feature: &str| {
        let estimate = Estimate { feature: feature.to_owned(), ..estimate(Some(cents(4))) };
        ledger.reserve(noon(), estimate, SpendingCaps { alike, ..SpendingCaps::default() }, MINUTE)
    };
    // Spending and reservations of other features do not count.
    ledger.book(Reservation::none(), call(noon(), Some(cents(50))));
    let first = reserve("ahead").await.ok().unwrap();
    let other = reserve("complete").await;
    assert!(other.is_err(), "its own calls count");
    let second = reserve("ahead").await.ok().unwrap();
    let until = noon() + Duration::from_secs(12 * 60 * 60);
    let refusal = ReservationError::Capped { whose: Whose::Alike, what: CapKind::Money, until };
    assert_eq!(reserve("ahead").await.err(), Some(refusal.clone()));
    drop(first);
    let spent = Call { feature: "ahead".to_owned(), ..call(noon(), Some(cents(7))) };
    ledger.book(second, spent.clone());
    assert_eq!(reserve("ahead").await.err(), Some(refusal));
    ledger.book(Reservation::none(), Call { id: CallId::new(), at: noon() - DAY, ..spent });
    assert!(
        ledger
            .reserve(
                noon() + DAY,
                estimate(Some(cents(4))),
                SpendingCaps { alike, ..SpendingCaps::default() },
                MINUTE
            )
            .await
            .is_ok()
    );
}

#[test]
fn a_file_of_the_first_version_is_migrated() {
    let folder = TempDir::new().unwrap();
    drop(store(&folder));
    let old = Connection::open(path(&folder)).unwrap();
    old.execute_batch(
        "ALTER TABLE reservation DROP COLUMN feature; ALTER TABLE park DROP COLUMN key; DROP TABLE salt;
         DROP TABLE silence;
         PRAGMA user_version = 1",
    )
    .unwrap();
    drop(old);
    let mut store = store(&folder);
    let caps = dollars(100);
    store.reserve(noon(), &estimate(Some(cents(1))), &caps, MINUTE).unwrap();
    assert_eq!(store.trouble(), None);
    let rows = Connection::open(path(&folder)).unwrap();
    let feature: String =
        rows.query_row("SELECT feature FROM reservation", [], |it| it.get(0)).unwrap();
    assert_eq!(feature, "complete");
}

#[tokio::test]
async fn a_cap_ends_with_its_day() {
    let ledger = Ledger::in_memory();
    ledger.book(Reservation::none(), call(noon(), Some(cents(10))));
    let reserve = |at| ledger.reserve(at, estimate(Some(cents(10))), dollars(10), MINUTE);
    assert!(reserve(noon()).await.is_err());
    assert!(reserve(noon() + DAY).await.is_ok());
    // After the clock is set back, the earlier day's spending still counts.
    assert!(reserve(noon()).await.is_err());
    assert!(reserve(noon() - DAY).await.is_ok());
}

#[test]
fn the_reservation_of_a_dead_process_expires_even_if_the_clock_is_set_back() {
    let mut store = Store::open(None);
    let mut reserve = |at| store.reserve(at, &estimate(None), &requests(1), MINUTE).is_ok();
    assert!(reserve(noon()));
    assert!(!reserve(noon() + MINUTE / 2));
    assert!(reserve(noon() + MINUTE));
    assert!(!reserve(noon() + MINUTE));
    assert!(reserve(noon() - 10 * MINUTE));
}

#[tokio::test(start_paused = true)]
async fn a_ledger_in_memory_works_with_a_paused_clock() {
    let ledger = Ledger::in_memory();
    for _ in 0..100 {
        let reservation = ledger.reserve(noon(), estimate(None), requests(100), MINUTE).await;
        ledger.book(reservation.ok().unwrap(), call(noon(), None));
    }
    assert!(ledger.reserve(noon(), estimate(None), requests(100), MINUTE).await.is_err());
}

#[tokio::test]
async fn booked_rows_are_visible_to_the_next_window() {
    let folder = TempDir::new().unwrap();
    let ledger = Ledger::open(path(&folder));
    let failed = Call {
        outcome: CallOutcome::Failed("timeout".to_owned()),
        first_token: None,
        money: None,
        estimated: true,
        ..call(noon(), None)
    };
    let answered = Call { attempt: 1, ..call(noon() + MINUTE, Some(cents(3))) };
    ledger.book(Reservation::none(), failed.clone());
    ledger.book(Reservation::none(), answered.clone());
    let marks = CallMarks { shown: true, accepted: true, kept: false };
    ledger.mark(answered.id, marks);
    ledger.mark(answered.id, CallMarks { shown: true, ..CallMarks::default() });
    let decision = Decision {
        at: noon(),
        feature: "complete".to_owned(),
        chosen: Some("acme/small".to_owned()),
        candidates: vec![CandidateRecord {
            target: "acme/small".to_owned(),
            reason: "only one".to_owned(),
        }],
    };
    ledger.decided(decision.clone());
    let sent = SentRecord {
        at: noon(),
        target: "acme/small".to_owned(),
        host: "api.acme.com".to_owned(),
        feature: "complete".to_owned(),
        files: vec!["src/main.rs".to_owned()],
        bytes: 1234,
    };
    ledger.sent(sent.clone());
    ledger.settled().await;

    let other = Ledger::open(path(&folder));
    assert_eq!(other.calls(UNIX_EPOCH).await, [failed, Call { marks, ..answered }]);
    assert_eq!(other.calls(noon() + MINUTE).await.len(), 1);
    assert_eq!(other.decisions(9).await, std::slice::from_ref(&decision));
    assert_eq!(other.trouble().await, None);
    let reader = Reader::open(&path(&folder)).unwrap().unwrap();
    assert_eq!(reader.sent(9).unwrap(), [sent]);
    assert_eq!(reader.decisions(9).unwrap(), [decision]);
}

#[tokio::test]
async fn a_cooldown_applies_to_every_window_until_it_ends() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (Ledger::open(path(&folder)), Ledger::open(path(&folder)));
    let cooldown = |target: &str, until: Option<SystemTime>| Cooldown {
        target: target.to_owned(),
        since: noon(),
        until,
        settings: "1".to_owned(),
        reason: "quota".to_owned(),
        key: None,
    };
    one.start_cooldown(cooldown("a", Some(noon() + MINUTE)));
    one.start_cooldown(cooldown("b", None));
    one.settled().await;
    let active = async |at| {
        let cooldowns = other.cooldowns(at).await;
        cooldowns.into_iter().map(|it| it.target).collect::<Vec<_>>()
    };
    assert_eq!(active(noon()).await, ["a", "b"]);
    assert_eq!(active(noon() + MINUTE).await, ["b"]);
    // A cooldown that starts in the future has an unknown end.
    assert_eq!(active(noon() - DAY).await, [""; 0]);
    one.end_cooldown("b".to_owned());
    one.settled().await;
    assert_eq!(active(noon()).await, ["a"]);
}

#[tokio::test]
async fn only_one_window_reports_a_message() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (Ledger::open(path(&folder)), Ledger::open(path(&folder)));
    let say = |ledger: Ledger, at| async move {
        ledger.is_first_to_say(at, "acme: quota".to_owned(), MINUTE).await
    };
    assert!(say(one.clone(), noon()).await);
    assert!(!say(other.clone(), noon() + MINUTE / 2).await);
    assert!(say(other, noon() + MINUTE).await);
    assert!(!say(one.clone(), noon() + MINUTE).await);
    assert!(say(one, noon() - DAY).await, "the clock was set back");
}

#[test]
fn a_call_that_is_booked_twice_counts_once() {
    let mut store = Store::open(None);
    let twice = call(noon(), Some(cents(1)));
    store.write(|it| book::call(it, &twice));
    store.write(|it| book::call(it, &twice));
    assert_eq!(store.read(|it| caps::spent(it, noon(), None)).0.requests, 1);
}

#[test]
fn impossible_figures_are_limited() {
    let mut store = Store::open(None);
    let usage = Usage { prompt: u64::MAX, output: u64::MAX, ..Usage::default() };
    for _ in 0..100 {
        let impossible = Call { usage, total: Duration::MAX, ..call(noon(), Some(Money::MAX)) };
        store.write(|it| book::call(it, &impossible));
    }
    let (day, _) = store.read(|it| caps::spent(it, noon(), None));
    assert_eq!((day.requests, day.tokens), (100, 200_000_000_000));
    assert_eq!(day.money.to_string(), "$1000000.00");
}

#[test]
fn a_broken_file_is_renamed_and_replaced() {
    for garbage in
        [&b"no database at all, but long enough to be mistaken for one by its size"[..], &[0; 8192]]
    {
        let folder = TempDir::new().unwrap();
        fs::create_dir_all(folder.path().join("state")).unwrap();
        fs::write(path(&folder), garbage).unwrap();
        let mut store = store(&folder);
        store.write(|it| book::call(it, &call(noon(), None)));
        assert_eq!(store.trouble(), None);
        assert_eq!(booked(&folder), 1);
        assert_eq!(fs::read(path(&folder).with_extension("sqlite.broken")).unwrap(), garbage);
    }
}

#[test]
fn a_file_that_breaks_during_use_is_replaced_too() {
    let folder = TempDir::new().unwrap();
    let mut first = store(&folder);
    first.write(|it| book::call(it, &call(noon(), Some(cents(7)))));
    drop(first);
    // The header stays valid, so that only use reveals the damage.
    let mut bytes = fs::read(path(&folder)).unwrap();
    let pages = bytes.len() / 4096;
    bytes[2 * 4096..].fill(0xa5);
    fs::write(path(&folder), &bytes).unwrap();
    assert!(pages > 3);
    let mut second = store(&folder);
    for _ in 0..3 {
        second.write(|it| book::call(it, &call(noon(), None)));
    }
    assert_eq!(second.read(|it| book::calls(it, UNIX_EPOCH)).len(), 3);
    assert!(path(&folder).with_extension("sqlite.broken").exists());
    assert_eq!(booked(&folder), 3);
}

#[test]
fn the_ledger_continues_in_memory_on_a_full_disk() {
    let folder = TempDir::new().unwrap();
    let mut store = store(&folder);
    let now = book::from_millis(book::millis(SystemTime::now()));
    store.write(|it| book::call(it, &call(now, Some(cents(7)))));
    store.limit_pages(1);
    let large = "x".repeat(100_000);
    let decision = Decision { at: now, feature: large, chosen: None, candidates: Vec::new() };
    store.write(|it| book::decision(it, &decision));
    assert!(store.trouble().unwrap().contains("full"), "{:?}", store.trouble());
    // Caps continue from the file's last sums.
    store.write(|it| book::call(it, &call(now, Some(cents(2)))));
    assert_eq!(store.read(|it| caps::spent(it, now, None)).0.money, cents(9));
    assert!(store.reserve(now, &estimate(Some(cents(1))), &dollars(10), MINUTE).is_ok());
    assert!(store.reserve(now, &estimate(Some(cents(1))), &dollars(10), MINUTE).is_err());

    store.retry_now();
    store.write(|it| book::call(it, &call(now, Some(cents(1)))));
    assert_eq!(store.trouble(), None);
    let reader = Reader::open(&path(&folder)).unwrap().unwrap();
    assert_eq!(reader.calls(UNIX_EPOCH).unwrap().len(), 3);
    assert_eq!(reader.spent(now, None).unwrap().0.money, cents(10));
    assert!(reader.decisions(9).unwrap() == [decision]);
}

#[test]
fn the_ledger_continues_in_memory_without_a_writable_folder() {
    let folder = TempDir::new().unwrap();
    // A file in place of the folder stops even root.
    fs::write(folder.path().join("state"), "").unwrap();
    let mut store = store(&folder);
    assert!(store.trouble().is_some());
    store.write(|it| book::call(it, &call(noon(), None)));
    assert_eq!(store.read(|it| book::calls(it, UNIX_EPOCH)).len(), 1);
    fs::remove_file(folder.path().join("state")).unwrap();
    store.retry_now();
    store.write(|it| book::call(it, &call(noon(), None)));
    assert_eq!(booked(&folder), 2);
}

#[test]
fn capped_calls_are_refused_while_another_process_locks_the_file() {
    let folder = TempDir::new().unwrap();
    let mut store = store(&folder);
    let other = Connection::open(path(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    let patience = Duration::from_millis(100);
    assert_eq!(
        store.reserve(noon(), &estimate(None), &requests(9), patience),
        Err(ReservationError::Busy)
    );
    assert!(start.elapsed() < 2 * patience, "{:?}", start.elapsed());
    store.write(|it| book::call(it, &call(noon(), None)));
    let start = Instant::now();
    store.write(|it| book::call(it, &call(noon(), None)));
    assert!(start.elapsed() < Duration::from_millis(200), "the second write does not wait");
    assert_eq!(store.trouble(), None);
    other.execute_batch("COMMIT").unwrap();
    store.retry_now();
    store.write(|it| book::call(it, &call(noon(), None)));
    assert_eq!(booked(&folder), 3);
}

#[test]
fn a_file_of_a_newer_version_is_left_unchanged() {
    let folder = TempDir::new().unwrap();
    drop(store(&folder));
    let newer = Connection::open(path(&folder)).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let mut old = store(&folder);
    old.write(|it| book::call(it, &call(noon(), None)));
    assert!(old.trouble().unwrap().contains("newer"), "{:?}", old.trouble());
    assert!(Reader::open(&path(&folder)).is_err());
    let rows = Connection::open(path(&folder)).unwrap();
    let count: i64 = rows.query_row("SELECT count(*) FROM call", [], |it| it.get(0)).unwrap();
    assert_eq!(count, 0);
}

#[cfg(unix)]
#[test]
fn a_removed_file_is_created_again() {
    let folder = TempDir::new().unwrap();
    let mut store = store(&folder);
    store.write(|it| book::call(it, &call(noon(), None)));
    fs::remove_dir_all(folder.path().join("state")).unwrap();
    store.look_now();
    store.write(|it| book::call(it, &call(noon(), None)));
    assert_eq!(booked(&folder), 1);
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_the_ledger() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let mut store = store(&folder);
    store.write(|it| book::call(it, &call(noon(), None)));
    let mode = |it: &Path| fs::metadata(it).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("state")), 0o700);
    let files = fs::read_dir(folder.path().join("state")).unwrap();
    let files: Vec<PathBuf> = files.map(|it| it.unwrap().path()).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn old_rows_are_deleted_unless_the_clock_jumped() {
    let mut store = Store::open(None);
    for days in [0, 50, 100, 101] {
        store.write(|it| book::call(it, &call(noon() + days * DAY, None)));
    }
    let mut left = |at| {
        store.write(|it| book::prune(it, at));
        store.read(|it| book::calls(it, UNIX_EPOCH)).len()
    };
    assert_eq!(left(noon() + 3000 * DAY), 4);
    assert_eq!(left(noon() + 101 * DAY), 3);
    assert_eq!(left(noon() + 145 * DAY), 2);
}

#[test]
fn a_silence_is_replaced_by_its_later_count_and_their_number_is_limited() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("state"), "").unwrap();
    let mut store = store(&folder);
    let silent = |id: i64, count: u32, document: &str| Silent {
        id,
        first: noon(),
        last: noon() + MINUTE * u32::try_from(id).unwrap() + Duration::from_secs(count.into()),
        count,
        document: document.to_owned(),
        reason: "the cursor is inside a word".to_owned(),
    };
    for row in [silent(1, 1, "a.rs"), silent(2, 1, "b.rs"), silent(2, 7, "b.rs")] {
        store.write(|it| silence::write(it, &row));
    }
    fs::remove_file(folder.path().join("state")).unwrap();
    store.retry_now();
    store.write(|it| silence::write(it, &silent(1, 9, "a.rs")));
    let reader = Reader::open(&path(&folder)).unwrap().unwrap();
    let rows = || reader.silences(None, 9_999).unwrap();
    assert_eq!(rows(), [silent(2, 7, "b.rs"), silent(1, 9, "a.rs")]);
    assert_eq!(reader.silences(Some("a.rs"), 9).unwrap(), [silent(1, 9, "a.rs")]);

    for id in 3..1_100 {
        store.write(|it| silence::write(it, &silent(id, 1, "a.rs")));
    }
    store.write(|it| book::prune(it, noon() + DAY));
    assert_eq!((rows().len(), rows()[0].id), (1_001, 1_099));
}

#[test]
fn a_report_sums_calls_by_group() {
    let mut costly = call(noon(), Some(cents(30)));
    costly.provider = "costly".to_owned();
    costly.marks = CallMarks { shown: true, accepted: true, kept: true };
    let mut failed = call(noon() + DAY, None);
    failed.outcome = CallOutcome::Failed("cut".to_owned());
    let over = Call {
        attempt: 1,
        marks: CallMarks { shown: true, ..CallMarks::default() },
        ..costly.clone()
    };
    let calls = [costly, failed, over];

    let lines = report::lines(&calls, GroupBy::Provider);
    let names: Vec<&str> = lines.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["costly", "acme"]);
    assert_eq!((lines[0].money, lines[0].failovers, lines[0].failed), (cents(60), 1, 0));
    assert_eq!((lines[0].acceptance(), lines[1].acceptance()), (Some(0.5), None));
    assert_eq!((lines[1].unpriced, lines[1].failed), (1, 1));
    assert_eq!(lines[1].total, report::Spread::default(), "failed calls do not count");
    assert_eq!(lines[1].cached_share(), Some(60.0 / 90.0));
    let days = report::lines(&calls, GroupBy::Day);
    assert_eq!(days.iter().map(|it| it.requests).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(report::total(&calls).requests, 3);
    let standings = report::standings(&calls);
    let costly = &standings[&("costly/small".to_owned(), "complete".to_owned())];
    assert_eq!((standings.len(), costly.shown, costly.kept), (2, 2, 1));
}
