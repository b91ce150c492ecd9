//! Plots of the usage page as SVG: one column for each day of the period, with or without calls, and one
//! colour for each provider.

use crate::cli::usage::Usage;
use crate::cli::usage::html::escape;
use crate::usage::report::ReportLine;

/// In pixels: a bar, and a day's column with the gap beside the bar.
const BAR: f64 = 8.0;
const COLUMN: f64 = 10.0;
/// In pixels: the left edge of the first column, the space right of the last one for its label, and
/// the top and the bottom of the bars.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 12.0;
const BASE: f64 = 160.0;
const HEIGHT: f64 = 184.0;

/// Days between two labels.
const WEEK: usize = 7;
/// Colours. The last one is shared by all further providers.
const COLOURS: usize = 8;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// One value per day and provider.
pub(super) struct Plot {
    pub(super) title: &'static str,
    pub(super) form: Form,
    /// The smallest distance of two grid lines.
    pub(super) step: f64,
    pub(super) value: fn(&ReportLine) -> Option<f64>,
    pub(super) label: fn(f64) -> String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Values that add up: a bar with a piece for each provider.
    Stacked,
    /// Values that do not: a dot for each provider.
    Dots,
}

/// The providers with their colours.
pub(super) fn legend(usage: &Usage) -> String {
    let entries = usage.providers.iter().enumerate().map(|(at, provider)| {
        format!(
            "<li><svg width=\"12\" height=\"12\"><rect class=\"p{}\" width=\"12\" height=\"12\"/></svg>{}</li>",
            colour(at),
            escape(&provider.name),
        )
    });
    format!("<ul class=\"legend\">{}</ul>\n", entries.collect::<String>())
}

fn colour(provider: usize) -> usize {
    provider.min(COLOURS - 1)
}

impl Plot {
    pub(super) fn draw(&self, usage: &Usage) -> String {
        let days: Vec<Vec<(usize, f64)>> =
            usage.dates.iter().map(|it| self.values(usage, it)).collect();
        let height = |values: &Vec<(usize, f64)>| match self.form {
            Form::Stacked => values.iter().map(|it| it.1).sum(),
            Form::Dots => values.iter().map(|it| it.1).fold(0.0, f64::max),
        };
        let most = days.iter().map(height).fold(0.0, f64::max);
        let title = self.title;
        if most <= 0.0 {
            return format!("<figure><figcaption>{title}</figcaption>None.</figure>\n");
        }
        let (step, top) = scale(most, self.step);
        let mut marks = String::new();
        for (at, values) in days.iter().enumerate() {
            marks += &self.column(usage, at, values, top);
        }
        let width = column(usage.dates.len()) + RIGHT;
        format!(
            "<figure><figcaption>{title}</figcaption><svg width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" \
             aria-label=\"{title}\">{}{}{marks}</svg></figure>\n",
            self.grid(step, top, width - RIGHT),
            labels(&usage.dates),
        )
    }

    /// The values of a day by provider, without those there are none of.
    fn values(&self, usage: &Usage, date: &str) -> Vec<(usize, f64)> {
        let providers = usage.providers.iter().enumerate();
        let values = providers.filter_map(|(at, provider)| {
            let line = usage.daily.get(&(date.to_owned(), provider.name.clone()))?;
            Some((at, (self.value)(line)?))
        });
        values.filter(|it| it.1 > 0.0).collect()
    }

    /// One day's marks, each with its value as a tooltip.
    fn column(&self, usage: &Usage, day: usize, values: &[(usize, f64)], top: f64) -> String {
        let x = column(day) + (COLUMN - BAR) / 2.0;
        let (mut marks, mut below) = (String::new(), 0.0);
        for (provider, value) in values {
            let class = colour(*provider);
            let height = (value / top * (BASE - TOP)).max(1.0);
            marks += &match self.form {
                Form::Stacked => format!(
                    "<rect class=\"p{class}\" x=\"{x}\" y=\"{:.1}\" width=\"{BAR}\" height=\"{height:.1}\">",
                    BASE - below - height,
                ),
                Form::Dots => format!(
                    "<circle class=\"p{class}\" cx=\"{}\" cy=\"{:.1}\" r=\"3.5\">",
                    x + BAR / 2.0,
                    BASE - height,
                ),
            };
            marks += &format!(
                "<title>{}, {}: {}</title>",
                escape(&usage.dates[day]),
                escape(&usage.providers[*provider].name),
                escape(&(self.label)(*value)),
            );
            marks += if self.form == Form::Stacked { "</rect>" } else { "</circle>" };
            below += height;
        }
        marks
    }

    /// Horizontal lines from zero to the top, with their values.
    fn grid(&self, step: f64, top: f64, right: f64) -> String {
        let lines = (0..=(top / step).round() as u32).map(|it| {
            let value = f64::from(it) * step;
            let y = BASE - value / top * (BASE - TOP);
            format!(
                "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                y + 4.0,
                escape(&(self.label)(value)),
            )
        });
        lines.collect()
    }
}

/// The left edge of a day's column.
fn column(day: usize) -> f64 {
    LEFT + day as f64 * COLUMN
}

/// The distance of grid lines, 1, 2 or 5 times a power of ten, and the highest of at most four above zero.
fn scale(most: f64, smallest: f64) -> (f64, f64) {
    let rough = most / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|it| it * power).into_iter().find(|it| *it >= rough);
    let step = step.unwrap_or(10.0 * power).max(smallest);
    (step, (most / step).ceil() * step)
}

/// A label each week, counted back from the last day.
fn labels(dates: &[String]) -> String {
    let labelled = dates.iter().enumerate().rev().step_by(WEEK);
    let labels = labelled.map(|(at, date)| {
        let x = column(at) + COLUMN / 2.0;
        format!(
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"{BASE}\" y2=\"{}\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            BASE + 4.0,
            BASE + 17.0,
            escape(&short(date)),
        )
    });
    labels.collect()
}

/// `Nov 29` of `2026-11-29`.
fn short(date: &str) -> String {
    let mut parts = date.split('-').skip(1).map(|it| it.parse::<usize>().ok());
    let (Some(Some(month)), Some(Some(day))) = (parts.next(), parts.next()) else {
        return date.to_owned();
    };
    let month = month.checked_sub(1).and_then(|it| MONTHS.get(it));
    month.map_or_else(|| date.to_owned(), |it| format!("{it} {day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_have_round_values() {
        assert_eq!(scale(40.0, 1.0), (10.0, 40.0));
        assert_eq!(scale(7.0, 1.0), (2.0, 8.0));
        assert_eq!(scale(1.0, 1.0), (1.0, 1.0));
        assert_eq!(scale(2_345.0, 1.0), (1_000.0, 3_000.0));
    }

    #[test]
    fn a_day_s_label_is_short() {
        assert_eq!(["2026-11-29", "2026-01-02", "odd"].map(short), ["Nov 29", "Jan 2", "odd"]);
    }
}
