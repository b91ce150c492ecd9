//! The results of a soak.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use serde_json::Value;
use tokio::process::Child;

use crate::soak::{Asked, HANG};

/// Megabytes that a thousand requests may add.
const SLOPE: f64 = 1.0;
/// Random variation in megabytes: caches keep filling for some minutes, and memory grows in steps of half a
/// megabyte.
const STEPS: f64 = 1.5;

#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) requests: usize,
    pub(crate) edits: usize,
    times: BTreeMap<&'static str, Vec<Duration>>,
    pub(crate) right: usize,
    silent: usize,
    cancelled: usize,
    /// After warm-up: the number of requests and the resident megabytes.
    held: Vec<(f64, f64)>,
    sampled: Option<Instant>,
    before: Option<(usize, usize)>,
    after: Option<(usize, usize)>,
}

impl Figures {
    pub(crate) fn begin(&mut self, child: &Child) {
        self.before = open(child);
    }

    /// Records a response; a wrong one ends the soak.
    pub(crate) fn response(&mut self, asked: &Asked, at: Instant, message: &Value) {
        self.times.entry(asked.kind).or_default().push(at.duration_since(asked.at));
        if let Some(error) = message.get("error") {
            assert!(asked.cancelled && error["code"] == -32800, "{}: {error}", asked.kind);
            self.cancelled += 1;
            return;
        }
        let Some(right) = &asked.texts else { return };
        let items = message["result"]["items"].as_array().cloned().unwrap_or_default();
        match items.is_empty() {
            true => self.silent += 1,
            false => self.right += 1,
        }
        for item in items {
            let text = item["insertText"].as_str().unwrap_or_default();
            assert!(right.iter().any(|it| it == text), "{}: {right:?} {message}", asked.kind);
        }
    }

    /// Runs once a second after warm-up.
    pub(crate) fn sample(&mut self, child: &Child) {
        let now = Instant::now();
        let due = self.sampled.is_none_or(|it| now - it >= Duration::from_secs(1));
        if !due {
            return;
        }
        self.sampled = Some(now);
        self.after = open(child);
        self.held.extend(resident(child).map(|it| (self.requests as f64 / 1000.0, it)));
    }

    /// Megabytes per thousand requests, by least squares.
    fn slope(&self) -> f64 {
        let count = self.held.len().max(1) as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| self.held.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|it| it.0), mean(|it| it.1));
        let both: f64 = self.held.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
        let square: f64 = self.held.iter().map(|it| (it.0 - x).powi(2)).sum();
        if square == 0.0 { 0.0 } else { both / square }
    }

    pub(crate) fn judge(&self) {
        assert!(self.right * 20 > self.silent, "too few correct answers: {self}");
        let (Some(first), Some(last)) = (self.held.first(), self.held.last()) else { return };
        let thousands = last.0 - first.0;
        let grown = self.slope() * thousands;
        assert!(grown <= SLOPE * thousands + STEPS, "it grows by {grown:.1} MB: {self}");
    }

    /// Waits until background work has ended: idle threads of the pool end after ten seconds.
    pub(crate) async fn rests(&self, child: &Child) {
        let Some(before) = self.before else { return };
        // Allows a connection or two per provider, the ledger, the log, and threads for work that had not
        // started at the first measurement: trees, index, ledger, log, watches.
        let rests = |now: (usize, usize)| now.0 <= before.0 + 24 && now.1 <= before.1 + 10;
        let began = Instant::now();
        while !open(child).is_none_or(rests) {
            assert!(began.elapsed() < HANG, "left behind: {before:?}, {:?}", open(child));
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        println!("{:?} after {:.1} s of rest", open(child), began.elapsed().as_secs_f64());
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, edits, right, silent, cancelled, before, after, .. } = self;
        writeln!(f, "{requests} requests, each with one response; {edits} edits applied")?;
        writeln!(f, "ghost text: {right} right, 0 wrong, {silent} silent; {cancelled} cancelled")?;
        for (kind, times) in &self.times {
            let mut times = times.clone();
            times.sort();
            let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
            writeln!(f, "{kind:14} {:6} p50 {:8.2} p99 {:8.2} ms", times.len(), at(50), at(99))?;
        }
        let last = self.held.last().map_or(0.0, |it| it.1);
        let held = self.held.iter().step_by(self.held.len() / 12 + 1);
        let held: Vec<String> = held.map(|it| format!("{:.1}", it.1)).collect();
        writeln!(
            f,
            "RSS {last:.1} MB, {:+.2} MB a thousand requests: {}",
            self.slope(),
            held.join(" ")
        )?;
        write!(f, "open files and threads: {before:?} before, {after:?} at the end")
    }
}

/// Resident megabytes; `None` on systems without `/proc`.
fn resident(child: &Child) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()?)).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    Some(line.trim().split(' ').next()?.parse::<f64>().ok()? / 1000.0)
}

/// Open files and threads.
fn open(child: &Child) -> Option<(usize, usize)> {
    let count = |it: &str| Some(fs::read_dir(format!("/proc/{}/{it}", child.id()?)).ok()?.count());
    Some((count("fd")?, count("task")?))
}
