//! Prices of tokens, in integer picodollars, so that the sum of millions of calls is exact.
//!
//! An unknown price has no `Price`: it is never zero and never guessed. The catalogue determines which model
//! has which price; the ledger records spending.

pub mod date;
pub mod money;
pub mod period;

use std::time::SystemTime;

use jiff::civil::Date;

use crate::models::price::money::{Money, Rate};
use crate::models::price::period::PricePeriod;
use crate::models::token_usage::Usage;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    pub rates: Rates,
    /// Rates of prompts above a length, in ascending order of length.
    pub tiers: Vec<Tier>,
    pub off_peak: Option<OffPeak>,
    /// URL or name of the source, for display.
    pub source: String,
    /// The day on which the source was read.
    pub date: Option<Date>,
}

/// Price of one token of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub input: Rate,
    /// Tokens read from the provider's cache. `None`: the input rate applies.
    pub cached: Option<Rate>,
    /// Tokens written to the provider's cache. `None`: the input rate applies.
    pub written: Option<Rate>,
    pub output: Rate,
    /// Reasoning tokens. `None`: the output rate applies.
    pub reasoning: Option<Rate>,
}

/// The rates of the whole request if its prompt has more than `above` tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub above: u64,
    pub rates: Rates,
}

/// Lower rates at certain hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffPeak {
    pub periods: Vec<PricePeriod>,
    pub rates: Rates,
}

impl Price {
    /// A price from the settings, in dollars per million tokens. `None` if a number is not a valid rate.
    pub fn of_user(
        input: f64,
        output: f64,
        cached: Option<f64>,
        written: Option<f64>,
    ) -> Option<Self> {
        let optional = |it: Option<f64>| match it {
            None => Some(None),
            Some(dollars) => Rate::per_million(dollars).map(Some),
        };
        let rates = Rates {
            input: Rate::per_million(input)?,
            cached: optional(cached)?,
            written: optional(written)?,
            output: Rate::per_million(output)?,
            reasoning: None,
        };
        Some(Self::flat(rates, "your config"))
    }

    /// The price of a model on the user's own machine.
    pub fn free() -> Self {
        let rates = Rates {
            input: Rate::ZERO,
            cached: None,
            written: None,
            output: Rate::ZERO,
            reasoning: None,
        };
        Self::flat(rates, "your own machine")
    }

    /// A price without tiers and off-peak hours.
    pub fn flat(rates: Rates, source: &str) -> Self {
        Self { rates, tiers: Vec::new(), off_peak: None, source: source.to_owned(), date: None }
    }

    pub fn cost(&self, usage: &Usage, at: SystemTime) -> Money {
        self.rates(usage.prompt, at).cost(usage)
    }

    /// The rates for a prompt of this many tokens at this time. A tier applies at all hours: no provider is
    /// known to combine tiers with off-peak prices.
    pub fn rates(&self, prompt: u64, at: SystemTime) -> Rates {
        if let Some(tier) = self.tiers.iter().rfind(|it| prompt > it.above) {
            return tier.rates;
        }
        match &self.off_peak {
            Some(it) if it.periods.iter().any(|period| period.holds(at)) => it.rates,
            Some(_) | None => self.rates,
        }
    }

    /// Whether every request is free.
    pub fn is_free(&self) -> bool {
        self.rates.is_free() && self.tiers.iter().all(|it| it.rates.is_free())
    }
}

impl Rates {
    /// Cost of one request. If more cached tokens are reported than the prompt has, the whole prompt counts
    /// as cached.
    pub fn cost(&self, usage: &Usage) -> Money {
        let cached = usage.cached.min(usage.prompt);
        let written = usage.written.min(usage.prompt - cached);
        let reasoning = usage.reasoning.min(usage.output);
        self.input.of(usage.prompt - cached - written)
            + self.cached.unwrap_or(self.input).of(cached)
            + self.written.unwrap_or(self.input).of(written)
            + self.output.of(usage.output - reasoning)
            + self.reasoning.unwrap_or(self.output).of(reasoning)
    }

