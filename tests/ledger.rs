//! One ledger, many processes: spending limits hold, and recorded calls survive the process that recorded
//! them.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;
use tokio::runtime;

use understudy::models::price::money::Money;
use understudy::models::token_usage::Usage;
use understudy::usage::reader::Reader;
use understudy::usage::record::{
    Call, CallId, CallMarks, CallOutcome, Estimate, ReservationError, SpendingCap, SpendingCaps,
    SpendingLimit,
};
use understudy::usage::{FILE, Ledger};

/// The variable with the ledger's path, for processes started by these tests.
const PATH: &str = "UNDERSTUDY_TEST_LEDGER";
/// The variable with the limit of all processes together, in cents.
const MOST: &str = "UNDERSTUDY_TEST_CENTS";
const PROCESSES: usize = 10;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_600_000)
}

fn cent() -> Money {
    Money::from_picodollars(10_000_000_000)
}

fn caps(cents: u64) -> SpendingCaps {
    let money = Money::from_picodollars(cents * cent().picodollars());
    let day = SpendingLimit { money: Some(money), ..SpendingLimit::default() };
    SpendingCaps {
        overall: SpendingCap { day, ..SpendingCap::default() },
        ..SpendingCaps::default()
    }
}

fn call(provider: &str) -> Call {
    Call {
        id: CallId::new(),
        at: now(),
        provider: provider.to_owned(),
        model: "m".to_owned(),
        feature: "complete".to_owned(),
        outcome: CallOutcome::Answered,
        attempt: 0,
        usage: Usage { prompt: 9, output: 1, ..Usage::default() },
        money: Some(cent()),
        estimated: false,
        first_token: None,
        total: Duration::from_millis(1),
        marks: CallMarks::default(),
    }
}

/// Starts this test binary again to run `child_process`.
fn spawn(ledger: &Path, cents: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "ledger::child_process", "--nocapture"])
        .env(PATH, ledger)
        .env(MOST, cents.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The running count of recorded calls that a child prints.
fn lines(child: &mut Child) -> impl Iterator<Item = usize> + use<> {
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = out.lines().map_while(Result::ok);
    lines.filter_map(|it| it.strip_prefix("booked ")?.parse().ok())
}

/// Does nothing unless a test below has started this process: then it spends until the limit.
#[test]
fn child_process() {
    let Some(path) = env::var_os(PATH) else { return };
    let cents = env::var(MOST).unwrap().parse().unwrap();
    let provider = std::process::id().to_string();
    let estimate = Estimate {
        provider: provider.clone(),
        feature: "complete".to_owned(),
        money: Some(cent()),
        tokens: 10,
        lasts: Duration::from_secs(60),
    };
    let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(path.into());
        let mut booked = 0;
        loop {
            match ledger
                .reserve(now(), estimate.clone(), caps(cents), Duration::from_millis(100))
                .await
            {
                Ok(reservation) => ledger.book(reservation, call(&provider)),
                Err(ReservationError::Busy) => continue,
                Err(ReservationError::Capped { .. } | ReservationError::Unpriced) => break,
            }
            ledger.settled().await;
            booked += 1;
            say(booked);
        }
        assert_eq!(ledger.trouble().await, None);
    });
}

/// Writes to the real stdout, because `println!` in a test is captured until its end.
fn say(booked: usize) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "booked {booked}").and_then(|()| out.flush()).unwrap();
}

#[test]
fn ten_processes_together_spend_exactly_their_shared_limit() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE);
    let mut children: Vec<Child> = (0..PROCESSES).map(|_| spawn(&path, 500)).collect();
    let said: usize = children.iter_mut().map(|it| lines(it).last().unwrap_or(0)).sum();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let reader = Reader::open(&path).unwrap().unwrap();
    let (day, _) = reader.spent(now(), None).unwrap();
    assert_eq!((day.money.to_string().as_str(), day.requests), ("$5.00", 500));
    assert_eq!(reader.calls(UNIX_EPOCH).unwrap().len(), said);
    assert_eq!(reader.pending(now()).unwrap(), 0);
}

#[test]
fn recorded_calls_survive_a_killed_process() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE);
    let mut children: Vec<Child> = (0..3).map(|_| spawn(&path, 1_000_000)).collect();
    let mut said: Vec<_> = children.iter_mut().map(lines).collect();
    let mut last: Vec<usize> = said.iter_mut().map(|it| it.nth(20).unwrap()).collect();
    for ((child, said), last) in children.iter_mut().zip(&mut said).zip(&mut last) {
        // `SIGKILL` on Unix.
        child.kill().unwrap();
        child.wait().unwrap();
        *last = said.last().unwrap_or(*last);
    }
    let reader = Reader::open(&path).unwrap().unwrap();
    let calls = reader.calls(UNIX_EPOCH).unwrap();
    for (child, said) in children.iter().zip(last) {
        let provider = child.id().to_string();
        let booked = calls.iter().filter(|it| it.provider == provider).count();
        assert!((said..=said + 1).contains(&booked), "{booked} of {said}");
    }
    let (day, _) = reader.spent(now(), None).unwrap();
    assert_eq!(day.requests, calls.len() as u64);
    // Reservations of dead processes expire.
    assert!(reader.pending(now()).unwrap() <= 3);
    assert_eq!(reader.pending(now() + Duration::from_secs(60)).unwrap(), 0);
}
