//! A figure and its goal.

use std::time::Duration;

use serde_json::{Value, json};

pub(crate) struct Row {
    name: &'static str,
    /// Label in the table.
    shown: String,
    goal: String,
    is_met: bool,
}

/// A median and a 95th percentile, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) p95: f64,
}

impl Spread {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        Self { median: at(50), p95: at(95) }
    }
}

impl Row {
    /// Times with a goal for their median.
    pub(crate) fn times(name: &'static str, spread: Spread, goal: f64) -> Self {
        let shown = format!("{:.2} / {:.2} ms", spread.median, spread.p95);
        Self { name, shown, goal: format!("<= {goal:.2} ms"), is_met: spread.median <= goal }
    }

    /// Times with a goal for their median relative to the floor's.
    pub(crate) fn above(name: &'static str, spread: Spread, floor: Spread, most: f64) -> Self {
        let goal = floor.median + most;
        let goal = format!("<= {goal:.2} ms (floor {:.2} + {most:.2})", floor.median);
        Self { goal, ..Self::times(name, spread, floor.median + most) }
    }

    pub(crate) fn most(name: &'static str, measured: f64, unit: &str, most: f64) -> Self {
        let (shown, goal) = (format!("{measured:.2} {unit}"), format!("<= {most} {unit}"));
        Self { name, shown, goal, is_met: measured <= most }
    }

    /// A row without a goal.
    pub(crate) fn figure(name: &'static str, measured: f64, unit: &str) -> Self {
        Self { goal: String::new(), ..Self::most(name, measured, unit, f64::INFINITY) }
    }

    pub(crate) fn count(name: &'static str, measured: usize, goal: usize) -> Self {
        let is_met = measured == goal;
        Self { name, shown: measured.to_string(), goal: goal.to_string(), is_met }
    }

    pub(crate) fn yes(name: &'static str, goal: &str, is_met: bool) -> Self {
        let shown = if is_met { goal.to_owned() } else { "no".to_owned() };
        Self { name, shown, goal: goal.to_owned(), is_met }
    }

    pub(crate) fn told(name: &'static str, spread: Spread) -> Self {
        Self { goal: String::new(), ..Self::times(name, spread, f64::INFINITY) }
    }

    pub(crate) fn is_met(&self) -> bool {
        self.is_met
    }

    pub(crate) fn line(&self) -> String {
        let mark = if self.is_met { "" } else { "MISSED" };
        let line = format!("{:44} {:>18}  {:32} {mark}", self.name, self.shown, self.goal);
        line.trim_end().to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        let Self { name, shown, goal, is_met } = self;
        json!({ "name": name, "measured": shown, "goal": goal, "met": is_met })
    }
}
