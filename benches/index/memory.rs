//! Memory of the process, from the operating system.

use std::fmt;

/// Bytes in memory.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resident(usize);

impl Resident {
    pub(crate) fn now() -> Self {
        Self::read("VmRSS:")
    }

    pub(crate) fn peak() -> Self {
        Self::read("VmHWM:")
    }

    pub(crate) fn highest(samples: &[Self]) -> Self {
        samples.iter().max().copied().unwrap_or_default()
    }

    fn read(name: &str) -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix(name));
        let kilobytes = line.and_then(|it| it.trim().split(' ').next()?.parse::<usize>().ok());
        Self(kilobytes.unwrap_or_default() * 1024)
    }
}

impl fmt::Display for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.1} MB", self.0 as f64 / 1e6))
    }
}

/// Growth of memory in bytes per sample, by linear regression.
pub(crate) fn slope(samples: &[Resident]) -> f64 {
    let count = samples.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let points = || samples.iter().enumerate().map(|(at, it)| (at as f64 - middle, it.0 as f64));
    let spread: f64 = points().map(|(x, _)| x * x).sum();
    points().map(|(x, y)| x * y).sum::<f64>() / spread.max(1.0)
}
