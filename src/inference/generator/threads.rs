//! How many threads llama.cpp uses.
//!
//! Its threads wait for each other actively, so that one that gets no core delays all of them: on two cores with one
//! other busy process, two threads wrote 2 to 5 tokens a second, one thread 11 to 21. While the machine is otherwise
//! idle, all of its physical cores are used; while it is not, or cannot be measured (outside Linux), all but one.

use std::fs;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// The machine counts as idle if other processes use at most this share of one core.
const IDLE: f64 = 0.25;
/// The time over which use is measured. A shorter one is noise: the system counts in hundredths of a second.
const SPAN: Duration = Duration::from_millis(300);
/// How long the machine must be idle before another thread is used.
const CALM: Duration = Duration::from_secs(3);

/// Chooses the number of threads from what other processes use.
#[derive(Debug)]
pub(super) struct Threads {
    cores: i32,
    last: Option<(Instant, CoreTimes)>,
    /// Since when the machine is idle.
    idle: Option<Instant>,
}

/// Times since the start of the machine, in ticks of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CoreTimes {
    /// Of all cores together.
    all: u64,
    busy: u64,
    /// That of this process.
    own: u64,
    cores: u64,
}

impl Threads {
    pub(super) fn new() -> Self {
        let allowed = available_parallelism().map_or(1, usize::from);
        let cores = allowed.min(num_cpus::get_physical()).max(1) as i32;
        Self { cores, last: CoreTimes::now().map(|it| (Instant::now(), it)), idle: None }
    }

    /// The number of threads for the next batches.
    pub(super) fn count(&mut self) -> i32 {
        let now = Instant::now();
        self.look(now, CoreTimes::now());
        let is_idle = self.idle.is_some_and(|since| now.duration_since(since) >= CALM);
        if is_idle { self.cores } else { (self.cores - 1).max(1) }
    }

    /// Compares the times with the last ones.
    fn look(&mut self, now: Instant, times: Option<CoreTimes>) {
        let (Some(times), Some((since, last))) = (times, self.last) else { return };
        if now.duration_since(since) < SPAN {
            return;
        }
        self.last = Some((now, times));
        match times.others_since(&last) {
            Some(share) if share <= IDLE => _ = self.idle.get_or_insert(since),
            Some(_) | None => self.idle = None,
        }
    }
}

impl CoreTimes {
    /// The times on Linux; `None` elsewhere.
    fn now() -> Option<Self> {
        Self::read(
            &fs::read_to_string("/proc/stat").ok()?,
            &fs::read_to_string("/proc/self/stat").ok()?,
        )
    }

    /// Reads `/proc/stat` and `/proc/self/stat`: see proc(5).
    fn read(machine: &str, own: &str) -> Option<Self> {
        let cores =
            machine.lines().filter(|it| it.starts_with("cpu")).count().checked_sub(1)? as u64;
        let all = machine.lines().next()?.split_whitespace().skip(1).take(8);
        let all: Vec<u64> = all.filter_map(|it| it.parse().ok()).collect();
        let [_user, _nice, _system, idle, waiting, ..] = all[..] else { return None };
        let total: u64 = all.iter().sum();
        // The name in brackets may contain blanks.
        let mut own = own.rsplit_once(')')?.1.split_whitespace().skip(11);
        let own: u64 = own.next()?.parse::<u64>().ok()? + own.next()?.parse::<u64>().ok()?;
        Some(Self { all: total, busy: total - idle - waiting, own, cores })
    }

    /// The cores that other processes have used since earlier times.
    fn others_since(&self, earlier: &Self) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all).filter(|it| *it > 0)?;
        let own = self.own.checked_sub(earlier.own)?;
        let others = self.busy.saturating_sub(earlier.busy).saturating_sub(own);
        Some(others as f64 * self.cores as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "cpu  100 20 30 400 50 0 0 0 0 0\ncpu0 50 10 15 200 25 0 0 0 0 0\ncpu1 50 10 15 200 25 0 0 0 0 0\nintr 1\n";
    const OWN: &str = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 0 0 0 60 20 0 0 20 0 4 0 5\n";

    #[test]
    fn times_are_read_from_the_system() {
        let expected = CoreTimes { all: 600, busy: 150, own: 80, cores: 2 };
        assert_eq!(CoreTimes::read(MACHINE, OWN), Some(expected));
        assert_eq!(CoreTimes::read("", ""), None);
        assert_eq!(CoreTimes::read("cpu 1\n", OWN), None);
    }

    #[test]
    fn all_cores_are_used_once_the_machine_is_idle_and_given_back_at_once() {
        let start = Instant::now();
        let times = |busy, own| Some(CoreTimes { all: 2 * busy, busy, own, cores: 2 });
        let mut threads = Threads { cores: 2, last: times(0, 0).map(|it| (start, it)), idle: None };
        let mut at = |seconds: f64, busy: u64, own: u64| {
            threads.look(start + Duration::from_secs_f64(seconds), times(busy, own));
            threads.idle.map(|it| it.duration_since(start).as_secs_f64())
        };
        assert_eq!(at(0.1, 50, 0), None, "too short to tell");
        assert_eq!(at(1.0, 100, 95), Some(0.0), "this process alone");
        assert_eq!(at(2.0, 200, 190), Some(0.0));
        assert_eq!(at(3.0, 300, 240), None, "another one uses half a core");
        assert_eq!(at(4.0, 400, 335), Some(3.0));
    }
}
