//! Latency of the ledger and the catalogue: a reservation, alone and beside nine busy processes; recording a
//! call; a price; the price table.
//!
//! `cargo bench --bench ledger`. Each row is the median, the 95th percentile and the maximum of its runs, in
//! microseconds.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime};
use std::{env, io};

use tokio::runtime::{Builder, Runtime};
use understudy::models::catalog::Catalog;
use understudy::models::price::money::Money;
use understudy::models::token_usage::Usage;
use understudy::usage::record::{
    Call, CallId, CallMarks, CallOutcome, Estimate, ReservationError, SpendingCap, SpendingCaps,
    SpendingLimit,
};
use understudy::usage::{FILE, Ledger};

/// Environment variable with the ledger's path for a background process.
const BUSY: &str = "UNDERSTUDY_BENCH_LEDGER";
const RUNS: usize = 2_000;
const OTHERS: usize = 9;

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    if let Some(path) = env::var_os(BUSY) {
        let ledger = Ledger::open(path.into());
        loop {
            // Background processes ignore the result.
            let _ = runtime.block_on(one(&ledger));
        }
    }
    println!("{:32} {:>9} {:>9} {:>9}", "", "median", "p95", "worst");
    catalogue();
    let folder = tempfile::TempDir::new()?;
    let path = folder.path().join(FILE);
    reservations("reserve and book, alone", &runtime, &path);
    let others: io::Result<Vec<Child>> = (0..OTHERS).map(|_| busy(&path)).collect();
    let mut others = others?;
    reservations("reserve and book, nine others", &runtime, &path);
    others.iter_mut().try_for_each(Child::kill)?;
    others.iter_mut().try_for_each(|it| it.wait().map(drop))
}

fn busy(path: &Path) -> io::Result<Child> {
    Command::new(env::current_exe()?).env(BUSY, path).spawn()
}

fn reservations(name: &str, runtime: &Runtime, path: &Path) {
    let ledger = Ledger::open(path.to_owned());
    runtime.block_on(ledger.settled());
    let mut refused = 0;
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        refused += usize::from(runtime.block_on(one(&ledger)).is_err());
        start.elapsed()
    });
    row(name, times.collect());
    if refused > 0 {
        println!("{:32} {refused:>9} of {RUNS} not reserved within 20 ms", "");
    }
}

async fn one(ledger: &Ledger) -> Result<(), ReservationError> {
    let money = Money::from_picodollars(1_000_000);
    let estimate = Estimate {
        provider: "bench".to_owned(),
        feature: "complete".to_owned(),
        money: Some(money),
        tokens: 100,
        lasts: Duration::from_secs(60),
    };
    let day = SpendingLimit { money: Some(Money::MAX), ..SpendingLimit::default() };
    let caps = SpendingCaps {
        overall: SpendingCap { day, ..SpendingCap::default() },
        ..SpendingCaps::default()
    };
    let at = SystemTime::now();
    let reservation = ledger.reserve(at, estimate, caps, Duration::from_millis(100)).await?;
    let call = Call {
        id: CallId::new(),
        at,
        provider: "bench".to_owned(),
        model: "m".to_owned(),
        feature: "complete".to_owned(),
        outcome: CallOutcome::Answered,
        attempt: 0,
        usage: Usage { prompt: 90, output: 10, ..Usage::default() },
        money: Some(money),
        estimated: false,
        first_token: None,
        total: Duration::ZERO,
        marks: CallMarks::default(),
    };
    ledger.book(reservation, call);
    Ok(())
}

fn catalogue() {
    let built = (0..RUNS).map(|_| time(|| drop(black_box(Catalog::built_in()))));
    row("catalogue, at startup", built.collect());
    let catalog = Catalog::built_in();
    let found = (0..RUNS).map(|_| time(|| drop(black_box(catalog.find("openai", "gpt-5")))));
    row("catalogue, a model", found.collect());
    let entry = catalog.find("deepseek", "deepseek-v4-flash");
    let Some(price) = entry.and_then(|it| it.price) else { return };
    let usage = Usage { prompt: 2000, cached: 1500, output: 50, ..Usage::default() };
    let now = SystemTime::now();
    let cost = (0..RUNS).map(|_| time(|| _ = black_box(price.cost(black_box(&usage), now))));
    row("cost of a request", cost.collect());
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn row(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    println!("{name:32} {:>9.1} {:>9.1} {:>9.1}", at(50), at(95), at(100));
}