    fn is_free(&self) -> bool {
        self.input == Rate::ZERO && self.output == Rate::ZERO
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn price(input: f64, output: f64) -> Price {
        Price::of_user(input, output, None, None).unwrap()
    }

    fn noon() -> SystemTime {
        // Noon on a Monday.
        UNIX_EPOCH + Duration::from_secs(1_764_000_000 / 86_400 * 86_400 + 12 * 3600)
    }

    #[test]
    fn an_expensive_answer_to_a_cheap_prompt_can_cost_less_in_total() {
        let usage = Usage { prompt: 2000, output: 50, ..Usage::default() };
        assert_eq!(price(1.0, 100.0).cost(&usage, noon()).to_string(), "$0.007");
        assert_eq!(price(50.0, 40.0).cost(&usage, noon()).to_string(), "$0.102");
    }

    #[test]
    fn each_kind_of_token_has_its_own_price() {
        let rate = |it| Rate::per_million(it).unwrap();
        let rates = Rates {
            input: rate(3.0),
            cached: Some(rate(0.3)),
            written: Some(rate(3.75)),
            output: rate(15.0),
            reasoning: Some(rate(20.0)),
        };
        let usage = Usage {
            prompt: 1_000,
            cached: 600,
            written: 300,
            output: 70,
            reasoning: 20,
            ..Usage::default()
        };
        let expected =
            100 * 3_000_000 + 600 * 300_000 + 300 * 3_750_000 + 50 * 15_000_000 + 20 * 20_000_000;
        assert_eq!(rates.cost(&usage).picodollars(), expected);
    }

    #[test]
    fn without_a_cache_price_the_input_price_applies() {
        let usage = Usage { prompt: 100, cached: 90, written: 10, ..Usage::default() };
        assert_eq!(price(2.0, 1.0).cost(&usage, noon()).picodollars(), 200_000_000);
    }

    #[test]
    fn impossible_token_counts_are_bounded() {
        let usage = Usage {
            prompt: 10,
            cached: 50,
            written: 50,
            output: 1,
            reasoning: 9,
            ..Usage::default()
        };
        assert_eq!(price(1.0, 1.0).cost(&usage, noon()).picodollars(), 11_000_000);
        let usage = Usage { prompt: u64::MAX, output: u64::MAX, ..Usage::default() };
        assert_eq!(price(1.0, 1.0).cost(&usage, noon()), Money::MAX);
    }

    #[test]
    fn a_long_prompt_costs_the_rates_of_its_tier() {
        let rates = price(6.0, 30.0).rates;
        let tiers = vec![Tier { above: 200_000, rates }];
        let price = Price { tiers, ..price(3.0, 15.0) };
        let usage = |prompt| Usage { prompt, ..Usage::default() };
        assert_eq!(price.cost(&usage(200_000), noon()).to_string(), "$0.60");
        assert_eq!(price.cost(&usage(200_001), noon()).to_string(), "$1.20");
    }

    #[test]
    fn off_peak_hours_are_cheaper() {
        let periods = vec![PricePeriod::parse("22:00-06:00", "1234567", "UTC").unwrap()];
        let off_peak = Some(OffPeak { periods, rates: price(1.0, 1.0).rates });
        let price = Price { off_peak, ..price(2.0, 2.0) };
        let usage = Usage { prompt: 1_000_000, ..Usage::default() };
        let hour = Duration::from_secs(3600);
        assert_eq!(price.cost(&usage, noon()).to_string(), "$2.00");
        assert_eq!(price.cost(&usage, noon() + 11 * hour).to_string(), "$1.00");
        assert_eq!(price.cost(&usage, noon() + 17 * hour).to_string(), "$1.00");
        assert_eq!(price.cost(&usage, noon() + 18 * hour).to_string(), "$2.00");
    }

    #[test]
    fn an_invalid_price_is_rejected() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 1e9] {
            assert_eq!(Price::of_user(wrong, 1.0, None, None), None);
            assert_eq!(Price::of_user(1.0, 1.0, Some(wrong), None), None);
        }
        assert!(Price::free().is_free());
        assert!(!price(0.0, 1.0).is_free());
    }
}
