//! Amounts of money and rates per token, both in picodollars: `$0.003` per million tokens is 3000 per token.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// Picodollars in a dollar.
const DOLLAR: u64 = 1_000_000_000_000;

/// An amount of money. Sums saturate at `MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

/// Picodollars per token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

impl Money {
    pub const ZERO: Self = Self(0);
    /// Nine million dollars, the largest value of a column in the ledger.
    pub const MAX: Self = Self(i64::MAX as u64);

    pub const fn from_picodollars(picodollars: u64) -> Self {
        if picodollars > Self::MAX.0 { Self::MAX } else { Self(picodollars) }
    }

    /// An amount in dollars from the settings. `None` if it is negative, not finite or above `MAX`.
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let picodollars = (dollars * DOLLAR as f64).round();
        let is_amount = (0.0..=Self::MAX.0 as f64).contains(&picodollars);
        is_amount.then_some(Self::from_picodollars(picodollars as u64))
    }

    pub const fn picodollars(self) -> u64 {
        self.0
    }

    /// For plots and ranking only; sums use integers.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / DOLLAR as f64
    }
}

impl Rate {
    pub const ZERO: Self = Self(0);

    pub const fn from_picodollars(picodollars: u64) -> Self {
        Self(picodollars)
    }

    pub const fn picodollars(self) -> u64 {
        self.0
    }

    /// From dollars per million tokens. `None` if it is negative, not finite or at least $1,000,000, which is
    /// a typing error.
    pub fn per_million(dollars: f64) -> Option<Self> {
        let is_price = (0.0..1e6).contains(&dollars);
        is_price.then_some(Self((dollars * 1e6).round() as u64))
    }

    pub fn dollars_per_million(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The cost of a number of tokens.
    pub fn of(self, tokens: u64) -> Money {
        Money::from_picodollars(self.0.saturating_mul(tokens))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::from_picodollars(self.0.saturating_add(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::add)
    }
}

/// Shows three significant digits and at least the cents: `$12.35`, `$0.50`, `$0.0071`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut decimals, mut digits) = (12, self.0);
        let mut rest = digits;
        // Rounds digits off from the right, half up, until three digits or the cents remain.
        while decimals > 2 && (rest >= 1000 || rest % 10 == 0) {
            digits = if rest % 10 >= 5 { rest / 10 + 1 } else { rest / 10 };
            rest = digits;
            decimals -= 1;
        }
        let unit = 10_u64.pow(decimals);
        let (whole, part) = (rest / unit, rest % unit);
        write!(f, "${whole}.{part:0width$}", width = decimals as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_is_shown_with_three_digits_and_at_least_the_cents() {
        for (picodollars, shown) in [
            (0, "$0.00"),
            (7_100_000_000, "$0.0071"),
            (7_000_000_000, "$0.007"),
            (102_000_000_000, "$0.102"),
            (500_000_000_000, "$0.50"),
            (12_345_678_900_000, "$12.35"),
            (1_999_600_000_000, "$2.00"),
            (150_000, "$0.00000015"),
            (1, "$0.000000000001"),
            (1_234_567 * DOLLAR, "$1234567.00"),
        ] {
            assert_eq!(Money::from_picodollars(picodollars).to_string(), shown);
        }
    }

    #[test]
    fn an_invalid_amount_is_rejected() {
        for wrong in [f64::NAN, f64::INFINITY, -0.01, 1e7] {
            assert_eq!(Money::from_dollars(wrong), None);
        }
        assert_eq!(Money::from_dollars(2.0), Some(Money(2 * DOLLAR)));
    }

    proptest! {
        #[test]
        fn sums_are_exact(rate in 0_u64..1_000_000_000, tokens in prop::collection::vec(0_u64..100_000, 0..50)) {
            let rate = Rate::from_picodollars(rate);
            let summed: Money = tokens.iter().map(|it| rate.of(*it)).sum();
            let exact: u128 = tokens.iter().map(|it| u128::from(*it)).sum::<u128>() * u128::from(rate.picodollars());
            prop_assert_eq!(u128::from(summed.picodollars()), exact);
        }

        #[test]
        fn decimal_prices_are_exact(micro in 0_u64..1_000_000_000) {
            let written = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
            let rate = Rate::per_million(written.parse().unwrap()).unwrap();
            prop_assert_eq!(rate.picodollars(), micro);
        }
    }
}
