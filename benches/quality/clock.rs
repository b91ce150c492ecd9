//! CPU time of a thread. Time in the run queue belongs to the machine, not to the model.

use std::fs;
use std::time::Instant;

pub(crate) struct Clock {
    waited: f64,
    started: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { waited: waited(), started: Instant::now() }
    }

    /// Microseconds since the start, without time in the run queue.
    pub(crate) fn micros(&self) -> f64 {
        let passed = self.started.elapsed().as_secs_f64() * 1e6;
        (passed - (waited() - self.waited)).max(0.0)
    }
}

/// Microseconds of this thread in the run queue, where the operating system reports them.
fn waited() -> f64 {
    let said = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = said.split_whitespace().nth(1).and_then(|it| it.parse::<f64>().ok());
    nanos.unwrap_or(0.0) / 1e3
}
